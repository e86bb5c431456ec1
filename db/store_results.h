/* store_results.h - what runs came to, as rows with types. Beside store.h: the same handle, the same
 * threads, the same errors.
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

#endif
