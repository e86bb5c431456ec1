/* engine_portable.c - the plain engine: one image at a time, 64 weights a step, any machine.
 *
 * Correct and simple comes first: what it computes in floats, it computes with the functions of
 * op.h, which define the results; sums of bits are popcounts. A bit between stages is a byte 0 or 1
 * here, packed when a window is gathered. */
#include "deploy/engine.h"

#include <string.h>
#include <time.h>

typedef struct prepared_stage {
    const bnn_stage *stage;
    bnn_deploy_op linear; /* float sums: the operation with weights as floats */
} prepared_stage;

typedef struct prepared {
    const bnn_deploy_model *model;
    prepared_stage *stages;
    size_t most_values; /* of an image, at any point */
    size_t most_taps;
} prepared;

/* The parts of a workspace. */
typedef struct parts {
    void *values[2]; /* between stages: bytes (bits, pixels) or floats */
    float *floats[2];
    int32_t *sums;
    int32_t *window;       /* [taps]: the pixels under a kernel */
    uint64_t *window_bits; /* the same of bits */
} parts;

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t aligned(size_t n)
{
    return (n + 63) / 64 * 64;
}

/* ---- preparation ------------------------------------------------------------------------- */

static int prepare_stage(const bnn_stage *s, bnn_arena *arena, prepared_stage *out, bnn_error *err)
{
    out->stage = s;
    if (s->integer_sums)
        return BNN_OK;
    out->linear = (bnn_deploy_op){.type = s->linear,
                                  .name = s->name,
                                  .in = s->in,
                                  .out = s->sums,
                                  .kernel = s->kernel,
                                  .stride = s->stride,
                                  .padding = s->padding,
                                  .pad_value = (float)s->pad_value,
                                  .weight = s->weights,
                                  .bias = s->bias};
    if (!s->binary_weights)
        return BNN_OK;
    float *weight = bnn_arena_alloc(arena, (size_t)s->sums.c * s->taps, sizeof *weight);
    if (weight == NULL)
        return bnn_fail(err, BNN_E_INTERNAL, "not enough memory for the weights of %s", s->name);
    out->linear.weight = weight;
    for (uint32_t c = 0; c < s->sums.c; c++)
        for (size_t i = 0; i < s->taps; i++)
            *weight++ = bnn_stage_weight(s, c, i);
    return BNN_OK;
}

static int prepare(const bnn_deploy_model *model, bnn_arena *arena, void **state, bnn_error *err)
{
    prepared *p = bnn_arena_alloc(arena, 1, sizeof *p);
    prepared_stage *stages = bnn_arena_alloc(arena, model->n_stages, sizeof *stages);
    if (p == NULL || stages == NULL)
        return bnn_fail(err, BNN_E_INTERNAL, "not enough memory for the engine");
    *p = (prepared){.model = model, .stages = stages};
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const bnn_stage *s = &model->stages[i];
        const int status = prepare_stage(s, arena, &stages[i], err);
        if (status != BNN_OK)
            return status;
        p->most_taps = larger(p->most_taps, s->taps);
        p->most_values =
            larger(p->most_values, larger(bnn_shape_values(s->in), bnn_shape_values(s->sums)));
        p->most_values = larger(p->most_values, bnn_shape_values(s->out));
        for (uint32_t j = 0; j < s->n_chain; j++)
            p->most_values = larger(p->most_values, bnn_shape_values(s->chain[j].out));
    }
    *state = p;
    return BNN_OK;
}

/* Cuts a workspace into its parts; returns the bytes that takes. */
static size_t cut(const prepared *p, uint8_t *workspace, parts *out)
{
    const size_t values = aligned(p->most_values * sizeof(float));
    const size_t taps = aligned(p->most_taps * sizeof(int32_t));
    if (out != NULL) {
        out->values[0] = workspace;
        out->values[1] = workspace + values;
        out->floats[0] = (float *)(void *)(workspace + 2 * values);
        out->floats[1] = (float *)(void *)(workspace + 3 * values);
        out->sums = (int32_t *)(void *)(workspace + 4 * values);
        out->window = (int32_t *)(void *)(workspace + 5 * values);
        out->window_bits = (uint64_t *)(void *)(workspace + 5 * values + taps);
    }
    return 5 * values + taps + aligned((p->most_taps + 63) / 64 * sizeof(uint64_t));
}

