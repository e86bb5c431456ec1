/* telemetry_mismatch.c - how far an STE's gradient points from the true one.
 *
 * The loss L of a batch is a function of the binary weights b, whose true slope along weight i is
 * half of what flipping it does: D_i = (L(b_i = +1) - L(b_i = -1)) / 2, all else as it is. The STE gives
 * g_i, the gradient with respect to the latent weight. gradient_cosine is the cosine of the two,
 * sum g_i D_i / sqrt(sum g_i^2 sum D_i^2), over weights of a layer and batches that are drawn: 1 where
 * the STE points where the loss falls, 0 where it says nothing of it. What stands behind the layer
 * counts: D_i goes through the signs of the activations, g_i through their STEs. Drawing all weights
 * gives the cosine of the whole layer; fewer give an estimate of it.
 *
 * To compare estimators with the true gradient of a discrete network by their cosine is as in
 * Shekhovtsov and Yanush, "Reintroducing Straight-Through Estimators as Principled Methods for
 * Stochastic Binary Networks" (2020, arXiv 2006.06880). There weights are random, and the truth is
 * the derivative of the mean loss in their probabilities; where these are 0 and 1, it is 2 D_i. */
#include "train/loss.h"
#include "train/mixup.h"
#include "train/telemetry/telemetry_internal.h"

#include <math.h>
#include <string.h>

const bnn_mismatch_effort bnn_mismatch_usual = {.n_batches = 4, .n_weights = 16};

/* Streams of an epoch: one for each batch's images, and one for each batch's weights. */
enum { STREAM_IMAGES, STREAM_WEIGHTS, STREAMS };

/* An epoch has this many batches at most, or streams would repeat. */
enum { BATCHES_MAX = 64 };

static bnn_rng mismatch_stream(const bnn_session *s, uint32_t batch, uint32_t which)
{
    return (bnn_rng){.seed = s->job->seed,
                     .role = BNN_RNG_TELEMETRY,
                     .index = (s->at.epoch * BATCHES_MAX + batch) * STREAMS + which};
}

/* A number below n, from 32 random bits. */
static uint32_t draw_below(const bnn_rng *rng, uint64_t counter, uint32_t n)
{
    return (uint32_t)((uint64_t)bnn_rng_bits(rng, counter) * n >> 32);
}

void bnn_mismatch_draw_images(const bnn_session *session, uint32_t k, uint32_t n, uint32_t *out)
{
    const bnn_rng rng = mismatch_stream(session, k, STREAM_IMAGES);
    for (uint32_t i = 0; i < n; i++)
        out[i] = session->train[draw_below(&rng, i, session->n_train)];
}

/* The loss of the batch that is loaded; or, of a batch that has passed, from an operation on, as
 * changed. step: the position in the streams of dropout and of STEs that draw. */
static double loss_of_batch(bnn_session *s, uint32_t n, uint64_t step)
{
    double loss = 0.0;
    uint32_t ignored = 0;
    s->net->step = step;
    bnn_network_forward(s->net, n, true);
    bnn_loss_train(s, n, &loss, &ignored);
    return loss;
}

static double loss_from(bnn_session *s, uint32_t op, uint32_t n, uint64_t step)
{
    double loss = 0.0;
    uint32_t ignored = 0;
    s->net->step = step;
    bnn_network_forward_from(s->net, op, n, true);
    bnn_loss_train(s, n, &loss, &ignored);
    return loss;
}

/* The true slope along weight i of operation `op`, where the batch has this loss. A weight of 0 is
 * half-way between the two signs. */
static double true_slope(bnn_session *s, uint32_t op, float *weight, uint32_t n, uint64_t step,
                         double loss)
{
    const float was = *weight, size = was == 0.0f ? 1.0f : fabsf(was);
    double plus = loss, minus = loss;
    if (was <= 0.0f) {
        *weight = size;
        plus = loss_from(s, op, n, step);
    }
    if (was >= 0.0f) {
        *weight = -size;
        minus = loss_from(s, op, n, step);
    }
    *weight = was;
    return (plus - minus) / 2.0;
}

