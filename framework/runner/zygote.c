#include "runner/zygote.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    GRACE_SECONDS = 30, /* between asking a child to end and killing it */
    POLL_MS = 250,
};

typedef enum command_kind {
    COMMAND_START = 1,
    COMMAND_KILL = 2,
} command_kind;

/* To the zygote. */
typedef struct command {
    command_kind kind;
    uint32_t slot;
    bnn_task task;
} command;

typedef enum message_kind {
    MESSAGE_BEGIN = 1,   /* from the child, its first one */
    MESSAGE_RECORD = 2,  /* from the child */
    MESSAGE_OUTCOME = 3, /* from the child, its last one */
    MESSAGE_EXIT = 4,    /* from the zygote, after the child's last one */
} message_kind;

/* From a slot. */
typedef struct message {
    message_kind kind;
    union {
        uint32_t resumed_epoch;
        bnn_record record;
        bnn_outcome outcome;
        int wait_status; /* negative: -errno of fork */
    };
} message;

/* Seen by all processes. */
typedef struct shared {
    atomic_int stop;
    bnn_train_progress progress[]; /* [n_slots] */
} shared;

/* One end of a slot's socket is the zygote's and its child's, the other is the host's. */
typedef struct slot {
    int host, child;
    pid_t pid; /* in the zygote: of the running child, or 0 */
} slot;

struct bnn_zygote {
    const bnn_task_base *base;
    pid_t pid;
    int control; /* to the zygote; in the zygote: from the host */
    size_t shared_bytes;
    shared *shared;
    uint32_t n_slots;
    slot slots[];
};

/* ---- in the child ------------------------------------------------------------------------ */

static void send_message(int fd, const message *m)
{
    while (send(fd, m, sizeof *m, MSG_NOSIGNAL) < 0)
        if (errno != EINTR)
            _exit(EXIT_FAILURE); /* the host is gone */
}

static void send_begin(void *context, uint32_t resumed_epoch)
{
    message m;
    memset(&m, 0, sizeof m);
    m.kind = MESSAGE_BEGIN;
    m.resumed_epoch = resumed_epoch;
    send_message(*(const int *)context, &m);
}

static void send_record(void *context, const bnn_record *record)
{
    message m;
    memset(&m, 0, sizeof m);
    m.kind = MESSAGE_RECORD;
    m.record = *record;
    send_message(*(const int *)context, &m);
}

static void run_child(bnn_zygote *z, uint32_t i, const bnn_task *task)
{
    const bnn_task_link link = {
        .stop = &z->shared->stop,
        .progress = &z->shared->progress[i],
        .begin = send_begin,
        .record = send_record,
        .context = &z->slots[i].child,
    };
    message m;
    memset(&m, 0, sizeof m);
    m.kind = MESSAGE_OUTCOME;
    bnn_task_execute(z->base, task, &link, &m.outcome);
    send_message(z->slots[i].child, &m);
    _exit(EXIT_SUCCESS);
}

/* The kernel kills this process when its parent dies; a parent that is dead already is noticed. */
static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
}

/* ---- in the zygote ----------------------------------------------------------------------- */

static void tell_exit(bnn_zygote *z, uint32_t i, int wait_status)
{
    message m;
    memset(&m, 0, sizeof m);
    m.kind = MESSAGE_EXIT;
    m.wait_status = wait_status;
    z->slots[i].pid = 0;
    send_message(z->slots[i].child, &m);
}

static void start_child(bnn_zygote *z, const command *c)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        die_with(parent);
        run_child(z, c->slot, &c->task);
    }
    if (pid < 0)
        tell_exit(z, c->slot, -errno);
    else
        z->slots[c->slot].pid = pid;
}

static void reap_children(bnn_zygote *z)
{
    int wait_status;
    pid_t pid;
    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
        for (uint32_t i = 0; i < z->n_slots; i++)
            if (z->slots[i].pid == pid)
                tell_exit(z, i, wait_status);
}

/* False when the host has closed its end. */
static bool obey(bnn_zygote *z)
{
    command c;
    const ssize_t n = recv(z->control, &c, sizeof c, 0);
    if (n != (ssize_t)sizeof c)
        return n < 0 && errno == EINTR;
    if (c.kind == COMMAND_START)
        start_child(z, &c);
    else if (z->slots[c.slot].pid != 0)
        kill(z->slots[c.slot].pid, SIGKILL);
    return true;
}

/* The host alone decides what a signal to the whole group means, and tells the children. */
static int watch_children(void)
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

_Noreturn static void run_zygote(bnn_zygote *z)
{
    const int children = watch_children();
    struct pollfd fds[] = {{.fd = z->control, .events = POLLIN},
                           {.fd = children, .events = POLLIN}};
    bool open = children >= 0;
    while (open) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        if (fds[1].revents & POLLIN) {
            struct signalfd_siginfo info;
            while (read(children, &info, sizeof info) < 0 && errno == EINTR)
                ;
            reap_children(z);
        }
        if (fds[0].revents != 0)
            open = obey(z);
    }
    _exit(EXIT_SUCCESS);
}

/* ---- in the host ------------------------------------------------------------------------- */

