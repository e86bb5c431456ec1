#include "deploy/unfold.h"

#include <string.h>

/* Whether some bits of a stage come from tables. */
static bool has_tables(const bnn_stage *s)
{
    return s->folded && s->fold.n_tables > 0;
}

/* A channel whose pool is an AND: all sums reach the threshold when the least one does. Negated,
 * that is a question about the greatest, which a maximum pool can answer. */
static bool is_negated(const bnn_stage *s, uint32_t c)
{
    return s->folded && s->fold.pool != 0 && (s->fold.rule[c] & BNN_RULE_AND);
}

static const float *unpack_weights(const bnn_stage *s, bnn_arena *arena)
{
    float *weights = bnn_arena_alloc(arena, (size_t)s->sums.c * s->taps, sizeof *weights);
    if (weights == NULL)
        return NULL;
    float *w = weights;
    for (uint32_t c = 0; c < s->sums.c; c++) {
        const float sign = is_negated(s, c) ? -1.0f : 1.0f;
        for (size_t i = 0; i < s->taps; i++)
            *w++ = sign * bnn_stage_weight(s, c, i);
    }
    return weights;
}

/* sum >= threshold is sum - threshold >= 0; for a negated channel, whose sums are those of negated
 * weights, it is -sum - threshold >= 0. Both are exact enough: rounding keeps the sign, and 0. */
static bnn_deploy_op threshold_op(const bnn_stage *s, bnn_shape in, bnn_arena *arena)
{
    float *factor = bnn_arena_alloc(arena, s->sums.c, sizeof *factor);
    float *offset = bnn_arena_alloc(arena, s->sums.c, sizeof *offset);
    for (uint32_t c = 0; c < s->sums.c && factor != NULL && offset != NULL; c++) {
        factor[c] = is_negated(s, c) ? -1.0f : 1.0f;
        offset[c] = -bnn_stage_sum_value(s, s->fold.threshold[c]);
    }
    return (bnn_deploy_op){.type = BNN_LOWER_AFFINE,
                           .name = bnn_arena_printf(arena, "%s.threshold", s->name),
                           .in = in,
                           .out = in,
                           .kernel = 1,
                           .stride = 1,
                           .factor = factor,
                           .offset = offset};
}

/* The chain of a folded stage, up to its sign. False without memory. */
static bool unfold_decision(const bnn_stage *s, bnn_deploy_op *chain, uint32_t *n, bnn_arena *arena)
{
    if (s->fold.pool != 0) {
        chain[(*n)++] = (bnn_deploy_op){.type = BNN_LOWER_MAXPOOL,
                                        .name = bnn_arena_printf(arena, "%s.pool", s->name),
                                        .in = s->sums,
                                        .out = s->out,
                                        .kernel = s->fold.pool,
                                        .stride = s->fold.pool_stride};
        if (chain[0].name == NULL)
            return false;
    }
    const bnn_deploy_op op = threshold_op(s, s->out, arena);
    chain[(*n)++] = op;
    return op.name != NULL && op.factor != NULL && op.offset != NULL;
}

static int unfold_stage(const bnn_stage *s, bool keeps_bits, bnn_values inputs, bnn_arena *arena,
                        bnn_stage *out, bnn_error *err)
{
    bnn_deploy_op *chain = bnn_arena_alloc(arena, s->n_chain + 3, sizeof *chain);
    bool complete = chain != NULL;
    uint32_t n = s->n_chain;
    *out = *s;
    out->inputs = inputs;
    if (complete && n > 0)
        memcpy(chain, s->chain, n * sizeof *chain);
    if (complete && s->folded)
        complete = unfold_decision(s, chain, &n, arena);
    if (complete && s->outputs == BNN_VALUES_BITS && !keeps_bits) {
        const char *name = bnn_arena_printf(arena, "%s.sign", s->name);
        chain[n++] = (bnn_deploy_op){.type = BNN_LOWER_SIGN,
                                     .name = name,
                                     .in = s->out,
                                     .out = s->out,
                                     .kernel = 1,
                                     .stride = 1};
        out->outputs = BNN_VALUES_FLOATS;
        complete = name != NULL;
    }
    if (complete && s->binary_weights) {
        out->weights = unpack_weights(s, arena);
        complete = out->weights != NULL;
    }
    if (!complete)
        return bnn_fail(err, BNN_E_INTERNAL, "not enough memory for the float form of %s", s->name);
    out->binary_weights = out->integer_sums = out->folded = false;
    out->bits = NULL;
    out->row_words = 0;
    out->fold = (bnn_fold){.threshold = NULL};
    out->chain = chain;
    out->n_chain = n;
    return BNN_OK;
}

int bnn_deploy_unfold(const bnn_deploy_model *model, bnn_arena *arena, bnn_deploy_model **out,
                      bnn_error *err)
{
    bnn_deploy_model *floats = bnn_arena_alloc(arena, 1, sizeof *floats);
    bnn_stage *stages = bnn_arena_alloc(arena, model->n_stages, sizeof *stages);
    if (floats == NULL || stages == NULL)
        return bnn_fail(err, BNN_E_INTERNAL, "not enough memory for the float form of a model");
    *floats = *model;
    floats->stages = stages;
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const bnn_stage *s = &model->stages[i];
        const bool next_has_tables = i + 1 < model->n_stages && has_tables(s + 1);
        stages[i] = *s;
        if (has_tables(s))
            continue;
        const int status = unfold_stage(
            s, next_has_tables, i == 0 ? s->inputs : stages[i - 1].outputs, arena, &stages[i], err);
        if (status != BNN_OK)
            return status;
    }
    *out = floats;
    return BNN_OK;
}
