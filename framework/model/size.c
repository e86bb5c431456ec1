#include "model/network.h"

#include "infer/codes.h"
#include "model/wire.h"

#include <stdio.h>
#include <string.h>

/* Behind op i, where nothing else sees what it gives, and operations of these letters stand in between. */
static const bnn_network_op *next_behind(const bnn_network *network, uint32_t i,
                                         const char *between)
{
    while ((i = bnn_wire_next(network, i)) < network->n_ops)
        if (strchr(between, network->ops[i].letter) == NULL)
            return &network->ops[i];
    return NULL;
}

/* Behind which linear operation op i stands, pools and activations in between; NULL when another
 * norm, a sum with another value, or nothing is found. */
static const bnn_network_op *linear_before(const bnn_network *network, uint32_t i)
{
    int32_t at = network->ops[i].input;
    while (at >= 0) {
        const bnn_network_op *op = &network->ops[at];
        if (op->letter == BNN_ROLE_LINEAR)
            return op;
        if (op->letter == BNN_ROLE_NORM || op->letter == BNN_NETWORK_SIGN ||
            op->letter == BNN_NETWORK_ADD)
            return NULL;
        at = op->input;
    }
    return NULL;
}

/* Bits of one channel of a norm, see bnn_network_layer_size. */
static uint64_t norm_bits_of_channel(const bnn_network *network, uint32_t i)
{
    const bnn_network_op *next = next_behind(network, i, "PARH");
    if (next == NULL || next->letter != BNN_NETWORK_SIGN ||
        !bnn_model_activations_are_signs(network->options))
        return 64;
    const bnn_network_op *linear = linear_before(network, i);
    const bool integers =
        linear != NULL && linear->plan.binary_weights && linear->plan.binary_inputs;
    return integers ? 16 + 1 : 32 + 1;
}

/* A shift that follows a norm moves its threshold; another is a threshold itself, or with other levels
 * than signs a number. */
static uint64_t shift_bits_of_channel(const bnn_network *network, uint32_t i)
{
    int32_t before = network->ops[i].input;
    while (before >= 0 && strchr("PAR", network->ops[before].letter) != NULL)
        before = network->ops[before].input;
    const bool norm = before >= 0 && network->ops[before].letter == BNN_ROLE_NORM &&
                      next_behind(network, (uint32_t)before, "PARH") != NULL;
    return norm                                                ? 0
           : bnn_model_activations_are_signs(network->options) ? norm_bits_of_channel(network, i)
                                                               : 32;
}

/* Bits of the scale behind a linear op: none where all up to the next sign becomes a threshold. */
static uint64_t scale_bits(const bnn_network *network, uint32_t i)
{
    const bnn_form_plan *form = &network->ops[i].form;
    const bnn_network_op *next = next_behind(network, i, "*PARBH");
    const bool folds = next != NULL && next->letter == BNN_NETWORK_SIGN &&
                       bnn_model_activations_are_signs(network->options);
    if (form->scale == BNN_SCALE_NONE || folds)
        return 0;
    return form->scale == BNN_SCALE_TENSOR ? 32 : 32 * (uint64_t)form->filters;
}

/* Latent weights are bits or digits of their codes, where those are such; the others floats. */
static uint64_t tensor_bits(const bnn_network_op *op, const bnn_parameter *p)
{
    const bnn_codes codes = {op->form.code_min, op->form.code_max, op->form.code_step};
    if (p->latent && op->plan.binary_weights)
        return p->n;
    return p->latent && bnn_codes_are_digits(codes) ? bnn_codes_bits(codes, p->n)
                                                    : 32 * (uint64_t)p->n;
}

bool bnn_network_layer_size(const bnn_network *network, uint32_t i, bnn_layer_record *out)
{
    const bnn_network_op *op = &network->ops[i];
    const bnn_parameter *p = op->parameters;
    const uint32_t n = op->plan.n_tensors;
    if (n == 0)
        return false;
    bnn_layer_record size = {.macs = op->plan.macs,
                             .binary_weights = op->plan.binary_weights,
                             .binary_inputs = op->plan.binary_inputs};
    snprintf(size.layer, sizeof size.layer, "%s", op->name);
    snprintf(size.kind, sizeof size.kind, "%s", op->use.plugin->head->name);
    for (uint32_t t = 0; t < n; t++) {
        size.n_parameters += p[t].kind == BNN_TENSOR_STATE ? 0 : p[t].n;
        size.float32_bytes += 4 * p[t].n;
        size.bits += tensor_bits(op, &p[t]);
    }
    for (uint32_t t = n; t < n + op->form.n_tensors; t++)
        size.n_parameters += p[t].kind == BNN_TENSOR_STATE ? 0 : p[t].n;
    size.bits += scale_bits(network, i);
    if (op->plan.deployed_bits > 0)
        size.bits = op->plan.deployed_bits;
    if (op->letter == BNN_ROLE_NORM)
        size.bits = norm_bits_of_channel(network, i) * op->plan.in.c;
    if (op->letter == BNN_ROLE_BEFORE_SIGN)
        size.bits = shift_bits_of_channel(network, i) * op->plan.in.c;
    size.packed_bytes = (size.bits + 7) / 8;
    *out = size;
    return true;
}
