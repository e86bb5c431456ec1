#include "model/widths.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHTS     "model.quantize.weights"
#define ACTIVATIONS "model.quantize.activations"
#define BLOCKS      "model.topology|model.quantize"
#define SIGN        "1"
#define FLOAT       "float"

static bool is_said(const bnn_use *use)
{
    return use->plugin != NULL || use->word != NULL;
}

/* ---- numbers of bits ----------------------------------------------------------------------- */

static const bnn_node *put_text(const bnn_reader *r, const bnn_node *map, const char *key,
                                const char *text, bnn_position_in_file at)
{
    const bnn_node value = {.kind = BNN_NODE_SCALAR, .at = at, .text = text};
    const bnn_node *node = bnn_arena_copy(r->arena, &value, 1, sizeof value);
    return node == NULL ? NULL : bnn_tree_put(map, key, node, r->arena, at);
}

/* What a number of bits stands for at a key. */
typedef struct bits_of {
    const char *one;  /* at 1: a plugin; NULL: the word that it is */
    const char *more; /* 2 to 8: a plugin with a parameter `bits` */
    const char *what; /* "weights", of which there may be `others` than bits */
    const char *others;
} bits_of;

/* Says once that there are not so many bits: floats are what is read then. */
static const bnn_node *refuse_bits(const bnn_reader *r, const bits_of *of, const bnn_node *number)
{
    char excerpt[BNN_EXCERPT];
    bnn_diag_add(r->diag, number->at, "%s: no %s have %s bits; write 1, %s2 to 8, or float",
                 r->path, of->what, bnn_excerpt(number->text, excerpt), of->others);
    bnn_node *other = bnn_arena_copy(r->arena, number, 1, sizeof *number);
    if (other != NULL)
        other->text = FLOAT;
    return other;
}

/* 4, or {name: 4, ...}, is {name: lsq, bits: 4, ...}. No plugin has such a name. */
static const bnn_node *spell_out(const bnn_reader *r, const bits_of *of, const bnn_node *node)
{
    const bnn_node *map = node->kind == BNN_NODE_MAP ? node : NULL;
    const bnn_node *number = map != NULL ? bnn_tree_get(map, "name") : node;
    double bits;
    if (number == NULL || !bnn_key_is_number(number, &bits))
        return node;
    const bool one = bits == 1, says_bits = bnn_tree_get(map, "bits") != NULL;
    if (!(bits >= 1 && bits <= 8) || strlen(number->text) != 1)
        return refuse_bits(r, of, number);
    if (one && of->one == NULL)
        return number;
    map = put_text(r, map, "name", one ? of->one : of->more, number->at);
    return map == NULL || one || says_bits ? map
                                           : put_text(r, map, "bits", number->text, number->at);
}

static const bnn_node *spell_out_weights(const bnn_reader *r, const bnn_node *node)
{
    static const bits_of of = {"plain", "lsq", "weights", "ternary, "};
    return spell_out(r, &of, node);
}

static const bnn_node *spell_out_activations(const bnn_reader *r, const bnn_node *node)
{
    static const bits_of of = {NULL, "lsq", "activations", ""};
    return spell_out(r, &of, node);
}

/* ---- the keys ------------------------------------------------------------------------------ */

#define WIDTH_KEYS(T, weights_field, activations_field)                                        \
    {BNN_KEY_PLUGIN(T, weights_field, "weights", BNN_KIND_FORM,                                \
                    "bits of weights, or the form that makes them; 2 to 8 are those of lsq"),  \
     .words = FLOAT "|1|2|3|4|5|6|7|8", .spell_out = spell_out_weights, .depends = BLOCKS,     \
     .flags = BNN_KEY_UNSET | BNN_KEY_DECIDED},                                                \
    {                                                                                          \
        BNN_KEY_LAYER(T, activations_field, "activations", BNN_ROLE_QUANTIZER,                 \
                      "bits of what the layer sees, or the quantizer that makes them; 1 is a " \
                      "sign, 2 to 8 are those of lsq"),                                        \
            .words = FLOAT "|1|2|3|4|5|6|7|8", .spell_out = spell_out_activations,             \
            .depends = BLOCKS, .flags = BNN_KEY_UNSET | BNN_KEY_DECIDED,                       \
    }

