#include "infer/engine/pack.h"

#include "infer/engine/pack_limits.h"
#include "infer/lines.h"

/* Sums of all patterns of all rows, which should stay in the first-level cache. */
#define PATTERN_BYTES_MAX ((size_t)1 << 18)

enum { LANES = BNN_PACK_LANES, TILE = BNN_PACK_TILE };

static size_t divided_up(size_t n, size_t divisor)
{
    return (n + divisor - 1) / divisor;
}

static bool weight_is_plus(const bnn_stage *s, uint32_t c, size_t tap)
{
    return s->bits[c * s->row_words + tap / 64] >> tap % 64 & 1;
}

/* ---- which loop and which places ---------------------------------------------------------- */

/* Words of a window that is read from bits in positions, or from pixels; an upper bound for
 * a dense stage. */
static size_t most_words(const bnn_stage *s)
{
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    if (s->op.type == BNN_LOWER_DENSE)
        return s->taps;
    return pixels ? (size_t)s->op.in.c * s->op.kernel * divided_up(s->op.kernel, 4)
                  : (size_t)s->op.kernel * s->op.kernel * divided_up(s->op.in.c, 32);
}

static bool words_fit(const bnn_stage *s)
{
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    const size_t height = s->op.in.h + 2 * (size_t)s->op.padding,
                 width = s->op.in.w + 2 * (size_t)s->op.padding;
    const size_t position = pixels ? s->op.in.c : divided_up(s->op.in.c, 32) * 4;
    if (s->op.type != BNN_LOWER_DENSE && height * width * position > BNN_PACK_INPUT_BYTES)
        return false;
    return most_words(s) * divided_up(s->op.out.c, LANES) * LANES * 4 <= BNN_PACK_WEIGHT_BYTES;
}

/* Whether a stage can take bits in rows. */
static bool takes_rows(const bnn_pack *p)
{
    const bnn_stage *s = p->stage;
    if (s->op.type != BNN_LOWER_CONV2D || (!s->integer_sums && p->words.n_planes == 0))
        return s->op.in.w <= 32;
    return s->op.in.w + s->op.padding <= 32 && s->op.kernel <= 32 &&
           (s->op.in.h + 2 * (size_t)s->op.padding) * bnn_pack_row_words(s) *
                   bnn_pack_row_columns(s) <=
               BNN_PACK_INPUT_BYTES / 4;
}

static size_t pattern_bytes(const bnn_stage *s)
{
    const size_t rows = (s->op.in.h + 2 * (size_t)s->op.padding) * s->op.in.c;
    return rows * ((size_t)1 << (s->op.kernel - 1)) * LANES * 4;
}

/* next: the stage behind. Sums of unsigned pixels must fit into 16 bits. */
static bool rows_fit(const bnn_stage *s, const bnn_pack *next)
{
    return s->inputs == BNN_VALUES_PIXELS && s->op.type == BNN_LOWER_CONV2D && s->folded &&
           s->fold.n_tables == 0 && s->fold.pool == 2 && s->fold.pool_stride == 2 &&
           s->op.stride == 1 && s->op.kernel <= 5 && s->taps <= INT16_MAX / 255 &&
           s->out.w <= LANES && s->op.in.w + 2 * s->op.padding <= BNN_PACK_ROW_BYTES &&
           pattern_bytes(s) <= PATTERN_BYTES_MAX && takes_rows(next);
}

static bnn_pack_loop loop_for(const bnn_pack *p, const bnn_pack *next)
{
    const bnn_stage *s = p->stage;
    if (p->words.n_planes > 0)
        return BNN_PACK_WORDS;
    if (s->lines != NULL)
        return BNN_PACK_PLAIN;
    if (s->logic != NULL)
        return bnn_pack_logic_fits(s->logic) ? BNN_PACK_LOGIC : BNN_PACK_PLAIN;
    if (!s->integer_sums)
        return BNN_PACK_FLOATS;
    if (bnn_op_groups(&s->op) > 1)
        return BNN_PACK_PLAIN;
    if (rows_fit(s, next))
        return BNN_PACK_ROWS;
    return words_fit(s) ? BNN_PACK_WORDS : BNN_PACK_PLAIN;
}

