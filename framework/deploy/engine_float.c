/* The float part of an engine in plain C: the functions of op.h, one image after the other. */
#include "deploy/engine_float.h"

#include <string.h>

struct bnn_float_stage {
    const bnn_stage *stage;
    bnn_deploy_op linear; /* with weights as floats */
    size_t most_values;   /* of an image behind any operation */
};

static int take_weights(const bnn_stage *s, bnn_arena *arena, bnn_deploy_op *linear, bnn_error *err)
{
    linear->weight = s->weights;
    if (!s->binary_weights)
        return BNN_OK;
    float *weight = bnn_arena_alloc(arena, (size_t)s->sums.c * s->taps, sizeof *weight);
    if (weight == NULL)
        return bnn_fail(err, BNN_E_INTERNAL, "not enough memory for the weights of %s", s->name);
    linear->weight = weight;
    for (uint32_t c = 0; c < s->sums.c; c++)
        for (size_t i = 0; i < s->taps; i++)
            *weight++ = bnn_stage_weight(s, c, i);
    return BNN_OK;
}

static int prepare(const bnn_stage *s, bnn_arena *arena, bnn_float_stage **out, bnn_error *err)
{
    bnn_float_stage *f = bnn_arena_alloc(arena, 1, sizeof *f);
    if (f == NULL)
        return bnn_fail(err, BNN_E_INTERNAL, "not enough memory for the engine");
    f->stage = s;
    f->linear = (bnn_deploy_op){.type = s->linear,
                                .name = s->name,
                                .in = s->in,
                                .out = s->sums,
                                .kernel = s->kernel,
                                .stride = s->stride,
                                .padding = s->padding,
                                .pad_value = (float)s->pad_value,
                                .bias = s->bias};
    f->most_values = bnn_shape_values(s->sums);
    for (uint32_t i = 0; i < s->n_chain; i++)
        if (bnn_shape_values(s->chain[i].out) > f->most_values)
            f->most_values = bnn_shape_values(s->chain[i].out);
    if (!s->integer_sums && s->linear != BNN_LOWER_IDENTITY) {
        const int status = take_weights(s, arena, &f->linear, err);
        if (status != BNN_OK)
            return status;
    }
    *out = f;
    return BNN_OK;
}

static size_t workspace_bytes(const bnn_float_stage *f, size_t n_max)
{
    (void)n_max;
    return 2 * f->most_values * sizeof(float);
}

/* The chain on the values in `a`; b: room for as many. */
static void apply_chain(const bnn_stage *s, float *a, float *b, float *y)
{
    for (uint32_t i = 0; i < s->n_chain; i++) {
        float *const swap = a;
        bnn_op_apply(&s->chain[i], a, b);
        a = b;
        b = swap;
    }
    memcpy(y, a, bnn_shape_values(s->out) * sizeof *y);
}

static void run(const bnn_float_stage *f, size_t n, const float *x, float *y, void *workspace)
{
    const bnn_stage *s = f->stage;
    const size_t n_in = bnn_shape_values(s->in), n_out = bnn_shape_values(s->out);
    float *a = workspace, *b = a + f->most_values;
    for (size_t i = 0; i < n; i++) {
        if (s->linear == BNN_LOWER_IDENTITY)
            memcpy(a, x + i * n_in, n_in * sizeof *a);
        else
            bnn_op_apply(&f->linear, x + i * n_in, a);
        apply_chain(s, a, b, y + i * n_out);
    }
}

static void chain(const bnn_float_stage *f, size_t n, float *sums, float *y, void *workspace)
{
    const bnn_stage *s = f->stage;
    const size_t n_sums = bnn_shape_values(s->sums), n_out = bnn_shape_values(s->out);
    float *a = workspace, *b = a + f->most_values;
    for (size_t i = 0; i < n; i++) {
        memcpy(a, sums + i * n_sums, n_sums * sizeof *a);
        apply_chain(s, a, b, y + i * n_out);
    }
}

const bnn_float_kernels bnn_float_portable = {
    .prepare = prepare, .workspace_bytes = workspace_bytes, .run = run, .chain = chain};