static const bnn_key width_keys[] = {
    WIDTH_KEYS(bnn_width, weights, activations),
    BNN_KEYS_END,
};

static const bnn_section width_section = {.keys = width_keys};

static const bnn_key quantize_keys[] = {
    WIDTH_KEYS(bnn_quantize, all.weights, all.activations),
    {BNN_KEY_SECTION(bnn_quantize, first, "first", &width_section,
                     "of the first layer, where it differs")},
    {BNN_KEY_SECTION(bnn_quantize, last, "last", &width_section,
                     "of the last layer, where it differs")},
    {.param = BNN_NUMBER(bnn_quantize, clip, 1.0, 0.0, 1000.0,
                         "latent weights stay in [-clip, clip]; 0: not clipped"),
     .acts = WEIGHTS,
     .flags = BNN_KEY_UNSET},
    {.param = BNN_CHOICE(bnn_quantize, padding, 0, "-1|+1",
                         "what lies beyond the border of a layer that sees signs"),
     .acts = ACTIVATIONS,
     .flags = BNN_KEY_UNSET},
    BNN_KEYS_END,
};

/* ---- layers by name ------------------------------------------------------------------------ */

/* Whether a key of the map is the name of a layer. */
static bool is_layer_name(const bnn_node *key)
{
    return bnn_key_in(&bnn_quantize_section, key->text) == bnn_quantize_section.others;
}

/* Of the section's map, those keys that are names. */
static void named_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    bnn_quantize *q = out;
    const size_t n = node != NULL && node->kind == BNN_NODE_MAP ? node->n : 0;
    q->n_named = 0;
    q->named = bnn_arena_alloc(r->arena, n, sizeof *q->named);
    for (size_t i = 0; i < n && q->named != NULL; i++) {
        char path[BNN_KEY_PATH];
        const bnn_pair *pair = &node->pairs[i];
        const bnn_reader below = bnn_reader_below(r, pair->key->text, path);
        if (!is_layer_name(pair->key))
            continue;
        bnn_named_width *named = &q->named[q->n_named++];
        *named = (bnn_named_width){.layer = pair->key->text, .at = pair->key->at};
        bnn_section_read(&below, key->section, pair->value, &named->width);
    }
    if (q->named == NULL)
        bnn_diag_no_memory(r->diag);
}

static void named_record(const bnn_reader *r, const bnn_key *key, const void *in)
{
    const bnn_quantize *q = in;
    for (uint32_t i = 0; i < q->n_named; i++) {
        char path[BNN_KEY_PATH];
        const bnn_reader below = bnn_reader_below(r, q->named[i].layer, path);
        bnn_section_record(&below, key->section, &q->named[i].width);
    }
}

static const bnn_key_type named_type = {"a map of weights, activations", named_read, named_record,
                                        NULL};

/* The row of every key like conv2d_2. */
static const bnn_key named_key = {BNN_KEY_OF(BNN_KEY_OTHERS, 0, &named_type,
                                             "of one layer: conv2d_2 is that of the second block"),
                                  .section = &width_section};

const bnn_section bnn_quantize_section = {.keys = quantize_keys, .others = &named_key};

/* ---- what they make of a block ------------------------------------------------------------- */

enum { BNN_OP_NAME = BNN_PLUGIN_NAME + 16 };

/* The name of the linear operation of block i. Returns out. */
static const char *block_name(const bnn_model_options *model, uint32_t i, char out[BNN_OP_NAME])
{
    snprintf(out, BNN_OP_NAME, "%s_%u", model->blocks[i].linear.plugin->head->name, i + 1);
    return out;
}

/* What the key of a layer's name says of block i, or NULL. */
static const bnn_width *find_named(const bnn_model_options *model, uint32_t i)
{
    const bnn_quantize *q = &model->quantize;
    char name[BNN_OP_NAME];
    for (uint32_t k = 0; k < q->n_named; k++)
        if (strcmp(q->named[k].layer, block_name(model, i, name)) == 0)
            return &q->named[k].width;
    return NULL;
}

enum { RANKS = 4 }; /* a layer's own key, then first, last, and what holds for all */

