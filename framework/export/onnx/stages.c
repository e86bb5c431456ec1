#include "export/onnx/grid.h"
#include "export/onnx/ops.h"

#include <math.h>

/* ---- weights ----------------------------------------------------------------------------- */

/* The bits of a stage's weights as an initializer [bytes][1], the first in the lowest bit. */
static const char *stages_bits(bnn_onnx_writer *w, const bnn_stage *s, size_t n)
{
    const int64_t column[] = {(int64_t)((n + 7) / 8), 1};
    const char *name = bnn_onnx_name(w, "%s.bits", s->op.name);
    uint8_t *bytes = bnn_onnx_alloc(w, (size_t)column[0], 1);
    if (bytes == NULL)
        return name;
    for (size_t i = 0; i < n; i++)
        if (bnn_stage_weight(s, (uint32_t)(i / s->taps), i % s->taps) > 0)
            bytes[i / 8] = (uint8_t)(bytes[i / 8] | 1u << i % 8);
    return bnn_onnx_tensor(w, name, BNN_ONNX_UINT8, column, 2, bytes);
}

/* Drops the bits of the last byte that are no weights. */
static void stages_cut_bits(bnn_onnx_writer *w, const bnn_stage *s, size_t n)
{
    static const int64_t all = -1, none = 0;
    const int64_t end = (int64_t)n;
    if (!bnn_onnx_has(w, "all")) {
        bnn_onnx_int64s(w, "all", &all, 1);
        bnn_onnx_int64s(w, "none", &none, 1);
    }
    bnn_onnx_then(w, "Reshape", bnn_onnx_name(w, "%s.row", s->op.name), "all", NULL);
    bnn_onnx_then(w, "Slice", bnn_onnx_name(w, "%s.cut", s->op.name), "none",
                  bnn_onnx_int64s(w, bnn_onnx_name(w, "%s.n", s->op.name), &end, 1));
}

/* Binary weights as bits, and their way back to -1 and +1. */
static const char *stages_packed_weights(bnn_onnx_writer *w, const bnn_stage *s,
                                         const int64_t *dims, size_t n_dims)
{
    static const uint8_t places[] = {0, 1, 2, 3, 4, 5, 6, 7}, base = 2;
    static const int64_t n_places = 8;
    const size_t n = (size_t)s->op.out.c * s->taps;
    const char *const before = w->value;
    if (!bnn_onnx_has(w, "places")) {
        bnn_onnx_tensor(w, "places", BNN_ONNX_UINT8, &n_places, 1, places);
        bnn_onnx_tensor(w, "two", BNN_ONNX_UINT8, NULL, 0, &base);
    }
    w->value = stages_bits(w, s, n);
    bnn_onnx_then(w, "BitShift", bnn_onnx_name(w, "%s.shifted", s->op.name), "places", NULL);
    bnn_onnx_set_text(w, "direction", "RIGHT");
    bnn_onnx_then(w, "Mod", bnn_onnx_name(w, "%s.lowest", s->op.name), "two", NULL);
    bnn_onnx_cast(w, bnn_onnx_name(w, "%s.bool", s->op.name), BNN_ONNX_BOOL);
    if (n % 8 != 0)
        stages_cut_bits(w, s, n);
    bnn_onnx_then(w, "Reshape", bnn_onnx_name(w, "%s.shaped", s->op.name),
                  bnn_onnx_int64s(w, bnn_onnx_name(w, "%s.dims", s->op.name), dims, n_dims), NULL);
    const char *weight = bnn_onnx_choice(w, bnn_onnx_name(w, "%s.weight", s->op.name), w->value);
    w->value = before;
    return weight;
}

bool bnn_onnx_is_of_fours(const bnn_op *op)
{
    return bnn_op_is_linear(op->type) && bnn_codes_are_digits(op->codes) && op->codes.min >= -8 &&
           op->codes.max <= 7;
}

/* Weights of few levels as whole numbers, of four bits where these do, and their way to floats. */
static const char *stages_whole_weights(bnn_onnx_writer *w, const bnn_op *op, const int64_t *dims,
                                        size_t n_dims)
{
    const size_t n = (size_t)op->out.c * bnn_op_taps(op);
    const bool fours = bnn_onnx_is_of_fours(op);
    const char *const before = w->value;
    uint8_t *bytes = bnn_onnx_alloc(w, n, 1);
    for (size_t i = 0; bytes != NULL && i < n; i++)
        if (fours)
            bytes[i / 2] = (uint8_t)(bytes[i / 2] | ((int32_t)op->weight[i] & 15) << i % 2 * 4);
        else
            bytes[i] = (uint8_t)(int32_t)op->weight[i];
    w->value = bnn_onnx_tensor(w, bnn_onnx_name(w, "%s.codes", op->name),
                               fours ? BNN_ONNX_INT4 : BNN_ONNX_INT8, dims, n_dims, bytes);
    const char *weight =
        bnn_onnx_then(w, "DequantizeLinear", bnn_onnx_name(w, "%s.weight", op->name),
                      bnn_onnx_scalar(w, "plus_one", 1.0f), NULL);
    w->value = before;
    return weight;
}