/* Whether lanes of a stage that gives bits are the channels of a position. */
static bool gives_positions(const bnn_pack *p)
{
    return p->loop == BNN_PACK_WORDS || (p->loop == BNN_PACK_PRODUCTS && p->stage->lines != NULL);
}

/* The places of the bits between a stage and the next. */
static bnn_places places_between(const bnn_pack *p, const bnn_pack *next)
{
    const bnn_shape shape = p->stage->out;
    const bnn_op *op = &next->stage->op;
    const bool convolves = next->loop == BNN_PACK_WORDS && op->type == BNN_LOWER_CONV2D;
    if (p->loop == BNN_PACK_ROWS)
        return bnn_places_rows(shape);
    if (convolves && !gives_positions(p) && takes_rows(next))
        return bnn_places_rows(shape);
    if (convolves && next->words.n_planes > 0)
        return bnn_places_dense_positions(shape, op->padding, op->pad_value > 0);
    if (convolves)
        return bnn_places_positions(shape, 32, op->padding, op->pad_value > 0);
    return gives_positions(p) ? bnn_places_positions(shape, LANES, 0, false)
                              : bnn_places_flat(shape);
}

/* ---- words ------------------------------------------------------------------------------- */

static bool is_in_rows(const bnn_places *places)
{
    return places->c_step == 32 && places->x_step == 1;
}

/* Where the inputs of a window lie. */
static int place_words(const bnn_pack *p, bnn_pack_words *w, bnn_arena *arena, bnn_error *err)
{
    const bnn_stage *s = p->stage;
    const bool conv = s->op.type == BNN_LOWER_CONV2D, pixels = s->inputs == BNN_VALUES_PIXELS;
    const size_t height = s->op.in.h + 2 * (size_t)s->op.padding;
    /* Three levels of words, and the bytes from one to the next. */
    size_t n[3] = {1, 1, p->in.words}, step[3] = {0, 0, 4};
    if (pixels && conv) {
        const size_t row = bnn_pack_pixel_row(s);
        n[0] = s->op.in.c, n[1] = s->op.kernel, n[2] = divided_up(s->op.kernel, 4);
        step[0] = height * row, step[1] = row;
        w->y_step = s->op.stride * row, w->x_step = s->op.stride;
        w->input_bytes = s->op.in.c * height * row;
    } else if (pixels) {
        n[2] = divided_up(s->taps, 4);
        w->input_bytes = s->taps;
    } else if (conv && is_in_rows(&p->in)) {
        n[1] = s->op.kernel, n[2] = bnn_pack_row_words(s);
        step[2] = (size_t)4 * bnn_pack_row_columns(s), step[1] = n[2] * step[2];
        w->y_step = s->op.stride * step[1], w->x_step = (size_t)4 * s->op.stride;
        w->input_bytes = height * step[1];
    } else if (conv && w->n_planes > 0) {
        n[1] = s->op.kernel, n[2] = divided_up(s->op.kernel * p->in.x_step, 32);
        step[1] = p->in.y_step / 8;
        w->y_step = s->op.stride * step[1], w->x_step = s->op.stride * p->in.x_step / 8;
    } else if (conv) {
        n[0] = n[1] = s->op.kernel, n[2] = divided_up(s->op.in.c, 32);
        step[0] = p->in.y_step / 8, step[1] = p->in.x_step / 8;
        w->y_step = s->op.stride * step[0], w->x_step = s->op.stride * step[1];
    }
    w->n_words = (uint32_t)(n[0] * n[1] * n[2]);
    int32_t *offset = bnn_arena_alloc(arena, w->n_words, sizeof *offset);
    if (offset == NULL)
        return bnn_no_memory(err);
    w->offset = offset;
    for (size_t i = 0; i < n[0]; i++)
        for (size_t j = 0; j < n[1]; j++)
            for (size_t k = 0; k < n[2]; k++)
                *offset++ = (int32_t)(i * step[0] + j * step[1] + k * step[2]);
    return BNN_OK;
}

