/* The float stages of every instruction set that runs here, against bnn_op_apply, bit for bit, with
 * a page that must not be touched behind every buffer. */
#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"

#include "infer/engine/engine.h"
#include "infer/engine/engine_float.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const bnn_float_engine *const engines[] = {
#if defined(__x86_64__)
    &bnn_float_avx2,
    &bnn_float_avx512,
#elif defined(__aarch64__)
    &bnn_float_neon,
#endif
};
enum { N_ENGINES = sizeof engines / sizeof *engines };

static const size_t image_counts[] = {1, 2, 15, 16, 17, 63, 64};
enum { N_COUNTS = sizeof image_counts / sizeof *image_counts };

static bnn_arena *arena;
static buffers b;

static void set_up(void)
{
    arena = bnn_arena_create((size_t)256 << 20);
    ck_assert_ptr_nonnull(arena);
}

static void tear_down(void)
{
    buffers_free(&b);
    bnn_arena_destroy(arena);
}

/* ---- buffers that end at a page nobody may touch ----------------------------------------- */

typedef struct guarded {
    void *map;
    size_t map_bytes;
    void *data;
} guarded;

static guarded guard(size_t n_bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t usable = (n_bytes + page - 1) / page * page;
    guarded g = {.map_bytes = usable + page};
    g.map = mmap(NULL, g.map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(g.map != MAP_FAILED);
    ck_assert_int_eq(mprotect((char *)g.map + usable, page, PROT_NONE), 0);
    memset(g.map, 0xff, usable); /* NaN */
    g.data = (char *)g.map + usable - n_bytes;
    return g;
}

static void release(guarded g)
{
    ck_assert_int_eq(munmap(g.map, g.map_bytes), 0);
}

/* ---- random stages ----------------------------------------------------------------------- */

/* What the values are like. */
typedef enum values {
    PLAIN,   /* in [-1, 1), some zeros of either sign */
    SIGNS,   /* -1 and +1 */
    EXTREME, /* also tiny, huge, infinite, NaN */
} values;

static float random_value(values kind)
{
    static const float plain[] = {0.0f, -0.0f, 1.0f, -1.0f};
    static const float extreme[] = {1e-38f, -1e-38f, 1e-20f,   -3e-25f,   1e-44f, -1e-44f,
                                    3e38f,  -3e38f,  INFINITY, -INFINITY, NAN,    -0.0f};
    const uint32_t k = random_between(&b, 0, 31);
    if (kind == SIGNS)
        return k & 1 ? 1.0f : -1.0f;
    if (kind == EXTREME && k < 12)
        return extreme[k];
    return k < 16 ? random_float(&b) : k < 20 ? plain[k - 16] : random_float(&b);
}

static float *random_values(size_t n, values kind)
{
    float *x = bnn_arena_alloc(arena, n, sizeof *x);
    ck_assert_ptr_nonnull(x);
    for (size_t i = 0; i < n; i++)
        x[i] = random_value(kind);
    return x;
}

static uint64_t *random_rows(const bnn_stage *s)
{
    uint64_t *bits = bnn_arena_alloc(arena, s->op.out.c * s->row_words, sizeof *bits);
    ck_assert_ptr_nonnull(bits);
    for (size_t i = 0; i < s->op.out.c * s->row_words; i++) {
        const bool last = i % s->row_words == s->row_words - 1 && s->taps % 64 != 0;
        bits[i] = random_bits(&b) & (last ? ((uint64_t)1 << s->taps % 64) - 1 : UINT64_MAX);
    }
    return bits;
}

static bool random_pool(bnn_op *op)
{
    op->type = random_bits(&b) & 1 ? BNN_LOWER_MAXPOOL : BNN_LOWER_AVGPOOL;
    op->kernel = op->stride = 2;
    if (random_bits(&b) & 1) {
        op->kernel = random_between(&b, 1, 3);
        op->stride = random_between(&b, 1, 3);
    }
    return bnn_op_out_shape(op, 0, &op->out);
}

static bnn_op random_op(bnn_shape in, values kind)
{
    bnn_op op = {.name = "op", .in = in, .out = in};
    switch (random_between(&b, 0, 5)) {
    case 0:
        op.type = BNN_LOWER_CLAMP;
        op.low = random_bits(&b) & 1 ? -1.0f : 0.0f;
        op.high = random_bits(&b) & 1 ? 1.0f : INFINITY;
        break;
    case 1:
        op.type = random_bits(&b) & 1 ? BNN_LOWER_SLOPE : BNN_LOWER_SLOPES;
        op.factor = random_values(in.c, kind);
        op.offset = op.type == BNN_LOWER_SLOPES ? random_values(in.c, kind) : NULL;
        break;
    case 2:
        op.type = BNN_LOWER_SIGN;
        break;
    case 3:
    case 4:
        if (random_pool(&op))
            break;
        op.kernel = op.stride = 0;
        /* fallthrough */
    default:
        op.type = BNN_LOWER_AFFINE;
        op.factor = random_values(in.c, kind);
        op.offset = random_values(in.c, kind);
    }
    return op;
}

/* The linear operation of a stage with these inputs, and its weights. */
static void set_linear(bnn_stage *s, const bnn_op *op, values kind)
{
    s->op = *op;
    s->op.name = "layer";
    s->out = op->out;
    s->taps = (uint32_t)bnn_op_taps(op);
    if (op->type == BNN_LOWER_IDENTITY)
        return;
    s->op.binary_weights = random_between(&b, 0, 3) == 0;
    s->row_words = s->op.binary_weights ? (s->taps + 63u) / 64 : 0;
    if (s->op.binary_weights)
        s->bits = random_rows(s);
    else
        s->op.weight = random_values((size_t)s->op.out.c * s->taps, kind);
    if (random_bits(&b) & 1)
        s->op.bias = random_values(s->op.out.c, kind);
}

static bool random_linear(bnn_op *op)
{
    const uint32_t k = random_between(&b, 0, 9);
    op->type = k < 6 ? BNN_LOWER_CONV2D : k < 9 ? BNN_LOWER_DENSE : BNN_LOWER_IDENTITY;
    op->kernel = op->stride = 1;
    op->groups = 0;
    op->in = (bnn_shape){.c = random_between(&b, 1, 4),
                         .h = random_between(&b, 1, 9),
                         .w = random_between(&b, 1, random_bits(&b) & 1 ? 9 : 40)};
    if (op->type == BNN_LOWER_CONV2D) {
        op->kernel = random_between(&b, 1, 5);
        op->stride = random_between(&b, 0, 2) == 0 ? random_between(&b, 2, 3) : 1;
        op->padding = random_between(&b, 0, op->kernel - 1);
        op->pad_value = op->padding > 0 ? (float)random_between(&b, 0, 2) - 1.0f : 0.0f;
        op->groups = random_between(&b, 0, op->in.c);
    }
    const uint32_t most = random_bits(&b) & 1 ? 8 : op->type == BNN_LOWER_DENSE ? 150 : 40;
    return bnn_op_out_shape(op, random_between(&b, 1, most), &op->out);
}

static bnn_stage random_stage(values kind)
{
    bnn_stage s = {.inputs = BNN_VALUES_FLOATS, .outputs = BNN_VALUES_FLOATS};
    bnn_op linear = {0};
    while (!random_linear(&linear)) {
    }
    set_linear(&s, &linear, kind);
    s.n_chain = random_between(&b, 0, 5);
    bnn_op *chain = bnn_arena_alloc(arena, s.n_chain, sizeof *chain);
    ck_assert_ptr_nonnull(chain);
    for (uint32_t i = 0; i < s.n_chain; i++) {
        chain[i] = random_op(s.out, kind);
        s.out = chain[i].out;
    }
    s.chain = chain;
    return s;
}

/* ---- comparison -------------------------------------------------------------------------- */

static void expected_image(const bnn_stage *s, const float *x, float *y)
{
    bnn_op linear = s->op;
    float *weight = malloc(((size_t)s->op.out.c * s->taps + 1) * sizeof *weight);
    ck_assert_ptr_nonnull(weight);
    for (uint32_t c = 0; c < s->op.out.c; c++)
        for (size_t i = 0; i < s->taps; i++)
            weight[(size_t)c * s->taps + i] = bnn_stage_weight(s, c, i);
    linear.weight = weight;
    size_t most = bnn_shape_values(s->op.out);
    for (uint32_t i = 0; i < s->n_chain; i++)
        most = most > bnn_shape_values(s->chain[i].out) ? most : bnn_shape_values(s->chain[i].out);
    float *from = malloc(most * sizeof *from), *to = malloc(most * sizeof *to);
    ck_assert(from != NULL && to != NULL);
    if (s->integer_sums)
        memcpy(from, x, bnn_shape_values(s->op.out) * sizeof *x);
    else
        bnn_op_apply(&linear, x, from);
    for (uint32_t i = 0; i < s->n_chain; i++) {
        bnn_op_apply(&s->chain[i], from, to);
        float *swap = from;
        from = to;
        to = swap;
    }
    memcpy(y, from, bnn_shape_values(s->out) * sizeof *y);
    free(from);
    free(to);
    free(weight);
}

static void describe(const bnn_stage *s, size_t n, char text[300])
{
    int used =
        snprintf(text, 300,
                 "%zu images, linear %u, %ux%ux%u -> %ux%ux%u, kernel %u stride %u "
                 "padding %u with %d%s%s, chain",
                 n, s->op.type, s->op.in.c, s->op.in.h, s->op.in.w, s->op.out.c, s->op.out.h,
                 s->op.out.w, s->op.kernel, s->op.stride, s->op.padding, (int)s->op.pad_value,
                 s->op.binary_weights ? ", binary" : "", s->op.bias != NULL ? ", bias" : "");
    for (uint32_t i = 0; i < s->n_chain && used < 270; i++)
        used += snprintf(text + used, (size_t)(300 - used), " %u(%u,%u)", s->chain[i].type,
                         s->chain[i].kernel, s->chain[i].stride);
}

/* One engine, one number of images. */
static void compare(const bnn_float_engine *engine, const bnn_stage *s, size_t n, const float *x,
                    const float *want)
{
    const size_t in = bnn_shape_values(s->integer_sums ? s->op.out : s->op.in);
    const size_t out = bnn_shape_values(s->out);
    bnn_error err = {0};
    bnn_float_stage *prepared = NULL;
    ck_assert_int_eq(
        engine->prepare(s, s->integer_sums || s->logic != NULL, arena, &prepared, &err), BNN_OK);
    guarded from = guard(n * in * sizeof(float)), to = guard(n * out * sizeof(float));
    guarded workspace = guard((engine->workspace_bytes(prepared, n) + 63) / 64 * 64);
    memcpy(from.data, x, n * in * sizeof(float));
    engine->run(prepared, n, from.data, to.data, workspace.data);
    char text[300];
    describe(s, n, text);
    expect_same(text, engine->name, to.data, want, n * out);
    release(from);
    release(to);
    release(workspace);
}

static void compare_all(const bnn_stage *s, const size_t *counts, size_t n_counts, values inputs)
{
    const size_t in = bnn_shape_values(s->integer_sums ? s->op.out : s->op.in);
    const size_t out = bnn_shape_values(s->out), most = counts[n_counts - 1];
    const float *x = random_values(most * in, inputs);
    float *want = bnn_arena_alloc(arena, most * out, sizeof *want);
    ck_assert_ptr_nonnull(want);
    for (size_t i = 0; i < most; i++)
        expected_image(s, x + i * in, want + i * out);
    for (size_t e = 0; e < N_ENGINES; e++)
        for (size_t i = 0; i < n_counts && bnn_engine_find(engines[e]->name) != NULL; i++)
            compare(engines[e], s, counts[i], x, want);
}

START_TEST(random_stages)
{
    b = (buffers){.state = 100 + (uint64_t)_i};
    for (int i = 0; i < 60; i++) {
        const values weights = i % 4 == 3 ? EXTREME : PLAIN;
        bnn_stage s = random_stage(weights);
        const size_t counts[] = {image_counts[i % 5], image_counts[i % 5] + 1};
        compare_all(&s, counts, 2, i % 3 == 0 ? SIGNS : i % 6 == 5 ? EXTREME : PLAIN);
        s.integer_sums = true; /* the chain alone */
        compare_all(&s, counts, 1, weights);
        tear_down();
        set_up();
    }
}
END_TEST

/* ---- stages that are known --------------------------------------------------------------- */

/* The linear operation of a shape, float weights and a bias, and these operations behind it. */
static bnn_stage stage_of(bnn_op linear, uint32_t channels, const bnn_op *ops, uint32_t n)
{
    bnn_stage s = {.op = linear, .inputs = BNN_VALUES_FLOATS, .outputs = BNN_VALUES_FLOATS};
    s.op.name = "layer";
    ck_assert(bnn_op_out_shape(&linear, channels, &s.op.out));
    s.out = s.op.out;
    s.taps = (uint32_t)bnn_op_taps(&linear);
    s.op.weight = random_values((size_t)channels * s.taps, PLAIN);
    s.op.bias = random_values(channels, PLAIN);
    bnn_op *chain = bnn_arena_alloc(arena, n, sizeof *chain);
    ck_assert_ptr_nonnull(chain);
    for (uint32_t i = 0; i < n; i++) {
        chain[i] = ops[i];
        chain[i].in = s.out;
        ck_assert(bnn_op_out_shape(&chain[i], 0, &chain[i].out));
        if (chain[i].type == BNN_LOWER_AFFINE) {
            chain[i].factor = random_values(s.out.c, PLAIN);
            chain[i].offset = random_values(s.out.c, PLAIN);
        }
        s.out = chain[i].out;
    }
    s.chain = chain;
    s.n_chain = n;
    return s;
}

static const bnn_op norm = {.type = BNN_LOWER_AFFINE, .name = "norm"};
static const bnn_op relu = {.type = BNN_LOWER_CLAMP, .name = "relu", .high = INFINITY};
static const bnn_op half = {.type = BNN_LOWER_MAXPOOL, .name = "pool", .kernel = 2, .stride = 2};

/* The layers of LeNet-5, for all numbers of images. */
START_TEST(lenet)
{
    static const struct {
        bnn_op linear;
        uint32_t channels;
    } layers[] = {
        {{.type = BNN_LOWER_CONV2D, .in = {1, 28, 28}, .kernel = 5, .stride = 1, .padding = 2}, 6},
        {{.type = BNN_LOWER_CONV2D, .in = {6, 14, 14}, .kernel = 5, .stride = 1}, 16},
        {{.type = BNN_LOWER_DENSE, .in = {400, 1, 1}, .kernel = 1, .stride = 1}, 120},
        {{.type = BNN_LOWER_DENSE, .in = {120, 1, 1}, .kernel = 1, .stride = 1}, 84},
        {{.type = BNN_LOWER_DENSE, .in = {84, 1, 1}, .kernel = 1, .stride = 1}, 10},
    };
    const bnn_op orders[][3] = {{norm, relu, half}, {half, norm, relu}, {norm, half, relu}};
    b = (buffers){.state = 5};
    const bool conv = layers[_i].linear.type == BNN_LOWER_CONV2D;
    for (size_t i = 0; i < 3; i++) {
        const bnn_stage s = conv ? stage_of(layers[_i].linear, layers[_i].channels, orders[i], 3)
                                 : stage_of(layers[_i].linear, layers[_i].channels, orders[0], 2);
        compare_all(&s, i == 0 ? image_counts : &image_counts[N_COUNTS - 1], i == 0 ? N_COUNTS : 1,
                    PLAIN);
    }
}
END_TEST

/* A shape at which each method of a convolution ends on part of a vector, a tile, a window. */
START_TEST(odd_sizes)
{
    const bnn_op mean = {.type = BNN_LOWER_AVGPOOL, .name = "pool", .kernel = 2, .stride = 2};
    b = (buffers){.state = 6};
    for (uint32_t width = 1; width <= 37; width += 3)
        for (uint32_t channels = 1; channels <= 19; channels += 6) {
            const bnn_op conv = {.type = BNN_LOWER_CONV2D,
                                 .in = {2, 5, width},
                                 .kernel = 2,
                                 .stride = 1,
                                 .padding = 1,
                                 .pad_value = width % 2 ? 0.0f : -1.0f};
            const bnn_op ops[] = {norm, width % 4 < 2 ? mean : half, relu};
            const size_t counts[] = {1, 64};
            const bnn_stage pooled = stage_of(conv, channels, ops, 3);
            const bnn_stage whole = stage_of(conv, channels, ops, 1);
            compare_all(&pooled, counts, 2, PLAIN);
            compare_all(&whole, counts, 2, PLAIN);
            tear_down();
            set_up();
        }
}
END_TEST

/* Padding with zeros is no tap: a sum of -0 stays, infinite weights do not meet it. */
START_TEST(zero_padding_is_no_tap)
{
    const bnn_op conv = {
        .type = BNN_LOWER_CONV2D, .in = {1, 3, 3}, .kernel = 3, .stride = 1, .padding = 1};
    static const float cases[][2] = {/* weight, input */
                                     {1e-10f, -1e-38f},
                                     {1e-38f, -1e-10f},
                                     {1e-30f, -1e-30f},
                                     {INFINITY, 1.0f}};
    const size_t counts[] = {1, 64};
    b = (buffers){.state = 7};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bnn_stage s = stage_of(conv, 1, NULL, 0);
        float weights[9], x[64 * 9], want[64 * 9];
        for (size_t j = 0; j < 9; j++)
            weights[j] = cases[i][0];
        for (size_t j = 0; j < 64 * 9; j++)
            x[j] = cases[i][1];
        s.op.weight = weights;
        s.op.bias = NULL;
        for (size_t j = 0; j < 64; j++)
            expected_image(&s, x + 9 * j, want + 9 * j);
        ck_assert(same_float(want[8], i < 3 ? -0.0f : INFINITY));
        for (size_t e = 0; e < N_ENGINES; e++)
            for (size_t n = 0; n < 2 && bnn_engine_find(engines[e]->name) != NULL; n++)
                compare(engines[e], &s, counts[n], x, want);
    }
}
END_TEST

