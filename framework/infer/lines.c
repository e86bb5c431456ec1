#include "infer/lines.h"

#include <math.h>
#include <stdlib.h>

/* ---- a line ------------------------------------------------------------------------------ */

static int32_t line_levels(const bnn_line *line)
{
    return line->codes.max - line->codes.min;
}

static int32_t line_code(const bnn_line *line, int32_t sum)
{
    const bnn_lines one = {.shift = line->shift, .factor = &line->factor, .offset = &line->offset};
    return bnn_lines_code(&one, 0, sum, line_levels(line));
}

static int32_t line_code_in_floats(const bnn_line *line, float factor, float offset, int32_t sum)
{
    const float v = fmaf((float)sum, factor, offset);
    const float low = (float)line->codes.min, high = (float)line->codes.max;
    if (line->bits)
        return v >= 0.0f;
    const float above = low > v ? low : v, held = high < above ? high : above;
    return (int32_t)(held + BNN_ROUNDING - BNN_ROUNDING) - line->codes.min;
}

static int64_t floor_divided(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Both functions rise or fall with the sum, so they are one where they agree on both sides of each step. */
static bool line_agrees(const bnn_line *line, int32_t first, int32_t last, float factor,
                        float offset)
{
    const int64_t m = line->factor;
    bool agrees = line_code(line, first) == line_code_in_floats(line, factor, offset, first) &&
                  line_code(line, last) == line_code_in_floats(line, factor, offset, last);
    for (int32_t k = 1; agrees && m != 0 && k <= line_levels(line); k++) {
        /* The last sum on this side of the step to k, or from it. */
        const int64_t top = ((int64_t)k << line->shift) - line->offset;
        const int64_t before = floor_divided(m > 0 ? top - 1 : -top, llabs(m));
        for (int64_t sum = before; agrees && sum <= before + 1; sum++)
            agrees = sum < first || sum > last ||
                     line_code(line, (int32_t)sum) ==
                         line_code_in_floats(line, factor, offset, (int32_t)sum);
    }
    return agrees;
}

bool bnn_line_in_floats(const bnn_line *line, int32_t first, int32_t last, float *factor,
                        float *offset)
{
    const double unit = ldexp(1.0, -(int)line->shift);
    /* A half step above the line, so that no sum lies on a step. */
    const double middle =
        ((double)line->offset + 0.5) * unit + (line->bits ? -1.0 : (double)line->codes.min - 0.5);
    *factor = (float)((double)line->factor * unit);
    *offset = (float)middle;
    for (int tries = 0; tries < 5; tries++) {
        if (line_agrees(line, first, last, *factor, *offset))
            return true;
        *offset = (float)middle;
        for (int i = 0; i <= tries / 2; i++)
            *offset = nextafterf(*offset, tries % 2 == 0 ? INFINITY : -INFINITY);
    }
    return false;
}

/* ---- stages ------------------------------------------------------------------------------ */

typedef struct unfolding {
    const bnn_stage *from;
    bnn_stage *to;
    bnn_op *chain;
    float *factor, *offset, *one, *up, *down; /* [op.out.c] */
    bnn_arena *arena;
} unfolding;

static bool lines_turns(const bnn_stage *s, uint32_t c)
{
    return s->lines->pool != 0 && s->lines->least[c] != 0;
}

bool bnn_lines_in_floats(const bnn_stage *s, uint32_t c, float *factor, float *offset)
{
    const bnn_line line = {.factor = s->lines->factor[c],
                           .offset = s->lines->offset[c],
                           .shift = s->lines->shift,
                           .codes = s->out_codes,
                           .bits = s->outputs == BNN_VALUES_BITS};
    int32_t first, last;
    bnn_stage_sums_reach(s, c, &first, &last);
    return bnn_line_in_floats(&line, first, last, factor, offset);
}

bnn_line_threshold bnn_lines_threshold(const bnn_stage *s, uint32_t c)
{
    enum { BEYOND = BNN_SUM_MAX + 1 }; /* all sums */
    const int64_t m = lines_turns(s, c) ? -s->lines->factor[c] : s->lines->factor[c];
    const int64_t top = ((int64_t)1 << s->lines->shift) - s->lines->offset[c];
    if (m == 0)
        return (bnn_line_threshold){.sum = top <= 0 ? -BEYOND : BEYOND};
    /* The first u of those with m u >= top; or the first behind them. */
    const int64_t first = m > 0 ? floor_divided(top - 1, m) + 1 : floor_divided(-top, -m) + 1;
    const int64_t held = first < -BEYOND ? -BEYOND : first > BEYOND ? BEYOND : first;
    return (bnn_line_threshold){.sum = (int32_t)held, .inverted = m < 0};
}

/* False where a channel has none. The sums of those that are turned are negated. */
static bool lines_find_floats(const unfolding *u)
{
    const bnn_stage *s = u->from;
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        if (!bnn_lines_in_floats(s, c, &u->factor[c], &u->offset[c]))
            return false;
        if (s->inputs == BNN_VALUES_PIXELS)
            u->factor[c] *= 128.0f;
        if (lines_turns(s, c))
            u->factor[c] = -u->factor[c];
        u->one[c] = 1.0f;
        u->up[c] = BNN_ROUNDING;
        u->down[c] = -BNN_ROUNDING;
    }
    return true;
}

/* The codes of weights some of which are negated; any numbers, where those are no digits. */
static bnn_codes lines_turn_codes(bnn_codes codes)
{
    const int32_t most = codes.max > -codes.min ? codes.max : -codes.min;
    const bnn_codes both = {.min = -most, .max = most, .step = 1};
    return codes.step != 0 && bnn_codes_are_digits(both) ? both : (bnn_codes){.step = 0};
}