/* The word of a window that holds input (c, y, x) of the kernel, and the bit or byte in it. */
static void find_tap(const bnn_pack *p, size_t c, size_t y, size_t x, size_t *word, uint32_t *slot)
{
    const bnn_stage *s = p->stage;
    const size_t k = s->op.kernel;
    if (s->op.type == BNN_LOWER_DENSE) {
        const size_t per_word = s->inputs == BNN_VALUES_PIXELS ? 4 : 32;
        const size_t at = s->inputs == BNN_VALUES_PIXELS ? (c * s->op.in.h + y) * s->op.in.w + x
                                                         : bnn_places_bit(&p->in, c, y, x);
        *word = at / per_word;
        *slot = (uint32_t)(at % per_word);
    } else if (s->inputs == BNN_VALUES_PIXELS) {
        *word = (c * k + y) * divided_up(k, 4) + x / 4;
        *slot = x % 4;
    } else if (is_in_rows(&p->in)) {
        const size_t channels = bnn_pack_row_channels(s);
        *word = y * bnn_pack_row_words(s) + c / channels;
        *slot = (uint32_t)(c % channels * k + x);
    } else if (p->words.n_planes > 0) {
        const size_t at = x * p->in.x_step + c;
        *word = y * divided_up(k * p->in.x_step, 32) + at / 32;
        *slot = at % 32;
    } else {
        *word = (y * k + x) * divided_up(s->op.in.c, 32) + c / 32;
        *slot = c % 32;
    }
}

/* Whether the weights of a channel are stored negated: where the least value of a pool decides,
 * values have to fall as sums rise; the number of different bits does so by itself. */
static bool is_negated(const bnn_pack *p, uint32_t c)
{
    const bool pixels = p->stage->inputs == BNN_VALUES_PIXELS;
    const bool all = p->stage->folded && p->stage->fold.rule[c] & BNN_RULE_AND;
    if (p->words.n_planes > 0)
        return p->words.decides && p->stage->lines->pool != 0 && p->stage->lines->least[c] != 0;
    return p->words.decides && all != pixels;
}

/* Of channel c in a word and a place in it. */
static void pack_weight(const bnn_pack *p, uint32_t c, size_t tap, size_t word, uint32_t slot,
                        uint32_t *weights)
{
    const bnn_pack_words *w = &p->words;
    const bnn_stage *s = p->stage;
    const bool negated = is_negated(p, c);
    uint32_t *const to = weights + c / LANES * w->group_weights + c % LANES;
    if (w->n_planes > 0) {
        const int32_t weight = (int32_t)bnn_stage_weight(s, c, tap);
        bnn_pack_planes_put(w->n_planes, negated ? -weight : weight, slot,
                            (size_t)w->n_words * 2 * LANES, to + word * 2 * LANES);
        return;
    }
    const bool plus = weight_is_plus(s, c, tap) != negated;
    const uint32_t pixel_weight = plus ? 1 : 0xff; /* +1 or -1 in a byte */
    to[word * LANES] |=
        s->inputs == BNN_VALUES_PIXELS ? pixel_weight << 8 * slot : (uint32_t)plus << slot;
}

static int pack_weights(const bnn_pack *p, bnn_pack_words *w, bnn_arena *arena, bnn_error *err)
{
    const bnn_stage *s = p->stage;
    const bool dense = s->op.type == BNN_LOWER_DENSE;
    const size_t height = dense ? s->op.in.h : s->op.kernel,
                 width = dense ? s->op.in.w : s->op.kernel;
    w->group_weights = (size_t)LANES * w->n_words * (w->n_planes > 0 ? 2 * w->n_planes : 1);
    uint32_t *weights = bnn_arena_alloc(arena, w->n_groups, 4 * w->group_weights);
    if (weights == NULL)
        return bnn_no_memory(err);
    for (size_t tap = 0; tap < s->taps; tap++) {
        size_t word;
        uint32_t slot;
        find_tap(p, tap / width / height, tap / width % height, tap % width, &word, &slot);
        for (uint32_t c = 0; c < s->op.out.c; c++)
            pack_weight(p, c, tap, word, slot, weights);
    }
    w->weights = weights;
    return BNN_OK;
}

static int32_t sum_of_weights(const bnn_stage *s, uint32_t c)
{
    int32_t sum = 0;
    for (size_t i = 0; i < s->taps; i++)
        sum += weight_is_plus(s, c, i) ? 1 : -1;
    return sum;
}

