/* telemetry_hardening.c - what layers of gates lose when they become bits: each batch passes twice, once as it is
 * evaluated, and once with the numbers between -1 and +1 that have a derivative. */
#include "train/loss.h"
#include "train/telemetry/telemetry_internal.h"

#include <string.h>

/* Whether gates give the numbers between, in inference, too. */
static void relax_gates(const bnn_session *s, bool soft)
{
    for (uint32_t i = 0; i < s->net->n_ops; i++)
        s->net->ops[i].io.relaxed = soft;
}

/* Passes the batch that is loaded. */
static void pass_batch(bnn_session *s, uint32_t n, bool soft)
{
    relax_gates(s, soft);
    bnn_network_forward(s->net, n, false);
}

/* Walks over the outputs of gates to n images: keeps their bits, or counts those that the numbers are
 * not on the side of. */
static void see_gates(const bnn_session *s, uint32_t n, bool soft)
{
    const bnn_network *net = s->net;
    uint8_t *bit = s->telemetry->bits;
    for (uint32_t i = 0; i < net->n_ops; i++) {
        const bnn_network_op *op = &net->ops[i];
        if (!bnn_quantity_applies(op, BNN_QUANTITY_HARDENING))
            continue;
        const float *y = op->y;
        for (size_t c = 0; c < bnn_shape_values(op->plan.out); c++, y += net->lanes)
            for (uint32_t k = 0; k < n; k++, bit++) {
                s->telemetry->hardened[i] += soft && *bit != (y[k] >= 0.0f);
                *bit = y[k] >= 0.0f;
            }
    }
}

static void put_hardening(const bnn_session *s, uint32_t n, uint32_t n_right)
{
    const bnn_network *net = s->net;
    for (uint32_t i = 0; i < net->n_ops; i++) {
        const double n_values = (double)n * (double)bnn_shape_values(net->ops[i].plan.out);
        bnn_telemetry_put(s, i, BNN_QUANTITY_HARDENING, (double)s->telemetry->hardened[i],
                          n_values);
    }
    bnn_telemetry_put(s, net->n_ops - 1, BNN_QUANTITY_SOFT_ACCURACY, n_right, n);
}

void bnn_telemetry_end_hardening(bnn_session *session)
{
    bnn_telemetry *t = session->telemetry;
    const uint32_t lanes = session->net->lanes;
    uint32_t n, n_right = 0;
    double ignored = 0.0;
    const uint32_t *index = bnn_telemetry_images(session, &n);
    if (t->bits == NULL)
        return;
    memset(t->hardened, 0, t->n_ops * sizeof *t->hardened);
    for (uint32_t i = 0, m; i < n; i += m) {
        m = n - i < lanes ? n - i : lanes;
        bnn_session_load(session, &session->job->data->train, index + i, m);
        pass_batch(session, m, false);
        see_gates(session, m, false);
        pass_batch(session, m, true);
        see_gates(session, m, true);
        bnn_loss_evaluate(session, m, &ignored, &n_right);
    }
    relax_gates(session, false);
    put_hardening(session, n, n_right);
}
