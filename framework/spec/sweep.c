#include "spec/sweep_internal.h"

#include "base/size.h"
#include "base/text.h"

/* ---- points ------------------------------------------------------------------------------ */

typedef struct expansion {
    const bnn_node *spec;
    bnn_sweep_parts parts;
    const bnn_node *grid, *zip, *drawn, *list, *exclude; /* the section's, or empty */
    size_t n_seeds;
    bool sound; /* all of the section; else points are only there to show their own mistakes */
    bnn_arena *arena;
    bnn_diag *diag;
    size_t n_product; /* points of grid x zip x random */
    bnn_point *points;
    size_t n;
} expansion;

/* Without grid, zip and random, a list stands for itself; otherwise, and when there is no list either, the
 * product of no lists is one point: the base. */
static int count_product(expansion *e)
{
    static const bnn_node nothing = {.kind = BNN_NODE_MAP};
    const bnn_sweep_parts *s = &e->parts;
    e->grid = s->grid != NULL ? s->grid : &nothing;
    e->zip = s->zip != NULL ? s->zip : &nothing;
    e->drawn = s->drawn != NULL ? s->drawn : &nothing;
    e->list = s->list != NULL ? s->list : &nothing;
    e->exclude = s->exclude != NULL ? s->exclude : &nothing;
    const bool listed = s->grid == NULL && s->zip == NULL && s->drawn == NULL && e->list->n > 0;
    e->n_product = listed ? 0 : 1;
    for (size_t i = 0; i < e->grid->n; i++)
        e->n_product = bnn_size_product(e->n_product, e->grid->pairs[i].value->n);
    if (e->zip->n > 0)
        e->n_product = bnn_size_product(e->n_product, e->zip->pairs[0].value->n);
    if (e->drawn->n > 0)
        e->n_product = bnn_size_product(e->n_product, e->drawn->pairs[0].value->n);
    return BNN_OK;
}

int bnn_sweep_point(const bnn_node *root, size_t n, const bnn_pair *pairs, bnn_arena *arena,
                    bnn_diag *diag, bnn_point *out)
{
    bnn_pair *values = bnn_arena_alloc(arena, n, sizeof *values);
    bnn_point point = {.values = values};
    if (values == NULL)
        return bnn_diag_no_memory(diag);
    for (size_t i = 0; i < n; i++) {
        const bnn_node *key = pairs[i].key;
        if (bnn_sweep_is_label(key->text)) {
            point.name = pairs[i].value->text;
            continue;
        }
        root = bnn_tree_set(root, key->text, pairs[i].value, arena, diag, key->at);
        if (root == NULL)
            return BNN_E_SPEC;
        values[point.n++] = pairs[i];
    }
    point.root = root;
    *out = point;
    return BNN_OK;
}

/* The base with the values of pairs in place. */
static int build_point(const expansion *e, size_t n, const bnn_pair *pairs, bnn_point *out)
{
    return bnn_sweep_point(e->spec, n, pairs, e->arena, e->diag, out);
}

/* Sets the values number `index` of lists that go together; what is left of the index. */
static size_t choose_together(const bnn_node *lists, size_t index, bnn_pair *pairs)
{
    const size_t n = lists->n == 0 ? 1 : lists->pairs[0].value->n;
    for (size_t i = 0; i < lists->n; i++)
        pairs[i] = (bnn_pair){lists->pairs[i].key, lists->pairs[i].value->items[index % n]};
    return index / n;
}

/* Number `index` of the product; what is drawn varies fastest, then zip, then the last key of grid.
 * pairs: room for all. */
static void choose_values(const expansion *e, size_t index, bnn_pair *pairs)
{
    index = choose_together(e->drawn, index, pairs + e->grid->n + e->zip->n);
    index = choose_together(e->zip, index, pairs + e->grid->n);
    for (size_t i = e->grid->n; i-- > 0;) {
        const bnn_pair *lists = &e->grid->pairs[i];
        pairs[i] = (bnn_pair){lists->key, lists->value->items[index % lists->value->n]};
        index /= lists->value->n;
    }
}

static int build_points(expansion *e)
{
    const size_t n_keys = e->grid->n + e->zip->n + e->drawn->n;
    if (e->n_product > BNN_SWEEP_POINTS_MAX || e->list->n > BNN_SWEEP_POINTS_MAX - e->n_product)
        return bnn_diag_add(e->diag, e->parts.at,
                            "the sweep has more than %d points, however large max_runs is",
                            BNN_SWEEP_POINTS_MAX);
    bnn_pair *pairs = bnn_arena_alloc(e->arena, n_keys, sizeof *pairs);
    e->points = bnn_arena_alloc(e->arena, e->n_product + e->list->n + 1, sizeof *e->points);
    if (pairs == NULL || e->points == NULL)
        return bnn_diag_no_memory(e->diag);
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < e->n_product; i++) {
        choose_values(e, i, pairs);
        status = build_point(e, n_keys, pairs, &e->points[e->n]);
        e->points[e->n++].drawn = e->drawn->n > 0;
    }
    for (size_t i = 0; status == BNN_OK && i < e->list->n; i++) {
        const bnn_node *map = e->list->items[i];
        status = build_point(e, map->n, map->pairs, &e->points[e->n++]);
    }
    return status;
}

