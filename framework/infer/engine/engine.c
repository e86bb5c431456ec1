#include "infer/engine/engine.h"

#include "base/clock.h"
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

static size_t engine_seen_bytes(const bnn_prepared *p)
{
    return engine_takes_images(p)
               ? 0
               : bnn_size_round_up(p->block * bnn_shape_values(p->model->stages[0].op.in),
                                   BNN_ALIGN);
}

size_t bnn_engine_workspace_bytes(const void *state)
{
    const bnn_prepared *const p = state;
    return 2 * p->value_bytes + p->scratch_bytes + engine_seen_bytes(p);
}

/* What the network sees of n images, behind all else in the workspace. */
static const uint8_t *engine_see(const bnn_prepared *p, size_t n, const uint8_t *images,
                                 uint8_t *workspace)
{
    const bnn_model *const model = p->model;
    const size_t image_bytes = bnn_shape_values(model->input);
    const size_t seen_bytes = bnn_shape_values(model->stages[0].op.in);
    uint8_t *const seen = workspace + 2 * p->value_bytes + p->scratch_bytes;
    for (size_t i = 0; i < n; i++)
        bnn_view_take(model->view, model->input, images + i * image_bytes, seen + i * seen_bytes);
    return seen;
}

void bnn_engine_run(const void *state, size_t n, const uint8_t *images, float *logits,
                    void *workspace, uint64_t *stage_ns)
{
    const bnn_prepared *const p = state;
    const bnn_model *const model = p->model;
    const size_t image_bytes = bnn_shape_values(model->input);
    const bool takes_images = engine_takes_images(p);
    uint8_t *const values = workspace;
    for (size_t first = 0; first < n; first += p->block) {
        const size_t n_block = bnn_size_smaller(n - first, p->block);
        const uint8_t *x = images + first * image_bytes;
        for (uint32_t i = 0; i < model->n_stages; i++) {
            const uint64_t start = stage_ns != NULL ? bnn_clock_ns(CLOCK_MONOTONIC) : 0;
            if (i == 0 && !takes_images)
                x = engine_see(p, n_block, x, workspace);
            uint8_t *const out = i + 1 < model->n_stages
                                     ? values + i % 2 * p->value_bytes
                                     : (uint8_t *)(logits + first * model->n_classes);
            p->run_stage(state, i, n_block, x, out, values + 2 * p->value_bytes);
            x = out;
            if (stage_ns != NULL)
                stage_ns[i] += bnn_clock_ns(CLOCK_MONOTONIC) - start;
        }
    }
}
