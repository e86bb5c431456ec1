/* What the kernels compute, not only that they agree: values against double precision, gradients
 * against central differences, special cases by hand. */
#include "base/error.h"
#include "kernels/kernels.h"
#include "simd/cpu.h"

#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"

#define REAL        double
#define NAIVE(name) name##_double
#define FMA         fma
#define SQRT        sqrt
#define EXP         exp
#define LOG         log
#include "tests/fixtures/naive_kernels.h"

/* The tables agree to the last bit (check_kernels.c), so one of them stands for all. */
static const bnn_kernels *k;

static void choose_table(void)
{
    bnn_error err;
    k = bnn_kernels_choose(&err);
    ck_assert_ptr_nonnull(k);
}

/* A scalar function of a few arrays: sum of weights * outputs, so that its gradient with respect
 * to an input is what a backward pass computes from gy = weights. */
typedef double objective(const void *context);

static double weighted(size_t n, const double *weights, const double *y)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights[i] * y[i];
    return sum;
}

/* gradient[] against (f(x + h) - f(x - h)) / 2h for every element of x, which f reads. */
static void expect_gradient(const char *what, objective *f, const void *context, double *x,
                            const double *gradient, size_t n)
{
    const double h = 1e-5;
    for (size_t i = 0; i < n; i++) {
        const double kept = x[i];
        x[i] = kept + h;
        const double above = f(context);
        x[i] = kept - h;
        const double below = f(context);
        x[i] = kept;
        const double slope = (above - below) / (2 * h);
        if (!(fabs(slope - gradient[i]) <= 1e-6 * (1 + fabs(slope))))
            ck_abort_msg("%s: gradient %zu of %zu is %.12g, central difference %.12g", what, i, n,
                         gradient[i], slope);
    }
}

/* Everything of one operation in float and in double. */
typedef struct linear_case {
    bnn_conv conv; /* kernel 0: a dense layer of in.c inputs and out.c outputs */
    size_t n_x, n_y, n_w;
    float *x, *w, *bias, *gy;
    double *dx, *dw, *dbias, *dgy, *dy;
} linear_case;

static void linear_forward(const linear_case *t)
{
    if (t->conv.kernel == 0)
        dense_forward_double(t->conv.in.c, t->conv.out.c, t->conv.lanes, t->dx, t->dw, t->dbias,
                             t->dy);
    else
        conv_forward_double(&t->conv, t->dx, t->dw, t->dbias, t->dy);
}

static double linear_objective(const void *context)
{
    const linear_case *t = (const linear_case *)context;
    linear_forward(t);
    return weighted(t->n_y, t->dgy, t->dy);
}

static void linear_gradients(const linear_case *t, double *gx, double *gw, double *gbias)
{
    const bnn_conv *c = &t->conv;
    if (c->kernel == 0) {
        dense_input_gradient_double(c->in.c, c->out.c, c->lanes, t->dgy, t->dw, gx);
        dense_weight_gradient_double(c->in.c, c->out.c, c->lanes, t->dx, t->dgy, gw, gbias);
    } else {
        conv_input_gradient_double(c, t->dgy, t->dw, gx);
        conv_weight_gradient_double(c, t->dx, t->dgy, gw, gbias);
    }
}

static void linear_floats(buffers *b, const linear_case *t, float *y, float *gx, float *gw,
                          float *gbias)
{
    const bnn_conv *c = &t->conv;
    if (c->kernel == 0) {
        float *scratch = empty_floats(b, k->dense_scratch(c->in.c, c->out.c, c->lanes));
        k->dense_forward(c->in.c, c->out.c, c->lanes, t->x, t->w, t->bias, y, scratch);
        k->dense_input_gradient(c->in.c, c->out.c, c->lanes, t->gy, t->w, gx, scratch);
        k->dense_weight_gradient(c->in.c, c->out.c, c->lanes, t->x, t->gy, gw, gbias, scratch);
    } else {
        float *scratch = empty_floats(b, k->conv2d_scratch(c));
        k->conv2d_forward(c, t->x, t->w, t->bias, y, scratch);
        k->conv2d_input_gradient(c, t->gy, t->w, gx, scratch);
        k->conv2d_weight_gradient(c, t->x, t->gy, gw, gbias, scratch);
    }
}

