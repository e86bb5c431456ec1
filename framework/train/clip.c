#include "train/clip.h"

#include <math.h>

enum { PARTS = 8 };

/* In parts, so that it can be done with vectors; their order is fixed. */
double bnn_clip_squares(size_t n, const float *x)
{
    double parts[PARTS] = {0.0}, sum = 0.0;
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t k = 0; k < PARTS; k++)
            parts[k] += (double)x[i + k] * (double)x[i + k];
    for (; i < n; i++)
        parts[0] += (double)x[i] * (double)x[i];
    for (size_t k = 0; k < PARTS; k++)
        sum += parts[k];
    return sum;
}

double bnn_clip_norm(const bnn_session *session)
{
    const bnn_network *net = session->net;
    double sum = 0.0;
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        if (p->gradient != NULL)
            sum += bnn_clip_squares(p->n, p->gradient);
    }
    return sqrt(sum);
}

void bnn_clip_gradients(bnn_session *session)
{
    const double most = session->job->train->clip_gradient;
    const double norm = most > 0.0 ? bnn_clip_norm(session) : 0.0;
    if (norm <= most || !isfinite(norm))
        return;
    const float factor = (float)(most / norm);
    for (uint32_t i = 0; i < session->net->n_parameters; i++) {
        const bnn_parameter *p = &session->net->parameters[i];
        for (size_t j = 0; p->gradient != NULL && j < p->n; j++)
            p->gradient[j] *= factor;
    }
}
