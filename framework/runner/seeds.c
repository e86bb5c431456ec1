/* seeds.c - the key `seeds`: a list, a number of them, or as many as it takes until a comparison is decided. */
#include "base/text.h"
#include "comparison/power.h"
#include "runner/experiment_internal.h"

#include <stdio.h>

enum { SEEDS_MAX = 10000, SEEDS_LOOK_MIN = 2 };

typedef struct counted_seeds {
    int32_t count;
    int64_t base;
    bnn_until until;
} counted_seeds;

/* All of 64 bits, which a double does not hold. */
static void base_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    int64_t *base = &((counted_seeds *)out)->base;
    *base = (int64_t)key->param.fallback;
    if (node != NULL)
        bnn_key_integer(r, node, 0, INT64_MAX - SEEDS_MAX, base);
}

static const bnn_key_type base_type = {"an integer", base_read, NULL,
                                       "{\"type\": \"integer\", \"minimum\": 0}"};

/* ---- until ------------------------------------------------------------------------------- */

static void looks_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    bnn_design *design = &((bnn_until *)out)->design;
    design->looks = 0;
    if (node == NULL)
        return;
    if (node->kind != BNN_NODE_LIST || node->n == 0 || node->n > BNN_LOOKS_MAX) {
        bnn_reader_expected(r, node, key->type->form, "");
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        int64_t seeds = SEEDS_LOOK_MIN;
        const bnn_node *item = node->items[i];
        if (bnn_key_integer(r, item, SEEDS_LOOK_MIN, SEEDS_MAX, &seeds) == BNN_OK && i > 0 &&
            (size_t)seeds <= design->seeds[i - 1])
            bnn_diag_add(r->diag, item->at,
                         "%s: each look must have more seeds than the one before", r->path);
        design->seeds[i] = (size_t)seeds;
    }
    design->looks = node->n;
}

static const bnn_key_type looks_type = {
    "a list of 1 to 16 numbers of seeds", looks_read, NULL,
    "{\"type\": \"array\", \"minItems\": 1, \"maxItems\": 16, \"uniqueItems\": true,"
    " \"items\": {\"type\": \"integer\", \"minimum\": 2, \"maximum\": 10000}}"};

static const bnn_key until_keys[] = {
    {.param = BNN_NUMBER(bnn_until, margin, -1, 0, 1e9, "of the comparison, as compare.margin"),
     .computed = "that of compare"},
    {.param =
         BNN_INTEGER(bnn_until, max, 0, SEEDS_LOOK_MIN, SEEDS_MAX, "the most that a config gets"),
     .computed = "the last of looks"},
    {BNN_KEY_OF("looks", 0, &looks_type, "at how many seeds it is looked whether it is decided"),
     .computed = "a quarter, a half and all of max", .flags = BNN_KEY_LIST},
    {BNN_KEY_CHOICE(bnn_until, spending, "spending", BNN_SPEND_POCOCK, "pocock|obrien_fleming",
                    "of alpha over the looks: about as much at each, or little at first")},
    BNN_KEYS_END,
};

/* A quarter, a half and all of max, those that are seeds enough. */
static void until_choose_looks(bnn_until *until)
{
    const size_t max = (size_t)until->max, chosen[] = {(max + 3) / 4, (max + 1) / 2, max};
    bnn_design *design = &until->design;
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++)
        if (chosen[i] >= SEEDS_LOOK_MIN &&
            (design->looks == 0 || chosen[i] > design->seeds[design->looks - 1]))
            design->seeds[design->looks++] = chosen[i];
}

static void until_finish(const bnn_reader *r, const bnn_node *node, void *out)
{
    bnn_until *until = out;
    bnn_design *design = &until->design;
    until->is_there = node != NULL;
    design->spending = (bnn_spending)until->spending;
    if (node == NULL || bnn_diag_status(r->diag) != BNN_OK)
        return;
    if (design->looks == 0 && until->max > 0)
        until_choose_looks(until);
    else if (until->max != 0 && design->seeds[design->looks - 1] != (size_t)until->max)
        bnn_diag_add(r->diag, node->at, "%s: the last look is at %zu seeds, and max is %d", r->path,
                     design->seeds[design->looks - 1], until->max);
    if (design->looks > 0)
        until->max = (int32_t)design->seeds[design->looks - 1];
}

static const bnn_section until_section = {.keys = until_keys, .finish = until_finish};

/* ---- seeds ------------------------------------------------------------------------------- */

static const bnn_key seeds_keys[] = {
    {.param = BNN_INTEGER(counted_seeds, count, 1, 1, SEEDS_MAX, "how many")},
    {.param = {.name = "base",
               .fallback = 1,
               .maximum = (double)INT64_MAX,
               .help = "the first; 1 more each"},
     .type = &base_type},
    {BNN_KEY_SECTION(counted_seeds, until, "until", &until_section,
                     "instead of count: as many as it takes to decide what `compare` asks"),
     .examples = "compare: {margin: 0.1}\n"
                 "seeds: {until: {max: 40, looks: [10, 20, 40]}}\n"
                 "bnnrun query looks   # afterwards"},
    BNN_KEYS_END,
};

