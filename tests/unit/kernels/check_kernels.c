/* Every kernel of every table that runs here against a plain loop over single numbers: the same
 * bits. Inputs are random, so that no product is exact and every change of order shows. */
#include "base/error.h"
#include "kernels/kernels.h"
#include "simd/cpu.h"

#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"

#include <stdio.h>

static const bnn_kernels *tables[4];
static size_t n_tables;

static float first_exp(float x)
{
    float y;
    tables[0]->exp(1, &x, &y);
    return y;
}

static float first_log(float x)
{
    float y;
    tables[0]->log(1, &x, &y);
    return y;
}

#define REAL        float
#define NAIVE(name) name##_float
#define FMA         fmaf
#define SQRT        sqrtf
#define EXP         first_exp
#define LOG         first_log
#include "tests/fixtures/naive_kernels.h"

static void find_tables(void)
{
    size_t n;
    const char *const *names = bnn_cpu_names(&n);
    n_tables = 0;
    for (size_t i = 0; i < n; i++) {
        const bnn_kernels *table = bnn_kernels_find(names[i]);
        if (table == NULL)
            fprintf(stderr, "not tested: this machine cannot run the kernels for %s\n", names[i]);
        else
            tables[n_tables++] = table;
    }
    ck_assert_uint_ge(n_tables, 1);
}

/* A convolution with `conv`'s kernel, stride, padding and padding value, the rest at random. */
static void random_conv(buffers *b, bnn_conv *conv)
{
    const uint32_t smallest =
        conv->kernel > 2 * conv->padding ? conv->kernel - 2 * conv->padding : 1;
    const uint32_t channels_max = conv->kernel > 3 ? 7 : 17;
    /* Now and then so many that each instruction set copies its strips. */
    conv->lanes = BNN_LANES * (random_between(b, 0, 11) == 0 ? 17 : random_between(b, 1, 5));
    conv->in =
        (bnn_shape){random_between(b, 1, channels_max), random_between(b, smallest, smallest + 3),
                    random_between(b, smallest, smallest + 5)};
    conv->out = (bnn_shape){random_between(b, 1, 17),
                            (conv->in.h + 2 * conv->padding - conv->kernel) / conv->stride + 1,
                            (conv->in.w + 2 * conv->padding - conv->kernel) / conv->stride + 1};
}

static void check_conv(buffers *b, const bnn_conv *conv, bool with_bias)
{
    const size_t n_x = (size_t)conv->in.c * conv->in.h * conv->in.w * conv->lanes;
    const size_t n_y = (size_t)conv->out.c * conv->out.h * conv->out.w * conv->lanes;
    const size_t n_w = (size_t)conv->in.c * conv->out.c * conv->kernel * conv->kernel;
    const float *x = random_floats(b, n_x), *w = random_floats(b, n_w);
    const float *gy = random_floats(b, n_y), *some = random_floats(b, conv->out.c);
    const float *bias = with_bias ? some : NULL;
    float *y = empty_floats(b, n_y), *gx = empty_floats(b, n_x);
    float *gw = empty_floats(b, n_w), *gbias = empty_floats(b, conv->out.c);
    conv_forward_float(conv, x, w, bias, y);
    conv_input_gradient_float(conv, gy, w, gx);
    conv_weight_gradient_float(conv, x, gy, gw, gbias);
    for (size_t i = 0; i < n_tables; i++) {
        const bnn_kernels *k = tables[i];
        const size_t n_scratch = k->conv2d_scratch(conv);
        float *out = empty_floats(b, n_y), *gin = empty_floats(b, n_x);
        float *gweight = empty_floats(b, n_w);
        float *gb = with_bias ? empty_floats(b, conv->out.c) : NULL;
        k->conv2d_forward(conv, x, w, bias, out, empty_floats(b, n_scratch));
        expect_same("conv2d_forward", k->name, out, y, n_y);
        k->conv2d_input_gradient(conv, gy, w, gin, empty_floats(b, n_scratch));
        expect_same("conv2d_input_gradient", k->name, gin, gx, n_x);
        k->conv2d_weight_gradient(conv, x, gy, gweight, gb, empty_floats(b, n_scratch));
        expect_same("conv2d_weight_gradient", k->name, gweight, gw, n_w);
        if (with_bias)
            expect_same("conv2d_weight_gradient, bias", k->name, gb, gbias, conv->out.c);
    }
    buffers_free(b);
}

