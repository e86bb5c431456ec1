#include "spec/effect.h"

#include "spec/key_text.h"
#include "spec/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A key of one point. All that a sweep sets at one key is one key: in a zip, a value that idles may
 * have to stand beside one that acts. Parameters inside such a value are keys of their own. */
struct bnn_effect_key {
    const char *path, *condition;
    const bnn_node *value; /* NULL: the sweep sets this very key */
    bnn_position_in_file at;
    bool of_base; /* set by no sweep in this point */
    bool acts;
};

/* A place of a point, and the rows that keys below it may have. */
typedef struct effect_place {
    const char *path; /* NULL: the whole */
    const bnn_section *section;
    const char *condition; /* of the nearest row above that has one; "": acts everywhere */
} effect_place;

/* What is set for each key of a section acts where one of them does. NULL without memory. */
static const char *find_condition(const bnn_effects *effects, const effect_place *at)
{
    const char *condition = at->condition;
    const bool each = at->section != NULL && (at->section->flags & BNN_SECTION_EACH) != 0;
    for (const bnn_key *key = each ? at->section->keys : NULL;
         key != NULL && condition != NULL && key->param.name != NULL; key++)
        condition = bnn_arena_printf(effects->arena, "%s%s%s", condition,
                                     condition[0] == '\0' ? "" : "|", key->acts);
    return condition;
}

static int note_key(bnn_effects *effects, const bnn_point *point, const bnn_settings *settings,
                    const effect_place *at, const bnn_node *value)
{
    const char *condition = find_condition(effects, at);
    if (condition == NULL || condition[0] == '\0')
        return condition == NULL ? BNN_E_INTERNAL : BNN_OK;
    bnn_effect_key key = {
        .path = at->path, .condition = condition, .value = value, .at = value->at, .of_base = true};
    for (size_t i = 0; i < point->n; i++) {
        if (bnn_tree_covers(point->values[i].key->text, at->path))
            key.of_base = false;
        if (strcmp(point->values[i].key->text, at->path) == 0)
            key.value = NULL;
    }
    key.acts = bnn_key_holds(settings, key.condition);
    bnn_effect_key *keys =
        bnn_arena_grow(effects->arena, effects->keys, effects->n, &effects->capacity, sizeof key);
    if (keys == NULL)
        return BNN_E_INTERNAL;
    effects->keys = keys;
    keys[effects->n++] = key;
    return BNN_OK;
}

/* The keys at and below a place; a plugin's name stands for the plugin. */
static int note_keys(bnn_effects *effects, const bnn_point *point, const bnn_settings *settings,
                     const effect_place *at, const bnn_node *value)
{
    if (value->kind != BNN_NODE_MAP)
        return note_key(effects, point, settings, at, value);
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < value->n; i++) {
        const char *name = value->pairs[i].key->text;
        const bnn_key *key = at->section == NULL ? NULL : bnn_key_in(at->section, name);
        effect_place below = *at;
        if (key != NULL && (key->flags & BNN_KEY_FIXED) != 0)
            continue;
        if (strcmp(name, "name") != 0)
            below.path =
                at->path == NULL ? name : bnn_arena_printf(effects->arena, "%s.%s", at->path, name);
        if (key != NULL && below.path != at->path) {
            below.section = key->section;
            below.condition = key->acts != NULL ? key->acts : at->condition;
        }
        status = below.path == NULL
                     ? BNN_E_INTERNAL
                     : note_keys(effects, point, settings, &below, value->pairs[i].value);
    }
    return status;
}

int bnn_effect_note(bnn_effects *effects, const bnn_point *point, const bnn_settings *settings)
{
    const effect_place whole = {.section = effects->spec, .condition = ""};
    return note_keys(effects, point, settings, &whole, point->root);
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
    return bnn_position_order(a->at, b->at);
}

/* Whether the key is the base's, and points get other values at it than the baseline has. */
static bool is_replaced(const bnn_effect_key *key, const bnn_sweep *sweep)
{
    for (size_t i = 0; key->of_base && i < sweep->n; i++)
        for (size_t j = 0; !sweep->points[i].baseline && j < sweep->points[i].n; j++)
            if (bnn_tree_covers(sweep->points[i].values[j].key->text, key->path))
                return true;
    return false;
}

static void report_key(const bnn_effect_key *key, bool overridden, bnn_diag *diag)
{
    char when[512];
    bnn_condition_text(key->condition, when, sizeof when);
    if (overridden && strcmp(key->at.file, "-s") != 0)
        bnn_diag_warn(diag, key->at, "%s has no effect in any point: it acts only with %s",
                      key->path, when);
    else
        bnn_diag_add(diag, key->at,
                     "%s has no effect in any point: it acts only with %s; leave it out", key->path,
                     when);
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
