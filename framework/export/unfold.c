#include "export/unfold.h"

#include "export/fold.h"
#include "infer/lines.h"

/* Sums of stages with tables are small enough that their halves are exact floats. */
#define TABLE_BOUND_MAX (1 << 22)

/* The bit of a channel as its sum grows: it changes at no sum, at one or at two. */
typedef struct decision {
    bool bit;      /* of the least sum */
    uint32_t n;    /* changes */
    int32_t at[2]; /* the first sum behind each */
} decision;

typedef struct unfolding {
    const bnn_stage *from;
    bnn_stage *to;
    decision *decisions; /* [op.out.c] */
    bool twice;          /* a channel changes twice */
    bool all;            /* a channel wants all bits of a pool's window */
    bnn_op *chain;
    bnn_arena *arena;
    bnn_error *err;
} unfolding;

/* ---- what folding decided ---------------------------------------------------------------- */

static decision unfold_decide_by_threshold(const bnn_stage *s, uint32_t c)
{
    int32_t first, last;
    bnn_fold_reachable(s, s->bits + c * s->row_words, &first, &last);
    const int32_t threshold = s->fold.threshold[c];
    if (threshold <= first || threshold > last)
        return (decision){.bit = threshold <= first};
    return (decision){.n = 1, .at = {threshold}};
}

static int unfold_decide_by_table(const unfolding *u, uint32_t c, const uint64_t *table,
                                  decision *out)
{
    const bnn_stage *s = u->from;
    const int32_t step = (int32_t)s->fold.table_step;
    int32_t first, last;
    bnn_fold_reachable(s, s->bits + c * s->row_words, &first, &last);
    if (bnn_stage_sum_bound(s) > TABLE_BOUND_MAX)
        return bnn_fail(u->err, BNN_E_FAILED,
                        "%s: sums up to %d are too large for a table in floats", s->op.name,
                        bnn_stage_sum_bound(s));
    decision d = {0};
    bool before = false;
    for (int32_t sum = first; sum <= last; sum += step) {
        const size_t i = (size_t)(sum - s->fold.table_first) / s->fold.table_step;
        const bool bit = table[i / 64] >> i % 64 & 1;
        if (sum == first)
            d.bit = bit;
        else if (bit != before && d.n++ < 2)
            d.at[d.n - 1] = sum;
        before = bit;
    }
    if (d.n > 2)
        return bnn_fail(u->err, BNN_E_FAILED,
                        "%s: the bit of channel %u changes %u times as its sum grows, which float "
                        "operations cannot say; build the model in floats from the network",
                        s->op.name, c, d.n);
    *out = d;
    return BNN_OK;
}

static int unfold_decide(unfolding *u)
{
    const bnn_stage *s = u->from;
    const uint64_t *table = s->fold.tables;
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        decision *d = &u->decisions[c];
        u->all |= (s->fold.rule[c] & BNN_RULE_AND) != 0;
        if (!(s->fold.rule[c] & BNN_RULE_TABLE)) {
            *d = unfold_decide_by_threshold(s, c);
            continue;
        }
        const int status = unfold_decide_by_table(u, c, table, d);
        if (status != BNN_OK)
            return status;
        table += s->fold.table_words;
        u->twice |= d->n == 2;
    }
    return BNN_OK;
}

/* ---- the same in floats ------------------------------------------------------------------ */

static bnn_op *unfold_add_op(unfolding *u, uint32_t type, const char *what)
{
    bnn_stage *to = u->to;
    bnn_op *op = &u->chain[to->n_chain++];
    *op = (bnn_op){.type = type, .in = to->out, .out = to->out};
    op->name = bnn_arena_printf(u->arena, "%s.%s", u->from->op.name, what);
    return op;
}

/* An operation with a factor a channel, and offsets where it is an affine. NULL without memory. */
static bool unfold_add_factors(unfolding *u, uint32_t type, const char *what, float **factor,
                               float **offset)
{
    bnn_op *op = unfold_add_op(u, type, what);
    *factor = bnn_arena_alloc(u->arena, op->in.c, sizeof **factor);
    op->factor = *factor;
    if (offset == NULL)
        return *factor != NULL;
    *offset = bnn_arena_alloc(u->arena, op->in.c, sizeof **offset);
    op->offset = *offset;
    return *factor != NULL && *offset != NULL;
}

