#include "base/text.h"
#include "spec/key.h"
#include "spec/sweep.h"

#include <string.h>

typedef struct override {
    const char *key;
    const bnn_node *value;
    bnn_position_in_file at;
    const bnn_reader *r;
} override;

static bool is_below(const char *key, const char *section)
{
    const size_t n = strlen(section);
    return strncmp(key, section, n) == 0 && key[n] == '.';
}

/* In these maps a key with dots is one key. */
static const char *const dotted_maps[] = {
    "sweep.grid", "sweep.zip", "sweep.random", "baseline", "compare.baseline", "start", "teacher"};
enum { GRID, ZIP, RANDOM, N_SWEPT };

#define OVERRIDE_FILE "-s "

bool bnn_sweep_is_override(bnn_position_in_file at)
{
    return at.file != NULL && strncmp(at.file, OVERRIDE_FILE, strlen(OVERRIDE_FILE)) == 0;
}

const char *bnn_sweep_key(const char *key)
{
    static const char *const several[] = {"sweep",         "sweep.grid",     "sweep.zip",
                                          "sweep.random",  "sweep.random.n", "sweep.list",
                                          "sweep.exclude", "baseline",       "compare.baseline",
                                          "start",         "teacher"};
    for (size_t i = 0; i < sizeof several / sizeof *several; i++)
        if (strcmp(key, several[i]) == 0)
            return NULL;
    for (size_t i = 0; i < sizeof dotted_maps / sizeof *dotted_maps; i++)
        if (is_below(key, dotted_maps[i]))
            return key + strlen(dotted_maps[i]) + 1;
    return key;
}

/* A copy of spec with a key of one of the dotted maps set; without a value, the sweep does not vary
 * the key any more. */
static const bnn_node *set_dotted(const override *o, const bnn_node *spec, const char *map_path,
                                  const char *key, const bnn_node *value)
{
    const bnn_node *map = bnn_tree_find(spec, map_path);
    if (value == NULL && bnn_tree_get(map, key) == NULL)
        return spec;
    if (map != NULL && map->kind != BNN_NODE_MAP)
        map = NULL;
    map = bnn_tree_put(map, key, value, o->r->arena, o->at);
    if (map == NULL)
        bnn_diag_no_memory(o->r->diag);
    return map == NULL ? NULL : bnn_tree_set(spec, map_path, map, o->r->arena, o->r->diag, o->at);
}

/* Whether a list is what the key takes, rather than several values to try. */
static bool takes_list(const override *o, const bnn_node *spec)
{
    const bnn_node *old = bnn_tree_find(spec, o->key);
    const bnn_key *key = bnn_key_find(o->r->spec, o->key);
    return (old != NULL && old->kind == BNN_NODE_LIST) || is_below(o->key, "sweep") ||
           (key != NULL && (key->flags & BNN_KEY_LIST) != 0);
}

/* The key of a map that is replaced as a whole, so that what is set below it is lost, or NULL. */
static const char *find_replaced(const override *o, const bnn_node *map)
{
    for (size_t k = 0; map != NULL && map->kind == BNN_NODE_MAP && k < map->n; k++)
        if (is_below(o->key, map->pairs[k].key->text))
            return map->pairs[k].key->text;
    return NULL;
}

/* The key that all points replace by the sweep's list, where that has all points; or NULL. */
static const char *find_listed(const override *o, const bnn_node *spec)
{
    const bnn_node *list = bnn_tree_find(spec, "sweep.list");
    const char *key = NULL;
    if (list == NULL || list->kind != BNN_NODE_LIST || bnn_tree_get(spec, "baseline") != NULL)
        return NULL;
    for (size_t i = 0; i < N_SWEPT; i++)
        if (bnn_tree_find(spec, dotted_maps[i]) != NULL)
            return NULL;
    for (size_t i = 0; i < list->n; i++)
        if ((key = find_replaced(o, list->items[i])) == NULL)
            return NULL;
    return key;
}

