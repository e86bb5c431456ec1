#include "deploy/engine_plan.h"

#include <string.h>

/* What is being laid out. */
typedef struct planner {
    bnn_fast_plan *plan;
    uint32_t n_lanes;
    bnn_arena *arena;
    bnn_error *err;
} planner;

static int no_memory(const planner *p)
{
    return bnn_fail(p->err, BNN_E_INTERNAL, "not enough memory for the engine");
}

static size_t aligned(size_t n)
{
    return (n + 63) / 64 * 64;
}

static void grow(size_t *size, size_t n)
{
    if (aligned(n) > *size)
        *size = aligned(n);
}

static size_t plane_of(bnn_shape s)
{
    return (size_t)s.h * s.w;
}

/* ---- frames ------------------------------------------------------------------------------ */

static void set_bits(uint64_t *words, size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++)
        words[i / 64] |= (uint64_t)1 << i % 64;
}

/* The frame of bits in front of a stage. */
static int make_frame(const planner *p, const bnn_stage *next, bnn_frame *out)
{
    const bnn_shape s = next->in;
    const bool pads = next->linear == BNN_LOWER_CONV2D && next->padding > 0;
    bnn_frame f = {.c = s.c, .h = s.h, .w = s.w, .pad = pads ? next->padding : 0};
    f.row_bits = (size_t)(s.w + 2 * f.pad) * s.c;
    f.n_words = (f.row_bits * (s.h + 2 * f.pad) + 63) / 64 + 2;
    uint64_t *blank = bnn_arena_alloc(p->arena, f.n_words, sizeof *blank);
    if (blank == NULL)
        return no_memory(p);
    if (pads && next->pad_value > 0) {
        const size_t side = (size_t)f.pad * s.c, rows = (size_t)f.pad * f.row_bits;
        set_bits(blank, 0, rows);
        set_bits(blank, rows + s.h * f.row_bits, rows);
        for (size_t h = 0; h < s.h; h++) {
            set_bits(blank, rows + h * f.row_bits, side);
            set_bits(blank, rows + (h + 1) * f.row_bits - side, side);
        }
    }
    f.blank = blank;
    *out = f;
    return BNN_OK;
}

/* ---- decisions --------------------------------------------------------------------------- */

static int32_t sum_of_weights(const bnn_stage *s, uint32_t c)
{
    int32_t n_ones = 0;
    for (size_t i = 0; i < s->row_words; i++)
        n_ones += __builtin_popcountll(s->bits[c * s->row_words + i]);
    return 2 * n_ones - (int32_t)s->taps;
}

static int32_t half_down(int32_t x)
{
    return x >= 0 ? x / 2 : -((1 - x) / 2);
}

/* sum = taps - 2 differences >= threshold, or product - offset >= threshold. */
static void set_limit(const bnn_stage *s, bool pixels, uint32_t c, int32_t *limit, int32_t *offset)
{
    *offset = pixels ? 128 * sum_of_weights(s, c) : 0;
    if (!s->folded)
        return;
    const int32_t threshold = s->fold.threshold[c];
    *limit = pixels ? threshold + *offset : half_down((int32_t)s->taps - threshold);
}

static int plan_decisions(const planner *p, bnn_fast_stage *f)
{
    const bnn_stage *s = f->stage;
    const size_t room = (size_t)(s->sums.c + p->n_lanes) / p->n_lanes * p->n_lanes + p->n_lanes;
    int32_t *limit = bnn_arena_alloc(p->arena, room, sizeof *limit);
    int32_t *offset = bnn_arena_alloc(p->arena, room, sizeof *offset);
    int32_t *table = bnn_arena_alloc(p->arena, room, sizeof *table);
    f->channel_words = (s->sums.c + 63) / 64;
    uint64_t *inverted = bnn_arena_alloc(p->arena, f->channel_words, sizeof *inverted);
    if (limit == NULL || offset == NULL || table == NULL || inverted == NULL)
        return no_memory(p);
    for (size_t c = 0; c < room; c++) { /* lanes without a channel never decide for 1 */
        limit[c] = f->pixels ? INT32_MAX : -1;
        table[c] = -1;
    }
    int32_t n_tables = 0;
    for (uint32_t c = 0; c < s->sums.c; c++) {
        set_limit(s, f->pixels, c, &limit[c], &offset[c]);
        if (!s->folded)
            continue;
        if (s->fold.rule[c] & BNN_RULE_TABLE)
            table[c] = n_tables++;
        if (s->fold.rule[c] & BNN_RULE_AND)
            inverted[c / 64] |= (uint64_t)1 << c % 64;
    }
    f->limit = limit;
    f->offset = offset;
    f->table = n_tables > 0 ? table : NULL;
    f->inverted = inverted;
    return BNN_OK;
}

