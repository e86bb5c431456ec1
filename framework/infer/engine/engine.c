#include "infer/engine/engine.h"

#include "base/clock.h"
#include "infer/order.h"
#include "simd/cpu.h"

static const bnn_engine *const engine_tables[BNN_CPU_SETS] = BNN_CPU_TABLE(bnn_engine);

const bnn_engine *bnn_engine_find(const char *name)
{
    const size_t set = bnn_cpu_find(name, BNN_CPU_COUNTS);
    return set < BNN_CPU_SETS ? engine_tables[set] : NULL;
}

const bnn_engine *bnn_engine_choose(bnn_error *err)
{
    size_t set;
    return bnn_cpu_choose(BNN_CPU_COUNTS, &set, err) == BNN_OK ? engine_tables[set] : NULL;
}

/* Whether the first stage takes images as they are. */
static bool engine_takes_images(const bnn_prepared *p)
{
    return p->crops || bnn_view_is_all(p->model->view);
}

const char *bnn_engine_arithmetic(const void *state, uint32_t stage)
{
    const bnn_prepared *const p = state;
    return p->arithmetic != NULL ? p->arithmetic[stage] : "one by one";
}

static size_t engine_seen_bytes(const bnn_prepared *p)
{
    return engine_takes_images(p)
               ? 0
               : bnn_size_round_up(p->block * bnn_shape_values(p->model->stages[0].op.in),
                                   BNN_ALIGN);
}

/* ---- memory ------------------------------------------------------------------------------ */

int bnn_engine_order(const bnn_model *model, bnn_arena *arena, bnn_prepared *out, bnn_error *err)
{
    if (bnn_model_skip(model) == NULL)
        return BNN_OK;
    uint32_t *slot = bnn_arena_alloc(arena, model->n_stages, sizeof *slot);
    if (slot == NULL)
        return bnn_no_memory(err);
    out->n_slots = bnn_order_slots(model, slot);
    out->slot = slot;
    return BNN_OK;
}

static size_t engine_values_bytes(const bnn_prepared *p)
{
    return (p->slot != NULL ? p->n_slots : 2) * p->value_bytes;
}

size_t bnn_engine_workspace_bytes(const void *state)
{
    const bnn_prepared *const p = state;
    return engine_values_bytes(p) + p->scratch_bytes + engine_seen_bytes(p);
}

/* The values of stage i, of a block. */
static uint8_t *engine_values(const bnn_prepared *p, int32_t i, uint8_t *workspace)
{
    return workspace + (p->slot != NULL ? p->slot[i] : (uint32_t)i % 2) * p->value_bytes;
}

/* ---- running ----------------------------------------------------------------------------- */

/* What the network sees of n images, behind all else in the workspace. */
static const uint8_t *engine_see(const bnn_prepared *p, size_t n, const uint8_t *images,
                                 uint8_t *workspace)
{
    const bnn_model *const model = p->model;
    const size_t image_bytes = bnn_shape_values(model->input);
    const size_t seen_bytes = bnn_shape_values(model->stages[0].op.in);
    uint8_t *const seen = workspace + engine_values_bytes(p) + p->scratch_bytes;
    for (size_t i = 0; i < n; i++)
        bnn_view_take(model->view, model->input, images + i * image_bytes, seen + i * seen_bytes);
    return seen;
}

/* Adds the values of another stage to those that stage i takes, which nobody else does. */
static void engine_add(const bnn_prepared *p, uint32_t i, size_t n, uint8_t *workspace)
{
    const bnn_stage *const s = &p->model->stages[i];
    const size_t n_values = n * bnn_shape_values(s->op.in);
    float *const sum = (void *)engine_values(p, bnn_stage_source(s, i), workspace);
    const float *const other = (void *)engine_values(p, bnn_stage_other(s, i), workspace);
    for (size_t k = 0; k < n_values; k++)
        sum[k] += other[k];
}

/* One stage of n images, whose pixels are those that the network sees. */
static void engine_run_stage(const bnn_prepared *p, uint32_t i, size_t n, const uint8_t *pixels,
                             uint8_t *out, uint8_t *workspace)
{
    const bnn_stage *const s = p->slot != NULL ? &p->model->stages[i] : NULL;
    const int32_t source = s != NULL ? bnn_stage_source(s, i) : (int32_t)i - 1;
    if (s != NULL && s->with > 0)
        engine_add(p, i, n, workspace);
    p->run_stage(p, i, n, source < 0 ? pixels : engine_values(p, source, workspace), out,
                 workspace + engine_values_bytes(p));
}

void bnn_engine_run(const void *state, size_t n, const uint8_t *images, float *logits,
                    void *workspace, uint64_t *stage_ns)
{
    const bnn_prepared *const p = state;
    const bnn_model *const model = p->model;
    const size_t image_bytes = bnn_shape_values(model->input);
    const bool takes_images = engine_takes_images(p);
    for (size_t first = 0; first < n; first += p->block) {
        const size_t n_block = bnn_size_smaller(n - first, p->block);
        const uint8_t *pixels = images + first * image_bytes;
        for (uint32_t i = 0; i < model->n_stages; i++) {
            const uint64_t start = stage_ns != NULL ? bnn_clock_ns(CLOCK_MONOTONIC) : 0;
            if (i == 0 && !takes_images)
                pixels = engine_see(p, n_block, pixels, workspace);
            engine_run_stage(p, i, n_block, pixels,
                             i + 1 < model->n_stages
                                 ? engine_values(p, (int32_t)i, workspace)
                                 : (uint8_t *)(logits + first * model->n_classes),
                             workspace);
            if (stage_ns != NULL)
                stage_ns[i] += bnn_clock_ns(CLOCK_MONOTONIC) - start;
        }
    }
}
