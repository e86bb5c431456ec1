/* registered.c - what becomes of the comparison that a spec registers, said before its runs. */
#include "runner/registered.h"

#include "base/text.h"
#include "cli/compare/compare.h"

#include <string.h>

/* The label of a config of the spec by its digits; else these. */
static const char *registered_label(const bnn_experiment *x, const char *digits)
{
    for (size_t i = 0; i < x->n_configs; i++)
        if (strncmp(x->configs[i].hash, digits, strlen(digits)) == 0)
            return x->configs[i].label;
    return digits;
}

/* "test_accuracy of each config less binarize=none, margin 0.2, alpha 0.05, 10 seeds". */
static const char *registered_text(const bnn_experiment *x, const cli_plan *plan, bnn_arena *arena)
{
    char margin[BNN_SHORT_TEXT], alpha[BNN_SHORT_TEXT];
    const char *said = bnn_arena_printf(
        arena, "%s of each config less %s, margin %s, alpha %s, %zu seed%s", plan->metric,
        registered_label(x, plan->baseline), bnn_number_text(plan->margin, margin),
        bnn_number_text(plan->alpha, alpha), plan->n_seeds, bnn_plural(plan->n_seeds));
    return said == NULL || plan->design.looks == 0
               ? said
               : bnn_arena_printf(arena, "%s at most, %zu look%s", said, plan->design.looks,
                                  bnn_plural(plan->design.looks));
}

#define REGISTERED_ANEW \
    "to register another, give it seeds that were not run, as in seeds: {count: 10, base: 101}"

static bool registered_is_same(const cli_plan *a, const cli_plan *b)
{
    return cli_plan_is_like(a, b) && a->n_configs == b->n_configs && a->n_seeds == b->n_seeds &&
           memcmp(a->seeds, b->seeds, a->n_seeds * sizeof *a->seeds) == 0;
}

/* What is said of the spec's own comparison (NULL: it has none), beside what the database has. */
static const char *registered_say(const bnn_experiment *x, const cli_plan *own,
                                  const cli_plan *known, bool begun, bool late, bnn_arena *arena)
{
    const bool counts = known->is_there && known->in_time;
    const char *was = known->is_there ? registered_text(x, known, arena) : "";
    const char *is = own != NULL ? registered_text(x, own, arena) : "";
    if (was == NULL || is == NULL)
        return NULL;
    if (own != NULL && begun && counts && !cli_plan_is_like(own, known))
        return bnn_arena_printf(arena,
                                "compare: the spec has another comparison now (%s), but runs of it "
                                "have begun, so that of %s UTC counts: %s; " REGISTERED_ANEW "\n",
                                is, known->registered, was);
    if (own != NULL && begun && !counts)
        return bnn_arena_printf(
            arena,
            "compare: %s; exploratory, since runs of it had begun before it was "
            "registered; " REGISTERED_ANEW "\n",
            is);
    if (own != NULL && begun && !registered_is_same(own, known))
        return bnn_arena_printf(
            arena,
            "compare: registered %s UTC, before the first run: %s; the spec has other configs or "
            "seeds now, with which it is exploratory; " REGISTERED_ANEW "\n",
            known->registered, was);
    if (late || (own == NULL && !counts))
        return "";
    if (own != NULL && !begun && !(counts && registered_is_same(own, known)))
        return bnn_arena_printf(arena, "compare: the first run will register: %s\n", is);
    return bnn_arena_printf(arena, "compare: registered %s UTC, before the first run: %s\n",
                            known->registered, was);
}

const char *cli_registered_say(bnn_store *store, const bnn_experiment *x, bool late,
                               bnn_arena *arena, bnn_error *err)
{
    const bool says = x->compare.is_there;
    const char *text = says ? bnn_registered_text(x, arena) : NULL;
    cli_plan own, known = {.is_there = false};
    bool read = true;
    int64_t begun_us = -1;
    int status = says && text == NULL ? bnn_no_memory(err) : BNN_OK;
    if (status == BNN_OK && says)
        status = cli_plan_parse(text, arena, &own, &read, err);
    if (status == BNN_OK && !read)
        status = bnn_no_memory(err);
    if (status == BNN_OK && store != NULL)
        status = cli_plan_read(store, x->name, arena, &known, err);
    if (status == BNN_OK && store != NULL && says)
        status = bnn_store_find_begun(store, text, arena, &begun_us, err);
    if (status != BNN_OK)
        return NULL;
    const char *said = registered_say(x, says ? &own : NULL, &known, begun_us >= 0, late, arena);
    if (said == NULL)
        bnn_no_memory(err);
    return said;
}
