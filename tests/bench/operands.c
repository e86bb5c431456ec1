#include "tests/bench/operands.h"

#include "base/rng.h"

#include <stdbool.h>

static size_t volume(bnn_shape s)
{
    return (size_t)s.c * s.h * s.w;
}

/* n random floats of [-0.5, 0.5). */
static float *values(bnn_arena *arena, size_t n)
{
    static const bnn_rng rng = {.seed = 1, .role = BNN_RNG_DATA};
    float *x = bnn_arena_alloc(arena, n, sizeof *x);
    if (x == NULL)
        return NULL;
    bnn_rng_fill(&rng, 0, n, x);
    for (size_t i = 0; i < n; i++)
        x[i] -= 0.5f;
    return x;
}

static float *signs(bnn_arena *arena, size_t n, const bnn_kernels *kernels)
{
    float *x = values(arena, n);
    if (x != NULL)
        kernels->sign(n, x, x);
    return x;
}

static bool fill_common(operands *o, bnn_arena *arena)
{
    const size_t in = volume(o->in) * o->lanes, out = volume(o->out) * o->lanes;
    o->x = values(arena, in);
    o->gx = values(arena, in);
    o->y = values(arena, out);
    o->gy = values(arena, out);
    return o->x != NULL && o->gx != NULL && o->y != NULL && o->gy != NULL;
}

