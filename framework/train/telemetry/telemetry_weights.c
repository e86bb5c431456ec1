/* telemetry_weights.c - flips, histograms, gradients and batch-norm scales.
 *
 * A code is a byte: bit 0: the weight that acts is above 0; bit 1: below 0; BNN_CODE_FLIPPED: it has
 * changed since the start. */
#include "train/telemetry/telemetry_internal.h"

#include "train/clip.h"

#include <math.h>
#include <string.h>

enum { SIGN_BITS = 3 };

/* ---- loops over values ------------------------------------------------------------------- */

uint64_t bnn_count_flips(size_t n, const float *acting, uint8_t *codes)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const unsigned now = (unsigned)(acting[i] > 0.0f) | (unsigned)(acting[i] < 0.0f) << 1;
        const unsigned flipped = (codes[i] & SIGN_BITS) != now;
        codes[i] = (uint8_t)(now | (codes[i] & BNN_CODE_FLIPPED) | flipped * BNN_CODE_FLIPPED);
        count += flipped;
    }
    return count;
}

uint64_t bnn_count_nonzero(size_t n, const float *x)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += x[i] != 0.0f;
    return count;
}

double bnn_bin_bound(uint32_t bin)
{
    const int32_t from_middle = (int32_t)bin - BNN_BINS_OF_SIGN;
    const int32_t magnitude = from_middle < 0 ? -from_middle : from_middle;
    const double bound = magnitude == 0 ? 0.0 : ldexp(1.0, magnitude - BNN_BINS_OF_SIGN);
    return from_middle < 0 ? -bound : bound;
}

/* The exponent of a float tells its bin. */
void bnn_count_bins(size_t n, const float *x, uint64_t *counts)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        const int32_t magnitude = (int32_t)(bits >> 23 & 255) - 127 + BNN_BINS_OF_SIGN;
        const int32_t low = magnitude > 0 ? magnitude : 0;
        const int32_t most = low < BNN_BINS_OF_SIGN ? low : BNN_BINS_OF_SIGN;
        counts[BNN_BINS_OF_SIGN + (bits >> 31 != 0 ? -most : most)]++;
    }
}

/* ---- in a step --------------------------------------------------------------------------- */

void bnn_telemetry_begin_weights(bnn_session *session)
{
    const bnn_network *net = session->net;
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        uint8_t *codes = session->telemetry->codes[i];
        if (codes == NULL)
            continue;
        bnn_count_flips(p->n, p->acting, codes);
        for (size_t k = 0; k < p->n; k++)
            codes[k] &= SIGN_BITS;
    }
}

void bnn_telemetry_count_flips(bnn_session *session)
{
    const bnn_network *net = session->net;
    bnn_telemetry *t = session->telemetry;
    for (uint32_t i = 0; i < net->n_ops; i++)
        for (uint32_t k = 0; k < net->ops[i].plan.n_tensors; k++) {
            const bnn_parameter *p = &net->ops[i].parameters[k];
            if (p->latent)
                t->sums[i].flips += bnn_count_flips(p->n, p->acting, t->codes[p - net->parameters]);
        }
}

void bnn_telemetry_add_norms(bnn_session *session)
{
    const bnn_network *net = session->net;
    for (uint32_t i = 0; i < net->n_ops; i++) {
        bnn_telemetry_sums *sums = &session->telemetry->sums[i];
        double squares = 0.0;
        for (uint32_t k = 0; k < bnn_telemetry_tensors(&net->ops[i]); k++) {
            const bnn_parameter *p = &net->ops[i].parameters[k];
            if (p->gradient != NULL)
                squares += bnn_clip_squares(p->n, p->gradient);
        }
        sums->norms += sqrt(squares);
        sums->n_norms++;
    }
}

/* ---- at the end of an epoch -------------------------------------------------------------- */

/* Of all binary weights of an operation. */
static void end_binary(const bnn_session *s, uint32_t i)
{
    const bnn_telemetry *t = s->telemetry;
    const bnn_network_op *op = &s->net->ops[i];
    uint64_t counts[BNN_BINS] = {0}, n = 0, n_flipped = 0;
    double *bins = bnn_telemetry_values(s, i, BNN_QUANTITY_HISTOGRAM);
    for (uint32_t k = 0; k < op->plan.n_tensors; k++) {
        const bnn_parameter *p = &op->parameters[k];
        if (!p->latent)
            continue;
        const uint8_t *codes = t->codes[p - s->net->parameters];
        for (size_t j = 0; j < p->n; j++)
            n_flipped += (codes[j] & BNN_CODE_FLIPPED) != 0;
        if (bins != NULL)
            bnn_count_bins(p->n, p->value, counts);
        n += p->n;
    }
    bnn_telemetry_put(s, i, BNN_QUANTITY_FLIPS, (double)t->sums[i].flips, (double)n);
    bnn_telemetry_put(s, i, BNN_QUANTITY_NEVER_FLIPPED, (double)(n - n_flipped), (double)n);
    for (uint32_t k = 0; bins != NULL && k < BNN_BINS; k++)
        bins[k] = (double)counts[k] / (double)n;
}

static void end_norm(const bnn_session *s, uint32_t i)
{
    const bnn_network_op *op = &s->net->ops[i];
    uint64_t n_negative = 0, n_zero = 0;
    for (uint32_t k = 0; k < op->plan.n_tensors; k++) {
        const bnn_parameter *p = &op->parameters[k];
        if (strcmp(p->name, BNN_NORM_SCALE) != 0)
            continue;
        for (size_t j = 0; j < p->n; j++) {
            n_negative += p->value[j] < 0.0f;
            n_zero += p->value[j] == 0.0f;
        }
        bnn_telemetry_put(s, i, BNN_QUANTITY_NORM_NEGATIVE, (double)n_negative, (double)p->n);
        bnn_telemetry_put(s, i, BNN_QUANTITY_NORM_ZERO, (double)n_zero, (double)p->n);
    }
}

void bnn_telemetry_end_weights(bnn_session *session)
{
    for (uint32_t i = 0; i < session->net->n_ops; i++) {
        const bnn_telemetry_sums *sums = &session->telemetry->sums[i];
        if (bnn_quantity_applies(&session->net->ops[i], BNN_QUANTITY_FLIPS))
            end_binary(session, i);
        if (bnn_telemetry_values(session, i, BNN_QUANTITY_NORM_ZERO) != NULL)
            end_norm(session, i);
        bnn_telemetry_put(session, i, BNN_QUANTITY_MASKED,
                          (double)sums->arrived - (double)sums->passed, (double)sums->arrived);
        bnn_telemetry_put(session, i, BNN_QUANTITY_GRADIENT_NORM, sums->norms,
                          (double)sums->n_norms);
    }
}
