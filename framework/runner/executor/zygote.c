/* zygote.c - the process that forks a child for each run, and those children.
 *
 * Threads and fork() do not mix: a child of a process with threads may only call what is safe in a
 * signal handler. So the zygote, which has a single thread, is forked before there are any others,
 * with plugins loaded and data decoded (the pages stay shared). It forks a child for each run, waits
 * for it and tells how it ended. When the host dies, however it dies, the kernel kills zygote and
 * children. */
#include "runner/executor/process_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- in the child ------------------------------------------------------------------------ */

/* content: the member of the message that belongs to its kind. */
static void zygote_send(int fd, process_message_kind kind, const void *content, size_t n_bytes)
{
    process_message m;
    memset(&m, 0, sizeof m);
    m.kind = kind;
    memcpy(&m.record, content, n_bytes);
    while (send(fd, &m, sizeof m, MSG_NOSIGNAL) < 0)
        if (errno != EINTR)
            _exit(EXIT_FAILURE); /* the host is gone */
}

static void zygote_send_record(void *context, const bnn_record *record)
{
    zygote_send(*(const int *)context, PROCESS_RECORD, record, sizeof *record);
}

static void zygote_run_child(process_executor *x, uint32_t i, const bnn_run *run)
{
    const bnn_run_listener host = {.record = zygote_send_record, .context = &x->slots[i].child};
    bnn_outcome outcome;
    bnn_run_execute(x->base, run, &host, &x->shared->stop, &x->shared->progress[i], &outcome);
    zygote_send(x->slots[i].child, PROCESS_OUTCOME, &outcome, sizeof outcome);
    _exit(EXIT_SUCCESS);
}

/* The kernel kills this process when its parent dies; a parent that is dead already is noticed. */
static void zygote_die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
}

/* ---- in the zygote ----------------------------------------------------------------------- */

static void zygote_tell_exit(process_executor *x, uint32_t i, int wait_status)
{
    x->slots[i].pid = 0;
    zygote_send(x->slots[i].child, PROCESS_EXIT, &wait_status, sizeof wait_status);
}

static void zygote_start_child(process_executor *x, const process_command *c)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        zygote_die_with(parent);
        zygote_run_child(x, c->slot, &c->run);
    }
    if (pid < 0)
        zygote_tell_exit(x, c->slot, -errno);
    else
        x->slots[c->slot].pid = pid;
}

static void zygote_reap_children(process_executor *x)
{
    int wait_status;
    pid_t pid;
    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
        for (uint32_t i = 0; i < x->executor.n_slots; i++)
            if (x->slots[i].pid == pid)
                zygote_tell_exit(x, i, wait_status);
}

/* False when the host has closed its end. */
static bool zygote_obey(process_executor *x)
{
    process_command c;
    const ssize_t n = recv(x->control, &c, sizeof c, 0);
    if (n != (ssize_t)sizeof c)
        return n < 0 && errno == EINTR;
    if (c.kind == PROCESS_START)
        zygote_start_child(x, &c);
    else if (x->slots[c.slot].pid != 0)
        kill(x->slots[c.slot].pid, SIGKILL);
    return true;
}

/* The host alone decides what a signal to the whole group means, and tells the children. */
static int zygote_watch_children(void)
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

_Noreturn void bnn_zygote_run(process_executor *x, pid_t host)
{
    zygote_die_with(host);
    const int children = zygote_watch_children();
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
            zygote_reap_children(x);
        }
        if (fds[0].revents != 0)
            open = zygote_obey(x);
    }
    _exit(EXIT_SUCCESS);
}
