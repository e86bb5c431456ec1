#include "runner/signals.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* From a terminal; from whoever ends a job; and from clusters: Slurm's warnings are what a user asks for with
 * --signal, USR1 and USR2 by custom, and the limit of CPU time sends XCPU. */
static const int wanted[] = {SIGINT, SIGQUIT, SIGHUP, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};

int bnn_signals_open(bnn_signals *signals, bnn_error *err)
{
    sigset_t taken, before;
    sigemptyset(&taken);
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct sigaction action;
        if (sigaction(wanted[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN &&
            !sigismember(&before, wanted[i]))
            sigaddset(&taken, wanted[i]);
    }
    const int fd = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot watch for signals");
    pthread_sigmask(SIG_BLOCK, &taken, NULL);
    *signals = (bnn_signals){.fd = fd, .taken = taken};
    return BNN_OK;
}

/* The limit of CPU time is told again with every further second: nobody asks again. */
static void signals_ignore_limit(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGXCPU, &ignore, NULL);
}

int bnn_signals_next(bnn_signals *signals)
{
    struct signalfd_siginfo info;
    if (signals->fd < 0 || read(signals->fd, &info, sizeof info) != (ssize_t)sizeof info)
        return 0;
    signals_ignore_limit();
    return (int)info.ssi_signo;
}

void bnn_signals_come(const bnn_signals *signals, int signal)
{
    if (signals->fd >= 0 && sigismember(&signals->taken, signal) == 1)
        kill(getpid(), signal);
}

void bnn_signals_close(bnn_signals *signals)
{
    if (signals->fd < 0)
        return;
    close(signals->fd);
    signals->fd = -1;
    pthread_sigmask(SIG_UNBLOCK, &signals->taken, NULL);
}

void bnn_signals_ignore(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        sigaction(wanted[i], &ignore, NULL);
}

void bnn_signals_die(int signal)
{
    sigset_t only;
    struct sigaction action = {.sa_handler = SIG_DFL};
    const struct rlimit none = {0};
    sigemptyset(&only);
    sigaddset(&only, signal);
    sigaction(signal, &action, NULL);
    setrlimit(RLIMIT_CORE, &none); /* of SIGQUIT and SIGXCPU: there is nothing wrong to look for */
    raise(signal);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
}
