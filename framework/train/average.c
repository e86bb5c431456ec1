#include "train/average.h"

#include <math.h>

int bnn_average_plan(bnn_session *session)
{
    const bnn_network *net = session->net;
    if (session->job->train->average == 0.0)
        return BNN_OK;
    session->averages =
        bnn_arena_alloc(session->arena, net->n_parameters, sizeof *session->averages);
    bool ok = session->averages != NULL;
    for (uint32_t i = 0; ok && i < net->n_parameters; i++) {
        session->averages[i] = bnn_arena_alloc(session->arena, net->parameters[i].n, sizeof(float));
        ok = session->averages[i] != NULL;
    }
    return ok ? BNN_OK : BNN_E_INTERNAL;
}

void bnn_average_update(bnn_session *session)
{
    if (session->averages == NULL)
        return;
    const double t = (double)session->net->step - 1.0; /* this one not counted */
    const double decay = fmin(session->job->train->average, (1.0 + t) / (10.0 + t));
    const float share = t == 0.0 ? 1.0f : (float)(1.0 - decay);
    for (uint32_t i = 0; i < session->net->n_parameters; i++) {
        const bnn_parameter *p = &session->net->parameters[i];
        const float *value = p->value;
        float *average = session->averages[i];
        for (size_t j = 0; j < p->n; j++)
            average[j] += share * (value[j] - average[j]);
    }
}

void bnn_average_swap(bnn_session *session)
{
    if (session->averages == NULL)
        return;
    for (uint32_t i = 0; i < session->net->n_parameters; i++) {
        const bnn_parameter *p = &session->net->parameters[i];
        for (size_t j = 0; j < p->n; j++) {
            const float value = p->value[j];
            p->value[j] = session->averages[i][j];
            session->averages[i][j] = value;
        }
    }
    bnn_network_binarize(session->net);
}