/* ---- weights ----------------------------------------------------------------------------- */

static bool weight(const bnn_stage *s, uint32_t c, size_t i)
{
    return s->bits[c * s->row_words + i / 64] >> i % 64 & 1;
}

/* The index, in training's order, of the weight for bit `bit` of row `row` of a window of bits. */
static size_t index_of_bit(const bnn_stage *s, size_t row, size_t bit)
{
    const size_t position = bit / s->in.c, c = bit % s->in.c;
    if (s->linear == BNN_LOWER_CONV2D)
        return (c * s->kernel + row) * s->kernel + position;
    return c * plane_of(s->in) + position;
}

static void put_bit_weights(const planner *p, const bnn_fast_stage *f, uint32_t *weights)
{
    const bnn_stage *s = f->stage;
    const size_t row_bits = s->taps / f->n_rows;
    for (uint32_t c = 0; c < s->sums.c; c++)
        for (size_t row = 0; row < f->n_rows; row++)
            for (size_t bit = 0; bit < row_bits; bit++) {
                const size_t word =
                    ((size_t)c / p->n_lanes * f->n_rows + row) * f->row_words + bit / 32;
                weights[word * p->n_lanes + c % p->n_lanes] |=
                    (uint32_t)weight(s, c, index_of_bit(s, row, bit)) << bit % 32;
            }
}

/* A weight as a byte of a word of four. */
static uint32_t weight_byte(const bnn_stage *s, uint32_t c, size_t i, size_t place)
{
    return (weight(s, c, i) ? 0x01u : 0xffu) << 8 * place;
}

static void put_pixel_weights(const planner *p, const bnn_fast_stage *f, uint32_t *weights)
{
    const bnn_stage *s = f->stage;
    for (uint32_t c = 0; c < s->sums.c; c++)
        for (size_t i = 0; i < s->taps; i++) {
            const size_t word = (size_t)c / p->n_lanes * f->row_words + i / 4;
            weights[word * p->n_lanes + c % p->n_lanes] |= weight_byte(s, c, i, i % 4);
        }
}

static int plan_windows(const planner *p, bnn_fast_stage *f)
{
    const bnn_stage *s = f->stage;
    const bool rows = !f->pixels; /* a dense layer has one of each */
    f->kind = BNN_FAST_WINDOWS;
    f->n_rows = rows ? s->kernel : 1;
    f->row_words = f->pixels ? (s->taps + 3) / 4 : (s->taps / f->n_rows + 31) / 32;
    f->n_words = f->n_rows * f->row_words;
    f->n_vectors = (s->sums.c + p->n_lanes - 1) / p->n_lanes;
    uint32_t *weights =
        bnn_arena_alloc(p->arena, (size_t)f->n_vectors * f->n_words * p->n_lanes, sizeof *weights);
    if (weights == NULL)
        return no_memory(p);
    if (f->pixels)
        put_pixel_weights(p, f, weights);
    else
        put_bit_weights(p, f, weights);
    f->weights = weights;
    /* The words of the windows' rows that begin at each row and output column of the frame; of
     * pixels, of the few windows that are at work together. */
    const size_t n_windows =
        rows ? (size_t)(s->in.h + 2 * s->padding) * s->sums.w : BNN_FAST_WINDOWS_TOGETHER;
    grow(&p->plan->windows_bytes, n_windows * f->row_words * sizeof(uint32_t) + 64);
    grow(&p->plan->decided_bytes, plane_of(s->sums) * f->channel_words * sizeof(uint64_t));
    return BNN_OK;
}

