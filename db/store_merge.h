/* store_merge.h - the rows of another database, taken over into this one.
 *
 *     bnn_store_merge_begin(into, copy, ...);  what of each run of the other one is to be taken over
 *       the files of these runs are put where they belong
 *     bnn_store_merge_finish(into, &err);      takes it over: all, or nothing
 *
 * A run is known by experiment, config and seed. It is taken over with all its attempts when it is not here, or
 * has come further there: done before stale, then by epochs, and with as many of them failed before interrupted. Of
 * runs that are done in both, the results are compared: not a row is taken from where they differ, and what is lacking
 * here from where they are the same. */
#ifndef BNN_DB_STORE_MERGE_H
#define BNN_DB_STORE_MERGE_H

#include "base/arena.h"
#include "db/store_curate.h"

/* how: "new"; "better": further there; "same": done in both, with the same bits; "kept": further here; "busy": under
 * way here; "different": done in both, with other results. last: its last attempt there, as bnn_store_last_attempt says
 * it. Of a different one what differs, and what the two were made with that is not the same, "" when there is nothing;
 * promised: then only machines or instruction sets differ, which should make no difference. */
typedef struct bnn_store_merged {
    const char *from_uid, *uid; /* there, and here */
    const char *how, *last, *what, *made;
    int64_t promised;
} bnn_store_merged;

/* Makes a copy one that can be opened, queried and brought to the newest schema without running anything of anybody's:
 * all that is no table or index of our schemas is taken out of it. Refused as BNN_E_RESOURCE is one whose tables are not
 * ours, text for text, or damaged, or hold what their columns cannot have. What is no database of ours is left alone. */
int bnn_store_merge_disarm(const char *copy, bnn_error *err);

/* Begins a transaction, and finds out what becomes of each run of the database `copy`, which has the newest schema
 * and is nobody else's; only: of these, by their uids, and what they need; NULL: of all. Refused as BNN_E_RESOURCE is
 * what no bnnrun has written; name: what it is called then. Whatever it returns, bnn_store_merge_end comes after it. */
int bnn_store_merge_begin(bnn_store *into, const char *copy, const char *name,
                          const bnn_store_words *only, bnn_arena *arena,
                          const bnn_store_merged **out, size_t *out_n, bnn_error *err);

/* A recorded file of a run of the other database. */
typedef struct bnn_store_merged_file {
    const char *path, *sha256;
} bnn_store_merged_file;

int bnn_store_merge_files(bnn_store *into, const char *from_uid, bnn_arena *arena,
                          const bnn_store_merged_file **out, size_t *out_n, bnn_error *err);

/* A file that is recorded there of a run that is the same in both. is_recorded: here, too, with the same content, and
 * perhaps it is lost; else it is not here, though another file is, with the content that it has there. */
typedef struct bnn_store_lacking {
    const char *path, *sha256; /* there */
    int64_t n_bytes, created_us;
    int64_t is_recorded;
} bnn_store_lacking;

int bnn_store_merge_lacking(bnn_store *into, const char *from_uid, bnn_arena *arena,
                            const bnn_store_lacking **out, size_t *out_n, bnn_error *err);

/* Records such a file here, after it was copied. */
int bnn_store_merge_fill(bnn_store *into, const char *from_uid, const char *path, bnn_error *err);

/* What a run of this database is: its last attempt, "done.2.STARTED_US.ENDED_US", "" without one, and the SHA-256 of
 * its files of this name, "" of one that is not recorded. */
int bnn_store_last_attempt(bnn_store *store, const char *uid, bnn_arena *arena, const char **out,
                           bnn_error *err);
int bnn_store_file_sha256(bnn_store *store, const char *uid, const char *name, bnn_arena *arena,
                          const char **out, bnn_error *err);

/* Whether a process of this machine holds runs of a database, or may take some. */
bool bnn_store_is_in_use(const char *path);

/* Takes over what is new or better, and commits. Runs that are different stay as they are here. *n_conflicts:
 * comparisons of a spec that were registered with another content; the earlier one stands. */
int bnn_store_merge_finish(bnn_store *into, const char *name, int64_t *n_conflicts, bnn_error *err);

/* Undoes what was not committed, and lets the other database go. */
void bnn_store_merge_end(bnn_store *into);

/* Whether the merging knows what to do with a table, and with a column that holds an id. */
bool bnn_store_merge_knows(const char *table, const char *column);

#endif
