#include "infer/engine/pack_products.h"

#include "base/size.h"
#include "infer/engine/pack_limits.h"
#include "infer/lines.h"

/* With these, a product with any byte, and two of them, fit into 16 bits with a sign. */
enum { LANES = BNN_PACK_LANES, TILE = BNN_PACK_TILE, WEIGHT_MOST = 127, SPILL = 16 };

static bool is_dense(const bnn_stage *s)
{
    return s->op.type == BNN_LOWER_DENSE;
}

static bool takes_pixels(const bnn_stage *s)
{
    return s->inputs == BNN_VALUES_PIXELS;
}

static size_t in_words(size_t bytes)
{
    return (bytes + 3) / 4;
}

/* ---- whether ----------------------------------------------------------------------------- */

/* What a byte of 0 stands for, and one of 1 is one more. */
static bnn_range byte_range(const bnn_stage *s)
{
    return takes_pixels(s) ? (bnn_range){-128, 127} : s->in_codes;
}

/* The largest weight without its sign, or more than there may be. */
static int32_t greatest_weight(const bnn_stage *s)
{
    float most = 0.0f;
    for (uint32_t c = 0; c < s->op.out.c; c++)
        for (size_t i = 0; i < s->taps; i++) {
            const float w = bnn_stage_weight(s, c, i);
            most = w > most ? w : -w > most ? -w : most;
        }
    return most <= (float)WEIGHT_MOST ? (int32_t)most : WEIGHT_MOST + 1;
}

/* What two products may add up to, or their difference from 0. */
static int32_t greatest_pair(const bnn_stage *s)
{
    const bnn_range in = byte_range(s);
    return 2 * greatest_weight(s) * (in.max - in.min);
}

static bool memory_fits(const bnn_stage *s)
{
    const size_t height = s->op.in.h + 2 * (size_t)s->op.padding,
                 width = s->op.in.w + 2 * (size_t)s->op.padding;
    const size_t window =
        is_dense(s) ? s->taps : (size_t)4 * s->op.kernel * s->op.kernel * s->op.in.c;
    return height * width * bnn_size_round_up(s->op.in.c, 4) <= BNN_PACK_INPUT_BYTES &&
           window * bnn_size_round_up(s->op.out.c, LANES) <= BNN_PACK_WEIGHT_BYTES / 8;
}

/* Whether windows of a pool overlap so little that each can be summed by itself; and its codes are what floats say: bits
 * are decided by integers. */
static bool lines_fit(const bnn_stage *s)
{
    const size_t n_sums = (size_t)s->op.out.h * s->op.out.w, n_out = (size_t)s->out.h * s->out.w;
    const size_t size = s->lines->pool;
    bool fit = size * size * n_out <= 2 * n_sums;
    float factor, offset;
    for (uint32_t c = 0; fit && s->outputs == BNN_VALUES_CODES && c < s->op.out.c; c++)
        fit = bnn_lines_in_floats(s, c, &factor, &offset);
    return fit;
}

bool bnn_pack_products_fit(const bnn_stage *s)
{
    if ((s->op.type != BNN_LOWER_CONV2D && !is_dense(s)) || s->logic != NULL || s->integer_sums ||
        bnn_op_groups(&s->op) > 1 || (!takes_pixels(s) && s->inputs != BNN_VALUES_CODES) ||
        !bnn_stage_sums_are_whole(s) || greatest_weight(s) > WEIGHT_MOST || !memory_fits(s))
        return false;
    return s->lines == NULL || lines_fit(s);
}

/* ---- places ------------------------------------------------------------------------------ */

static bnn_codes_places padded_places(bnn_shape shape, size_t padding, uint8_t outside)
{
    bnn_codes_places places = {
        .x_step = bnn_size_round_up(shape.c, 4), .has_padding = padding > 0, .outside = outside};
    places.y_step = (shape.w + 2 * padding) * places.x_step;
    places.origin = padding * (places.y_step + places.x_step);
    places.bytes = bnn_size_round_up((shape.h + 2 * padding) * places.y_step + SPILL, 64);
    return places;
}

