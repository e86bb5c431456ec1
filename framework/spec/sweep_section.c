/* sweep_section.c - what stands at `sweep` and `baseline`, read and checked. */
#include "spec/sweep_internal.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { SWEEP_KEYS_MAX = 64, SWEEP_LABEL_MAX = 60 };

/* Whether all names of a dotted key have a row, as far as there are tables: not in plugins. */
static void sweep_check_names(const bnn_reader *r, const bnn_node *node)
{
    const bnn_section *section = r->spec;
    const char *rest = node->text;
    char word[BNN_KEY_PATH], above[BNN_KEY_PATH];
    while (section != NULL && (section->flags & (BNN_SECTION_EACH | BNN_SECTION_ITEMS)) == 0) {
        const size_t n = strcspn(rest, ".");
        bnn_reader at = *r;
        if (rest > node->text) {
            snprintf(above, sizeof above, "%.*s", (int)(rest - node->text) - 1, node->text);
            at.path = above;
        }
        snprintf(word, sizeof word, "%.*s", (int)n, rest);
        bnn_key_check_known(&at, section, NULL, &(bnn_node){.text = word, .at = node->at});
        const bnn_key *key = bnn_key_in(section, rest);
        if (key == NULL || key->takes != NULL || rest[n] == '\0')
            return;
        section = key->section;
        rest += n + 1;
    }
}

bool bnn_sweep_is_label(const char *key)
{
    return strcmp(key, "label") == 0;
}

/* A name is a word of tables and figures. */
static int sweep_check_label(const bnn_reader *r, const bnn_node *value)
{
    char path[BNN_KEY_PATH];
    const bnn_reader below = bnn_reader_below(r, "label", path);
    bool sound = value->kind == BNN_NODE_SCALAR && value->text[0] != '\0' &&
                 strlen(value->text) <= SWEEP_LABEL_MAX;
    for (const char *c = value->text; sound && *c != '\0'; c += bnn_text_character(c))
        sound = bnn_text_control(c) == 0;
    return sound
               ? BNN_OK
               : bnn_reader_expected(&below, value, "a short text, which the point is called", "");
}

/* What is the same for every run of a spec cannot differ between its points. */
static void sweep_check_key(const bnn_reader *r, const bnn_pair *pair)
{
    const bnn_node *node = pair->key;
    char excerpt[BNN_EXCERPT];
    if (bnn_sweep_is_label(node->text)) {
        sweep_check_label(r, pair->value);
        return;
    }
    if (!bnn_tree_check_path(node->text, r->diag, node->at))
        return;
    sweep_check_names(r, node);
    const bnn_key *key = bnn_key_in(r->spec, node->text);
    if (key != NULL && (key->flags & BNN_KEY_FIXED) != 0)
        bnn_diag_add(r->diag, node->at, "%s is the same for all points and cannot vary",
                     bnn_excerpt(node->text, excerpt));
}

/* Values are set in the order of the keys, so a later key must not undo an earlier one. */
static void sweep_check_order(const bnn_reader *r, const bnn_node *earlier, const bnn_node *later)
{
    char a[BNN_EXCERPT], b[BNN_EXCERPT];
    if (!bnn_tree_covers(later->text, earlier->text))
        return;
    if (strcmp(later->text, earlier->text) == 0)
        bnn_diag_add(r->diag, later->at, "%s varies on line %u already",
                     bnn_excerpt(later->text, a), earlier->at.line);
    else
        bnn_diag_add(r->diag, later->at, "%s would undo %s of line %u; put it first",
                     bnn_excerpt(later->text, a), bnn_excerpt(earlier->text, b), earlier->at.line);
}

static const bnn_node *sweep_without(const bnn_reader *r, const bnn_node *node, size_t n,
                                     const bnn_pair *pairs, const bnn_node *const *items)
{
    const bnn_node *part = bnn_tree_part(node, n, pairs, items, r->arena);
    if (part == NULL)
        bnn_diag_no_memory(r->diag);
    return part;
}

int bnn_sweep_check_map(const bnn_reader *r, const bnn_node *map, const bnn_node **sound)
{
    *sound = NULL;
    if (map->kind != BNN_NODE_MAP)
        return bnn_reader_expected(r, map, "a map of dotted keys",
                                   map->kind == BNN_NODE_LIST && strcmp(r->path, "sweep.grid") == 0
                                       ? "; points one by one are a list in sweep.list"
                                   : strcmp(r->path, "baseline") == 0 && !bnn_tree_is_null(map)
                                       ? ", as in {model.binarize: none}"
                                       : "");
    if (map->n > SWEEP_KEYS_MAX)
        return bnn_diag_add(r->diag, map->at, "%s: %zu keys, more than the limit of %d", r->path,
                            map->n, SWEEP_KEYS_MAX);
    const int begun = bnn_diag_begin(r->diag);
    bnn_pair *pairs = bnn_arena_alloc(r->arena, map->n, sizeof *pairs);
    size_t n = 0;
    for (size_t i = 0; pairs != NULL && i < map->n; i++) {
        const int key_begun = bnn_diag_begin(r->diag);
        sweep_check_key(r, &map->pairs[i]);
        for (size_t j = 0; j < i; j++)
            sweep_check_order(r, map->pairs[j].key, map->pairs[i].key);
        if (bnn_diag_end(r->diag, key_begun) == BNN_OK)
            pairs[n++] = map->pairs[i];
    }
    *sound = sweep_without(r, map, n, pairs, NULL);
    return bnn_diag_end(r->diag, begun);
}

