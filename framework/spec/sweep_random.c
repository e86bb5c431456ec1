/* sweep_random.c - what sweep.random draws.
 *
 * A drawn value is written as a person would write it, with few digits, and is from there on a value of the
 * spec like any other: in labels, in configs, in the database. */
#include "spec/sweep_internal.h"

#include "base/rng.h"
#include "base/sha256.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char draw_form[] =
    "{uniform: [LOW, HIGH]}, {log_uniform: [LOW, HIGH]}, {integers: [LOW, HIGH]} or {choice: [...]}";

/* ---- numbers ----------------------------------------------------------------------------- */

/* To a thousandth of the range, or finer. */
static double draw_uniform(double low, double high, double u)
{
    const double x = low + u * (high - low);
    const double decimals = 3 - floor(log10(high - low));
    const double scale = pow(10, fabs(decimals));
    return decimals < 0 ? round(x / scale) * scale : round(x * scale) / scale;
}

/* To three digits. */
static double draw_log_uniform(double low, double high, double u)
{
    char digits[BNN_SHORT_TEXT];
    snprintf(digits, sizeof digits, "%.3g", exp(log(low) + u * (log(high) - log(low))));
    return strtod(digits, NULL);
}

static double draw_integer(double low, double high, double u)
{
    return low + floor(u * (high - low + 1));
}

/* What values are drawn from. */
typedef struct draw_source {
    const char *name;
    double (*draw)(double low, double high, double u); /* u: in [0, 1); NULL: of a list */
} draw_source;

static const draw_source draw_sources[] = {{"uniform", draw_uniform},
                                           {"log_uniform", draw_log_uniform},
                                           {"integers", draw_integer},
                                           {"choice", NULL}};

/* ---- reading ----------------------------------------------------------------------------- */

static const draw_source *draw_find_source(const bnn_node *map)
{
    if (map->kind == BNN_NODE_MAP && map->n == 1)
        for (size_t i = 0; i < sizeof draw_sources / sizeof *draw_sources; i++)
            if (strcmp(map->pairs[0].key->text, draw_sources[i].name) == 0)
                return &draw_sources[i];
    return NULL;
}

static int draw_check_bounds(const bnn_reader *r, const draw_source *source, const bnn_node *list,
                             double bounds[2])
{
    const bool whole = source->draw == draw_integer, log = source->draw == draw_log_uniform;
    const double most = whole ? 0x1p53 : 1e300;
    if (list->kind != BNN_NODE_LIST || list->n != 2)
        return bnn_reader_expected(r, list, "the bounds, as [LOW, HIGH]", "");
    for (size_t i = 0; i < 2; i++)
        if (!bnn_key_is_number(list->items[i], &bounds[i]) || !(fabs(bounds[i]) <= most) ||
            (whole && bounds[i] != floor(bounds[i])))
            return bnn_reader_expected(r, list->items[i], whole ? "an integer" : "a number", "");
    if (bounds[0] >= bounds[1])
        return bnn_diag_add(r->diag, list->at, "%s: the first bound must be the lesser one",
                            r->path);
    if (log && bounds[0] <= 0)
        return bnn_diag_add(r->diag, list->at, "%s: bounds of log_uniform must be above 0",
                            r->path);
    return BNN_OK;
}

/* The source of a key, with its list, and bounds where it has any; NULL after a message. */
static const draw_source *draw_read_source(const bnn_reader *r, const bnn_node *map,
                                           double bounds[2])
{
    const draw_source *source = draw_find_source(map);
    char path[BNN_KEY_PATH];
    if (source == NULL) {
        bnn_reader_expected(r, map, draw_form,
                            map->kind == BNN_NODE_LIST ? "; of a list one is a {choice: [...]}"
                                                       : "");
        return NULL;
    }
    const bnn_node *list = map->pairs[0].value;
    const bnn_reader below = bnn_reader_below(r, source->name, path);
    if (source->draw != NULL)
        return draw_check_bounds(&below, source, list, bounds) == BNN_OK ? source : NULL;
    if (list->kind == BNN_NODE_LIST && list->n > 0)
        return source;
    bnn_reader_expected(&below, list, "a list of values", "");
    return NULL;
}

/* ---- drawing ----------------------------------------------------------------------------- */

/* Number i of the stream of a key, in [0, 1). */
static double draw_fraction(const char *key, size_t i)
{
    char digits[BNN_SHA256_HEX];
    bnn_sha256(key, strlen(key), digits);
    digits[16] = '\0';
    const bnn_rng rng = {strtoull(digits, NULL, 16), BNN_RNG_SWEEP, (uint32_t)i};
    const uint64_t bits = (uint64_t)bnn_rng_bits(&rng, 0) << 32 | bnn_rng_bits(&rng, 1);
    return (double)(bits >> 11) * 0x1p-53;
}

