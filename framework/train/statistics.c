#include "train/statistics.h"

int bnn_statistics_plan(bnn_session *session)
{
    const bnn_network *net = session->net;
    if (session->job->train->renew_statistics == 0)
        return BNN_OK;
    session->states = bnn_arena_alloc(session->arena, net->n_parameters, sizeof *session->states);
    bool ok = session->states != NULL;
    for (uint32_t i = 0; ok && i < net->n_parameters; i++) {
        if (net->parameters[i].kind != BNN_TENSOR_STATE)
            continue;
        session->states[i] =
            bnn_arena_alloc(session->arena, net->parameters[i].n, sizeof **session->states);
        ok = session->states[i] != NULL;
    }
    return ok ? BNN_OK : BNN_E_INTERNAL;
}

/* The sums of the states, or their means into the network. */
static void statistics_sum(bnn_session *s, bool first)
{
    for (uint32_t i = 0; i < s->net->n_parameters; i++)
        for (size_t j = 0; s->states[i] != NULL && j < s->net->parameters[i].n; j++)
            s->states[i][j] =
                (first ? 0.0 : s->states[i][j]) + (double)s->net->parameters[i].value[j];
}

static void statistics_take_means(bnn_session *s, uint32_t n)
{
    for (uint32_t i = 0; i < s->net->n_parameters; i++)
        for (size_t j = 0; s->states[i] != NULL && j < s->net->parameters[i].n; j++)
            s->net->parameters[i].value[j] = (float)(s->states[i][j] / n);
}

void bnn_statistics_renew(bnn_session *session)
{
    if (session->states == NULL)
        return;
    const bnn_train_options *train = session->job->train;
    const uint32_t n = (uint32_t)train->renew_statistics, settled = n / 4;
    const uint32_t batch =
        (uint32_t)train->batch < session->n_train ? (uint32_t)train->batch : session->n_train;
    const uint64_t step = session->net->step;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t *images = session->order + i % (session->n_train / batch) * batch;
        bnn_session_load(session, &session->job->data->train, images, batch);
        bnn_network_forward(session->net, batch, true);
        if (i >= settled)
            statistics_sum(session, i == settled);
    }
    statistics_take_means(session, n - settled);
    session->net->step = step; /* none of them was one */
}
