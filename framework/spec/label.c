#include "spec/sweep.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_BYTES = 200 };

/* A key that some point sets, and how much of its end is enough to tell it from the others. */
typedef struct label_key {
    const char *key;
    bool varies; /* some point's value differs from the base's */
    bool inside; /* it is said of a run that some point needs */
    const char *shown;
} label_key;

typedef struct label_keys {
    label_key *rows; /* in the order of compare_label_keys */
    size_t n;
} label_keys;

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

/* Equal keys become one row; keys that no label has go. How many are left. */
static size_t merge_rows(label_key *rows, size_t n)
{
    size_t n_kept = 0;
    for (size_t i = 0, j; i < n; i = j) {
        label_key row = rows[i];
        for (j = i + 1; j < n && strcmp(rows[j].key, row.key) == 0; j++) {
            row.varies |= rows[j].varies;
            row.inside |= rows[j].inside;
        }
        if (row.varies || row.inside)
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

/* What words of a label are about: those of a start or a teacher say what differs in another run. */
enum { LABEL_OWN = 1, LABEL_START = 2, LABEL_TEACHER = 4 };

static unsigned label_part_of(const char *key)
{
    return strcmp(key, "start") == 0     ? LABEL_START
           : strcmp(key, "teacher") == 0 ? LABEL_TEACHER
                                         : LABEL_OWN;
}

static const bnn_node *label_stage(const bnn_node *said, size_t i)
{
    return said->kind == BNN_NODE_LIST ? said->items[i] : said;
}

static size_t label_count_stages(const bnn_node *said)
{
    return said->kind == BNN_NODE_LIST ? said->n : said->kind == BNN_NODE_MAP ? 1 : 0;
}

static bool add_key(label_keys *keys, size_t *capacity, label_key key, bnn_arena *arena)
{
    label_key *grown = bnn_arena_grow(arena, keys->rows, keys->n, capacity, sizeof *grown);
    if (grown == NULL)
        return false;
    keys->rows = grown;
    grown[keys->n++] = key;
    return true;
}

static bool add_point(label_keys *keys, size_t *capacity, const bnn_node *spec,
                      const bnn_point *point, bnn_arena *arena)
{
    bool memory = true;
    for (size_t i = 0; memory && i < point->n; i++) {
        const char *key = point->values[i].key->text;
        const bnn_node *value = point->values[i].value;
        const bool varies = !bnn_tree_equal(value, bnn_tree_find(spec, key));
        memory = add_key(keys, capacity, (label_key){.key = key, .varies = varies}, arena);
        for (size_t s = 0; label_part_of(key) != LABEL_OWN && s < label_count_stages(value); s++) {
            const bnn_node *stage = label_stage(value, s);
            for (size_t k = 0; memory && stage->kind == BNN_NODE_MAP && k < stage->n; k++) {
                const label_key said = {.key = stage->pairs[k].key->text, .inside = true};
                memory = bnn_sweep_is_label(said.key) || add_key(keys, capacity, said, arena);
            }
        }
    }
    return memory;
}

/* The keys that labels have. False without memory. */
static bool collect_keys(const bnn_node *spec, size_t n_points, const bnn_point *points,
                         bnn_arena *arena, label_keys *out)
{
    size_t capacity = 0;
    *out = (label_keys){.n = 0};
    for (size_t i = 0; i < n_points; i++)
        if (!add_point(out, &capacity, spec, &points[i], arena))
            return false;
    label_key *rows = out->rows;
    if (out->n > 0)
        qsort(rows, out->n, sizeof *rows, compare_label_keys);
    const size_t n = out->n = merge_rows(rows, out->n);
    for (size_t i = 0; i < n; i++) {
        const char *a = shown_against(rows[i].key, i == 0 ? "" : rows[i - 1].key);
        const char *b = shown_against(rows[i].key, i + 1 == n ? "" : rows[i + 1].key);
        rows[i].shown = a < b ? a : b;
    }
    return true;
}

static const label_key *find_key(const label_keys *keys, const char *key)
{
    const label_key wanted = {.key = key};
    return keys->n == 0 ? NULL
                        : bsearch(&wanted, keys->rows, keys->n, sizeof wanted, compare_label_keys);
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

/* {binarize=none,epochs=15 > weights=false}: what differs in the stages, one after the other. */
static void write_stages(label_writer *w, const label_keys *keys, const bnn_node *said)
{
    for (size_t i = 0; i < label_count_stages(said) && !w->full; i++) {
        const bnn_node *stage = label_stage(said, i);
        const bnn_node *name = bnn_tree_get(stage, "label");
        const bool is_map = stage->kind == BNN_NODE_MAP;
        write_text(w, i == 0 ? "{" : " > ");
        if (name != NULL) {
            write_text(w, name->text);
            continue;
        }
        if (!is_map || (stage->n == 0 && said->kind == BNN_NODE_LIST))
            write_text(w, "base");
        for (size_t k = 0; is_map && k < stage->n; k++) {
            const char *key = stage->pairs[k].key->text;
            const label_key *row = find_key(keys, key);
            write_text(w, k == 0 ? "" : ",");
            write_text(w, row != NULL ? row->shown : key);
            write_text(w, "=");
            write_value(w, stage->pairs[k].value);
        }
    }
    write_text(w, "}");
}

/* The words of a label that are wanted; "": there is none. */
static const char *label_point(const bnn_point *point, const label_keys *keys, unsigned wanted,
                               bnn_arena *arena)
{
    label_writer w = {.n = 0};
    for (size_t i = 0; i < point->n; i++) {
        const bnn_pair *v = &point->values[i];
        const label_key *row = find_key(keys, v->key->text);
        const unsigned part = label_part_of(v->key->text);
        if (row == NULL || !row->varies || (wanted & part) == 0)
            continue;
        write_text(&w, w.n == 0 ? "" : " ");
        write_text(&w, row->shown);
        write_text(&w, "=");
        if (part != LABEL_OWN && label_count_stages(v->value) > 0)
            write_stages(&w, keys, v->value);
        else
            write_value(&w, v->value);
    }
    return w.full ? bnn_arena_printf(arena, "%s...", w.text) : bnn_arena_strdup(arena, w.text);
}

int bnn_label_points(const bnn_node *spec, size_t n, bnn_point *points, bnn_arena *arena)
{
    label_keys keys;
    const char **plain = bnn_arena_alloc(arena, n, sizeof *plain);
    if (!collect_keys(spec, n, points, arena, &keys) || plain == NULL)
        return BNN_E_INTERNAL;
    for (size_t i = 0; i < n; i++) {
        bnn_point *point = &points[i];
        size_t n_alike = 0;
        plain[i] = point->name;
        point->own = point->name;
        if (point->name == NULL) {
            plain[i] = label_point(point, &keys, LABEL_OWN | LABEL_START | LABEL_TEACHER, arena);
            point->own = label_point(point, &keys, LABEL_OWN, arena);
        }
        point->taught = label_point(point, &keys, LABEL_TEACHER, arena);
        if (plain[i] == NULL || point->own == NULL || point->taught == NULL)
            return BNN_E_INTERNAL;
        point->label = plain[i][0] == '\0' ? "base" : plain[i];
        /* Labels that were cut, or differ in quotes only, may be alike: the later get a number. */
        for (size_t j = 0; j < i; j++)
            n_alike += strcmp(plain[j], plain[i]) == 0;
        if (n_alike > 0)
            point->label = bnn_arena_printf(arena, "%s #%zu", point->label, n_alike + 1);
        if (point->label == NULL)
            return BNN_E_INTERNAL;
    }
    return BNN_OK;
}
