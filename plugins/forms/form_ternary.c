/* form_ternary - ternary weight networks: weights near zero are 0, the others signs, times the mean
 * magnitude of those, for each filter. The scale is no part of the gradient. The engine has loops for
 * two levels, so these are deployed as floats. */
#include "filters.h"

struct ternary {
    double threshold;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct ternary, threshold, 0.7, 0.0, 10.0, "of the mean magnitude: below it, 0"),
    BNN_PARAMS_END,
};

static int plan(const void *p, bnn_form_plan *plan)
{
    (void)p;
    plan->scale = BNN_SCALE_FILTER;
    plan->code_step = 1;
    return 0;
}

static void forward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const float share = (float)((const struct ternary *)p)->threshold;
    (void)ctx;
    for (uint32_t f = 0; f < io->filters; f++) {
        const float *w = io->latent + filters_at(io, f);
        float *codes = io->codes + filters_at(io, f), sum = 0.0f, n = 0.0f;
        const float threshold = share * filters_mean_magnitude(io->taps, w);
        for (size_t i = 0; i < io->taps; i++) {
            const float size = fabsf(w[i]) > threshold ? 1.0f : 0.0f;
            codes[i] = w[i] < 0.0f ? -size : size;
            sum += size * fabsf(w[i]);
            n += size;
        }
        io->scale[f] = n > 0.0f ? sum / n : 0.0f;
    }
}

static void backward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    (void)ctx, (void)p;
    filters_through_unscaled(io);
}

BNN_DEFINE_FORM(BNN_HEAD("ternary", "-1, 0 or +1 times the mean magnitude of what is not 0",
                         "Ternary Weight Networks, Li et al. 2016, arXiv:1605.04711",
                         struct ternary, params),
                .plan = plan, .forward = forward, .backward = backward,
                .formula = "t = threshold mean |w| over each filter, threshold = 0.7\n"
                           "weight = a sign(w) where |w| > t, else 0; a = mean |w| of those\n"
                           "dL/dw = g ste(w), g = dL/dweight: without a")
