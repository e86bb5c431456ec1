/* artifacts.h - the files of runs beside the database, looked at, measured and removed. Whatever that
 * says, nothing outside of FILE.artifacts is touched, and there only what bnnrun writes into the folder of
 * a run: files, or links themselves. A FILE.artifacts that is a link to the folder of another database
 * is that one's, and taken as empty. */
#ifndef BNN_RUNNER_ARTIFACTS_H
#define BNN_RUNNER_ARTIFACTS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/run.h"
#include "db/store_curate.h"
#include "db/store_results.h"

/* Refuses a FILE.artifacts that is a link to the folder of another database. */
int bnn_artifacts_check_place(const char *db, bnn_error *err);

/* The bytes of the files in the folder of a run; 0 when there is none. */
int64_t bnn_artifacts_bytes(const char *db, const char *uid);

/* The end of what plugins printed in the last attempt of a run, NUL-terminated, which may have any bytes; NULL
 * when they printed nothing, or it cannot be read. *out_bytes: of all of it. */
const char *bnn_artifacts_log_end(const char *db, const char *uid, bnn_arena *arena,
                                  int64_t *out_bytes);

/* Whether a file is not what was recorded. NULL: it is; else how: "is missing". Looks at the size,
 * and at the content only when the file was written after it was recorded; `bnnrun verify` always
 * does. */
const char *bnn_artifacts_look(const bnn_store_file *file);

/* Removes the files of runs that have been deleted from the database. One that has been planned and
 * begun again in between keeps them. Begins a transaction of its own, since nobody can take a run while
 * that lasts. */
int bnn_artifacts_remove(bnn_store *store, const char *db, const bnn_store_chosen *runs, size_t n,
                         bnn_error *err);

/* Removes what processes that were killed left in the folders of runs: files that were not written to
 * their end, and checkpoints of done runs; and those of runs that are trained again from their start.
 * What is in use is that of runs that are running, and nobody takes one while the transaction of the
 * caller lasts. */
void bnn_artifacts_clean(const char *db, const bnn_run *runs, size_t n);

/* What is of no use any more. */
typedef struct bnn_leftover {
    const char *what; /* "folder without a run", "file half written", "checkpoint of a done run" */
    const char *uid;  /* the folder */
    const char *file; /* in it; NULL: all of it */
    int64_t bytes;
} bnn_leftover;

/* Finds it, in the arena; in the transaction of the caller, if it is to be removed in that. */
int bnn_artifacts_find_leftovers(bnn_store *store, const char *db, bnn_arena *arena,
                                 const bnn_leftover **out, size_t *out_n, bnn_error *err);

/* Removes it; in the transaction in which it was found. */
int bnn_artifacts_remove_leftovers(const char *db, const bnn_leftover *leftovers, size_t n,
                                   bnn_error *err);

#endif