/* A value set below a key that the sweep varies would be lost in every point, without a word. */
static bool is_overwritten(const override *o, const bnn_node *spec)
{
    const char *by = "sweep.list", *key = find_listed(o, spec);
    for (size_t i = 0; key == NULL && i < N_SWEPT; i++) {
        by = dotted_maps[i];
        key = find_replaced(o, bnn_tree_find(spec, by));
    }
    if (key != NULL)
        bnn_diag_add(o->r->diag, o->at,
                     "%s would have no effect: %s replaces %s in every point; set %s to the "
                     "values that are wanted",
                     o->key, by, key, key);
    return key != NULL;
}

/* A key of one of the maps that are called path; start may be several. */
static const bnn_node *override_below(const override *o, const bnn_node *spec, const char *path)
{
    const bnn_node *stages = bnn_tree_find(spec, path);
    if (is_overwritten(o, spec))
        return NULL;
    if (stages != NULL && stages->kind == BNN_NODE_LIST) {
        bnn_diag_add(o->r->diag, o->at, "cannot set %s: %s is a list; give it as a whole", o->key,
                     path);
        return NULL;
    }
    return set_dotted(o, spec, path, o->key + strlen(path) + 1, o->value);
}

static const bnn_node *apply_override(const override *o, const bnn_node *spec)
{
    for (size_t i = 0; i < sizeof dotted_maps / sizeof *dotted_maps; i++)
        if (is_below(o->key, dotted_maps[i]))
            return override_below(o, spec, dotted_maps[i]);
    if (is_below(o->key, "sweep.list") || is_below(o->key, "sweep.exclude")) {
        bnn_diag_add(o->r->diag, o->at, "cannot set %s: give the list as a whole", o->key);
        return NULL;
    }
    const bool varies = o->value->kind == BNN_NODE_LIST && !takes_list(o, spec);
    if (!varies && is_overwritten(o, spec))
        return NULL;
    for (size_t i = ZIP; spec != NULL && i < N_SWEPT; i++)
        spec = set_dotted(o, spec, dotted_maps[i], o->key, NULL);
    if (spec != NULL)
        spec = set_dotted(o, spec, dotted_maps[GRID], o->key, varies ? o->value : NULL);
    return spec == NULL || varies
               ? spec
               : bnn_tree_set(spec, o->key, o->value, o->r->arena, o->r->diag, o->at);
}

const bnn_node *bnn_sweep_override(const bnn_reader *r, const bnn_node *spec, size_t number,
                                   const char *text)
{
    char excerpt[BNN_EXCERPT];
    const char *file = bnn_arena_printf(r->arena, OVERRIDE_FILE "%zu", number);
    override o = {.at = {file, 1, 1}, .r = r};
    const size_t n_key = strcspn(text, "=");
    if (file == NULL || bnn_diag_source(r->diag, file, text, strlen(text)) != BNN_OK) {
        bnn_diag_no_memory(r->diag);
        return NULL;
    }
    if (text[n_key] == '\0' || text[n_key + 1] == '\0') {
        bnn_diag_add(r->diag, o.at, "expected KEY=VALUE, got \"%s\"", bnn_excerpt(text, excerpt));
        return NULL;
    }
    if (strpbrk(text, "\r\n") != NULL) { /* it is kept as a comment of the spec */
        bnn_diag_add(r->diag, o.at, "\"%s\" is more than one line", bnn_excerpt(text, excerpt));
        return NULL;
    }
    o.key = bnn_arena_printf(r->arena, "%.*s", (int)n_key, text);
    char *value = bnn_arena_strdup(r->arena, text);
    if (o.key == NULL || value == NULL)
        bnn_diag_no_memory(r->diag);
    if (o.key == NULL || value == NULL || !bnn_tree_check_path(o.key, r->diag, o.at))
        return NULL;
    memset(value, ' ', n_key + 1); /* the value keeps its column */
    o.value = bnn_tree_parse(file, value, strlen(value), r->arena, r->diag);
    return o.value == NULL ? NULL : apply_override(&o, spec);
}