START_TEST(conv_has_the_bits_of_the_plain_loop)
{
    static const uint32_t kernels[] = {1, 2, 3, 5, 7};
    static const float pads[] = {0.0f, -1.0f, 1.0f};
    const uint32_t kernel = kernels[_i];
    buffers b = {.state = (uint64_t)_i};
    for (uint32_t stride = 1; stride <= 3; stride++)
        for (uint32_t padding = 0; padding < kernel; padding++)
            for (size_t p = 0; p < 3; p++)
                for (int round = 0; round < 2; round++) {
                    bnn_conv conv = {.kernel = kernel,
                                     .stride = stride,
                                     .padding = padding,
                                     .pad_value = pads[p]};
                    random_conv(&b, &conv);
                    check_conv(&b, &conv, round == 0);
                }
}
END_TEST

/* LeNet-5's own two, and padding so wide that some windows see nothing else. */
START_TEST(conv_of_unusual_and_usual_shapes)
{
    const bnn_conv shapes[] = {
        {{1, 28, 28}, {6, 28, 28}, 5, 1, 2, 0.0f, 16},
        {{6, 14, 14}, {16, 10, 10}, 5, 1, 0, 0.0f, 64},
        {{2, 3, 2}, {3, 9, 8}, 3, 1, 4, -1.0f, 16},
        {{2, 1, 1}, {5, 3, 3}, 2, 2, 2, 1.0f, 32},
        {{1, 1, 9}, {1, 5, 13}, 1, 1, 2, 0.0f, 48},
        {{3, 11, 4}, {2, 3, 1}, 4, 3, 0, 0.0f, 80},
    };
    buffers b = {.state = 77};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        check_conv(&b, &shapes[i], true);
        check_conv(&b, &shapes[i], false);
    }
}
END_TEST

static void check_dense(buffers *b, uint32_t in, uint32_t out, uint32_t lanes, bool with_bias)
{
    const size_t n_x = (size_t)in * lanes, n_y = (size_t)out * lanes, n_w = (size_t)in * out;
    const float *x = random_floats(b, n_x), *w = random_floats(b, n_w);
    const float *gy = random_floats(b, n_y), *some = random_floats(b, out);
    const float *bias = with_bias ? some : NULL;
    float *y = empty_floats(b, n_y), *gx = empty_floats(b, n_x);
    float *gw = empty_floats(b, n_w), *gbias = empty_floats(b, out);
    dense_forward_float(in, out, lanes, x, w, bias, y);
    dense_input_gradient_float(in, out, lanes, gy, w, gx);
    dense_weight_gradient_float(in, out, lanes, x, gy, gw, gbias);
    for (size_t i = 0; i < n_tables; i++) {
        const bnn_kernels *k = tables[i];
        const size_t n_scratch = k->dense_scratch(in, out, lanes);
        float *got_y = empty_floats(b, n_y), *got_gx = empty_floats(b, n_x);
        float *got_gw = empty_floats(b, n_w), *gb = with_bias ? empty_floats(b, out) : NULL;
        k->dense_forward(in, out, lanes, x, w, bias, got_y, empty_floats(b, n_scratch));
        expect_same("dense_forward", k->name, got_y, y, n_y);
        k->dense_input_gradient(in, out, lanes, gy, w, got_gx, empty_floats(b, n_scratch));
        expect_same("dense_input_gradient", k->name, got_gx, gx, n_x);
        k->dense_weight_gradient(in, out, lanes, x, gy, got_gw, gb, empty_floats(b, n_scratch));
        expect_same("dense_weight_gradient", k->name, got_gw, gw, n_w);
        if (with_bias)
            expect_same("dense_weight_gradient, bias", k->name, gb, gbias, out);
    }
    buffers_free(b);
}

