/* layer_group_sum - the sum of each group of neighbouring values, as votes for a class. */
#include <bnn/plugin.h>
#include <math.h>

struct group_sum {
    double tau;
    int32_t groups;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct group_sum, groups, 10, 1, 1 << 20, "sums; each of equally many values"),
    BNN_NUMBER(struct group_sum, tau, 0.0, 0.0, 1e6,
               "sums are over twice this; 0: sqrt(values of a group / 6)"),
    BNN_PARAMS_END,
};

static size_t n_values(bnn_shape shape)
{
    return (size_t)shape.c * shape.h * shape.w;
}

static int plan(const void *params_, bnn_layer_plan *plan)
{
    const struct group_sum *p = params_;
    const size_t groups = (size_t)p->groups;
    if (n_values(plan->in) % groups != 0)
        return plan->fail(plan, "%zu values do not make %zu equal groups", n_values(plan->in),
                          groups);
    plan->out = (bnn_shape){.c = (uint32_t)p->groups, .h = 1, .w = 1};
    return 0;
}

static float factor_of(const struct group_sum *p, const bnn_layer_io *io)
{
    const size_t n = n_values(io->in) / (size_t)p->groups;
    return (float)(1.0 / (2.0 * (p->tau > 0.0 ? p->tau : sqrt((double)n / 6.0))));
}

BNN_HOT static void sum_group(size_t n, size_t lanes, float factor, const float *x, float *y)
{
    for (size_t lane = 0; lane < lanes; lane++)
        y[lane] = x[lane];
    for (size_t i = 1; i < n; i++)
        BNN_INDEPENDENT
    for (size_t lane = 0; lane < lanes; lane++)
        y[lane] += x[i * lanes + lane];
    for (size_t lane = 0; lane < lanes; lane++)
        y[lane] *= factor;
}

static void forward(const bnn_context *ctx, const void *params_, const bnn_layer_io *io)
{
    const struct group_sum *p = params_;
    const size_t n = n_values(io->in) / (size_t)p->groups, lanes = io->lanes;
    const float factor = factor_of(p, io);
    (void)ctx;
    for (size_t g = 0; g < (size_t)p->groups; g++)
        sum_group(n, lanes, factor, io->x + g * n * lanes, io->y + g * lanes);
}

static void backward(const bnn_context *ctx, const void *params_, const bnn_layer_io *io)
{
    const struct group_sum *p = params_;
    const size_t n = n_values(io->in) / (size_t)p->groups, lanes = io->lanes;
    const float factor = factor_of(p, io);
    (void)ctx;
    for (size_t i = 0; io->gx != NULL && i < n_values(io->in); i++) {
        const float *gy = io->gy + i / n * lanes;
        float *gx = io->gx + i * lanes;
        BNN_INDEPENDENT
        for (size_t lane = 0; lane < lanes; lane++)
            gx[lane] = gy[lane] * factor;
    }
}

/* The offset -0 changes no product, not even a zero. */
static int lower(const void *params_, const bnn_layer_io *io, bnn_lowering *lowering)
{
    const struct group_sum *p = params_;
    lowering->op = BNN_LOWER_GROUP_SUM;
    const int status = lowering->emit(lowering);
    if (status != 0)
        return status;
    lowering->op = BNN_LOWER_AFFINE;
    for (int32_t g = 0; g < p->groups; g++) {
        lowering->factor[g] = factor_of(p, io);
        lowering->offset[g] = -0.0f;
    }
    return 0;
}

BNN_DEFINE_LAYER(BNN_HEAD("group_sum", "sums of groups of values: votes for classes",
                          "Petersen et al. 2022, arXiv:2210.08277", struct group_sum, params),
                 .role = BNN_ROLE_LINEAR, .flags = BNN_LAYER_WEIGHTLESS, .plan = plan,
                 .forward = forward, .backward = backward, .lower = lower,
                 .formula = "y[g] = sum of group g / (2 tau)")
