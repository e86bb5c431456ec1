/* The fold against brute force: what the float operations say of every sum and of windows of sums,
 * a folded stage must say, too. */
#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"

#include "export/fold.h"

#include <stdio.h>

enum { CHANNELS = 6, OPS = 5, ROWS = 4, COLUMNS = 5 };

static bnn_arena *arena;
static buffers b;

static void set_up(void)
{
    arena = bnn_arena_create((size_t)64 << 20);
    ck_assert_ptr_nonnull(arena);
    b = (buffers){.state = 1};
}

static void tear_down(void)
{
    buffers_free(&b);
    bnn_arena_destroy(arena);
}

/* ---- stages ------------------------------------------------------------------------------ */

/* A dense-like stage with random weights; rows of bits are its own, unused bits 0. */
static bnn_stage stage_of(bnn_values inputs, uint32_t taps, bnn_shape sums, uint64_t **bits)
{
    bnn_stage s = {.op.name = "dense_1",
                   .op.type = BNN_LOWER_DENSE,
                   .inputs = inputs,
                   .outputs = BNN_VALUES_BITS,
                   .op.in = {.c = taps, .h = 1, .w = 1},
                   .op.out = sums,
                   .out = sums,
                   .op.kernel = 1,
                   .op.stride = 1,
                   .op.binary_weights = true,
                   .integer_sums = true,
                   .taps = taps,
                   .row_words = (taps + 63) / 64};
    *bits = buffer_bytes(&b, sums.c * s.row_words * sizeof **bits);
    for (size_t i = 0; i < sums.c * s.row_words; i++) {
        const bool last = i % s.row_words == s.row_words - 1 && taps % 64 != 0;
        (*bits)[i] = random_bits(&b) & (last ? ((uint64_t)1 << taps % 64) - 1 : UINT64_MAX);
    }
    s.bits = *bits;
    return s;
}

static bool weight_at(const bnn_stage *s, const uint64_t *bits, uint32_t c, uint32_t i)
{
    return bits[c * s->row_words + i / 64] >> i % 64 & 1;
}

/* A sum that random inputs give with these weights. */
static int32_t random_sum(const bnn_stage *s, const uint64_t *bits, uint32_t c)
{
    static const int32_t ends[] = {-128, 127, 0};
    int32_t sum = 0;
    const uint32_t kind = random_between(&b, 0, 5);
    for (uint32_t i = 0; i < s->taps; i++) {
        const bool weight = weight_at(s, bits, c, i);
        int32_t x = random_bits(&b) & 1 ? 1 : -1;
        if (kind < 2) /* as far out as it goes */
            x = weight == (kind == 0) ? 1 : -1;
        if (s->inputs == BNN_VALUES_PIXELS)
            x = kind < 2    ? (x > 0 ? 127 : -128)
                : kind == 2 ? ends[random_between(&b, 0, 2)]
                            : (int32_t)random_between(&b, 0, 255) - 128;
        sum += weight ? x : -x;
    }
    return sum;
}

/* ---- operations -------------------------------------------------------------------------- */

static const float *palette(uint32_t n)
{
    static const float values[] = {0.0f, -0.0f, 1.0f,   -1.0f,  2.0f,     -0.5f,
                                   NAN,  1e30f, -1e30f, 1e-30f, INFINITY, -INFINITY};
    float *out = buffer_bytes(&b, n * sizeof *out);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t k = random_between(&b, 0, 23);
        out[i] = k < 12 ? values[k] : 8.0f * random_float(&b);
    }
    return out;
}

static bnn_op random_op(bnn_shape in, bool may_pool)
{
    bnn_op op = {.name = "op", .in = in, .out = in};
    switch (random_between(&b, 0, may_pool ? 5 : 3)) {
    case 0:
        op.type = BNN_LOWER_CLAMP;
        op.low = random_bits(&b) & 1 ? -1.0f : 0.0f;
        op.high = random_bits(&b) & 1 ? 1.0f : INFINITY;
        break;
    case 1:
        op.type = random_bits(&b) & 1 ? BNN_LOWER_SLOPE : BNN_LOWER_SLOPES;
        op.factor = palette(in.c);
        op.offset = op.type == BNN_LOWER_SLOPES ? palette(in.c) : NULL;
        break;
    case 4:
    case 5:
        op.type = BNN_LOWER_MAXPOOL;
        op.kernel = random_between(&b, 1, 3);
        op.stride = random_between(&b, 1, 3);
        ck_assert(bnn_op_out_shape(&op, 0, &op.out));
        break;
    default:
        op.type = BNN_LOWER_AFFINE;
        op.factor = palette(in.c);
        op.offset = palette(in.c);
    }
    return op;
}