bnn_codes_places bnn_pack_codes_into(const bnn_stage *s)
{
    return padded_places(s->op.in, is_dense(s) ? 0 : s->op.padding,
                         (uint8_t)((int32_t)s->op.pad_value - s->in_codes.min));
}

bnn_codes_places bnn_pack_codes_of(bnn_shape shape)
{
    return padded_places(shape, 0, 0);
}

/* Three levels of words, and the bytes from one to the next. */
typedef struct word_levels {
    size_t n[3], step[3];
} word_levels;

static word_levels find_levels(const bnn_stage *s, bnn_pack_products *p)
{
    const size_t k = s->op.kernel;
    if (takes_pixels(s) && is_dense(s)) {
        p->pixel_bytes = s->taps;
        return (word_levels){{1, 1, in_words(s->taps)}, {0, 0, 4}};
    }
    if (takes_pixels(s)) {
        const size_t row = s->op.in.w + 2 * (size_t)s->op.padding;
        const size_t plane = (s->op.in.h + 2 * (size_t)s->op.padding) * row;
        p->pixel_bytes = s->op.in.c * plane;
        p->y_step = s->op.stride * row;
        p->x_step = s->op.stride;
        return (word_levels){{s->op.in.c, k, in_words(k)}, {plane, row, 4}};
    }
    p->y_step = s->op.stride * p->in.y_step;
    p->x_step = s->op.stride * p->in.x_step;
    return (word_levels){
        {is_dense(s) ? s->op.in.h : k, is_dense(s) ? s->op.in.w : k, in_words(s->op.in.c)},
        {p->in.y_step, p->in.x_step, 4}};
}

/* Where the words of a window lie; halves: once more, for the other halves of the weights. */
static int place_bytes(const bnn_stage *s, bool halves, bnn_arena *arena, bnn_pack_products *p,
                       bnn_error *err)
{
    const word_levels l = find_levels(s, p);
    const size_t n_words = l.n[0] * l.n[1] * l.n[2];
    p->n_words = (uint32_t)(halves ? 2 * n_words : n_words);
    int32_t *word = bnn_arena_alloc(arena, p->n_words, sizeof *word);
    if (word == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < p->n_words; i++) {
        const size_t at = i % n_words, inner = at % l.n[2], row = at / l.n[2];
        word[i] =
            (int32_t)(row / l.n[1] * l.step[0] + row % l.n[1] * l.step[1] + inner * l.step[2]);
    }
    p->word = word;
    return BNN_OK;
}

/* The byte among those of a window's words that weight `tap` of a channel multiplies. */
static size_t byte_of_tap(const bnn_stage *s, size_t tap)
{
    const size_t height = is_dense(s) ? s->op.in.h : s->op.kernel,
                 width = is_dense(s) ? s->op.in.w : s->op.kernel;
    const size_t c = tap / width / height, y = tap / width % height, x = tap % width;
    if (takes_pixels(s))
        return is_dense(s) ? tap : (c * height + y) * 4 * in_words(width) + x;
    return (y * width + x) * 4 * in_words(s->op.in.c) + c;
}

/* The windows of a pool. */
static int place_windows(const bnn_stage *s, bnn_arena *arena, bnn_pack_products *p, bnn_error *err)
{
    const size_t size = s->lines != NULL && !is_dense(s) ? s->lines->pool : 0, n = size * size;
    if (n == 0)
        return BNN_OK;
    int32_t *tile = bnn_arena_alloc(arena, bnn_size_round_up(n, TILE), sizeof *tile);
    if (tile == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < bnn_size_round_up(n, TILE); i++) {
        const size_t t = bnn_size_smaller(i, n - 1);
        tile[i] = (int32_t)(t / size * p->y_step + t % size * p->x_step);
    }
    p->n_tile = (uint32_t)n;
    p->tile = tile;
    return BNN_OK;
}

