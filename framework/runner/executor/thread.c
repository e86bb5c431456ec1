/* thread.c - an executor whose slots are threads of this process. */
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
    const bnn_run *run; /* to execute, or under way; NULL: none. Under the lock, as all below */
    bnn_run_listener listener;
    bnn_outcome outcome;
    bool ended; /* the outcome is that of run, and was not fetched */
} thread_slot;

struct thread_executor {
    bnn_executor executor; /* must be first */
    const bnn_run_base *base;
    atomic_int stop;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a run was started, or closing was set */
    bool closing;
    thread_slot slots[];
};

static thread_executor *thread_of(bnn_executor *executor)
{
    return (thread_executor *)executor;
}

static void thread_notify(const thread_executor *x)
{
    const uint64_t one = 1;
    while (write(x->executor.fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

/* The body of a slot's thread. */
static void *thread_work(void *argument)
{
    thread_slot *s = argument;
    thread_executor *x = s->owner;
    pthread_mutex_lock(&x->lock);
    for (;;) {
        while ((s->run == NULL || s->ended) && !x->closing)
            pthread_cond_wait(&x->changed, &x->lock);
        if (x->closing)
            break;
        const bnn_run *run = s->run;
        pthread_mutex_unlock(&x->lock);
        bnn_run_execute(x->base, run, &s->listener, &x->stop, &x->executor.progress[s - x->slots],
                        &s->outcome);
        pthread_mutex_lock(&x->lock);
        s->ended = true;
        thread_notify(x);
    }
    pthread_mutex_unlock(&x->lock);
    return NULL;
}

static int thread_start(bnn_executor *executor, uint32_t slot, const bnn_run *run,
                        const bnn_run_listener *listener, bnn_error *err)
{
    thread_executor *x = thread_of(executor);
    (void)err;
    bnn_train_reset_progress(&executor->progress[slot]);
    pthread_mutex_lock(&x->lock);
    x->slots[slot].run = run;
    x->slots[slot].listener = *listener;
    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
    return BNN_OK;
}

static int thread_poll(bnn_executor *executor, uint32_t *slot, bnn_outcome *out, bnn_error *err)
{
    thread_executor *x = thread_of(executor);
    bnn_news news = BNN_NEWS_NONE;
    uint64_t n;
    (void)err;
    while (read(executor->fd, &n, sizeof n) < 0 && errno == EINTR)
        ;
    pthread_mutex_lock(&x->lock);
    for (uint32_t i = 0; news == BNN_NEWS_NONE && i < executor->n_slots; i++) {
        thread_slot *s = &x->slots[i];
        if (!s->ended)
            continue;
        *slot = i;
        *out = s->outcome;
        s->ended = false;
        s->run = NULL;
        news = BNN_NEWS_END;
    }
    pthread_mutex_unlock(&x->lock);
    return (int)news;
}

static void thread_cancel(bnn_executor *executor)
{
    atomic_store(&thread_of(executor)->stop, 1);
}

static void thread_close(bnn_executor *executor)
{
    thread_executor *x = thread_of(executor);
    pthread_mutex_lock(&x->lock);
    x->closing = true;
    pthread_cond_broadcast(&x->changed);
    pthread_mutex_unlock(&x->lock);
    for (uint32_t i = 0; i < executor->n_slots; i++)
        pthread_join(x->slots[i].thread, NULL);
    if (executor->fd >= 0)
        close(executor->fd);
    pthread_cond_destroy(&x->changed);
    pthread_mutex_destroy(&x->lock);
    free(executor->progress);
    free(x);
}

/* Fewer threads than were asked for will do. */
static void thread_create_slots(thread_executor *x, uint32_t n)
{
    uint32_t *n_slots = &x->executor.n_slots;
    for (*n_slots = 0; *n_slots < n; (*n_slots)++) {
        thread_slot *s = &x->slots[*n_slots];
        s->owner = x;
        if (pthread_create(&s->thread, NULL, thread_work, s) != 0)
            break;
    }
}

int bnn_executor_open_threads(const bnn_run_base *base, uint32_t n_slots, bnn_executor **out,
                              bnn_error *err)
{
    thread_executor *x = calloc(1, sizeof *x + n_slots * sizeof x->slots[0]);
    if (x == NULL)
        return bnn_no_memory(err);
    x->executor = (bnn_executor){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                                 .progress = calloc(n_slots, sizeof *x->executor.progress),
                                 .start = thread_start,
                                 .poll = thread_poll,
                                 .cancel = thread_cancel,
                                 .close = thread_close};
    x->base = base;
    pthread_mutex_init(&x->lock, NULL);
    pthread_cond_init(&x->changed, NULL);
    int status = BNN_OK;
    if (x->executor.progress == NULL)
        status = bnn_no_memory(err);
    else if (x->executor.fd < 0)
        status = bnn_fail_errno(err, BNN_E_INTERNAL, "cannot make an event counter");
    if (status == BNN_OK) {
        thread_create_slots(x, n_slots);
        if (x->executor.n_slots == 0)
            status = bnn_fail(err, BNN_E_INTERNAL, "cannot start a thread for the runs");
    }
    if (status == BNN_OK)
        *out = &x->executor;
    else
        thread_close(&x->executor);
    return status;
}
