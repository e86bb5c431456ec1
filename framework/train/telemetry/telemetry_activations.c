/* telemetry_activations.c - what the signs of activations see, and give, in inference. */
#include "train/telemetry/telemetry_internal.h"

#include <math.h>
#include <string.h>

enum { IMAGES_MAX = 5000 };

/* Adds what the sign did to n images of the last pass. channels: those of the operation. */
static void see_sign(const bnn_network *net, const bnn_network_op *op, uint32_t n,
                     bnn_telemetry_seen *seen, uint64_t (*channels)[2])
{
    const bnn_shape shape = op->plan.out;
    const float *x = op->io.x, *y = op->y;
    for (uint32_t c = 0; c < shape.c; c++) {
        uint64_t n_positive = 0, n_saturated = 0;
        for (uint32_t at = 0; at < shape.h * shape.w; at++, x += net->lanes, y += net->lanes)
            for (uint32_t k = 0; k < n; k++) {
                n_positive += y[k] > 0.0f;
                n_saturated += fabsf(x[k]) > 1.0f;
            }
        const uint64_t n_values = (uint64_t)shape.h * shape.w * n;
        channels[c][0] += n_positive;
        channels[c][1] += n_values - n_positive;
        seen->n += n_values;
        seen->n_positive += n_positive;
        seen->n_saturated += n_saturated;
    }
}

static void see_batch(const bnn_session *s, uint32_t n)
{
    const bnn_network *net = s->net;
    const bnn_telemetry *t = s->telemetry;
    uint64_t(*channels)[2] = t->channels;
    for (uint32_t i = 0; i < net->n_ops; channels += net->ops[i++].plan.out.c)
        if (net->ops[i].letter == BNN_NETWORK_SIGN)
            see_sign(net, &net->ops[i], n, &t->seen[i], channels);
}

static void put_seen(const bnn_session *s)
{
    const bnn_network *net = s->net;
    const bnn_telemetry *t = s->telemetry;
    uint64_t(*channels)[2] = t->channels;
    for (uint32_t i = 0; i < net->n_ops; channels += net->ops[i++].plan.out.c) {
        const uint32_t n_channels = net->ops[i].plan.out.c;
        const double n = (double)t->seen[i].n;
        uint32_t n_dead = 0;
        for (uint32_t c = 0; c < n_channels; c++)
            n_dead += channels[c][0] == 0 || channels[c][1] == 0;
        bnn_telemetry_put(s, i, BNN_QUANTITY_BALANCE, (double)t->seen[i].n_positive, n);
        bnn_telemetry_put(s, i, BNN_QUANTITY_SATURATION, (double)t->seen[i].n_saturated, n);
        bnn_telemetry_put(s, i, BNN_QUANTITY_DEAD, n_dead, n_channels);
    }
}

const uint32_t *bnn_telemetry_images(const bnn_session *session, uint32_t *n)
{
    const uint32_t most = session->n_validation > 0 ? session->n_validation : session->n_train;
    *n = most < IMAGES_MAX ? most : IMAGES_MAX;
    return session->n_validation > 0 ? session->validation : session->train;
}

void bnn_telemetry_end_activations(bnn_session *session)
{
    bnn_telemetry *t = session->telemetry;
    const uint32_t topics = BNN_TELEMETRY_BALANCE | BNN_TELEMETRY_SATURATION | BNN_TELEMETRY_DEAD;
    const uint32_t lanes = session->net->lanes;
    uint32_t n;
    const uint32_t *index = bnn_telemetry_images(session, &n);
    if ((t->set & topics) == 0)
        return;
    memset(t->seen, 0, t->n_ops * sizeof *t->seen);
    memset(t->channels, 0, t->n_channels * sizeof *t->channels);
    for (uint32_t i = 0, m; i < n; i += m) {
        m = n - i < lanes ? n - i : lanes;
        bnn_session_load(session, &session->job->data->train, index + i, m);
        bnn_network_forward(session->net, m, false);
        see_batch(session, m);
    }
    put_seen(session);
}