/* In exclude, 0.001 and 1e-3 are the same value. */
static bool is_same_value(const bnn_node *a, const bnn_node *b)
{
    double x, y;
    if (a != NULL && bnn_key_is_number(a, &x) && bnn_key_is_number(b, &y))
        return x == y;
    return bnn_tree_equal(a, b);
}

static bool point_agrees(const bnn_point *point, const bnn_node *entry)
{
    for (size_t i = 0; i < entry->n; i++)
        if (!is_same_value(bnn_tree_find(point->root, entry->pairs[i].key->text),
                           entry->pairs[i].value))
            return false;
    return true;
}

static int drop_excluded(expansion *e)
{
    const bnn_node *exclude = e->exclude;
    for (size_t i = 0; i < exclude->n; i++) {
        size_t n_kept = 0;
        for (size_t j = 0; j < e->n; j++)
            if (!point_agrees(&e->points[j], exclude->items[i]))
                e->points[n_kept++] = e->points[j];
        if (n_kept == e->n && e->sound)
            bnn_diag_warn(e->diag, exclude->items[i]->at,
                          "sweep.exclude: no point has these values, so none is dropped");
        e->n = n_kept;
    }
    if (e->n > 0 || e->parts.baseline != NULL || !e->sound)
        return BNN_OK;
    return bnn_diag_add(e->diag, exclude->at, "sweep.exclude: drops every point");
}

static int check_runs(expansion *e)
{
    const size_t n_runs = bnn_size_product(e->n, e->n_seeds);
    if (n_runs <= (size_t)e->parts.max_runs)
        return BNN_OK;
    if (!e->sound) /* with what is wrong it may be another number */
        return BNN_E_SPEC;
    if (n_runs > BNN_SWEEP_RUNS_MAX)
        return bnn_diag_add(
            e->diag, e->parts.at, "%zu point%s x %zu seed%s are more runs than the limit of %d",
            e->n, bnn_plural(e->n), e->n_seeds, bnn_plural(e->n_seeds), BNN_SWEEP_RUNS_MAX);
    return bnn_diag_add(
        e->diag, e->parts.at,
        "%zu point%s x %zu seed%s = %zu runs, more than max_runs (%d); to allow them, set "
        "sweep.max_runs: %zu",
        e->n, bnn_plural(e->n), e->n_seeds, bnn_plural(e->n_seeds), n_runs, e->parts.max_runs,
        n_runs);
}

/* The point with the same spec, or e->n. */
static size_t find_same(const expansion *e, size_t n, const bnn_node *root)
{
    for (size_t i = 0; i < n; i++)
        if (bnn_tree_equal(e->points[i].root, root))
            return i;
    return n;
}

/* Of points that are written alike, the first stays. */
static int drop_duplicates(expansion *e)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < e->n; i++)
        if (find_same(e, n_kept, e->points[i].root) == n_kept)
            e->points[n_kept++] = e->points[i];
    e->n = n_kept;
    return BNN_OK;
}

static int mark_baseline(expansion *e)
{
    const bnn_node *map = e->parts.baseline;
    bnn_point point;
    if (map == NULL)
        return BNN_OK;
    const int status = build_point(e, map->n, map->pairs, &point);
    if (status != BNN_OK)
        return status;
    const size_t i = find_same(e, e->n, point.root);
    if (i == e->n)
        e->points[e->n++] = point;
    e->points[i].baseline = true;
    if (e->points[i].name == NULL)
        e->points[i].name = point.name;
    return check_runs(e);
}

int bnn_sweep_expand(const bnn_reader *r, const bnn_node *spec, size_t n_seeds, bnn_sweep *out)
{
    static int (*const steps[])(expansion *) = {count_product, build_points,    drop_excluded,
                                                check_runs,    drop_duplicates, mark_baseline};
    expansion e = {.spec = spec, .n_seeds = n_seeds, .arena = r->arena, .diag = r->diag};
    const int read = bnn_sweep_read(r, spec, &e.parts);
    int status = read == BNN_E_INTERNAL ? read : BNN_OK;
    e.sound = read == BNN_OK;
    *out = (bnn_sweep){.n = 0};
    for (size_t i = 0; status == BNN_OK && i < sizeof steps / sizeof *steps; i++)
        status = steps[i](&e);
    if (status == BNN_OK && bnn_label_points(spec, e.n, e.points, r->arena) != BNN_OK)
        status = bnn_diag_no_memory(r->diag);
    if (status == BNN_OK)
        *out = (bnn_sweep){.n = e.n, .points = e.points, .halving = e.parts.halving};
    return read != BNN_OK ? read : status;
}
