/* thread.c - an executor that starts a thread of this process for each run. */
#include "runner/executor/executor.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct thread_executor thread_executor;

typedef struct thread_slot {
    thread_executor *owner;
    pthread_t thread;
    const bnn_run *run;
    bnn_run_listener listener;
    bnn_outcome outcome;
    atomic_bool ended; /* the outcome is there, and was not fetched */
} thread_slot;

struct thread_executor {
    bnn_executor executor; /* must be first */
    const bnn_run_base *base;
    atomic_int stop;
    thread_slot slots[];
};

static thread_executor *thread_of(bnn_executor *executor)
{
    return (thread_executor *)executor;
}

static void *thread_execute(void *argument)
{
    thread_slot *s = argument;
    thread_executor *x = s->owner;
    bnn_run_execute(x->base, s->run, &s->listener, &x->stop, &x->executor.progress[s - x->slots],
                    &s->outcome);
    atomic_store(&s->ended, true);
    eventfd_write(x->executor.fd, 1);
    return NULL;
}

static int thread_start(bnn_executor *executor, uint32_t slot, const bnn_run *run,
                        const bnn_run_listener *listener, bnn_error *err)
{
    thread_slot *s = &thread_of(executor)->slots[slot];
    bnn_train_reset_progress(&executor->progress[slot]);
    s->owner = thread_of(executor);
    s->run = run;
    s->listener = *listener;
    errno = pthread_create(&s->thread, NULL, thread_execute, s);
    return errno == 0 ? BNN_OK
                      : bnn_fail_errno(err, BNN_E_RESOURCE, "cannot start a thread for the run");
}

static int thread_poll(bnn_executor *executor, uint32_t *slot, bnn_outcome *out, bnn_error *err)
{
    thread_executor *x = thread_of(executor);
    eventfd_t n;
    (void)err;
    eventfd_read(executor->fd, &n);
    for (uint32_t i = 0; i < executor->n_slots; i++) {
        if (!atomic_exchange(&x->slots[i].ended, false))
            continue;
        pthread_join(x->slots[i].thread, NULL);
        *slot = i;
        *out = x->slots[i].outcome;
        return BNN_NEWS_END;
    }
    return BNN_NEWS_NONE;
}

static void thread_cancel(bnn_executor *executor)
{
    atomic_store(&thread_of(executor)->stop, 1);
}

static void thread_close(bnn_executor *executor)
{
    if (executor->fd >= 0)
        close(executor->fd);
    free(executor->progress);
    free(executor);
}

int bnn_executor_open_threads(const bnn_run_base *base, uint32_t n_slots, bnn_executor **out,
                              bnn_error *err)
{
    thread_executor *x = calloc(1, sizeof *x + n_slots * sizeof x->slots[0]);
    if (x == NULL)
        return bnn_no_memory(err);
    x->executor = (bnn_executor){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                                 .n_slots = n_slots,
                                 .progress = calloc(n_slots, sizeof *x->executor.progress),
                                 .start = thread_start,
                                 .poll = thread_poll,
                                 .cancel = thread_cancel,
                                 .close = thread_close};
    x->base = base;
    int status = BNN_OK;
    if (x->executor.progress == NULL)
        status = bnn_no_memory(err);
    else if (x->executor.fd < 0)
        status = bnn_fail_errno(err, BNN_E_RESOURCE, "cannot make an event counter");
    if (status == BNN_OK)
        *out = &x->executor;
    else
        thread_close(&x->executor);
    return status;
}
