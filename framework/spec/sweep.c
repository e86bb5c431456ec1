#include "spec/sweep.h"

#include "base/size.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
    SWEEP_RUNS_MAX = 1000000,
    SWEEP_KEYS_MAX = 64,
    /* Points before exclude; max_runs, lower as a rule, bounds what is left. Within max_runs,
     * comparing each point with each is fast enough. */
    SWEEP_POINTS_MAX = 10000,
};

/* What stands at `sweep` and `baseline`, without what is wrong. */
typedef struct sweep_section {
    const bnn_node *grid, *zip;     /* NULL, or a map of dotted keys to lists with values */
    const bnn_node *list, *exclude; /* NULL, or a list of maps of dotted keys */
    const bnn_node *baseline;       /* NULL, or a map of dotted keys */
    int32_t max_runs;
    bnn_position_in_file at; /* of max_runs, or what comes nearest to it */
} sweep_section;

/* ---- reading ----------------------------------------------------------------------------- */

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

/* What is the same for every run of a spec cannot differ between its points. */
static void sweep_check_key(const bnn_reader *r, const bnn_node *node)
{
    char excerpt[BNN_EXCERPT];
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
        sweep_check_key(r, map->pairs[i].key);
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

static const bnn_key_type baseline_type = {"a map of dotted keys", baseline_read, NULL};

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

static const bnn_key_type grid_type = {"a map of dotted keys to lists", lists_read, NULL};
static const bnn_key_type zip_type = {"a map of dotted keys to lists of equal length", lists_read,
                                      NULL};

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

static const bnn_key_type points_type = {"a list of maps of dotted keys", points_read, NULL};

static const bnn_key sweep_keys[] = {
    {BNN_KEY_OF("grid", offsetof(sweep_section, grid), &grid_type,
                "every combination of the values; the first key varies slowest")},
    {BNN_KEY_OF("zip", offsetof(sweep_section, zip), &zip_type,
                "values that vary together; crossed with grid"),
     .detail = 1},
    {BNN_KEY_OF("list", offsetof(sweep_section, list), &points_type,
                "extra points; without grid and zip, all points")},
    {BNN_KEY_OF("exclude", offsetof(sweep_section, exclude), &points_type,
                "points that agree with one of these are dropped"),
     .detail = 1},
    {.param = BNN_INTEGER(sweep_section, max_runs, 500, 1, SWEEP_RUNS_MAX,
                          "more points x seeds than this are a mistake")},
    BNN_KEYS_END,
};

/* Values of grid are set before those of zip. */
static void sweep_finish(const bnn_reader *r, const bnn_node *node, void *out)
{
    sweep_section *s = out;
    const bnn_node *max_runs = bnn_tree_get(node, "max_runs");
    if (node != NULL)
        s->at = max_runs != NULL ? max_runs->at : node->at;
    if (s->grid == NULL || s->zip == NULL)
        return;
    const int begun = bnn_diag_begin(r->diag);
    for (size_t i = 0; i < s->grid->n; i++)
        for (size_t j = 0; j < s->zip->n; j++)
            sweep_check_order(r, s->grid->pairs[i].key, s->zip->pairs[j].key);
    if (bnn_diag_end(r->diag, begun) != BNN_OK)
        s->zip = NULL;
}

const bnn_section bnn_sweep_section = {.keys = sweep_keys, .finish = sweep_finish};

static const bnn_key sections[] = {
    {BNN_KEY_OF("sweep", 0, &bnn_key_section, ""), .section = &bnn_sweep_section},
    {BNN_KEY_OF("baseline", offsetof(sweep_section, baseline), &baseline_type, "")},
};

static int sweep_read(const bnn_reader *r, const bnn_node *spec, sweep_section *out)
{
    static const bnn_section whole = {.keys = sections};
    const int begun = bnn_diag_begin(r->diag);
    *out = (sweep_section){.at = spec->at};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        bnn_key_read(r, &whole, &sections[i], spec, out);
    return bnn_diag_end(r->diag, begun);
}

/* ---- points ------------------------------------------------------------------------------ */

typedef struct expansion {
    const bnn_node *spec;
    sweep_section section;
    const bnn_node *grid, *zip, *list, *exclude; /* the section's, or empty */
    size_t n_seeds;
    bool sound; /* all of the section; else points are only there to show their own mistakes */
    bnn_arena *arena;
    bnn_diag *diag;
    size_t n_product; /* points of grid x zip */
    bnn_point *points;
    size_t n;
} expansion;

/* Without grid and zip, a list stands for itself; otherwise, and when there is no list either, the
 * product of no lists is one point: the base. */
static int count_product(expansion *e)
{
    static const bnn_node nothing = {.kind = BNN_NODE_MAP};
    const sweep_section *s = &e->section;
    e->grid = s->grid != NULL ? s->grid : &nothing;
    e->zip = s->zip != NULL ? s->zip : &nothing;
    e->list = s->list != NULL ? s->list : &nothing;
    e->exclude = s->exclude != NULL ? s->exclude : &nothing;
    e->n_product = s->grid == NULL && s->zip == NULL && e->list->n > 0 ? 0 : 1;
    for (size_t i = 0; i < e->grid->n; i++)
        e->n_product = bnn_size_product(e->n_product, e->grid->pairs[i].value->n);
    if (e->zip->n > 0)
        e->n_product = bnn_size_product(e->n_product, e->zip->pairs[0].value->n);
    return BNN_OK;
}

int bnn_sweep_point(const bnn_node *root, size_t n, const bnn_pair *pairs, bnn_arena *arena,
                    bnn_diag *diag, bnn_point *out)
{
    const bnn_pair *values = bnn_arena_copy(arena, pairs, n, sizeof *values);
    if (values == NULL)
        return bnn_diag_no_memory(diag);
    for (size_t i = 0; i < n; i++) {
        const bnn_node *key = pairs[i].key;
        root = bnn_tree_set(root, key->text, pairs[i].value, arena, diag, key->at);
        if (root == NULL)
            return BNN_E_SPEC;
    }
    *out = (bnn_point){.root = root, .n = n, .values = values};
    return BNN_OK;
}

/* The base with the values of pairs in place. */
static int build_point(const expansion *e, size_t n, const bnn_pair *pairs, bnn_point *out)
{
    return bnn_sweep_point(e->spec, n, pairs, e->arena, e->diag, out);
}

/* Number `index` of the product; zip varies fastest, then the last key of grid. pairs: room for
 * both. */
static void choose_values(const expansion *e, size_t index, bnn_pair *pairs)
{
    for (size_t i = 0; i < e->zip->n; i++) {
        const bnn_pair *lists = &e->zip->pairs[i];
        pairs[e->grid->n + i] =
            (bnn_pair){lists->key, lists->value->items[index % lists->value->n]};
    }
    if (e->zip->n > 0)
        index /= e->zip->pairs[0].value->n;
    for (size_t i = e->grid->n; i-- > 0;) {
        const bnn_pair *lists = &e->grid->pairs[i];
        pairs[i] = (bnn_pair){lists->key, lists->value->items[index % lists->value->n]};
        index /= lists->value->n;
    }
}

static int build_points(expansion *e)
{
    const size_t n_keys = e->grid->n + e->zip->n;
    if (e->n_product > SWEEP_POINTS_MAX || e->list->n > SWEEP_POINTS_MAX - e->n_product)
        return bnn_diag_add(e->diag, e->section.at,
                            "the sweep has more than %d points, however large max_runs is",
                            SWEEP_POINTS_MAX);
    bnn_pair *pairs = bnn_arena_alloc(e->arena, n_keys, sizeof *pairs);
    e->points = bnn_arena_alloc(e->arena, e->n_product + e->list->n + 1, sizeof *e->points);
    if (pairs == NULL || e->points == NULL)
        return bnn_diag_no_memory(e->diag);
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < e->n_product; i++) {
        choose_values(e, i, pairs);
        status = build_point(e, n_keys, pairs, &e->points[e->n++]);
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
    if (e->n > 0 || e->section.baseline != NULL || !e->sound)
        return BNN_OK;
    return bnn_diag_add(e->diag, exclude->at, "sweep.exclude: drops every point");
}

static int check_runs(expansion *e)
{
    const size_t n_runs = bnn_size_product(e->n, e->n_seeds);
    if (n_runs <= (size_t)e->section.max_runs)
        return BNN_OK;
    if (!e->sound) /* with what is wrong it may be another number */
        return BNN_E_SPEC;
    if (n_runs > SWEEP_RUNS_MAX)
        return bnn_diag_add(e->diag, e->section.at,
                            "%zu point%s x %zu seed%s are more runs than the limit of %d", e->n,
                            bnn_plural(e->n), e->n_seeds, bnn_plural(e->n_seeds), SWEEP_RUNS_MAX);
    return bnn_diag_add(
        e->diag, e->section.at,
        "%zu point%s x %zu seed%s = %zu runs, more than max_runs (%d); to allow them, set "
        "sweep.max_runs: %zu",
        e->n, bnn_plural(e->n), e->n_seeds, bnn_plural(e->n_seeds), n_runs, e->section.max_runs,
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
    const bnn_node *map = e->section.baseline;
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
    return check_runs(e);
}

int bnn_sweep_expand(const bnn_reader *r, const bnn_node *spec, size_t n_seeds, bnn_sweep *out)
{
    static int (*const steps[])(expansion *) = {count_product, build_points,    drop_excluded,
                                                check_runs,    drop_duplicates, mark_baseline};
    expansion e = {.spec = spec, .n_seeds = n_seeds, .arena = r->arena, .diag = r->diag};
    const int read = sweep_read(r, spec, &e.section);
    int status = read == BNN_E_INTERNAL ? read : BNN_OK;
    e.sound = read == BNN_OK;
    *out = (bnn_sweep){.n = 0};
    for (size_t i = 0; status == BNN_OK && i < sizeof steps / sizeof *steps; i++)
        status = steps[i](&e);
    if (status == BNN_OK && bnn_label_points(spec, e.n, e.points, r->arena) != BNN_OK)
        status = bnn_diag_no_memory(r->diag);
    if (status == BNN_OK)
        *out = (bnn_sweep){.n = e.n, .points = e.points};
    return read != BNN_OK ? read : status;
}