START_TEST(linear_operations_are_right)
{
    static const bnn_conv cases[] = {
        {{2, 4, 3}, {3, 4, 3}, 3, 1, 1, 0.0f, 16},  {{2, 4, 5}, {3, 4, 5}, 3, 1, 1, -1.0f, 16},
        {{1, 5, 4}, {2, 3, 2}, 3, 2, 1, 1.0f, 16},  {{3, 3, 3}, {2, 2, 2}, 2, 1, 0, 0.0f, 16},
        {{2, 2, 2}, {2, 6, 6}, 1, 1, 2, -1.0f, 16}, {{9, 1, 1}, {7, 1, 1}, 0, 0, 0, 0.0f, 32},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buffers b = {.state = i};
        linear_case t = {.conv = cases[i]};
        const bnn_conv *c = &t.conv;
        const size_t area = c->kernel == 0 ? 1 : c->kernel * c->kernel;
        t.n_x = (size_t)c->in.c * c->in.h * c->in.w * c->lanes;
        t.n_y = (size_t)c->out.c * c->out.h * c->out.w * c->lanes;
        t.n_w = c->in.c * c->out.c * area;
        t.x = random_floats(&b, t.n_x), t.w = random_floats(&b, t.n_w);
        t.bias = random_floats(&b, c->out.c), t.gy = random_floats(&b, t.n_y);
        t.dx = doubles_of(&b, t.n_x, t.x), t.dw = doubles_of(&b, t.n_w, t.w);
        t.dbias = doubles_of(&b, c->out.c, t.bias), t.dgy = doubles_of(&b, t.n_y, t.gy);
        t.dy = doubles_of(&b, t.n_y, NULL);
        double *gx = doubles_of(&b, t.n_x, NULL), *gw = doubles_of(&b, t.n_w, NULL);
        double *gbias = doubles_of(&b, c->out.c, NULL);
        linear_gradients(&t, gx, gw, gbias);
        expect_gradient("input", linear_objective, &t, t.dx, gx, t.n_x);
        expect_gradient("weight", linear_objective, &t, t.dw, gw, t.n_w);
        expect_gradient("bias", linear_objective, &t, t.dbias, gbias, c->out.c);
        float *y = empty_floats(&b, t.n_y), *fgx = empty_floats(&b, t.n_x);
        float *fgw = empty_floats(&b, t.n_w), *fgbias = empty_floats(&b, c->out.c);
        linear_floats(&b, &t, y, fgx, fgw, fgbias);
        linear_forward(&t);
        expect_near("forward", k->name, y, t.dy, t.n_y, 1e-5);
        expect_near("input gradient", k->name, fgx, gx, t.n_x, 1e-5);
        expect_near("weight gradient", k->name, fgw, gw, t.n_w, 1e-5);
        expect_near("bias gradient", k->name, fgbias, gbias, c->out.c, 1e-5);
        buffers_free(&b);
    }
}
END_TEST

typedef struct norm_case {
    bnn_batchnorm bn;
    size_t n;
    double *x, *scale, *shift, *gy, *y;
} norm_case;

