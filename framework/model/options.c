#include "model/options.h"

#include "base/text.h"
#include "model/widths.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Blocks that are only counted have no layers. */
uint32_t bnn_model_block_flags(const bnn_model_options *model, uint32_t i)
{
    return model->blocks == NULL ? 0 : bnn_use_layer(&model->blocks[i].linear)->flags;
}

uint32_t bnn_model_block_source(const bnn_model_options *model, uint32_t i)
{
    const int32_t from = model->blocks == NULL ? BNN_BLOCK_NONE : model->blocks[i].from.block;
    return from == BNN_BLOCK_NONE ? i : (uint32_t)from;
}

bool bnn_model_block_adds(const bnn_model_options *model, uint32_t i)
{
    return model->blocks != NULL && model->blocks[i].add.block != BNN_BLOCK_NONE;
}

static bool pool_keeps_bits(const bnn_use *pool)
{
    return pool->plugin == NULL || (bnn_use_layer(pool)->flags & BNN_LAYER_KEEPS_BITS) != 0;
}

bool bnn_model_block_sees_bits(const bnn_model_options *model, uint32_t i)
{
    const uint32_t source = bnn_model_block_source(model, i), k = source - 1;
    return source > 0 && (bnn_model_block_flags(model, k) & BNN_LAYER_GIVES_BITS) != 0 &&
           !bnn_model_block_adds(model, k) && pool_keeps_bits(&model->blocks[k].pool) &&
           pool_keeps_bits(&model->blocks[i].pool);
}

static bool names_block(const bnn_model_options *model, uint32_t i)
{
    const bnn_binarize *b = &model->binarize;
    if ((bnn_model_block_flags(model, i) & BNN_LAYER_WEIGHTLESS) != 0)
        return false;
    if ((i == 0 && !b->first) || (i == model->n_blocks - 1 && !b->last))
        return false;
    return strcmp(b->layers, "all") == 0 ||
           strcmp(b->layers, model->blocks[i].linear.plugin->head->name) == 0;
}

const bnn_use *bnn_model_block_form(const bnn_model_options *model, uint32_t i)
{
    if (model->quantize.acts)
        return bnn_widths_form(model, i);
    return model->binarize.weights && names_block(model, i) ? &model->form : NULL;
}

bool bnn_model_block_has_binary_inputs(const bnn_model_options *model, uint32_t i)
{
    const uint32_t flags = bnn_model_block_flags(model, i);
    const bool widths = model->quantize.acts;
    const bool asked = widths ? bnn_widths_ask_sign(model, i)
                              : model->binarize.activations && bnn_model_block_source(model, i) > 0;
    if ((flags & BNN_LAYER_TAKES_BITS) != 0)
        return asked && !bnn_model_block_sees_bits(model, i);
    return asked && (widths ? (flags & BNN_LAYER_WEIGHTLESS) == 0 : names_block(model, i));
}

/* Bits are quantized already. */
const bnn_use *bnn_model_block_quantizer(const bnn_model_options *model, uint32_t i)
{
    static const uint32_t others = BNN_LAYER_TAKES_BITS | BNN_LAYER_WEIGHTLESS;
    if (!model->quantize.acts || (bnn_model_block_flags(model, i) & others) != 0 ||
        bnn_model_block_sees_bits(model, i))
        return NULL;
    return bnn_widths_quantizer(model, i);
}

bool bnn_model_has_latent_weights(const bnn_model_options *model)
{
    return model->binarize.weights || model->quantize.weights;
}

bool bnn_model_has_binary_inputs(const bnn_model_options *model)
{
    return model->binarize.activations || model->quantize.signs;
}

bool bnn_model_has_quantizers(const bnn_model_options *model)
{
    for (uint32_t i = 0; i < model->n_blocks; i++)
        if (bnn_model_block_quantizer(model, i) != NULL)
            return true;
    return false;
}

double bnn_model_clip(const bnn_model_options *model)
{
    return model->quantize.acts ? model->quantize.clip : model->binarize.clip;
}

float bnn_model_pad_value(const bnn_model_options *model)
{
    const int32_t choice = model->quantize.acts ? model->quantize.padding : model->binarize.padding;
    return choice == 0 ? -1.0f : 1.0f;
}

bool bnn_model_activations_are_signs(const bnn_model_options *model)
{
    return bnn_use_ste(&model->activation_ste)->levels == BNN_LEVELS_SIGNS;
}

static bool any_latent(const bnn_model_options *model)
{
    for (uint32_t i = 0; i < model->n_blocks; i++)
        if (bnn_model_block_form(model, i) != NULL)
            return true;
    return false;
}

