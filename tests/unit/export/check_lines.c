/* Lines against the float operations that they stand for, for every sum that can occur; and what they are not for. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/buffers.h"

#include "export/fold_lines.h"
#include "infer/lines.h"

#include <math.h>

enum { CHANNELS = 6 };

static bnn_arena *arena;
static buffers b;

static void set_up(void)
{
    arena = bnn_arena_create((size_t)1 << 30);
    ck_assert_ptr_nonnull(arena);
    b = (buffers){.state = 1};
}

static void tear_down(void)
{
    buffers_free(&b);
    bnn_arena_destroy(arena);
}

static void *made(size_t n, size_t size)
{
    void *out = bnn_arena_alloc(arena, n, size);
    ck_assert_ptr_nonnull(out);
    return out;
}

/* A chain of at most 8 operations on images of 2x2, and the stage in front of it. */
typedef struct subject {
    bnn_stage stage;
    bnn_op chain[8];
    uint32_t n;
} subject;

static bnn_op *add_op(subject *s, uint32_t type)
{
    bnn_op *op = &s->chain[s->n++];
    *op = (bnn_op){.type = type, .name = "op", .in = s->stage.out, .out = s->stage.out};
    return op;
}

static void add_affine(subject *s, float factor, float offset, float spread)
{
    bnn_op *op = add_op(s, BNN_LOWER_AFFINE);
    float *f = made(CHANNELS, sizeof *f), *o = made(CHANNELS, sizeof *o);
    for (uint32_t c = 0; c < CHANNELS; c++) {
        f[c] = factor * (1.0f + spread * random_float(&b));
        o[c] = offset + spread * offset * random_float(&b);
    }
    op->factor = f;
    op->offset = o;
}

static void add_pool(subject *s, uint32_t type)
{
    bnn_op *op = add_op(s, type);
    op->kernel = op->stride = 2;
    op->out.h = op->out.w = 1;
    s->stage.out = op->out;
}

static void add_quantizer(subject *s, float step, int32_t min, int32_t max)
{
    add_affine(s, 1.0f / step, -0.0f, 0.0f);
    bnn_op *op = add_op(s, BNN_LOWER_CLAMP);
    op->low = (float)min;
    op->high = (float)max;
    add_affine(s, 1.0f, BNN_ROUNDING, 0.0f);
    add_affine(s, 1.0f, -BNN_ROUNDING, 0.0f);
    s->stage.outputs = BNN_VALUES_CODES;
    ck_assert(bnn_chain_ends_in_codes(s->chain, s->n, &s->stage.out_codes));
    ck_assert(s->stage.out_codes.min == min && s->stage.out_codes.max == max);
}

/* A convolution of one weight a channel and input: sums of whole numbers, each channel of its own. */
static void start(subject *s, uint32_t inputs, bnn_values kind, bnn_range in, bnn_codes codes)
{
    *s = (subject){.n = 0};
    s->stage = (bnn_stage){.op = {.type = BNN_LOWER_CONV2D,
                                  .name = "conv",
                                  .in = {inputs, 2, 2},
                                  .out = {CHANNELS, 2, 2},
                                  .kernel = 1,
                                  .stride = 1,
                                  .codes = codes},
                           .inputs = kind,
                           .in_codes = in,
                           .out = {CHANNELS, 2, 2},
                           .taps = inputs};
    float *weight = made((size_t)CHANNELS * inputs, sizeof *weight);
    for (size_t i = 0; i < (size_t)CHANNELS * inputs; i++)
        weight[i] = (float)(codes.min + codes.step * (int32_t)random_between(
                                                         &b, 0, bnn_codes_levels(codes) - 1));
    s->stage.op.weight = weight;
}

static int fold(subject *s, bnn_error *err)
{
    return bnn_fold_lines(&s->stage, s->chain, s->n, arena, err);
}

/* What the chain makes of an image whose sums of a channel are these four. */
static float by_chain(const bnn_op *chain, uint32_t n, float x[4], uint32_t c)
{
    for (uint32_t i = 0; i < n; i++) {
        const bnn_op_kind *kind = bnn_op_kind_of(chain[i].type);
        if (kind->apply_channel != NULL) {
            kind->apply_channel(&chain[i], c, 4, x, x);
            continue;
        }
        for (int k = 1; k < 4; k++)
            x[0] = x[k] > x[0] ? x[k] : x[0];
    }
    return x[0];
}

