/* plan_internal.h - a plan while it is matched with the database. Private to runner/. */
#ifndef BNN_RUNNER_PLAN_INTERNAL_H
#define BNN_RUNNER_PLAN_INTERNAL_H

#include "runner/plan.h"

/* A run by what the database knows it by; sorted, to be found. */
typedef struct bnn_plan_place {
    const char *hash;
    int64_t seed;
    bnn_run *run;
} bnn_plan_place;

/* What is being matched with the rows of the database. */
typedef struct bnn_plan_matcher {
    bnn_plan *plan;
    const char *db;
    bnn_plan_place *places; /* [plan->n] */
} bnn_plan_matcher;

/* The run of a config and a seed, or NULL. */
bnn_run *bnn_plan_find_run(const bnn_plan_matcher *m, const char *hash, int64_t seed);

/* Adds "WHAT NAME" to what has changed for a run. */
int bnn_plan_add_change(const bnn_plan *plan, bnn_run *run, const char *what, const char *name,
                        bnn_error *err);

/* ---- plan_needs.c ---- */

/* Done runs become stale by what has become of those that they need. After all else is matched. */
int bnn_plan_match_needs(const bnn_plan_matcher *m, bnn_store *store, bnn_error *err);

/* Runs to do become blocked that need stale ones. Last, when it is known which are trained again. */
int bnn_plan_block(bnn_plan *plan, bnn_error *err);

/* ---- plan_looks.c ---- */

/* With seeds.until: makes the looks that can be made, and turns runs to do that none of them asks for into
 * LATER or SPARED ones. Before runs are blocked. */
int bnn_plan_look(const bnn_plan_matcher *m, bnn_store *store, bnn_error *err);

/* Keeps the looks in the database; configs: the ids of those of the experiment. */
int bnn_plan_keep_looks(const bnn_plan *plan, bnn_store *store, int64_t experiment,
                        const int64_t *configs, bnn_error *err);

#endif
