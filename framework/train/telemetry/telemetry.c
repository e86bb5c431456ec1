/* telemetry.c - the memory of telemetry, planned once, and when it looks. */
#include "train/telemetry/telemetry_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- quantities -------------------------------------------------------------------------- */

typedef enum subject {
    SUBJECT_BINARY_WEIGHTS,
    SUBJECT_SIGN,
    SUBJECT_BINARIZED, /* one of the two */
    SUBJECT_NORM_SCALE,
    SUBJECT_TRAINED,
    SUBJECT_GATES,
    SUBJECT_LOGITS, /* the last operation of a network with gates */
} subject;

/* In the order of bnn_quantity. */
static const struct {
    const char *name;
    subject of;
    uint32_t topic, size;
} quantities[BNN_QUANTITIES] = {
    {"flips", SUBJECT_BINARY_WEIGHTS, BNN_TELEMETRY_FLIPS, 1},
    {"never_flipped", SUBJECT_BINARY_WEIGHTS, BNN_TELEMETRY_NEVER_FLIPPED, 1},
    {"histogram", SUBJECT_BINARY_WEIGHTS, BNN_TELEMETRY_HISTOGRAM, BNN_BINS},
    {"masked", SUBJECT_BINARIZED, BNN_TELEMETRY_MASKED, 1},
    {"balance", SUBJECT_SIGN, BNN_TELEMETRY_BALANCE, 1},
    {"saturation", SUBJECT_SIGN, BNN_TELEMETRY_SATURATION, 1},
    {"dead", SUBJECT_SIGN, BNN_TELEMETRY_DEAD, 1},
    {"norm_negative", SUBJECT_NORM_SCALE, BNN_TELEMETRY_NORM_SIGNS, 1},
    {"norm_zero", SUBJECT_NORM_SCALE, BNN_TELEMETRY_NORM_SIGNS, 1},
    {"gradient_norm", SUBJECT_TRAINED, BNN_TELEMETRY_GRADIENT_NORM, 1},
    {"gradient_cosine", SUBJECT_BINARY_WEIGHTS, BNN_TELEMETRY_MISMATCH, 1},
    {"hardened", SUBJECT_GATES, BNN_TELEMETRY_HARDENING, 1},
    {"soft_accuracy", SUBJECT_LOGITS, BNN_TELEMETRY_HARDENING, 1},
};

static bool gives_bits(const bnn_network_op *op)
{
    return (bnn_use_layer(&op->use)->flags & BNN_LAYER_GIVES_BITS) != 0;
}

bool bnn_quantity_applies(const bnn_network_op *op, bnn_quantity quantity)
{
    const bool sign = op->letter == BNN_NETWORK_SIGN;
    bool latent = false, trained = false, scale = false;
    for (uint32_t t = 0; !sign && t < bnn_telemetry_tensors(op); t++) {
        const bnn_parameter *p = &op->parameters[t];
        latent = latent || p->latent;
        trained = trained || p->gradient != NULL;
        scale = scale || (op->letter == BNN_ROLE_NORM && strcmp(p->name, BNN_NORM_SCALE) == 0);
    }
    switch (quantities[quantity].of) {
    case SUBJECT_BINARY_WEIGHTS:
        return latent;
    case SUBJECT_SIGN:
        return sign;
    case SUBJECT_BINARIZED:
        return latent || sign;
    case SUBJECT_NORM_SCALE:
        return scale;
    case SUBJECT_GATES:
        return trained && gives_bits(op);
    case SUBJECT_LOGITS:
        return false; /* of the network: plan_values() */
    default:
        return trained;
    }
}

static const uint32_t NOWHERE = UINT32_MAX;

double *bnn_telemetry_values(const bnn_session *session, uint32_t i, bnn_quantity quantity)
{
    const bnn_telemetry *t = session->telemetry;
    const uint32_t first = t->first[i][quantity];
    return first == NOWHERE ? NULL : t->values + (size_t)session->at.epoch * t->n_values + first;
}

void bnn_telemetry_put(const bnn_session *session, uint32_t i, bnn_quantity quantity, double part,
                       double whole)
{
    double *value = bnn_telemetry_values(session, i, quantity);
    if (value != NULL && whole > 0.0)
        *value = part / whole;
}

/* ---- planning ---------------------------------------------------------------------------- */

