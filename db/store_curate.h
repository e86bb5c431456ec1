/* store_curate.h - what people do with runs that are there: choose, mark, rename and remove them.
 * Beside store.h: the same handle, the same threads, the same errors. */
#ifndef BNN_DB_STORE_CURATE_H
#define BNN_DB_STORE_CURATE_H

#include "base/arena.h"
#include "db/store.h"

/* ---- to choose ---- */

/* KEY=VALUE: a setting of a run's config, whose key is this or ends in it after a dot; a part of its
 * label; or its seed. */
typedef struct bnn_store_setting {
    const char *key, *value;
} bnn_store_setting;

typedef struct bnn_store_words {
    size_t n;
    const char *const *words;
} bnn_store_words;

/* Which runs. What is empty, 0 or NULL does not matter. */
typedef struct bnn_store_filter {
    const char *experiment;
    bnn_store_words uids;   /* in full: one of these */
    bnn_store_words states; /* of run_summary: one of these */
    bnn_store_words tags;   /* all of these */
    size_t n_settings;      /* all of these */
    const bnn_store_setting *settings;
    int in_spec;       /* of the newest revision of the spec: 1; of an earlier one: -1 */
    const char *since; /* "2026-11-28 10:00:00", UTC: ended since; else begun, else planned */
    const char *sort;  /* a column of run_summary, "date"; else by experiment, label and seed */
    bool descending;   /* what has no value is last in either order */
    uint32_t limit;    /* the first so many */
} bnn_store_filter;

/* A statement: the columns, which db/sql/NAME.sql selects from run_summary, of the chosen runs; with
 * its arguments, in the arena. The column to sort by must be one. */
typedef struct bnn_store_selection {
    const char *sql;
    size_t n_arguments;
    bnn_store_argument *arguments;
} bnn_store_selection;

int bnn_store_select(const bnn_store_filter *filter, const char *name, bnn_arena *arena,
                     bnn_store_selection *out, bnn_error *err);

/* The columns of run_summary; the keys of all configs; all tags. */
int bnn_store_list_columns(bnn_store *store, bnn_arena *arena, const char *const **out_names,
                           size_t *out_n, bnn_error *err);
int bnn_store_list_keys(bnn_store *store, bnn_arena *arena, const char *const **out_keys,
                        size_t *out_n, bnn_error *err);
int bnn_store_list_tags(bnn_store *store, bnn_arena *arena, const char *const **out_tags,
                        size_t *out_n, bnn_error *err);

typedef struct bnn_store_chosen {
    int64_t id;
    const char *uid, *experiment, *label;
    int64_t seed;
    const char *state; /* of run_summary */
    int64_t n_attempts;
} bnn_store_chosen;

int bnn_store_choose(bnn_store *store, const bnn_store_filter *filter, bnn_arena *arena,
                     const bnn_store_chosen **out_runs, size_t *out_n, bnn_error *err);

/* ---- to mark ---- */

enum { BNN_STORE_TAG_MAX = 64 }; /* bytes of a tag, without the NUL */

/* uid: in full, of a run that is there. A NULL note is none. */
int bnn_store_set_note(bnn_store *store, const char *uid, const char *note, bnn_error *err);

/* Adds a tag to a run, or takes it away; one that is there already, or is not there, is fine. */
int bnn_store_set_tag(bnn_store *store, const char *uid, const char *tag, bool there,
                      bnn_error *err);

/* ---- to rename ---- */

/* Gives an experiment another name. Its runs keep their uids. Refused: no such experiment; another that
 * has the name, with runs; a process that works on one of its runs. */
int bnn_store_rename_experiment(bnn_store *store, const char *from, const char *to, bool take_over,
                                bnn_error *err);

/* Where the spec of an experiment was when it was run last; in the arena, "" when there is none. */
int bnn_store_find_spec(bnn_store *store, const char *experiment, bnn_arena *arena,
                        const char **out_path, bnn_error *err);

/* ---- to remove ---- */

/* Fails when a process works on one of the runs. take_over: one that cannot be seen from here does
 * not. */
int bnn_store_check_free(bnn_store *store, const bnn_store_chosen *runs, size_t n, bool take_over,
                         bnn_error *err);

/* Deletes runs with all that belongs to them, and rows that nothing else needs: an experiment with
 * its last run. Refused like check_free, and then nothing is deleted. */
int bnn_store_delete_runs(bnn_store *store, const bnn_store_chosen *runs, size_t n, bool take_over,
                          bnn_error *err);

/* How many rows nothing needs: experiments without runs, configs, data sets, plugins, test
 * sets. clean deletes them, and what is left of rows that another program deleted. */
int bnn_store_count_unused(bnn_store *store, int64_t *out_n, bnn_error *err);
int bnn_store_clean(bnn_store *store, bnn_error *err);

/* The bytes of the file that nothing is in. compact gives them back to the file system; it is no part
 * of a transaction, and fails when another process is using the database. */
int bnn_store_count_free_bytes(bnn_store *store, int64_t *out_bytes, int64_t *out_of,
                               bnn_error *err);
int bnn_store_compact(bnn_store *store, bnn_error *err);

#endif
