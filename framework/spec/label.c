#include "spec/sweep.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_BYTES = 200 };

/* A key that some point sets, and how much of its end is enough to tell it from the others. */
typedef struct label_key {
    const char *key;
    bool varies; /* some point's value differs from the base's */
    const char *shown;
} label_key;

/* From the last letter backwards, so that keys with like endings are neighbours; dots first, so that
 * those with the same last names are, whatever else there is. */
static int compare_label_keys(const void *left, const void *right)
{
    const label_key *a = left, *b = right;
    size_t i = strlen(a->key), j = strlen(b->key);
    while (i > 0 && j > 0) {
        const char x = a->key[--i], y = b->key[--j];
        if (x != y)
            return x == '.' || (y != '.' && (unsigned char)x < (unsigned char)y) ? -1 : 1;
    }
    return i < j ? -1 : i > j;
}

/* Equal keys become one row; keys that do not vary go. How many are left. */
static size_t merge_rows(label_key *rows, size_t n)
{
    size_t n_kept = 0;
    for (size_t i = 0, j; i < n; i = j) {
        label_key row = rows[i];
        for (j = i + 1; j < n && strcmp(rows[j].key, row.key) == 0; j++)
            row.varies |= rows[j].varies;
        if (row.varies)
            rows[n_kept++] = row;
    }
    return n_kept;
}

/* The shortest ending of key, in whole names, that is no ending of other. */
static const char *shown_against(const char *key, const char *other)
{
    size_t i = strlen(key), j = strlen(other);
    for (; i > 0 && j > 0 && key[i - 1] == other[j - 1]; j--)
        i--;
    if (i > 0 && j == 0 && key[i - 1] == '.') /* other is an ending itself: one name more */
        i--;
    while (i > 0 && key[i - 1] != '.')
        i--;
    return key + i;
}

/* The keys that vary, in the order of compare_label_keys. NULL without memory. */
static const label_key *collect_keys(const bnn_node *spec, size_t n_points, const bnn_point *points,
                                     bnn_arena *arena, size_t *out_n)
{
    size_t n = 0, capacity = 0;
    for (size_t i = 0; i < n_points; i++)
        capacity += points[i].n;
    label_key *rows = bnn_arena_alloc(arena, capacity, sizeof *rows);
    for (size_t i = 0; rows != NULL && i < n_points; i++)
        for (size_t j = 0; j < points[i].n; j++) {
            const bnn_pair *v = &points[i].values[j];
            const bool varies = !bnn_tree_equal(v->value, bnn_tree_find(spec, v->key->text));
            rows[n++] = (label_key){.key = v->key->text, .varies = varies};
        }
    if (n > 0)
        qsort(rows, n, sizeof *rows, compare_label_keys);
    n = merge_rows(rows, n);
    for (size_t i = 0; i < n; i++) {
        const char *a = shown_against(rows[i].key, i == 0 ? "" : rows[i - 1].key);
        const char *b = shown_against(rows[i].key, i + 1 == n ? "" : rows[i + 1].key);
        rows[i].shown = a < b ? a : b;
    }
    *out_n = n;
    return rows;
}

typedef struct label_writer {
    char text[LABEL_BYTES];
    size_t n;
    bool full;
} label_writer;

static void write_text(label_writer *w, const char *text)
{
    const size_t n = strlen(text);
    if (w->full || n >= sizeof w->text - w->n) {
        w->full = true;
        return;
    }
    memcpy(w->text + w->n, text, n + 1);
    w->n += n;
}

static void write_scalar(label_writer *w, const char *text)
{
    char excerpt[BNN_EXCERPT];
    const bool plain = *text != '\0' && strpbrk(text, " \t\r\n,=(){}[]\"") == NULL;
    write_text(w, plain ? "" : "\"");
    write_text(w, bnn_excerpt(text, excerpt));
    write_text(w, plain ? "" : "\"");
}

static void write_value(label_writer *w, const bnn_node *node);

/* {name=value,name=value}; a plugin reference is written as name(parameter=value). */
static void write_map(label_writer *w, const bnn_node *map)
{
    const bnn_node *name = bnn_tree_get(map, "name");
    const bool is_reference = name != NULL && name->kind == BNN_NODE_SCALAR;
    const char *separator = is_reference ? "(" : "{";
    if (is_reference)
        write_scalar(w, name->text);
    if (is_reference && map->n == 1)
        return;
    write_text(w, map->n == 0 ? separator : "");
    for (size_t i = 0; i < map->n && !w->full; i++) {
        const char *key = map->pairs[i].key->text;
        if (is_reference && strcmp(key, "name") == 0)
            continue;
        write_text(w, separator);
        write_text(w, key);
        write_text(w, "=");
        write_value(w, map->pairs[i].value);
        separator = ",";
    }
    write_text(w, is_reference ? ")" : "}");
}

static void write_value(label_writer *w, const bnn_node *node)
{
    if (node->kind == BNN_NODE_SCALAR) {
        write_scalar(w, node->text);
    } else if (node->kind == BNN_NODE_MAP) {
        write_map(w, node);
    } else {
        write_text(w, "[");
        for (size_t i = 0; i < node->n && !w->full; i++) {
            write_text(w, i == 0 ? "" : ",");
            write_value(w, node->items[i]);
        }
        write_text(w, "]");
    }
}

static const char *label_point(const bnn_point *point, size_t n, const label_key *rows,
                               bnn_arena *arena)
{
    label_writer w = {.n = 0};
    for (size_t i = 0; i < point->n; i++) {
        const bnn_pair *v = &point->values[i];
        const label_key wanted = {.key = v->key->text};
        const label_key *row = bsearch(&wanted, rows, n, sizeof *rows, compare_label_keys);
        if (row == NULL)
            continue;
        write_text(&w, w.n == 0 ? "" : " ");
        write_text(&w, row->shown);
        write_text(&w, "=");
        write_value(&w, v->value);
    }
    if (w.full)
        return bnn_arena_printf(arena, "%s...", w.text);
    return bnn_arena_strdup(arena, w.n == 0 ? "base" : w.text);
}

int bnn_label_points(const bnn_node *spec, size_t n, bnn_point *points, bnn_arena *arena)
{
    size_t n_keys;
    const label_key *keys = collect_keys(spec, n, points, arena, &n_keys);
    const char **plain = bnn_arena_alloc(arena, n, sizeof *plain);
    if (keys == NULL || plain == NULL)
        return BNN_E_INTERNAL;
    for (size_t i = 0; i < n; i++) {
        size_t n_alike = 0;
        points[i].label = plain[i] = label_point(&points[i], n_keys, keys, arena);
        if (plain[i] == NULL)
            return BNN_E_INTERNAL;
        /* Labels that were cut, or differ in quotes only, may be alike: the later get a number. */
        for (size_t j = 0; j < i; j++)
            n_alike += strcmp(plain[j], plain[i]) == 0;
        if (n_alike > 0)
            points[i].label = bnn_arena_printf(arena, "%s #%zu", plain[i], n_alike + 1);
        if (points[i].label == NULL)
            return BNN_E_INTERNAL;
    }
    return BNN_OK;
}