/* What a batch tells of the weights of one tensor: it is cut into as many parts as weights are wanted,
 * and one is drawn from each. */
static void compare_slopes(bnn_session *s, uint32_t op, const bnn_parameter *p,
                           const bnn_mismatch_effort *effort, uint32_t batch, uint32_t n,
                           uint64_t step, double loss, bnn_telemetry_slopes *sums)
{
    const bnn_rng rng = mismatch_stream(s, batch, STREAM_WEIGHTS);
    const uint64_t counter = (uint64_t)(p - s->net->parameters) << 32;
    const size_t n_draws = effort->n_weights < p->n ? effort->n_weights : p->n;
    for (size_t k = 0; k < n_draws; k++) {
        const size_t first = p->n * k / n_draws, end = p->n * (k + 1) / n_draws;
        const size_t i = first + draw_below(&rng, counter + k, (uint32_t)(end - first));
        const double ste = (double)p->gradient[i];
        const double truth = true_slope(s, op, &p->acting[i], n, step, loss);
        if (!isfinite(ste) || !isfinite(truth))
            continue;
        sums->product += ste * truth;
        sums->ste += ste * ste;
        sums->truth += truth * truth;
    }
}

/* Copies all states of the network out, or back. */
static void move_states(const bnn_session *s, bool back)
{
    float *at = s->telemetry->states;
    for (uint32_t i = 0; i < s->net->n_parameters; i++) {
        const bnn_parameter *p = &s->net->parameters[i];
        if (p->kind != BNN_TENSOR_STATE)
            continue;
        memcpy(back ? p->value : at, back ? at : p->value, p->n * sizeof *at);
        at += p->n;
    }
}

/* The last operations first: what stands in front of each is still as the batch left it. */
static void measure_batch(bnn_session *s, const bnn_mismatch_effort *effort, uint32_t batch,
                          bnn_telemetry_slopes *sums)
{
    const bnn_network *net = s->net;
    const uint32_t wanted = (uint32_t)s->job->train->batch;
    const uint32_t n = wanted < s->n_train ? wanted : s->n_train;
    const uint64_t step = net->step;
    bnn_mismatch_draw_images(s, batch, n, s->telemetry->images);
    bnn_session_load(s, &s->job->data->train, s->telemetry->images, n);
    bnn_mixup_images(s, n);
    const double loss = loss_of_batch(s, n, step);
    bnn_network_backward(s->net, n);
    for (uint32_t i = net->n_ops; i-- > 0;)
        for (uint32_t k = 0; k < net->ops[i].plan.n_tensors; k++)
            if (net->ops[i].parameters[k].latent)
                compare_slopes(s, i, &net->ops[i].parameters[k], effort, batch, n, step, loss,
                               &sums[i]);
    s->net->step = step;
}

void bnn_mismatch_measure(bnn_session *session, const bnn_mismatch_effort *effort, double *out)
{
    bnn_telemetry_slopes *sums = session->telemetry->slopes;
    const uint32_t n_ops = session->net->n_ops;
    memset(sums, 0, n_ops * sizeof *sums);
    move_states(session, false);
    for (uint32_t k = 0; k < effort->n_batches && k < BATCHES_MAX; k++)
        measure_batch(session, effort, k, sums);
    move_states(session, true);
    for (uint32_t i = 0; i < n_ops; i++) {
        const double size = sqrt(sums[i].ste) * sqrt(sums[i].truth);
        out[i] = size > 0.0 ? fmax(-1.0, fmin(1.0, sums[i].product / size)) : (double)NAN;
    }
}

void bnn_telemetry_end_mismatch(bnn_session *session)
{
    bnn_telemetry *t = session->telemetry;
    if ((t->set & BNN_TELEMETRY_MISMATCH) == 0)
        return;
    bnn_mismatch_measure(session, &bnn_mismatch_usual, t->cosines);
    for (uint32_t i = 0; i < t->n_ops; i++)
        bnn_telemetry_put(session, i, BNN_QUANTITY_GRADIENT_COSINE, t->cosines[i], 1.0);
}
