/* seeds.c - which seeds of an experiment count: its spec may have had others. */
#include "cli/compare/compare.h"
#include "runner/spec_text.h"

#include <stdlib.h>

static int seeds_order(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Seeds ascend. */
static bool seeds_have(const int64_t *seeds, size_t n, int64_t seed)
{
    return n > 0 && bsearch(&seed, seeds, n, sizeof seed, seeds_order) != NULL;
}

static bool seeds_registered(const cli_plan *plan, int64_t seed)
{
    for (size_t i = 0; i < plan->n_seeds; i++)
        if (plan->seeds[i] == seed)
            return true;
    return false;
}

/* "2 seeds: 5, 6", or more of them and "..."; NULL without memory. */
static const char *seeds_text(int64_t *seeds, size_t n, size_t *out_n, bnn_arena *arena)
{
    enum { SHOWN = 12 };
    const char *text = "";
    *out_n = 0;
    if (n > 0)
        qsort(seeds, n, sizeof *seeds, seeds_order);
    for (size_t i = 0; text != NULL && i < n; i++)
        if ((i == 0 || seeds[i] != seeds[i - 1]) && (*out_n)++ < SHOWN)
            text = bnn_arena_printf(arena, "%s%s%lld", text, *text == '\0' ? "" : ", ",
                                    (long long)seeds[i]);
    return text == NULL || *out_n <= SHOWN ? text : bnn_arena_printf(arena, "%s, ...", text);
}

int cli_seeds_choose(bnn_store *store, const char *experiment, const cli_plan *plan,
                     bnn_arena *arena, bnn_store_compared *rows, size_t n, cli_arms *out,
                     bnn_error *err)
{
    const bool registered = plan != NULL && plan->is_there && plan->in_time;
    int64_t *gone = bnn_arena_alloc(arena, n, sizeof *gone), *left;
    const int64_t *own;
    const char *text;
    size_t n_own, n_gone = 0, n_left = 0;
    if (gone == NULL || (left = bnn_arena_alloc(arena, n, sizeof *left)) == NULL)
        return bnn_no_memory(err);
    int status = bnn_store_newest_spec(store, experiment, arena, &text, err);
    if (status != BNN_OK || text == NULL || !bnn_spec_text_seeds(text, arena, &own, &n_own))
        return status;
    for (size_t i = 0; i < n; i++) {
        const int64_t seed = rows[i].seed;
        if (seed < 0 || seeds_have(own, n_own, seed))
            continue;
        if (registered && !seeds_registered(plan, seed)) {
            left[n_left++] = seed;
            rows[i].seed = -1;
        } else
            gone[n_gone++] = seed;
    }
    out->gone = seeds_text(gone, n_gone, &out->n_gone, arena);
    out->not_planned = seeds_text(left, n_left, &out->n_not_planned, arena);
    return out->gone == NULL || out->not_planned == NULL ? bnn_no_memory(err) : BNN_OK;
}
