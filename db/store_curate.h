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

/* The columns of run_summary; the keys of all configs. */
int bnn_store_list_columns(bnn_store *store, bnn_arena *arena, const char *const **out_names,
                           size_t *out_n, bnn_error *err);
int bnn_store_list_keys(bnn_store *store, bnn_arena *arena, const char *const **out_keys,
                        size_t *out_n, bnn_error *err);

typedef struct bnn_store_chosen {
    int64_t id;
    const char *uid, *experiment, *label;
    int64_t seed;
    const char *state; /* of run_summary */
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

#endif