static void stages_linear(bnn_onnx_writer *w, const bnn_stage *s, bool packed)
{
    const bool conv = s->op.type == BNN_LOWER_CONV2D;
    const int64_t conv_dims[] = {s->op.out.c, bnn_op_group_in(&s->op), s->op.kernel, s->op.kernel};
    const int64_t dense_dims[] = {s->op.out.c, s->taps};
    const int64_t *dims = conv ? conv_dims : dense_dims;
    const size_t n_dims = conv ? 4 : 2;
    const char *weight;
    bnn_error err;
    bnn_op op = s->op;
    if (packed && s->op.binary_weights) {
        weight = stages_packed_weights(w, s, dims, n_dims);
    } else if (bnn_stage_linear(s, w->arena, &op, &err) != BNN_OK) {
        w->failed = true;
        return;
    } else if (packed && bnn_codes_are_digits(op.codes)) {
        weight = stages_whole_weights(w, &op, dims, n_dims);
    } else {
        weight = bnn_onnx_tensor(w, bnn_onnx_name(w, "%s.weight", s->op.name), BNN_ONNX_FLOAT, dims,
                                 n_dims, op.weight);
    }
    if (conv)
        bnn_onnx_conv(w, &op, weight);
    else
        bnn_onnx_gemm(w, &op, weight);
}

/* ---- decisions --------------------------------------------------------------------------- */

/* The bit of a channel as a function of the sum starts as 0 and changes at some sums. */
typedef struct changes {
    const bnn_stage *stage;
    const uint64_t *table; /* of the channel, or NULL */
    int32_t threshold;
    uint32_t at; /* table index */
    uint64_t bit;
} changes;

/* The next sum at which the bit changes, from low to high; false after the last one. */
static bool stages_next_change(changes *c, int32_t *sum)
{
    const bnn_fold *fold = &c->stage->fold;
    if (c->table == NULL) {
        *sum = c->threshold;
        return c->at++ == 0;
    }
    for (; c->at < fold->table_size; c->at++) {
        const uint64_t bit = c->table[c->at / 64] >> c->at % 64 & 1;
        if (bit == c->bit)
            continue;
        c->bit = bit;
        *sum = fold->table_first + (int32_t)(c->at * fold->table_step);
        return true;
    }
    return false;
}

/* A number between this sum and the one below, as far from both as it can be, so that not even a
 * runtime whose integer sums are slightly off decides otherwise. Sums of bits have the parity of
 * taps; the threshold that none reaches has not. Of sums of pixels larger than 2^23, float32 has
 * nothing in between. */
static float stages_between(const bnn_stage *s, int32_t sum)
{
    if (s->inputs != BNN_VALUES_PIXELS)
        return (float)(((sum ^ (int32_t)s->taps) & 1) == 0 ? sum - 1 : sum);
    const float value = (float)sum;
    return (fabsf(value) <= 0x1p23f ? value - 0.5f : value) * 0x1p-7f;
}

/* The k-th change of every channel; false when no channel has so many. */
static bool stages_take_changes(const bnn_stage *s, changes *all, float *thresholds)
{
    bool any = false;
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        int32_t sum;
        const bool more = stages_next_change(&all[c], &sum);
        thresholds[c] =
            more ? stages_between(s, sum) : 2.0f * (float)BNN_SUM_MAX; /* never reached */
        any |= more;
    }
    return any;
}

static const char *stages_comparison(bnn_onnx_writer *w, const bnn_stage *s, uint32_t k,
                                     const float *thresholds)
{
    const char *name = bnn_onnx_name(w, k == 1 ? "%s.threshold" : "%s.threshold_%u", s->op.name, k);
    return bnn_onnx_then(w, "GreaterOrEqual",
                         bnn_onnx_name(w, k == 1 ? "%s.positive" : "%s.positive_%u", s->op.name, k),
                         bnn_onnx_per_channel(w, name, BNN_ONNX_FLOAT, s->op.out.c, thresholds),
                         NULL);
}

/* Sums -> bool: whether an odd number of changes lies at or below the sum. */
static void stages_decision(bnn_onnx_writer *w, const bnn_stage *s)
{
    const bnn_fold *fold = &s->fold;
    const char *sums = w->value;
    changes *all = bnn_onnx_alloc(w, s->op.out.c, sizeof *all);
    float *thresholds = bnn_onnx_alloc(w, s->op.out.c, sizeof *thresholds);
    if (all == NULL || thresholds == NULL)
        return;
    const uint64_t *table = fold->tables;
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        all[c] = (changes){.stage = s, .threshold = fold->threshold[c]};
        if (fold->rule[c] & BNN_RULE_TABLE) {
            all[c].table = table;
            table += fold->table_words;
        }
    }
    const char *odd = NULL;
    for (uint32_t k = 1; stages_take_changes(s, all, thresholds) || k == 1; k++) {
        w->value = sums;
        const char *reached = stages_comparison(w, s, k, thresholds);
        odd = odd == NULL ? reached
                          : bnn_onnx_then(w, "Xor", bnn_onnx_name(w, "%s.odd_%u", s->op.name, k),
                                          odd, NULL);
    }
}

