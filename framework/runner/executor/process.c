/* process.c - an executor whose slots are processes, so that a plugin that crashes takes down one run.
 *
 * They are children of a zygote (zygote.c). Records come back over a socket as they are; the stop
 * flag and the progress lie in shared memory. */
#include "runner/executor/process_internal.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESS_GRACE_SECONDS = 30 }; /* between asking a child to end and killing it */

static const double process_look_seconds = 0.25; /* between two looks at who is late */

static process_executor *process_of(bnn_executor *executor)
{
    return (process_executor *)executor;
}

static int process_fail(bnn_error *err)
{
    return bnn_fail(err, BNN_E_INTERNAL, "the process that starts runs has died");
}

static bool process_command_zygote(const process_executor *x, process_command_kind kind, uint32_t i,
                                   const bnn_run *run)
{
    process_command c;
    memset(&c, 0, sizeof c);
    c.kind = kind;
    c.slot = i;
    if (run != NULL)
        c.run = *run;
    ssize_t n;
    do
        n = send(x->control, &c, sizeof c, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof c;
}

static int process_start(bnn_executor *executor, uint32_t slot, const bnn_run *run,
                         const bnn_run_listener *listener, bnn_error *err)
{
    process_executor *x = process_of(executor);
    process_slot *s = &x->slots[slot];
    const double timeout = x->base->experiment->run.timeout_seconds;
    bnn_train_reset_progress(&executor->progress[slot]);
    s->listener = *listener;
    s->deadline = timeout > 0.0 ? bnn_clock_seconds(CLOCK_MONOTONIC) + timeout : 0.0;
    s->killed = s->answered = false;
    s->running = process_command_zygote(x, PROCESS_START, slot, run);
    return s->running ? BNN_OK : process_fail(err);
}

/* Kills the children that outstay their timeout, or a stop, by more than the grace period. */
static void process_kill_late(process_executor *x)
{
    const double now = bnn_clock_seconds(CLOCK_MONOTONIC);
    if (now < x->last_look + process_look_seconds)
        return;
    x->last_look = now;
    for (uint32_t i = 0; i < x->executor.n_slots; i++) {
        process_slot *s = &x->slots[i];
        const bool late = (s->deadline > 0.0 && now > s->deadline + PROCESS_GRACE_SECONDS) ||
                          (x->stopped > 0.0 && now > x->stopped + PROCESS_GRACE_SECONDS);
        if (s->running && late && !s->killed)
            s->killed = process_command_zygote(x, PROCESS_KILL, i, NULL);
    }
}

/* The end of a child that said nothing itself. */
static void process_explain_exit(int wait_status, bool killed, bnn_outcome *out)
{
    *out = (bnn_outcome){.status = BNN_E_FAILED};
    if (wait_status < 0) {
        out->reason = -wait_status;
        snprintf(out->message, sizeof out->message, "cannot fork a process for the run: %s",
                 strerror(-wait_status));
    } else if (killed) {
        out->signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
        snprintf(out->message, sizeof out->message,
                 "the run did not end within %d s of being told to, so it was killed",
                 PROCESS_GRACE_SECONDS);
    } else if (WIFSIGNALED(wait_status)) {
        out->signal = WTERMSIG(wait_status);
        snprintf(out->message, sizeof out->message, "the run's process died: %s (signal %d)",
                 strsignal(out->signal), out->signal);
    } else {
        snprintf(out->message, sizeof out->message,
                 "the run's process ended with status %d before the run did",
                 WEXITSTATUS(wait_status));
    }
}

static bnn_news process_take(process_slot *s, const process_message *m, bnn_outcome *out)
{
    switch (m->kind) {
    case PROCESS_RECORD:
        s->listener.record(s->listener.context, &m->record);
        break;
    case PROCESS_OUTCOME:
        s->outcome = m->outcome;
        s->answered = true;
        break;
    case PROCESS_EXIT:
        if (s->answered)
            *out = s->outcome;
        else
            process_explain_exit(m->wait_status, s->killed, out);
        s->running = false;
        return BNN_NEWS_END;
    }
    return BNN_NEWS_REPORT;
}

static int process_poll(bnn_executor *executor, uint32_t *slot, bnn_outcome *out, bnn_error *err)
{
    process_executor *x = process_of(executor);
    struct epoll_event event;
    process_message m;
    process_kill_late(x);
    if (epoll_wait(executor->fd, &event, 1, 0) <= 0)
        return BNN_NEWS_NONE;
    process_slot *s = &x->slots[event.data.u32];
    const ssize_t n = recv(s->host, &m, sizeof m, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return BNN_NEWS_NONE;
    if (n != (ssize_t)sizeof m)
        return process_fail(err);
    *slot = event.data.u32;
    return (int)process_take(s, &m, out);
}

static void process_cancel(bnn_executor *executor)
{
    process_executor *x = process_of(executor);
    atomic_store(&x->shared->stop, 1);
    if (x->stopped == 0.0)
        x->stopped = bnn_clock_seconds(CLOCK_MONOTONIC);
}

/* ---- opening and closing ----------------------------------------------------------------- */

static void process_close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void process_close(bnn_executor *executor)
{
    process_executor *x = process_of(executor);
    process_close_fd(x->control);
    process_close_fd(executor->fd);
    for (uint32_t i = 0; i < x->executor.n_slots; i++) {
        process_close_fd(x->slots[i].host);
        process_close_fd(x->slots[i].child);
    }
    while (x->pid > 0 && waitpid(x->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (x->shared != NULL)
        munmap(x->shared, x->shared_bytes);
    free(x);
}

static int process_open_slots(process_executor *x, bnn_error *err)
{
    for (uint32_t i = 0; i < x->executor.n_slots; i++) {
        int fds[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
            return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot make a socket for job %u", i + 1);
        x->slots[i].host = fds[0];
        x->slots[i].child = fds[1];
    }
    return BNN_OK;
}

static int process_fork_zygote(process_executor *x, bnn_error *err)
{
    int control[2];
    const pid_t host = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot make a socket for the runs' parent");
    x->pid = fork();
    if (x->pid == 0) {
        close(control[0]);
        for (uint32_t i = 0; i < x->executor.n_slots; i++)
            close(x->slots[i].host);
        x->control = control[1];
        bnn_zygote_run(x, host);
    }
    close(control[1]);
    x->control = control[0];
    if (x->pid < 0)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot fork the runs' parent");
    for (uint32_t i = 0; i < x->executor.n_slots; i++) {
        close(x->slots[i].child);
        x->slots[i].child = -1;
    }
    return BNN_OK;
}

static int process_watch_slots(process_executor *x, bnn_error *err)
{
    x->executor.fd = epoll_create1(EPOLL_CLOEXEC);
    bool watched = x->executor.fd >= 0;
    for (uint32_t i = 0; watched && i < x->executor.n_slots; i++)
        watched = epoll_ctl(x->executor.fd, EPOLL_CTL_ADD, x->slots[i].host,
                            &(struct epoll_event){.events = EPOLLIN, .data.u32 = i}) == 0;
    return watched ? BNN_OK : bnn_fail_errno(err, BNN_E_INTERNAL, "cannot watch processes");
}

static int process_share(process_executor *x, bnn_error *err)
{
    x->shared_bytes = sizeof *x->shared + x->executor.n_slots * sizeof x->shared->progress[0];
    void *memory =
        mmap(NULL, x->shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot share memory with runs");
    x->shared = memory;
    x->executor.progress = x->shared->progress;
    return BNN_OK;
}

int bnn_executor_open_processes(const bnn_run_base *base, uint32_t n_slots, bnn_executor **out,
                                bnn_error *err)
{
    process_executor *x = calloc(1, sizeof *x + n_slots * sizeof x->slots[0]);
    if (x == NULL)
        return bnn_no_memory(err);
    x->executor = (bnn_executor){.fd = -1,
                                 .n_slots = n_slots,
                                 .start = process_start,
                                 .poll = process_poll,
                                 .cancel = process_cancel,
                                 .close = process_close};
    x->base = base;
    x->control = -1;
    for (uint32_t i = 0; i < n_slots; i++)
        x->slots[i].host = x->slots[i].child = -1;
    int status = process_share(x, err);
    if (status == BNN_OK)
        status = process_open_slots(x, err);
    if (status == BNN_OK)
        status = process_fork_zygote(x, err);
    if (status == BNN_OK)
        status = process_watch_slots(x, err);
    if (status == BNN_OK)
        *out = &x->executor;
    else
        process_close(&x->executor);
    return status;
}
