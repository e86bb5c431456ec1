#include "train/statistics.h"

static void statistics_set_share(bnn_network *net, float share)
{
    for (uint32_t i = 0; i < net->n_ops; i++)
        net->ops[i].io.share = share;
}

void bnn_statistics_renew(bnn_session *session)
{
    const bnn_train_options *train = session->job->train;
    const uint32_t batch =
        (uint32_t)train->batch < session->n_train ? (uint32_t)train->batch : session->n_train;
    bnn_network *net = session->net;
    const uint64_t step = net->step;
    for (uint32_t i = 0; i < (uint32_t)train->renew_statistics; i++) {
        const uint32_t *images = session->order + (size_t)(i % (session->n_train / batch)) * batch;
        bnn_session_load(session, &session->job->data->train, images, batch);
        statistics_set_share(net, 1.0f / (float)(i + 1));
        bnn_network_forward(net, batch, true);
    }
    statistics_set_share(net, 0.0f);
    net->step = step; /* none of them was one */
}
