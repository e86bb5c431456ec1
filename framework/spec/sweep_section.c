#include "spec/sweep_section.h"
#include "base/text.h"
#include "spec/schema.h"

#include <string.h>

enum { KEYS_MAX = 64, RUNS_DEFAULT = 500 };

/* What is the same for every run of a spec cannot differ between its points. */
static bool is_fixed(const char *key)
{
    static const char *const fixed[] = {"name", "seeds", "sweep", "baseline", "metric", "run"};
    const size_t n = strcspn(key, ".");
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (strlen(fixed[i]) == n && strncmp(key, fixed[i], n) == 0)
            return true;
    return false;
}

static int check_key(const bnn_node *key, bnn_diag *diag)
{
    char excerpt[BNN_EXCERPT];
    const char *text = bnn_excerpt(key->text, excerpt);
    if (!bnn_tree_is_path(key->text))
        bnn_diag_add(diag, key->at,
                     "\"%s\" is not a key: names joined with dots, as in train.epochs", text);
    else if (is_fixed(key->text))
        bnn_diag_add(diag, key->at, "%s is the same for all points and cannot vary", text);
    else
        return BNN_OK;
    return BNN_E_SPEC;
}

/* Whether setting `path` changes what lies at `inner`. */
static bool covers(const char *path, const char *inner)
{
    const size_t n = strlen(path);
    return strncmp(path, inner, n) == 0 && (inner[n] == '\0' || inner[n] == '.');
}

/* Values are set in the order of the keys, so a later key must not undo an earlier one. */
static int check_order(const bnn_node *earlier, const bnn_node *later, bnn_diag *diag)
{
    char a[BNN_EXCERPT], b[BNN_EXCERPT];
    if (!covers(later->text, earlier->text))
        return BNN_OK;
    if (strcmp(later->text, earlier->text) == 0)
        return bnn_diag_add(diag, later->at, "%s varies on line %u already",
                            bnn_excerpt(later->text, a), earlier->at.line);
    return bnn_diag_add(diag, later->at, "%s would undo %s of line %u; put it first",
                        bnn_excerpt(later->text, a), bnn_excerpt(earlier->text, b),
                        earlier->at.line);
}

/* A map of dotted keys. */
static int check_assignments(const bnn_node *map, const char *what, bnn_diag *diag)
{
    char got[BNN_DESCRIPTION];
    int status = BNN_OK;
    if (map->kind != BNN_NODE_MAP)
        return bnn_diag_add(diag, map->at, "%s: expected a map of dotted keys, got %s", what,
                            bnn_schema_describe(map, got));
    if (map->n > KEYS_MAX)
        return bnn_diag_add(diag, map->at, "%s: %zu keys, more than the limit of %d", what, map->n,
                            KEYS_MAX);
    for (size_t i = 0; i < map->n; i++) {
        if (check_key(map->pairs[i].key, diag) != BNN_OK)
            status = BNN_E_SPEC;
        for (size_t j = 0; j < i; j++)
            if (check_order(map->pairs[j].key, map->pairs[i].key, diag) != BNN_OK)
                status = BNN_E_SPEC;
    }
    return status;
}

/* grid or zip: a map of dotted keys to lists that are not empty. */
static int check_lists(const bnn_node *map, const char *what, bnn_diag *diag)
{
    char key[BNN_EXCERPT], got[BNN_DESCRIPTION];
    if (map == NULL)
        return BNN_OK;
    int status = check_assignments(map, what, diag);
    for (size_t i = 0; status == BNN_OK && i < map->n; i++) {
        const bnn_node *list = map->pairs[i].value;
        bnn_excerpt(map->pairs[i].key->text, key);
        if (list->kind != BNN_NODE_LIST)
            bnn_diag_add(diag, list->at, "%s: %s: expected a list of values, got %s%s", what, key,
                         bnn_schema_describe(list, got),
                         list->kind == BNN_NODE_SCALAR ? "; brackets are missing" : "");
        else if (list->n == 0)
            bnn_diag_add(diag, list->at, "%s: %s: the list is empty and leaves no points", what,
                         key);
        else
            continue;
        status = BNN_E_SPEC;
    }
    return status;
}

