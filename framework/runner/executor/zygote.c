/* zygote.c - the process that the runs' processes are forked from.
 *
 * It is forked from a process with a single thread: a child of a process with threads may only call what is
 * safe in a signal handler. It has plugins loaded and data decoded (the pages stay shared). It forks a
 * child for each attempt, waits for it, ends what that has left running, and tells how it ended. When the
 * host dies, however it dies, the kernel kills keeper, zygote and children. */
#include "runner/executor/process_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int zygote_control(const process_executor *x)
{
    return x->controls[x->i_zygote][1];
}

static void zygote_tell(process_executor *x, const process_news *news)
{
    if (!bnn_process_send(zygote_control(x), news, sizeof *news))
        _exit(EXIT_SUCCESS); /* the host is gone */
}

/* ---- children ---------------------------------------------------------------------------- */

static void zygote_tell_end(process_executor *x, const process_attempt *attempt, int wait_status)
{
    process_news news;
    memset(&news, 0, sizeof news);
    news.attempt = *attempt;
    news.ended = true;
    news.wait_status = wait_status;
    zygote_tell(x, &news);
}

static void zygote_tell_begin(process_executor *x, const process_attempt *attempt, pid_t pid)
{
    process_news news;
    memset(&news, 0, sizeof news);
    news.attempt = *attempt;
    news.pid = pid;
    zygote_tell(x, &news);
}

static void zygote_start_child(process_executor *x, const process_command *c,
                               const int fds[PROCESS_FDS])
{
    const pid_t zygote = getpid(), pid = fork();
    process_slot *s = &x->slots[c->attempt.slot];
    if (pid == 0) {
        close(zygote_control(x));
        close(x->signals);
        bnn_child_run(x, c, fds, zygote);
    }
    if (pid < 0)
        zygote_tell_end(x, &c->attempt, -errno);
    else
        zygote_tell_begin(x, &c->attempt, pid);
    s->pid = pid < 0 ? 0 : pid;
    s->attempt = c->attempt;
}

/* Those of runs that go on, and what they have forked and stayed with. */
static bool zygote_spares(const void *context, pid_t child)
{
    const process_executor *x = context;
    const pid_t session = getsid(child);
    for (uint32_t i = 0; i < x->executor.n_slots; i++)
        if (x->slots[i].pid != 0 && (x->slots[i].pid == child || x->slots[i].pid == session))
            return true;
    return false;
}

/* A child that has ended, and is a zombie still, so that its number is that of no other group. */
static void zygote_bury(process_executor *x, pid_t pid)
{
    int wait_status = 0;
    process_slot *slot = NULL;
    for (uint32_t i = 0; i < x->executor.n_slots; i++)
        if (x->slots[i].pid == pid)
            slot = &x->slots[i];
    if (slot != NULL)
        kill(-pid, SIGKILL);
    waitpid(pid, &wait_status, 0);
    if (slot == NULL)
        return;
    slot->pid = 0;
    bnn_process_kill_children(zygote_spares, x);
    zygote_tell_end(x, &slot->attempt, wait_status);
}

static void zygote_reap_children(process_executor *x)
{
    siginfo_t info = {.si_pid = 0};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        zygote_bury(x, info.si_pid);
        info.si_pid = 0;
    }
}

/* They are no part of the terminal's foreground: it stops and continues them with the host. */
static void zygote_signal_children(const process_executor *x, int signal)
{
    for (uint32_t i = 0; i < x->executor.n_slots; i++)
        if (x->slots[i].pid != 0)
            kill(-x->slots[i].pid, signal);
}

/* ---- the life of a zygote ---------------------------------------------------------------- */

/* False when the host has closed its end. */
static bool zygote_obey(process_executor *x)
{
    process_command c;
    int fds[PROCESS_FDS];
    const int news = bnn_process_receive_command(zygote_control(x), &c, fds);
    if (news <= 0)
        return news < 0;
    if (c.kind == PROCESS_START)
        zygote_start_child(x, &c, fds);
    else if (x->slots[c.attempt.slot].pid != 0 &&
             x->slots[c.attempt.slot].attempt.run == c.attempt.run)
        kill(x->slots[c.attempt.slot].pid, SIGKILL);
    for (int i = 0; i < PROCESS_FDS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return true;
}

static sigset_t zygote_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTSTP);
    sigaddset(&set, SIGCONT);
    return set;
}

int bnn_zygote_open_signals(void)
{
    const sigset_t set = zygote_signals();
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static void zygote_block_signals(void)
{
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    const sigset_t set = zygote_signals();
    sigaction(SIGCHLD, &usual, NULL); /* who started us may have ignored it */
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static void zygote_take_signal(process_executor *x)
{
    struct signalfd_siginfo info;
    if (read(x->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    if (info.ssi_signo == SIGTSTP)
        zygote_signal_children(x, SIGSTOP);
    else if (info.ssi_signo == SIGCONT)
        zygote_signal_children(x, SIGCONT);
    zygote_reap_children(x);
}

void bnn_zygote_run(process_executor *x, pid_t keeper)
{
    bnn_process_die_with(keeper);
    bnn_process_adopt_orphans();
    zygote_block_signals();
    struct pollfd fds[] = {{.fd = zygote_control(x), .events = POLLIN},
                           {.fd = x->signals, .events = POLLIN}};
    for (bool open = true; open;) {
        if (poll(fds, 2, -1) < 0) {
            if (errno != EINTR)
                break;
            continue;
        }
        if (fds[1].revents & POLLIN)
            zygote_take_signal(x);
        if (fds[0].revents != 0)
            open = zygote_obey(x);
    }
    _exit(EXIT_SUCCESS);
}