/* Channels whose windows are ANDs of bits are negated before and after a maximum. */
static void stages_bit_pool(bnn_onnx_writer *w, const bnn_stage *s)
{
    const bnn_fold *fold = &s->fold;
    float *turns = bnn_onnx_alloc(w, s->op.out.c, sizeof *turns);
    bool any = false;
    if (turns == NULL)
        return;
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        any |= (fold->rule[c] & BNN_RULE_AND) != 0;
        turns[c] = fold->rule[c] & BNN_RULE_AND ? -1.0f : 1.0f;
    }
    bnn_onnx_unflatten(w, s->op.name, s->op.out);
    const char *turn = any ? bnn_onnx_per_channel(w, bnn_onnx_name(w, "%s.turn", s->op.name),
                                                  BNN_ONNX_FLOAT, s->op.out.c, turns)
                           : NULL;
    if (any)
        bnn_onnx_then(w, "Mul", bnn_onnx_name(w, "%s.turned", s->op.name), turn, NULL);
    bnn_onnx_op(w, &(bnn_op){.type = BNN_LOWER_MAXPOOL,
                             .name = bnn_onnx_name(w, "%s.pool", s->op.name),
                             .in = s->op.out,
                             .kernel = fold->pool,
                             .stride = fold->pool_stride});
    if (any)
        bnn_onnx_then(w, "Mul", bnn_onnx_name(w, "%s.pooled", s->op.name), turn, NULL);
}

static void stages_fold(bnn_onnx_writer *w, const bnn_stage *s)
{
    stages_decision(w, s);
    bnn_onnx_choice(w, bnn_onnx_name(w, "%s.sign", s->op.name), w->value);
    if (s->fold.pool > 0)
        stages_bit_pool(w, s);
}

/* A stage that stays in floats. */
static void stages_chain(bnn_onnx_writer *w, const bnn_stage *s)
{
    for (uint32_t k = 0; k < s->n_chain; k++)
        bnn_onnx_op(w, &s->chain[k]);
    /* Of values that others take, too, each has a sign of its own. */
    const bool shared = s->op.type == BNN_LOWER_IDENTITY && s->op.name[0] != '\0';
    const char *name = bnn_onnx_name(w, "%s.sign", shared ? s->op.name : w->value);
    if (s->outputs == BNN_VALUES_BITS)
        bnn_onnx_op(w, &(bnn_op){.type = BNN_LOWER_SIGN, .name = name});
}

/* What a stage gives. */
typedef struct given {
    bnn_onnx_place place;
    bnn_onnx_grid grid;
    bool exact; /* training's bits */
} given;

/* A stage of values that may have another's added. */
static given stages_one(bnn_onnx_writer *w, const bnn_stage *s, bool packed, given in,
                        const given *other)
{
    const bool shares = s->op.type == BNN_LOWER_IDENTITY && s->inputs == BNN_VALUES_FLOATS;
    bnn_onnx_go(w, in.place);
    if (other != NULL) {
        bnn_onnx_add(w, s->op.name, s->op.in, other->place);
        in.grid = bnn_onnx_grid_added(in.grid, other->grid);
        in.exact &= other->exact;
    }
    const bnn_onnx_grid sums = bnn_onnx_grid_sums(s, bnn_onnx_grid_in(s, in.grid), &w->exact);
    w->exact = shares ? in.exact : w->exact || s->integer_sums;
    if (s->logic != NULL)
        bnn_onnx_logic(w, s);
    else if (s->op.type != BNN_LOWER_IDENTITY)
        stages_linear(w, s, packed);
    if (s->folded)
        stages_fold(w, s);
    else
        stages_chain(w, s);
    return (given){bnn_onnx_here(w), bnn_onnx_grid_behind(s, sums), w->exact};
}

void bnn_onnx_add_stages(bnn_onnx_writer *w, const bnn_model *model, bool packed)
{
    const given pixels = {.place = bnn_onnx_here(w)};
    given *all = bnn_onnx_alloc(w, model->n_stages, sizeof *all);
    for (uint32_t i = 0; all != NULL && i < model->n_stages; i++) {
        const bnn_stage *s = &model->stages[i];
        const int32_t source = bnn_stage_source(s, i), other = bnn_stage_other(s, i);
        all[i] = stages_one(w, s, packed, source < 0 ? pixels : all[source],
                            other < 0 ? NULL : &all[other]);
    }
}