/* Who may say what block i is, those that go before others first; NULL: nobody there. */
static void find_ranks(const bnn_model_options *model, uint32_t i, const bnn_width *ranks[RANKS])
{
    const bnn_quantize *q = &model->quantize;
    ranks[0] = find_named(model, i);
    ranks[1] = i == 0 ? &q->first : NULL;
    ranks[2] = i + 1 == model->n_blocks ? &q->last : NULL;
    ranks[3] = &q->all;
}

static const bnn_use *use_of(const bnn_width *width, bnn_width_of what)
{
    return what == BNN_WIDTH_OF_WEIGHTS ? &width->weights : &width->activations;
}

static bool width_says(const bnn_width *width, bnn_width_of what)
{
    return is_said(use_of(width, what));
}

/* The first of them that speaks of weights, or of activations, behind `behind` (NULL: of all of them); NULL: none. */
static const bnn_width *find_width(const bnn_model_options *model, uint32_t i, bnn_width_of what,
                                   const bnn_width *behind)
{
    const bnn_width *ranks[RANKS];
    int k = 0;
    find_ranks(model, i, ranks);
    while (behind != NULL && k < RANKS && ranks[k++] != behind)
        continue;
    for (; k < RANKS; k++)
        if (ranks[k] != NULL && width_says(ranks[k], what))
            return ranks[k];
    return NULL;
}

static bool has_weights(const bnn_model_options *model, uint32_t i)
{
    return (bnn_model_block_flags(model, i) & BNN_LAYER_WEIGHTLESS) == 0;
}

const bnn_use *bnn_widths_form(const bnn_model_options *model, uint32_t i)
{
    const bnn_width *width =
        has_weights(model, i) ? find_width(model, i, BNN_WIDTH_OF_WEIGHTS, NULL) : NULL;
    return width != NULL && width->weights.plugin != NULL ? &width->weights : NULL;
}

/* Pixels are seen as they are. */
static const bnn_use *find_activations(const bnn_model_options *model, uint32_t i)
{
    const bnn_width *width = bnn_model_block_source(model, i) > 0
                                 ? find_width(model, i, BNN_WIDTH_OF_ACTIVATIONS, NULL)
                                 : NULL;
    return width != NULL ? &width->activations : NULL;
}

bool bnn_widths_ask_sign(const bnn_model_options *model, uint32_t i)
{
    const bnn_use *use = find_activations(model, i);
    return use != NULL && use->word != NULL && strcmp(use->word, SIGN) == 0;
}

const bnn_use *bnn_widths_quantizer(const bnn_model_options *model, uint32_t i)
{
    const bnn_use *use = find_activations(model, i);
    return use != NULL && use->plugin != NULL ? use : NULL;
}

/* ---- what changes nothing ------------------------------------------------------------------ */

static bool uses_equal(const bnn_use *a, const bnn_use *b)
{
    if (a->plugin == NULL || b->plugin != a->plugin)
        return b->plugin == a->plugin && bnn_text_equal(a->word, b->word);
    const size_t n = a->plugin->head->params_size;
    return n == 0 || memcmp(a->params, b->params, n) == 0;
}

bool bnn_width_acts(const bnn_model_options *model, const bnn_width *width, bnn_width_of what)
{
    for (uint32_t i = 0; i < model->n_blocks; i++) {
        const bool able = what == BNN_WIDTH_OF_WEIGHTS ? has_weights(model, i)
                                                       : bnn_model_block_source(model, i) > 0;
        if (!able || find_width(model, i, what, NULL) != width)
            continue;
        const bnn_width *next = find_width(model, i, what, width);
        if (next == NULL || !uses_equal(use_of(next, what), use_of(width, what)))
            return true;
    }
    return false;
}

const bnn_width *bnn_width_at(const bnn_quantize *q, uint32_t place, const char **key)
{
    static const char *const keys[] = {"", "first", "last"};
    const bnn_width *const widths[] = {&q->all, &q->first, &q->last};
    *key = place < 3 ? keys[place] : place < 3 + q->n_named ? q->named[place - 3].layer : NULL;
    return place < 3 ? widths[place] : *key != NULL ? &q->named[place - 3].width : NULL;
}

/* ---- what rows cannot say ------------------------------------------------------------------ */