static void sweep_keep(const bnn_key *key, const bnn_node *node, void *out)
{
    memcpy((char *)out + key->param.offset, &node, sizeof node);
}

static void baseline_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    const bnn_node *sound = NULL;
    if (node != NULL)
        bnn_sweep_check_map(r, node, &sound);
    sweep_keep(key, sound, out);
}

static const bnn_key_type baseline_type = {"a map of dotted keys", baseline_read, NULL, NULL};

static bool is_section(const bnn_reader *r, const char *path)
{
    const bnn_key *key = bnn_key_find(r->spec, path);
    return key != NULL && (key->section != NULL || key->takes != NULL);
}

/* The list of one key of grid or zip; first: the pair whose list it must be as long as, or NULL. */
static int list_check(const bnn_reader *r, const bnn_pair *pair, const bnn_pair *first)
{
    char a[BNN_EXCERPT], b[BNN_EXCERPT], path[BNN_KEY_PATH];
    const bnn_node *list = pair->value;
    const bnn_reader below = bnn_reader_below(r, bnn_excerpt(pair->key->text, a), path);
    if (list->kind != BNN_NODE_LIST)
        return bnn_reader_expected(
            &below, list, "a list of values",
            list->kind == BNN_NODE_SCALAR ? "; brackets are missing"
            : is_section(r, pair->key->text)
                ? "; write keys with dots, as in model.ste: [identity, clipped]"
                : "; write them out, as in [1, 2]");
    if (list->n == 0)
        return bnn_diag_add(r->diag, list->at, "%s: the list is empty and leaves no points", path);
    if (first == NULL || list->n == first->value->n)
        return BNN_OK;
    return bnn_diag_add(
        r->diag, list->at,
        "%s: the lists go together, but %s has %zu values and %s of line %u has %zu", r->path, a,
        list->n, bnn_excerpt(first->key->text, b), first->key->at.line, first->value->n);
}

/* grid, or zip, whose lists are of equal length. detail: 1 for zip. */
static void lists_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    const bnn_node *map = NULL;
    size_t n = 0;
    if (node != NULL)
        bnn_sweep_check_map(r, node, &map);
    bnn_pair *pairs = map == NULL ? NULL : bnn_arena_alloc(r->arena, map->n, sizeof *pairs);
    for (size_t i = 0; pairs != NULL && i < map->n; i++)
        if (list_check(r, &map->pairs[i], key->detail == 1 ? &map->pairs[0] : NULL) == BNN_OK)
            pairs[n++] = map->pairs[i];
    sweep_keep(key, map == NULL ? NULL : sweep_without(r, map, n, pairs, NULL), out);
}

static const bnn_key_type grid_type = {"a map of dotted keys to lists", lists_read, NULL,
                                       "{\"$ref\": \"#/definitions/lists\"}"};
static const bnn_key_type zip_type = {"a map of dotted keys to lists of equal length", lists_read,
                                      NULL,
                                      "{\"allOf\": [{\"$ref\": \"#/definitions/lists\"},"
                                      " {\"$ref\": \"#/definitions/equal_lists\"}]}"};

/* list, or exclude, where an empty map is a mistake. detail: 1 for exclude. */
static void points_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    const bool is_list = node != NULL && node->kind == BNN_NODE_LIST;
    const bnn_node **items = is_list ? bnn_arena_alloc(r->arena, node->n, sizeof *items) : NULL;
    const bnn_node *sound;
    size_t n = 0;
    if (node != NULL && !is_list)
        bnn_reader_expected(r, node, "a list of maps",
                            node->kind == BNN_NODE_MAP ? "; put it in brackets" : "");
    for (size_t i = 0; items != NULL && i < node->n; i++) {
        int status = bnn_sweep_check_map(r, node->items[i], &sound);
        if (status == BNN_OK && key->detail == 1 && node->items[i]->n == 0)
            status = bnn_diag_add(r->diag, node->items[i]->at, "%s: an empty map drops every point",
                                  r->path);
        if (status == BNN_OK || (sound != NULL && key->detail == 0))
            items[n++] = sound;
    }
    sweep_keep(key, is_list ? sweep_without(r, node, n, NULL, items) : NULL, out);
}