/* A window of sums: the one at hand is the greatest or the least of it, or in the middle. */
static void draw_window(int32_t first, int32_t last, int32_t sum, int32_t window[4])
{
    for (int k = 0; k < 4; k++)
        window[k] = first + (int32_t)random_between(&b, 0, (uint32_t)(last - first));
    window[random_between(&b, 0, 3)] = sum;
}

static void compare_sum(const subject *s, const bnn_stage *unfolded, uint32_t c,
                        const int32_t window[4])
{
    const bnn_lines *lines = s->stage.lines;
    int32_t sum = window[0];
    float before[4], after[4];
    const bool least = lines->pool > 0 && lines->least[c];
    for (int k = 0; k < 4; k++) {
        before[k] = bnn_stage_sum_value(&s->stage, window[k]);
        after[k] = least ? -before[k] : before[k];
        if (lines->pool > 0 && (window[k] < sum) == least)
            sum = window[k];
    }
    const int32_t code =
        bnn_lines_code(lines, c, sum, s->stage.out_codes.max - s->stage.out_codes.min);
    const float want = by_chain(s->chain, s->n, before, c);
    const float got = by_chain(unfolded->chain, unfolded->n_chain, after, c);
    if (s->stage.outputs == BNN_VALUES_BITS)
        ck_assert_msg(code == (want >= 0.0f) && code == (got >= 0.0f), "sum %d: %d %g %g", sum,
                      code, (double)want, (double)got);
    else
        ck_assert_msg((float)(s->stage.out_codes.min + code) == want && got == want,
                      "sum %d: %d %g %g", sum, code, (double)want, (double)got);
}

/* Every sum of every channel; and the lines as chains of floats. */
static void compare_all(const subject *s)
{
    const bnn_model model = {.n_stages = 1, .stages = &s->stage};
    const bnn_model *unfolded;
    bnn_error err;
    ck_assert_int_eq(bnn_lines_unfold_all(&model, arena, &unfolded, &err), BNN_OK);
    for (uint32_t c = 0; c < CHANNELS; c++) {
        int32_t first, last, window[4];
        bnn_stage_sums_reach(&s->stage, c, &first, &last);
        for (int32_t sum = first; sum <= last; sum++) {
            draw_window(first, last, sum, window);
            if (s->stage.lines->pool == 0)
                window[0] = sum;
            compare_sum(s, &unfolded->stages[0], c, window);
        }
    }
}

/* Norms that fall, scales that are tiny and zero, pools in front and behind, bits and codes of few and many levels. */
static void draw_subject(subject *s, int32_t levels, uint32_t inputs)
{
    static const bnn_codes codes[] = {{-1, 1, 1}, {-3, 3, 2}, {-15, 15, 2}, {-128, 127, 1}};
    static const float factors[] = {1.0f, -1.0f, 0.5f, -3.0f, 0.0f, 1e-20f};
    const uint32_t kind = random_between(&b, 0, 2);
    const bnn_values values = kind == 0   ? BNN_VALUES_PIXELS
                              : kind == 1 ? BNN_VALUES_BITS
                                          : BNN_VALUES_CODES;
    start(s, inputs, values, (bnn_range){-3, 12}, codes[random_between(&b, 0, 3)]);
    int32_t first, last;
    bnn_stage_sums_reach(&s->stage, 0, &first, &last);
    const float spread = bnn_stage_sum_value(&s->stage, last - first + 1);
    const uint32_t pools = random_between(&b, 0, 3);
    add_affine(s, 1.0f, -0.0f, 0.3f);
    if (pools == 0)
        add_pool(s, BNN_LOWER_MAXPOOL);
    add_affine(s, factors[random_between(&b, 0, 5)], 0.05f * spread, 0.3f);
    if (pools == 1)
        add_pool(s, BNN_LOWER_MAXPOOL);
    if (levels == 1 && random_bits(&b) & 1) {
        s->stage.outputs = BNN_VALUES_BITS;
        return;
    }
    const int32_t min = random_bits(&b) & 1 ? 0 : -(levels + 1) / 2;
    add_quantizer(s, spread / (float)levels * (1.0f + 0.5f * random_float(&b)), min, min + levels);
}