/* The outputs of gates, to an image. */
static size_t gate_outputs(const bnn_network *net)
{
    size_t n = 0;
    for (uint32_t i = 0; i < net->n_ops; i++)
        if (bnn_quantity_applies(&net->ops[i], BNN_QUANTITY_HARDENING))
            n += bnn_shape_values(net->ops[i].plan.out);
    return n;
}

/* Gives each quantity of each operation its place among an epoch's values. */
static void plan_values(bnn_telemetry *t, const bnn_network *net)
{
    const bool has_gates = gate_outputs(net) > 0;
    for (uint32_t i = 0; i < t->n_ops; i++)
        for (bnn_quantity q = 0; q < BNN_QUANTITIES; q++) {
            const bool wanted = (t->set & quantities[q].topic) != 0;
            t->first[i][q] = NOWHERE;
            const bool is_logits =
                has_gates && i + 1 == t->n_ops && quantities[q].of == SUBJECT_LOGITS;
            if (!wanted || !(is_logits || bnn_quantity_applies(&net->ops[i], q)))
                continue;
            t->first[i][q] = t->n_values;
            t->n_values += quantities[q].size;
        }
}

/* The parts of the block, in memory or only counted. */
static void cut_block(bnn_telemetry *t, const bnn_session *s, uint8_t *memory)
{
    bnn_cut cut = {.memory = memory};
    const size_t n_epochs = (size_t)s->job->train->epochs;
    size_t n_codes = 0;
    for (uint32_t i = 0; i < s->net->n_parameters; i++)
        n_codes += s->net->parameters[i].latent ? s->net->parameters[i].n : 0;
    t->sums = bnn_cut_off(&cut, t->n_ops, sizeof *t->sums);
    t->values = bnn_cut_off(&cut, n_epochs * t->n_values, sizeof *t->values);
    t->all_codes = bnn_cut_off(&cut, n_codes, sizeof *t->all_codes);
    t->n_bytes = cut.used;
}

/* Where the binary weights of each tensor begin. */
static void plan_codes(bnn_telemetry *t, const bnn_network *net)
{
    uint8_t *codes = t->all_codes;
    for (uint32_t i = 0; i < net->n_parameters; i++)
        if (net->parameters[i].latent) {
            t->codes[i] = codes;
            codes += net->parameters[i].n;
        }
}

static int plan_memory(bnn_telemetry *t, bnn_session *s)
{
    const bnn_network *net = s->net;
    size_t n_states = 0, n_channels = 0;
    const size_t n_bits =
        (t->set & BNN_TELEMETRY_HARDENING) != 0 ? gate_outputs(net) * net->lanes : 0;
    cut_block(t, s, NULL);
    uint8_t *memory = bnn_arena_alloc(s->arena, t->n_bytes, 1);
    for (uint32_t i = 0; i < net->n_parameters; i++)
        n_states += net->parameters[i].kind == BNN_TENSOR_STATE ? net->parameters[i].n : 0;
    for (uint32_t i = 0; i < net->n_ops; i++)
        n_channels += net->ops[i].plan.out.c;
    t->codes = bnn_arena_alloc(s->arena, net->n_parameters, sizeof *t->codes);
    t->states = bnn_arena_alloc(s->arena, n_states, sizeof *t->states);
    t->images = bnn_arena_alloc(s->arena, net->lanes, sizeof *t->images);
    t->seen = bnn_arena_alloc(s->arena, t->n_ops, sizeof *t->seen);
    t->channels = bnn_arena_alloc(s->arena, n_channels, sizeof *t->channels);
    t->slopes = bnn_arena_alloc(s->arena, t->n_ops, sizeof *t->slopes);
    t->cosines = bnn_arena_alloc(s->arena, t->n_ops, sizeof *t->cosines);
    t->hardened = bnn_arena_alloc(s->arena, t->n_ops, sizeof *t->hardened);
    uint8_t *bits = bnn_arena_alloc(s->arena, n_bits, sizeof *bits);
    if (memory == NULL || t->codes == NULL || t->states == NULL || t->images == NULL ||
        t->seen == NULL || t->channels == NULL || t->slopes == NULL || t->cosines == NULL ||
        t->hardened == NULL || bits == NULL)
        return BNN_E_INTERNAL;
    t->bits = n_bits > 0 ? bits : NULL;
    cut_block(t, s, memory);
    t->n_channels = n_channels;
    plan_codes(t, net);
    return BNN_OK;
}