static int open_slots(bnn_zygote *z, bnn_error *err)
{
    for (uint32_t i = 0; i < z->n_slots; i++) {
        int fds[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
            return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot make a socket for job %u", i + 1);
        z->slots[i] = (slot){.host = fds[0], .child = fds[1]};
    }
    return BNN_OK;
}

static int fork_zygote(bnn_zygote *z, bnn_error *err)
{
    int control[2];
    const pid_t host = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot make a socket for the runs' parent");
    z->pid = fork();
    if (z->pid == 0) {
        die_with(host);
        close(control[0]);
        for (uint32_t i = 0; i < z->n_slots; i++)
            close(z->slots[i].host);
        z->control = control[1];
        run_zygote(z);
    }
    close(control[1]);
    z->control = control[0];
    if (z->pid < 0)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "cannot fork the runs' parent");
    for (uint32_t i = 0; i < z->n_slots; i++) {
        close(z->slots[i].child);
        z->slots[i].child = -1;
    }
    return BNN_OK;
}

int bnn_zygote_open(const bnn_task_base *base, uint32_t n_slots, bnn_zygote **out, bnn_error *err)
{
    bnn_zygote *z = calloc(1, sizeof *z + n_slots * sizeof z->slots[0]);
    if (z == NULL)
        return bnn_no_memory(err);
    z->base = base;
    z->control = -1;
    z->n_slots = n_slots;
    for (uint32_t i = 0; i < n_slots; i++)
        z->slots[i] = (slot){.host = -1, .child = -1};
    z->shared_bytes = sizeof *z->shared + n_slots * sizeof z->shared->progress[0];
    void *memory =
        mmap(NULL, z->shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = BNN_OK;
    if (memory == MAP_FAILED)
        status = bnn_fail_errno(err, BNN_E_INTERNAL, "cannot share memory with runs");
    else
        z->shared = memory;
    if (status == BNN_OK)
        status = open_slots(z, err);
    if (status == BNN_OK)
        status = fork_zygote(z, err);
    if (status == BNN_OK)
        *out = z;
    else
        bnn_zygote_close(z);
    return status;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void bnn_zygote_close(bnn_zygote *z)
{
    if (z == NULL)
        return;
    close_fd(z->control);
    for (uint32_t i = 0; i < z->n_slots; i++) {
        close_fd(z->slots[i].host);
        close_fd(z->slots[i].child);
    }
    while (z->pid > 0 && waitpid(z->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (z->shared != NULL)
        munmap(z->shared, z->shared_bytes);
    free(z);
}

bnn_train_progress *bnn_zygote_progress(bnn_zygote *z, uint32_t i)
{
    return &z->shared->progress[i];
}

void bnn_zygote_stop(bnn_zygote *z)
{
    atomic_store(&z->shared->stop, 1);
}

static bool send_command(bnn_zygote *z, command_kind kind, uint32_t i, const bnn_task *task)
{
    command c;
    memset(&c, 0, sizeof c);
    c.kind = kind;
    c.slot = i;
    if (task != NULL)
        c.task = *task;
    ssize_t n;
    do
        n = send(z->control, &c, sizeof c, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof c;
}

/* The end of a child, when it said nothing itself. */
static void explain_exit(int wait_status, bool killed, bnn_outcome *out)
{
    *out = (bnn_outcome){.status = BNN_E_FAILED};
    if (wait_status < 0) {
        snprintf(out->message, sizeof out->message, "cannot fork a process for the run: %s",
                 strerror(-wait_status));
    } else if (killed) {
        out->signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
        snprintf(out->message, sizeof out->message,
                 "the run did not end within %d s of being told to, so it was killed",
                 GRACE_SECONDS);
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

/* Waits until the slot has a message; kills the child when it is late. deadline: when it should have
 * ended by its own timeout, or infinite. */
static void wait_for_message(bnn_zygote *z, uint32_t i, double deadline, double *stopped,
                             bool *killed)
{
    struct pollfd fd = {.fd = z->slots[i].host, .events = POLLIN};
    while (poll(&fd, 1, POLL_MS) <= 0) {
        if (*stopped == 0.0 && atomic_load(&z->shared->stop) != 0)
            *stopped = bnn_clock_seconds(CLOCK_MONOTONIC);
        const bool late =
            (deadline > 0.0 && bnn_clock_seconds(CLOCK_MONOTONIC) > deadline + GRACE_SECONDS) ||
            (*stopped > 0.0 && bnn_clock_seconds(CLOCK_MONOTONIC) > *stopped + GRACE_SECONDS);
        if (late && !*killed)
            *killed = send_command(z, COMMAND_KILL, i, NULL);
    }
}

static int fail_zygote(bnn_error *err)
{
    return bnn_fail(err, BNN_E_INTERNAL, "the process that starts runs has died");
}

int bnn_zygote_execute(bnn_zygote *z, uint32_t i, const bnn_task *task, const bnn_task_link *link,
                       bnn_outcome *out, bnn_error *err)
{
    const double deadline = task->timeout_seconds > 0.0
                                ? bnn_clock_seconds(CLOCK_MONOTONIC) + task->timeout_seconds
                                : 0.0;
    double stopped = 0.0;
    bool killed = false, answered = false;
    if (!send_command(z, COMMAND_START, i, task))
        return fail_zygote(err);
    for (;;) {
        message m;
        wait_for_message(z, i, deadline, &stopped, &killed);
        const ssize_t n = recv(z->slots[i].host, &m, sizeof m, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n != (ssize_t)sizeof m)
            return fail_zygote(err);
        if (m.kind == MESSAGE_EXIT) {
            if (!answered)
                explain_exit(m.wait_status, killed, out);
            return BNN_OK;
        }
        if (m.kind == MESSAGE_BEGIN)
            link->begin(link->context, m.resumed_epoch);
        else if (m.kind == MESSAGE_RECORD)
            link->record(link->context, &m.record);
        else if (m.kind == MESSAGE_OUTCOME)
            *out = m.outcome;
        answered |= m.kind == MESSAGE_OUTCOME;
    }
}
