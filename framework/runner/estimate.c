#include "runner/estimate.h"

#include "base/clock.h"
#include "runner/run.h"

#include <math.h>

static const double budget_seconds = 3.0;

/* Training and validation of every epoch, then the test set twice. NaN when it cannot be measured. */
static double estimate_measure(const bnn_config *config, int64_t seed, const bnn_dataset *data)
{
    double step_seconds, image_seconds;
    bnn_error err;
    const bnn_train_job job = bnn_run_train_job(config, seed, data);
    if (bnn_train_estimate(&job, &step_seconds, &image_seconds, &err) != BNN_OK)
        return (double)NAN;
    const double n_train = (double)data->train.n - config->data.validation;
    const double n_steps = ceil(n_train / config->train.batch);
    const double epoch = n_steps * step_seconds + config->data.validation * image_seconds;
    return config->train.epochs * epoch + 2.0 * data->test.n * image_seconds;
}

void bnn_estimate_configs(bnn_plan *plan, const bnn_dataset *datasets)
{
    const bnn_experiment *e = plan->experiment;
    const double deadline = bnn_clock_seconds(CLOCK_MONOTONIC) + budget_seconds;
    double sum = 0.0;
    size_t n_known = 0;
    for (size_t i = 0; i < e->n_configs; i++) {
        const bnn_dataset *data = &datasets[e->configs[i].i_dataset];
        if (isnan(plan->seconds[i]) && data->train.n > 0 &&
            bnn_clock_seconds(CLOCK_MONOTONIC) < deadline)
            plan->seconds[i] = estimate_measure(&e->configs[i], e->seeds[0], data);
        if (isnan(plan->seconds[i]))
            continue;
        sum += plan->seconds[i];
        n_known++;
    }
    for (size_t i = 0; n_known > 0 && i < e->n_configs; i++)
        if (isnan(plan->seconds[i]) && datasets[e->configs[i].i_dataset].train.n > 0)
            plan->seconds[i] = sum / (double)n_known;
}

static uint32_t estimate_first_free(const double *busy, uint32_t n_jobs)
{
    uint32_t best = 0;
    for (uint32_t j = 1; j < n_jobs; j++)
        if (busy[j] < busy[best])
            best = j;
    return best;
}

double bnn_estimate_makespan(const double *seconds, size_t n, double *busy, uint32_t n_jobs)
{
    double last = 0.0;
    for (size_t i = 0; i < n; i++)
        busy[estimate_first_free(busy, n_jobs)] += seconds[i];
    for (uint32_t j = 0; j < n_jobs; j++)
        last = fmax(last, busy[j]);
    return last;
}

double bnn_estimate_plan(const bnn_plan *plan, uint32_t n_jobs)
{
    double *seconds = bnn_arena_alloc(plan->arena, plan->n, sizeof *seconds);
    double *busy = bnn_arena_alloc(plan->arena, n_jobs, sizeof *busy);
    size_t n = 0;
    bool known = seconds != NULL && busy != NULL;
    for (size_t i = 0; known && i < plan->n; i++) {
        if (!bnn_run_trains(&plan->runs[i]))
            continue;
        seconds[n] = plan->seconds[plan->runs[i].i_config] * bnn_plan_rest(plan, &plan->runs[i]);
        known = !isnan(seconds[n++]);
    }
    return known ? bnn_estimate_makespan(seconds, n, busy, n_jobs) : (double)NAN;
}
