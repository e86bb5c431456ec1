#include "infer/engine/plain.h"

#include "base/size.h"
#include "infer/lines.h"

#include <assert.h>
#include <string.h>

/* The parts of a workspace. */
typedef struct parts {
    float *floats[2];
    int32_t *sums;
    int32_t *window;       /* [taps]: the pixels under a kernel */
    uint8_t *nodes;        /* of logic */
    uint64_t *window_bits; /* the same of bits */
} parts;

int bnn_plain_prepare(const bnn_stage *s, bnn_arena *arena, bnn_plain_stage *out, bnn_error *err)
{
    out->stage = s;
    out->most_values = bnn_size_larger(bnn_shape_values(s->op.in), bnn_shape_values(s->op.out));
    out->most_values = bnn_size_larger(out->most_values, bnn_shape_values(s->out));
    for (uint32_t i = 0; i < s->n_chain; i++)
        out->most_values = bnn_size_larger(out->most_values, bnn_shape_values(s->chain[i].out));
    return s->integer_sums || s->logic != NULL ? BNN_OK
                                               : bnn_stage_linear(s, arena, &out->linear, err);
}

/* Cuts a workspace into its parts; returns the bytes that takes. */
static size_t plain_parts(const bnn_plain_stage *p, void *workspace, parts *out)
{
    const size_t taps = p->stage->taps;
    const bnn_logic *logic = p->stage->logic;
    bnn_cut cut = {.memory = workspace};
    *out = (parts){.floats = {bnn_cut_off(&cut, p->most_values, sizeof(float)),
                              bnn_cut_off(&cut, p->most_values, sizeof(float))},
                   .sums = bnn_cut_off(&cut, p->most_values, sizeof(int32_t)),
                   .window = bnn_cut_off(&cut, taps, sizeof(int32_t)),
                   .window_bits = bnn_cut_off(&cut, (taps + 63) / 64, sizeof(uint64_t)),
                   .nodes = bnn_cut_off(&cut, logic == NULL ? 0 : bnn_logic_nodes(logic), 1)};
    return cut.used;
}

size_t bnn_plain_workspace_bytes(const bnn_plain_stage *plain)
{
    parts unused;
    return plain_parts(plain, NULL, &unused);
}

/* ---- sums -------------------------------------------------------------------------------- */

/* window[i] = the input under weight i of a group's channels at output position (oh, ow); `outside` beyond
 * the border. A dense operation has all inputs in its only window. */
static void gather_window(const bnn_stage *s, const uint8_t *x, size_t group, uint32_t oh,
                          uint32_t ow, int32_t outside, int32_t *window)
{
    const size_t n_in = bnn_op_group_in(&s->op);
    if (s->op.type == BNN_LOWER_DENSE) {
        for (size_t i = 0; i < s->taps; i++)
            window[i] = x[i];
        return;
    }
    for (size_t c = group * n_in; c < (group + 1) * n_in; c++)
        for (size_t kh = 0; kh < s->op.kernel; kh++)
            for (size_t kw = 0; kw < s->op.kernel; kw++) {
                /* Above and left of the image the index wraps, and is too large as well. */
                const size_t h = (size_t)oh * s->op.stride + kh - s->op.padding;
                const size_t w = (size_t)ow * s->op.stride + kw - s->op.padding;
                const bool inside = h < s->op.in.h && w < s->op.in.w;
                *window++ = inside ? x[(c * s->op.in.h + h) * s->op.in.w + w] : outside;
            }
}

static void pack_window(const int32_t *window, size_t n, uint64_t *bits)
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

/* The sums of the channels of a group at a position; sum: that of channel 0. */
static void sum_group(const bnn_stage *s, size_t group, const parts *w, int32_t *sum)
{
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    const size_t plane = (size_t)s->op.out.h * s->op.out.w, n_out = bnn_op_group_out(&s->op);
    if (!pixels)
        pack_window(w->window, s->taps, w->window_bits);
    for (size_t c = group * n_out; c < (group + 1) * n_out; c++) {
        const uint64_t *row = s->bits + c * s->row_words;
        sum[c * plane] =
            pixels ? sum_of_pixels(s, row, w->window) : sum_of_bits(s, row, w->window_bits);
    }
}

static void sum_integers(const bnn_stage *s, const uint8_t *x, const parts *w)
{
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    const int32_t outside = pixels ? 128 : s->op.pad_value > 0; /* as the inputs are stored */
    const size_t n_groups = bnn_op_groups(&s->op);
    int32_t *sum = w->sums;
    for (uint32_t oh = 0; oh < s->op.out.h; oh++)
        for (uint32_t ow = 0; ow < s->op.out.w; ow++, sum++)
            for (size_t g = 0; g < n_groups; g++) {
                gather_window(s, x, g, oh, ow, outside, w->window);
                sum_group(s, g, w, sum);
            }
}

/* The inputs as floats. */
static void to_floats(const bnn_stage *s, const void *x, float *out)
{
    const size_t n = bnn_shape_values(s->op.in);
    const uint8_t *bytes = x;
    if (s->inputs >= BNN_VALUES_FLOATS)
        memcpy(out, x, n * sizeof *out);
    else
        for (size_t i = 0; i < n; i++)
            out[i] = s->inputs == BNN_VALUES_PIXELS ? bnn_pixel_value(bytes[i])
                                                    : (float)(2 * bytes[i] - 1);
}

/* ---- what follows the sums --------------------------------------------------------------- */