/* The weights, negated where the least sum of a pool counts. */
static bool lines_turn_weights(unfolding *u)
{
    const bnn_stage *s = u->from;
    const size_t n = (size_t)s->op.out.c * s->taps;
    bool any = false;
    for (uint32_t c = 0; c < s->op.out.c; c++)
        any |= lines_turns(s, c);
    if (!any)
        return true;
    if (s->op.binary_weights) {
        uint64_t *bits = bnn_arena_alloc(u->arena, s->op.out.c * s->row_words, sizeof *bits);
        for (size_t c = 0; bits != NULL && c < s->op.out.c; c++)
            for (size_t i = 0; i < s->taps; i++)
                bits[c * s->row_words + i / 64] |= (uint64_t)((bnn_stage_weight(s, (uint32_t)c, i) >
                                                               0.0f) != lines_turns(s, (uint32_t)c))
                                                   << i % 64;
        u->to->bits = bits;
        return bits != NULL;
    }
    float *weight = bnn_arena_alloc(u->arena, n, sizeof *weight);
    for (size_t i = 0; weight != NULL && i < n; i++)
        weight[i] = lines_turns(s, (uint32_t)(i / s->taps)) ? -s->op.weight[i] : s->op.weight[i];
    u->to->op.weight = weight;
    u->to->op.codes = lines_turn_codes(s->op.codes);
    return weight != NULL;
}

static bool lines_add_op(unfolding *u, bnn_op op, const char *what)
{
    bnn_stage *to = u->to;
    op.in = to->out;
    if (op.type != BNN_LOWER_MAXPOOL)
        op.out = op.in;
    to->out = op.out;
    op.name = bnn_arena_printf(u->arena, "%s.%s", u->from->op.name, what);
    u->chain[to->n_chain++] = op;
    return op.name != NULL;
}

static bool lines_add_chain(unfolding *u)
{
    const bnn_stage *s = u->from;
    const bnn_lines *lines = s->lines;
    bool complete = true;
    u->to->out = s->op.out;
    u->to->chain = u->chain;
    if (lines->pool != 0)
        complete = lines_add_op(u,
                                (bnn_op){.type = BNN_LOWER_MAXPOOL,
                                         .kernel = lines->pool,
                                         .stride = lines->pool_stride,
                                         .out = s->out},
                                "pool");
    complete = complete &&
               lines_add_op(
                   u, (bnn_op){.type = BNN_LOWER_AFFINE, .factor = u->factor, .offset = u->offset},
                   "line");
    if (s->outputs == BNN_VALUES_BITS)
        return complete;
    const bnn_op hold = {
        .type = BNN_LOWER_CLAMP, .low = (float)s->out_codes.min, .high = (float)s->out_codes.max};
    const bnn_op up = {.type = BNN_LOWER_AFFINE, .factor = u->one, .offset = u->up};
    const bnn_op down = {.type = BNN_LOWER_AFFINE, .factor = u->one, .offset = u->down};
    return complete && lines_add_op(u, hold, "range") && lines_add_op(u, up, "round") &&
           lines_add_op(u, down, "code");
}

enum { CHAIN_MOST = 5 };

/* False without memory. */
static bool lines_unfold_stage(const bnn_stage *from, bnn_arena *arena, bnn_stage *to)
{
    const uint32_t channels = from->op.out.c;
    *to = *from;
    to->inputs = from->inputs == BNN_VALUES_CODES ? BNN_VALUES_FLOATS : from->inputs;
    to->outputs = from->outputs == BNN_VALUES_CODES ? BNN_VALUES_FLOATS : from->outputs;
    if (from->lines == NULL)
        return true;
    unfolding u = {.from = from, .to = to, .arena = arena};
    u.chain = bnn_arena_alloc(arena, CHAIN_MOST, sizeof *u.chain);
    float **const parts[] = {&u.factor, &u.offset, &u.one, &u.up, &u.down};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if ((*parts[i] = bnn_arena_alloc(arena, channels, sizeof(float))) == NULL)
            return false;
    if (u.chain == NULL)
        return false;
    if (!lines_find_floats(&u))
        return true;
    to->lines = NULL;
    return lines_turn_weights(&u) && lines_add_chain(&u);
}

int bnn_lines_unfold(const bnn_model *model, bnn_arena *arena, const bnn_model **out,
                     bnn_error *err)
{
    bool any = false;
    for (uint32_t i = 0; i < model->n_stages; i++)
        any |= model->stages[i].lines != NULL || model->stages[i].outputs == BNN_VALUES_CODES;
    *out = model;
    if (!any)
        return BNN_OK;
    bnn_model *unfolded = bnn_arena_alloc(arena, 1, sizeof *unfolded);
    bnn_stage *stages = bnn_arena_alloc(arena, model->n_stages, sizeof *stages);
    bool complete = unfolded != NULL && stages != NULL;
    for (uint32_t i = 0; complete && i < model->n_stages; i++)
        complete = lines_unfold_stage(&model->stages[i], arena, &stages[i]);
    if (!complete)
        return bnn_no_memory(err);
    *unfolded = *model;
    unfolded->stages = stages;
    *out = unfolded;
    return BNN_OK;
}

int bnn_lines_unfold_all(const bnn_model *model, bnn_arena *arena, const bnn_model **out,
                         bnn_error *err)
{
    const int status = bnn_lines_unfold(model, arena, out, err);
    for (uint32_t i = 0; status == BNN_OK && i < model->n_stages; i++)
        if ((*out)->stages[i].lines != NULL)
            return bnn_fail(err, BNN_E_FAILED, "%s: float operations cannot say its codes",
                            model->stages[i].op.name);
    return status;
}