/* The textbook: two passes, no partial sums, so that nothing is shared with the code under test. */
static double norm_objective(const void *context)
{
    const norm_case *t = (const norm_case *)context;
    const size_t size = (size_t)t->bn.positions * t->bn.lanes;
    const double count = (double)t->bn.positions * t->bn.n;
    double sum = 0;
    for (size_t c = 0; c < t->bn.channels; c++) {
        const double *x = t->x + c * size;
        double mean = 0, variance = 0;
        for (size_t i = 0; i < size; i++)
            mean += i % t->bn.lanes < t->bn.n ? x[i] / count : 0;
        for (size_t i = 0; i < size; i++)
            variance += i % t->bn.lanes < t->bn.n ? (x[i] - mean) * (x[i] - mean) / count : 0;
        for (size_t i = 0; i < size; i++) {
            t->y[c * size + i] =
                (x[i] - mean) / sqrt(variance + (double)t->bn.epsilon) * t->scale[c] + t->shift[c];
            if (i % t->bn.lanes < t->bn.n)
                sum += t->gy[c * size + i] * t->y[c * size + i];
        }
    }
    return sum;
}

START_TEST(batchnorm_is_right)
{
    const uint32_t images[] = {16, 11, 2, 29};
    for (size_t i = 0; i < 4; i++) {
        buffers b = {.state = i};
        norm_case t = {.bn = {3, 5, images[i], images[i] > 16 ? 32 : 16, 1e-3f, 0.1f}};
        const size_t c = t.bn.channels, n = t.n = c * t.bn.positions * t.bn.lanes;
        float *x = random_floats(&b, n), *gy = random_floats(&b, n), *y = empty_floats(&b, n);
        float *scale = random_floats(&b, c), *shift = random_floats(&b, c);
        float *mean = empty_floats(&b, c), *inverse = empty_floats(&b, c);
        float running_mean[3] = {1, 2, 3}, running_variance[3] = {1, 2, 3};
        float *gx = empty_floats(&b, n), *gscale = empty_floats(&b, c);
        float *gshift = empty_floats(&b, c);
        t.x = doubles_of(&b, n, x), t.scale = doubles_of(&b, c, scale);
        t.shift = doubles_of(&b, c, shift), t.gy = doubles_of(&b, n, gy);
        t.y = doubles_of(&b, n, NULL);
        k->batchnorm_forward(&t.bn, x, scale, shift, mean, inverse, running_mean, running_variance,
                             y);
        k->batchnorm_backward(&t.bn, x, scale, mean, inverse, gy, gx, gscale, gshift);
        norm_objective(&t);
        expect_near("batchnorm_forward", k->name, y, t.y, n, 2e-5);
        for (size_t j = 0; j < c; j++) {
            const double m = (double)mean[j], v = 1 / ((double)inverse[j] * (double)inverse[j]);
            const double count = 5.0 * images[i];
            const double unbiased = (v - 1e-3) * count / (count - 1);
            ck_assert_double_eq_tol((double)running_mean[j], 0.9 * (double)(j + 1) + 0.1 * m, 1e-6);
            ck_assert_double_eq_tol((double)running_variance[j],
                                    0.9 * (double)(j + 1) + 0.1 * unbiased, 1e-6);
        }
        double *dgx = doubles_of(&b, n, NULL), *dgscale = doubles_of(&b, c, NULL);
        double *dgshift = doubles_of(&b, c, NULL);
        double *dmean = doubles_of(&b, c, NULL), *dinverse = doubles_of(&b, c, NULL);
        double dm[3] = {0}, dv[3] = {0};
        batchnorm_forward_double(&t.bn, t.x, t.scale, t.shift, dmean, dinverse, dm, dv, t.y);
        batchnorm_backward_double(&t.bn, t.x, t.scale, dmean, dinverse, t.gy, dgx, dgscale,
                                  dgshift);
        expect_gradient("batch norm input", norm_objective, &t, t.x, dgx, n);
        expect_gradient("batch norm scale", norm_objective, &t, t.scale, dgscale, c);
        expect_gradient("batch norm shift", norm_objective, &t, t.shift, dgshift, c);
        expect_near("batchnorm_backward", k->name, gx, dgx, n, 5e-5);
        expect_near("batchnorm_backward, scale", k->name, gscale, dgscale, c, 5e-5);
        expect_near("batchnorm_backward, shift", k->name, gshift, dgshift, c, 5e-5);
        buffers_free(&b);
    }
}
END_TEST