static const bnn_key_type points_type = {
    "a list of maps of dotted keys", points_read, NULL,
    "{\"type\": \"array\", \"items\": {\"$ref\": \"#/definitions/point\"}}"};
static const bnn_key_type exclude_type = {
    "a list of maps of dotted keys", points_read, NULL,
    "{\"type\": \"array\", \"items\": {\"allOf\": [{\"$ref\": \"#/definitions/matched\"},"
    " {\"minProperties\": 1}]}}"};

static const bnn_key sweep_keys[] = {
    {BNN_KEY_OF("grid", offsetof(bnn_sweep_parts, grid), &grid_type,
                "every combination of the values; the first key varies slowest")},
    {BNN_KEY_OF("zip", offsetof(bnn_sweep_parts, zip), &zip_type,
                "values that vary together; crossed with grid"),
     .detail = 1},
    {BNN_KEY_OF("random", offsetof(bnn_sweep_parts, drawn), &bnn_sweep_random_type,
                "points that are drawn: n of them, with values that vary together; crossed with "
                "grid and zip; a greater n keeps those before"),
     .examples = "sweep:\n"
                 "  random:\n"
                 "    n: 50\n"
                 "    train.optimizer.lr: {log_uniform: [1e-4, 1e-2]}   # as 0.00253\n"
                 "    train.label_smoothing: {uniform: [0, 0.2]}\n"
                 "    train.epochs: {integers: [5, 15]}                 # 5, 15 or between\n"
                 "    model.ste: {choice: [identity, clipped, {name: clipped, clip: 1.3}]}"},
    {BNN_KEY_OF("list", offsetof(bnn_sweep_parts, list), &points_type,
                "extra points; without grid, zip and random, all points; label: what one is "
                "called"),
     .examples = "sweep:\n"
                 "  list:\n"
                 "    - {model.ste: ede, label: with a schedule}\n"
                 "    - {model.ste: clipped}"},
    {BNN_KEY_OF("exclude", offsetof(bnn_sweep_parts, exclude), &exclude_type,
                "points that agree with one of these are dropped"),
     .detail = 1},
    {.param = BNN_INTEGER(bnn_sweep_parts, max_runs, 500, 1, BNN_SWEEP_RUNS_MAX,
                          "more points x seeds than this are a mistake")},
    {BNN_KEY_SECTION(bnn_sweep_parts, halving, "halving", &bnn_sweep_halving_section,
                     "successive halving: the points start small, and at each rung the best of "
                     "them go on; the baseline is always trained whole"),
     .acts = "dataset.validation!=0", .also = "successive_halving|hyperband|asha|pruner",
     .examples = "train: {epochs: 45}\n"
                 "sweep:\n"
                 "  random: {n: 27, train.optimizer.lr: {log_uniform: [1e-4, 1e-2]}}\n"
                 "  halving: {over: epochs, from: 5, eta: 3}   # 27 at 5, 9 at 15, 3 at 45\n"
                 "bnnrun query rungs   # afterwards"},
    BNN_KEYS_END,
};

/* Forgets a map that is set after another one and has keys that would undo it. */
static void sweep_check_maps(const bnn_reader *r, const bnn_node *earlier, const bnn_node **later)
{
    const int begun = bnn_diag_begin(r->diag);
    for (size_t i = 0; earlier != NULL && *later != NULL && i < earlier->n; i++)
        for (size_t j = 0; j < (*later)->n; j++)
            sweep_check_order(r, earlier->pairs[i].key, (*later)->pairs[j].key);
    if (bnn_diag_end(r->diag, begun) != BNN_OK)
        *later = NULL;
}

/* Values of grid are set before those of zip, and these before those that are drawn. */
static void sweep_finish(const bnn_reader *r, const bnn_node *node, void *out)
{
    bnn_sweep_parts *s = out;
    const bnn_node *max_runs = bnn_tree_get(node, "max_runs");
    if (node != NULL)
        s->at = max_runs != NULL ? max_runs->at : node->at;
    sweep_check_maps(r, s->grid, &s->zip);
    sweep_check_maps(r, s->grid, &s->drawn);
    sweep_check_maps(r, s->zip, &s->drawn);
}

const bnn_section bnn_sweep_section = {.keys = sweep_keys, .finish = sweep_finish};

static const bnn_key sections[] = {
    {BNN_KEY_OF("sweep", 0, &bnn_key_section, ""), .section = &bnn_sweep_section},
    {BNN_KEY_OF("baseline", offsetof(bnn_sweep_parts, baseline), &baseline_type, "")},
};

int bnn_sweep_read(const bnn_reader *r, const bnn_node *spec, bnn_sweep_parts *out)
{
    static const bnn_section whole = {.keys = sections};
    const int begun = bnn_diag_begin(r->diag);
    *out = (bnn_sweep_parts){.at = spec->at};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        bnn_key_read(r, &whole, &sections[i], spec, out);
    return bnn_diag_end(r->diag, begun);
}