static bool any_sign(const bnn_model_options *model)
{
    for (uint32_t i = 0; i < model->n_blocks; i++)
        if (bnn_model_block_has_binary_inputs(model, i))
            return true;
    return false;
}

/* ---- the keys ---------------------------------------------------------------------------- */

#define WEIGHTS     "model.binarize.weights=true"
#define ACTIVATIONS "model.binarize.activations=true"
#define BLOCKS      "model.topology|model.binarize" /* a network may have none to binarize */

static const bnn_key binarize_keys[] = {
    {.param = BNN_SWITCH(bnn_binarize, weights, 1, "weights act as their sign"), .depends = BLOCKS},
    {.param = BNN_SWITCH(bnn_binarize, activations, 1, "a sign stands before each binary layer"),
     .depends = BLOCKS},
    {.param = BNN_SWITCH(bnn_binarize, first, 0, "binarize the first block, too"),
     .acts = WEIGHTS "|" ACTIVATIONS},
    {.param = BNN_SWITCH(bnn_binarize, last, 0, "binarize the last block, too"),
     .acts = WEIGHTS "|" ACTIVATIONS},
    {BNN_KEY_TEXT(bnn_binarize, layers, "layers", "all, or the one layer plugin that is binarized"),
     .standard = "all", .words = "all", .detail = BNN_KIND_LAYER | BNN_ROLE_LINEAR << 8,
     .acts = WEIGHTS "|" ACTIVATIONS},
    {.param = BNN_CHOICE(bnn_binarize, padding, 0, "-1|+1",
                         "what lies beyond the border of a binary layer"),
     .acts = ACTIVATIONS},
    {.param = BNN_NUMBER(bnn_binarize, clip, 1.0, 0.0, 1000.0,
                         "latent weights stay in [-clip, clip]; 0: not clipped"),
     .acts = WEIGHTS},
    BNN_KEYS_END,
};

static const bnn_section binarize_section = {.keys = binarize_keys};

/* Where there are latent weights, and signs, of either section. */
#define LATENT WEIGHTS "|model.quantize.weights"
#define SIGNS  ACTIVATIONS "|model.quantize.activations"

#define STE_ELSEWHERE                                                                              \
    "sign=clipped|ste_sign=clipped|htanh=clipped|hardtanh=clipped|hard_tanh=clipped|ste=identity|" \
    "straight_through=identity|bireal=approx_sign|swish=swish_sign|atan=arctan|"                   \
    "fda=fda_without_noise|crelu=hwgq|leaky_clip=leaky|leaky_tanh=leaky|long_tailed=polynomial|"   \
    "magnitude_aware=a weight form, model.form: magnitude_aware"

static const bnn_key ste_keys[] = {
    {BNN_KEY_PLUGIN(bnn_model_options, weight_ste, "weights", BNN_KIND_STE,
                    "the gradient through the sign of weights"),
     .standard = "clipped", .acts = LATENT, .unfit = BNN_STE_ACTIVATIONS, .foreign = STE_ELSEWHERE},
    {BNN_KEY_PLUGIN(bnn_model_options, activation_ste, "activations", BNN_KIND_STE,
                    "the gradient through the sign of activations"),
     .standard = "clipped", .acts = SIGNS, .foreign = STE_ELSEWHERE},
    BNN_KEYS_END,
};

static const bnn_section ste_section = {.keys = ste_keys, .flags = BNN_SECTION_EACH};

/* One more row under the key that users write, to query by. */
static void ste_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    const bnn_model_options *model = in;
    const char *w =
        bnn_model_has_latent_weights(model) ? model->weight_ste.plugin->head->name : NULL;
    const char *a =
        bnn_model_has_binary_inputs(model) ? model->activation_ste.plugin->head->name : NULL;
    char both[192];
    if (w != NULL && a != NULL && strcmp(w, a) != 0)
        snprintf(both, sizeof both, "%s/%s", w, a);
    else
        snprintf(both, sizeof both, "%s", w != NULL ? w : a != NULL ? a : "none");
    bnn_section_record(r, key->section, in);
    bnn_record_text(r, both);
}

static const bnn_key_type ste_type = {"a plugin for both, or a map", bnn_section_of_key_read,
                                      ste_record, NULL};

#define LETTERS "LPBA"

/* What is wrong with an order that is written by its letters, those that are missing at last; NULL: nothing
 * is. */
static const char *letters_mistake(const bnn_reader *r, const char *word)
{
    static const char *const needed[] = {"L", "P"};
    for (const char *at = word; *at != '\0'; at++)
        if (strchr(LETTERS, *at) == NULL)
            return bnn_arena_printf(r->arena, "%c is none of them", *at);
    for (const char *at = word; *at != '\0'; at++)
        if (strchr(at + 1, *at) != NULL)
            return bnn_arena_printf(r->arena, "%c is there twice", *at);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (strstr(word, needed[i]) == NULL)
            return bnn_arena_printf(r->arena, "%s is missing%s", needed[i],
                                    i == 1 ? "; blocks without a pool leave it out themselves"
                                           : "");
    return NULL;
}