START_TEST(dense_has_the_bits_of_the_plain_loop)
{
    buffers b = {.state = 5};
    for (uint32_t size = 1; size <= 130; size++) {
        const uint32_t other = random_between(&b, 1, 40);
        const uint32_t lanes = BNN_LANES * random_between(&b, 1, 5);
        check_dense(&b, size, other, lanes, size % 2 == 0);
        check_dense(&b, other, size, lanes, size % 2 == 1);
    }
    check_dense(&b, 130, 129, 80, true);
}
END_TEST

static void check_batchnorm(buffers *b, const bnn_batchnorm *bn)
{
    const size_t c = bn->channels, n = c * bn->positions * bn->lanes;
    const float *x = random_floats(b, n), *gy = random_floats(b, n);
    const float *scale = random_floats(b, c), *shift = random_floats(b, c);
    float *mean = random_floats(b, c), *variance = random_floats(b, c);
    for (size_t i = 0; i < c; i++)
        variance[i] = fabsf(variance[i]);
    float *want[8], *got[8]; /* y, mean, inverse, running mean and variance, gx, gscale, gshift */
    const size_t sizes[8] = {n, c, c, c, c, n, c, c};
    static const char *const names[8] = {
        "y", "mean", "inverse", "running mean", "running variance", "gx", "gscale", "gshift"};
    float *inference = empty_floats(b, n);
    for (int i = 0; i < 8; i++)
        want[i] = empty_floats(b, sizes[i]);
    memcpy(want[3], mean, c * sizeof *mean);
    memcpy(want[4], variance, c * sizeof *mean);
    batchnorm_forward_float(bn, x, scale, shift, want[1], want[2], want[3], want[4], want[0]);
    batchnorm_backward_float(bn, x, scale, want[1], want[2], gy, want[5], want[6], want[7]);
    batchnorm_inference_float(bn, x, scale, shift, mean, variance, inference);
    for (size_t t = 0; t < n_tables; t++) {
        const bnn_kernels *k = tables[t];
        for (int i = 0; i < 8; i++)
            got[i] = empty_floats(b, sizes[i]);
        memcpy(got[3], mean, c * sizeof *mean);
        memcpy(got[4], variance, c * sizeof *mean);
        k->batchnorm_forward(bn, x, scale, shift, got[1], got[2], got[3], got[4], got[0]);
        k->batchnorm_backward(bn, x, scale, got[1], got[2], gy, got[5], got[6], got[7]);
        for (int i = 0; i < 8; i++)
            expect_same(names[i], k->name, got[i], want[i], sizes[i]);
        k->batchnorm_backward(bn, x, scale, got[1], got[2], gy, NULL, got[6], got[7]);
        expect_same("gscale without gx", k->name, got[6], want[6], c);
        expect_same("gshift without gx", k->name, got[7], want[7], c);
        k->batchnorm_inference(bn, x, scale, shift, mean, variance, got[0]);
        expect_same("batchnorm_inference", k->name, got[0], inference, n);
    }
    buffers_free(b);
}

START_TEST(batchnorm_has_the_bits_of_the_plain_loop)
{
    buffers b = {.state = 9};
    for (uint32_t lanes = 16; lanes <= 80; lanes += 16)
        for (uint32_t n = 1; n <= lanes; n += n + 3 < lanes ? 3 : 1)
            check_batchnorm(&b, &(bnn_batchnorm){.channels = random_between(&b, 1, 4),
                                                 .positions = random_between(&b, 1, 11),
                                                 .n = n,
                                                 .lanes = lanes,
                                                 .epsilon = 1e-5f,
                                                 .momentum = 0.1f});
}
END_TEST

