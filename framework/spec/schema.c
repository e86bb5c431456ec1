#include "spec/schema.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KNOWN_MAX = 128, WHAT_BYTES = 256, LIST_BYTES = 512 };

static void add_unknown_key(const bnn_node *key, const char *what, const char *const *known,
                            size_t n_known, bnn_diag *diag)
{
    char excerpt[BNN_EXCERPT], list[LIST_BYTES];
    const char *text = bnn_excerpt(key->text, excerpt);
    const char *near = bnn_suggest(key->text, known, n_known);
    if (near != NULL)
        bnn_diag_add(diag, key->at, "unknown key \"%s\" in %s; did you mean \"%s\"?", text, what,
                     near);
    else if (strchr(key->text, '.') != NULL)
        bnn_diag_add(diag, key->at,
                     "unknown key \"%s\" in %s; keys with dots belong in sweep, baseline and -s, "
                     "elsewhere write maps",
                     text, what);
    else if (n_known == 0)
        bnn_diag_add(diag, key->at, "unknown key \"%s\" in %s, which takes none", text, what);
    else
        bnn_diag_add(diag, key->at, "unknown key \"%s\" in %s; known keys: %s", text, what,
                     bnn_text_join(known, n_known, list, sizeof list));
}

static int check_map(const bnn_node *node, const char *what, bnn_diag *diag)
{
    char got[BNN_DESCRIPTION];
    if (node == NULL || node->kind == BNN_NODE_MAP)
        return BNN_OK;
    return bnn_diag_add(diag, node->at, "%s: expected a map, got %s", what,
                        bnn_schema_describe(node, got));
}

static bool is_listed(const char *text, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], text) == 0)
            return true;
    return false;
}

static int check_keys(const bnn_node *map, const char *what, const char *const *known,
                      size_t n_known, bnn_diag *diag)
{
    int status = BNN_OK;
    for (size_t i = 0; map != NULL && i < map->n; i++) {
        const bnn_node *key = map->pairs[i].key;
        if (is_listed(key->text, known, n_known))
            continue;
        add_unknown_key(key, what, known, n_known, diag);
        status = BNN_E_SPEC;
    }
    return status;
}

int bnn_schema_known_keys(const bnn_node *map, const char *what, const char *const *known,
                          bnn_diag *diag)
{
    size_t n = 0;
    while (known[n] != NULL)
        n++;
    if (check_map(map, what, diag) != BNN_OK)
        return BNN_E_SPEC;
    return check_keys(map, what, known, n, diag);
}

int bnn_schema_reference(const bnn_node *node, const char *what, const char **name,
                         const bnn_node **params, bnn_diag *diag)
{
    char name_what[WHAT_BYTES], got[BNN_DESCRIPTION];
    if (node->kind == BNN_NODE_SCALAR && !bnn_tree_is_null(node)) {
        *name = node->text;
        *params = NULL;
        return BNN_OK;
    }
    if (node->kind != BNN_NODE_MAP)
        return bnn_diag_add(diag, node->at, "%s: expected a name or a map with one, got %s", what,
                            bnn_schema_describe(node, got));
    const bnn_node *child = bnn_tree_get(node, "name");
    if (child == NULL)
        return bnn_diag_add(diag, node->at, "%s: a name is missing, as in {name: NAME, ...}", what);
    snprintf(name_what, sizeof name_what, "%s.name", what);
    if (bnn_schema_text(child, name_what, name, diag) != BNN_OK)
        return BNN_E_SPEC;
    *params = node;
    return BNN_OK;
}

/* Bounds of an integer field, whatever a table says. */
static int64_t to_bound(double bound)
{
    if (bound >= (double)INT32_MAX)
        return INT32_MAX;
    return bound <= (double)INT32_MIN ? INT32_MIN : (int64_t)bound;
}

/* The value of a row; *value keeps its default when the node is wrong. */
static int read_value(const bnn_param *row, const bnn_node *node, const char *what, double *value,
                      bnn_diag *diag)
{
    int64_t integer = 0;
    int32_t index = 0;
    int status = BNN_E_INTERNAL;
    switch (row->type) {
    case BNN_TYPE_NUMBER:
        return bnn_schema_number(node, what, row->minimum, row->maximum, value, diag);
    case BNN_TYPE_INTEGER:
        status = bnn_schema_integer(node, what, to_bound(row->minimum), to_bound(row->maximum),
                                    &integer, diag);
        if (status == BNN_OK)
            *value = (double)integer;
        return status;
    case BNN_TYPE_SWITCH:
        status = bnn_schema_switch(node, what, &index, diag);
        break;
    case BNN_TYPE_CHOICE:
        status = bnn_schema_choice(node, what, row->choices, &index, diag);
        break;
    default:
        break;
    }
    if (status == BNN_OK)
        *value = index;
    return status;
}

static void store_value(const bnn_param *row, double value, void *out)
{
    char *field = (char *)out + row->offset;
    const int32_t integer = (int32_t)value;
    if (row->type == BNN_TYPE_NUMBER)
        memcpy(field, &value, sizeof value);
    else
        memcpy(field, &integer, sizeof integer);
}

static int note_value(const bnn_param *row, double value, const char *prefix,
                      bnn_settings *settings)
{
    char text[64];
    if (settings == NULL)
        return BNN_OK;
    if (row->type != BNN_TYPE_CHOICE)
        return bnn_settings_add_number(settings, prefix, row->name, row->type, value);
    bnn_choice_text(row->choices, (size_t)value, text, sizeof text);
    return bnn_settings_add_text(settings, prefix, row->name, text);
}

/* The names of a table and of `also`, in this order; at most KNOWN_MAX. */
static size_t collect_names(const bnn_param *table, const char *const *also,
                            const char *names[KNOWN_MAX])
{
    size_t n = 0;
    for (const bnn_param *row = table; row != NULL && row->type != BNN_TYPE_END; row++)
        if (n < KNOWN_MAX)
            names[n++] = row->name;
    for (; also != NULL && *also != NULL; also++)
        if (n < KNOWN_MAX)
            names[n++] = *also;
    return n;
}

int bnn_schema_fill(const bnn_param *table, const bnn_node *map, const char *what,
                    const char *prefix, const char *const *also, void *out, bnn_settings *settings,
                    bnn_diag *diag)
{
    const char *names[KNOWN_MAX];
    char value_what[WHAT_BYTES];
    int status = check_map(map, what, diag);
    if (status != BNN_OK)
        map = NULL;
    const size_t n = collect_names(table, also, names);
    if (check_keys(map, what, names, n, diag) != BNN_OK)
        status = BNN_E_SPEC;
    for (const bnn_param *row = table; row != NULL && row->type != BNN_TYPE_END; row++) {
        const bnn_node *node = bnn_tree_get(map, row->name);
        double value = row->fallback;
        snprintf(value_what, sizeof value_what, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".",
                 row->name);
        if (node != NULL) {
            const int read = read_value(row, node, value_what, &value, diag);
            if (read != BNN_OK && status != BNN_E_INTERNAL)
                status = read;
        }
        store_value(row, value, out);
        if (note_value(row, value, prefix, settings) != BNN_OK)
            status = bnn_diag_no_memory(diag);
    }
    return status;
}