/* The limit of a channel and whether it is inverted. With the maximum of a window's sums (its bit
 * is 1 where any is): sum >= threshold for the largest sum, which has the least value. With all: no
 * sum < threshold, so not the least; weights are negated the other way round, so the least
 * sum has the least value here. zero: what the engine's pixel products add to a sum. */
static int32_t limit_of(const bnn_stage *s, uint32_t c, int32_t zero, bool *invert)
{
    const int32_t threshold = s->fold.threshold[c], taps = (int32_t)s->taps;
    const bool all = s->fold.rule[c] & BNN_RULE_AND;
    *invert = all;
    if (s->inputs == BNN_VALUES_PIXELS)
        return all ? threshold + zero : 1 - threshold - zero;
    /* different < limit says sum = taps - 2 * different >= threshold. */
    const int32_t limit = (taps - threshold + 2) / 2;
    return all ? taps - limit + 1 : limit;
}

/* The same of planes: a value is half of what the sum that counts is below the base. */
static int32_t planes_limit_of(const bnn_stage *s, uint32_t c, int32_t base, bool *invert)
{
    const bnn_line_threshold t = bnn_lines_threshold(s, c);
    *invert = t.inverted;
    return base < t.sum ? 0 : (base - t.sum) / 2 + 1;
}

static int32_t number_of(const bnn_stage *s, const bnn_pack_words *w, int32_t pixel_zero,
                         uint32_t c, bool *invert)
{
    if (w->n_planes > 0) {
        const int32_t base = bnn_pack_planes_base(s, c);
        return w->decides ? planes_limit_of(s, c, base, invert) : base;
    }
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    const int32_t zero = pixels ? (128 - pixel_zero) * sum_of_weights(s, c) : 0;
    return w->decides ? limit_of(s, c, zero, invert) : pixels ? -zero : (int32_t)s->taps;
}

static int pack_decisions(const bnn_stage *s, bnn_pack_words *w, int32_t pixel_zero,
                          bnn_arena *arena, bnn_error *err)
{
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    int32_t *numbers = bnn_arena_alloc(arena, (size_t)w->n_groups * LANES, sizeof *numbers);
    uint16_t *invert = bnn_arena_alloc(arena, w->n_groups, sizeof *invert);
    if (numbers == NULL || invert == NULL)
        return bnn_no_memory(err);
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        bool inverted = false;
        numbers[c] = number_of(s, w, pixel_zero, c, &inverted);
        invert[c / LANES] |= (uint16_t)(inverted << c % LANES);
    }
    w->factor = pixels ? 1 : -2;
    w->invert = invert;
    *(w->decides ? &w->limit : &w->base) = numbers;
    return BNN_OK;
}

static uint32_t pool_of(const bnn_stage *s)
{
    return s->lines != NULL ? s->lines->pool : s->fold.pool;
}

/* The windows of a pool. A dense stage's has one. */
static int place_tile(const bnn_stage *s, bnn_pack_words *w, bnn_arena *arena, bnn_error *err)
{
    const size_t size = pool_of(s), n = size * size;
    w->pool_stride = s->lines != NULL ? s->lines->pool_stride : s->fold.pool_stride;
    if (!w->decides || n == 0 || s->op.type == BNN_LOWER_DENSE)
        return BNN_OK;
    w->n_tile = (uint32_t)divided_up(n, TILE) * TILE;
    int32_t *tile = bnn_arena_alloc(arena, w->n_tile, sizeof *tile);
    if (tile == NULL)
        return bnn_no_memory(err);
    w->tile = tile;
    for (size_t i = 0; i < w->n_tile; i++) {
        const size_t t = i < n ? i : n - 1;
        tile[i] = (int32_t)(t / size * w->y_step + t % size * w->x_step);
    }
    return BNN_OK;
}

/* Whether the pool's windows can be decided by themselves: not where there are tables; and where
 * windows overlap much, it is better to make each sum only once. */
static bool pack_decides(const bnn_stage *s)
{
    const size_t n_sums = (size_t)s->op.out.h * s->op.out.w, n_out = (size_t)s->out.h * s->out.w;
    const size_t size = pool_of(s);
    return (s->lines != NULL || (s->folded && s->fold.n_tables == 0)) &&
           s->outputs == BNN_VALUES_BITS && size * size * n_out <= 4 * n_sums;
}