static void check_pool(buffers *b, const bnn_pool *pool, bool ties)
{
    const size_t n_x = (size_t)pool->in.c * pool->in.h * pool->in.w * pool->lanes;
    const size_t n_y = (size_t)pool->out.c * pool->out.h * pool->out.w * pool->lanes;
    float *x = random_floats(b, n_x);
    const float *gy = random_floats(b, n_y);
    for (size_t i = 0; ties && i < n_x; i++)
        x[i] = i % 41 == 0 ? NAN : i % 5 == 0 ? -0.0f : rintf(x[i]);
    for (int maximum = 0; maximum < 2; maximum++) {
        float *y = empty_floats(b, n_y), *gx = empty_floats(b, n_x);
        pool_forward_float(pool, maximum, x, y);
        pool_backward_float(pool, maximum, x, y, gy, gx);
        for (size_t t = 0; t < n_tables; t++) {
            const bnn_kernels *k = tables[t];
            float *got_y = empty_floats(b, n_y), *got_gx = empty_floats(b, n_x);
            (maximum ? k->maxpool_forward : k->avgpool_forward)(pool, x, got_y);
            expect_same(maximum ? "maxpool_forward" : "avgpool_forward", k->name, got_y, y, n_y);
            if (maximum)
                k->maxpool_backward(pool, x, y, gy, got_gx);
            else
                k->avgpool_backward(pool, gy, got_gx);
            expect_same(maximum ? "maxpool_backward" : "avgpool_backward", k->name, got_gx, gx,
                        n_x);
        }
    }
    buffers_free(b);
}

START_TEST(pools_have_the_bits_of_the_plain_loop)
{
    buffers b = {.state = 13};
    for (uint32_t size = 1; size <= 4; size++)
        for (uint32_t stride = 1; stride <= 5; stride++)
            for (uint32_t more = 0; more <= 5; more++) {
                bnn_pool pool = {.in = {random_between(&b, 1, 3), size + more, size + 7 - more},
                                 .size = size,
                                 .stride = stride,
                                 .lanes = BNN_LANES * random_between(&b, 1, 3)};
                pool.out = (bnn_shape){pool.in.c, (pool.in.h - size) / stride + 1,
                                       (pool.in.w - size) / stride + 1};
                check_pool(&b, &pool, false);
                check_pool(&b, &pool, true);
            }
    check_pool(&b, &(bnn_pool){{6, 28, 28}, {6, 14, 14}, 2, 2, 64}, true);
}
END_TEST

typedef void loss_function(uint32_t, uint32_t, uint32_t, const float *, const int32_t *, float *,
                           float *, double *, uint32_t *);

static void check_loss(buffers *b, bool hinge, uint32_t classes, uint32_t n, uint32_t lanes,
                       float magnitude)
{
    const size_t n_z = (size_t)classes * lanes;
    float *z = random_floats(b, n_z), *gz = empty_floats(b, n_z);
    int32_t *labels = (int32_t *)buffer_bytes(b, lanes * sizeof *labels);
    for (size_t i = 0; i < n_z; i++)
        z[i] = i % 7 == 0 ? 0.0f : z[i] * magnitude;
    for (size_t i = 0; i < lanes; i++)
        labels[i] = (int32_t)random_between(b, 0, classes - 1);
    double want = 0.25;
    uint32_t want_right = 3;
    (hinge ? squared_hinge_float : cross_entropy_float)(classes, n, lanes, z, labels, gz, &want,
                                                        &want_right);
    for (size_t t = 0; t < 2 * n_tables; t++) {
        const bnn_kernels *k = tables[t / 2];
        float *got_gz = t % 2 == 0 ? empty_floats(b, n_z) : NULL;
        float *scratch = empty_floats(b, 2 * (size_t)lanes);
        double got = 0.25;
        uint32_t right = 3;
        loss_function *loss = hinge ? k->squared_hinge : k->cross_entropy;
        loss(classes, n, lanes, z, labels, got_gz, scratch, &got, &right);
        if (got_gz != NULL)
            expect_same(hinge ? "squared_hinge" : "cross_entropy", k->name, got_gz, gz, n_z);
        ck_assert_msg(memcmp(&got, &want, sizeof got) == 0 || (isnan(got) && isnan(want)),
                      "%s: loss %a, expected %a", k->name, got, want);
        ck_assert_uint_eq(right, want_right);
    }
    buffers_free(b);
}

