/* plan.h - which runs an experiment has, which of them are done, and why the others are to be run.
 *
 * A run is known by config and seed. The database is only read. Runs are in the order in which they
 * will be executed: all configs with the first seed, then with the second, so that pairs to compare
 * come early. */
#ifndef BNN_RUNNER_PLAN_H
#define BNN_RUNNER_PLAN_H

#include "db/store.h"
#include "runner/experiment.h"

typedef struct bnn_planned_run {
    uint32_t i_config;
    int64_t seed;
    bool known;          /* the database has it */
    bnn_run store;       /* if so */
    const char *error;   /* of a failed one; NULL when not known */
    const char *changed; /* of a done one: the plugin whose file is another now, as "ste clipped" */
    uint32_t epochs_done; /* that a checkpoint saves */
} bnn_planned_run;

typedef struct bnn_plan {
    const bnn_experiment *experiment;
    size_t n; /* n_configs * n_seeds */
    bnn_planned_run *runs;
    size_t n_dropped; /* runs that it has, but that the spec no longer asks for */
    double *seconds;  /* [n_configs]: what a whole run should take; NaN: not known */
} bnn_plan;

typedef enum bnn_plan_group {
    BNN_PLAN_NEW = 0,
    BNN_PLAN_RESUME = 1, /* interrupted, or its process died */
    BNN_PLAN_RETRY = 2,  /* failed */
    BNN_PLAN_DONE = 3,
    BNN_PLAN_STALE = 4,   /* done, but with other plugin files */
    BNN_PLAN_RUNNING = 5, /* in another process */
    BNN_PLAN_GROUPS = 6,
} bnn_plan_group;

/* The group of a run; groups up to BNN_PLAN_RETRY are to be executed. */
bnn_plan_group bnn_plan_group_of(const bnn_planned_run *run);
bool bnn_plan_is_todo(const bnn_planned_run *run);

/* The number of runs in each group. */
void bnn_plan_count(const bnn_plan *plan, size_t out[BNN_PLAN_GROUPS]);

/* The part of a run that is still to be trained, from 0 to 1. */
double bnn_plan_rest(const bnn_plan *plan, size_t i);

/* Makes the plan. store: NULL when there is no database yet; db: its path, which tells where the
 * checkpoints are. Fills in seconds for configs that were timed before. All lives in the arena. */
int bnn_plan_make(const bnn_experiment *experiment, bnn_store *store, const char *db,
                  bnn_arena *arena, bnn_plan *out, bnn_error *err);

#endif
