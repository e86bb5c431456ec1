#include "model/network.h"

#include "base/size.h"
#include "model/widths.h"

#include <string.h>

/* ---- first and last ---------------------------------------------------------------------- */

/* Why block i stays as it is whatever is said of its place, "first" or "last"; NULL: it does not. */
static const char *idle_block(const bnn_model_options *model, uint32_t i, const char *place,
                              bnn_arena *arena)
{
    const bnn_binarize *b = &model->binarize;
    const char *layer = model->blocks[i].linear.plugin->head->name;
    if (strcmp(b->layers, "all") != 0 && strcmp(b->layers, layer) != 0)
        return bnn_arena_printf(arena, "model.binarize.layers is %s, and the %s block has %s",
                                b->layers, place, layer);
    if (i == 0 && !b->weights)
        return "the first block sees pixels, so nothing but its weights could be binary";
    return NULL;
}

/* ---- padding ----------------------------------------------------------------------------- */

/* Whether what lies beyond the border changes the outputs of a linear operation. x: signs. */
static bool idle_op_pads(const bnn_network *net, bnn_network_op *op, const float *x, float *y)
{
    const size_t n = bnn_shape_values(op->plan.out) * net->lanes;
    op->io.n = net->lanes;
    op->io.x = x;
    op->io.pad_value = -1.0f;
    bnn_use_layer(&op->use)->forward(&net->context, op->use.params, &op->io);
    memcpy(y, op->y, n * sizeof *y);
    op->io.pad_value = 1.0f;
    bnn_use_layer(&op->use)->forward(&net->context, op->use.params, &op->io);
    return memcmp(y, op->y, n * sizeof *y) != 0;
}

/* Tries every linear operation on binary inputs, since a layer need not say whether it pads. True,
 * too, where there is no memory for it. */
static bool idle_network_pads(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                              bnn_arena *arena)
{
    bnn_error err;
    bnn_network *net;
    if (bnn_network_create(model, input, n_classes, 1, 1, arena, &net, &err) != BNN_OK)
        return true;
    for (uint32_t i = 0; i < net->n_ops; i++) {
        bnn_network_op *op = &net->ops[i];
        const size_t n_in = bnn_shape_values(op->plan.in) * net->lanes;
        const bnn_rng rng = {.seed = 1, .role = BNN_RNG_INIT, .index = i};
        if (!op->plan.binary_inputs)
            continue;
        float *x = bnn_arena_alloc(arena, n_in, sizeof *x);
        float *y = bnn_arena_alloc(arena, bnn_shape_values(op->plan.out) * net->lanes, sizeof *y);
        if (x == NULL || y == NULL)
            return true;
        bnn_rng_fill(&rng, 0, n_in, x);
        for (size_t k = 0; k < n_in; k++)
            x[k] = x[k] < 0.5f ? -1.0f : 1.0f;
        if (idle_op_pads(net, op, x, y))
            return true;
    }
    return false;
}

/* ---- the keys ---------------------------------------------------------------------------- */

/* Why a layer that is named stands nowhere; NULL: it does, or a word such as none is there. */
static const char *idle_layer(const bnn_network *net, const bnn_use *use, char letter,
                              const char *why)
{
    for (uint32_t i = 0; i < net->n_ops; i++)
        if (net->ops[i].letter == letter)
            return NULL;
    return use->plugin != NULL && use->word == NULL ? why : NULL;
}

/* Whether any block, or all of them, have this flag. */
static bool idle_any_block(const bnn_model_options *model, uint32_t flag, bool all)
{
    for (uint32_t i = 0; i < model->n_blocks; i++)
        if (((bnn_model_block_flags(model, i) & flag) != 0) != all)
            return !all;
    return all;
}

/* Those that only the planned network shows. trial: for the network. */
static size_t idle_in_network(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                              const bnn_node *section, bnn_arena *trial, bnn_idle *out)
{
    static const char decided[] = "model.topology|model.binarize|model.quantize|model.ordering";
    const bool widths = model->quantize.acts;
    const char *padding = widths ? "model.quantize.padding" : "model.binarize.padding";
    bnn_error err;
    bnn_network net;
    size_t n = 0;
    if (bnn_network_lay_out(model, input, n_classes, trial, &net, &err) != BNN_OK)
        return 0;
    const bool bits = idle_any_block(model, BNN_LAYER_GIVES_BITS, false);
    if (bnn_tree_find(section, "norm") != NULL)
        out[n++] = (bnn_idle){"model.norm",
                              idle_layer(&net, &model->norm, BNN_ROLE_NORM,
                                         bits ? "bits have no norm behind them"
                                              : "model.ordering has no B in any block"),
                              decided, false};
    if (bnn_tree_find(section, "activation") != NULL)
        out[n++] = (bnn_idle){"model.activation",
                              idle_layer(&net, &model->activation, BNN_ROLE_ACTIVATION,
                                         bits ? "bits have no activation behind them"
                                              : "model.ordering has no A in any block"),
                              decided, false};
    if (bnn_tree_find(section, padding + strlen("model.")) != NULL &&
        bnn_model_has_binary_inputs(model) && !idle_network_pads(model, input, n_classes, trial))
        out[n++] = (bnn_idle){padding, "no layer with binary inputs pads them", decided, false};
    return n;
}

/* ---- what is asked for in vain ----------------------------------------------------------- */

