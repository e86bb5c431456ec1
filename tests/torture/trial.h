/* trial.h - one call of bnnrun in a folder of its own, in which a call may fail; and what is there after it.
 *
 * Folders have a name below that of the place. When the machine fails in truth, the program ends with 99. */
#ifndef BNN_TESTS_TORTURE_TRIAL_H
#define BNN_TESTS_TORTURE_TRIAL_H

#include "tests/torture/faults.h"

#include <limits.h>
#include <stdbool.h>

#define TRIAL_DB "t.db" /* in each folder */
#define TRIAL_LEFT_OVER \
    "left over: " /* a line of trial_describe(): a file that is to be removed, by the next call */

enum { TRIAL_WORDS_MAX = 24, TRIAL_TEXT_MAX = 512, TRIAL_SECONDS = 60, TRIAL_SUITE_SECONDS = 600 };

typedef struct trial_place {
    const char *program, *library; /* bnnrun, inject.so: absolute paths */
    char scratch[256];             /* made by trial_open(), removed by trial_close() */
    torture_paths *paths;          /* NULL: the next calls do not note them */
    int n_sites;                   /* of a path's callers, only these; 0: all */
    bool keeps_paths;              /* those of the calls before stay noted */
} trial_place;

typedef struct trial_fault {
    int calls; /* torture_calls; -1: none */
    uint64_t n;
    int reason;
    bool goes_on;
    bool each; /* that is the first by its path: n is of no meaning */
} trial_fault;

typedef struct trial_outcome {
    int status; /* as a shell says it: 128 + N is death by signal N, SIGALRM that it has hung */
    torture_report report;
    char *out, *err; /* what was printed */
} trial_outcome;

_Noreturn void trial_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

void trial_open(trial_place *place, const char *program, const char *library);
void trial_close(const trial_place *place);
const char *trial_path(const trial_place *place, const char *folder, const char *name,
                       char path[PATH_MAX]);

/* Executes `bnnrun WORDS` in the folder; fault: or NULL. */
void trial_run(const trial_place *place, const char *folder, const char *words,
               const trial_fault *fault, trial_outcome *out);
void trial_free(trial_outcome *outcome);

/* In place of what is there: a copy of another folder. */
void trial_copy(const trial_place *place, const char *from, const char *to);
void trial_write(const trial_place *place, const char *folder, const char *name, const char *text);

/* What must be the same after any fault, line by line: each file with the hash of its content, and the results in the
 * database bit by bit. Freed by the caller. */
char *trial_describe(const trial_place *place, const char *folder);

/* Number of the runs in the database whose state that is; 0 without a database. */
int trial_count_runs(const trial_place *place, const char *folder, const char *state);

#endif
