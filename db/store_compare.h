/* store_compare.h - the runs that are compared, and what was said of the comparison before them. Beside
 * store.h: the same handle, the same threads, the same errors. Rows and their texts are in the arena. */
#ifndef BNN_DB_STORE_COMPARE_H
#define BNN_DB_STORE_COMPARE_H

#include "base/arena.h"
#include "db/store.h"

typedef struct bnn_store_compared {
    const char *config; /* the first digits of its hash, as in the views */
    const char *label;
    bool is_baseline, in_spec; /* in_spec: of the newest */
    const char *experiment;
    const char *test_set; /* "name=mnist test_limit=1000": the settings that choose it */
    const char *uid;      /* "", -1, "": the config has no run */
    int64_t seed;
    const char *state;  /* of run_summary */
    double value;       /* of the metric; NaN unless the run is done and has it */
    bool is_drawn;      /* the config, by sweep.random */
    int64_t dropped_at; /* the rung of sweep.halving at which the config was dropped; -1: none */
    int64_t n_rungs;    /* that it reached */
} bnn_store_compared;

/* The runs of the points of the newest spec of an experiment, point by point in the order of the sweep, then
 * by seed; what points only need is none of them. Or, config not NULL, those of this config (its first
 * digits) in the experiment, or in all where that is NULL: of one seed the newest last. metric: a column of
 * run_summary, or the name of a metric. */
int bnn_store_list_compared(bnn_store *store, const char *experiment, const char *config,
                            const char *metric, bnn_arena *arena,
                            const bnn_store_compared **out_rows, size_t *out_n, bnn_error *err);

/* A comparison that a spec of the experiment registered. */
typedef struct bnn_store_registered {
    const char *comparison; /* JSON, see schema_7.sql */
    int64_t first_us;       /* when this spec was run first */
    int64_t begun_us;       /* when the first run of one of its configs and seeds, in any
                               experiment, was begun; -1: none was */
    const char *first_utc;  /* first_us, to be read */
} bnn_store_registered;

/* All of them, the newest first. */
int bnn_store_list_registered(bnn_store *store, const char *experiment, bnn_arena *arena,
                              const bnn_store_registered **out_rows, size_t *out_n, bnn_error *err);

/* When the first run, in any experiment, of one of the configs and seeds of a comparison (JSON) was begun; -1:
 * none was. */
int bnn_store_find_begun(bnn_store *store, const char *comparison, bnn_arena *arena,
                         int64_t *out_us, bnn_error *err);

/* The text of the spec of an experiment that was run last, in the arena. */
int bnn_store_newest_spec(bnn_store *store, const char *experiment, bnn_arena *arena,
                          const char **out_text, bnn_error *err);

/* The experiment whose spec was run last; NULL: none has runs. */
int bnn_store_newest_experiment(bnn_store *store, bnn_arena *arena, const char **out_name,
                                bnn_error *err);

/* A config as a command line names it. */
typedef struct bnn_store_named_config {
    const char *config; /* the first digits of its hash */
    const char *label, *experiment;
    const char *uid; /* of one of its runs, of the least seed */
    int64_t seed;
} bnn_store_named_config;

/* The config of a run (uid: in full), or those whose hash begins with these digits, of one experiment each.
 * One of the two is NULL. */
int bnn_store_list_named_configs(bnn_store *store, const char *uid, const char *digits,
                                 bnn_arena *arena, const bnn_store_named_config **out_rows,
                                 size_t *out_n, bnn_error *err);

/* The config of this label in the newest spec of an experiment; none when it has no run there. */
int bnn_store_list_labelled_configs(bnn_store *store, const char *experiment, const char *label,
                                    bnn_arena *arena, const bnn_store_named_config **out_rows,
                                    size_t *out_n, bnn_error *err);

#endif
