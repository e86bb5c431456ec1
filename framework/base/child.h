/* child.h - a short-lived child process, in which is tried what may crash, end the process or never come
 * back. The caller is the only thread of its process. */
#ifndef BNN_BASE_CHILD_H
#define BNN_BASE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* Forks. The child, which gets 0, leads a session of its own without a terminal, dies with its parent, leaves no core
 * file, and has nothing open: it reads nothing, and what it prints goes nowhere. -1 and errno when it cannot be
 * made. */
pid_t bnn_child_fork(void);

/* Starts a program, found as a shell finds it, but without one; it has these descriptors as its first three (in: -1:
 * nothing to read), signals as from a shell, and a session of its own. 0, or an errno. */
int bnn_child_spawn(const char *const *argv, int in, int out, int said, pid_t *child);

/* For children of other kinds, before code of strangers gets to run. close_others: all descriptors but the first three,
 * and this one (-1: none). leave_terminal: a session of its own, and nothing to read. */
void bnn_child_close_others(int kept);
void bnn_child_leave_terminal(void);

/* Waits for a child, then kills what it has left of its group. False when it did not end by itself:
 * is_late(context), asked every few milliseconds, said so, and it was killed. */
bool bnn_child_wait(pid_t child, bool (*is_late)(void *context, pid_t child), void *context,
                    int *wait_status);

/* CPU seconds of a process with all its threads; 0 when it is gone. */
double bnn_child_cpu_seconds(pid_t child);

/* How long somebody waits who looks often: between two looks at most a second counts, as the machine may have
 * stood still. From zero. */
typedef struct bnn_child_patience {
    double looked;
    double waited; /* seconds */
} bnn_child_patience;

/* A look; the seconds waited so far. */
double bnn_child_wait_on(bnn_child_patience *patience);

/* "crashes: Segmentation fault (signal 11)", "ends the process, with status 0"; in the text. */
enum { BNN_CHILD_END = 100 };
const char *bnn_child_explain(int wait_status, char text[BNN_CHILD_END]);

#endif