START_TEST(losses_have_the_bits_of_the_plain_loop)
{
    static const float magnitudes[] = {1.0f, 30.0f, 1e4f, 3e18f, 3e38f, INFINITY};
    buffers b = {.state = 17};
    for (uint32_t classes = 1; classes <= 12; classes++)
        for (uint32_t n = 1; n <= 64; n = n * 2 + 1)
            for (size_t m = 0; m < sizeof magnitudes / sizeof *magnitudes; m++)
                for (int hinge = 0; hinge < 2; hinge++)
                    check_loss(&b, hinge, classes, n, (n + 15) / 16 * 16 + (m % 2 ? 16 : 0),
                               magnitudes[m]);
}
END_TEST

/* Every length to 70, so that all remainders of all register widths are met. */
START_TEST(flat_loops_have_the_bits_of_the_plain_loop)
{
    static const float special[] = {0.0f,    -0.0f,    1.0f,      -1.0f,    0.5f,
                                    -0.5f,   INFINITY, -INFINITY, NAN,      0x1p-149f,
                                    -1e-40f, 3.4e38f,  -3.4e38f,  0x1p-126f};
    enum { N_SPECIAL = sizeof special / sizeof *special };
    buffers b = {.state = 19};
    for (size_t n = 0; n <= 70; n++) {
        float *x = random_floats(&b, n), *gy = random_floats(&b, n);
        const float sum = sum_float(n, x), dot = dot_float(n, x, gy);
        for (size_t t = 0; t < n_tables; t++) {
            const float got[2] = {tables[t]->sum(n, x), tables[t]->dot(n, x, gy)};
            expect_same("sum and dot", tables[t]->name, got, (const float[]){sum, dot}, 2);
        }
        for (size_t i = 0; i < n; i++)
            x[i] = (i + n) % 3 == 0 ? special[random_between(&b, 0, N_SPECIAL - 1)] : x[i] * 2;
        float *clamped = empty_floats(&b, n), *gx = empty_floats(&b, n);
        float *sign = empty_floats(&b, n);
        for (size_t i = 0; i < n; i++) {
            const float up = -0.5f > x[i] ? -0.5f : x[i];
            clamped[i] = 1.0f < up ? 1.0f : up;
            gx[i] = x[i] > -0.5f && x[i] < 1.0f ? gy[i] : 0.0f;
            sign[i] = x[i] >= 0.0f ? 1.0f : -1.0f;
        }
        for (size_t t = 0; t < n_tables; t++) {
            const bnn_kernels *k = tables[t];
            float *got = empty_floats(&b, n);
            k->clamp(n, -0.5f, 1.0f, x, got);
            expect_same("clamp", k->name, got, clamped, n);
            k->clamp_gradient(n, -0.5f, 1.0f, x, gy, got);
            expect_same("clamp_gradient", k->name, got, gx, n);
            k->sign(n, x, got);
            expect_same("sign", k->name, got, sign, n);
            memcpy(got, x, n * sizeof *got);
            k->sign(n, got, got);
            expect_same("sign in place", k->name, got, sign, n);
            memcpy(got, x, n * sizeof *got);
            k->clamp(n, -0.5f, 1.0f, got, got);
            expect_same("clamp in place", k->name, got, clamped, n);
        }
        buffers_free(&b);
    }
}
END_TEST

START_TEST(pixels_land_in_their_lanes)
{
    buffers b = {.state = 23};
    for (uint32_t features = 1; features <= 40; features += 3)
        for (uint32_t n = 0; n <= 32; n++) {
            const uint32_t lanes = n <= 16 ? 16 : 48;
            uint8_t *bytes = (uint8_t *)buffer_bytes(&b, (size_t)n * features);
            const uint8_t **rows = (const uint8_t **)buffer_bytes(&b, n * sizeof *rows);
            float *want = empty_floats(&b, (size_t)features * lanes);
            for (size_t i = 0; i < (size_t)n * features; i++)
                bytes[i] = (uint8_t)random_bits(&b);
            for (size_t i = 0; i < n; i++)
                rows[i] = bytes + (n - 1 - i) * features;
            for (size_t f = 0; f < features; f++)
                for (size_t l = 0; l < lanes; l++)
                    want[f * lanes + l] = l < n ? ((float)rows[l][f] - 128.0f) / 128.0f : 0.0f;
            for (size_t t = 0; t < n_tables; t++) {
                float *got = empty_floats(&b, (size_t)features * lanes);
                tables[t]->load_pixels(n, lanes, features, rows, got);
                expect_same("load_pixels", tables[t]->name, got, want, (size_t)features * lanes);
            }
            buffers_free(&b);
        }
}
END_TEST

