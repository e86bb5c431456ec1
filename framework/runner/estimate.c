#include "runner/estimate.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/sandbox.h"
#include "runner/finish.h"
#include "runner/plan_internal.h"
#include "runner/run.h"

#include <fcntl.h>
#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

static const double budget_seconds = 3.0;
static const double smooth_seconds = 4.0; /* in which a guess takes most of a new one */

/* How often a run waits for the disk: its claim and its end are committed, which is no part of its
 * attempt; two files and their names are synced. */
enum { COMMITS = 2, SYNCS = 6, SYNC_BYTES = 1 << 16, SYNC_ROUNDS = 8 };

/* How long it takes until the folder of the database has kept something; 0 when that cannot be tried.
 * The file has no name, and leaves nothing. */
static double estimate_sync(const char *db)
{
    static const char zeros[SYNC_BYTES];
    char folder[PATH_MAX];
    const int fd =
        bnn_path_beside(db, ".", folder) ? open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
    const double start = bnn_clock_seconds(CLOCK_MONOTONIC);
    int rounds = 0;
    while (fd >= 0 && rounds < SYNC_ROUNDS && write(fd, zeros, sizeof zeros) > 0 && fsync(fd) == 0)
        rounds++;
    const double seconds = bnn_clock_seconds(CLOCK_MONOTONIC) - start;
    if (fd >= 0)
        close(fd);
    return rounds > 0 ? seconds / rounds : 0.0;
}

/* ---- costs ------------------------------------------------------------------------------- */

/* What is measured, maybe in a child. */
typedef struct estimate_costs {
    bnn_train_costs costs;
    double seconds; /* that it took */
    bool known;
} estimate_costs;

static void estimate_try(const bnn_train_job *job, estimate_costs *out)
{
    bnn_error err;
    const double start = bnn_clock_seconds(CLOCK_MONOTONIC);
    out->known = bnn_train_estimate(job, &out->costs, &err) == BNN_OK;
    out->seconds = bnn_clock_seconds(CLOCK_MONOTONIC) - start;
}

static bool estimate_is_late(void *context, pid_t child)
{
    return bnn_child_wait_on(context) > 6.0 * budget_seconds ||
           bnn_child_cpu_seconds(child) > 2.0 * budget_seconds;
}

/* Plugins from elsewhere may crash here, or not come back: then there is no estimate. */
static void estimate_try_apart(const bnn_train_job *job, estimate_costs *out)
{
    int wait_status;
    bnn_child_patience patience = {0};
    estimate_costs *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return;
    const pid_t child = bnn_child_fork();
    if (child == 0) {
        bnn_sandbox_enter(NULL);
        estimate_try(job, shared);
        _exit(0);
    }
    if (child > 0 && bnn_child_wait(child, estimate_is_late, &patience, &wait_status))
        *out = *shared;
    munmap(shared, sizeof *shared);
}

/* Training and validation of every epoch, then the test set twice, and what is measured at the end. NaN
 * when it cannot be measured. *setup: the time until the first step. */
static double estimate_measure(const bnn_experiment *e, const bnn_config *config,
                               const bnn_dataset *data, double *setup)
{
    estimate_costs found = {.known = false};
    bnn_train_job job = bnn_run_train_job(e, config, e->seeds[0], data);
    job.telemetry = e->telemetry;
    if (bnn_plugin_set_is_trusted(&config->plugins))
        estimate_try(&job, &found);
    else
        estimate_try_apart(&job, &found);
    if (!found.known)
        return (double)NAN;
    const bnn_train_costs costs = found.costs;
    *setup = fmax(0.0, found.seconds - costs.spent);
    const double n_train = (double)data->train.n - config->data.validation;
    const double n_steps = ceil(n_train / config->train.batch);
    const double epoch = n_steps * costs.step + config->data.validation * costs.image;
    const double train = config->train.epochs * (epoch + costs.epoch);
    return train + 2.0 * data->test.n * costs.image +
           (e->run.measure ? bnn_finish_measure_seconds(train) - bnn_finish_measure_seconds(0) : 0);
}

