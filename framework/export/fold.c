#include "export/fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A stage with more different sums than this stays in floats: it would take long to run them all,
 * and no network of a sensible size has them. */
#define SUMS_MAX ((size_t)1 << 22)

typedef struct folding {
    const bnn_stage *stage;
    const uint64_t *bits;
    const bnn_op *ops;
    uint32_t n, pool; /* ops; index of the pool, n without one */
    bnn_arena *arena;
    bnn_error *err;
    /* The channel at hand: n_sums sums from `first` in steps of `step`. */
    int32_t first, step;
    size_t n_sums;
    float *before; /* [n_sums]: what the pool would see */
    float *after;  /* [n_sums]: what the sign would see of a pool over one value */
} folding;

/* What the bits of a channel do as the sum grows. */
typedef enum trend {
    TREND_CONSTANT, /* also for a single sum */
    TREND_RISING,
    TREND_FALLING,
    TREND_NEITHER,
} trend;

static bool fold_bit_at(const folding *f, size_t i)
{
    return f->after[i] >= 0.0f;
}

static int32_t fold_sum_at(const folding *f, size_t i)
{
    return f->first + (int32_t)i * f->step;
}

void bnn_fold_reachable(const bnn_stage *stage, const uint64_t *row, int32_t *first, int32_t *last)
{
    const int32_t taps = (int32_t)stage->taps;
    const bool pixels = stage->inputs == BNN_VALUES_PIXELS;
    int32_t n_positive = 0;
    for (size_t i = 0; i < stage->row_words; i++)
        n_positive += __builtin_popcountll(row[i]);
    *first = pixels ? -127 * taps - n_positive : -taps;
    *last = pixels ? 128 * taps - n_positive : taps;
}

static void fold_apply(const folding *f, const bnn_op *op, uint32_t c, float *values)
{
    bnn_op_kind_of(op->type)->apply_channel(op, c, f->n_sums, values, values);
}

/* Runs every sum that channel c can give through the operations. Sums of bits have the parity of
 * their number. */
static void fold_run_sums(folding *f, uint32_t c)
{
    int32_t last;
    bnn_fold_reachable(f->stage, f->bits + c * f->stage->row_words, &f->first, &last);
    f->step = f->stage->inputs == BNN_VALUES_PIXELS ? 1 : 2;
    f->n_sums = (size_t)((last - f->first) / f->step) + 1;
    for (size_t i = 0; i < f->n_sums; i++)
        f->before[i] = bnn_stage_sum_value(f->stage, fold_sum_at(f, i));
    for (uint32_t i = 0; i < f->pool; i++)
        fold_apply(f, &f->ops[i], c, f->before);
    memcpy(f->after, f->before, f->n_sums * sizeof *f->after);
    for (uint32_t i = f->pool + 1; i < f->n; i++)
        fold_apply(f, &f->ops[i], c, f->after);
}

static trend fold_trend_of_sums(const folding *f)
{
    size_t changes = 0;
    for (size_t i = 1; i < f->n_sums; i++)
        changes += fold_bit_at(f, i) != fold_bit_at(f, i - 1);
    if (changes == 0)
        return TREND_CONSTANT;
    if (changes > 1)
        return TREND_NEITHER;
    return fold_bit_at(f, 0) ? TREND_FALLING : TREND_RISING;
}

/* What the bit does as the value that leaves the pool grows. The maximum is one of the values of
 * the window, so only those count; equal ones, +0 and -0 among them, must give equal bits. A
 * maximum of NaN and numbers depends on their order, so it has no trend. */
static trend fold_trend_behind_pool(const folding *f)
{
    float low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    size_t n[2] = {0, 0}, n_nan = 0;
    for (size_t i = 0; i < f->n_sums; i++) {
        const float v = f->before[i];
        const int bit = fold_bit_at(f, i);
        n[bit]++;
        n_nan += isnan(v) != 0;
        low[bit] = v < low[bit] ? v : low[bit];
        high[bit] = v > high[bit] ? v : high[bit];
    }
    if (n_nan > 0 && n_nan < f->n_sums)
        return TREND_NEITHER;
    if (n[0] == 0 || n[1] == 0)
        return TREND_CONSTANT;
    if (high[0] < low[1])
        return TREND_RISING;
    return high[1] < low[0] ? TREND_FALLING : TREND_NEITHER;
}

/* The threshold of a channel without a table; for falling bits that of the negated sum. */
static int32_t fold_threshold_of(const folding *f, trend bits)
{
    const size_t last = f->n_sums - 1;
    size_t i = 0;
    if (bits == TREND_CONSTANT)
        return fold_bit_at(f, 0) ? fold_sum_at(f, 0) : fold_sum_at(f, last) + 1;
    while (fold_bit_at(f, i) == fold_bit_at(f, 0))
        i++;
    return bits == TREND_RISING ? fold_sum_at(f, i) : -fold_sum_at(f, i - 1);
}