START_TEST(lines_are_the_operations)
{
    static const int32_t levels[] = {1, 3, 7, 15, 255};
    uint32_t n_lines = 0, n_least = 0, n_falling = 0;
    enum { N = 30 };
    for (uint32_t i = 0; i < N; i++) {
        subject s;
        bnn_error err;
        draw_subject(&s, levels[_i], 1 + i % 10);
        ck_assert(bnn_stage_sums_are_whole(&s.stage));
        if (fold(&s, &err) != BNN_OK) {
            ck_assert_ptr_null(s.stage.lines);
            continue;
        }
        compare_all(&s);
        n_lines++;
        for (uint32_t c = 0; c < CHANNELS; c++) {
            n_falling += s.stage.lines->factor[c] < 0;
            n_least += s.stage.lines->pool > 0 && s.stage.lines->least[c];
        }
        tear_down();
        const uint64_t state = b.state;
        set_up();
        b.state = state;
    }
    /* Rounding moves a threshold of one in many channels by a sum. */
    ck_assert_msg(n_lines >= (levels[_i] < 255 ? N - 3 : N / 2) && n_falling > 10 && n_least > 2,
                  "%u %u %u", n_lines, n_falling, n_least);
}
END_TEST

/* Channels whose operations are the same have one line, whatever their weights. */
START_TEST(equal_channels_have_one_line)
{
    subject s;
    bnn_error err;
    start(&s, 9, BNN_VALUES_CODES, (bnn_range){0, 15}, (bnn_codes){-15, 15, 2});
    add_affine(&s, 0.013f, -0.0f, 0.0f);
    add_quantizer(&s, 0.1f, 0, 15);
    ck_assert_int_eq(fold(&s, &err), BNN_OK);
    for (uint32_t c = 1; c < CHANNELS; c++)
        ck_assert(s.stage.lines->factor[c] == s.stage.lines->factor[0] &&
                  s.stage.lines->offset[c] == s.stage.lines->offset[0]);
    compare_all(&s);
}
END_TEST

static void refuse_average(subject *s)
{
    add_pool(s, BNN_LOWER_AVGPOOL);
    add_quantizer(s, 1.0f, 0, 3);
}

static void refuse_two_pools(subject *s)
{
    add_pool(s, BNN_LOWER_MAXPOOL);
    add_pool(s, BNN_LOWER_MAXPOOL);
    add_quantizer(s, 1.0f, 0, 3);
}

static void refuse_bends(subject *s)
{
    bnn_op *op = add_op(s, BNN_LOWER_SLOPE);
    float *factor = made(CHANNELS, sizeof *factor);
    for (uint32_t c = 0; c < CHANNELS; c++)
        factor[c] = 0.01f;
    op->factor = factor;
    add_quantizer(s, 0.5f, -8, 7);
}

static void refuse_turns(subject *s)
{
    refuse_bends(s);
    for (uint32_t c = 0; c < CHANNELS; c++)
        ((float *)(uintptr_t)s->chain[0].factor)[c] = -1.0f;
}

static void refuse_no_number(subject *s)
{
    add_affine(s, INFINITY, 0.0f, 0.0f);
    add_quantizer(s, 0.5f, -8, 7);
}

static void refuse_pooled_turns(subject *s)
{
    bnn_op *op = add_op(s, BNN_LOWER_SLOPE);
    float *factor = made(CHANNELS, sizeof *factor);
    for (uint32_t c = 0; c < CHANNELS; c++)
        factor[c] = -1.0f;
    op->factor = factor;
    add_pool(s, BNN_LOWER_MAXPOOL);
    add_quantizer(s, 0.5f, 0, 7);
}

static const struct {
    void (*add)(subject *s);
    const char *message;
} refusals[] = {
    {refuse_average, "op mixes sums before the quantizer"},
    {refuse_two_pools, "op is a second pool before the quantizer, behind op"},
    {refuse_bends, "the codes of channel 0 lie on no line"},
    {refuse_turns, "channel 0 neither rises nor falls with the sum"},
    {refuse_no_number, "channel 0 makes nan of a sum, which is no code"},
    {refuse_pooled_turns, "channel 0 in front of op neither rises nor falls with the sum"},
};

