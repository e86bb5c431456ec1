/* conform.h - whether a plugin keeps the contract of its kind, as <bnn/plugin.h> has it.
 *
 * A contract is a list of checks. Each loads the file and tries it in a child process of its own, with
 * the default parameters first and then, one at a time, other values of each parameter. So a plugin
 * that crashes, hangs or ends the process fails one check, and the host never runs its code. */
#ifndef BNN_CONFORM_CONFORM_H
#define BNN_CONFORM_CONFORM_H

#include "base/error.h"

#include <bnn/plugin.h>

#include <stddef.h>

typedef enum bnn_conform_verdict {
    BNN_CONFORM_KEPT = 1,
    BNN_CONFORM_BROKEN = 2,
    BNN_CONFORM_SKIPPED = 3, /* the plugin gives nothing to check */
} bnn_conform_verdict;

typedef struct bnn_conform_result {
    const char *check;   /* one word */
    const char *promise; /* what was checked, in a line */
    bnn_conform_verdict verdict;
    char message[1000]; /* why it is not kept, or was skipped; else "" */
} bnn_conform_result;

/* The number of checks of a kind. Check 0 is whether the file can be loaded: when that is not so, the
 * others say no more. */
size_t bnn_conform_count(bnn_kind kind);

/* Runs check i on a file, which promises the kind with its name. seconds: how long it may take. The
 * caller is a single thread, since this forks. BNN_OK, whatever the verdict; BNN_E_INTERNAL without
 * memory, BNN_E_RESOURCE without a process, or where the file cannot be read. */
int bnn_conform_run(const char *path, bnn_kind kind, size_t i, double seconds,
                    bnn_conform_result *out, bnn_error *err);

#endif
