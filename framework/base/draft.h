/* draft.h - a folder beside what is being made, for one process at a time. Its name can be foreseen, so what a process
 * that was killed has left in it is found by the next one that makes the same. */
#ifndef BNN_BASE_DRAFT_H
#define BNN_BASE_DRAFT_H

#include "base/error.h"

/* Makes the folder, which nobody but this user can enter, unless it is there, and takes it. *out: its descriptor, to be
 * closed once it is removed, or renamed; -1, and that no failure, while another process has it. */
int bnn_draft_take(const char *folder, int *out, bnn_error *err);

/* Likewise an empty one: what is in it is removed. Refused while another process has it. */
int bnn_draft_begin(const char *folder, int *out, bnn_error *err);

#endif
