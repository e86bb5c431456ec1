#include "export/check.h"

#include "export/build.h"
#include "model/network.h"

#include <stdio.h>
#include <string.h>

typedef struct notes {
    bnn_diag *diag;
    bnn_position_in_file at;
} notes;

static void check_warn(void *context, const char *text)
{
    const notes *n = context;
    bnn_diag_warn(n->diag, n->at, "deployment: %s", text);
}

/* Whether op i is linear with latent weights of other codes than -1 and +1. */
static bool check_has_codes(const bnn_network *network, uint32_t i)
{
    return network->ops[i].form.filters > 0 && !network->ops[i].plan.binary_weights;
}

/* Whether the inputs of a layer, op i, are pixels or a quantizer's codes, or signs and its codes few: with codes as
 * weights its sums are of bytes, or of bits. */
static bool check_sees_integers(const bnn_network *network, uint32_t i)
{
    const bnn_form_plan *form = &network->ops[i].form;
    int32_t at = network->ops[i].input;
    while (at >= 0) {
        const bnn_network_op *op = &network->ops[at];
        if (op->letter == BNN_NETWORK_SIGN)
            return bnn_model_activations_are_signs(network->options) && form->code_min > -16 &&
                   form->code_max < 16;
        if (strchr("QL+", op->letter) != NULL)
            return op->letter == BNN_ROLE_QUANTIZER;
        at = op->input;
    }
    return true;
}

/* Such weights, of op i. */
static void check_codes_of(const notes *n, const bnn_network *network, uint32_t i)
{
    const bnn_form_plan *form = &network->ops[i].form;
    const bnn_codes codes = {form->code_min, form->code_max, form->code_step};
    char what[160] = "real numbers; they are deployed as floats";
    if (bnn_codes_are_digits(codes))
        snprintf(what, sizeof what,
                 "%u levels; they take %u.%u bits each in the model file, and become floats, since "
                 "they are multiplied with real numbers",
                 bnn_codes_levels(codes), bnn_codes_tenths(codes) / 10,
                 bnn_codes_tenths(codes) % 10);
    else if (codes.step != 0)
        snprintf(what, sizeof what,
                 "more than a byte has, from %d to %d; they are deployed as floats", codes.min,
                 codes.max);
    bnn_diag_warn(n->diag, n->at, "deployment: weights of form %s are %s",
                  network->ops[i].form_use->plugin->head->name, what);
}

/* Those of each form that has others than before. */
static void check_codes(const notes *n, const bnn_network *network)
{
    for (uint32_t i = 0; i < network->n_ops; i++) {
        const bnn_form_plan *a = &network->ops[i].form, *b;
        const bnn_codes codes = {a->code_min, a->code_max, a->code_step};
        bool said = !check_has_codes(network, i) ||
                    (check_sees_integers(network, i) && bnn_codes_are_digits(codes));
        for (uint32_t k = 0; k < i && !said; k++) {
            b = &network->ops[k].form;
            said = check_has_codes(network, k) && !check_sees_integers(network, k) &&
                   a->code_min == b->code_min && a->code_max == b->code_max &&
                   a->code_step == b->code_step;
        }
        if (!said)
            check_codes_of(n, network, i);
    }
}

/* Activations with other levels than -1 and +1. */
static void check_levels(const notes *n, const bnn_model_options *model)
{
    if (bnn_model_has_binary_inputs(model) && !bnn_model_activations_are_signs(model) &&
        bnn_use_ste(&model->activation_ste)->lower != NULL)
        bnn_diag_warn(
            n->diag, n->at,
            "deployment: activations of STE %s are numbers from 0 to 1; they are deployed "
            "as floats, since the engine has loops for -1 and +1",
            model->activation_ste.plugin->head->name);
}

/* Activations of whole numbers in front of weights that are none. */
static void check_quantizers(const notes *n, const bnn_network *network)
{
    const bnn_network_op *quantizer = NULL;
    for (uint32_t i = 0; i < network->n_ops; i++) {
        const bnn_network_op *op = &network->ops[i];
        if (op->letter == BNN_ROLE_LINEAR && quantizer != NULL && op->form.filters == 0) {
            bnn_diag_warn(
                n->diag, n->at,
                "deployment: activations of %s have %d levels; their sums are formed in floats, "
                "since weights are real numbers",
                quantizer->use.plugin->head->name,
                quantizer->plan.code_max - quantizer->plan.code_min + 1);
            return;
        }
        if (op->letter == BNN_ROLE_LINEAR || op->letter == BNN_ROLE_QUANTIZER)
            quantizer = op->letter == BNN_ROLE_QUANTIZER ? op : NULL;
    }
}

int bnn_export_check(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                     bnn_diag *diag)
{
    bnn_error err;
    bnn_network *network;
    bnn_graph *graph;
    bnn_model *deployed;
    notes n = {.diag = diag, .at = model->at};
    bnn_arena *arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    if (arena == NULL)
        return BNN_E_INTERNAL;
    const int status = bnn_network_create(model, input, n_classes, 1, 1, arena, &network, &err);
    if (status != BNN_OK)
        bnn_diag_add(diag, model->at, "model: %s", err.message);
    else {
        bnn_network_start_form(network); /* or codes of several levels might all be -1 and +1 */
        check_codes(&n, network);
        check_levels(&n, model);
        check_quantizers(&n, network);
    }
    if (status == BNN_OK &&
        (bnn_graph_create(network, arena, &graph, &err) != BNN_OK ||
         bnn_export_build(graph, NULL, 0, true, check_warn, &n, arena, &deployed, &err) != BNN_OK))
        bnn_diag_warn(diag, model->at, "deployment: %s", err.message);
    bnn_arena_destroy(arena);
    return status;
}