/* ---- what a folded stage says ------------------------------------------------------------ */

static int32_t stored_sum(const bnn_fold *f, uint32_t c, int32_t sum)
{
    return f->rule[c] & BNN_RULE_FLIPPED ? -sum : sum;
}

static bool folded_bit(const bnn_stage *s, uint32_t c, int32_t sum)
{
    const bnn_fold *f = &s->fold;
    const uint64_t *table = f->tables;
    if (!(f->rule[c] & BNN_RULE_TABLE))
        return stored_sum(f, c, sum) >= f->threshold[c];
    for (uint32_t i = 0; i < c; i++)
        table += f->rule[i] & BNN_RULE_TABLE ? f->table_words : 0;
    const int32_t at = (sum - f->table_first) / (int32_t)f->table_step;
    ck_assert(at >= 0 && (uint32_t)at < f->table_size &&
              (sum - f->table_first) % (int32_t)f->table_step == 0);
    return table[at / 64] >> at % 64 & 1;
}

static bool folded_output(const bnn_stage *s, uint32_t c, uint32_t h, uint32_t w,
                          const int32_t *sums)
{
    const bnn_fold *f = &s->fold;
    const int32_t *plane = sums + (size_t)c * s->op.out.h * s->op.out.w;
    const bool all = f->rule[c] & BNN_RULE_AND;
    if (f->pool == 0)
        return folded_bit(s, c, plane[h * s->op.out.w + w]);
    bool bit = all;
    for (uint32_t i = 0; i < f->pool; i++)
        for (uint32_t j = 0; j < f->pool; j++) {
            const int32_t sum =
                plane[(h * f->pool_stride + i) * s->op.out.w + w * f->pool_stride + j];
            bit = all ? bit && folded_bit(s, c, sum) : bit || folded_bit(s, c, sum);
        }
    return bit;
}

/* Random sums through the operations and through the fold. */
static void compare(const bnn_stage *s, const uint64_t *weights, const bnn_op *ops, uint32_t n_ops)
{
    const size_t n = bnn_shape_values(s->op.out);
    int32_t sums[CHANNELS * ROWS * COLUMNS];
    float x[CHANNELS * ROWS * COLUMNS], y[CHANNELS * ROWS * COLUMNS];
    for (size_t i = 0; i < n; i++) {
        sums[i] = random_sum(s, weights, (uint32_t)(i / (s->op.out.h * s->op.out.w)));
        x[i] = (float)sums[i] / (s->inputs == BNN_VALUES_PIXELS ? 128.0f : 1.0f);
    }
    for (uint32_t i = 0; i < n_ops; i++) {
        bnn_op_apply(&ops[i], x, y);
        memcpy(x, y, bnn_shape_values(ops[i].out) * sizeof *x);
    }
    size_t at = 0;
    for (uint32_t c = 0; c < s->out.c; c++)
        for (uint32_t h = 0; h < s->out.h; h++)
            for (uint32_t w = 0; w < s->out.w; w++, at++)
                ck_assert_msg(folded_output(s, c, h, w, sums) == (x[at] >= 0.0f),
                              "channel %u (rule %u, threshold %d) at %u,%u: floats say %a", c,
                              s->fold.rule[c], s->fold.threshold[c], h, w, (double)x[at]);
}

/* How often each rule was seen. */
typedef struct tally {
    uint32_t folded, refused, rules[8], pooled;
} tally;

static void one_random_stage(tally *t)
{
    const bool pixels = random_bits(&b) & 1;
    const bnn_shape sums = {CHANNELS, ROWS, COLUMNS};
    const uint32_t taps = random_between(&b, 1, pixels ? 9 : 70), n = random_between(&b, 0, OPS);
    uint64_t *bits;
    bnn_stage s = stage_of(pixels ? BNN_VALUES_PIXELS : BNN_VALUES_BITS, taps, sums, &bits);
    const size_t n_bytes = CHANNELS * s.row_words * sizeof *bits;
    uint64_t *before = buffer_bytes(&b, n_bytes);
    memcpy(before, bits, n_bytes);
    bnn_op ops[OPS];
    bool pooled = false;
    for (uint32_t i = 0; i < n; i++) {
        ops[i] = random_op(i == 0 ? sums : ops[i - 1].out, !pooled);
        pooled |= ops[i].type == BNN_LOWER_MAXPOOL;
    }
    bnn_error err = {0};
    if (bnn_fold_stage(&s, bits, ops, n, arena, &err) != BNN_OK) {
        ck_assert_int_eq(err.status, BNN_E_FAILED);
        ck_assert_msg(pooled, "%s", err.message);
        ck_assert_int_eq(memcmp(before, bits, n_bytes), 0);
        ck_assert(!s.folded);
        t->refused++;
        return;
    }
    ck_assert(s.folded);
    t->folded++;
    t->pooled += pooled;
    for (uint32_t c = 0; c < CHANNELS; c++) {
        t->rules[s.fold.rule[c] & 7]++;
        for (uint32_t i = 0; i < 64 * s.row_words; i++)
            ck_assert(weight_at(&s, bits, c, i) ==
                      (i < taps && (weight_at(&s, before, c, i) !=
                                    ((s.fold.rule[c] & BNN_RULE_FLIPPED) != 0))));
    }
    for (int i = 0; i < 20; i++)
        compare(&s, before, ops, n);
}