static size_t output_byte(const bnn_pack_products *p, const bnn_places *bits, size_t y, size_t x)
{
    return p->limit != NULL ? bnn_places_bit(bits, 0, y, x) / 8
                            : y * p->out.y_step + x * p->out.x_step;
}

/* Of what goes out: behind a pool, or where nothing is decided of the sums. */
static int place_outputs(const bnn_stage *s, const bnn_places *bits, bnn_arena *arena,
                         bnn_pack_products *p, bnn_error *err)
{
    const bnn_shape shape = p->decides ? s->out : s->op.out;
    const size_t stride = s->lines != NULL && p->n_tile > 0 ? s->lines->pool_stride : 1;
    const size_t width = (shape.w + p->n_side - 1) / p->n_side;
    const size_t n = is_dense(s) ? 0 : shape.h * width, n_all = n + BNN_PRODUCTS_AT_A_TIME;
    int32_t *from = bnn_arena_alloc(arena, n_all, sizeof *from);
    int32_t *to = bnn_arena_alloc(arena, n_all, sizeof *to);
    if (from == NULL || to == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; n > 0 && i < n_all; i++) {
        const size_t at = bnn_size_smaller(i, n - 1), y = at / width;
        const size_t x = bnn_size_smaller(at % width * p->n_side, shape.w - p->n_side);
        from[i] = (int32_t)(stride * (y * p->y_step + x * p->x_step));
        to[i] = (int32_t)(p->decides ? output_byte(p, bits, y, x) : at);
    }
    p->n_places = (uint32_t)n;
    p->from = from;
    p->to = to;
    return BNN_OK;
}

/* ---- weights and lines ------------------------------------------------------------------- */

/* Whether values fall as sums rise: where the greatest sum of a window gives the code. */
static bool value_falls(const bnn_stage *s, uint32_t c)
{
    return s->lines != NULL && (s->lines->pool == 0 || s->lines->least[c] == 0);
}

static int32_t value_weight(const bnn_stage *s, uint32_t c, size_t tap)
{
    const int32_t weight = (int32_t)bnn_stage_weight(s, c, tap);
    return value_falls(s, c) ? -weight : weight;
}

/* Lanes from one window to the next. */
static uint32_t side_lanes(const bnn_pack_products *p)
{
    return LANES / p->n_side;
}

/* How many windows of pixels share the lanes of a group. */
static void put_side_by_side(const bnn_stage *s, bnn_pack_products *p)
{
    const uint32_t channels = (uint32_t)p->out.x_step;
    p->n_side = 1;
    if (!takes_pixels(s) || is_dense(s) || s->outputs != BNN_VALUES_CODES || !p->decides ||
        s->lines->pool != 0 || s->op.stride != 1 || (channels != 4 && channels != 8) ||
        s->op.out.w < LANES / channels)
        return;
    p->n_side = LANES / channels;
    for (uint32_t i = 0; i < sizeof p->spread; i++)
        p->spread[i] = (uint8_t)(i / 4 / channels + i % 4);
}

static int pack_products_weights(const bnn_stage *s, bool halves, bnn_arena *arena,
                                 bnn_pack_products *p, bnn_error *err)
{
    uint32_t *weights = bnn_arena_alloc(arena, (size_t)p->n_groups * p->n_words, (size_t)4 * LANES);
    if (weights == NULL)
        return bnn_no_memory(err);
    const size_t other = p->n_words / 2 * (size_t)LANES;
    for (size_t tap = 0; tap < s->taps; tap++) {
        const size_t byte = byte_of_tap(s, tap), shift = byte % 4 * 8;
        for (uint32_t c = 0; c < s->op.out.c; c++) {
            const int32_t weight = value_weight(s, c, tap), half = halves ? weight / 2 : 0;
            uint32_t *to =
                weights + (c / LANES * (size_t)p->n_words + byte / 4) * LANES + c % LANES;
            to[0] |= (uint32_t)(uint8_t)(weight - half) << shift;
            if (halves)
                to[other] |= (uint32_t)(uint8_t)half << shift;
            for (uint32_t lane = side_lanes(p); lane < LANES; lane += side_lanes(p)) {
                to[lane] = to[0];
                if (halves)
                    to[other + lane] = to[other];
            }
        }
    }
    p->weights = weights;
    return BNN_OK;
}

