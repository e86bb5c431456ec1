/* restore.h - makes the files of done runs again that are missing or damaged. The same spec gives the
 * same bits: each run is trained once more, as bnn_replay has it, and what comes out must be what the
 * database says. Then the missing files are put in their place; else nothing is replaced. The
 * database stays as it is, but for a model file that names its config otherwise, and for the classes of
 * test images, which an older bnnrun did not keep. */
#ifndef BNN_RUNNER_RESTORE_H
#define BNN_RUNNER_RESTORE_H

#include "runner/plan.h"

/* How one run ended. */
typedef enum bnn_restored {
    BNN_RESTORED_FILES = 0, /* its files are there again, and it is DONE */
    BNN_RESTORED_OTHER = 1, /* training gives another result; nothing was replaced */
    BNN_RESTORED_NOT = 2,   /* it could not be trained, or the files not be written */
} bnn_restored;

typedef struct bnn_restore_options {
    const char *db;
    uint32_t n_jobs;
    const bnn_dataset *datasets; /* of bnn_plan_open_data */
    /* In the calling thread, when a run has ended; why: "" when all is well. */
    void (*ended)(void *context, const bnn_run *run, bnn_restored what, const char *why);
    void *context;
} bnn_restore_options;

typedef struct bnn_restore_summary {
    size_t n_of[3]; /* runs, by bnn_restored */
    int signal;     /* that ended it early, or 0 */
} bnn_restore_summary;

/* Restores the LOST runs of a plan. BNN_E_INTERRUPTED after a signal; the next plan finds what is left.
 * No other thread may be around. */
int bnn_restore(bnn_plan *plan, const bnn_restore_options *options, bnn_restore_summary *out,
                bnn_error *err);

#endif
