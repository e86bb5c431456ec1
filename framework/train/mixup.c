#include "train/mixup.h"

#include "base/size.h"

/* Joehnk 1964: X = U^(1/alpha) and Y = V^(1/alpha) with X + Y <= 1 give X / (X + Y). By logarithms, since
 * powers of a small alpha underflow. */
float bnn_mixup_share(const bnn_kernels *kernels, uint64_t seed, uint64_t step, double alpha)
{
    const bnn_rng rng = {.seed = seed, .role = BNN_RNG_MIXUP, .index = (uint32_t)step};
    const float power =
        alpha > 1e-30 ? (float)alpha : 1e-30f; /* less gives 1, too, and no number */
    float logs[2], powers[2];
    uint64_t counter = 0;
    do {
        bnn_rng_fill(&rng, counter, 2, logs);
        counter += 2;
        for (int i = 0; i < 2; i++)
            logs[i] = 1.0f - logs[i]; /* never 0 */
        kernels->log(2, logs, logs);
        for (int i = 0; i < 2; i++)
            logs[i] /= power;
        kernels->exp(2, logs, powers);
    } while (powers[0] + powers[1] > 1.0f);
    float ratio = logs[0] < logs[1] ? logs[0] - logs[1] : logs[1] - logs[0];
    kernels->exp(1, &ratio, &ratio);
    return 1.0f / (1.0f + ratio);
}

void bnn_mixup_images(bnn_session *session, uint32_t n)
{
    const bnn_network *net = session->net;
    const double alpha = session->job->train->mixup;
    const size_t size = bnn_shape_values(net->input) * net->lanes;
    if (alpha == 0.0)
        return;
    const float share = bnn_mixup_share(net->kernels, session->job->seed, net->step, alpha);
    const float rest = 1.0f - share;
    session->mixed = share;
    for (float *row = net->x; row < net->x + size; row += net->lanes) {
        const float first = row[0];
        for (uint32_t i = 0; i + 1 < n; i++)
            row[i] = share * row[i] + rest * row[i + 1];
        row[n - 1] = share * row[n - 1] + rest * first;
    }
}
