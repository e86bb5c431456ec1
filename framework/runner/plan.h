/* plan.h - which runs an experiment has, which of them are done, and why the others are to be run.
 *
 *     bnn_experiment_load(...);   the spec
 *     bnn_plan_record(...);       plans, and puts what is new into the database
 *     bnn_plan_open_data(...);
 *     bnn_pool_execute(...);      executes what is missing (pool.h)
 *
 * A run is known by config and seed. Runs are in the order in which they will be executed: all
 * configs with the first seed, then with the second, so that pairs to compare come early. A run that
 * needs another comes after it, and is begun when that is done. */
#ifndef BNN_RUNNER_PLAN_H
#define BNN_RUNNER_PLAN_H

#include "base/run.h"
#include "comparison/halving.h"
#include "comparison/looks.h"
#include "db/store.h"
#include "runner/experiment.h"

typedef struct bnn_plan {
    const bnn_experiment *experiment;
    bnn_arena *arena; /* that all of it lives in */
    size_t n;         /* n_configs * n_seeds */
    bnn_run *runs;    /* what was interrupted by the death of its process counts as INTERRUPTED */
    size_t n_of[BNN_RUN_STATES]; /* those that were found in each state */
    size_t n_todo;               /* those that were found to be executed */
    size_t n_dropped; /* runs that the database has, but that the spec no longer asks for */
    size_t
        n_other_seeds;   /* of these, done runs of its configs with other seeds: means count them */
    size_t n_unmeasured; /* done ones without the telemetry that the spec asks for */
    double *seconds;     /* [n_configs]: what a whole run should take; NaN: not known */
    size_t n_looked;     /* with seeds.until: configs that are compared with the baseline, ... */
    size_t *looked;      /* [n_looked] these, by their places in the experiment, ... */
    bnn_looks looks;     /* ... and what the looks that could be made say of them */
    bnn_halved halved;   /* with sweep.halving: how the contenders stand at the rungs, ... */
    bnn_halved settled;  /* ... and at those of them that no failed run, tried again, may change */
    double fixed_seconds; /* that a run takes besides its training, at least; NaN: not known */
} bnn_plan;

/* Makes the plan; the database is only read. store: NULL when there is none yet; db: its path, which
 * tells where the checkpoints are. Fills in seconds for configs that were timed before.
 *
 * What the last attempt of a run used is compared with what would be used now: data, plugins, the bits
 * of bnnrun. A done run is stale when they differ, one that was interrupted starts over; a done one
 * whose files are not as recorded (bnn_artifacts_look) is lost, for bnn_restore. A plugin that comes
 * with bnnrun is compared by its file only in the build that the run was made with: of another build,
 * BNN_BITS_SINCE tells. A done run is stale, too, when one that it needs is, or has other weights now; one
 * to do that needs a stale run is blocked; a done run that is needed and has kept no weights is lost.
 *
 * retrain: the runs to be trained again from their start: "stale", "failed", "all", or uids (or how
 * they begin), with commas between; NULL: none. Anything else: BNN_E_USAGE. */
int bnn_plan_make(const bnn_experiment *experiment, bnn_store *store, const char *db,
                  const char *retrain, bnn_arena *arena, bnn_plan *out, bnn_error *err);

/* Makes the plan and brings the database up to date with it, in one transaction: runs of processes
 * that died are queued again, and so are those to retrain; what is new is added, so that every run is
 * known; which runs are stale is noted. What processes that died left in the folders of runs is
 * removed. take_over, *recovered: see bnn_store_recover. */
int bnn_plan_record(const bnn_experiment *experiment, const char *db, const char *retrain,
                    bool take_over, bnn_arena *arena, bnn_plan *out, bnn_store_recovered *recovered,
                    bnn_error *err);

/* The shard of n, from 1, of a run with this hash (64 hexadecimal digits). */
uint32_t bnn_shard_of(const char *hash, uint32_t n);

/* out: [plan->n], the shard of n of each run. Runs that need one another are in one, that of the smallest hash
 * among them, wherever it stands in the spec: no run is trained twice, and none waits for another machine. */
int bnn_plan_shards(const bnn_plan *plan, uint32_t n, uint32_t *out, bnn_error *err);

/* Whether runs that are done may make it ask for more (seeds.until, sweep.halving). */
bool bnn_plan_goes_on(const bnn_plan *plan);

/* The run that another one needs, of the same seed, which is before it in the plan; NULL: none. */
bnn_run *bnn_plan_need(const bnn_plan *plan, const bnn_run *run, bnn_purpose purpose);

/* Whether a run to do needs one that is LOST, which then has to be restored first. */
bool bnn_plan_needs_lost(const bnn_plan *plan);

/* The part of a run that no checkpoint saves, from 0 to 1. */
double bnn_plan_rest(const bnn_plan *plan, const bnn_run *run);

/* The jobs to use: wanted, or run.jobs, or bnn_environment_jobs(); not more than there are runs to
 * do, or to restore. */
uint32_t bnn_plan_jobs(const bnn_plan *plan, int64_t wanted);

/* Opens the data sets that the runs to do or to restore need; the others stay closed. *out:
 * [n_datasets], in the arena; close with bnn_plan_close_data. */
int bnn_plan_open_data(const bnn_plan *plan, const bnn_data_search *search, bnn_dataset **out,
                       bnn_error *err);
void bnn_plan_close_data(const bnn_plan *plan, bnn_dataset *datasets);

#endif
