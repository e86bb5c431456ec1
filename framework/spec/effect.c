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
    const char *why;       /* it idles though the condition holds, or NULL */
    const bnn_node *value; /* NULL: the sweep sets this very key */
    bnn_position_in_file at;
    bool of_base;     /* set by no sweep in this point */
    bool of_baseline; /* set by the baseline */
    bool acts;
};

/* A point that is noted. */
typedef struct effect_point {
    bnn_effects *effects;
    const bnn_point *point;
    const bnn_settings *settings;
    const bnn_idle *idle;
    size_t n_idle;
} effect_point;

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

/* Whether the settings have the sections that a condition, or a key, names: not those with
 * mistakes. A key of the spec's own is of no section. */
static bool is_decided(const bnn_settings *settings, const char *condition)
{
    while (*condition != '\0') {
        const size_t n = strcspn(condition, ".=!|&");
        bool known = condition[n] != '.';
        for (size_t i = 0; !known && i < settings->n; i++)
            known = strncmp(settings->rows[i].key, condition, n) == 0 &&
                    settings->rows[i].key[n] == '.';
        if (!known)
            return false;
        condition += strcspn(condition, "|&");
        condition += *condition != '\0';
    }
    return true;
}

static const bnn_idle *find_idle(const effect_point *of, const char *path)
{
    for (size_t i = 0; i < of->n_idle; i++)
        if (!of->idle[i].in_vain && strcmp(of->idle[i].path, path) == 0)
            return &of->idle[i];
    return NULL;
}

/* What the condition names and is set in vain. */
static const bnn_idle *find_in_vain(const effect_point *of, const char *condition)
{
    for (size_t i = 0; i < of->n_idle; i++)
        if (of->idle[i].in_vain && of->idle[i].why != NULL &&
            strstr(condition, of->idle[i].path) != NULL)
            return &of->idle[i];
    return NULL;
}

static int note_key(const effect_point *of, const effect_place *at, const bnn_node *value)
{
    bnn_effects *effects = of->effects;
    const bnn_point *point = of->point;
    const bnn_settings *settings = of->settings;
    const bnn_idle *idle = find_idle(of, at->path);
    const char *condition = find_condition(effects, at);
    if (condition == NULL || (condition[0] == '\0' && idle == NULL))
        return condition == NULL ? BNN_E_INTERNAL : BNN_OK;
    bnn_effect_key key = {
        .path = at->path, .condition = condition, .value = value, .at = value->at, .of_base = true};
    for (size_t i = 0; i < point->n; i++) {
        if (bnn_tree_covers(point->values[i].key->text, at->path))
            key.of_base = false;
        if (strcmp(point->values[i].key->text, at->path) == 0)
            key.value = NULL;
    }
    key.of_baseline = point->baseline && !key.of_base;
    key.acts = condition[0] == '\0' || !is_decided(settings, key.path) ||
               !is_decided(settings, key.condition) || bnn_key_holds(settings, key.condition);
    if (!key.acts)
        idle = find_in_vain(of, key.condition);
    if (idle != NULL && idle->why != NULL) {
        key.acts = false;
        key.why = idle->why;
        key.condition = idle->depends;
    }
    bnn_effect_key *keys =
        bnn_arena_grow(effects->arena, effects->keys, effects->n, &effects->capacity, sizeof key);
    if (keys == NULL)
        return BNN_E_INTERNAL;
    effects->keys = keys;
    keys[effects->n++] = key;
    return BNN_OK;
}

/* The keys at and below a place; a plugin's name stands for the plugin. */
static int note_keys(const effect_point *of, const effect_place *at, const bnn_node *value)
{
    if (value->kind != BNN_NODE_MAP)
        return note_key(of, at, value);
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < value->n; i++) {
        const char *name = value->pairs[i].key->text;
        const bnn_key *key = at->section == NULL ? NULL : bnn_key_in(at->section, name);
        effect_place below = *at;
        if (key != NULL && (key->flags & BNN_KEY_FIXED) != 0)
            continue;
        if (strcmp(name, "name") != 0)
            below.path = at->path == NULL
                             ? name
                             : bnn_arena_printf(of->effects->arena, "%s.%s", at->path, name);
        if (key != NULL && below.path != at->path) {
            below.section = key->section;
            below.condition = key->acts != NULL ? key->acts : at->condition;
        }
        status = below.path == NULL ? BNN_E_INTERNAL : note_keys(of, &below, value->pairs[i].value);
    }
    return status;
}

