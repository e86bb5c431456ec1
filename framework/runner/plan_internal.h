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

/* ---- plan_shard.c ---- */

/* Runs to do, or to restore, that are another shard's become APART. Before runs are blocked. */
int bnn_plan_share(bnn_plan *plan, bnn_error *err);

/* ---- plan_asked.c ---- */

/* Which runs are to be done now, and which may be, as others end; arrays of [plan->n]. */
typedef struct bnn_plan_asked {
    bool *due, *possible;
} bnn_plan_asked;

/* Whether a run has ended: by itself, or since the command that plans has tried it. */
bool bnn_plan_has_ended(const bnn_plan *plan, const bnn_run *run);

/* *out: [plan->n], unit times the metric of the runs that have one; -INFINITY of failed ones, else NaN. store:
 * NULL when there is none yet. */
int bnn_plan_read_values(const bnn_plan_matcher *m, bnn_store *store, const char *metric,
                         double unit, double **out, bnn_error *err);

/* Nothing is asked for yet. */
int bnn_plan_begin_asking(const bnn_plan *plan, bnn_plan_asked *out, bnn_error *err);

/* Marks what the marked runs need, too. */
void bnn_plan_mark_needs(const bnn_plan *plan, bool *marks);

/* Runs to do that are not asked for now, or need not be tried again, become LATER or SPARED ones. */
void bnn_plan_ask(bnn_plan *plan, const bnn_plan_asked *asked);

/* ---- plan_rungs.c ---- */

/* With sweep.halving: ranks the rungs that can be, and turns runs to do that none of them asks for into LATER
 * or SPARED ones. Before runs are blocked. */
int bnn_plan_rank(const bnn_plan_matcher *m, bnn_store *store, bnn_error *err);

/* Keeps the rungs in the database; configs: the ids of those of the experiment. */
int bnn_plan_keep_rungs(const bnn_plan *plan, bnn_store *store, int64_t experiment,
                        const int64_t *configs, bnn_error *err);

/* ---- plan_looks.c ---- */

/* With seeds.until: makes the looks that can be made, and turns runs to do that none of them asks for into
 * LATER or SPARED ones. Before runs are blocked. */
int bnn_plan_look(const bnn_plan_matcher *m, bnn_store *store, bnn_error *err);

/* Keeps the looks in the database; configs: the ids of those of the experiment. */
int bnn_plan_keep_looks(const bnn_plan *plan, bnn_store *store, int64_t experiment,
                        const int64_t *configs, bnn_error *err);

#endif