typedef struct loss_case {
    bool hinge;
    size_t classes, n, lanes;
    double *z, *gz;
    int32_t *labels;
} loss_case;

static double loss_objective(const void *context)
{
    const loss_case *t = (const loss_case *)context;
    double loss = 0;
    uint32_t n_correct = 0;
    (t->hinge ? squared_hinge_double : cross_entropy_double)(t->classes, t->n, t->lanes, t->z,
                                                             t->labels, t->gz, &loss, &n_correct);
    return loss / (double)t->n;
}

START_TEST(losses_are_right)
{
    for (uint32_t n = 1; n <= 16; n += 5) {
        buffers b = {.state = n};
        loss_case t = {.hinge = _i, .classes = 10, .n = n, .lanes = 16};
        float *z = random_floats(&b, 160), *gz = empty_floats(&b, 160);
        for (size_t i = 0; i < 160; i++)
            z[i] *= 4;
        t.labels = (int32_t *)buffer_bytes(&b, 16 * sizeof *t.labels);
        for (size_t i = 0; i < 16; i++)
            t.labels[i] = (int32_t)random_between(&b, 0, 9);
        t.z = doubles_of(&b, 160, z), t.gz = doubles_of(&b, 160, NULL);
        const double want = loss_objective(&t) * n;
        double *gradient = doubles_of(&b, 160, NULL);
        memcpy(gradient, t.gz, 160 * sizeof *gradient);
        expect_gradient("loss", loss_objective, &t, t.z, gradient, 160);
        double got = 0;
        uint32_t n_correct = 0;
        (t.hinge ? k->squared_hinge : k->cross_entropy)(10, n, 16, z, t.labels, gz,
                                                        empty_floats(&b, 32), &got, &n_correct);
        ck_assert_double_eq_tol(got, want, 1e-5 * want);
        expect_near("loss gradient", k->name, gz, gradient, 160, 1e-6);
        buffers_free(&b);
    }
}
END_TEST

/* Cross entropy by hand: equal logits give log(classes); a hopeless one stays finite. */
START_TEST(cross_entropy_by_hand)
{
    float z[2 * 16] = {0}, gz[2 * 16], scratch[2 * 16];
    int32_t labels[16] = {0, 1, 0, 0};
    double loss = 0;
    uint32_t n_correct = 0;
    k->cross_entropy(2, 4, 16, z, labels, gz, scratch, &loss, &n_correct);
    ck_assert_double_eq_tol(loss, 4 * log(2.0), 1e-6);
    ck_assert_uint_eq(n_correct, 3); /* of equal logits the first wins */
    ck_assert_float_eq(gz[0], -0.125f);
    ck_assert_float_eq(gz[16], 0.125f);
    ck_assert_float_eq(gz[1], 0.125f);
    ck_assert_float_eq(gz[4], 0.0f);
    z[0] = -1e30f, z[16] = 1e30f;
    loss = 0;
    k->cross_entropy(2, 1, 16, z, labels, gz, scratch, &loss, &n_correct);
    ck_assert_double_eq(loss, (double)(1e30f + 1e30f));
    ck_assert_float_eq(gz[0], -1.0f);
    z[0] = NAN;
    loss = 0;
    k->cross_entropy(2, 1, 16, z, labels, gz, scratch, &loss, &n_correct);
    ck_assert(isnan(loss));
    loss = 0;
    k->squared_hinge(2, 1, 16, z, labels, gz, scratch, &loss, &n_correct);
    ck_assert(isnan(loss));
}
END_TEST

/* ---- gates ------------------------------------------------------------------------------- */

enum { GATES = 4, GATE_FEATURES = 9, GATE_LANES = 16 };