/* Whether the spec asks for a switch of `binarize`; both are on in a map. */
static bool idle_is_asked(const bnn_node *section, const char *path)
{
    const bnn_node *binarize = bnn_tree_get(section, "binarize");
    const bnn_node *node = bnn_tree_find(section, path);
    if (binarize == NULL || binarize->kind != BNN_NODE_MAP)
        return false;
    return node == NULL || (bnn_tree_is_plain(node) && strcmp(node->text, "true") == 0);
}

/* Why there is no binary block; inputs: none with binary inputs. */
static const char *idle_reason(const bnn_model_options *model, bool inputs, bnn_arena *arena)
{
    const char *what = inputs ? "no block has binary inputs" : "no block has binary weights";
    const char *first = inputs ? "the first, which sees pixels," : "the first";
    const char *layers = model->binarize.layers;
    const bool all = strcmp(layers, "all") == 0;
    if (idle_any_block(model, BNN_LAYER_WEIGHTLESS, true))
        return bnn_arena_printf(arena, "%s: none has weights", what);
    if (all && model->n_blocks == 1)
        return bnn_arena_printf(arena, "%s: there is only %s", what,
                                inputs ? "one, which sees pixels"
                                       : "one, which model.binarize leaves out");
    return bnn_arena_printf(arena, "%s: %s%s are %s or the last, which model.binarize leaves out",
                            what, all ? "all" : "those with ", all ? "" : layers, first);
}

static size_t idle_in_vain(const bnn_model_options *model, const bnn_node *section,
                           bnn_arena *arena, bnn_idle *out)
{
    static const char decided[] = "model.topology|model.binarize";
    const bnn_binarize *b = &model->binarize;
    size_t n = 0;
    if (!b->weights && idle_is_asked(section, "binarize.weights"))
        out[n++] =
            (bnn_idle){"model.binarize.weights", idle_reason(model, false, arena), decided, true};
    if (!b->activations && idle_is_asked(section, "binarize.activations"))
        out[n++] = (bnn_idle){"model.binarize.activations", idle_reason(model, true, arena),
                              decided, true};
    return n;
}

/* ---- widths ------------------------------------------------------------------------------ */

/* Why what a place of `quantize` says changes nothing; NULL: it does, or says nothing. */
static const char *idle_width(const bnn_model_options *model, const bnn_width *width,
                              bnn_width_of what, const bnn_node *said)
{
    const bnn_quantize *q = &model->quantize;
    const bool weights = what == BNN_WIDTH_OF_WEIGHTS;
    const bool is_float = bnn_tree_is_plain(said) && strcmp(said->text, "float") == 0;
    if (weights ? q->weights : q->activations)
        return bnn_width_acts(model, width, what) ? NULL
                                                  : "no layer would have another width without it";
    return is_float  ? NULL
           : weights ? "no layer of this network has weights"
                     : "there is no layer behind the first, which sees pixels";
}

static size_t idle_widths(const bnn_model_options *model, const bnn_node *section, bnn_arena *arena,
                          bnn_idle *out)
{
    static const char *const names[] = {"weights", "activations"};
    const bnn_width *width;
    const char *key;
    size_t n = 0;
    for (uint32_t place = 0; (width = bnn_width_at(&model->quantize, place, &key)) != NULL; place++)
        for (int what = 0; what < 2; what++) {
            const char *path = bnn_arena_printf(arena, "model.quantize.%s%s%s", key,
                                                *key == '\0' ? "" : ".", names[what]);
            const bnn_node *said =
                path == NULL ? NULL : bnn_tree_find(section, path + strlen("model."));
            if (said != NULL)
                out[n++] = (bnn_idle){path, idle_width(model, width, (bnn_width_of)what, said),
                                      "model.topology|model.quantize", false};
        }
    return n;
}

/* What signs have, and quantizers have not. */
static size_t idle_of_signs(const bnn_model_options *model, const bnn_node *section, bnn_idle *out)
{
    static const char *const paths[] = {"model.ste.activations", "model.before_sign",
                                        "model.quantize.padding"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (model->quantize.activations && !model->quantize.signs &&
            bnn_tree_find(section, paths[i] + strlen("model.")) != NULL)
            out[n++] = (bnn_idle){paths[i], "there is no sign in this network, but quantizers",
                                  "model.topology|model.quantize", false};
    return n;
}

size_t bnn_model_find_idle(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                           const bnn_node *section, bnn_arena *arena,
                           bnn_idle out[BNN_MODEL_IDLE_MAX])
{
    static const char decided[] = "model.topology|model.binarize";
    const bool binary = model->binarize.weights || model->binarize.activations;
    const char *why;
    size_t n = idle_in_vain(model, section, arena, out);
    n += idle_widths(model, section, arena, out + n);
    n += idle_of_signs(model, section, out + n);
    if (binary && bnn_tree_find(section, "binarize.first") != NULL &&
        (why = idle_block(model, 0, "first", arena)) != NULL)
        out[n++] = (bnn_idle){"model.binarize.first", why, decided, false};
    if (binary && bnn_tree_find(section, "binarize.last") != NULL &&
        (why = idle_block(model, model->n_blocks - 1, "last", arena)) != NULL)
        out[n++] = (bnn_idle){"model.binarize.last", why, decided, false};
    bnn_arena *trial = bnn_arena_create(BNN_NETWORK_LIMIT_BYTES);
    if (trial != NULL)
        n += idle_in_network(model, input, n_classes, section, trial, out + n);
    bnn_arena_destroy(trial);
    return n;
}
