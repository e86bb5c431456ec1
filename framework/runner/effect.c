#include "runner/effect.h"

#include "data/catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A key of one point. All that a sweep sets at one key is one key: in a zip, a value that idles may
 * have to stand beside one that acts. Parameters inside such a value are keys of their own. */
struct bnn_effect_key {
    const char *path;
    const bnn_node *value; /* NULL: the sweep sets this very key */
    bnn_position_in_file at;
    bool of_base; /* set by no sweep in this point */
    bool acts;
};

/* Keys that the settings may leave out, and why; all others act in every point. */
static const struct {
    const char *path, *why;
} may_idle[] = {
    {"dataset.path", "digits that bnnrun draws have no files"},
    {"model.ste", "no sign in the network would use it"},
    {"model.binarize", "nothing is binarized that it is about"},
    {"train.schedule", "the schedule does not use it"},
    {"train.binary_optimizer", "no weights are binary"},
};
enum { N_MAY_IDLE = sizeof may_idle / sizeof *may_idle };

static bool covers(const char *path, const char *inner)
{
    const size_t n = strlen(path);
    return strncmp(path, inner, n) == 0 && (inner[n] == '\0' || inner[n] == '.');
}

static bool key_acts(const bnn_config *config, const char *path, bnn_arena *arena)
{
    static const char ste[] = "model.ste";
    if (strcmp(path, "dataset.path") == 0)
        return bnn_catalogue_builtin(config->data.name) == NULL;
    if (strcmp(path, "model.binarize") == 0) /* none is a choice, too */
        return true;
    if (!covers(ste, path) || covers("model.ste.weights", path) ||
        covers("model.ste.activations", path))
        return bnn_settings_find(&config->settings, path) != NULL;
    const char *parts[] = {"weights", "activations"}; /* what is set for both */
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *part = bnn_arena_printf(arena, "%s.%s%s", ste, parts[i], path + strlen(ste));
        if (part == NULL || bnn_settings_find(&config->settings, part) != NULL)
            return true;
    }
    return false;
}

static int add_key(bnn_effects *effects, bnn_effect_key key)
{
    if (effects->n == effects->capacity) {
        const size_t capacity = effects->capacity == 0 ? 64 : 2 * effects->capacity;
        bnn_effect_key *grown = bnn_arena_alloc(effects->arena, capacity, sizeof *grown);
        if (grown == NULL)
            return BNN_E_INTERNAL;
        if (effects->n > 0)
            memcpy(grown, effects->keys, effects->n * sizeof *grown);
        effects->keys = grown;
        effects->capacity = capacity;
    }
    effects->keys[effects->n++] = key;
    return BNN_OK;
}

/* The keys at and below a path; a plugin's name stands for the plugin. */
static int note_keys(bnn_effects *effects, const bnn_point *point, const bnn_config *config,
                     const char *path, const bnn_node *value)
{
    if (value->kind == BNN_NODE_MAP) {
        int status = BNN_OK;
        for (size_t i = 0; status == BNN_OK && i < value->n; i++) {
            const char *key = value->pairs[i].key->text, *inner = path;
            if (strcmp(key, "name") != 0)
                inner = bnn_arena_printf(effects->arena, "%s.%s", path, key);
            status = inner == NULL
                         ? BNN_E_INTERNAL
                         : note_keys(effects, point, config, inner, value->pairs[i].value);
        }
        return status;
    }
    bnn_effect_key key = {.path = path, .value = value, .at = value->at, .of_base = true};
    for (size_t i = 0; i < point->n; i++) {
        if (covers(point->values[i].key, path))
            key.of_base = false;
        if (strcmp(point->values[i].key, path) == 0)
            key.value = NULL;
    }
    key.acts = key_acts(config, path, effects->arena);
    return add_key(effects, key);
}

int bnn_effect_note(bnn_effects *effects, const bnn_point *point, const bnn_config *config)
{
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < N_MAY_IDLE; i++) {
        const bnn_node *value = bnn_tree_find(point->root, may_idle[i].path);
        if (value != NULL)
            status = note_keys(effects, point, config, may_idle[i].path, value);
    }
    return status;
}

/* The same keys are neighbours, those that act first, then in the order of the file. */
static int compare_keys(const void *left, const void *right)
{
    const bnn_effect_key *a = left, *b = right;
    const int order = strcmp(a->path, b->path);
    if (order != 0)
        return order;
    if (a->value != b->value)
        return (uintptr_t)a->value < (uintptr_t)b->value ? -1 : 1;
    if (a->acts != b->acts)
        return b->acts - a->acts;
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    return (a->at.column > b->at.column) - (a->at.column < b->at.column);
}

/* Whether the key is the base's, and points get other values at it than the baseline has. */
static bool is_replaced(const bnn_effect_key *key, const bnn_sweep *sweep)
{
    for (size_t i = 0; key->of_base && i < sweep->n; i++)
        for (size_t j = 0; !sweep->points[i].baseline && j < sweep->points[i].n; j++)
            if (covers(sweep->points[i].values[j].key, key->path))
                return true;
    return false;
}

static void report_key(const bnn_effect_key *key, bool overridden, bnn_diag *diag)
{
    size_t i = 0;
    while (i + 1 < N_MAY_IDLE && !covers(may_idle[i].path, key->path))
        i++;
    if (overridden && strcmp(key->at.file, "-s") != 0)
        bnn_diag_warn(diag, key->at, "%s has no effect in any point: %s", key->path,
                      may_idle[i].why);
    else
        bnn_diag_add(diag, key->at, "%s has no effect in any point: %s; leave it out", key->path,
                     may_idle[i].why);
}

void bnn_effect_report(bnn_effects *effects, const bnn_sweep *sweep, bool overridden,
                       bnn_diag *diag)
{
    const bnn_effect_key *keys = effects->keys;
    if (effects->n > 0)
        qsort(effects->keys, effects->n, sizeof *keys, compare_keys);
    for (size_t i = 0; i < effects->n; i++) {
        const bool is_first = i == 0 || strcmp(keys[i].path, keys[i - 1].path) != 0 ||
                              keys[i].value != keys[i - 1].value;
        if (is_first && !keys[i].acts && !is_replaced(&keys[i], sweep))
            report_key(&keys[i], overridden, diag);
    }
}