/* Gates of distinct wires, in float and in double. */
typedef struct gates_case {
    bnn_gates gates;
    uint32_t wire[GATES * BNN_GATE_INPUTS_MAX];
    size_t n_c, n_x, n_y;
    float *c, *x, *gy;
    double *dc, *dx, *dgy, *dy;
} gates_case;

static void gates_make(buffers *b, uint32_t inputs, gates_case *t)
{
    *t = (gates_case){.gates = {inputs, GATES, GATE_FEATURES, GATE_LANES, NULL},
                      .n_c = (size_t)GATES << inputs,
                      .n_x = GATE_FEATURES * GATE_LANES,
                      .n_y = GATES * GATE_LANES};
    for (uint32_t i = 0; i < GATES * inputs; i++)
        t->wire[i] = (i / inputs * 2 + i % inputs) % GATE_FEATURES;
    t->gates.wire = t->wire;
    t->c = random_floats(b, t->n_c);
    t->x = random_floats(b, t->n_x);
    t->gy = random_floats(b, t->n_y);
    t->dc = doubles_of(b, t->n_c, t->c);
    t->dx = doubles_of(b, t->n_x, t->x);
    t->dgy = doubles_of(b, t->n_y, t->gy);
    t->dy = doubles_of(b, t->n_y, NULL);
}

/* As it is written in books: the sum of coefficients, each times the product of its pins. */
static double gates_objective(const void *context)
{
    const gates_case *t = (const gates_case *)context;
    const size_t inputs = t->gates.inputs, lanes = GATE_LANES;
    for (size_t i = 0; i < t->n_y; i++) {
        const uint32_t *wire = t->wire + i / lanes * inputs;
        t->dy[i] = 0;
        for (size_t set = 0; set < (size_t)1 << inputs; set++) {
            double product = t->dc[(i / lanes << inputs) + set];
            for (size_t p = 0; p < inputs; p++)
                product *= set >> p & 1 ? t->dx[wire[p] * lanes + i % lanes] : 1;
            t->dy[i] += product;
        }
    }
    return weighted(t->n_y, t->dgy, t->dy);
}

START_TEST(gates_are_right)
{
    buffers b = {.state = 41};
    for (uint32_t inputs = 1; inputs <= BNN_GATE_INPUTS_MAX; inputs++) {
        gates_case t;
        gates_make(&b, inputs, &t);
        float *y = empty_floats(&b, t.n_y), *gx = empty_floats(&b, t.n_x);
        float *gc = empty_floats(&b, t.n_c);
        double *dgx = doubles_of(&b, t.n_x, NULL), *dgc = doubles_of(&b, t.n_c, NULL);
        k->gates_forward(&t.gates, t.c, t.x, y);
        k->gates_backward(&t.gates, t.c, t.x, t.gy, gx, gc);
        gates_objective(&t);
        expect_near("gates, y", k->name, y, t.dy, t.n_y, 1e-5);
        gates_backward_double(&t.gates, t.dc, t.dx, t.dgy, dgx, dgc);
        expect_near("gates, gx", k->name, gx, dgx, t.n_x, 1e-5);
        expect_near("gates, gc", k->name, gc, dgc, t.n_c, 1e-5);
        expect_gradient("gates, gx", gates_objective, &t, t.dx, dgx, t.n_x);
        expect_gradient("gates, gc", gates_objective, &t, t.dc, dgc, t.n_c);
        buffers_free(&b);
    }
}
END_TEST

