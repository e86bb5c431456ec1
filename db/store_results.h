/* store_results.h - what is recorded of runs, and what they came to, as rows with types. Beside
 * store.h: the same handle, the same threads, the same errors.
 *
 * Rows and their texts are in the arena. What is not known (yet) is NaN, -1 for a count, "" for a
 * text. Accuracies are fractions. */
#ifndef BNN_DB_STORE_RESULTS_H
#define BNN_DB_STORE_RESULTS_H

#include "base/arena.h"
#include "db/store.h"

/* ---- what there is ---- */

/* The names of the experiments that have runs, sorted. */
int bnn_store_list_experiments(bnn_store *store, bnn_arena *arena, const char *const **out_names,
                               size_t *out_n, bnn_error *err);

/* The uids of at most `most` runs that begin like prefix, in any case of letters; the shortest
 * first. "": of any. */
int bnn_store_list_uids(bnn_store *store, const char *prefix, size_t most, bnn_arena *arena,
                        const char *const **out_uids, size_t *out_n, bnn_error *err);

/* ---- a run ---- */

/* The plugins that the run was last executed with, by kind and name. */
int bnn_store_list_plugins(bnn_store *store, const char *uid, bnn_arena *arena,
                           const bnn_store_plugin **out_plugins, size_t *out_n, bnn_error *err);

/* The run of full precision to compare with: of the baseline of the same experiment with the same
 * seed, if that is done and another one. NULL when there is none. */
int bnn_store_find_twin(bnn_store *store, const char *uid, bnn_arena *arena, const char **out_uid,
                        bnn_error *err);

/* ---- an experiment ---- */

/* The number of runs of the newest spec whose model file answers otherwise than training did. */
int bnn_store_count_mismatched(bnn_store *store, const char *experiment, int64_t *out_n,
                               bnn_error *err);

/* ---- for plans ---- */

typedef struct bnn_store_run {
    const char *config_hash;
    int64_t seed, id;
    const char *uid, *state_name;
    int64_t n_attempts;
    const char *error;  /* of the last attempt */
    const char *holder; /* of a running one: "process 4242 on host" */
    bool died;          /* its process ended without a word */
    int64_t telemetry;  /* the set that its last attempt measured */
    bnn_run_state state;
} bnn_store_run;

/* Every run of an experiment. */
int bnn_store_list_runs(bnn_store *store, const char *experiment, bnn_arena *arena,
                        const bnn_store_run **out_runs, size_t *out_n, bnn_error *err);

typedef struct bnn_store_use {
    const char *config_hash;
    int64_t seed;
    const char *kind, *name;   /* of a plugin; "dataset", its name; "bits", bnnrun's version */
    const char *sha256, *path; /* of a plugin's file; of the data, and their source; "", "" */
    const char *revision;      /* of bnnrun */
} bnn_store_use;

/* What the runs of an experiment were last executed with. */
int bnn_store_list_uses(bnn_store *store, const char *experiment, bnn_arena *arena,
                        const bnn_store_use **out_uses, size_t *out_n, bnn_error *err);

/* A file that a done run has to have; what was not kept on purpose is not among them. */
typedef struct bnn_store_file {
    const char *config_hash;
    int64_t seed;
    const char *kind; /* "model", "weights" */
    const char *path; /* where it is */
    int64_t n_bytes;
    const char *sha256;
    int64_t created_us; /* when it was recorded, since 1970 */
} bnn_store_file;

/* The files of all done runs of an experiment, or, uid not NULL, of that run. */
int bnn_store_list_files(bnn_store *store, const char *experiment, const char *uid,
                         bnn_arena *arena, const bnn_store_file **out_files, size_t *out_n,
                         bnn_error *err);

/* What a run was last trained with of another one. */
typedef struct bnn_store_link {
    const char *config_hash; /* these three: the run */
    int64_t seed;
    const char *run_uid;
    const char *purpose_name;
    bnn_purpose purpose;
    const char *need_uid;   /* the other one, which may be gone */
    const char *sha256;     /* of the weights that were used */
    const char *now_sha256; /* of those that the other one has now; "": it has none */
} bnn_store_link;

