#include "bench/engine.h"

#include "base/clock.h"
#include "base/limits.h"

#include <assert.h>
#include <string.h>
#include <time.h>

/* One call on the next images; stage_ns as in bnn_engine.run. */
static void engine_call(bnn_engine_contender *c, uint64_t *stage_ns)
{
    if (c->next > c->n_images - c->n_batch)
        c->next = 0;
    c->engine->run(c->state, c->n_batch, c->images + c->next * c->image_bytes, c->logits,
                   c->workspace, stage_ns);
    c->next += c->n_batch;
}

int bnn_measure_engine(void *context, uint64_t n_calls, bnn_duration *out, bnn_error *err)
{
    (void)err;
    bnn_engine_contender *c = context;
    assert(c->n_images >= c->n_batch);
    const uint64_t cpu = bnn_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    const uint64_t wall = bnn_clock_ns(CLOCK_MONOTONIC);
    for (uint64_t i = 0; i < n_calls; i++)
        engine_call(c, NULL);
    out->wall_ns = (double)(bnn_clock_ns(CLOCK_MONOTONIC) - wall);
    out->cpu_ns = (double)(bnn_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
    return BNN_OK;
}

/* ---- As an executor -------------------------------------------------------------------------- */

static int engine_answer(void *state, float *logits, bnn_error *err)
{
    const bnn_engine_contender *c = state;
    (void)err;
    c->engine->run(c->state, c->n_images, c->images, logits, c->workspace, NULL);
    return BNN_OK;
}

static void engine_set_batch(void *state, uint32_t batch)
{
    bnn_engine_contender *c = state;
    c->n_batch = batch;
    c->next = 0;
}

static void engine_profile(void *state, uint64_t n_calls, uint64_t *stage_ns)
{
    for (uint64_t i = 0; i < n_calls; i++)
        engine_call(state, stage_ns);
}

const bench_executor bench_engine_executor = {
    .is_exact = true,
    .answer = engine_answer,
    .set_batch = engine_set_batch,
    .run = bnn_measure_engine,
    .profile = engine_profile,
};

/* ---- Latency --------------------------------------------------------------------------------- */

/* Images that fill at least a batch: those given, or copies of them. */
static int engine_fill_batch(bnn_engine_contender *c, bnn_arena *arena)
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
        samples == NULL || engine_fill_batch(&engine_contender, arena) != BNN_OK)
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
