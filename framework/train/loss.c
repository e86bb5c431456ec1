#include "train/loss.h"

#include "train/teacher.h"

#include <string.h>

/* ---- soft targets ------------------------------------------------------------------------ */

void bnn_loss_softmax(const bnn_soft_loss *soft)
{
    const uint32_t n = soft->n, lanes = soft->lanes;
    const size_t size = (size_t)soft->classes * lanes;
    float *most = soft->scratch, *total = soft->scratch + lanes;
    memcpy(most, soft->z, n * sizeof *most); /* passes over a NaN: the loss shows it */
    for (size_t row = lanes; row < size; row += lanes)
        for (uint32_t i = 0; i < n; i++)
            most[i] = most[i] >= soft->z[row + i] ? most[i] : soft->z[row + i];
    memset(soft->gz, 0, size * sizeof *soft->gz);
    for (size_t row = 0; row < size; row += lanes)
        for (uint32_t i = 0; i < n; i++)
            soft->gz[row + i] = soft->z[row + i] - most[i];
    soft->kernels->exp(size, soft->gz, soft->gz);
    memset(total, 0, n * sizeof *total);
    for (size_t row = 0; row < size; row += lanes)
        for (uint32_t i = 0; i < n; i++)
            total[i] += soft->gz[row + i];
    for (size_t row = 0; row < size; row += lanes) {
        for (uint32_t i = 0; i < n; i++)
            soft->gz[row + i] /= total[i];
        memset(soft->gz + row + n, 0, (lanes - n) * sizeof *soft->gz);
    }
    soft->kernels->log(n, total, total);
}

double bnn_loss_soft_cross_entropy(const bnn_soft_loss *soft)
{
    const uint32_t n = soft->n, lanes = soft->lanes;
    const size_t size = (size_t)soft->classes * lanes;
    const float share = 1.0f / (float)n;
    const float *most = soft->scratch, *total = soft->scratch + lanes;
    double sum = 0.0;
    bnn_loss_softmax(soft);
    for (uint32_t i = 0; i < n; i++) {
        float loss = 0.0f;
        for (size_t at = i; at < size; at += lanes) {
            loss -= soft->p[at] * (soft->z[at] - most[i]);
            soft->gz[at] = (soft->gz[at] - soft->p[at]) * share;
        }
        sum += (double)(loss + total[i]);
    }
    return sum;
}

double bnn_loss_soft_squared_hinge(const bnn_soft_loss *soft)
{
    const uint32_t n = soft->n, lanes = soft->lanes;
    const size_t size = (size_t)soft->classes * lanes;
    const float share = 1.0f / (float)soft->classes;
    const float slope = 2.0f / ((float)soft->classes * (float)n);
    float *loss = soft->scratch;
    memset(loss, 0, lanes * sizeof *loss);
    for (size_t row = 0; row < size; row += lanes) {
        for (uint32_t i = 0; i < n; i++) {
            const float z = soft->z[row + i], p = soft->p[row + i], q = 1.0f - p;
            const float below = 1.0f - z <= 0.0f ? 0.0f : 1.0f - z; /* keeps what is no number */
            const float above = 1.0f + z <= 0.0f ? 0.0f : 1.0f + z;
            loss[i] += p * (below * below) + q * (above * above);
            soft->gz[row + i] = (q * above - p * below) * slope;
        }
        memset(soft->gz + row + n, 0, (lanes - n) * sizeof *soft->gz);
    }
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++)
        sum += (double)(loss[i] * share);
    return sum;
}

/* ---- the loss of a batch ----------------------------------------------------------------- */

/* gz: gets the gradient; NULL: not wanted. */
static void hard_loss(bnn_session *s, uint32_t n, float *gz, double *loss, uint32_t *n_correct)
{
    bnn_network *net = s->net;
    const bool hinge = s->job->train->loss == BNN_LOSS_SQUARED_HINGE;
    (hinge ? net->kernels->squared_hinge : net->kernels->cross_entropy)(
        net->n_classes, n, net->lanes, net->logits, s->labels, gz, s->scratch, loss, n_correct);
}

/* Shares of the classes: label_smoothing is spread over all of them, the label has the rest, or with
 * mixup, the labels of both images. */
static void make_targets(bnn_session *s, uint32_t n)
{
    const uint32_t classes = s->net->n_classes, lanes = s->net->lanes;
    const double smoothing = s->job->train->label_smoothing;
    const float rest = (float)(1.0 - smoothing), spread = (float)(smoothing / classes);
    for (size_t i = 0; i < (size_t)classes * lanes; i++)
        s->targets[i] = spread;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t next = s->labels[i + 1 < n ? i + 1 : 0];
        s->targets[(size_t)s->labels[i] * lanes + i] += rest * s->mixed;
        s->targets[(size_t)next * lanes + i] += rest * (1.0f - s->mixed);
    }
}

void bnn_loss_evaluate(bnn_session *session, uint32_t n, double *loss, uint32_t *n_correct)
{
    hard_loss(session, n, NULL, loss, n_correct);
}

/* That of the labels, whatever is made of them. */
static void label_loss(bnn_session *session, uint32_t n, double *loss, uint32_t *n_correct)
{
    bnn_network *net = session->net;
    double ignored = 0.0;
    if (session->targets == NULL) {
        hard_loss(session, n, net->logits_gradient, loss, n_correct);
        return;
    }
    const bnn_soft_loss soft = {.kernels = net->kernels,
                                .classes = net->n_classes,
                                .n = n,
                                .lanes = net->lanes,
                                .z = net->logits,
                                .p = session->targets,
                                .gz = net->logits_gradient,
                                .scratch = session->scratch};
    make_targets(session, n);
    hard_loss(session, n, NULL, &ignored, n_correct);
    *loss += session->job->train->loss == BNN_LOSS_SQUARED_HINGE
                 ? bnn_loss_soft_squared_hinge(&soft)
                 : bnn_loss_soft_cross_entropy(&soft);
}

void bnn_loss_train(bnn_session *session, uint32_t n, double *loss, uint32_t *n_correct)
{
    double own = 0.0;
    label_loss(session, n, &own, n_correct);
    if (session->teacher != NULL)
        bnn_teacher_teach(session, n, &own);
    *loss += own;
}