static bool fill_weights(operands *o, size_t n_weights, size_t n_scratch, bnn_arena *arena,
                         const bnn_kernels *kernels)
{
    o->w = values(arena, n_weights);
    o->gw = values(arena, n_weights);
    o->bias = values(arena, o->out.c);
    o->gbias = values(arena, o->out.c);
    o->x_signs = signs(arena, volume(o->in) * o->lanes, kernels);
    o->w_signs = signs(arena, n_weights, kernels);
    o->scratch = values(arena, n_scratch);
    return o->w != NULL && o->gw != NULL && o->bias != NULL && o->gbias != NULL &&
           o->x_signs != NULL && o->w_signs != NULL && o->scratch != NULL;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static bool make_conv(operands *o, uint32_t padding, bnn_arena *arena, const bnn_kernels *kernels)
{
    enum { KERNEL = 5 };
    o->conv = (bnn_conv){.in = o->in,
                         .out = o->out,
                         .kernel = KERNEL,
                         .stride = 1,
                         .padding = padding,
                         .lanes = o->lanes};
    const size_t n_weights = (size_t)o->out.c * o->in.c * KERNEL * KERNEL;
    o->flop = 2.0 * (double)n_weights * o->out.h * o->out.w * o->n;
    return fill_weights(
        o, n_weights,
        larger(kernels->conv2d_scratch(&o->conv), kernels->conv2d_binary_scratch(&o->conv)), arena,
        kernels);
}

static bool make_dense(operands *o, bnn_arena *arena, const bnn_kernels *kernels)
{
    const size_t n_weights = (size_t)o->out.c * o->in.c;
    o->flop = 2.0 * (double)n_weights * o->n;
    return fill_weights(o, n_weights,
                        larger(kernels->dense_scratch(o->in.c, o->out.c, o->lanes),
                               kernels->dense_binary_scratch(o->in.c, o->out.c, o->lanes)),
                        arena, kernels);
}

/* The backward pass looks for the maxima of the forward pass. */
static bool make_pool(operands *o, const bnn_kernels *kernels)
{
    o->pool = (bnn_pool){.in = o->in, .out = o->out, .size = 2, .stride = 2, .lanes = o->lanes};
    kernels->maxpool_forward(&o->pool, o->x, o->y);
    return true;
}

static bool make_norm(operands *o, bnn_arena *arena, const bnn_kernels *kernels)
{
    o->norm = (bnn_batchnorm){.channels = o->in.c,
                              .positions = o->in.h * o->in.w,
                              .n = o->n,
                              .lanes = o->lanes,
                              .epsilon = 1e-5f,
                              .momentum = 0.1f};
    float **vectors[] = {&o->w,    &o->gw,      &o->bias,       &o->gbias,
                         &o->mean, &o->inverse, &o->running[0], &o->running[1]};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if ((*vectors[i] = values(arena, o->in.c)) == NULL)
            return false;
    kernels->batchnorm_forward(&o->norm, o->x, o->w, o->bias, o->mean, o->inverse, o->running[0],
                               o->running[1], o->y);
    return true;
}

/* The input is made from rows of pixels; the output are the logits, for the losses. */
static bool make_pixels(operands *o, bnn_arena *arena)
{
    const size_t size = volume(o->in);
    uint8_t *pixels = bnn_arena_alloc(arena, o->n, size);
    o->rows = bnn_arena_alloc(arena, o->n, sizeof *o->rows);
    o->labels = bnn_arena_alloc(arena, o->lanes, sizeof *o->labels);
    o->scratch = values(arena, 2 * (size_t)o->lanes);
    if (pixels == NULL || o->rows == NULL || o->labels == NULL || o->scratch == NULL)
        return false;
    for (size_t i = 0; i < o->n * size; i++)
        pixels[i] = (uint8_t)(128.0f + 250.0f * o->x[i]);
    for (uint32_t i = 0; i < o->lanes; i++)
        o->labels[i] = i < o->n ? (int32_t)(i % o->out.c) : -1;
    for (uint32_t i = 0; i < o->n; i++)
        o->rows[i] = pixels + i * size;
    return true;
}

int operands_create(uint32_t n, const bnn_kernels *kernels, bnn_arena *arena,
                    operands out[N_OPERANDS], bnn_error *err)
{
    static const struct {
        const char *name;
        char kind; /* as in an ordering, and D for dense, X for pixels */
        bnn_shape in, out;
        uint32_t padding;
    } layers[N_OPERANDS] = {
        [OPERANDS_PIXELS] = {"pixels", 'X', {1, 28, 28}, {10, 1, 1}, 0},
        [OPERANDS_CONV1] = {"conv1", 'L', {1, 28, 28}, {6, 28, 28}, 2},
        [OPERANDS_POOL1] = {"pool1", 'P', {6, 28, 28}, {6, 14, 14}, 0},
        [OPERANDS_NORM1] = {"norm1", 'B', {6, 14, 14}, {6, 14, 14}, 0},
        [OPERANDS_CONV2] = {"conv2", 'L', {6, 14, 14}, {16, 10, 10}, 0},
        [OPERANDS_POOL2] = {"pool2", 'P', {16, 10, 10}, {16, 5, 5}, 0},
        [OPERANDS_NORM2] = {"norm2", 'B', {16, 5, 5}, {16, 5, 5}, 0},
        [OPERANDS_FC1] = {"fc1", 'D', {400, 1, 1}, {120, 1, 1}, 0},
        [OPERANDS_NORM3] = {"norm3", 'B', {120, 1, 1}, {120, 1, 1}, 0},
        [OPERANDS_FC2] = {"fc2", 'D', {120, 1, 1}, {84, 1, 1}, 0},
        [OPERANDS_FC3] = {"fc3", 'D', {84, 1, 1}, {10, 1, 1}, 0},
    };
    const uint32_t lanes = (n + BNN_LANES - 1) / BNN_LANES * BNN_LANES;
    for (size_t i = 0; i < N_OPERANDS; i++) {
        operands *o = &out[i];
        *o = (operands){.name = layers[i].name,
                        .in = layers[i].in,
                        .out = layers[i].out,
                        .n = n,
                        .lanes = lanes};
        bool ok = fill_common(o, arena);
        if (ok && layers[i].kind == 'L')
            ok = make_conv(o, layers[i].padding, arena, kernels);
        else if (ok && layers[i].kind == 'D')
            ok = make_dense(o, arena, kernels);
        else if (ok && layers[i].kind == 'P')
            ok = make_pool(o, kernels);
        else if (ok && layers[i].kind == 'B')
            ok = make_norm(o, arena, kernels);
        else if (ok)
            ok = make_pixels(o, arena);
        if (!ok)
            return bnn_no_memory(err);
    }
    return BNN_OK;
}