int bnn_effect_note(bnn_effects *effects, const bnn_point *point, const bnn_settings *settings,
                    const bnn_idle *idle, size_t n_idle)
{
    const effect_place whole = {.section = effects->spec, .condition = ""};
    const effect_point of = {effects, point, settings, idle, n_idle};
    return point->root->kind == BNN_NODE_MAP ? note_keys(&of, &whole, point->root) : BNN_OK;
}

/* The same keys are neighbours: those that act first, the baseline's last, in the order of the file. */
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
    if (a->of_baseline != b->of_baseline)
        return a->of_baseline - b->of_baseline;
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

/* ---- what -s has switched off ------------------------------------------------------------ */

static bool is_related(const char *a, const char *b)
{
    return bnn_tree_covers(a, b) || bnn_tree_covers(b, a);
}

/* Whether the value at `wanted` may be another one once `set` is set. */
static bool may_decide(const bnn_effects *effects, const char *set, const char *wanted)
{
    const bnn_key *key = bnn_key_find(effects->spec, wanted);
    const char *depends = key == NULL ? NULL : key->depends;
    char other[BNN_KEY_PATH];
    bool does = is_related(set, wanted);
    for (size_t i = 0; !does && depends != NULL && i < bnn_choice_count(depends); i++) {
        bnn_choice_text(depends, i, other, sizeof other);
        does = is_related(set, other);
    }
    return does;
}

/* Whether an override sets what one of the keys of the condition depends on. */
static bool may_switch(const bnn_effects *effects, const char *override, const char *condition)
{
    char set[BNN_KEY_PATH], wanted[BNN_KEY_PATH];
    snprintf(set, sizeof set, "%.*s", (int)strcspn(override, "="), override);
    const char *key = bnn_sweep_key(set);
    if (key == NULL) /* points as a whole */
        return true;
    while (*condition != '\0') {
        snprintf(wanted, sizeof wanted, "%.*s", (int)strcspn(condition, "=!|&"), condition);
        if (may_decide(effects, key, wanted))
            return true;
        condition += strcspn(condition, "|&");
        condition += *condition != '\0';
    }
    return false;
}

/* ------------------------------------------------------------------------------------------ */

static void report_key(const bnn_effects *effects, const bnn_effect_key *key,
                       const char *const *overrides, bnn_diag *diag)
{
    const char *where = key->of_baseline ? "the baseline" : "any point";
    char acts[512], when[600];
    bool switched = false;
    bnn_condition_text(key->condition, acts, sizeof acts);
    snprintf(when, sizeof when, "%s%s", key->why != NULL ? key->why : "it acts only with ",
             key->why != NULL ? "" : acts);
    for (; !bnn_sweep_is_override(key->at) && *overrides != NULL; overrides++)
        switched |= may_switch(effects, *overrides, key->condition);
    if (switched)
        bnn_diag_warn(diag, key->at, "%s has no effect in %s: %s", key->path, where, when);
    else
        bnn_diag_add(diag, key->at, "%s has no effect in %s: %s; leave it out", key->path, where,
                     when);
}

void bnn_effect_report(bnn_effects *effects, const bnn_sweep *sweep, const char *const *overrides,
                       bnn_diag *diag)
{
    const bnn_effect_key *keys = effects->keys;
    if (effects->n > 0)
        qsort(effects->keys, effects->n, sizeof *keys, compare_keys);
    for (size_t i = 0; i < effects->n; i++) {
        const bool is_first = i == 0 || strcmp(keys[i].path, keys[i - 1].path) != 0 ||
                              keys[i].value != keys[i - 1].value;
        if (is_first && !keys[i].acts && !is_replaced(&keys[i], sweep))
            report_key(effects, &keys[i], overrides, diag);
    }
}