/* Value i of a key; NULL without memory. */
static const bnn_node *draw_value(const bnn_reader *r, const draw_source *source,
                                  const bnn_pair *pair, const double bounds[2], size_t i)
{
    const double u = draw_fraction(pair->key->text, i);
    const bnn_node *list = pair->value->pairs[0].value;
    char digits[BNN_SHORT_TEXT];
    if (source->draw == NULL)
        return list->items[(size_t)(u * (double)list->n)];
    const double x = fmin(fmax(source->draw(bounds[0], bounds[1], u), bounds[0]), bounds[1]);
    bnn_node *node = bnn_arena_alloc(r->arena, 1, sizeof *node);
    const char *text = bnn_arena_strdup(r->arena, bnn_number_text(x, digits));
    if (node == NULL || text == NULL)
        return NULL;
    *node = (bnn_node){.kind = BNN_NODE_SCALAR, .at = pair->value->at, .text = text};
    return node;
}

/* The n values of a key; NULL after a message. */
static const bnn_node *draw_list(const bnn_reader *r, const bnn_pair *pair, size_t n)
{
    char excerpt[BNN_EXCERPT], path[BNN_KEY_PATH];
    double bounds[2] = {0, 0};
    const bnn_reader below = bnn_reader_below(r, bnn_excerpt(pair->key->text, excerpt), path);
    const draw_source *source = draw_read_source(&below, pair->value, bounds);
    if (source == NULL)
        return NULL;
    const bnn_node **items = bnn_arena_alloc(r->arena, n, sizeof *items);
    bnn_node *list = bnn_arena_alloc(r->arena, 1, sizeof *list);
    bool failed = items == NULL || list == NULL;
    for (size_t i = 0; !failed && i < n; i++)
        failed = (items[i] = draw_value(r, source, pair, bounds, i)) == NULL;
    if (failed) {
        bnn_diag_no_memory(r->diag);
        return NULL;
    }
    *list = (bnn_node){.kind = BNN_NODE_LIST, .at = pair->value->at, .n = n, .items = items};
    return list;
}

static int draw_read_n(const bnn_reader *r, const bnn_node *map, int64_t *n)
{
    const bnn_node *node = bnn_tree_get(map, "n");
    char path[BNN_KEY_PATH];
    const bnn_reader below = bnn_reader_below(r, "n", path);
    if (node == NULL)
        return bnn_diag_add(r->diag, map->at, "%s: n is missing: how many points to draw", r->path);
    return bnn_key_integer(&below, node, 1, BNN_SWEEP_POINTS_MAX, n);
}

/* The keys without n, each with its list of values; NULL after a message. */
static const bnn_node *draw_map(const bnn_reader *r, const bnn_node *node)
{
    int64_t n = 1;
    const bnn_node *sound = NULL;
    const int begun = bnn_diag_begin(r->diag);
    draw_read_n(r, node, &n);
    const bnn_node *map = bnn_tree_put(node, "n", NULL, r->arena, node->at);
    if (map == NULL)
        bnn_diag_no_memory(r->diag);
    else
        bnn_sweep_check_map(r, map, &sound);
    bnn_pair *pairs = sound == NULL ? NULL : bnn_arena_alloc(r->arena, sound->n, sizeof *pairs);
    for (size_t i = 0; pairs != NULL && i < sound->n; i++)
        pairs[i] = (bnn_pair){sound->pairs[i].key, draw_list(r, &sound->pairs[i], (size_t)n)};
    if (bnn_diag_end(r->diag, begun) != BNN_OK)
        return NULL;
    assert(sound != NULL);
    const bnn_node *drawn = bnn_tree_part(sound, sound->n, pairs, NULL, r->arena);
    if (drawn == NULL)
        bnn_diag_no_memory(r->diag);
    return drawn;
}

static void draw_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    const bnn_node *drawn = NULL;
    if (node != NULL && node->kind != BNN_NODE_MAP)
        bnn_reader_expected(r, node, key->type->form, "");
    else if (node != NULL)
        drawn = draw_map(r, node);
    memcpy((char *)out + key->param.offset, &drawn, sizeof drawn);
}

const bnn_key_type bnn_sweep_random_type = {
    "a map of n, and of dotted keys to what they are drawn from", draw_read, NULL,
    "{\"$ref\": \"#/definitions/draws\"}"};
