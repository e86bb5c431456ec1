#include "bench/measure.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

enum { CALLS_MAX = 1 << 30, WARM_UP_MOST = 8 };

/* Two warm-up samples in a row that differ by less than this: the speed has settled. */
static const double SETTLED = 0.02;

/* ---- Rounds ---------------------------------------------------------------------------------- */

/* Works until it is warm, and finds out how many calls are a sample. */
static int warm_up(const bnn_measure_plan *plan, uint64_t sample_ns, const bnn_contender *contender,
                   uint64_t *out_calls, bnn_error *err)
{
    const double least = (double)plan->warm_up_ns, most = WARM_UP_MOST * least;
    double spent = 0, last = 0;
    uint64_t calls = 1;
    for (;;) {
        bnn_duration took;
        const int status =
            contender->run(contender->context, contender->n_images, calls, &took, err);
        if (status != BNN_OK)
            return status;
        spent += took.wall_ns;
        const double each = took.wall_ns / (double)calls;
        const bool settled = fabs(each - last) <= SETTLED * last;
        last = each;
        if (took.wall_ns < (double)sample_ns && calls < CALLS_MAX) {
            calls *= 2;
            continue;
        }
        if (spent >= most || (spent >= least && settled) || calls >= CALLS_MAX)
            break;
    }
    *out_calls = calls;
    return BNN_OK;
}

static int take_sample(const bnn_contender *contender, uint64_t calls, bnn_duration *out,
                       bnn_error *err)
{
    /* The one before has left its own data in the caches. */
    bnn_duration took;
    int status = contender->run(contender->context, contender->n_images, 1 + calls / 8, &took, err);
    if (status == BNN_OK)
        status = contender->run(contender->context, contender->n_images, calls, &took, err);
    if (status != BNN_OK)
        return status;
    const double images = (double)calls * contender->n_images;
    *out = (bnn_duration){took.wall_ns / images, took.cpu_ns / images};
    return BNN_OK;
}

int bnn_measure(const bnn_measure_plan *plan, const bnn_contender *contenders, size_t n,
                bnn_duration *samples, bnn_error *err)
{
    const uint64_t sample_ns =
        plan->sample_ns > BNN_MEASURE_SAMPLE_MIN_NS ? plan->sample_ns : BNN_MEASURE_SAMPLE_MIN_NS;
    uint64_t *calls = calloc(n + 1, sizeof *calls);
    if (calls == NULL)
        return bnn_no_memory(err);
    int status = BNN_OK;
    for (size_t i = 0; i < n && status == BNN_OK; i++)
        status = warm_up(plan, sample_ns, &contenders[i], &calls[i], err);
    for (size_t round = 0; round < plan->n_rounds && status == BNN_OK; round++)
        for (size_t i = 0; i < n && status == BNN_OK; i++) {
            const size_t turn = (round + i) % n;
            status = take_sample(&contenders[turn], calls[turn],
                                 &samples[turn * plan->n_rounds + round], err);
        }
    free(calls);
    return status;
}

/* ---- Statistics ------------------------------------------------------------------------------ */

static int compare_samples(const void *a, const void *b)
{
    const double x = ((const bnn_duration *)a)->wall_ns, y = ((const bnn_duration *)b)->wall_ns;
    return (x > y) - (x < y);
}

static double sample_quantile(const bnn_duration *sorted, size_t n, double fraction)
{
    const double at = fraction * (double)(n - 1);
    const size_t below = (size_t)at;
    const double low = sorted[below].wall_ns, part = at - (double)below;
    return part > 0 ? low + part * (sorted[below + 1].wall_ns - low) : low;
}

void bnn_measure_summarize(bnn_duration *samples, size_t n, bnn_measure_summary *out)
{
    assert(n > 0);
    qsort(samples, n, sizeof *samples, compare_samples);
    *out = (bnn_measure_summary){
        .median_ns = sample_quantile(samples, n, 0.5),
        .low_ns = sample_quantile(samples, n, 0.25),
        .high_ns = sample_quantile(samples, n, 0.75),
        .min_ns = samples[0].wall_ns,
        .max_ns = samples[n - 1].wall_ns,
    };
}