static int pack_words(bnn_pack *p, int32_t pixel_zero, bnn_arena *arena, bnn_error *err)
{
    bnn_pack_words *w = &p->words;
    w->n_groups = (uint32_t)divided_up(p->stage->op.out.c, LANES);
    w->decides = pack_decides(p->stage);
    int status = place_words(p, w, arena, err);
    if (status == BNN_OK)
        status = pack_weights(p, w, arena, err);
    if (status == BNN_OK)
        status = pack_decisions(p->stage, w, pixel_zero, arena, err);
    if (status == BNN_OK)
        status = place_tile(p->stage, w, arena, err);
    return status;
}

/* ---- rows -------------------------------------------------------------------------------- */

/* The pattern of a kernel row, or of its negation: bit i - 1 is 1 where the sign of weight i is not
 * that of weight 0. */
static size_t pattern_of(const bnn_stage *s, uint32_t c, size_t first_tap)
{
    size_t pattern = 0;
    for (size_t i = 1; i < s->op.kernel; i++)
        pattern |= (size_t)(weight_is_plus(s, c, first_tap + i) != weight_is_plus(s, c, first_tap))
                   << (i - 1);
    return pattern;
}

/* The rows of channel c: those that are added, then those that are subtracted. */
static uint32_t place_rows(const bnn_stage *s, const bnn_pack_rows *r, uint32_t c, int32_t *offset)
{
    const size_t n = (size_t)s->op.in.c * s->op.kernel;
    const bool all = s->fold.rule[c] & BNN_RULE_AND;
    uint32_t n_placed = 0, n_plus = 0;
    for (int subtracted = 0; subtracted < 2; subtracted++) {
        for (size_t i = 0; i < n; i++) {
            const size_t tap = i * s->op.kernel;
            /* Negated where any bit of the pool suffices, as above. */
            if ((weight_is_plus(s, c, tap) == all) == (subtracted == 1))
                continue;
            const size_t row = i / s->op.kernel * r->height + i % s->op.kernel;
            offset[n_placed++] =
                (int32_t)((row * r->n_patterns + pattern_of(s, c, tap)) * LANES * 4);
        }
        if (subtracted == 0)
            n_plus = n_placed;
    }
    return n_plus;
}

static int pack_rows(bnn_pack *p, bnn_arena *arena, bnn_error *err)
{
    const bnn_stage *s = p->stage;
    const uint32_t channels = s->op.out.c;
    const size_t n = (size_t)s->op.in.c * s->op.kernel;
    int32_t *offset = bnn_arena_alloc(arena, channels * n, sizeof *offset);
    uint32_t *n_plus = bnn_arena_alloc(arena, channels, sizeof *n_plus);
    int16_t *limit = bnn_arena_alloc(arena, channels, sizeof *limit);
    uint32_t *invert = bnn_arena_alloc(arena, channels, sizeof *invert);
    if (offset == NULL || n_plus == NULL || limit == NULL || invert == NULL)
        return bnn_no_memory(err);
    p->rows = (bnn_pack_rows){.height = s->op.in.h + 2 * s->op.padding,
                              .n_patterns = 1u << (s->op.kernel - 1),
                              .offset = offset,
                              .n_plus = n_plus,
                              .limit = limit,
                              .invert = invert};
    for (uint32_t c = 0; c < channels; c++) {
        bool inverted;
        const int32_t wanted = limit_of(s, c, 128 * sum_of_weights(s, c), &inverted);
        /* No value reaches the ends of 16 bits. */
        limit[c] = (int16_t)(wanted > INT16_MAX   ? INT16_MAX
                             : wanted < INT16_MIN ? INT16_MIN
                                                  : wanted);
        invert[c] = inverted ? (1u << s->out.w) - 1 : 0;
        n_plus[c] = place_rows(s, &p->rows, c, offset + c * n);
    }
    return BNN_OK;
}

