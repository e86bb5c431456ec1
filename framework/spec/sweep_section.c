#include "spec/sweep_section.h"
#include "base/text.h"
#include "spec/schema.h"

#include <string.h>

enum { KEYS_MAX = 64 };

/* ---- the keys ---------------------------------------------------------------------------- */

static const bnn_key sweep_keys[] = {
    {BNN_KEY_NODE(bnn_sweep_section, grid, "a map of dotted keys to lists",
                  "every combination of the values; the first key varies slowest")},
    {BNN_KEY_NODE(bnn_sweep_section, zip, "a map of dotted keys to lists of equal length",
                  "values that vary together; crossed with grid")},
    {BNN_KEY_NODE(bnn_sweep_section, list, "a list of maps of dotted keys",
                  "extra points; without grid and zip, all points")},
    {BNN_KEY_NODE(bnn_sweep_section, exclude, "a list of maps of dotted keys",
                  "points that agree with one of these are dropped")},
    {.param = BNN_INTEGER(bnn_sweep_section, max_runs, 500, 1, BNN_SWEEP_RUNS_MAX,
                          "more points x seeds than this are a mistake")},
    BNN_KEYS_END,
};

const bnn_section bnn_sweep_keys = {.keys = sweep_keys};

/* ---- what rows cannot say ---------------------------------------------------------------- */

/* What is the same for every run of a spec cannot differ between its points. */
static void check_key(const bnn_reader *r, const bnn_node *node)
{
    char excerpt[BNN_EXCERPT];
    if (!bnn_tree_check_path(node->text, r->diag, node->at))
        return;
    const bnn_key *key = r->spec == NULL ? NULL : bnn_key_in(r->spec, node->text);
    if (key != NULL && (key->flags & BNN_KEY_FIXED) != 0)
        bnn_diag_add(r->diag, node->at, "%s is the same for all points and cannot vary",
                     bnn_excerpt(node->text, excerpt));
}

/* Values are set in the order of the keys, so a later key must not undo an earlier one. */
static void check_order(const bnn_reader *r, const bnn_node *earlier, const bnn_node *later)
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

/* A map of dotted keys. */
static int check_assignments(const bnn_reader *r, const bnn_node *map, const char *what)
{
    if (map->kind != BNN_NODE_MAP)
        return bnn_schema_expected(map, what, "a map of dotted keys", r->diag);
    if (map->n > KEYS_MAX)
        return bnn_diag_add(r->diag, map->at, "%s: %zu keys, more than the limit of %d", what,
                            map->n, KEYS_MAX);
    const int begun = bnn_diag_begin(r->diag);
    for (size_t i = 0; i < map->n; i++) {
        check_key(r, map->pairs[i].key);
        for (size_t j = 0; j < i; j++)
            check_order(r, map->pairs[j].key, map->pairs[i].key);
    }
    return bnn_diag_end(r->diag, begun);
}

/* grid or zip: a map of dotted keys to lists that are not empty. */
static int check_lists(const bnn_reader *r, const bnn_node *map, const char *what)
{
    char key[BNN_EXCERPT], got[BNN_DESCRIPTION];
    const int status = map == NULL ? BNN_OK : check_assignments(r, map, what);
    for (size_t i = 0; status == BNN_OK && map != NULL && i < map->n; i++) {
        const bnn_node *list = map->pairs[i].value;
        bnn_excerpt(map->pairs[i].key->text, key);
        if (list->kind != BNN_NODE_LIST)
            return bnn_diag_add(r->diag, list->at, "%s: %s: expected a list of values, got %s%s",
                                what, key, bnn_schema_describe(list, got),
                                list->kind == BNN_NODE_SCALAR ? "; brackets are missing" : "");
        if (list->n == 0)
            return bnn_diag_add(r->diag, list->at, "%s: %s: the list is empty and leaves no points",
                                what, key);
    }
    return status;
}

static int check_zip(const bnn_reader *r, const bnn_node *zip)
{
    char a[BNN_EXCERPT], b[BNN_EXCERPT];
    const int status = check_lists(r, zip, "sweep.zip");
    for (size_t i = 1; status == BNN_OK && zip != NULL && i < zip->n; i++) {
        const bnn_pair *first = &zip->pairs[0], *pair = &zip->pairs[i];
        if (pair->value->n != first->value->n)
            return bnn_diag_add(
                r->diag, pair->value->at,
                "sweep.zip: the lists go together, but %s has %zu values and %s of line %u has %zu",
                bnn_excerpt(pair->key->text, a), pair->value->n, bnn_excerpt(first->key->text, b),
                first->key->at.line, first->value->n);
    }
    return status;
}

/* list or exclude: a list of maps of dotted keys. */
static int check_points(const bnn_reader *r, const bnn_node *list, const char *what)
{
    if (list != NULL && list->kind != BNN_NODE_LIST)
        return bnn_schema_expected(list, what, "a list of maps", r->diag);
    const int begun = bnn_diag_begin(r->diag);
    for (size_t i = 0; list != NULL && i < list->n; i++)
        check_assignments(r, list->items[i], what);
    return bnn_diag_end(r->diag, begun);
}

static int check_exclude(const bnn_reader *r, const bnn_node *exclude)
{
    const int status = check_points(r, exclude, "sweep.exclude");
    for (size_t i = 0; status == BNN_OK && exclude != NULL && i < exclude->n; i++)
        if (exclude->items[i]->n == 0)
            return bnn_diag_add(r->diag, exclude->items[i]->at,
                                "sweep.exclude: an empty map drops every point");
    return status;
}

/* Values of grid are set before those of zip. */
static void check_crossed(const bnn_reader *r, const bnn_node *grid, const bnn_node *zip)
{
    for (size_t i = 0; grid != NULL && zip != NULL && i < grid->n; i++)
        for (size_t j = 0; j < zip->n; j++)
            check_order(r, grid->pairs[i].key, zip->pairs[j].key);
}

int bnn_sweep_section_read(const bnn_reader *r, const bnn_node *spec, bnn_sweep_section *out)
{
    const bnn_node *sweep = bnn_tree_get(spec, "sweep");
    const bnn_node *max_runs = bnn_tree_get(sweep, "max_runs");
    *out = (bnn_sweep_section){
        .baseline = bnn_tree_get(spec, "baseline"),
        .at = max_runs != NULL ? max_runs->at
              : sweep != NULL  ? sweep->at
                               : spec->at,
    };
    char path[BNN_KEY_PATH];
    const bnn_reader below = bnn_reader_below(r, "sweep", path);
    const int begun = bnn_diag_begin(r->diag);
    bnn_section_read(&below, &bnn_sweep_keys, sweep, out);
    check_lists(r, out->grid, "sweep.grid");
    check_zip(r, out->zip);
    check_points(r, out->list, "sweep.list");
    check_exclude(r, out->exclude);
    if (out->baseline != NULL)
        check_assignments(r, out->baseline, "baseline");
    if (bnn_diag_status(r->diag) == BNN_OK)
        check_crossed(r, out->grid, out->zip);
    return bnn_diag_end(r->diag, begun);
}
