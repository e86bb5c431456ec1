/* form_adabin - AdaBin's binary sets: each filter has two values of its own, centre and distance, which
 * follow from its mean and deviation and are part of the gradient. AdaBin's STE is ede;
 * model.binarize.clip: 0.
 *
 * The two values are not -a and +a: sums are a times the sum of bits plus the centre times the sum of the
 * inputs. That second sum has no place in a threshold, so these weights are real numbers here, and
 * are deployed as floats: of 12 bits, so that sums of signs are exact up to 8192 weights, and of pixels
 * up to 64. Where the bits of both values cancel, the sum is 0 in whatever order it is formed, and its
 * sign no matter of rounding.
 *
 * AdaBin's activations, two learned values for each layer, are not here: an STE has levels that the host
 * knows. */
#include "filters.h"

#include <stdint.h>
#include <string.h>

static int plan(const void *params, bnn_form_plan *plan)
{
    (void)params;
    plan->code_step = 0;
    plan->n_saved = 2 * (size_t)plan->filters * plan->taps;
    return 0;
}

/* What rounds numbers up to `largest` to multiples of 2^-11 of the next power of two when it is added and
 * taken away again; 0, which leaves them, where there is no such number. */
static float adabin_magic(float largest)
{
    uint32_t bits;
    float power;
    memcpy(&bits, &largest, sizeof bits);
    bits &= UINT32_C(0x7f800000);
    memcpy(&power, &bits, sizeof power);
    const float magic = power * (1.5f * 0x1p13f);
    return isfinite(magic) ? magic : 0.0f;
}

/* saved: v = (w - centre) / distance, and its signs. */
static void forward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    const size_t n = filters_weights(io);
    float *v = io->saved, *signs = v + n;
    (void)params;
    for (uint32_t f = 0; f < io->filters; f++) {
        const size_t at = filters_at(io, f);
        const float centre = filters_mean(ctx, io->taps, io->latent + at);
        for (size_t i = at; i < at + io->taps; i++)
            v[i] = io->latent[i] - centre;
        const float distance = sqrtf(ctx->kernels->dot(io->taps, v + at, v + at) / (float)io->taps);
        const float inverse = distance > 0.0f ? 1.0f / distance : 0.0f;
        for (size_t i = at; i < at + io->taps; i++)
            v[i] = isfinite(inverse) ? v[i] * inverse : 0.0f;
        io->binarize(io, io->taps, v + at, io->codes + at);
        const float magic = adabin_magic(distance + fabsf(centre));
        const float a = distance + magic - magic, b = centre + magic - magic;
        for (size_t i = at; i < at + io->taps; i++) {
            signs[i] = io->codes[i];
            io->codes[i] = io->codes[i] * a + b;
        }
    }
}

static void backward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    const float *v = io->saved, *signs = v + filters_weights(io);
    const size_t n = io->taps;
    (void)params;
    for (uint32_t f = 0; f < io->filters; f++) {
        const size_t at = filters_at(io, f);
        float *h = io->glatent + at;
        float of_distance = ctx->kernels->dot(n, io->gcodes + at, signs + at);
        float of_centre = ctx->kernels->sum(n, io->gcodes + at);
        io->through(io, n, v + at, io->gcodes + at, h);
        of_distance -= ctx->kernels->dot(n, h, v + at);
        of_centre -= ctx->kernels->sum(n, h);
        for (size_t i = 0; i < n; i++)
            h[i] += (of_distance * v[at + i] + of_centre) / (float)n;
    }
}

BNN_DEFINE_FORM(
    BNN_HEAD_PLAIN("adabin", "two values for each filter: its mean minus and plus its deviation",
                   "AdaBin, Tu et al. 2022, arXiv:2208.08084"),
    .plan = plan, .forward = forward, .backward = backward,
    .formula = "b = mean w, a = sqrt(mean (w - b)^2), v = (w - b) / a, over each filter of n\n"
               "weight = a sign(v) + b, both rounded to 12 bits of the larger weight\n"
               "h = g ste(v), g = dL/dweight\n"
               "dL/dw = h + (v (sum(g sign v) - sum(h v)) + sum g - sum h) / n")