void bnn_estimate_configs(bnn_plan *plan, const bnn_dataset *datasets, const char *db)
{
    const bnn_experiment *e = plan->experiment;
    const double deadline = bnn_clock_seconds(CLOCK_MONOTONIC) + budget_seconds;
    const bool knows = !isnan(plan->fixed_seconds);
    double sum = 0.0;
    size_t n_known = 0;
    const double sync = plan->n_todo > 0 ? estimate_sync(db) : 0.0;
    const double commits = knows ? COMMITS * sync : 0.0;
    if (!knows)
        plan->fixed_seconds = SYNCS * sync + (e->run.measure ? bnn_finish_measure_seconds(0) : 0.0);
    for (size_t i = 0; i < e->n_configs; i++) {
        const bnn_dataset *data = &datasets[e->configs[i].i_dataset];
        double setup = 0.0;
        plan->seconds[i] += COMMITS * sync; /* of one that was timed before */
        if (isnan(plan->seconds[i]) && data->train.n > 0 &&
            bnn_clock_seconds(CLOCK_MONOTONIC) < deadline)
            plan->seconds[i] = plan->fixed_seconds + commits +
                               estimate_measure(e, &e->configs[i], data, &setup) +
                               (knows ? 0.0 : setup);
        if (isnan(plan->seconds[i]))
            continue;
        sum += plan->seconds[i];
        n_known++;
    }
    for (size_t i = 0; n_known > 0 && i < e->n_configs; i++)
        if (isnan(plan->seconds[i]) && datasets[e->configs[i].i_dataset].train.n > 0)
            plan->seconds[i] = sum / (double)n_known;
}

double bnn_estimate_smooth(bnn_estimate_end *end, double now, double seconds)
{
    if (!isnan(seconds)) {
        const double weight = end->known ? 1.0 - exp((end->told - now) / smooth_seconds) : 1.0;
        end->end += weight * (now + seconds - end->end);
        end->told = now;
        end->known = true;
    }
    return end->known ? fmax(0.0, end->end - now) : (double)NAN;
}

double bnn_estimate_rest(double begun, double done, double seconds, double whole)
{
    return (1.0 - done) * (done - begun > 0.1 ? seconds / (done - begun) : whole);
}

static uint32_t estimate_first_free(const double *busy, uint32_t n_jobs)
{
    uint32_t best = 0;
    for (uint32_t j = 1; j < n_jobs; j++)
        if (busy[j] < busy[best])
            best = j;
    return best;
}

/* When all that a task needs has ended; infinite while something of it has not begun. */
static double estimate_ready(const bnn_estimate_task *tasks, const bnn_estimate_task *task)
{
    double ready = 0.0;
    for (int p = 0; p < BNN_PURPOSES; p++)
        if (task->needs[p] != BNN_ESTIMATE_NOTHING)
            ready = tasks[task->needs[p]].end < 0.0 ? (double)INFINITY
                                                    : fmax(ready, tasks[task->needs[p]].end);
    return ready;
}

/* The first task from `first` on that can begin now, or n; *soonest: when another one can. */
static size_t estimate_next(const bnn_estimate_task *tasks, size_t first, size_t n, double now,
                            double *soonest)
{
    *soonest = (double)INFINITY;
    for (size_t i = first; i < n; i++) {
        const double ready =
            tasks[i].end < 0.0 ? estimate_ready(tasks, &tasks[i]) : (double)INFINITY;
        if (ready <= now)
            return i;
        *soonest = fmin(*soonest, ready);
    }
    return n;
}

double bnn_estimate_makespan(bnn_estimate_task *tasks, size_t n, double *busy, uint32_t n_jobs)
{
    double last = 0.0, soonest;
    size_t first = 0;
    for (uint32_t j = 0; j < n_jobs; j++)
        last = fmax(last, busy[j]);
    for (;;) {
        while (first < n && tasks[first].end >= 0.0)
            first++;
        double *job = &busy[estimate_first_free(busy, n_jobs)];
        const size_t i = estimate_next(tasks, first, n, *job, &soonest);
        if (i == n && isinf(soonest))
            return last;
        if (i == n) { /* it waits */
            *job = soonest;
            continue;
        }
        *job += tasks[i].seconds;
        tasks[i].end = *job;
        last = fmax(last, *job);
    }
}

bnn_estimate_task bnn_estimate_task_of(const bnn_plan *plan, const bnn_run *run)
{
    bnn_estimate_task task = {.end = 0.0};
    for (int p = 0; p < BNN_PURPOSES; p++) {
        const bnn_run *need = bnn_plan_need(plan, run, (bnn_purpose)p);
        task.needs[p] = need != NULL ? (size_t)(need - plan->runs) : BNN_ESTIMATE_NOTHING;
    }
    return task;
}

