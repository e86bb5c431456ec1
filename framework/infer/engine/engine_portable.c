/* engine_portable.c - the plain engine: one image at a time, stage by stage, any machine. */
#include "base/clock.h"
#include "base/size.h"
#include "infer/engine/engine.h"
#include "infer/engine/plain.h"

#include <string.h>

typedef struct prepared {
    const bnn_model *model;
    bnn_plain_stage *stages;
    size_t values_bytes; /* an image's values between two stages */
    size_t stage_bytes;  /* workspace of a stage */
} prepared;

static int portable_prepare(const bnn_model *model, bnn_arena *arena, void **state, bnn_error *err)
{
    prepared *p = bnn_arena_alloc(arena, 1, sizeof *p);
    bnn_plain_stage *stages = bnn_arena_alloc(arena, model->n_stages, sizeof *stages);
    if (p == NULL || stages == NULL)
        return bnn_no_memory(err);
    *p = (prepared){.model = model, .stages = stages};
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const int status = bnn_plain_prepare(&model->stages[i], arena, &stages[i], err);
        if (status != BNN_OK)
            return status;
        const size_t bytes = bnn_shape_values(model->stages[i].out) * sizeof(float);
        p->values_bytes = bnn_size_larger(p->values_bytes, bnn_size_round_up(bytes, BNN_ALIGN));
        p->stage_bytes = bnn_size_larger(p->stage_bytes, bnn_plain_workspace_bytes(&stages[i]));
    }
    *state = p;
    return BNN_OK;
}

static size_t portable_workspace_bytes(const void *state)
{
    const prepared *p = state;
    return 2 * p->values_bytes + p->stage_bytes;
}

static void portable_run(const void *state, size_t n, const uint8_t *images, float *logits,
                         void *workspace, uint64_t *stage_ns)
{
    const prepared *p = state;
    const size_t image_bytes = bnn_shape_values(p->model->input);
    uint8_t *const values = workspace;
    for (size_t image = 0; image < n; image++) {
        const void *x = images + image * image_bytes;
        for (uint32_t i = 0; i < p->model->n_stages; i++) {
            const uint64_t start = stage_ns != NULL ? bnn_clock_ns(CLOCK_MONOTONIC) : 0;
            uint8_t *const out = values + i % 2 * p->values_bytes;
            bnn_plain_run(&p->stages[i], x, out, values + 2 * p->values_bytes);
            x = out;
            if (stage_ns != NULL)
                stage_ns[i] += bnn_clock_ns(CLOCK_MONOTONIC) - start;
        }
        memcpy(logits + image * p->model->n_classes, x, p->model->n_classes * sizeof *logits);
    }
}

const bnn_engine bnn_engine_portable = {.name = "portable",
                                        .prepare = portable_prepare,
                                        .workspace_bytes = portable_workspace_bytes,
                                        .run = portable_run};
