#include "train/clip.h"

#include <math.h>

double bnn_clip_norm(const bnn_session *session)
{
    const bnn_network *net = session->net;
    double sum = 0.0;
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        if (p->gradient != NULL)
            sum += (double)net->kernels->dot(p->n, p->gradient, p->gradient);
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
