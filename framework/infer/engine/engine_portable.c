/* engine_portable.c - the plain engine: one image at a time, any machine. */
#include "infer/engine/engine.h"
#include "infer/engine/plain.h"

typedef struct portable_model {
    bnn_prepared prepared;
    bnn_plain_stage *stages;
} portable_model;

static void portable_run_stage(const void *state, uint32_t stage, size_t n, const uint8_t *x,
                               uint8_t *out, void *scratch)
{
    const portable_model *p = state;
    (void)n; /* a block is one image */
    bnn_plain_run(&p->stages[stage], x, out, scratch);
}

static int portable_prepare(const bnn_model *model, bnn_arena *arena, void **state, bnn_error *err)
{
    portable_model *p = bnn_arena_alloc(arena, 1, sizeof *p);
    bnn_plain_stage *stages = bnn_arena_alloc(arena, model->n_stages, sizeof *stages);
    if (p == NULL || stages == NULL)
        return bnn_no_memory(err);
    bnn_prepared prepared = {.model = model, .block = 1, .run_stage = portable_run_stage};
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const int status = bnn_plain_prepare(&model->stages[i], arena, &stages[i], err);
        if (status != BNN_OK)
            return status;
        const size_t bytes = bnn_shape_values(model->stages[i].out) * sizeof(float);
        prepared.value_bytes =
            bnn_size_larger(prepared.value_bytes, bnn_size_round_up(bytes, BNN_ALIGN));
        prepared.scratch_bytes =
            bnn_size_larger(prepared.scratch_bytes, bnn_plain_workspace_bytes(&stages[i]));
    }
    if (bnn_engine_order(model, arena, &prepared, err) != BNN_OK)
        return err->status;
    *p = (portable_model){.prepared = prepared, .stages = stages};
    *state = p;
    return BNN_OK;
}

const bnn_engine bnn_engine_portable = {.name = "portable", .prepare = portable_prepare};
