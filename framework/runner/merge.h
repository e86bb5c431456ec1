/* merge.h - databases and the files of their runs joined into one.
 *
 *     bnn_merge_open(into, ...);   made when it is missing; clears up after a merge that was killed
 *       bnn_merge_from(...);       for each other database: all of it, or nothing
 *     bnn_merge_close(...);
 *
 * The other databases are copied first, and only the copies are opened: nothing is written to them or beside them,
 * and older ones are brought to the newest schema in the copy. Files are put in their places before the rows
 * that name them are committed. */
#ifndef BNN_RUNNER_MERGE_H
#define BNN_RUNNER_MERGE_H

#include "db/store_merge.h"

typedef struct bnn_merge bnn_merge;

/* Refused while another merge into the database is under way. */
int bnn_merge_open(const char *into, bnn_merge **out, bnn_error *err);
void bnn_merge_close(bnn_merge *merge); /* NULL: nothing */

/* What became of the runs of one other database. */
typedef struct bnn_merged {
    const bnn_store_merged *runs;
    size_t n;
    size_t n_files;      /* that were copied */
    size_t n_lost;       /* that are recorded, but missing there, or damaged */
    int64_t n_conflicts; /* of registered comparisons */
} bnn_merged;

/* BNN_E_FAILED when runs are done in both with different results, unless skips: then these stay as they are in the
 * first. *out is filled in then, too. Refused: a database that a process is at work on. */
int bnn_merge_from(bnn_merge *merge, const char *from, bool skips, bnn_arena *arena,
                   bnn_merged *out, bnn_error *err);

/* How many of the runs came to "new", "same" and so on. */
size_t bnn_merged_count(const bnn_merged *merged, const char *how);

#endif