/* Codes are bytes where both a stage and the next one take bytes, else floats. */
static void join_products(bnn_pack *p, bnn_pack *next)
{
    if (p->stage->lines == NULL || p->stage->outputs != BNN_VALUES_CODES)
        return;
    p->products.gives_floats = next == NULL || next->loop != BNN_PACK_PRODUCTS;
    p->products.out =
        p->products.gives_floats ? bnn_pack_codes_of(p->stage->out) : next->products.in;
    if (!p->products.gives_floats)
        next->products.takes_floats = false;
}

/* Sums of planes end in bits where they decide them, else in floats. */
static void choose_stage(const bnn_stage *s, const bnn_stage *unfolded, bnn_pack_target target,
                         bnn_pack *p)
{
    const bool products = bnn_pack_products_fit(s);
    const bool decides = s->lines != NULL && pack_decides(s);
    p->words.n_planes = decides || unfolded->lines == NULL ? bnn_pack_planes_of(s, target) : 0;
    p->stage = products || (p->words.n_planes > 0 && decides) ? s : unfolded;
    p->loop = products ? BNN_PACK_PRODUCTS : BNN_PACK_PLAIN;
    p->products.takes_floats = products && s->inputs == BNN_VALUES_CODES;
    if (p->products.takes_floats)
        p->products.in = bnn_pack_codes_into(s);
}

/* Bits of products lie side by side as words are read; others would take them apart one by one, which costs more than
 * floats do. */
static bool gives_words_to_none(const bnn_pack *p, const bnn_pack *next)
{
    return p->loop == BNN_PACK_PRODUCTS && p->stage->lines != NULL &&
           p->stage->outputs == BNN_VALUES_BITS && next->loop != BNN_PACK_WORDS;
}

static void choose_loops(const bnn_model *model, const bnn_model *unfolded, bnn_pack_target target,
                         bnn_pack *packs)
{
    const uint32_t n = model->n_stages;
    for (uint32_t i = 0; i < n; i++)
        choose_stage(&model->stages[i], &unfolded->stages[i], target, &packs[i]);
    for (uint32_t i = 0; i < n; i++)
        if (packs[i].loop != BNN_PACK_PRODUCTS)
            packs[i].loop = loop_for(&packs[i], &packs[i + 1 < n ? i + 1 : i]);
    for (uint32_t i = 0; i + 1 < n; i++)
        if (gives_words_to_none(&packs[i], &packs[i + 1]) && unfolded->stages[i].lines == NULL) {
            packs[i] = (bnn_pack){.stage = &unfolded->stages[i]};
            packs[i].loop = loop_for(&packs[i], &packs[i + 1]);
        }
    for (uint32_t i = 0; i < n; i++)
        if (packs[i].loop == BNN_PACK_PRODUCTS)
            join_products(&packs[i], i + 1 < n ? &packs[i + 1] : NULL);
}

int bnn_pack_model(const bnn_model *model, const bnn_model *unfolded, bnn_pack_target target,
                   uint32_t row_bytes, bnn_arena *arena, bnn_pack **out, bnn_error *err)
{
    bnn_pack *packs = bnn_arena_alloc(arena, model->n_stages, sizeof *packs);
    int status = BNN_OK;
    if (packs == NULL)
        return bnn_no_memory(err);
    choose_loops(model, unfolded, target, packs);
    for (uint32_t i = 0; status == BNN_OK && i < model->n_stages; i++) {
        bnn_pack *p = &packs[i];
        if (p->stage->outputs == BNN_VALUES_BITS)
            p[1].in = p->out = places_between(p, p + 1);
        if (p->loop == BNN_PACK_WORDS)
            status = pack_words(p, target.byte_zero, arena, err);
        else if (p->loop == BNN_PACK_PRODUCTS)
            status = bnn_pack_products_stage(p->stage, &p->out, target, arena, &p->products, err);
        else if (p->loop == BNN_PACK_ROWS)
            status = pack_rows(p, arena, err);
        else if (p->loop == BNN_PACK_LOGIC)
            status = bnn_pack_logic_stage(model, p->stage, &p->in, &p->out, row_bytes, arena,
                                          &p->logic, err);
        else if (p->loop == BNN_PACK_PLAIN)
            status = bnn_plain_prepare(p->stage, arena, &p->plain, err);
    }
    if (status == BNN_OK)
        *out = packs;
    return status;
}