static int check_zip(const bnn_node *zip, bnn_diag *diag)
{
    char a[BNN_EXCERPT], b[BNN_EXCERPT];
    int status = check_lists(zip, "sweep.zip", diag);
    for (size_t i = 1; status == BNN_OK && zip != NULL && i < zip->n; i++) {
        const bnn_pair *first = &zip->pairs[0], *pair = &zip->pairs[i];
        if (pair->value->n == first->value->n)
            continue;
        bnn_diag_add(diag, pair->value->at,
                     "sweep.zip: the lists go together, but %s has %zu values and %s of line %u "
                     "has %zu",
                     bnn_excerpt(pair->key->text, a), pair->value->n,
                     bnn_excerpt(first->key->text, b), first->key->at.line, first->value->n);
        status = BNN_E_SPEC;
    }
    return status;
}

/* list or exclude: a list of maps of dotted keys. */
static int check_points(const bnn_node *list, const char *what, bnn_diag *diag)
{
    char got[BNN_DESCRIPTION];
    int status = BNN_OK;
    if (list == NULL)
        return BNN_OK;
    if (list->kind != BNN_NODE_LIST)
        return bnn_diag_add(diag, list->at, "%s: expected a list of maps, got %s", what,
                            bnn_schema_describe(list, got));
    for (size_t i = 0; i < list->n; i++)
        if (check_assignments(list->items[i], what, diag) != BNN_OK)
            status = BNN_E_SPEC;
    return status;
}

static int check_exclude(const bnn_node *exclude, bnn_diag *diag)
{
    int status = check_points(exclude, "sweep.exclude", diag);
    for (size_t i = 0; status == BNN_OK && exclude != NULL && i < exclude->n; i++) {
        if (exclude->items[i]->n > 0)
            continue;
        bnn_diag_add(diag, exclude->items[i]->at, "sweep.exclude: an empty map drops every point");
        status = BNN_E_SPEC;
    }
    return status;
}

/* Values of grid are set before those of zip. */
static int check_crossed(const bnn_node *grid, const bnn_node *zip, bnn_diag *diag)
{
    int status = BNN_OK;
    for (size_t i = 0; grid != NULL && zip != NULL && i < grid->n; i++)
        for (size_t j = 0; j < zip->n; j++)
            if (check_order(grid->pairs[i].key, zip->pairs[j].key, diag) != BNN_OK)
                status = BNN_E_SPEC;
    return status;
}

int bnn_sweep_section_read(const bnn_node *spec, bnn_sweep_section *out, bnn_diag *diag)
{
    static const char *const known[] = {"grid", "zip", "list", "exclude", "max_runs", NULL};
    const bnn_node *sweep = bnn_tree_get(spec, "sweep");
    const bnn_node *max_runs = bnn_tree_get(sweep, "max_runs");
    bnn_sweep_section s = {
        .grid = bnn_tree_get(sweep, "grid"),
        .zip = bnn_tree_get(sweep, "zip"),
        .list = bnn_tree_get(sweep, "list"),
        .exclude = bnn_tree_get(sweep, "exclude"),
        .baseline = bnn_tree_get(spec, "baseline"),
        .max_runs = RUNS_DEFAULT,
        .at = max_runs != NULL ? max_runs->at
              : sweep != NULL  ? sweep->at
                               : spec->at,
    };
    const int begun = bnn_diag_begin(diag);
    bnn_schema_known_keys(sweep, "sweep", known, diag);
    check_lists(s.grid, "sweep.grid", diag);
    check_zip(s.zip, diag);
    check_points(s.list, "sweep.list", diag);
    check_exclude(s.exclude, diag);
    if (s.baseline != NULL)
        check_assignments(s.baseline, "baseline", diag);
    if (max_runs != NULL)
        bnn_schema_integer(max_runs, "sweep.max_runs", 1, BNN_SWEEP_RUNS_MAX, &s.max_runs, diag);
    if (bnn_diag_status(diag) == BNN_OK)
        check_crossed(s.grid, s.zip, diag);
    const int status = bnn_diag_end(diag, begun);
    if (status == BNN_OK)
        *out = s;
    return status;
}