/* What makes values of the sums of products, and codes of values. */
static int pack_ends(const bnn_stage *s, bnn_pack_target target, bnn_arena *arena,
                     bnn_pack_products *p, bnn_error *err)
{
    const size_t n = (size_t)p->n_groups * LANES;
    int32_t *base = bnn_arena_alloc(arena, n, sizeof *base);
    float *factor = bnn_arena_alloc(arena, n, sizeof *factor);
    float *offset = bnn_arena_alloc(arena, n, sizeof *offset);
    if (base == NULL || factor == NULL || offset == NULL)
        return bnn_no_memory(err);
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        int64_t sum = 0;
        for (size_t i = 0; i < s->taps; i++)
            sum += value_weight(s, c, i);
        /* Both it and the products may leave 32 bits; a value does not. */
        base[c] = (int32_t)(uint32_t)(sum * (byte_range(s).min + target.byte_zero));
        if (p->decides && s->outputs == BNN_VALUES_CODES &&
            bnn_lines_in_floats(s, c, &factor[c], &offset[c]) && value_falls(s, c))
            factor[c] = -factor[c];
        for (uint32_t lane = c + side_lanes(p); lane < LANES; lane += side_lanes(p)) {
            base[lane] = base[c];
            factor[lane] = factor[c];
            offset[lane] = offset[c];
        }
    }
    p->base = base;
    p->factor = factor;
    p->offset = offset;
    return BNN_OK;
}

/* A value is a sum, or its negation where it falls. */
static int pack_limits(const bnn_stage *s, bnn_arena *arena, bnn_pack_products *p, bnn_error *err)
{
    if (!p->decides || s->outputs != BNN_VALUES_BITS)
        return BNN_OK;
    int32_t *limit = bnn_arena_alloc(arena, (size_t)p->n_groups * LANES, sizeof *limit);
    uint16_t *invert = bnn_arena_alloc(arena, p->n_groups, sizeof *invert);
    if (limit == NULL || invert == NULL)
        return bnn_no_memory(err);
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        const bnn_line_threshold t = bnn_lines_threshold(s, c);
        limit[c] = 1 - t.sum;
        invert[c / LANES] |= (uint16_t)(t.inverted << c % LANES);
    }
    p->limit = limit;
    p->invert = invert;
    return BNN_OK;
}

int bnn_pack_products_stage(const bnn_stage *s, const bnn_places *bits, bnn_pack_target target,
                            bnn_arena *arena, bnn_pack_products *p, bnn_error *err)
{
    /* Where two products can be too much for the loop, each weight is the sum of two. */
    const int32_t pair = greatest_pair(s);
    const bool halves = pair > target.pair_most;
    p->words_most = pair == 0 ? UINT32_MAX : (uint32_t)(INT16_MAX / pair);
    p->n_groups = (uint32_t)(bnn_size_round_up(s->op.out.c, LANES) / LANES);
    p->decides = s->lines != NULL;
    put_side_by_side(s, p);
    int status = place_bytes(s, halves, arena, p, err);
    if (status == BNN_OK)
        status = pack_products_weights(s, halves, arena, p, err);
    if (status == BNN_OK)
        status = pack_ends(s, target, arena, p, err);
    if (status == BNN_OK)
        status = place_windows(s, arena, p, err);
    if (status == BNN_OK)
        status = pack_limits(s, arena, p, err);
    if (status == BNN_OK)
        status = place_outputs(s, bits, arena, p, err);
    /* Not where some places' first groups are stored before their next ones, nor over padding. */
    p->spills = p->n_side > 1 ||
                (!p->out.has_padding && (is_dense(s) || p->n_tile > 0 || p->n_groups == 1));
    return status;
}