START_TEST(random_stages_fold_to_what_they_compute)
{
    tally t = {0};
    for (int i = 0; i < 1500; i++) {
        one_random_stage(&t);
        tear_down();
        const uint64_t state = b.state;
        set_up();
        b.state = state;
    }
    ck_assert_uint_ge(t.folded, 300);
    ck_assert_uint_ge(t.refused, 20);
    ck_assert_uint_ge(t.pooled, 100);
    ck_assert_uint_ge(t.rules[0], 100);
    ck_assert_uint_ge(t.rules[BNN_RULE_FLIPPED], 100);
    ck_assert_uint_ge(t.rules[BNN_RULE_AND], 5);
    ck_assert_uint_ge(t.rules[BNN_RULE_AND | BNN_RULE_FLIPPED], 20);
    ck_assert_uint_ge(t.rules[BNN_RULE_TABLE], 20);
}
END_TEST

/* ---- known answers ----------------------------------------------------------------------- */

typedef struct known {
    bnn_values inputs;
    uint32_t taps;
    bool weight; /* all of them */
    float factor, offset;
    int32_t threshold;
    uint8_t rule;
} known;

#define BITS   BNN_VALUES_BITS
#define PIXELS BNN_VALUES_PIXELS
static const known knowns[] = {
    {BITS, 4, true, 1.0f, 0.0f, 0, 0},  /* sign(0) = +1 */
    {BITS, 4, true, 1.0f, -0.0f, 0, 0}, /* sign(-0), too */
    {BITS, 5, true, 1.0f, 0.0f, 1, 0},  /* the parity of the sums */
    {BITS, 4, true, 1.0f, -0.001f, 2, 0},
    {BITS, 4, true, -1.0f, 0.0f, 0, BNN_RULE_FLIPPED}, /* -z >= 0 */
    {BITS, 4, true, -1.0f, -0.001f, 2, BNN_RULE_FLIPPED},
    {BITS, 4, true, 0.0f, 0.0f, -4, 0}, /* constant +1: every sum reaches it */
    {BITS, 4, true, 0.0f, -1.0f, 5, 0}, /* constant -1: none does */
    {BITS, 4, true, NAN, 0.0f, 5, 0},   /* sign(NaN) = -1 */
    {BITS, 4, true, 1.0f, -4.5f, 5, 0},
    {BITS, 4, true, 1e30f, -1e-30f, 2, 0},
    {BITS, 4, true, INFINITY, 0.0f, 2, 0}, /* 0 * infinity is NaN */
    {BITS, 4, true, -INFINITY, 0.0f, 2, BNN_RULE_FLIPPED},
    {BITS, 200, true, 1.0f, -150.0f, 150, 0},
    {PIXELS, 1, true, 1.0f, -0.5f, 64, 0},   /* half of 128 */
    {PIXELS, 1, true, 1.0f, -1.0f, 128, 0},  /* the brightest gives 127: never */
    {PIXELS, 1, false, 1.0f, -1.0f, 128, 0}, /* the darkest gives 128: once */
    {PIXELS, 1, true, 1.0f, 1.0f, -128, 0},  /* always, since -128 is the least */
    {PIXELS, 1, false, 1.0f, 1.0f, -127, 0},
    {PIXELS, 2, true, -1.0f, -1.0f, 128, BNN_RULE_FLIPPED},
};