/* Values so many that lanes are no images, and so wide a padding that nothing is copied. */
START_TEST(large_layers)
{
    const bnn_op wide = {
        .type = BNN_LOWER_CONV2D, .in = {1, 1100, 1000}, .kernel = 2, .stride = 1, .padding = 1};
    const bnn_op padded = {
        .type = BNN_LOWER_CONV2D, .in = {1, 1, 1}, .kernel = 3000, .stride = 6000, .padding = 2999};
    const bnn_op ops[] = {norm, half, relu};
    const size_t one = 1;
    b = (buffers){.state = 8};
    const bnn_stage s = stage_of(wide, 1, ops, 3);
    compare_all(&s, &one, 1, PLAIN);
    compare_all(&s, &one, 1, EXTREME);
    const bnn_stage t = stage_of(padded, 1, ops, 1);
    compare_all(&t, &one, 1, PLAIN);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    b = (buffers){.state = 9};
    const bnn_op dense = {.type = BNN_LOWER_DENSE, .in = {100, 1, 1}, .kernel = 1, .stride = 1};
    const bnn_stage s = stage_of(dense, 100, &norm, 1);
    for (size_t e = 0; e < N_ENGINES; e++) {
        if (bnn_engine_find(engines[e]->name) == NULL)
            continue;
        bnn_arena *small = bnn_arena_create(10000);
        bnn_float_stage *prepared = NULL;
        bnn_error err = {0};
        ck_assert_int_eq(engines[e]->prepare(&s, false, small, &prepared, &err), BNN_E_INTERNAL);
        ck_assert_str_eq(err.message, "out of memory");
        ck_assert_ptr_null(prepared);
        bnn_arena_destroy(small);
    }
}
END_TEST

static Suite *engine_float_suite(void)
{
    Suite *suite = suite_create("engine_float");
    TCase *tcase = tcase_create("engine_float");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, random_stages, 0, 10);
    tcase_add_loop_test(tcase, lenet, 0, 5);
    tcase_add_test(tcase, odd_sizes);
    tcase_add_test(tcase, zero_padding_is_no_tap);
    tcase_add_test(tcase, large_layers);
    tcase_add_test(tcase, no_memory_is_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(engine_float_suite)