static void unfold_add_pool(unfolding *u)
{
    const bnn_fold *fold = &u->from->fold;
    if (fold->pool == 0)
        return;
    bnn_op *op = unfold_add_op(u, BNN_LOWER_MAXPOOL, "pool");
    op->kernel = fold->pool;
    op->stride = fold->pool_stride;
    op->out = u->to->out = u->from->out;
}

/* A bit that changes once or never, as the sign of factor * sum + offset. All is exact: sums and
 * thresholds are integers up to 2^24, for pixels divided by 128. */
static void unfold_say_once(const bnn_stage *s, const decision *d, float *factor, float *offset)
{
    const int32_t step = s->inputs == BNN_VALUES_PIXELS ? 1 : 2;
    *factor = d->n == 0 ? 0.0f : d->bit ? -1.0f : 1.0f;
    if (d->n == 0)
        *offset = d->bit ? 1.0f : -1.0f;
    else
        *offset = bnn_stage_sum_value(s, d->bit ? d->at[0] - step : -d->at[0]);
}

/* Maximum of the sums, decision, sign: the operations of a network with its pool first. Where all
 * bits of a window have to be 1, the least sum decides: the weights are negated, and so is the
 * factor. */
static int unfold_say_behind_pool(unfolding *u)
{
    const bnn_stage *s = u->from;
    float *factor, *offset;
    unfold_add_pool(u);
    if (!unfold_add_factors(u, BNN_LOWER_AFFINE, "threshold", &factor, &offset))
        return bnn_no_memory(u->err);
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        unfold_say_once(s, &u->decisions[c], &factor[c], &offset[c]);
        if (s->fold.rule[c] & BNN_RULE_AND && factor[c] != 0.0f)
            factor[c] = -factor[c];
    }
    unfold_add_op(u, BNN_LOWER_SIGN, "sign");
    return BNN_OK;
}

/* -1 where all bits of the window count, +1 elsewhere, around the pool. */
static int unfold_add_turn(unfolding *u, const char *what)
{
    float *factor, *offset;
    if (!u->all)
        return BNN_OK;
    if (!unfold_add_factors(u, BNN_LOWER_AFFINE, what, &factor, &offset))
        return bnn_no_memory(u->err);
    for (uint32_t c = 0; c < u->from->op.out.c; c++)
        factor[c] = u->from->fold.rule[c] & BNN_RULE_AND ? -1.0f : 1.0f;
    return BNN_OK;
}

/* Bits that change twice are 1 (or 0) up to a distance from the middle of what is between: the
 * absolute value, a slope of -1, comes before the decision. The pool works on the signs. */
static int unfold_say_twice(unfolding *u)
{
    const bnn_stage *s = u->from;
    const int32_t step = s->inputs == BNN_VALUES_PIXELS ? 1 : 2;
    float *one, *centre, *slope, *factor, *offset;
    if (!unfold_add_factors(u, BNN_LOWER_AFFINE, "centre", &one, &centre) ||
        !unfold_add_factors(u, BNN_LOWER_SLOPE, "distance", &slope, NULL) ||
        !unfold_add_factors(u, BNN_LOWER_AFFINE, "threshold", &factor, &offset))
        return bnn_no_memory(u->err);
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        const decision *d = &u->decisions[c];
        one[c] = slope[c] = 1.0f;
        if (d->n < 2) {
            unfold_say_once(s, d, &factor[c], &offset[c]);
            continue;
        }
        const int32_t low = d->at[0], high = d->at[1] - step, width = high - low;
        centre[c] = -0.5f * bnn_stage_sum_value(s, low + high) + 0.0f;
        slope[c] = -1.0f;
        factor[c] = d->bit ? 1.0f : -1.0f;
        offset[c] = 0.5f * bnn_stage_sum_value(s, d->bit ? -(width + 2 * step) : width);
    }
    unfold_add_op(u, BNN_LOWER_SIGN, "sign");
    int status = unfold_add_turn(u, "turn");
    if (status != BNN_OK || s->fold.pool == 0)
        return status;
    unfold_add_pool(u);
    return unfold_add_turn(u, "back");
}

/* ---- stages ------------------------------------------------------------------------------ */

