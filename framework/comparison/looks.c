#include "comparison/looks.h"

#include "base/size.h"
#include "comparison/design_paths.h"

#include <math.h>

/* What is carried out. */
typedef struct looks_work {
    const bnn_paired *paired;
    const bool *ended;
    const bnn_question *question;
    const bnn_design *design;
    double *differences; /* [configs][seeds of the look] */
    bnn_bounds bounds;   /* of the looks that were made, but for the last */
} looks_work;

static bool looks_is_complete(const looks_work *w, const bnn_looks *looks)
{
    const size_t seeds = w->design->seeds[looks->made];
    for (size_t i = 0; i < w->paired->configs; i++)
        for (size_t j = 0; !looks->has_left[i] && j < seeds; j++)
            if (!w->ended[i * w->paired->seeds + j])
                return false;
    return true;
}

/* The differences up to the look; a config that left has those that it had then. */
static bnn_paired looks_gather(const looks_work *w, const bnn_looks *looks)
{
    const size_t seeds = w->design->seeds[looks->made];
    for (size_t i = 0; i < w->paired->configs; i++) {
        const size_t last = looks->has_left[i] ? w->design->seeds[looks->asked[i] - 1] : seeds;
        for (size_t j = 0; j < seeds; j++)
            w->differences[i * seeds + j] =
                j < last ? w->paired->differences[i * w->paired->seeds + j] : (double)NAN;
    }
    return (bnn_paired){w->paired->configs, seeds, w->differences};
}

static int looks_make_one(looks_work *w, bnn_looks *looks, bnn_error *err)
{
    const size_t n = w->paired->configs;
    bnn_answer *answers = looks->answers + looks->made * n;
    const bnn_paired paired = looks_gather(w, looks);
    if (bnn_compare_look_on(&paired, w->question, w->design, looks->made, &w->bounds, answers,
                            &looks->comparisons[looks->made], err) != BNN_OK)
        return err->status;
    looks->made++;
    for (size_t i = 0; i < n; i++) {
        looks->asked[i] += !looks->has_left[i];
        looks->has_left[i] |= answers[i].verdict != BNN_VERDICT_UNDECIDED;
    }
    return BNN_OK;
}

static bool looks_are_over(const looks_work *w, const bnn_looks *looks)
{
    bool over = true;
    for (size_t i = 0; i < w->paired->configs; i++)
        over &= looks->has_left[i];
    return over || looks->made == w->design->looks;
}

int bnn_looks_make(const bnn_paired *paired, const bool *ended, const bnn_question *question,
                   const bnn_design *design, bnn_arena *arena, bnn_looks *out, bnn_error *err)
{
    looks_work w = {.paired = paired,
                    .ended = ended,
                    .question = question,
                    .design = design,
                    .bounds = {.arena = arena}};
    if (bnn_design_check(design, err) != BNN_OK)
        return err->status;
    if (paired->seeds != design->seeds[design->looks - 1])
        return bnn_fail(err, BNN_E_USAGE, "the design has %zu seeds, not %zu",
                        design->seeds[design->looks - 1], paired->seeds);
    const size_t n = paired->configs, all = bnn_size_product(n, paired->seeds);
    *out = (bnn_looks){
        .asked = bnn_arena_alloc(arena, n, sizeof *out->asked),
        .has_left = bnn_arena_alloc(arena, n, sizeof *out->has_left),
        .answers = bnn_arena_alloc(arena, bnn_size_product(n, design->looks), sizeof *out->answers),
        .comparisons = bnn_arena_alloc(arena, design->looks, sizeof *out->comparisons)};
    w.differences = bnn_arena_alloc(arena, all, sizeof *w.differences);
    if (out->asked == NULL || out->has_left == NULL || out->answers == NULL ||
        out->comparisons == NULL || w.differences == NULL)
        return bnn_no_memory(err);
    while (!looks_are_over(&w, out) && looks_is_complete(&w, out))
        if (looks_make_one(&w, out, err) != BNN_OK)
            return err->status;
    out->due = looks_are_over(&w, out) ? 0 : design->seeds[out->made];
    return BNN_OK;
}

const bnn_answer *bnn_looks_answer(const bnn_looks *looks, size_t configs, size_t config)
{
    const size_t asked = looks->asked[config];
    return asked == 0 ? NULL : &looks->answers[(asked - 1) * configs + config];
}