/* Where the taps lie that fill no four in a row; index: in training's order. */
typedef struct tap {
    uint32_t place, index;
} tap;

static void put_plane_weights(const bnn_fast_stage *f, const tap *quads, const tap *singles,
                              uint32_t *weights)
{
    const bnn_stage *s = f->stage;
    for (uint32_t c = 0; c < s->sums.c; c++) {
        uint32_t *column = weights + (c / BNN_FAST_TILE * BNN_FAST_TILE) + c % BNN_FAST_TILE;
        const size_t step = (size_t)f->n_tiles * BNN_FAST_TILE;
        for (uint32_t q = 0; q < f->n_quads; q++)
            for (size_t k = 0; k < 4; k++)
                column[q * step] |= weight_byte(s, c, quads[q].index + k, k);
        for (uint32_t i = 0; i < f->n_singles; i++)
            column[(f->n_quads + i / 4) * step] |= weight_byte(s, c, singles[i].index, i % 4);
    }
}

static int plan_planes(const planner *p, bnn_fast_stage *f)
{
    const bnn_stage *s = f->stage;
    const uint32_t k = s->kernel, n_rows = s->in.c * k;
    f->kind = BNN_FAST_PLANES;
    f->n_quads = n_rows * (k / 4);
    f->n_singles = n_rows * (k % 4);
    f->n_words = f->n_quads + (f->n_singles + 3) / 4;
    f->n_tiles = (s->sums.c + BNN_FAST_TILE - 1) / BNN_FAST_TILE;
    const size_t n_weights = (size_t)f->n_words * f->n_tiles * BNN_FAST_TILE;
    uint32_t *weights = bnn_arena_alloc(p->arena, n_weights, sizeof *weights);
    tap *taps = bnn_arena_alloc(p->arena, (size_t)f->n_quads + f->n_singles, sizeof *taps);
    uint32_t *places = bnn_arena_alloc(p->arena, (size_t)f->n_quads + f->n_singles, sizeof *places);
    if (weights == NULL || taps == NULL || places == NULL)
        return no_memory(p);
    tap *quad = taps, *single = taps + f->n_quads;
    for (uint32_t row = 0; row < n_rows; row++) {
        const size_t place = row / k * f->plane_bytes + row % k * f->row_bytes;
        for (uint32_t i = 0; i < k / 4; i++)
            *quad++ = (tap){(uint32_t)place + 4 * i, row * k + 4 * i};
        for (uint32_t i = k / 4 * 4; i < k; i++)
            *single++ = (tap){(uint32_t)place + i, row * k + i};
    }
    for (uint32_t i = 0; i < f->n_quads + f->n_singles; i++)
        places[i] = taps[i].place;
    f->quads = places;
    f->singles = places + f->n_quads;
    put_plane_weights(f, taps, taps + f->n_quads, weights);
    f->weights = weights;
    /* A word of decided bits for each channel and row. */
    grow(&p->plan->decided_bytes,
         (size_t)f->n_tiles * BNN_FAST_TILE * s->sums.h * sizeof(uint64_t));
    return BNN_OK;
}

/* Positions of a row must fit a word, and pay for the lanes that hang over. */
static bool suits_planes(const bnn_stage *s)
{
    return s->linear == BNN_LOWER_CONV2D && s->inputs == BNN_VALUES_PIXELS && s->stride == 1 &&
           s->sums.w >= 8 && s->sums.w <= 64 && s->sums.c <= 64;
}

/* ---- stages ------------------------------------------------------------------------------ */

