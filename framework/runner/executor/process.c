/* process.c - an executor whose slots are processes, so that a plugin that crashes takes down one run.
 *
 * Threads and fork() do not mix: a child of a process with threads may only call what is safe in a
 * signal handler. So a process with a single thread, the zygote, is forked before there are any
 * threads, with plugins loaded and data decoded (the pages stay shared). It forks a child for each
 * run, waits for it and tells how it ended. Records come back over a socket as they are; the stop
 * flag and the progress lie in shared memory. When this process dies, however it dies, the kernel
 * kills zygote and children. */
#include "runner/executor/executor.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESS_GRACE_SECONDS = 30 }; /* between asking a child to end and killing it */

static const double process_look_seconds = 0.25; /* between two looks at who is late */

typedef enum process_command_kind {
    PROCESS_START = 1,
    PROCESS_KILL = 2,
} process_command_kind;

/* To the zygote. */
typedef struct process_command {
    process_command_kind kind;
    uint32_t slot;
    bnn_run run; /* its texts are not looked at */
} process_command;

typedef enum process_message_kind {
    PROCESS_BEGIN = 1,   /* from the child, its first one */
    PROCESS_RECORD = 2,  /* from the child */
    PROCESS_OUTCOME = 3, /* from the child, its last one */
    PROCESS_EXIT = 4,    /* from the zygote, after the child's last one */
} process_message_kind;

/* From a slot. */
typedef struct process_message {
    process_message_kind kind;
    union {
        uint32_t resumed_epoch;
        bnn_record record;
        bnn_outcome outcome;
        int wait_status; /* negative: -errno of fork */
    };
} process_message;

/* Seen by all processes. */
typedef struct process_shared {
    atomic_int stop;
    bnn_train_progress progress[]; /* [n_slots] */
} process_shared;

typedef struct process_slot {
    int host, child; /* ends of a socket; child: the zygote's and its child's */
    pid_t pid;       /* in the zygote: of the running child, or 0 */
    /* In the host. */
    bool running;
    bnn_run_listener listener;
    double deadline;     /* when the child should have ended by its own timeout; 0: none */
    bool killed;         /* it was late */
    bool answered;       /* the outcome has come */
    bnn_outcome outcome; /* then */
} process_slot;

typedef struct process_executor {
    bnn_executor executor; /* must be first */
    const bnn_run_base *base;
    pid_t pid;        /* of the zygote */
    int control;      /* to the zygote; in the zygote: from the host */
    double stopped;   /* when the runs were cancelled; 0: they were not */
    double last_look; /* at who is late */
    size_t shared_bytes;
    process_shared *shared;
    uint32_t n_slots;
    process_slot slots[];
} process_executor;

/* ---- in the child ------------------------------------------------------------------------ */

static void process_send(int fd, const process_message *m)
{
    while (send(fd, m, sizeof *m, MSG_NOSIGNAL) < 0)
        if (errno != EINTR)
            _exit(EXIT_FAILURE); /* the host is gone */
}

static void process_send_begin(void *context, uint32_t resumed_epoch)
{
    process_message m;
    memset(&m, 0, sizeof m);
    m.kind = PROCESS_BEGIN;
    m.resumed_epoch = resumed_epoch;
    process_send(*(const int *)context, &m);
}

static void process_send_record(void *context, const bnn_record *record)
{
    process_message m;
    memset(&m, 0, sizeof m);
    m.kind = PROCESS_RECORD;
    m.record = *record;
    process_send(*(const int *)context, &m);
}

static void process_run_child(process_executor *x, uint32_t i, const bnn_run *run)
{
    const bnn_run_listener host = {
        .begin = process_send_begin, .record = process_send_record, .context = &x->slots[i].child};
    process_message m;
    memset(&m, 0, sizeof m);
    m.kind = PROCESS_OUTCOME;
    bnn_run_execute(x->base, run, &host, &x->shared->stop, &x->shared->progress[i], &m.outcome);
    process_send(x->slots[i].child, &m);
    _exit(EXIT_SUCCESS);
}

/* The kernel kills this process when its parent dies; a parent that is dead already is noticed. */
static void process_die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
}

