#include "spec/tree.h"

#include <stdio.h>
#include <string.h>

/* The pair with the key text[0..n), or map->n. */
static size_t find_pair(const bnn_node *map, const char *text, size_t n)
{
    size_t i = 0;
    while (i < map->n &&
           (strncmp(map->pairs[i].key->text, text, n) != 0 || map->pairs[i].key->text[n] != '\0'))
        i++;
    return i;
}

static const bnn_node *find_value(const bnn_node *map, const char *text, size_t n)
{
    if (map == NULL || map->kind != BNN_NODE_MAP)
        return NULL;
    const size_t i = find_pair(map, text, n);
    return i < map->n ? map->pairs[i].value : NULL;
}

const bnn_node *bnn_tree_get(const bnn_node *map, const char *key)
{
    return find_value(map, key, strlen(key));
}

bool bnn_tree_covers(const char *path, const char *inner)
{
    const size_t n = strlen(path);
    return strncmp(path, inner, n) == 0 && (inner[n] == '\0' || inner[n] == '.');
}

/* The index of item text[0..n) of a list, which counts from 1; list->n when there is none. */
static size_t find_item(const bnn_node *list, const char *text, size_t n)
{
    size_t number = 0;
    for (size_t i = 0; i < n && number <= list->n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return list->n;
        number = 10 * number + (size_t)(text[i] - '0');
    }
    return number == 0 || number > list->n ? list->n : number - 1;
}

const bnn_node *bnn_tree_find(const bnn_node *root, const char *path)
{
    const bnn_node *node = root;
    for (;;) {
        const size_t n = strcspn(path, ".");
        const size_t i = node != NULL && node->kind == BNN_NODE_LIST ? find_item(node, path, n) : 0;
        if (node != NULL && node->kind == BNN_NODE_LIST)
            node = i < node->n ? node->items[i] : NULL;
        else
            node = find_value(node, path, n);
        if (node == NULL || path[n] == '\0')
            return node;
        path += n + 1;
    }
}

bool bnn_tree_is_plain(const bnn_node *node)
{
    return node->kind == BNN_NODE_SCALAR && !node->quoted;
}

bool bnn_tree_is_null(const bnn_node *node)
{
    return bnn_tree_is_plain(node) &&
           (strcmp(node->text, "") == 0 || strcmp(node->text, "~") == 0 ||
            strcmp(node->text, "null") == 0);
}

const char *bnn_tree_describe(const bnn_node *node, char out[BNN_DESCRIPTION])
{
    char excerpt[BNN_EXCERPT];
    if (node->kind == BNN_NODE_SCALAR && !bnn_tree_is_null(node))
        snprintf(out, BNN_DESCRIPTION, "\"%s\"", bnn_excerpt(node->text, excerpt));
    else
        snprintf(out, BNN_DESCRIPTION, "%s",
                 node->kind == BNN_NODE_LIST  ? "a list"
                 : node->kind == BNN_NODE_MAP ? "a map"
                                              : "nothing");
    return out;
}

bool bnn_tree_equal(const bnn_node *a, const bnn_node *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->kind != b->kind)
        return false;
    if (a->kind == BNN_NODE_SCALAR)
        return a->quoted == b->quoted && strcmp(a->text, b->text) == 0;
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        if (a->kind == BNN_NODE_LIST) {
            if (!bnn_tree_equal(a->items[i], b->items[i]))
                return false;
            continue;
        }
        const char *key = a->pairs[i].key->text; /* mostly at the same place in b */
        const bnn_node *other =
            strcmp(key, b->pairs[i].key->text) == 0 ? b->pairs[i].value : bnn_tree_get(b, key);
        if (!bnn_tree_equal(a->pairs[i].value, other))
            return false;
    }
    return true;
}

static bnn_node *create_scalar(const char *text, size_t n, bnn_arena *arena,
                               bnn_position_in_file at)
{
    bnn_node *node = bnn_arena_alloc(arena, 1, sizeof *node);
    const char *copy = bnn_arena_printf(arena, "%.*s", (int)n, text);
    if (node == NULL || copy == NULL)
        return NULL;
    *node = (bnn_node){.kind = BNN_NODE_SCALAR, .at = at, .text = copy};
    return node;
}

/* bnn_tree_put of the key text[0..n_key). */
static const bnn_node *put_pair(const bnn_node *map, const char *key, size_t n_key,
                                const bnn_node *value, bnn_arena *arena, bnn_position_in_file at)
{
    static const bnn_node empty = {.kind = BNN_NODE_MAP};
    const bnn_node *old = map == NULL ? &empty : map;
    const size_t i_key = find_pair(old, key, n_key);
    bnn_node *copy = bnn_arena_copy(arena, old, 1, sizeof *copy);
    bnn_pair *pairs = bnn_arena_alloc(arena, old->n + 1, sizeof *pairs);
    const bnn_node *key_node = create_scalar(key, n_key, arena, at);
    if (copy == NULL || pairs == NULL || key_node == NULL)
        return NULL;
    copy->n = 0;
    for (size_t i = 0; i <= old->n; i++)
        if (i == i_key && value != NULL)
            pairs[copy->n++] = (bnn_pair){key_node, value};
        else if (i != i_key && i < old->n)
            pairs[copy->n++] = old->pairs[i];
    copy->pairs = pairs;
    copy->at = map == NULL ? at : map->at;
    return copy;
}

const bnn_node *bnn_tree_put(const bnn_node *map, const char *key, const bnn_node *value,
                             bnn_arena *arena, bnn_position_in_file at)
{
    return put_pair(map, key, strlen(key), value, arena, at);
}