/* One byte of a warped plane, in the words of <bnn/plugin.h>. */
static uint8_t warped(const bnn_warp *warp, const uint8_t *plane, uint32_t x, uint32_t y)
{
    const int64_t side[2] = {warp->w, warp->h};
    const size_t size = (size_t)warp->h * warp->w, i = (size_t)y * warp->w + x;
    int64_t at[2], sum = 0;
    for (int axis = 0; axis < 2; axis++) {
        at[axis] =
            warp->start[axis] + (int64_t)x * warp->right[axis] + (int64_t)y * warp->down[axis];
        if (warp->bend != NULL)
            at[axis] += (int64_t)warp->bend[(size_t)axis * size + i];
        at[axis] = at[axis] < 0 ? 0 : at[axis];
        at[axis] = at[axis] > (side[axis] - 1) << 16 ? (side[axis] - 1) << 16 : at[axis];
        at[axis] >>= 8;
    }
    for (int neighbour = 0; neighbour < 4; neighbour++) {
        const int64_t right = neighbour & 1, low = neighbour >> 1;
        const int64_t weight_x = right ? at[0] & 255 : 256 - (at[0] & 255);
        const int64_t weight_y = low ? at[1] & 255 : 256 - (at[1] & 255);
        const int64_t from_x = (at[0] >> 8) + right, from_y = (at[1] >> 8) + low;
        if (weight_x * weight_y != 0)
            sum += weight_x * weight_y * plane[from_y * warp->w + from_x];
    }
    return (uint8_t)((sum + 32768) >> 16);
}

static void random_warp(buffers *b, bnn_warp *warp)
{
    *warp = (bnn_warp){.c = random_between(b, 1, 3),
                       .h = random_between(b, 1, 40),
                       .w = random_between(b, 1, random_between(b, 1, 9) == 1 ? 1200 : 60)};
    for (int axis = 0; axis < 2; axis++) {
        warp->start[axis] = (int32_t)random_between(b, 0, 80 << 16) - (40 << 16);
        warp->right[axis] = (int32_t)random_between(b, 0, 4 << 16) - (2 << 16);
        warp->down[axis] = (int32_t)random_between(b, 0, 4 << 16) - (2 << 16);
    }
}

START_TEST(warped_images_have_the_bytes_of_the_plain_loop)
{
    buffers b = {.state = 29};
    for (int round = 0; round < 60; round++) {
        bnn_warp warp;
        random_warp(&b, &warp);
        const size_t plane = (size_t)warp.h * warp.w, size = plane * warp.c;
        uint8_t *x = buffer_bytes(&b, size + warp.w + 1), *got = buffer_bytes(&b, size + 1);
        float *bend = random_floats(&b, 2 * plane + BNN_LANES);
        for (size_t i = 0; i < size + warp.w + 1; i++)
            x[i] = (uint8_t)random_bits(&b);
        for (size_t i = 0; i < 2 * plane; i++)
            bend[i] *= 20 << 16;
        warp.bend = round % 2 == 0 ? bend : NULL;
        for (size_t t = 0; t < n_tables; t++) {
            got[size] = 77;
            tables[t]->warp_pixels(&warp, x, got, empty_floats(&b, tables[t]->warp_scratch(&warp)));
            ck_assert_uint_eq(got[size], 77);
            for (size_t i = 0; i < size; i++)
                ck_assert_uint_eq(got[i],
                                  warped(&warp, x + i / plane * plane, (uint32_t)(i % warp.w),
                                         (uint32_t)(i % plane / warp.w)));
        }
        buffers_free(&b);
    }
}
END_TEST

