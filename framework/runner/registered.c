#include "runner/registered.h"

#include "base/json.h"
#include "runner/experiment_internal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- the section ------------------------------------------------------------------------- */

enum { CONFIG_DIGITS = 12 }; /* of a hash, as the views give it */
static const double points_margin = 0.1;

static void compared_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    bnn_compare_options *compare = out;
    (void)key;
    compare->baseline = NULL;
    if (node != NULL)
        bnn_sweep_check_map(r, node, &compare->baseline);
}

static const bnn_key_type compared_type = {"a map of dotted keys", compared_read, NULL,
                                           "{\"$ref\": \"#/definitions/matched\"}"};

static const bnn_key compare_keys[] = {
    {BNN_KEY_OF("baseline", 0, &compared_type, "the point that others are compared with"),
     .computed = "that of the spec"},
    {BNN_KEY_TEXT(bnn_compare_options, metric, "metric", "whose means are compared"),
     .param.choices = BNN_RUN_METRIC_NAMES, .standard = "test_accuracy"},
    {.param = BNN_NUMBER(bnn_compare_options, margin, -1, 0, 1e9,
                         "differences up to this are none: points of accuracies, else as measured"),
     .computed = "0.1 points of accuracies, else 0"},
    {.param = BNN_NUMBER(bnn_compare_options, alpha, 0.05, 1e-6, 0.5,
                         "the chance of any wrong better or worse")},
    BNN_KEYS_END,
};

static void compare_finish(const bnn_reader *r, const bnn_node *node, void *out)
{
    bnn_compare_options *compare = out;
    const bnn_metric *metric = compare->metric == NULL ? NULL : bnn_run_metric(compare->metric);
    (void)r;
    compare->is_there = node != NULL;
    if (compare->margin < 0)
        compare->margin = metric == NULL || metric->unit == BNN_UNIT_FRACTION ? points_margin : 0;
}

const bnn_section bnn_compare_section = {.keys = compare_keys, .finish = compare_finish};

/* ---- the config that is compared with ---------------------------------------------------- */

static const char *registered_baseline(const bnn_experiment *x)
{
    for (size_t i = 0; i < x->n_configs; i++)
        if (x->configs[i].baseline)
            return x->configs[i].hash;
    return NULL;
}

/* The config of the point that the map names; NULL: there is no such point, or it has mistakes. */
static const char *registered_point(bnn_builder *b, const bnn_node *root, const bnn_node *map)
{
    const bnn_experiment *x = b->out;
    bnn_point point;
    bnn_config config;
    if (bnn_sweep_point(root, map->n, map->pairs, b->r->arena, b->r->diag, &point) != BNN_OK ||
        bnn_needs_resolve(b, &point, &config) != BNN_OK)
        return NULL;
    for (size_t i = 0; i < x->n_configs; i++)
        if (x->configs[i].only == NULL && strcmp(x->configs[i].hash, config.hash) == 0)
            return x->configs[i].hash;
    return NULL;
}

void bnn_registered_resolve(bnn_builder *b, const bnn_node *root)
{
    bnn_compare_options *compare = &b->out->compare;
    const bnn_node *section = bnn_tree_get(root, "compare");
    if (!compare->is_there ||
        (compare->baseline == NULL && bnn_tree_get(section, "baseline") != NULL))
        return;
    const bnn_node *map = compare->baseline;
    const size_t n_configs = b->out->n_configs;
    compare->reference = map == NULL ? registered_baseline(b->out) : registered_point(b, root, map);
    b->out->n_configs = n_configs; /* what a point that is none needs is not needed */
    if (map != NULL && compare->reference == NULL && bnn_diag_status(b->r->diag) == BNN_OK)
        bnn_diag_add(b->r->diag, map->at, "compare.baseline: the sweep has no such point");
    size_t n_points = 0;
    for (size_t i = 0; i < n_configs; i++)
        n_points += b->out->configs[i].only == NULL;
    if (b->out->until.is_there && n_points < 2 && bnn_diag_status(b->r->diag) == BNN_OK)
        bnn_diag_add(b->r->diag, bnn_tree_find(root, "seeds.until")->at,
                     "seeds.until: there is nothing to compare the baseline with");
}

/* ---- the text ---------------------------------------------------------------------------- */

const char *bnn_registered_text(const bnn_experiment *x, bnn_arena *arena)
{
    const bnn_compare_options *c = &x->compare;
    const bnn_design *design = &x->until.design;
    json_t *configs = json_array(), *seeds = json_array(), *looks = json_array();
    for (size_t i = 0; i < x->n_configs; i++)
        if (x->configs[i].only == NULL)
            json_array_append_new(configs, json_stringn(x->configs[i].hash, CONFIG_DIGITS));
    for (size_t i = 0; i < x->n_seeds; i++)
        json_array_append_new(seeds, json_integer(x->seeds[i]));
    for (size_t i = 0; i < design->looks; i++)
        json_array_append_new(looks, json_integer((json_int_t)design->seeds[i]));
    json_t *all = json_pack("{s:s%, s:s, s:f, s:f, s:o, s:o}", "baseline", c->reference,
                            (size_t)CONFIG_DIGITS, "metric", c->metric, "margin", c->margin,
                            "alpha", c->alpha, "configs", configs, "seeds", seeds);
    if (design->looks > 0) {
        json_object_set(all, "looks", looks);
        json_object_set_new(all, "spending", json_integer(design->spending));
    }
    json_decref(looks);
    char *text = bnn_json_dump(all, JSON_COMPACT);
    const char *copy = text == NULL ? NULL : bnn_arena_strdup(arena, text);
    json_decref(all);
    free(text);
    return copy;
}