/* The probe of a network: gradients in front of an STE, and behind it. */
static void look_at_gradient(void *context, const char *layer, bool passed, size_t n,
                             const float *gradient)
{
    const bnn_session *s = context;
    uint32_t i = 0;
    while (s->net->ops[i].name != layer)
        i++;
    bnn_telemetry_sums *sums = &s->telemetry->sums[i];
    *(passed ? &sums->passed : &sums->arrived) += bnn_count_nonzero(n, gradient);
}

int bnn_telemetry_create(bnn_session *session)
{
    const bnn_network *net = session->net;
    bnn_telemetry *t = NULL;
    if (session->job->telemetry == 0)
        return BNN_OK;
    t = bnn_arena_alloc(session->arena, 1, sizeof *t);
    if (t == NULL)
        return BNN_E_INTERNAL;
    t->set = session->job->telemetry;
    t->n_ops = net->n_ops;
    t->probe = (bnn_network_probe){.look = look_at_gradient, .context = session};
    t->first = bnn_arena_alloc(session->arena, net->n_ops, sizeof *t->first);
    if (t->first == NULL)
        return BNN_E_INTERNAL;
    plan_values(t, net);
    if (plan_memory(t, session) != BNN_OK)
        return BNN_E_INTERNAL;
    session->telemetry = t;
    return BNN_OK;
}

void *bnn_telemetry_state(const bnn_session *session, size_t *out_bytes)
{
    const bnn_telemetry *t = session->telemetry;
    *out_bytes = t == NULL ? 0 : t->n_bytes;
    return t == NULL ? NULL : t->sums;
}

/* ---- steps ------------------------------------------------------------------------------- */

void bnn_telemetry_begin_step(bnn_session *session)
{
    bnn_telemetry *t = session->telemetry;
    if (t == NULL)
        return;
    if (session->at.epoch == 0 && session->at.step == 0)
        bnn_telemetry_begin_weights(session);
    t->looking = session->at.step % BNN_TELEMETRY_LOOK_EVERY == 0;
    if (t->looking && (t->set & BNN_TELEMETRY_MASKED) != 0)
        session->net->probe = &t->probe;
}

void bnn_telemetry_end_step(bnn_session *session)
{
    bnn_telemetry *t = session->telemetry;
    if (t == NULL)
        return;
    session->net->probe = NULL;
    if ((t->set & (BNN_TELEMETRY_FLIPS | BNN_TELEMETRY_NEVER_FLIPPED)) != 0)
        bnn_telemetry_count_flips(session);
    if (t->looking && (t->set & BNN_TELEMETRY_GRADIENT_NORM) != 0)
        bnn_telemetry_add_norms(session);
}

void bnn_telemetry_end_epoch(bnn_session *session)
{
    bnn_telemetry *t = session->telemetry;
    if (t == NULL)
        return;
    double *values = t->values + (size_t)session->at.epoch * t->n_values;
    for (uint32_t k = 0; k < t->n_values; k++)
        values[k] = (double)NAN;
    bnn_telemetry_end_weights(session);
    bnn_telemetry_end_activations(session);
    bnn_telemetry_end_mismatch(session);
    bnn_telemetry_end_hardening(session);
    memset(t->sums, 0, t->n_ops * sizeof *t->sums);
}

/* ---- rows -------------------------------------------------------------------------------- */

void bnn_telemetry_send(const bnn_session *session, uint32_t epoch)
{
    const bnn_telemetry *t = session->telemetry;
    const bnn_train_job *job = session->job;
    for (uint32_t i = 0; t != NULL && i < t->n_ops; i++)
        for (bnn_quantity q = 0; q < BNN_QUANTITIES; q++) {
            const double *values = t->values + (size_t)(epoch - 1) * t->n_values;
            if (t->first[i][q] == NOWHERE)
                continue;
            values += t->first[i][q];
            for (uint32_t k = 0; k < quantities[q].size; k++) {
                bnn_record record = {.kind = BNN_RECORD_LAYER_METRIC,
                                     .layer_metric = {.ordinal = i,
                                                      .epoch = epoch,
                                                      .bin = q == BNN_QUANTITY_HISTOGRAM
                                                                 ? bnn_bin_bound(k)
                                                                 : (double)NAN,
                                                      .value = values[k]}};
                snprintf(record.layer_metric.layer, BNN_NAME_MAX, "%s", session->net->ops[i].name);
                snprintf(record.layer_metric.name, BNN_NAME_MAX, "%s", quantities[q].name);
                if (isfinite(values[k]))
                    job->record(job->context, &record);
            }
        }
}
