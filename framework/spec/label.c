#include "spec/label.h"

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

/* Sorted from the last letter backwards, so that keys with like endings are neighbours. */
typedef struct label_keys {
    size_t n;
    label_key *rows;
} label_keys;

/* Dots first, so that keys with the same last names are neighbours whatever else there is. */
static unsigned char rank_letter(char c)
{
    return c == '.' ? 0 : (unsigned char)c;
}

static int compare_backwards(const char *a, const char *b)
{
    size_t i = strlen(a), j = strlen(b);
    while (i > 0 && j > 0) {
        const unsigned char x = rank_letter(a[--i]), y = rank_letter(b[--j]);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return i < j ? -1 : i > j;
}

static int compare_label_keys(const void *left, const void *right)
{
    const label_key *a = left, *b = right;
    return compare_backwards(a->key, b->key);
}

/* Equal keys become one row; keys that do not vary go. */
static void merge_rows(label_keys *keys)
{
    size_t n = 0;
    for (size_t i = 0, j; i < keys->n; i = j) {
        label_key row = keys->rows[i];
        for (j = i + 1; j < keys->n && strcmp(keys->rows[j].key, row.key) == 0; j++)
            row.varies |= keys->rows[j].varies;
        if (row.varies)
            keys->rows[n++] = row;
    }
    keys->n = n;
}

/* Whether the last names of key are those of ending. */
static bool ends_with(const char *key, const char *ending)
{
    const size_t n_key = strlen(key), n = strlen(ending);
    return n_key >= n && strcmp(key + n_key - n, ending) == 0 &&
           (n_key == n || key[n_key - n - 1] == '.');
}

/* The shortest ending of key, in whole names, that is no ending of other. */
static const char *shown_against(const char *key, const char *other)
{
    const char *ending = key + strlen(key);
    do {
        do
            ending--;
        while (ending > key && ending[-1] != '.');
    } while (ending > key && ends_with(other, ending));
    return ending;
}

static void choose_shown(label_keys *keys)
{
    for (size_t i = 0; i < keys->n; i++) {
        label_key *row = &keys->rows[i];
        const char *before = i == 0 ? "" : keys->rows[i - 1].key;
        const char *after = i + 1 == keys->n ? "" : keys->rows[i + 1].key;
        const char *a = shown_against(row->key, before), *b = shown_against(row->key, after);
        row->shown = a < b ? a : b;
    }
}

static int collect_keys(const bnn_node *spec, size_t n, const bnn_point *points, label_keys *out)
{
    size_t capacity = 0, n_rows = 0;
    for (size_t i = 0; i < n; i++)
        capacity += points[i].n;
    out->rows = calloc(capacity + 1, sizeof *out->rows);
    if (out->rows == NULL)
        return BNN_E_INTERNAL;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < points[i].n; j++) {
            const bnn_assignment *v = &points[i].values[j];
            const bool varies = !bnn_tree_equal(v->value, bnn_tree_find(spec, v->key));
            out->rows[n_rows++] = (label_key){.key = v->key, .varies = varies};
        }
    out->n = n_rows;
    qsort(out->rows, out->n, sizeof *out->rows, compare_label_keys);
    merge_rows(out);
    choose_shown(out);
    return BNN_OK;
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

/* name=value,name=value, without the pair `skip`. */
static void write_pairs(label_writer *w, const bnn_node *map, size_t skip)
{
    const char *separator = "";
    for (size_t i = 0; i < map->n && !w->full; i++) {
        if (i == skip)
            continue;
        write_text(w, separator);
        write_text(w, map->pairs[i].key->text);
        write_text(w, "=");
        write_value(w, map->pairs[i].value);
        separator = ",";
    }
}

/* A plugin reference is written as name(parameter=value). */
static void write_map(label_writer *w, const bnn_node *map)
{
    size_t i_name = 0;
    while (i_name < map->n && strcmp(map->pairs[i_name].key->text, "name") != 0)
        i_name++;
    const bool is_reference = i_name < map->n && map->pairs[i_name].value->kind == BNN_NODE_SCALAR;
    if (is_reference)
        write_scalar(w, map->pairs[i_name].value->text);
    if (is_reference && map->n == 1)
        return;
    write_text(w, is_reference ? "(" : "{");
    write_pairs(w, map, is_reference ? i_name : map->n);
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

static const char *label_point(const bnn_point *point, const label_keys *keys, bnn_arena *arena)
{
    label_writer w = {.n = 0};
    for (size_t i = 0; i < point->n; i++) {
        const bnn_assignment *v = &point->values[i];
        const label_key wanted = {.key = v->key};
        const label_key *row =
            bsearch(&wanted, keys->rows, keys->n, sizeof *keys->rows, compare_label_keys);
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

/* Labels that were cut, or differ in quotes only, may be alike: the later ones get a number. */
static int number_alike(size_t n, bnn_point *points, bnn_arena *arena)
{
    const char **plain = calloc(n + 1, sizeof *plain);
    int status = plain == NULL ? BNN_E_INTERNAL : BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        size_t n_alike = 0;
        plain[i] = points[i].label;
        for (size_t j = 0; j < i; j++)
            n_alike += strcmp(plain[j], plain[i]) == 0;
        if (n_alike == 0)
            continue;
        points[i].label = bnn_arena_printf(arena, "%s #%zu", plain[i], n_alike + 1);
        if (points[i].label == NULL)
            status = BNN_E_INTERNAL;
    }
    free(plain);
    return status;
}

int bnn_label_points(const bnn_node *spec, size_t n, bnn_point *points, bnn_arena *arena)
{
    label_keys keys;
    int status = collect_keys(spec, n, points, &keys);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        points[i].label = label_point(&points[i], &keys, arena);
        if (points[i].label == NULL)
            status = BNN_E_INTERNAL;
    }
    free(keys.rows);
    return status == BNN_OK ? number_alike(n, points, arena) : status;
}
