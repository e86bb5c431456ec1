#include "bench/measure.h"

#include "base/limits.h"
#include "base/size.h"
#include "train/session.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
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
        const int status = contender->run(contender->context, calls, &took, err);
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
    int status = contender->run(contender->context, 1 + calls / 8, &took, err);
    if (status == BNN_OK)
        status = contender->run(contender->context, calls, &took, err);
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

/* ---- Engines --------------------------------------------------------------------------------- */

int bnn_measure_engine(void *context, uint64_t n_calls, bnn_duration *out, bnn_error *err)
{
    (void)err;
    bnn_engine_contender *c = context;
    assert(c->n_images >= c->n_batch);
    const uint64_t cpu = bnn_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    const uint64_t wall = bnn_clock_ns(CLOCK_MONOTONIC);
    for (uint64_t i = 0; i < n_calls; i++) {
        if (c->next > c->n_images - c->n_batch)
            c->next = 0;
        c->engine->run(c->state, c->n_batch, c->images + c->next * c->image_bytes, c->logits,
                       c->workspace, NULL);
        c->next += c->n_batch;
    }
    out->wall_ns = (double)(bnn_clock_ns(CLOCK_MONOTONIC) - wall);
    out->cpu_ns = (double)(bnn_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
    return BNN_OK;
}

/* Images that fill at least a batch: those given, or copies of them. */
static int fill_batch(bnn_engine_contender *c, bnn_arena *arena)
{
    if (c->n_images >= c->n_batch)
        return BNN_OK;
    uint8_t *copies = bnn_arena_alloc(arena, c->n_batch, c->image_bytes);
    if (copies == NULL)
        return BNN_E_INTERNAL;
    for (size_t i = 0; i < c->n_batch; i++)
        memcpy(copies + i * c->image_bytes, c->images + i % c->n_images * c->image_bytes,
               c->image_bytes);
    c->images = copies;
    c->n_images = c->n_batch;
    return BNN_OK;
}

int bnn_measure_latency(const bnn_model *model, const bnn_engine *engine, const void *state,
                        const uint8_t *images, size_t n_images, size_t n_batch, uint32_t n_rounds,
                        uint64_t *wall_ns, uint64_t *cpu_ns, bnn_error *err)
{
    const bnn_measure_plan plan = {
        .n_rounds = n_rounds, .warm_up_ns = 10 * 1000 * 1000, .sample_ns = 3 * 1000 * 1000};
    int status = BNN_OK;
    bnn_arena *arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    bnn_engine_contender engine_contender = {
        .engine = engine,
        .state = state,
        .images = images,
        .n_images = n_images,
        .image_bytes = bnn_shape_values(model->input),
        .n_batch = n_batch,
    };
    bnn_duration *samples = NULL;
    if (arena != NULL) {
        engine_contender.workspace = bnn_arena_alloc(arena, engine->workspace_bytes(state), 1);
        engine_contender.logits = bnn_arena_alloc(arena, n_batch, model->n_classes * sizeof(float));
        samples = bnn_arena_alloc(arena, n_rounds, sizeof *samples);
    }
    if (arena == NULL || engine_contender.workspace == NULL || engine_contender.logits == NULL ||
        samples == NULL || fill_batch(&engine_contender, arena) != BNN_OK)
        status = bnn_no_memory(err);
    const bnn_contender contender = {bnn_measure_engine, &engine_contender, (uint32_t)n_batch};
    if (status == BNN_OK)
        status = bnn_measure(&plan, &contender, 1, samples, err);
    for (uint32_t i = 0; i < n_rounds && status == BNN_OK; i++) {
        wall_ns[i] = (uint64_t)(samples[i].wall_ns + 0.5);
        cpu_ns[i] = (uint64_t)(samples[i].cpu_ns + 0.5);
    }
    bnn_arena_destroy(arena);
    return status;
}
