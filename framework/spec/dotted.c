/* dotted.c - maps of dotted keys in which sections are written as maps: {model: {binarize: none}} for
 * {model.binarize: none}. */
#include "spec/key.h"
#include "spec/sweep.h"

#include <string.h>

/* What stands at a place of a spec. */
typedef enum dotted_place {
    DOTTED_SPEC,
    DOTTED_SWEEP,
    DOTTED_LISTS, /* grid and zip */
    DOTTED_COMPARE,
    DOTTED_POINT, /* a map of dotted keys, or a list of them */
    DOTTED_OTHER,
} dotted_place;

static const struct {
    dotted_place at;
    const char *key;
    dotted_place below;
} dotted_places[] = {
    {DOTTED_SPEC, "baseline", DOTTED_POINT}, {DOTTED_SPEC, "start", DOTTED_POINT},
    {DOTTED_SPEC, "teacher", DOTTED_POINT},  {DOTTED_SPEC, "compare", DOTTED_COMPARE},
    {DOTTED_SPEC, "sweep", DOTTED_SWEEP},    {DOTTED_COMPARE, "baseline", DOTTED_POINT},
    {DOTTED_SWEEP, "list", DOTTED_POINT},    {DOTTED_SWEEP, "exclude", DOTTED_POINT},
    {DOTTED_SWEEP, "grid", DOTTED_LISTS},    {DOTTED_SWEEP, "zip", DOTTED_LISTS},
    {DOTTED_LISTS, "start", DOTTED_POINT},   {DOTTED_LISTS, "teacher", DOTTED_POINT},
    {DOTTED_POINT, "start", DOTTED_POINT},   {DOTTED_POINT, "teacher", DOTTED_POINT},
};

static dotted_place dotted_below(dotted_place place, const char *key)
{
    for (size_t i = 0; i < sizeof dotted_places / sizeof *dotted_places; i++)
        if (dotted_places[i].at == place && strcmp(dotted_places[i].key, key) == 0)
            return dotted_places[i].below;
    return DOTTED_OTHER;
}

/* Whether it is a section whose keys are set one by one. A plugin or a topology is set as a whole, and so is
 * what says another name: the rest was that of the old one. */
static bool dotted_is_section(const bnn_reader *r, const char *path, const bnn_node *value)
{
    const bnn_key *key = bnn_key_find(r->spec, path);
    return value->kind == BNN_NODE_MAP && key != NULL && key->type == &bnn_key_section &&
           (key->section->flags == 0 ||
            (key->section->flags == BNN_SECTION_NAMED && bnn_tree_get(value, "name") == NULL));
}

typedef struct dotted_map {
    bnn_pair *pairs;
    size_t n, capacity;
} dotted_map;

static bool dotted_add(const bnn_reader *r, bnn_pair pair, dotted_map *out)
{
    bnn_pair *grown = bnn_arena_grow(r->arena, out->pairs, out->n, &out->capacity, sizeof *grown);
    if (grown == NULL || pair.key == NULL || pair.value == NULL)
        return false;
    out->pairs = grown;
    grown[out->n++] = pair;
    return true;
}

/* The key below another one, where it stands. */
static const bnn_node *dotted_join(const bnn_reader *r, const char *path, const bnn_node *key)
{
    bnn_node *joined = bnn_arena_copy(r->arena, key, 1, sizeof *joined);
    if (joined != NULL)
        joined->text = bnn_arena_printf(r->arena, "%s.%s", path, key->text);
    return joined == NULL || joined->text == NULL ? NULL : joined;
}

/* Adds a pair, or the keys of the section that it is. inside: of one; else a key with dots is taken as it
 * is, since its value is one for all that is below. */
static bool dotted_flatten(const bnn_reader *r, const bnn_pair *pair, bool inside, dotted_map *out)
{
    const bnn_node *value = pair->value;
    const bool whole = (!inside && strchr(pair->key->text, '.') != NULL) ||
                       !dotted_is_section(r, pair->key->text, value);
    bool memory = !whole || dotted_add(r, *pair, out);
    for (size_t i = 0; memory && !whole && i < value->n; i++) {
        const bnn_pair below = {dotted_join(r, pair->key->text, value->pairs[i].key),
                                value->pairs[i].value};
        memory = below.key != NULL && dotted_flatten(r, &below, true, out);
    }
    return memory;
}

static const bnn_node *dotted_rewrite(const bnn_reader *r, dotted_place place, const bnn_node *node)
{
    const bool list = node->kind == BNN_NODE_LIST;
    if (node->kind == BNN_NODE_SCALAR || node->n == 0 || place == DOTTED_OTHER ||
        (list && place != DOTTED_POINT))
        return node;
    const bnn_node **items = list ? bnn_arena_alloc(r->arena, node->n, sizeof *items) : NULL;
    dotted_map out = {.pairs = NULL};
    bool memory = items != NULL || !list;
    for (size_t i = 0; memory && i < node->n; i++) {
        if (list) {
            memory = (items[i] = dotted_rewrite(r, place, node->items[i])) != NULL;
            continue;
        }
        const bnn_pair *old = &node->pairs[i];
        const bnn_pair pair = {old->key,
                               dotted_rewrite(r, dotted_below(place, old->key->text), old->value)};
        memory =
            pair.value != NULL && (place == DOTTED_POINT ? dotted_flatten(r, &pair, false, &out)
                                                         : dotted_add(r, pair, &out));
    }
    if (memory && !list && out.n == 0) /* {model: {}}: nothing is said */
        out.pairs = bnn_arena_alloc(r->arena, 1, sizeof *out.pairs);
    return memory ? bnn_tree_part(node, list ? node->n : out.n, out.pairs, items, r->arena) : NULL;
}

const bnn_node *bnn_sweep_write_dots(const bnn_reader *r, const bnn_node *spec)
{
    const bnn_node *written = dotted_rewrite(r, DOTTED_SPEC, spec);
    if (written == NULL)
        bnn_diag_no_memory(r->diag);
    return written;
}
