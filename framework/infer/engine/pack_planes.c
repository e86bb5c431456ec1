#include "infer/engine/pack_planes.h"

#include "base/size.h"
#include "infer/engine/pack_limits.h"

enum { PLANES_MOST = 4 };

/* Of the largest magnitude; or more than there may be. */
static uint32_t count_planes(const bnn_stage *s)
{
    const float top = (float)(1 << PLANES_MOST);
    uint32_t n = 1;
    for (uint32_t c = 0; c < s->op.out.c; c++)
        for (size_t i = 0; i < s->taps && n <= PLANES_MOST; i++) {
            const float w = bnn_stage_weight(s, c, i), magnitude = w < 0.0f ? -w : w;
            while (magnitude < top ? (uint32_t)magnitude >> n != 0 : n <= PLANES_MOST)
                n++;
        }
    return n;
}

static bool planes_are_dense(const bnn_stage *s)
{
    return s->op.type == BNN_LOWER_DENSE;
}

/* Words of a window: of a kernel's rows, in which positions are neighbours. */
static size_t window_words(const bnn_stage *s)
{
    const size_t position = bnn_places_dense_positions(s->op.in, s->op.padding, false).x_step;
    return planes_are_dense(s) ? (s->taps + 31) / 32
                               : (size_t)s->op.kernel * ((s->op.kernel * position + 31) / 32);
}

static bool planes_fit_memory(const bnn_stage *s, uint32_t n_planes)
{
    const size_t height = s->op.in.h + 2 * (size_t)s->op.padding,
                 width = s->op.in.w + 2 * (size_t)s->op.padding;
    const size_t lanes = bnn_size_round_up(s->op.out.c, BNN_PACK_LANES);
    /* A dense stage may have a word for each weight, if its inputs are far apart. */
    const size_t n_words = planes_are_dense(s) ? s->taps : window_words(s);
    return height * width * bnn_size_round_up(s->op.in.c, 32) / 8 <= BNN_PACK_INPUT_BYTES &&
           n_words * lanes <= BNN_PACK_WEIGHT_BYTES / 8 / n_planes;
}

static bool planes_fit(const bnn_stage *s)
{
    return (s->op.type == BNN_LOWER_CONV2D || planes_are_dense(s)) && s->logic == NULL &&
           !s->integer_sums && s->inputs == BNN_VALUES_BITS && bnn_op_groups(&s->op) == 1 &&
           (s->op.padding == 0 || s->op.pad_value != 0.0f) && bnn_stage_sums_are_whole(s);
}

/* The choice. Otherwise sums would be of floats: a multiply-add for each weight of 16 channels. A word of a plane, up to
 * 32 weights, takes as many instructions as plane_cost of those: with AVX-512 one for the digits that differ, one that
 * counts bits, one that adds; with AVX2, which counts half bytes in a table, nine.
 *
 * What was measured, as times of the words alone (Zen 5): bytes against one plane, 3x3 places of 16 channels 2.1 (AVX-512)
 * and 1.4 (AVX2, 0.95 beside sums in 16 bits), of 64 channels 4.2 and 3.0 (2.1), dense of 2048 4.3 and 3.1 (2.1); against two
 * half of that. Codes of 2 bits as planes of their own would be another half: at most 2.2 with AVX-512 and 1.07 with AVX2 beside
 * sums in 16 bits, for ternary weights; of 4 bits bytes are as fast or faster everywhere. So codes are bytes. */
static bool planes_pay(const bnn_stage *s, uint32_t n_planes, bnn_pack_target target)
{
    return window_words(s) * n_planes * target.plane_cost <= s->taps;
}

uint32_t bnn_pack_planes_of(const bnn_stage *s, bnn_pack_target target)
{
    if (!planes_fit(s))
        return 0;
    const uint32_t n = count_planes(s);
    return n <= PLANES_MOST && planes_fit_memory(s, n) && planes_pay(s, n, target) ? n : 0;
}

void bnn_pack_planes_put(uint32_t n_planes, int32_t weight, uint32_t slot, size_t step,
                         uint32_t *to)
{
    const uint32_t magnitude = (uint32_t)(weight < 0 ? -weight : weight);
    for (uint32_t plane = n_planes; plane-- > 0; to += step) {
        to[0] |= (uint32_t)(weight > 0) << slot;
        to[BNN_PACK_LANES] |= (magnitude >> plane & 1) << slot;
    }
}

int32_t bnn_pack_planes_base(const bnn_stage *s, uint32_t c)
{
    int32_t sum = 0;
    for (size_t i = 0; i < s->taps; i++) {
        const int32_t w = (int32_t)bnn_stage_weight(s, c, i);
        sum += w < 0 ? -w : w;
    }
    return sum;
}