START_TEST(known_thresholds)
{
    const known *k = &knowns[_i];
    const bnn_shape one = {1, 1, 1};
    uint64_t *bits;
    bnn_stage s = stage_of(k->inputs, k->taps, one, &bits);
    for (uint32_t i = 0; i < k->taps; i++)
        bits[i / 64] = k->weight ? bits[i / 64] | (uint64_t)1 << i % 64
                                 : bits[i / 64] & ~((uint64_t)1 << i % 64);
    const bnn_op op = {.type = BNN_LOWER_AFFINE,
                       .name = "batchnorm_1",
                       .in = one,
                       .out = one,
                       .factor = &k->factor,
                       .offset = &k->offset};
    bnn_error err = {0};
    ck_assert_int_eq(bnn_fold_stage(&s, bits, &op, 1, arena, &err), BNN_OK);
    ck_assert_int_eq(s.fold.rule[0], k->rule);
    ck_assert_int_eq(s.fold.threshold[0], k->threshold);
    ck_assert_uint_eq(s.fold.n_tables, 0);
}
END_TEST

START_TEST(neither_rising_nor_falling_is_a_table)
{
    const bnn_shape one = {1, 1, 1};
    const float slope = -1.0f, factor = -1.0f, offset = 2.0f;
    const bnn_op ops[] = {
        {.type = BNN_LOWER_SLOPE, .name = "prelu_1", .in = one, .out = one, .factor = &slope},
        {.type = BNN_LOWER_AFFINE,
         .name = "batchnorm_1",
         .in = one,
         .out = one,
         .factor = &factor,
         .offset = &offset}};
    uint64_t *bits;
    bnn_error err = {0};
    bnn_stage s = stage_of(BNN_VALUES_BITS, 5, one, &bits);
    ck_assert_int_eq(bnn_fold_stage(&s, bits, ops, 2, arena, &err), BNN_OK);
    ck_assert_int_eq(s.fold.rule[0], BNN_RULE_TABLE);
    ck_assert_int_eq(s.fold.table_first, -5);
    ck_assert_uint_eq(s.fold.table_step, 2);
    ck_assert_uint_eq(s.fold.table_size, 6);
    ck_assert_uint_eq(s.fold.tables[0], 0x0c); /* 2 - |z| >= 0 for -1 and 1 of -5, -3, ..., 5 */
}
END_TEST

START_TEST(what_does_not_fold_says_why)
{
    const bnn_shape in = {1, 4, 4}, half = {1, 2, 2}, quarter = {1, 1, 1};
    const float slope = -1.0f, factor = 1.0f, offset = -2.0f; /* |z| - 2 */
    const bnn_op pool = {.type = BNN_LOWER_MAXPOOL,
                         .name = "maxpool_1",
                         .in = in,
                         .out = half,
                         .kernel = 2,
                         .stride = 2};
    bnn_op ops[3] = {pool, pool};
    uint64_t *bits;
    bnn_error err = {0};
    bnn_stage s = stage_of(BNN_VALUES_BITS, 5, in, &bits);
    ops[1].name = "maxpool_2";
    ops[1].in = half;
    ops[1].out = quarter;
    ck_assert_int_eq(bnn_fold_stage(&s, bits, ops, 2, arena, &err), BNN_E_FAILED);
    ck_assert_str_eq(err.message, "maxpool_2 is a second pool before the sign, behind maxpool_1");
    ops[0].type = BNN_LOWER_AVGPOOL;
    ck_assert_int_eq(bnn_fold_stage(&s, bits, ops, 1, arena, &err), BNN_E_FAILED);
    ck_assert_str_eq(err.message, "maxpool_1 mixes sums before the sign");
    ops[0] = pool;
    ops[1] = (bnn_op){
        .type = BNN_LOWER_SLOPE, .name = "prelu_1", .in = half, .out = half, .factor = &slope};
    ops[2] = (bnn_op){.type = BNN_LOWER_AFFINE,
                      .name = "batchnorm_1",
                      .in = half,
                      .out = half,
                      .factor = &factor,
                      .offset = &offset};
    ck_assert_int_eq(bnn_fold_stage(&s, bits, ops, 3, arena, &err), BNN_E_FAILED);
    ck_assert_str_eq(err.message,
                     "channel 0 behind maxpool_1 neither rises nor falls with the maximum");
    bnn_stage large = stage_of(BNN_VALUES_PIXELS, 20000, quarter, &bits);
    ck_assert_int_eq(bnn_fold_stage(&large, bits, ops, 0, arena, &err), BNN_E_FAILED);
    ck_assert_str_eq(err.message, "5100001 different sums are more than 4194304");
}
END_TEST

static Suite *fold_suite(void)
{
    Suite *suite = suite_create("fold");
    TCase *tcase = tcase_create("fold");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, random_stages_fold_to_what_they_compute);
    tcase_add_loop_test(tcase, known_thresholds, 0, sizeof knowns / sizeof *knowns);
    tcase_add_test(tcase, neither_rising_nor_falling_is_a_table);
    tcase_add_test(tcase, what_does_not_fold_says_why);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(fold_suite)
