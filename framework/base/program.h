/* program.h - a program of others is run to its end, without a shell, and what it printed is read. */
#ifndef BNN_BASE_PROGRAM_H
#define BNN_BASE_PROGRAM_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

/* What it came to. Texts are in the arena. */
typedef struct bnn_program {
    bool started; /* false: there is no such program */
    bool ended;   /* in time, with a hundred megabytes at most; else it was killed */
    int status;   /* its exit status; -1: a signal ended it */
    const char *out;
    const char *said; /* the last line on stderr that is not empty, without control characters */
} bnn_program;

/* argv[0] is looked for in PATH. A failure: no memory, no process, no descriptors, or what it
 * printed cannot be read; nothing of the program. */
int bnn_program_run(const char *const *argv, double seconds, bnn_arena *arena, bnn_program *out,
                    bnn_error *err);

#endif