START_TEST(smooth_fields_have_the_bits_of_the_plain_loop)
{
    buffers b = {.state = 31};
    for (int round = 0; round < 60; round++) {
        const uint32_t h = random_between(&b, 1, 40), w = random_between(&b, 1, 40);
        const uint32_t radius = random_between(&b, 0, 50);
        const size_t n = (size_t)h * w;
        const float *weights = random_floats(&b, radius + 1), *x = random_floats(&b, n);
        float *rows = empty_floats(&b, n), *want = empty_floats(&b, n);
        smooth_float(true, h, w, radius, weights, x, rows);
        smooth_float(false, h, w, radius, weights, rows, want);
        for (size_t t = 0; t < n_tables; t++) {
            float *got = empty_floats(&b, n);
            tables[t]->smooth_field(h, w, radius, weights, x, got,
                                    empty_floats(&b, tables[t]->smooth_scratch(h, w, radius)));
            expect_same("smooth_field", tables[t]->name, got, want, n);
        }
        buffers_free(&b);
    }
}
END_TEST

/* Wires of a gate may meet: then the pins count in their order. */
static void check_gates(buffers *b, const bnn_gates *g)
{
    const size_t n_c = (size_t)g->n << g->inputs, n_x = (size_t)g->features * g->lanes;
    const size_t n_y = (size_t)g->n * g->lanes;
    const float *c = random_floats(b, n_c), *x = random_floats(b, n_x);
    const float *slope = random_floats(b, n_c), *gy = random_floats(b, n_y);
    float *y = empty_floats(b, n_y), *gx = empty_floats(b, n_x), *gc = empty_floats(b, n_c);
    gates_forward_float(g, c, x, y);
    gates_backward_float(g, slope, x, gy, gx, gc);
    for (size_t t = 0; t < n_tables; t++) {
        const bnn_kernels *k = tables[t];
        float *got_y = empty_floats(b, n_y), *got_gx = empty_floats(b, n_x);
        float *got_gc = empty_floats(b, n_c);
        k->gates_forward(g, c, x, got_y);
        expect_same("gates_forward", k->name, got_y, y, n_y);
        k->gates_backward(g, slope, x, gy, got_gx, got_gc);
        expect_same("gates_backward, gx", k->name, got_gx, gx, n_x);
        expect_same("gates_backward, gc", k->name, got_gc, gc, n_c);
        memset(got_gc, 0xff, n_c * sizeof *got_gc);
        k->gates_backward(g, slope, x, gy, NULL, got_gc);
        expect_same("gates_backward without gx", k->name, got_gc, gc, n_c);
    }
    buffers_free(b);
}

START_TEST(gates_have_the_bits_of_the_plain_loop)
{
    buffers b = {.state = 37};
    for (uint32_t inputs = 1; inputs <= BNN_GATE_INPUTS_MAX; inputs++)
        for (uint32_t lanes = 16; lanes <= 80; lanes += 16) {
            bnn_gates g = {.inputs = inputs,
                           .n = random_between(&b, 1, 20),
                           .features = random_between(&b, 1, 30),
                           .lanes = lanes};
            uint32_t *wire = (uint32_t *)buffer_bytes(&b, inputs * g.n * sizeof *wire);
            for (size_t i = 0; i < inputs * g.n; i++)
                wire[i] = random_between(&b, 0, g.features - 1);
            g.wire = wire;
            check_gates(&b, &g);
        }
}
END_TEST

static Suite *kernels_suite(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tc = tcase_create("bits");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, find_tables, NULL);
    tcase_add_loop_test(tc, conv_has_the_bits_of_the_plain_loop, 0, 5);
    tcase_add_test(tc, conv_of_unusual_and_usual_shapes);
    tcase_add_test(tc, dense_has_the_bits_of_the_plain_loop);
    tcase_add_test(tc, batchnorm_has_the_bits_of_the_plain_loop);
    tcase_add_test(tc, pools_have_the_bits_of_the_plain_loop);
    tcase_add_test(tc, losses_have_the_bits_of_the_plain_loop);
    tcase_add_test(tc, flat_loops_have_the_bits_of_the_plain_loop);
    tcase_add_test(tc, pixels_land_in_their_lanes);
    tcase_add_test(tc, warped_images_have_the_bytes_of_the_plain_loop);
    tcase_add_test(tc, smooth_fields_have_the_bits_of_the_plain_loop);
    tcase_add_test(tc, gates_have_the_bits_of_the_plain_loop);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(kernels_suite)