/* Of all runs of an experiment, or, uid not NULL, of that run. */
int bnn_store_list_links(bnn_store *store, const char *experiment, const char *uid,
                         bnn_arena *arena, const bnn_store_link **out_links, size_t *out_n,
                         bnn_error *err);

/* Of the runs that were trained with this one. */
int bnn_store_list_dependents(bnn_store *store, const char *uid, bnn_arena *arena,
                              const bnn_store_link **out_links, size_t *out_n, bnn_error *err);

typedef struct bnn_store_seconds {
    const char *config_hash;
    double seconds;
} bnn_store_seconds;

/* What whole runs of a config took on average, in any experiment. */
int bnn_store_list_seconds(bnn_store *store, bnn_arena *arena, const bnn_store_seconds **out_rows,
                           size_t *out_n, bnn_error *err);

/* What attempts take besides training: the median of the last hundred that are done and were not
 * resumed, in seconds; NaN when there are none. */
int bnn_store_fixed_seconds(bnn_store *store, bnn_arena *arena, double *out, bnn_error *err);

/* ---- to bring a run back ---- */

/* A done run with what it takes. */
typedef struct bnn_stored_run {
    bnn_run run;
    const char *experiment;
    const char *label;
    const char *config_hash;
    const char *config_json;  /* all settings, of which that is the hash */
    bool in_spec;             /* its newest spec has the config */
    bool is_stale;            /* that spec would not give the run now */
    const char *spec_path;    /* of its newest spec; what is relative and not here is taken to lie
                                 beside the database, and so it is with dataset_source */
    const char *dataset_name; /* the data it was evaluated on */
    const char *dataset_sha256;
    const char *dataset_source; /* where it came from; NULL for data that are drawn */
    /* Beside the database. NULL with NULL: was not made or not kept (a network that cannot be
     * deployed, run.keep, a database of an older version). */
    const char *model_path, *model_sha256;
    const char *weights_path, *weights_sha256;
} bnn_stored_run;

/* Looks a run up. uid: in full. BNN_E_RESOURCE when it is not there, or not done. */
int bnn_store_find_run(bnn_store *store, const char *uid, bnn_arena *arena, bnn_stored_run *out,
                       bnn_error *err);

/* What a done run takes its test images for. */
typedef struct bnn_store_predicted {
    const char *config_hash; /* these three: the run */
    int64_t seed;
    const char *uid;
    int64_t test_set; /* runs with the same one were tested on the same images, in the same order */
    bnn_store_predictions images;
} bnn_store_predicted;

/* Of all done runs of an experiment, stale ones too, or, uid not NULL, of that run; by test set. Runs
 * of which it is not known have no row. True classes are in the arena once for a test set. Lengths
 * and classes are checked: BNN_E_RESOURCE when they do not fit together. */
int bnn_store_list_predictions(bnn_store *store, const char *experiment, const char *uid,
                               bnn_arena *arena, const bnn_store_predicted **out_rows,
                               size_t *out_n, bnn_error *err);

/* Likewise, without those that are damaged: *out_damaged has the uids of their runs, "3f..., a1...", or "". */
int bnn_store_list_sound_predictions(bnn_store *store, const char *experiment, const char *uid,
                                     bnn_arena *arena, const bnn_store_predicted **out_rows,
                                     size_t *out_n, const char **out_damaged, bnn_error *err);

typedef struct bnn_store_metric {
    const char *name;
    int64_t epoch; /* 0: of the run */
    double value;
} bnn_store_metric;

/* The metrics of a run, by epoch and name. */
int bnn_store_list_metrics(bnn_store *store, int64_t run, bnn_arena *arena,
                           const bnn_store_metric **out_metrics, size_t *out_n, bnn_error *err);

#endif