/* Which block has the linear operation of this name; n_blocks: none. */
static uint32_t find_block(const bnn_model_options *model, const char *layer)
{
    uint32_t i = 0;
    char name[BNN_OP_NAME];
    while (i < model->n_blocks && strcmp(block_name(model, i, name), layer) != 0)
        i++;
    return i;
}

static void unknown_layer(const bnn_reader *r, const bnn_model_options *model,
                          const bnn_named_width *named)
{
    const char *names[BNN_BLOCKS_MAX];
    char texts[BNN_BLOCKS_MAX][BNN_OP_NAME], meant[BNN_DID_YOU_MEAN], list[512] = "";
    for (uint32_t i = 0; i < model->n_blocks; i++)
        names[i] = block_name(model, i, texts[i]);
    if (bnn_did_you_mean(named->layer, names, model->n_blocks, meant)[0] == '\0')
        bnn_text_join(names, model->n_blocks, list, sizeof list);
    bnn_diag_add(r->diag, named->at, "%s.quantize.%s: topology %s has no such layer%s%s%s", r->path,
                 named->layer, model->topology, meant, list[0] == '\0' ? "" : "; it has ", list);
}

static void sees_pixels(const bnn_reader *r, const char *key, bnn_position_in_file at)
{
    bnn_diag_add(r->diag, at,
                 "%s.quantize.%s.activations: the layer sees pixels, as they are; leave it out",
                 r->path, key);
}

static void check_named(const bnn_reader *r, const bnn_model_options *model)
{
    for (uint32_t k = 0; k < model->quantize.n_named; k++) {
        const bnn_named_width *named = &model->quantize.named[k];
        const uint32_t i = find_block(model, named->layer);
        if (i == model->n_blocks)
            unknown_layer(r, model, named);
        else if (!has_weights(model, i) && is_said(&named->width.weights))
            bnn_diag_add(r->diag, named->at, "%s.quantize.%s.weights: %s has no weights", r->path,
                         named->layer, named->layer);
        else if (bnn_model_block_source(model, i) == 0 && is_said(&named->width.activations))
            sees_pixels(r, named->layer, named->at);
    }
}

static void clear_width(bnn_width *width, bool weights, bool activations)
{
    if (weights)
        width->weights = (bnn_use){.plugin = NULL};
    if (activations)
        width->activations = (bnn_use){.plugin = NULL};
}

/* What decides that any weights are latent, or that any sign or quantizer is there, has a value wherever they are; and nothing has
 * where there are none. */
static void settle_widths(bnn_quantize *q)
{
    bnn_width *const three[] = {&q->all, &q->first, &q->last};
    if (q->weights && !is_said(&q->all.weights))
        q->all.weights.word = FLOAT;
    if (q->activations && !is_said(&q->all.activations))
        q->all.activations.word = FLOAT;
    for (int k = 0; k < 3; k++)
        clear_width(three[k], !q->weights, !q->activations);
    for (uint32_t k = 0; k < q->n_named; k++)
        clear_width(&q->named[k].width, !q->weights, !q->activations);
}

void bnn_widths_finish(const bnn_reader *r, const bnn_node *node, bnn_model_options *model)
{
    const bnn_node *map = bnn_tree_get(node, "quantize");
    bnn_quantize *q = &model->quantize;
    q->weights = q->activations = q->signs = false;
    q->acts = map != NULL && map->kind == BNN_NODE_MAP;
    if (q->acts && (model->binarize.weights || model->binarize.activations))
        bnn_diag_add(r->diag, map->at,
                     "%s.quantize: %s.binarize says what is binary, too; leave one of them out, or "
                     "write none",
                     r->path, r->path);
    if (q->acts && is_said(&q->first.activations))
        sees_pixels(r, "first", bnn_tree_get(map, "first")->at);
    if (q->acts && model->n_blocks > 0)
        check_named(r, model);
    for (uint32_t i = 0; q->acts && i < model->n_blocks; i++) {
        q->weights = q->weights || bnn_widths_form(model, i) != NULL;
        q->signs = q->signs || bnn_model_block_has_binary_inputs(model, i);
    }
    q->activations = q->signs || bnn_model_has_quantizers(model);
    settle_widths(q);
    q->acts = q->weights || q->activations;
}
