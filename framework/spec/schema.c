#include "spec/schema.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { WHAT_BYTES = 256, LIST_BYTES = 512 };

static int add_unknown_key(const bnn_node *key, const char *what, const char *const *known,
                           size_t n_known, bnn_diag *diag)
{
    char excerpt[BNN_EXCERPT], list[LIST_BYTES];
    const char *text = bnn_excerpt(key->text, excerpt);
    const char *near = bnn_suggest(key->text, known, n_known);
    if (near != NULL)
        return bnn_diag_add(diag, key->at, "unknown key \"%s\" in %s; did you mean \"%s\"?", text,
                            what, near);
    if (strchr(key->text, '.') != NULL)
        return bnn_diag_add(
            diag, key->at,
            "unknown key \"%s\" in %s; keys with dots belong in sweep, baseline and "
            "-s, elsewhere write maps",
            text, what);
    if (n_known == 0)
        return bnn_diag_add(diag, key->at, "unknown key \"%s\" in %s, which takes none", text,
                            what);
    return bnn_diag_add(diag, key->at, "unknown key \"%s\" in %s; known keys: %s", text, what,
                        bnn_text_join(known, n_known, list, sizeof list));
}

int bnn_schema_known_keys(const bnn_node *map, const char *what, const char *const *known,
                          bnn_diag *diag)
{
    int status = BNN_OK;
    size_t n = 0;
    if (map != NULL && map->kind != BNN_NODE_MAP)
        return bnn_schema_expected(map, what, "a map", diag);
    while (known[n] != NULL)
        n++;
    for (size_t i = 0; map != NULL && i < map->n; i++) {
        size_t k = 0;
        while (k < n && strcmp(known[k], map->pairs[i].key->text) != 0)
            k++;
        if (k == n)
            status = add_unknown_key(map->pairs[i].key, what, known, n, diag);
    }
    return status;
}

int bnn_schema_reference(const bnn_node *node, const char *what, const char **name,
                         const bnn_node **params, bnn_diag *diag)
{
    char name_what[WHAT_BYTES];
    if (node->kind == BNN_NODE_SCALAR && !bnn_tree_is_null(node)) {
        *name = node->text;
        *params = NULL;
        return BNN_OK;
    }
    if (node->kind != BNN_NODE_MAP)
        return bnn_schema_expected(node, what, "a name or a map with one", diag);
    const bnn_node *child = bnn_tree_get(node, "name");
    if (child == NULL)
        return bnn_diag_add(diag, node->at, "%s: a name is missing, as in {name: NAME, ...}", what);
    snprintf(name_what, sizeof name_what, "%s.name", what);
    if (bnn_schema_text(child, name_what, name, diag) != BNN_OK)
        return BNN_E_SPEC;
    *params = node;
    return BNN_OK;
}