/* The bits of channel c, one byte each, over its sums. */
static void decide_bits(const bnn_fold *f, uint32_t c, const uint64_t *table, size_t n,
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
    const size_t size = s->fold.pool, stride = s->fold.pool_stride, row = s->op.out.w;
    for (size_t h = 0; h < s->out.h; h++)
        for (size_t w = 0; w < s->out.w; w++) {
            const uint8_t *corner = bits + h * stride * row + w * stride;
            size_t ones = 0;
            for (size_t t = 0; t < size * size; t++)
                ones += corner[t / size * row + t % size];
            *out++ = all ? ones == size * size : ones > 0;
        }
}

void bnn_plain_fold(const bnn_stage *s, const int32_t *sums, uint8_t *bits, uint8_t *out)
{
    const bnn_fold *f = &s->fold;
    const size_t plane = (size_t)s->op.out.h * s->op.out.w, out_plane = (size_t)s->out.h * s->out.w;
    const uint64_t *tables = f->tables;
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        const bool has_table = f->rule[c] & BNN_RULE_TABLE;
        decide_bits(f, c, has_table ? tables : NULL, plane, sums + c * plane, bits);
        tables += has_table ? f->table_words : 0;
        if (f->pool != 0)
            pool_bits(s, f->rule[c] & BNN_RULE_AND, bits, out + c * out_plane);
        else
            memcpy(out + c * out_plane, bits, plane);
    }
}

/* The sum that counts of a window whose first is *corner; row: sums from a row to the next. */
static int32_t sum_of_window(const int32_t *corner, size_t size, size_t row, bool least)
{
    int32_t sum = corner[0];
    for (size_t t = 1; t < size * size; t++) {
        const int32_t other = corner[t / size * row + t % size];
        sum = (other < sum) == least ? other : sum;
    }
    return sum;
}

/* What follows the sums of a stage with lines: out[out], bytes or floats. */
static void plain_lines(const bnn_stage *s, const int32_t *sums, void *out)
{
    const bnn_lines *lines = s->lines;
    const size_t plane = (size_t)s->op.out.h * s->op.out.w, row = s->op.out.w;
    const size_t size = lines->pool > 0 ? lines->pool : 1;
    const size_t stride = lines->pool > 0 ? lines->pool_stride : 1;
    const int32_t n = s->out_codes.max - s->out_codes.min;
    size_t i = 0;
    for (uint32_t c = 0; c < s->op.out.c; c++, sums += plane)
        for (size_t h = 0; h < s->out.h; h++)
            for (size_t w = 0; w < s->out.w; w++, i++) {
                const int32_t sum = sum_of_window(sums + h * stride * row + w * stride, size, row,
                                                  lines->pool > 0 && lines->least[c] != 0);
                const int32_t code = bnn_lines_code(lines, c, sum, n);
                if (s->outputs == BNN_VALUES_BITS)
                    ((uint8_t *)out)[i] = (uint8_t)code;
                else
                    ((float *)out)[i] = (float)(s->out_codes.min + code);
            }
}

/* Floats that are whole sums, of pixels in units of 1/128, as integers. */
static void to_integers(const bnn_stage *s, const float *x, int32_t *sums)
{
    const float unit = s->inputs == BNN_VALUES_PIXELS ? 128.0f : 1.0f;
    for (size_t i = 0; i < bnn_shape_values(s->op.out); i++)
        sums[i] = (int32_t)(x[i] * unit);
}

/* The chain of a stage that is not folded, on x[sums]; returns the last values, which lie in x or
 * in y. Both have room for most_values. */
static float *plain_chain(const bnn_stage *s, float *x, float *y)
{
    for (uint32_t i = 0; i < s->n_chain; i++) {
        float *const swap = x;
        bnn_op_apply(&s->chain[i], x, y);
        x = y;
        y = swap;
    }
    return x;
}

/* The chain of x[sums], with y to work in, and what comes out. */
static void plain_end(const bnn_stage *s, float *x, float *y, void *out)
{
    const size_t n = bnn_shape_values(s->out);
    const float *values = plain_chain(s, x, y);
    if (s->outputs != BNN_VALUES_BITS)
        memcpy(out, values, n * sizeof *values);
    else
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)out)[i] = values[i] >= 0.0f;
}

void bnn_plain_follow(const bnn_plain_stage *plain, const float *values, void *out, void *workspace)
{
    parts w;
    plain_parts(plain, workspace, &w);
    memcpy(w.floats[0], values, bnn_shape_values(plain->stage->op.out) * sizeof *values);
    plain_end(plain->stage, w.floats[0], w.floats[1], out);
}

void bnn_plain_run(const bnn_plain_stage *plain, const void *x, void *out, void *workspace)
{
    const bnn_stage *s = plain->stage;
    const size_t n_sums = bnn_shape_values(s->op.out);
    parts w;
    assert(workspace != NULL);
    plain_parts(plain, workspace, &w);
    float *sums = w.floats[0], *spare = w.floats[1];
    if (s->integer_sums) {
        sum_integers(s, x, &w);
        if (s->folded) {
            bnn_plain_fold(s, w.sums, (uint8_t *)w.floats[0], out);
            return;
        }
        if (s->lines != NULL) {
            plain_lines(s, w.sums, out);
            return;
        }
        for (size_t i = 0; i < n_sums; i++)
            sums[i] = bnn_stage_sum_value(s, w.sums[i]);
    } else if (s->logic != NULL) {
        bnn_logic_evaluate(s->logic, x, w.nodes, sums);
    } else {
        to_floats(s, x, sums);
        if (s->op.type != BNN_LOWER_IDENTITY) {
            bnn_op_apply(&plain->linear, sums, spare);
            sums = w.floats[1];
            spare = w.floats[0];
        }
        if (s->lines != NULL) {
            to_integers(s, sums, w.sums);
            plain_lines(s, w.sums, out);
            return;
        }
    }
    plain_end(s, sums, spare, out);
}