bool bnn_tree_check_path(const char *path, bnn_diag *diag, bnn_position_in_file at)
{
    char excerpt[BNN_EXCERPT];
    size_t n_segments = 0;
    for (const char *p = path;; p++) {
        const size_t n = strcspn(p, ".");
        if (n == 0 || strcspn(p, " \t\r\n[]") < n || ++n_segments > BNN_PATH_SEGMENTS)
            break;
        p += n;
        if (*p == '\0')
            return true;
    }
    bnn_diag_add(diag, at, "\"%s\" is not a key: names joined with dots, as in %s",
                 bnn_excerpt(path, excerpt),
                 strchr(path, '[') != NULL ? "model.topology.blocks.2.layer" : "train.epochs");
    return false;
}

/* Plugins are named in lower case; words that mean something else in YAML are no names. */
static bool is_plugin_name(const bnn_node *node)
{
    static const char *const words[] = {"true", "false", "none", "null"};
    if (node->kind != BNN_NODE_SCALAR || node->text[0] < 'a' || node->text[0] > 'z')
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(node->text, words[i]) == 0)
            return false;
    return strspn(node->text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(node->text);
}

typedef struct editor {
    const char *path;
    const bnn_node *value;
    bnn_arena *arena;
    bnn_diag *diag;
    bnn_position_in_file at;
} editor;

static const bnn_node *edit_no_memory(const editor *e)
{
    bnn_diag_no_memory(e->diag);
    return NULL;
}

/* The node on the way as a map. *out NULL stands for an empty one. */
static bool open_map(const editor *e, const bnn_node *node, const char *rest, const bnn_node **out)
{
    char got[BNN_DESCRIPTION];
    *out = NULL;
    if (node == NULL || bnn_tree_is_null(node))
        return true;
    if (node->kind == BNN_NODE_MAP) {
        *out = node;
        return true;
    }
    const int n_before = rest == e->path ? 0 : (int)(rest - e->path) - 1; /* without the dot */
    if (n_before > 0 && is_plugin_name(node)) {
        *out = put_pair(NULL, "name", strlen("name"), node, e->arena, node->at);
        if (*out == NULL)
            edit_no_memory(e);
        return *out != NULL;
    }
    const char *where = n_before == 0 ? "the document" : e->path;
    const int n_where = n_before == 0 ? (int)strlen(where) : n_before;
    bnn_diag_add(e->diag, e->at, "cannot set %s: %.*s is %s, not a map", e->path, n_where, where,
                 bnn_tree_describe(node, got));
    return false;
}

static const bnn_node *set_below(const editor *e, const bnn_node *node, const char *rest);

/* A copy of the list with one item changed, which has to be there. */
static const bnn_node *set_item(const editor *e, const bnn_node *list, const char *rest)
{
    const size_t n = strcspn(rest, "."), i = find_item(list, rest, n);
    const int n_list = (int)(rest - e->path) - 1;
    if (i == list->n && strspn(rest, "0123456789") < n)
        bnn_diag_add(e->diag, e->at, "cannot set %s: %.*s is a list, not a map", e->path, n_list,
                     e->path);
    else if (i == list->n)
        bnn_diag_add(e->diag, e->at, "cannot set %s: %.*s has the numbers 1 to %zu", e->path,
                     n_list, e->path, list->n);
    if (i == list->n)
        return NULL;
    const bnn_node *item = rest[n] == '\0' ? e->value : set_below(e, list->items[i], rest + n + 1);
    bnn_node *copy = bnn_arena_copy(e->arena, list, 1, sizeof *copy);
    const bnn_node **items = bnn_arena_copy(e->arena, list->items, list->n, sizeof *items);
    if (item == NULL)
        return NULL;
    if (copy == NULL || items == NULL)
        return edit_no_memory(e);
    items[i] = item;
    copy->items = items;
    return copy;
}

/* rest: what of the path lies below node. */
static const bnn_node *set_below(const editor *e, const bnn_node *node, const char *rest)
{
    const size_t n = strcspn(rest, ".");
    const bnn_node *map;
    const bnn_node *child = e->value;
    bnn_position_in_file at = e->at;
    if (node != NULL && node->kind == BNN_NODE_LIST && rest != e->path)
        return set_item(e, node, rest);
    if (!open_map(e, node, rest, &map))
        return NULL;
    if (rest[n] != '\0') {
        const size_t i = map == NULL ? 0 : find_pair(map, rest, n);
        const bool exists = map != NULL && i < map->n;
        child = set_below(e, exists ? map->pairs[i].value : NULL, rest + n + 1);
        if (child == NULL)
            return NULL;
        if (exists)
            at = map->pairs[i].key->at;
    }
    const bnn_node *copy = put_pair(map, rest, n, child, e->arena, at);
    return copy == NULL ? edit_no_memory(e) : copy;
}

const bnn_node *bnn_tree_set(const bnn_node *root, const char *path, const bnn_node *value,
                             bnn_arena *arena, bnn_diag *diag, bnn_position_in_file at)
{
    const editor e = {path, value, arena, diag, at};
    return bnn_tree_check_path(path, diag, at) ? set_below(&e, root, path) : NULL;
}

const bnn_node *bnn_tree_part(const bnn_node *node, size_t n, const bnn_pair *pairs,
                              const bnn_node *const *items, bnn_arena *arena)
{
    bnn_node *part =
        pairs == NULL && items == NULL ? NULL : bnn_arena_copy(arena, node, 1, sizeof *node);
    if (part == NULL)
        return NULL;
    part->n = n;
    part->pairs = pairs;
    part->items = items;
    return part;
}