const bnn_section bnn_seeds_section = {.keys = seeds_keys};

static size_t list_seeds(const bnn_reader *r, const bnn_node *list, int64_t *seeds)
{
    if (list->n == 0 || list->n > SEEDS_MAX)
        bnn_diag_add(r->diag, list->at, "seeds: %zu of them; from 1 to %d are allowed", list->n,
                     SEEDS_MAX);
    for (size_t i = 0; i < list->n && i < SEEDS_MAX; i++) {
        const bnn_node *item = list->items[i];
        seeds[i] = -1;
        if (bnn_key_integer(r, item, 0, INT64_MAX, &seeds[i]) != BNN_OK)
            continue;
        for (size_t j = 0; j < i; j++)
            if (seeds[j] == seeds[i])
                bnn_diag_add(r->diag, item->at, "seeds: %s is there twice", item->text);
    }
    return list->n;
}

static size_t count_seeds(const bnn_reader *r, const bnn_key *key, const bnn_node *map,
                          int64_t *seeds, bnn_until *until)
{
    counted_seeds counted;
    bnn_section_read(r, key->section, map, &counted);
    *until = counted.until;
    const int32_t n = until->is_there && until->max > 0 ? until->max : counted.count;
    for (int32_t i = 0; i < n; i++)
        seeds[i] = counted.base + i;
    return (size_t)n;
}

static void seeds_expected(const bnn_reader *r, const bnn_key *key, const bnn_node *node)
{
    char advice[BNN_EXCERPT + 64] = "", excerpt[BNN_EXCERPT];
    double number;
    if (bnn_key_is_number(node, &number))
        snprintf(advice, sizeof advice, "; write {count: %s}, or [%s] for this one",
                 bnn_excerpt(node->text, excerpt), excerpt);
    bnn_reader_expected(r, node, key->type->form, advice);
}

static void seeds_read(const bnn_reader *r, const bnn_key *key, const bnn_node *node, void *out)
{
    bnn_experiment *experiment = out;
    int64_t *seeds = bnn_arena_alloc(r->arena, SEEDS_MAX, sizeof *seeds);
    experiment->seeds = seeds;
    if (seeds == NULL) {
        bnn_diag_no_memory(r->diag);
        return;
    }
    const int begun = bnn_diag_begin(r->diag);
    if (node != NULL && node->kind == BNN_NODE_SCALAR)
        seeds_expected(r, key, node);
    else if (node != NULL && node->kind == BNN_NODE_LIST)
        experiment->n_seeds = list_seeds(r, node, seeds);
    else
        experiment->n_seeds = count_seeds(r, key, node, seeds, &experiment->until);
    if (bnn_diag_end(r->diag, begun) != BNN_OK)
        experiment->n_seeds = 1;
}

const bnn_key_type bnn_seeds_type = {
    "{count: N, base: N} or a list of integers", seeds_read, NULL,
    "{\"type\": \"array\", \"minItems\": 1, \"maxItems\": 10000, \"uniqueItems\": true,"
    " \"items\": {\"type\": \"integer\", \"minimum\": 0}}"};

/* ---- with the comparison ----------------------------------------------------------------- */

/* Looks whose seeds are too few for any verdict. */
static void until_warn(const bnn_reader *r, const bnn_experiment *x, const bnn_node *node)
{
    const bnn_design *design = &x->until.design;
    for (size_t k = 0; k < design->looks; k++) {
        const size_t least =
            bnn_least_seeds(bnn_design_spent(design, x->compare.alpha, k), 1, true);
        if (design->seeds[k] < least)
            bnn_diag_warn(r->diag, node->at,
                          "seeds.until: the look at %zu seeds cannot find any difference: %zu are "
                          "the least that can there",
                          design->seeds[k], least);
    }
}

/* Seeds that are too few for any verdict. */
static void seeds_warn(const bnn_reader *r, const bnn_node *root, const bnn_experiment *x)
{
    const bnn_node *seeds = bnn_tree_get(root, "seeds"), *compare = bnn_tree_get(root, "compare");
    const size_t least = bnn_least_seeds(x->compare.alpha, 1, true);
    if (x->compare.is_there && x->n_seeds < least)
        bnn_diag_warn(r->diag, seeds != NULL ? seeds->at : compare->at,
                      "seeds: %zu cannot find any difference of those that `compare` asks for: %zu "
                      "are the least that can",
                      x->n_seeds, least);
}

void bnn_seeds_check(const bnn_reader *r, const bnn_node *root, bnn_experiment *x)
{
    const bnn_node *node = bnn_tree_find(root, "seeds.until");
    const bnn_node *margin = bnn_tree_find(root, "compare.margin");
    if (bnn_diag_status(r->diag) != BNN_OK)
        return;
    if (!x->until.is_there || node == NULL)
        seeds_warn(r, root, x);
    else if (x->until.margin >= 0 && margin != NULL && x->until.margin != x->compare.margin)
        bnn_diag_add(r->diag, margin->at, "compare.margin: seeds.until has another one on line %u",
                     node->at.line);
    else if (x->compare.is_there) {
        if (x->until.margin >= 0)
            x->compare.margin = x->until.margin;
        until_warn(r, x, node);
    }
}