/* ---- in the zygote ----------------------------------------------------------------------- */

static void process_tell_exit(process_executor *x, uint32_t i, int wait_status)
{
    process_message m;
    memset(&m, 0, sizeof m);
    m.kind = PROCESS_EXIT;
    m.wait_status = wait_status;
    x->slots[i].pid = 0;
    process_send(x->slots[i].child, &m);
}

static void process_start_child(process_executor *x, const process_command *c)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        process_die_with(parent);
        process_run_child(x, c->slot, &c->run);
    }
    if (pid < 0)
        process_tell_exit(x, c->slot, -errno);
    else
        x->slots[c->slot].pid = pid;
}

static void process_reap_children(process_executor *x)
{
    int wait_status;
    pid_t pid;
    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
        for (uint32_t i = 0; i < x->n_slots; i++)
            if (x->slots[i].pid == pid)
                process_tell_exit(x, i, wait_status);
}

/* False when the host has closed its end. */
static bool process_obey(process_executor *x)
{
    process_command c;
    const ssize_t n = recv(x->control, &c, sizeof c, 0);
    if (n != (ssize_t)sizeof c)
        return n < 0 && errno == EINTR;
    if (c.kind == PROCESS_START)
        process_start_child(x, &c);
    else if (x->slots[c.slot].pid != 0)
        kill(x->slots[c.slot].pid, SIGKILL);
    return true;
}

/* The host alone decides what a signal to the whole group means, and tells the children. */
static int process_watch_children(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction ignore = {.sa_handler = SIG_IGN}, usual = {.sa_handler = SIG_DFL};
    sigset_t set;
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        sigaction(ignored[i], &ignore, NULL);
    sigaction(SIGCHLD, &usual, NULL); /* who started us may have ignored it */
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

_Noreturn static void process_run_zygote(process_executor *x)
{
    const int children = process_watch_children();
    struct pollfd fds[] = {{.fd = x->control, .events = POLLIN},
                           {.fd = children, .events = POLLIN}};
    bool open = children >= 0;
    while (open) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        if (fds[1].revents & POLLIN) {
            struct signalfd_siginfo info;
            while (read(children, &info, sizeof info) < 0 && errno == EINTR)
                ;
            process_reap_children(x);
        }
        if (fds[0].revents != 0)
            open = process_obey(x);
    }
    _exit(EXIT_SUCCESS);
}

/* ---- in the host ------------------------------------------------------------------------- */

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
    bnn_executor_reset_progress(&executor->progress[slot]);
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
    for (uint32_t i = 0; i < x->n_slots; i++) {
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
    case PROCESS_BEGIN:
        s->listener.begin(s->listener.context, m->resumed_epoch);
        break;
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
    return process_take(s, &m, out);
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
    for (uint32_t i = 0; i < x->n_slots; i++) {
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
    for (uint32_t i = 0; i < x->n_slots; i++) {
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
        process_die_with(host);
        close(control[0]);
        for (uint32_t i = 0; i < x->n_slots; i++)
            close(x->slots[i].host);
        x->control = control[1];
        process_run_zygote(x);
    }
    close(control[1]);
    x->control = control[0];
    if (x->pid < 0)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot fork the runs' parent");
    for (uint32_t i = 0; i < x->n_slots; i++) {
        close(x->slots[i].child);
        x->slots[i].child = -1;
    }
    return BNN_OK;
}

static int process_watch_slots(process_executor *x, bnn_error *err)
{
    x->executor.fd = epoll_create1(EPOLL_CLOEXEC);
    bool watched = x->executor.fd >= 0;
    for (uint32_t i = 0; watched && i < x->n_slots; i++)
        watched = epoll_ctl(x->executor.fd, EPOLL_CTL_ADD, x->slots[i].host,
                            &(struct epoll_event){.events = EPOLLIN, .data.u32 = i}) == 0;
    return watched ? BNN_OK : bnn_fail_errno(err, BNN_E_INTERNAL, "cannot watch processes");
}

static int process_share(process_executor *x, bnn_error *err)
{
    x->shared_bytes = sizeof *x->shared + x->n_slots * sizeof x->shared->progress[0];
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
    x->n_slots = n_slots;
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
