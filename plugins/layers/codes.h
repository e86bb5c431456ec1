/* codes.h - what quantizers of activations have in common: whole numbers from low to high, the nearest to x over the
 * step, of halves the even one. Rounding and the reciprocal are operations that a deployed network has, too. */
#ifndef BNN_PLUGINS_CODES_H
#define BNN_PLUGINS_CODES_H

#include <bnn/plugin.h>

/* Below 2^22 in magnitude, adding this and taking it away again rounds: there floats are whole numbers. */
#define CODES_WHOLE 0x1.8p23f

struct codes {
    float step, per_unit; /* what a code of 1 stands for; codes of a 1 */
    float low, high;
};

static inline struct codes codes_of_step(float step, float low, float high)
{
    return (struct codes){.step = step, .per_unit = 1.0f / step, .low = low, .high = high};
}

static inline void codes_plan(bnn_layer_plan *plan, float low, float high)
{
    plan->out = plan->in;
    plan->code_min = (int32_t)low;
    plan->code_max = (int32_t)high;
}

/* Before they are rounded. */
static inline float codes_exact(const struct codes *c, float x)
{
    const float u = x * c->per_unit, t = c->low > u ? c->low : u;
    return c->high < t ? c->high : t;
}

static inline void codes_proxy(const struct codes *c, const bnn_layer_io *io)
{
    const size_t n = bnn_io_values(io);
    *io->step = c->step;
    for (size_t i = 0; i < n; i++)
        io->y[i] = codes_exact(c, io->x[i]);
}

static inline void codes_forward(const struct codes *c, const bnn_layer_io *io)
{
    const size_t n = bnn_io_values(io);
    const struct codes k = *c;
    const float *x = io->x;
    float *y = io->y;
    *io->step = k.step;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++)
        y[i] = codes_exact(&k, x[i]) + CODES_WHOLE - CODES_WHOLE;
}

/* gx = gy / step where x is in range. */
static inline void codes_through(const struct codes *c, const bnn_layer_io *io)
{
    const size_t n = io->gx == NULL ? 0 : bnn_io_values(io);
    const struct codes k = *c;
    const float *x = io->x, *gy = io->gy;
    float *gx = io->gx;
    BNN_INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float u = x[i] * k.per_unit, g = gy[i] * k.per_unit;
        gx[i] = ((u >= k.low) & (u <= k.high)) ? g : 0.0f;
    }
}

static inline void codes_set_affine(const bnn_layer_io *io, bnn_lowering *lowering, float factor,
                                    float offset)
{
    lowering->op = BNN_LOWER_AFFINE;
    for (uint32_t channel = 0; channel < io->in.c; channel++) {
        lowering->factor[channel] = factor;
        lowering->offset[channel] = offset;
    }
}

/* The offset -0 changes no product, not even a zero. */
static inline int codes_lower(const struct codes *c, const bnn_layer_io *io, bnn_lowering *lowering)
{
    *io->step = c->step;
    codes_set_affine(io, lowering, c->per_unit, -0.0f);
    int status = lowering->emit(lowering);
    lowering->op = BNN_LOWER_CLAMP;
    lowering->low = c->low;
    lowering->high = c->high;
    if (status == 0)
        status = lowering->emit(lowering);
    codes_set_affine(io, lowering, 1.0f, CODES_WHOLE);
    if (status == 0)
        status = lowering->emit(lowering);
    codes_set_affine(io, lowering, 1.0f, -CODES_WHOLE);
    return status;
}

#endif
