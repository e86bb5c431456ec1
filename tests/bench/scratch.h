/* scratch.h - a temporary folder for files of children. */
#ifndef BNN_BENCH_SCRATCH_H
#define BNN_BENCH_SCRATCH_H

#include "base/error.h"

enum { SCRATCH_PATH = 512 };

/* Makes a folder in TMPDIR (or /tmp), and removes it with all that is in it. */
int scratch_create(char path[SCRATCH_PATH], bnn_error *err);
void scratch_remove(const char *path);

#endif
