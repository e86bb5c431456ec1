#include "bench/engine.h"

#include "base/clock.h"

#include <assert.h>
#include <string.h>
#include <time.h>

/* One call on the next images; stage_ns as in bnn_engine_run. */
static void engine_call(bnn_engine_contender *c, size_t n_batch, uint64_t *stage_ns)
{
    if (c->next > c->n_images - n_batch)
        c->next = 0;
    bnn_engine_run(c->state, n_batch, c->images + c->next * c->image_bytes, c->logits, c->workspace,
                   stage_ns);
    c->next += n_batch;
}

static int engine_run(void *context, uint32_t n_batch, uint64_t n_calls, bnn_duration *out,
                      bnn_error *err)
{
    (void)err;
    bnn_engine_contender *c = context;
    assert(c->n_images >= n_batch);
    const uint64_t cpu = bnn_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    const uint64_t wall = bnn_clock_ns(CLOCK_MONOTONIC);
    for (uint64_t i = 0; i < n_calls; i++)
        engine_call(c, n_batch, NULL);
    out->wall_ns = (double)(bnn_clock_ns(CLOCK_MONOTONIC) - wall);
    out->cpu_ns = (double)(bnn_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
    return BNN_OK;
}

const char *bnn_engine_contender_arithmetic(const void *state, uint32_t stage)
{
    const bnn_engine_contender *c = state;
    return bnn_engine_arithmetic(c->state, stage);
}

int bnn_engine_contender_open(const bnn_model *model, const bnn_engine *engine, bnn_arena *arena,
                              bnn_engine_contender *out, bnn_error *err)
{
    bnn_engine_contender c = {.image_bytes = bnn_shape_values(model->input)};
    if (engine == NULL && (engine = bnn_engine_choose(err)) == NULL)
        return err->status;
    const int status = engine->prepare(model, arena, &c.state, err);
    if (status != BNN_OK)
        return status;
    c.workspace = bnn_arena_alloc(arena, bnn_engine_workspace_bytes(c.state), 1);
    if (c.workspace == NULL)
        return bnn_no_memory(err);
    *out = c;
    return BNN_OK;
}

/* ---- As an executor -------------------------------------------------------------------------- */

static int engine_answer(void *state, float *logits, bnn_error *err)
{
    const bnn_engine_contender *c = state;
    (void)err;
    bnn_engine_run(c->state, c->n_images, c->images, logits, c->workspace, NULL);
    return BNN_OK;
}

static void engine_profile(void *state, uint32_t n_batch, uint64_t n_calls, uint64_t *stage_ns)
{
    for (uint64_t i = 0; i < n_calls; i++)
        engine_call(state, n_batch, stage_ns);
}

const bench_executor bench_engine_executor = {
    .is_exact = true,
    .answer = engine_answer,
    .run = engine_run,
    .profile = engine_profile,
};

/* ---- Latency --------------------------------------------------------------------------------- */

/* Images that fill at least a batch: those given, or copies of them; and room for its logits. */
static int engine_fill_batch(bnn_engine_contender *c, size_t n_batch, uint32_t n_classes,
                             bnn_arena *arena, bnn_error *err)
{
    c->logits = bnn_arena_alloc(arena, n_batch, n_classes * sizeof *c->logits);
    uint8_t *copies =
        c->n_images < n_batch ? bnn_arena_alloc(arena, n_batch, c->image_bytes) : NULL;
    if (c->logits == NULL || (c->n_images < n_batch && copies == NULL))
        return bnn_no_memory(err);
    if (copies == NULL)
        return BNN_OK;
    for (size_t i = 0; i < n_batch; i++)
        memcpy(copies + i * c->image_bytes, c->images + i % c->n_images * c->image_bytes,
               c->image_bytes);
    c->images = copies;
    c->n_images = n_batch;
    return BNN_OK;
}

int bnn_measure_latency(const bnn_model *model, const bnn_engine *engine, const uint8_t *images,
                        size_t n_images, uint32_t n_batch, uint32_t n_rounds, double seconds,
                        bnn_duration *samples, bnn_error *err)
{
    /* A round is an eighth longer than its sample, and grows by doubling; warming up may go on. */
    const double ns = 1e9 * seconds;
    const bnn_measure_plan plan = {.n_rounds = n_rounds,
                                   .warm_up_ns = (uint64_t)(ns / 6),
                                   .sample_ns = (uint64_t)(ns / (3.0 * n_rounds))};
    bnn_arena *arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    bnn_engine_contender c = {0};
    int status = bnn_engine_contender_open(model, engine, arena, &c, err);
    if (status == BNN_OK) {
        c.images = images;
        c.n_images = n_images;
        status = engine_fill_batch(&c, n_batch, model->n_classes, arena, err);
    }
    const bnn_contender contender = {engine_run, &c, n_batch};
    if (status == BNN_OK)
        status = bnn_measure(&plan, &contender, 1, samples, err);
    bnn_arena_destroy(arena);
    return status;
}