/* Whether something is meant for letters: no plugin of an ordering is called like that. */
static bool letters_are_meant(const bnn_node *word)
{
    const char *text = word != NULL && word->kind == BNN_NODE_SCALAR ? word->text : "";
    const size_t n = strlen(text), n_capital = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return n > 0 && (n_capital == n || (n > 1 && strspn(text, "lpba" LETTERS) == n));
}

/* The word, or after a message another one in its place, so that the mistake is said once. */
static const bnn_node *letters_check(const bnn_reader *r, const bnn_node *word)
{
    char capital[BNN_EXCERPT], excerpt[BNN_EXCERPT];
    snprintf(capital, sizeof capital, "%s", word->text);
    for (char *at = capital; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    const char *mistake = letters_mistake(r, capital);
    if (mistake == NULL && strcmp(capital, word->text) == 0)
        return word;
    if (mistake == NULL)
        bnn_diag_add(r->diag, word->at, "%s: the letters of an order are capitals: %s", r->path,
                     capital);
    else
        bnn_diag_add(
            r->diag, word->at,
            "%s: \"%s\" is no order of L (linear), P (pool), B (norm) and A (activation): %s",
            r->path, bnn_excerpt(word->text, excerpt), mistake);
    bnn_node *other = bnn_arena_copy(r->arena, word, 1, sizeof *word);
    if (other != NULL)
        other->text = LETTERS;
    return other;
}

/* LPBA, or {name: LPBA, ...}, is {name: letters, hidden: LPBA, ...}. No plugin has such a name. */
static const bnn_node *spell_out_ordering(const bnn_reader *r, const bnn_node *node)
{
    const bnn_node *map = node->kind == BNN_NODE_MAP ? node : NULL;
    const bnn_node *word = map != NULL ? bnn_tree_get(map, "name") : node;
    const bnn_node *hidden = map != NULL ? bnn_tree_get(map, "hidden") : NULL;
    if (hidden != NULL && letters_are_meant(hidden)) {
        hidden = letters_check(r, hidden);
        return hidden == NULL ? NULL : bnn_tree_put(map, "hidden", hidden, r->arena, hidden->at);
    }
    if (hidden != NULL || !letters_are_meant(word))
        return node;
    const bnn_node letters = {.kind = BNN_NODE_SCALAR, .at = word->at, .text = "letters"};
    const bnn_node *name = bnn_arena_copy(r->arena, &letters, 1, sizeof letters);
    if ((word = letters_check(r, word)) == NULL || name == NULL ||
        (map = bnn_tree_put(map, "name", name, r->arena, node->at)) == NULL)
        return NULL;
    return bnn_tree_put(map, "hidden", word, r->arena, word->at);
}

static const bnn_key model_keys[] = {
    {BNN_KEY_OF("topology", 0, &bnn_key_topology, "the layers and their sizes"),
     .standard = "lenet5", .also = "architecture|arch", .section = &bnn_topology_section},
    {BNN_KEY_SECTION(bnn_model_options, binarize, "binarize", &binarize_section,
                     "what is binary, and how"),
     .standard = "none", .words = "none", .also = "binary"},
    {BNN_KEY_SECTION(bnn_model_options, quantize, "quantize", &bnn_quantize_section,
                     "how many bits weights and activations have, layer by layer"),
     .standard = "none", .words = "none", .also = "quantization|quantizer|bits|widths",
     .examples =
         "quantize: {weights: 4}\n"
         "quantize: {weights: ternary, first: {weights: 8}, last: {weights: float}}\n"
         "quantize: {weights: {name: lsq, bits: 2, levels: narrow}, conv2d_2: {weights: 3}}\n"
         "quantize: {weights: 4, activations: 1}   # signs between the layers"},
    {BNN_KEY_OF("ste", 0, &ste_type, "what goes through a sign in the backward pass"),
     .standard = "clipped", .also = "estimator|gradient|surrogate", .section = &ste_section},
    {BNN_KEY_PLUGIN(bnn_model_options, form, "form", BNN_KIND_FORM,
                    "what binarized weights are: codes, and a scale"),
     .standard = "plain", .acts = WEIGHTS, .flags = BNN_KEY_UNSET,
     .foreign = "sign=plain|xnor_net=xnor|xnornet=xnor|bwn=xnor|ir_net=libra|irnet=libra|"
                "twn=ternary|reactnet=react|equal_bits=bi_half|xnor_net_plus=learned_scale|"
                "xnor++=learned_scale",
     .also = "weight_form|scale|scaling|weight_quantizer"},
    {BNN_KEY_PLUGIN(bnn_model_options, ordering, "ordering", BNN_KIND_ORDERING,
                    "where norm, pool and activation stand in a block; also by letters, as LPBA"),
     .standard = "bn_act", .spell_out = spell_out_ordering,
     .pattern = "^(?=.*L)(?=.*P)(?!.*(.).*\\1)[LPBA]+$", .also = "order|layer_order"},
    {BNN_KEY_LAYER(bnn_model_options, before_sign, "before_sign", BNN_ROLE_BEFORE_SIGN,
                   "in front of each sign of activations"),
     .standard = "none", .words = "none", .acts = SIGNS, .flags = BNN_KEY_UNSET,
     .foreign = "rsign=shift|learnable_bias=shift|learned_shift=shift", .also = "rsign"},
    {BNN_KEY_LAYER(bnn_model_options, norm, "norm", BNN_ROLE_NORM,
                   "of the blocks, where the ordering has it"),
     .standard = "batchnorm", .words = "none", .also = "batch_norm|batchnorm|bn|normalization"},
    {BNN_KEY_LAYER(bnn_model_options, activation, "activation", BNN_ROLE_ACTIVATION,
                   "auto: relu, but none before a sign or a quantizer"),
     .standard = "auto", .words = "none|auto",
     .foreign =
         "sign=model.binarize.activations: true|htanh=hardtanh|hard_tanh=hardtanh|linear=none|"
         "identity=none",
     .also = "act|activation_function|nonlinearity"},
    BNN_KEYS_END,
};

/* ---- what rows cannot say ---------------------------------------------------------------- */

/* `layers` must name a linear layer that the topology has. */
static void check_layers(const bnn_reader *r, const bnn_model_options *model,
                         const bnn_node *layers)
{
    const char *wanted = model->binarize.layers;
    const char *names[BNN_BLOCKS_MAX + 1] = {"all"};
    char meant[BNN_DID_YOU_MEAN];
    for (uint32_t i = 0; i < model->n_blocks; i++) {
        names[i + 1] = model->blocks[i].linear.plugin->head->name;
        if (strcmp(names[i + 1], wanted) == 0)
            return;
    }
    bnn_diag_add(r->diag, layers->at,
                 "%s.binarize.layers: no block of topology %s has the layer \"%s\"%s", r->path,
                 model->topology, wanted,
                 bnn_did_you_mean(wanted, names, model->n_blocks + 1, meant));
}

/* The STE of weights may be one for activations only. */
static void check_weight_ste(const bnn_reader *r, const bnn_model_options *model,
                             const bnn_node *node)
{
    const bnn_plugin *plugin = model->weight_ste.plugin;
    const bnn_node *ste = bnn_tree_get(node, "ste");
    if (!bnn_use_is_unfit(bnn_key_in(&ste_section, "weights"), &model->weight_ste))
        return;
    bnn_diag_add(r->diag, ste != NULL ? ste->at : model->at,
                 "%s.ste: %s is for activations only, and weights are binary, too; write {weights: "
                 "clipped, activations: %s}, or binarize.weights: false",
                 r->path, plugin->head->name, plugin->head->name);
}

static void model_finish(const bnn_reader *r, const bnn_node *node, void *out)
{
    bnn_model_options *model = out;
    const bnn_position_in_file nowhere = {.file = "spec"};
    const bnn_node *binarize = bnn_tree_get(node, "binarize");
    bnn_binarize *b = &model->binarize;
    model->at = node != NULL ? node->at : nowhere;
    model->quantize.acts = false;
    if (binarize == NULL || binarize->kind != BNN_NODE_MAP)
        b->weights = b->activations = 0;
    else if (model->n_blocks > 0 && strcmp(b->layers, "all") != 0)
        check_layers(r, model, bnn_tree_get(binarize, "layers"));
    b->weights = any_latent(model);
    b->activations = any_sign(model);
    bnn_widths_finish(r, node, model);
    const bool codes = bnn_model_has_binary_inputs(model) || bnn_model_has_quantizers(model);
    if (bnn_model_has_latent_weights(model))
        check_weight_ste(r, model, node);

    const char *word = model->activation.word;
    const bool automatic = word != NULL && strcmp(word, "auto") == 0;
    model->activation_auto = automatic && codes;
    if (automatic) {
        bnn_use_default(r, BNN_KIND_LAYER, "relu", &model->activation);
        model->activation.word = codes ? word : NULL; /* without them it is just relu */
    }
}

const bnn_section bnn_model_section = {.keys = model_keys, .finish = model_finish};
