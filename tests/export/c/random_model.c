#include "tests/export/c/random_model.h"

static uint64_t *random_rows(buffers *b, bnn_arena *arena, size_t rows, size_t n_bits)
{
    const size_t n_words = (n_bits + 63) / 64;
    uint64_t *words = bnn_arena_alloc(arena, rows * n_words, sizeof *words);
    ck_assert_ptr_nonnull(words);
    for (size_t i = 0; i < rows * n_words; i++) {
        words[i] = random_bits(b);
        if (n_bits % 64 != 0 && i % n_words == n_words - 1)
            words[i] &= ((uint64_t)1 << n_bits % 64) - 1;
    }
    return words;
}

/* A convolution that fits its input, or a dense operation. */
static void choose_linear(buffers *b, bnn_arena *arena, bool dense, uint32_t channels, bnn_stage *s)
{
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    const uint32_t side = s->in.h < s->in.w ? s->in.h : s->in.w;
    bnn_op op = {
        .type = dense ? BNN_LOWER_DENSE : BNN_LOWER_CONV2D, .in = s->in, .kernel = 1, .stride = 1};
    if (!dense) {
        const bool wide = !pixels && random_between(b, 0, 1);
        op.kernel = wide ? side : random_between(b, 1, side < 5 ? side : 5);
        op.stride = random_between(b, 0, 2) ? 1 : random_between(b, 2, 3);
        op.padding = random_between(b, 0, 2) == 0 ? 0 : random_between(b, 0, op.kernel - 1);
        if (op.padding > 3)
            op.padding = 3;
    }
    ck_assert(bnn_op_out_shape(&op, channels, &s->sums));
    s->linear = op.type;
    s->name = dense ? "dense_1" : "conv2d_1"; /* the same in all stages: none can keep it */
    s->kernel = op.kernel;
    s->stride = op.stride;
    s->padding = op.padding;
    s->pad_value = op.padding == 0 || pixels ? 0 : random_between(b, 0, 1) ? 1 : -1;
    s->binary_weights = true;
    s->taps = (uint32_t)bnn_op_taps(&op);
    s->row_words = ((size_t)s->taps + 63) / 64;
    s->bits = random_rows(b, arena, channels, s->taps);
    s->macs = (uint64_t)s->taps * bnn_shape_values(s->sums);
    s->integer_sums = bnn_stage_sums_are_integers(s);
    ck_assert(s->integer_sums);
}

/* Near zero, at the ends of what sums reach, or beyond. */
static int32_t random_threshold(buffers *b, int32_t bound)
{
    const int32_t ends[] = {-bound - 1, -bound, 1 - bound, bound - 1, bound, bound + 1};
    const uint32_t near = bound < 40 ? (uint32_t)bound : 40;
    const uint32_t k = random_between(b, 0, 17);
    return k < 6 ? ends[k] : (int32_t)random_between(b, 0, 2 * near) - (int32_t)near;
}

static void choose_rules(buffers *b, bnn_arena *arena, bnn_stage *s, rule_counts *counts)
{
    bnn_fold *f = &s->fold;
    const int32_t bound = bnn_stage_sum_bound(s);
    const uint32_t n = s->sums.c, tables = random_between(b, 0, 2), alls = random_between(b, 0, 2);
    int32_t *threshold = bnn_arena_alloc(arena, n, sizeof *threshold);
    uint8_t *rule = bnn_arena_alloc(arena, n, sizeof *rule);
    ck_assert(threshold != NULL && rule != NULL);
    for (uint32_t c = 0; c < n; c++) {
        const bool table = tables > 0 && random_between(b, 0, 2) < tables;
        const bool all = f->pool != 0 && alls > 0 && random_between(b, 0, 2) < alls;
        rule[c] = (uint8_t)((table ? BNN_RULE_TABLE : 0) | (all ? BNN_RULE_AND : 0));
        if (!table)
            threshold[c] = random_threshold(b, bound);
        f->n_tables += table;
        counts->tables += table;
        counts->all += all && f->pool > 1;
        counts->any += !all && f->pool > 1;
        counts->all_tables += all && table && f->pool > 1;
        counts->constant += !table && (threshold[c] <= -bound || threshold[c] > bound);
    }
    f->threshold = threshold;
    f->rule = rule;
    f->table_first = -bound;
    f->table_step = s->inputs == BNN_VALUES_PIXELS ? 1 : 2;
    f->table_size = 2 * (uint32_t)bound / f->table_step + 1;
    f->table_words = ((size_t)f->table_size + 63) / 64;
    f->tables = random_rows(b, arena, f->n_tables, f->table_size);
}

static void choose_pool(buffers *b, bnn_stage *s, rule_counts *counts)
{
    const uint32_t side = s->sums.h < s->sums.w ? s->sums.h : s->sums.w;
    s->out = s->sums;
    if (random_between(b, 0, 2) == 0)
        return;
    s->fold.pool = random_between(b, 1, side < 3 ? side : 3);
    s->fold.pool_stride = random_between(b, 1, 3);
    const bnn_op pool = {.type = BNN_LOWER_MAXPOOL,
                         .in = s->sums,
                         .kernel = s->fold.pool,
                         .stride = s->fold.pool_stride};
    ck_assert(bnn_op_out_shape(&pool, 0, &s->out));
    counts->left_borders += (s->out.w - 1) * pool.stride + pool.kernel < s->sums.w;
}

const bnn_model *random_model(buffers *b, bnn_arena *arena, rule_counts *counts)
{
    const uint32_t n = random_between(b, 2, 4), dense_from = random_between(b, 1, n);
    bnn_model *model = bnn_arena_alloc(arena, 1, sizeof *model);
    bnn_stage *stages = bnn_arena_alloc(arena, n, sizeof *stages);
    ck_assert(model != NULL && stages != NULL);
    const uint32_t least = random_between(b, 0, 1) ? 36 : 3; /* wide enough for wide kernels */
    bnn_shape shape = {random_between(b, 1, 3), random_between(b, least, 50),
                       random_between(b, least, 50)};
    *model = (bnn_model){.input = shape, .n_stages = n, .stages = stages};
    for (uint32_t i = 0; i < n; i++) {
        bnn_stage *s = &stages[i];
        const bool last = i == n - 1, pixels = i == 0;
        s->in = shape;
        s->inputs = pixels ? BNN_VALUES_PIXELS : BNN_VALUES_BITS;
        choose_linear(b, arena, i >= dense_from, random_between(b, 1, last ? 5 : 12), s);
        counts->wide_kernels += !pixels && s->kernel >= 32;
        counts->padded_ones += s->pad_value > 0;
        counts->pixel_strides += pixels && s->stride > 1 && s->in.c > 1;
        counts->bit_strides += !pixels && s->stride > 1;
        if (last) {
            s->out = s->sums;
            s->outputs = BNN_VALUES_FLOATS;
        } else {
            s->outputs = BNN_VALUES_BITS;
            s->folded = true;
            choose_pool(b, s, counts);
            choose_rules(b, arena, s, counts);
        }
        shape = s->out;
    }
    model->n_classes = (uint32_t)bnn_shape_values(shape);
    return model;
}
