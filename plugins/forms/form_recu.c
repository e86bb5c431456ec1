/* form_recu - ReCU: weights far from zero, which never flip, are revived. Each filter is centred and
 * divided by its deviation / (2 sqrt 2), clamped where the tails of a Laplace distribution begin that
 * hold the share 1 - tau on each side, and its signs are scaled by a learned factor. What is clamped
 * gets no gradient. tau grows over the run.
 *
 * Use ste.weights identity (as ReCU does: the form clamps) and model.binarize.clip 0. The scale starts
 * at 0.5, the mean of ReCU's uniform numbers. */
#include "filters.h"

struct recu {
    double tau_begin, tau_end;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct recu, tau_begin, 0.85, 0.51, 0.9999, "tau in the first epoch"),
    BNN_NUMBER(struct recu, tau_end, 0.99, 0.51, 0.9999, "tau in the last epoch"),
    BNN_PARAMS_END,
};

static const float recu_gain = 0x1.6a09e6p+1f; /* 2 sqrt 2 */
static const float recu_epsilon = 1e-5f;       /* on the variance */

/* state[0]: the bound over the mean magnitude, -ln(2 - 2 tau), with tau = A e^progress + B. */
static void schedule(const bnn_context *ctx, const void *p, double progress, float state[4])
{
    const struct recu *r = p;
    float power = (float)progress, tail;
    ctx->kernels->exp(1, &power, &power);
    const double e = 2.718281828459045;
    const double rise = (r->tau_end - r->tau_begin) / (e - 1.0);
    const double tau = r->tau_begin + rise * ((double)power - 1.0);
    tail = (float)(2.0 - 2.0 * tau);
    ctx->kernels->log(1, &tail, &tail);
    state[0] = -tail;
}

static int plan(const void *p, bnn_form_plan *plan)
{
    (void)p;
    filters_plan_learned_scale(plan, 0.5f);
    plan->n_saved = 2 * (size_t)plan->filters * plan->taps + plan->filters + 1;
    return 0;
}

/* saved: v, v clamped, 1 / deviation of each filter, the bound. */
static void forward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const size_t n = filters_weights(io);
    float *v = io->saved, *clamped = v + n, *inverse = clamped + n, *bound = inverse + io->filters;
    (void)p;
    for (uint32_t f = 0; f < io->filters; f++) {
        const size_t at = filters_at(io, f);
        inverse[f] =
            filters_standardise(ctx, io->taps, io->latent + at, recu_gain, recu_epsilon, v + at);
    }
    *bound = ctx->state[0] * filters_mean_magnitude(n, v);
    ctx->kernels->clamp(n, -*bound, *bound, v, clamped);
    io->binarize(io, n, clamped, io->codes);
    filters_give_learned_scale(io);
}

static void backward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const size_t n = filters_weights(io);
    const float *v = io->saved, *clamped = v + n, *inverse = clamped + n;
    const float bound = inverse[io->filters];
    (void)p;
    io->through(io, n, clamped, io->gcodes, io->glatent);
    for (size_t i = 0; i < n; i++)
        io->glatent[i] = fabsf(v[i]) <= bound ? io->glatent[i] : 0.0f;
    for (uint32_t f = 0; f < io->filters; f++)
        filters_unstandardise(ctx, io->taps, v + filters_at(io, f), recu_gain, inverse[f],
                              io->glatent + filters_at(io, f));
    filters_learn_scale(io);
}

BNN_DEFINE_FORM(BNN_HEAD("recu", "standardised filters with clamped tails, times a learned scale",
                         "ReCU, Xu et al. 2021, arXiv:2103.12369", struct recu, params),
                .plan = plan, .forward = forward, .backward = backward, .schedule = schedule,
                .formula =
                    "v = 2 sqrt(2) (w - mean w) / sqrt(var w + 1e-5) over each filter\n"
                    "Q = -mean |v| ln(2 - 2 tau) over the layer, tau from 0.85 to 0.99\n"
                    "weight = a sign(clamp(v, -Q, Q)), a learned for each filter\n"
                    "dL/dw: a g ste(v) where |v| <= Q, else 0, then through v; g = dL/dweight")