static size_t workspace_bytes(const void *state)
{
    return cut(state, NULL, NULL);
}

/* ---- sums -------------------------------------------------------------------------------- */

/* window[i] = the input under weight i at output position (oh, ow); `outside` beyond the border.
 * A dense operation has all inputs in its only window. */
static void gather(const bnn_stage *s, const uint8_t *x, uint32_t oh, uint32_t ow, int32_t outside,
                   int32_t *window)
{
    if (s->linear == BNN_LOWER_DENSE) {
        for (size_t i = 0; i < s->taps; i++)
            window[i] = x[i];
        return;
    }
    for (size_t c = 0; c < s->in.c; c++)
        for (size_t kh = 0; kh < s->kernel; kh++)
            for (size_t kw = 0; kw < s->kernel; kw++) {
                /* Above and left of the image the index wraps, and is too large as well. */
                const size_t h = (size_t)oh * s->stride + kh - s->padding;
                const size_t w = (size_t)ow * s->stride + kw - s->padding;
                const bool inside = h < s->in.h && w < s->in.w;
                *window++ = inside ? x[(c * s->in.h + h) * s->in.w + w] : outside;
            }
}

static void pack(const int32_t *window, size_t n, uint64_t *bits)
{
    memset(bits, 0, (n + 63) / 64 * sizeof *bits);
    for (size_t i = 0; i < n; i++)
        bits[i / 64] |= (uint64_t)window[i] << i % 64;
}

/* Equal bits count +1, different ones -1. */
static int32_t sum_of_bits(const bnn_stage *s, const uint64_t *weights, const uint64_t *window)
{
    int32_t different = 0;
    for (size_t i = 0; i < s->row_words; i++)
        different += __builtin_popcountll(weights[i] ^ window[i]);
    return (int32_t)s->taps - 2 * different;
}

static int32_t sum_of_pixels(const bnn_stage *s, const uint64_t *weights, const int32_t *window)
{
    int32_t sum = 0;
    for (size_t i = 0; i < s->taps; i++) {
        const int32_t pixel = window[i] - 128;
        sum += weights[i / 64] >> i % 64 & 1 ? pixel : -pixel;
    }
    return sum;
}

static void sum_integers(const bnn_stage *s, const uint8_t *x, const parts *w)
{
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    const int32_t outside = pixels ? 128 : s->pad_value > 0; /* as the inputs are stored */
    const size_t plane = (size_t)s->sums.h * s->sums.w;
    int32_t *sum = w->sums;
    for (uint32_t oh = 0; oh < s->sums.h; oh++)
        for (uint32_t ow = 0; ow < s->sums.w; ow++, sum++) {
            gather(s, x, oh, ow, outside, w->window);
            if (!pixels)
                pack(w->window, s->taps, w->window_bits);
            for (size_t c = 0; c < s->sums.c; c++) {
                const uint64_t *row = s->bits + c * s->row_words;
                sum[c * plane] =
                    pixels ? sum_of_pixels(s, row, w->window) : sum_of_bits(s, row, w->window_bits);
            }
        }
}

/* The inputs as floats. */
static void to_floats(const bnn_stage *s, const void *x, float *out)
{
    const size_t n = bnn_shape_values(s->in);
    const uint8_t *bytes = x;
    if (s->inputs == BNN_VALUES_FLOATS)
        memcpy(out, x, n * sizeof *out);
    else
        for (size_t i = 0; i < n; i++)
            out[i] = s->inputs == BNN_VALUES_PIXELS ? bnn_pixel_value(bytes[i])
                                                    : (float)(2 * bytes[i] - 1);
}

/* ---- what follows the sums --------------------------------------------------------------- */