/* Binary weights as floats, negated where unfold_say_behind_pool() wants it. */
static int unfold_make_weights(unfolding *u)
{
    const bnn_stage *s = u->from;
    u->to->op.codes = (bnn_codes){.step = 0}; /* any floats */
    if (!s->op.binary_weights)
        return BNN_OK;
    float *weight = bnn_arena_alloc(u->arena, (size_t)s->op.out.c * s->taps, sizeof *weight);
    if (weight == NULL)
        return bnn_no_memory(u->err);
    u->to->op.weight = weight;
    u->to->op.binary_weights = false;
    u->to->bits = NULL;
    u->to->row_words = 0;
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        const bool turned = s->folded && !u->twice && s->fold.rule[c] & BNN_RULE_AND;
        for (size_t i = 0; i < s->taps; i++)
            *weight++ = turned ? -bnn_stage_weight(s, c, i) : bnn_stage_weight(s, c, i);
    }
    return BNN_OK;
}

static int unfold_decisions(unfolding *u)
{
    const bnn_stage *s = u->from;
    u->decisions = bnn_arena_alloc(u->arena, s->op.out.c, sizeof *u->decisions);
    if (u->decisions == NULL)
        return bnn_no_memory(u->err);
    const int status = unfold_decide(u);
    if (status != BNN_OK)
        return status;
    u->to->folded = false;
    u->to->fold = (bnn_fold){0};
    u->to->out = s->op.out;
    return u->twice ? unfold_say_twice(u) : unfold_say_behind_pool(u);
}

/* The chain as it is, and a sign where bits came out. */
static int unfold_keep_chain(unfolding *u)
{
    const bnn_stage *s = u->from;
    if (s->outputs != BNN_VALUES_BITS)
        return BNN_OK;
    if (s->n_chain == BNN_CHAIN_MAX)
        return bnn_fail(u->err, BNN_E_FAILED,
                        "%s: no room for a sign behind a chain of %d operations", s->op.name,
                        BNN_CHAIN_MAX);
    for (uint32_t i = 0; i < s->n_chain; i++)
        u->chain[i] = s->chain[i];
    u->to->chain = u->chain;
    u->to->n_chain = s->n_chain;
    unfold_add_op(u, BNN_LOWER_SIGN, "sign");
    return BNN_OK;
}

static int unfold_stage(const bnn_stage *from, bnn_arena *arena, bnn_stage *to, bnn_error *err)
{
    unfolding u = {.from = from, .to = to, .arena = arena, .err = err};
    if (from->logic != NULL)
        return bnn_fail(err, BNN_E_FAILED, "%s: gates have no floats", from->op.name);
    *to = *from;
    to->inputs = from->inputs == BNN_VALUES_BITS ? BNN_VALUES_FLOATS : from->inputs;
    to->outputs = BNN_VALUES_FLOATS;
    to->integer_sums = false;
    u.chain = bnn_arena_alloc(arena, BNN_CHAIN_MAX, sizeof *u.chain);
    if (u.chain == NULL)
        return bnn_no_memory(u.err);
    if (from->folded)
        to->chain = u.chain;
    const int status = from->folded ? unfold_decisions(&u) : unfold_keep_chain(&u);
    if (status != BNN_OK)
        return status;
    for (uint32_t i = 0; i < to->n_chain; i++)
        if (to->chain[i].name == NULL)
            return bnn_no_memory(u.err);
    return unfold_make_weights(&u);
}

int bnn_export_unfold(const bnn_model *folded, bnn_arena *arena, bnn_model **out, bnn_error *err)
{
    const bnn_model *model;
    const int without_lines = bnn_lines_unfold_all(folded, arena, &model, err);
    if (without_lines != BNN_OK)
        return without_lines;
    bnn_model *floats = bnn_arena_alloc(arena, 1, sizeof *floats);
    bnn_stage *stages = bnn_arena_alloc(arena, model->n_stages, sizeof *stages);
    if (floats == NULL || stages == NULL)
        return bnn_no_memory(err);
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const int status = unfold_stage(&model->stages[i], arena, &stages[i], err);
        if (status != BNN_OK)
            return status;
    }
    *floats = *model;
    floats->stages = stages;
    *out = floats;
    return BNN_OK;
}