START_TEST(what_has_no_line_is_refused)
{
    subject s;
    bnn_error err = {0};
    start(&s, 5, BNN_VALUES_CODES, (bnn_range){-3, 3}, (bnn_codes){-3, 3, 1});
    refusals[_i].add(&s);
    ck_assert_int_eq(fold(&s, &err), BNN_E_FAILED);
    if (strstr(err.message, "nan") == NULL)
        ck_assert_str_eq(err.message, refusals[_i].message);
    ck_assert_ptr_null(s.stage.lines);
}
END_TEST

/* 1024 products of 128 by 128 are 2^24; one weight more is too many. */
START_TEST(sums_are_whole_up_to_their_bound)
{
    subject s;
    start(&s, 1025, BNN_VALUES_CODES, (bnn_range){-128, 127}, (bnn_codes){-128, 127, 1});
    float *weight = made((size_t)1025 * CHANNELS, sizeof *weight);
    for (size_t i = 0; i < (size_t)1025 * CHANNELS; i++)
        weight[i] = i % 1025 < 1024 ? -128.0f : 0.0f;
    s.stage.op.weight = weight;
    ck_assert(bnn_stage_sums_are_whole(&s.stage));
    weight[(size_t)1025 * CHANNELS - 1] = 1.0f;
    ck_assert(!bnn_stage_sums_are_whole(&s.stage));
    s.stage.in_codes = (bnn_range){0, 127};
    ck_assert(bnn_stage_sums_are_whole(&s.stage));
    s.stage.inputs = BNN_VALUES_FLOATS;
    ck_assert(!bnn_stage_sums_are_whole(&s.stage));
    s.stage.inputs = BNN_VALUES_CODES;
    s.stage.op.bias = weight;
    ck_assert(!bnn_stage_sums_are_whole(&s.stage));
    s.stage.op.bias = NULL;
    s.stage.op.codes.step = 0;
    ck_assert(!bnn_stage_sums_are_whole(&s.stage));
}
END_TEST

/* Padding has to be one of the codes. */
START_TEST(padding_is_a_code)
{
    subject s;
    start(&s, 3, BNN_VALUES_CODES, (bnn_range){0, 15}, (bnn_codes){-1, 1, 1});
    s.stage.op.padding = 1;
    ck_assert(bnn_stage_sums_are_whole(&s.stage));
    s.stage.op.pad_value = -1.0f;
    ck_assert(!bnn_stage_sums_are_whole(&s.stage));
    s.stage.in_codes = (bnn_range){-8, 7};
    ck_assert(bnn_stage_sums_are_whole(&s.stage));
    s.stage.inputs = BNN_VALUES_PIXELS;
    s.stage.op.pad_value = 1.0f;
    ck_assert(!bnn_stage_sums_are_whole(&s.stage));
}
END_TEST

/* A chain gives codes where nothing in it can be infinite. */
START_TEST(a_chain_gives_codes_if_it_is_finite)
{
    static const float factors[] = {1e20f, 1e30f, INFINITY, NAN};
    for (int i = 0; i < 4; i++) {
        subject s;
        start(&s, 5, BNN_VALUES_PIXELS, (bnn_range){0, 0}, (bnn_codes){-3, 3, 1});
        add_affine(&s, factors[i], 1.0f, 0.0f);
        add_affine(&s, 1e10f, 1.0f, 0.0f);
        add_quantizer(&s, 1.0f, 0, 15);
        s.stage.chain = s.chain;
        s.stage.n_chain = s.n;
        ck_assert(bnn_stage_gives_codes(&s.stage) == (i == 0));
        s.stage.out_codes.max = 7;
        ck_assert(!bnn_stage_gives_codes(&s.stage));
        s.stage.out_codes.max = 15;
        s.stage.inputs = BNN_VALUES_FLOATS;
        ck_assert(!bnn_stage_gives_codes(&s.stage));
    }
}
END_TEST

static Suite *lines_suite(void)
{
    Suite *suite = suite_create("lines");
    TCase *tcase = tcase_create("lines");
    tcase_set_timeout(tcase, 600);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, lines_are_the_operations, 0, 5);
    tcase_add_test(tcase, equal_channels_have_one_line);
    tcase_add_loop_test(tcase, what_has_no_line_is_refused, 0, sizeof refusals / sizeof *refusals);
    tcase_add_test(tcase, sums_are_whole_up_to_their_bound);
    tcase_add_test(tcase, padding_is_a_code);
    tcase_add_test(tcase, a_chain_gives_codes_if_it_is_finite);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(lines_suite)