static void plan_pixels(const planner *p, bnn_fast_stage *f)
{
    const bnn_stage *s = f->stage;
    f->row_bytes = s->in.w + 2 * (size_t)s->padding;
    f->plane_bytes = f->row_bytes * (s->in.h + 2 * (size_t)s->padding);
    f->frame_bytes = f->plane_bytes * s->in.c + 128;
    grow(&p->plan->pixels_bytes, f->frame_bytes);
}

static int plan_stage(const planner *p, const bnn_stage *s, bnn_fast_stage *f)
{
    bnn_fast_plan *plan = p->plan;
    int status = BNN_OK;
    f->stage = s;
    f->pixels = s->inputs == BNN_VALUES_PIXELS;
    if (s->inputs == BNN_VALUES_BITS)
        status = make_frame(p, s, &f->in);
    if (status == BNN_OK && s->integer_sums)
        status = plan_decisions(p, f);
    if (status == BNN_OK && s->integer_sums && f->pixels)
        plan_pixels(p, f);
    if (status == BNN_OK && s->integer_sums)
        status = suits_planes(s) ? plan_planes(p, f) : plan_windows(p, f);
    if (status == BNN_OK && !s->folded) {
        status = plan->floats->prepare(s, p->arena, &f->floats, p->err);
        if (status == BNN_OK)
            grow(&plan->floats_bytes, plan->floats->workspace_bytes(f->floats, plan->block));
        grow(&plan->values_bytes,
             plan->block * sizeof(float) *
                 (s->integer_sums ? bnn_shape_values(s->sums) : bnn_shape_values(s->in)));
        grow(s->outputs == BNN_VALUES_BITS ? &plan->signs_bytes : &plan->between_bytes,
             plan->block * sizeof(float) * bnn_shape_values(s->out));
    }
    return status;
}

/* As many images as keep what lies between two stages in the second-level cache. */
static size_t block_of(const bnn_deploy_model *model)
{
    enum { FLOATS_TOGETHER = 1 << 19 };
    size_t most = 1;
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const bnn_stage *s = &model->stages[i];
        const size_t values[] = {bnn_shape_values(s->in), bnn_shape_values(s->sums),
                                 bnn_shape_values(s->out)};
        for (size_t k = 0; k < 3; k++)
            most = values[k] > most ? values[k] : most;
    }
    const size_t block = FLOATS_TOGETHER / most;
    return block < 1 ? 1 : block > BNN_FLOAT_BLOCK ? BNN_FLOAT_BLOCK : block;
}

int bnn_fast_prepare(const bnn_deploy_model *model, uint32_t n_lanes,
                     const bnn_float_kernels *floats, bnn_arena *arena, bnn_fast_plan **out,
                     bnn_error *err)
{
    bnn_fast_plan *plan = bnn_arena_alloc(arena, 1, sizeof *plan);
    const planner p = {.plan = plan, .n_lanes = n_lanes, .arena = arena, .err = err};
    if (plan == NULL)
        return no_memory(&p);
    plan->model = model;
    plan->block = block_of(model);
    plan->floats = floats;
    plan->stages = bnn_arena_alloc(arena, model->n_stages, sizeof *plan->stages);
    if (plan->stages == NULL)
        return no_memory(&p);
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const int status = plan_stage(&p, &model->stages[i], &plan->stages[i]);
        if (status != BNN_OK)
            return status;
    }
    for (uint32_t i = 0; i + 1 < model->n_stages; i++)
        if (model->stages[i].outputs == BNN_VALUES_BITS) {
            plan->stages[i].out = plan->stages[i + 1].in;
            grow(&plan->between_bytes,
                 plan->block * sizeof(uint64_t) * plan->stages[i].out.n_words);
        }
    *out = plan;
    return BNN_OK;
}

size_t bnn_fast_workspace_bytes(const bnn_fast_plan *plan)
{
    return 2 * plan->between_bytes + plan->values_bytes + plan->signs_bytes + plan->floats_bytes +
           plan->windows_bytes + plan->decided_bytes + plan->pixels_bytes;
}
