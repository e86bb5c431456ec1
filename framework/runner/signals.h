/* signals.h - the signals that ask a sweep to stop (SIGINT, SIGQUIT, SIGHUP, SIGTERM, SIGUSR1, SIGUSR2,
 * SIGXCPU) become something to read, so that no work is done in a handler.
 *
 * The signals are blocked in the thread that calls bnn_signals_open, and in the threads that it
 * makes afterwards. A signal that was ignored (nohup, a background job) stays ignored. */
#ifndef BNN_RUNNER_SIGNALS_H
#define BNN_RUNNER_SIGNALS_H

#include "base/error.h"

#include <signal.h>

typedef struct bnn_signals {
    int fd;         /* readable when a signal has come */
    sigset_t taken; /* the signals that are blocked here and were not before */
} bnn_signals;

/* Before any other thread exists. */
int bnn_signals_open(bnn_signals *signals, bnn_error *err);

/* The next signal that has come, or 0. Does not wait. */
int bnn_signals_next(bnn_signals *signals);

/* Makes a signal of these come, which somebody else was told of. Nothing when they are not taken. */
void bnn_signals_come(const bnn_signals *signals, int signal);

/* Gives the signals back: from now on they do what they did before, which is to end the process,
 * also those that have come and were not read; but SIGXCPU, which comes again and again, does nothing once
 * one of them was read. Only for the thread that opened. */
void bnn_signals_close(bnn_signals *signals);

/* Ignores them in this process, of which another one takes care. */
void bnn_signals_ignore(void);

/* Dies by the signal, so that the parent sees why; returns only when the signal is ignored. */
void bnn_signals_die(int signal);

#endif