static int fold_decide(folding *f, uint32_t c, int32_t *threshold, uint8_t *rule)
{
    fold_run_sums(f, c);
    const trend bits = fold_trend_of_sums(f);
    if (f->pool < f->n) {
        const trend behind = fold_trend_behind_pool(f);
        if (behind == TREND_NEITHER)
            return bnn_fail(f->err, BNN_E_FAILED,
                            "channel %u behind %s neither rises nor falls with the maximum", c,
                            f->ops[f->pool].name);
        *rule |= behind == TREND_FALLING ? BNN_RULE_AND : 0;
    }
    if (bits == TREND_NEITHER)
        *rule |= BNN_RULE_TABLE;
    else
        *threshold = fold_threshold_of(f, bits);
    if (bits == TREND_FALLING)
        *rule |= BNN_RULE_FLIPPED;
    return BNN_OK;
}

/* Writes the tables of the channels that need them. All sums in [-bound, bound] have an entry, so
 * that the tables of a stage have one size; what cannot occur is 0. */
static int fold_make_tables(folding *f, bnn_fold *fold)
{
    const int32_t bound = bnn_stage_sum_bound(f->stage);
    bnn_fold_size_tables(f->stage, fold);
    uint64_t *table = bnn_arena_alloc(f->arena, fold->n_tables * fold->table_words, sizeof *table);
    if (table == NULL)
        return bnn_no_memory(f->err);
    fold->tables = table;
    for (uint32_t c = 0; c < f->stage->op.out.c; c++) {
        if (!(fold->rule[c] & BNN_RULE_TABLE))
            continue;
        fold_run_sums(f, c);
        for (size_t i = 0; i < f->n_sums; i++) {
            const size_t at = (size_t)(fold_sum_at(f, i) + bound) / fold->table_step;
            table[at / 64] |= (uint64_t)fold_bit_at(f, i) << at % 64;
        }
        table += fold->table_words;
    }
    return BNN_OK;
}

static int fold_channels(folding *f, bnn_fold *fold)
{
    const uint32_t channels = f->stage->op.out.c;
    int32_t *threshold = bnn_arena_alloc(f->arena, channels, sizeof *threshold);
    uint8_t *rule = bnn_arena_alloc(f->arena, channels, sizeof *rule);
    if (threshold == NULL || rule == NULL)
        return bnn_no_memory(f->err);
    for (uint32_t c = 0; c < channels; c++) {
        const int status = fold_decide(f, c, &threshold[c], &rule[c]);
        if (status != BNN_OK)
            return status;
        fold->n_tables += (rule[c] & BNN_RULE_TABLE) != 0;
    }
    fold->threshold = threshold;
    fold->rule = rule;
    return fold_make_tables(f, fold);
}

int bnn_fold_find_pool(const bnn_op *ops, uint32_t n, const char *end, uint32_t *pool,
                       bnn_error *err)
{
    *pool = n;
    for (uint32_t i = 0; i < n; i++) {
        if (bnn_op_kind_of(ops[i].type)->apply_channel != NULL)
            continue;
        if (ops[i].type != BNN_LOWER_MAXPOOL)
            return bnn_fail(err, BNN_E_FAILED, "%s mixes sums before the %s", ops[i].name, end);
        if (*pool < n)
            return bnn_fail(err, BNN_E_FAILED, "%s is a second pool before the %s, behind %s",
                            ops[i].name, end, ops[*pool].name);
        *pool = i;
    }
    return BNN_OK;
}

static void fold_negate_row(const bnn_stage *stage, uint64_t *row)
{
    for (size_t i = 0; i < stage->row_words; i++)
        row[i] = ~row[i];
    if (stage->taps % 64 != 0)
        row[stage->row_words - 1] &= ((uint64_t)1 << stage->taps % 64) - 1;
}

int bnn_fold_stage(bnn_stage *stage, uint64_t *bits, const bnn_op *ops, uint32_t n,
                   bnn_arena *arena, bnn_error *err)
{
    folding f = {.stage = stage, .bits = bits, .ops = ops, .n = n, .arena = arena, .err = err};
    bnn_fold fold = {0};
    const size_t most = (stage->inputs == BNN_VALUES_PIXELS ? 255 : 1) * (size_t)stage->taps + 1;
    int status = bnn_fold_find_pool(ops, n, "sign", &f.pool, err);
    if (status == BNN_OK && most > SUMS_MAX)
        status =
            bnn_fail(err, BNN_E_FAILED, "%zu different sums are more than %zu", most, SUMS_MAX);
    if (status != BNN_OK)
        return status;
    f.before = malloc(most * sizeof *f.before);
    f.after = malloc(most * sizeof *f.after);
    if (f.before == NULL || f.after == NULL)
        status = bnn_no_memory(err);
    else
        status = fold_channels(&f, &fold);
    free(f.before);
    free(f.after);
    if (status != BNN_OK)
        return status;
    stage->out = stage->op.out;
    if (f.pool < n) {
        stage->out = ops[f.pool].out;
        fold.pool = ops[f.pool].kernel;
        fold.pool_stride = ops[f.pool].stride;
    }
    for (uint32_t c = 0; c < stage->op.out.c; c++)
        if (fold.rule[c] & BNN_RULE_FLIPPED)
            fold_negate_row(stage, bits + c * stage->row_words);
    stage->fold = fold;
    stage->folded = true;
    return BNN_OK;
}