/* On pins of -1 and +1, the transform of a table gives the table, exactly. */
START_TEST(gates_of_tables_give_the_tables)
{
    buffers b = {.state = 43};
    for (uint32_t inputs = 1; inputs <= BNN_GATE_INPUTS_MAX; inputs++) {
        const size_t n = (size_t)1 << inputs;
        const uint32_t wire[BNN_GATE_INPUTS_MAX] = {0, 1, 2, 3, 4, 5};
        const bnn_gates gates = {inputs, 1, BNN_GATE_INPUTS_MAX, 64, wire};
        float x[BNN_GATE_INPUTS_MAX * 64], y[64], c[64] = {0}, table[64];
        for (size_t m = 0; m < n; m++)
            table[m] = random_bits(&b) & 1 ? 1.0f : -1.0f;
        for (size_t i = 0; i < BNN_GATE_INPUTS_MAX * 64; i++)
            x[i] = i % 64 >> i / 64 & 1 ? 1.0f : -1.0f;
        for (size_t set = 0; set < n; set++)
            for (size_t m = 0; m < n; m++)
                c[set] += (__builtin_popcountll(set & ~m) & 1 ? -1.0f : 1.0f) * table[m] / (float)n;
        k->gates_forward(&gates, c, x, y);
        for (size_t m = 0; m < n; m++)
            ck_assert_float_eq(y[m], table[m]);
    }
}
END_TEST

/* ---- by hand ----------------------------------------------------------------------------- */

/* The first of several largest elements gets the whole gradient. */
START_TEST(maxpool_by_hand)
{
    float x[9 * 16] = {0}, y[4 * 16], gy[4 * 16], gx[9 * 16];
    const bnn_pool pool = {{1, 3, 3}, {1, 2, 2}, 2, 1, 16};
    x[4 * 16] = 2.0f, x[5 * 16] = 2.0f; /* image 0: a tie of the centre and its right neighbour */
    for (int i = 0; i < 4 * 16; i++)
        gy[i] = (float)(1 << i / 16);
    k->maxpool_forward(&pool, x, y);
    k->maxpool_backward(&pool, x, y, gy, gx);
    for (int i = 0; i < 4; i++)
        ck_assert_float_eq(y[i * 16], 2.0f);
    for (int i = 0; i < 9; i++)
        ck_assert_float_eq(gx[i * 16], i == 4 ? 15.0f : 0.0f);
    /* Image 1: all zero, so each window's first element. */
    const float corner[9] = {1, 2, 0, 4, 8, 0, 0, 0, 0};
    for (int i = 0; i < 9; i++)
        ck_assert_float_eq(gx[i * 16 + 1], corner[i]);
}
END_TEST

START_TEST(sign_of_zero_is_plus_one)
{
    const float x[5] = {0.0f, -0.0f, -0x1p-149f, 0x1p-149f, -INFINITY};
    const float want[5] = {1, 1, -1, 1, -1};
    float y[5];
    k->sign(5, x, y);
    expect_same("sign", k->name, y, want, 5);
}
END_TEST

START_TEST(pixels_are_centered_and_exact)
{
    const uint8_t row[3] = {0, 128, 255};
    const uint8_t *rows[1] = {row};
    float x[3 * 16];
    k->load_pixels(1, 16, 3, rows, x);
    ck_assert_float_eq(x[0], -1.0f);
    ck_assert_float_eq(x[16], 0.0f);
    ck_assert_float_eq(x[32], 0.9921875f);
    ck_assert_float_eq(x[1], 0.0f);
}
END_TEST

static Suite *numerics_suite(void)
{
    Suite *suite = suite_create("numerics");
    TCase *tc = tcase_create("values");
    tcase_add_checked_fixture(tc, choose_table, NULL);
    tcase_add_test(tc, linear_operations_are_right);
    tcase_add_test(tc, batchnorm_is_right);
    tcase_add_loop_test(tc, losses_are_right, 0, 2);
    tcase_add_test(tc, cross_entropy_by_hand);
    tcase_add_test(tc, gates_are_right);
    tcase_add_test(tc, gates_of_tables_give_the_tables);
    tcase_add_test(tc, maxpool_by_hand);
    tcase_add_test(tc, sign_of_zero_is_plus_one);
    tcase_add_test(tc, pixels_are_centered_and_exact);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(numerics_suite)