/* Of the runs that are counted (NULL: all), those that are trained now, or, later, those that may be asked
 * for. */
static double estimate_runs(const bnn_plan *plan, uint32_t n_jobs, const bool *counted, bool later)
{
    bnn_estimate_task *tasks = bnn_arena_alloc(plan->arena, plan->n, sizeof *tasks);
    double *busy = bnn_arena_alloc(plan->arena, n_jobs, sizeof *busy);
    bool known = tasks != NULL && busy != NULL;
    for (size_t i = 0; known && i < plan->n; i++) {
        const bnn_run *run = &plan->runs[i];
        tasks[i] = bnn_estimate_task_of(plan, run);
        if ((counted != NULL && !counted[i]) ||
            (!bnn_run_trains(run) && !(later && run->state == BNN_RUN_LATER)))
            continue;
        tasks[i].seconds = plan->seconds[run->i_config] * bnn_plan_rest(plan, run);
        tasks[i].end = -1.0;
        known = !isnan(tasks[i].seconds);
    }
    return known ? bnn_estimate_makespan(tasks, plan->n, busy, n_jobs) : (double)NAN;
}

double bnn_estimate_plan(const bnn_plan *plan, uint32_t n_jobs)
{
    return estimate_runs(plan, n_jobs, NULL, false);
}

/* The contender of those that are in, and not chosen yet, whose runs at the rung take the longest. */
static size_t estimate_slowest(const bnn_plan *plan, const bnn_rung *rung, const bool *chosen)
{
    const size_t n = plan->experiment->contest.n;
    size_t slowest = n;
    for (size_t i = 0; i < n; i++)
        if (plan->halved.is_in[i] && !chosen[i] &&
            (slowest == n ||
             plan->seconds[rung->configs[i]] > plan->seconds[rung->configs[slowest]]))
            slowest = i;
    return slowest;
}

/* A later rung, which begins when the one before has ended. counted[plan->n]: the runs of those before, to
 * which its own come; *n_more grows by these. NaN without memory, too. */
static double estimate_rung(const bnn_plan *plan, const bnn_rung *rung, uint32_t n_jobs,
                            bool *counted, size_t *n_more)
{
    const bnn_experiment *x = plan->experiment;
    bool *chosen = bnn_arena_alloc(plan->arena, x->contest.n, sizeof *chosen);
    bool *runs = bnn_arena_alloc(plan->arena, plan->n, sizeof *runs);
    if (chosen == NULL || runs == NULL)
        return (double)NAN;
    for (size_t k = 0; k < rung->n; k++) {
        const size_t i = estimate_slowest(plan, rung, chosen);
        chosen[i] = true;
        for (size_t j = 0; j < rung->seeds; j++)
            runs[j * x->n_configs + rung->configs[i]] = true;
    }
    bnn_plan_mark_needs(plan, runs);
    for (size_t i = 0; i < plan->n; i++) {
        runs[i] = runs[i] && !counted[i] && plan->runs[i].state == BNN_RUN_LATER;
        counted[i] = counted[i] || runs[i];
        *n_more += runs[i];
    }
    return estimate_runs(plan, n_jobs, runs, true);
}

double bnn_estimate_most(const bnn_plan *plan, uint32_t n_jobs, size_t *n_more)
{
    const bnn_contest *contest = &plan->experiment->contest;
    *n_more = plan->n_of[BNN_RUN_LATER];
    if (contest->n == 0)
        return estimate_runs(plan, n_jobs, NULL, true);
    *n_more = 0;
    bool *counted = bnn_arena_alloc(plan->arena, plan->n, sizeof *counted);
    double seconds = bnn_estimate_plan(plan, n_jobs);
    for (size_t k = plan->halved.made; counted != NULL && k < contest->n_rungs; k++)
        seconds += estimate_rung(plan, &contest->rungs[k], n_jobs, counted, n_more);
    return counted != NULL ? seconds : (double)NAN;
}

bool bnn_estimate_is_limit(const bnn_plan *plan)
{
    bool any = false;
    for (size_t i = 0; !any && i < plan->n; i++) {
        const bnn_config *config = &plan->experiment->configs[plan->runs[i].i_config];
        any = bnn_run_trains(&plan->runs[i]) &&
              bnn_train_may_end_early(&config->train, config->data.validation);
    }
    return any;
}