/* The bits of channel c, one byte each, over its sums. */
static void decide(const bnn_fold *f, uint32_t c, const uint64_t *table, size_t n,
                   const int32_t *sums, uint8_t *bits)
{
    for (size_t i = 0; i < n; i++) {
        if (table == NULL) {
            bits[i] = sums[i] >= f->threshold[c];
            continue;
        }
        const size_t at = (size_t)(sums[i] - f->table_first) / f->table_step;
        bits[i] = table[at / 64] >> at % 64 & 1;
    }
}

/* OR or AND over the windows of one channel. */
static void pool_bits(const bnn_stage *s, bool all, const uint8_t *bits, uint8_t *out)
{
    const size_t size = s->fold.pool, stride = s->fold.pool_stride, row = s->sums.w;
    for (size_t h = 0; h < s->out.h; h++)
        for (size_t w = 0; w < s->out.w; w++) {
            const uint8_t *corner = bits + h * stride * row + w * stride;
            size_t ones = 0;
            for (size_t t = 0; t < size * size; t++)
                ones += corner[t / size * row + t % size];
            *out++ = all ? ones == size * size : ones > 0;
        }
}

static void run_fold(const bnn_stage *s, const parts *w, uint8_t *out)
{
    const bnn_fold *f = &s->fold;
    const size_t plane = (size_t)s->sums.h * s->sums.w, out_plane = (size_t)s->out.h * s->out.w;
    const uint64_t *tables = f->tables;
    uint8_t *bits = (uint8_t *)w->floats[0];
    for (uint32_t c = 0; c < s->sums.c; c++) {
        const bool has_table = f->rule[c] & BNN_RULE_TABLE;
        decide(f, c, has_table ? tables : NULL, plane, w->sums + c * plane, bits);
        tables += has_table ? f->table_words : 0;
        if (f->pool != 0)
            pool_bits(s, f->rule[c] & BNN_RULE_AND, bits, out + c * out_plane);
        else
            memcpy(out + c * out_plane, bits, plane);
    }
}

static void run_chain(const bnn_stage *s, float *x, float *y, void *out)
{
    const size_t n = bnn_shape_values(s->out);
    for (uint32_t i = 0; i < s->n_chain; i++) {
        float *const swap = x;
        bnn_op_apply(&s->chain[i], x, y);
        x = y;
        y = swap;
    }
    if (s->outputs == BNN_VALUES_FLOATS)
        memcpy(out, x, n * sizeof *x);
    else
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)out)[i] = x[i] >= 0.0f;
}

static void run_stage(const prepared_stage *p, const parts *w, const void *x, void *out)
{
    const bnn_stage *s = p->stage;
    float *sums = w->floats[0], *spare = w->floats[1];
    if (s->integer_sums) {
        sum_integers(s, x, w);
        if (s->folded) {
            run_fold(s, w, out);
            return;
        }
        const size_t n = bnn_shape_values(s->sums);
        for (size_t i = 0; i < n; i++)
            sums[i] = bnn_stage_sum_value(s, w->sums[i]);
    } else {
        to_floats(s, x, sums);
        if (s->linear != BNN_LOWER_IDENTITY) {
            bnn_op_apply(&p->linear, sums, spare);
            sums = w->floats[1];
            spare = w->floats[0];
        }
    }
    run_chain(s, sums, spare, out);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void run(const void *state, size_t n, const uint8_t *images, float *logits, void *workspace,
                uint64_t *stage_ns)
{
    const prepared *p = state;
    const size_t image_bytes = bnn_shape_values(p->model->input);
    parts w;
    cut(p, workspace, &w);
    for (size_t image = 0; image < n; image++) {
        const void *x = images + image * image_bytes;
        for (uint32_t i = 0; i < p->model->n_stages; i++) {
            const uint64_t start = stage_ns != NULL ? now_ns() : 0;
            run_stage(&p->stages[i], &w, x, w.values[i % 2]);
            x = w.values[i % 2];
            if (stage_ns != NULL)
                stage_ns[i] += now_ns() - start;
        }
        memcpy(logits + image * p->model->n_classes, x, p->model->n_classes * sizeof *logits);
    }
}

const bnn_engine bnn_engine_portable = {
    .name = "portable", .prepare = prepare, .workspace_bytes = workspace_bytes, .run = run};
