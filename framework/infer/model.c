#include "infer/model.h"

#include <math.h>

bool bnn_model_text_is_clean(const char *text)
{
    size_t n = 0;
    for (; text[n] != '\0'; n++) {
        const unsigned char c = (unsigned char)text[n];
        if ((c < ' ' && c != '\t' && c != '\n') || c == 0x7f)
            return false;
    }
    return n <= BNN_TEXT_MAX;
}

const bnn_stage *bnn_model_logic(const bnn_model *model)
{
    for (uint32_t i = 0; i < model->n_stages; i++)
        if (model->stages[i].logic != NULL)
            return &model->stages[i];
    return NULL;
}

const bnn_stage *bnn_model_skip(const bnn_model *model)
{
    for (uint32_t i = 0; i < model->n_stages; i++)
        if (model->stages[i].from > 0 || model->stages[i].with > 0)
            return &model->stages[i];
    return NULL;
}

bool bnn_stage_sums_are_integers(const bnn_stage *stage)
{
    const bool pixels = stage->inputs == BNN_VALUES_PIXELS;
    if (stage->op.type == BNN_LOWER_IDENTITY || !stage->op.binary_weights ||
        stage->op.bias != NULL || stage->inputs > BNN_VALUES_BITS ||
        stage->taps > (pixels ? BNN_PIXEL_TAPS_MAX : BNN_SUM_MAX))
        return false;
    return stage->op.padding == 0 || pixels == (stage->op.pad_value == 0);
}

/* ---- whole sums -------------------------------------------------------------------------- */

/* What the inputs are, of pixels in units of 1/128. */
static bnn_range model_inputs(const bnn_stage *s)
{
    return s->inputs == BNN_VALUES_PIXELS ? (bnn_range){-128, 127}
           : s->inputs == BNN_VALUES_BITS ? (bnn_range){-1, 1}
                                          : s->in_codes;
}

static int32_t model_magnitude(bnn_range range)
{
    return range.max > -range.min ? range.max : -range.min;
}

bool bnn_stage_sums_are_whole(const bnn_stage *s)
{
    const bnn_range in = model_inputs(s);
    const float pad = s->op.pad_value * (s->inputs == BNN_VALUES_PIXELS ? 128.0f : 1.0f);
    if (!bnn_op_is_linear(s->op.type) || s->op.bias != NULL || s->inputs == BNN_VALUES_FLOATS ||
        (!s->op.binary_weights && s->op.codes.step == 0) ||
        (s->op.padding > 0 && !(pad >= (float)in.min && pad <= (float)in.max)))
        return false;
    const uint32_t n_rows = s->op.binary_weights ? 1 : s->op.out.c; /* rows of bits are alike */
    for (uint32_t c = 0; c < n_rows; c++) {
        double sum = s->op.binary_weights ? s->taps : 0.0;
        for (size_t i = 0; !s->op.binary_weights && i < s->taps; i++)
            sum += (double)fabsf(bnn_stage_weight(s, c, i));
        if (sum * model_magnitude(in) > BNN_SUM_MAX)
            return false;
    }
    return true;
}

void bnn_stage_sums_reach(const bnn_stage *s, uint32_t c, int32_t *first, int32_t *last)
{
    const bnn_range in = model_inputs(s);
    *first = *last = 0;
    for (size_t i = 0; i < s->taps; i++) {
        const int32_t w = (int32_t)bnn_stage_weight(s, c, i);
        *first += w * (w > 0 ? in.min : in.max);
        *last += w * (w > 0 ? in.max : in.min);
    }
}

/* ---- chains that end in codes ------------------------------------------------------------ */

static bool model_is_shift(const bnn_op *op, float offset)
{
    bool is = op->type == BNN_LOWER_AFFINE;
    for (uint32_t c = 0; is && c < op->in.c; c++)
        is = op->factor[c] == 1.0f && op->offset[c] == offset;
    return is;
}

bool bnn_chain_ends_in_codes(const bnn_op *chain, uint32_t n, bnn_range *out)
{
    if (n < 3 || chain[n - 3].type != BNN_LOWER_CLAMP ||
        !model_is_shift(&chain[n - 2], BNN_ROUNDING) ||
        !model_is_shift(&chain[n - 1], -BNN_ROUNDING))
        return false;
    const float low = chain[n - 3].low, high = chain[n - 3].high;
    if (!(low >= -255.0f && low <= 0.0f && high >= 0.0f && high - low >= 1.0f &&
          high - low <= 255.0f && floorf(low) == low && floorf(high) == high))
        return false;
    *out = (bnn_range){(int32_t)low, (int32_t)high};
    return true;
}

/* Infinite, too, where one is no number. */
static double model_larger(double most, double value)
{
    return value <= most ? most : value > most ? value : (double)INFINITY;
}

static double model_most(const float *values, size_t n)
{
    double most = 0.0;
    for (size_t i = 0; values != NULL && i < n; i++)
        most = model_larger(most, fabs((double)values[i]));
    return most;
}

/* A bound on the magnitudes of the sums. */
static double model_most_sum(const bnn_stage *s)
{
    const double in = s->inputs == BNN_VALUES_PIXELS ? 1.0 : model_magnitude(model_inputs(s));
    double most = 0.0;
    if (s->inputs == BNN_VALUES_FLOATS)
        return (double)INFINITY;
    if (s->logic != NULL)
        return s->logic->group + 1.0;
    if (s->op.type == BNN_LOWER_IDENTITY)
        return in;
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        double sum = 0.0;
        for (size_t i = 0; i < s->taps; i++)
            sum += fabs((double)bnn_stage_weight(s, c, i));
        most = model_larger(most, sum);
    }
    return most * (in > 1.0 ? in : 1.0) + model_most(s->op.bias, s->op.out.c);
}

/* Behind an operation on values of at most this magnitude. */
static double model_most_behind(const bnn_op *op, double most)
{
    const double factor = model_most(op->factor, op->factor == NULL ? 0 : op->in.c),
                 offset = model_most(op->offset, op->offset == NULL ? 0 : op->in.c);
    switch (op->type) {
    case BNN_LOWER_AFFINE:
        return most * factor + offset;
    case BNN_LOWER_SLOPE:
    case BNN_LOWER_SLOPES:
        return most * (1.0 + factor + offset);
    case BNN_LOWER_CLAMP: /* infinite ends, which hold nothing, are on the right sides */
        return op->low <= op->high
                   ? fmin(most, fmax(fabs((double)op->low), fabs((double)op->high))) +
                         (op->low > 0.0f ? (double)op->low : 0.0) +
                         (op->high < 0.0f ? -(double)op->high : 0.0)
                   : (double)INFINITY;
    case BNN_LOWER_AVGPOOL:
        return most * op->kernel * op->kernel;
    case BNN_LOWER_SIGN:
        return 1.0;
    default:
        return most;
    }
}

/* Far enough from infinity that rounding does not lead there. */
static const double most_finite = 1e37;

bool bnn_stage_gives_codes(const bnn_stage *s)
{
    double most = model_most_sum(s);
    bnn_range codes;
    for (uint32_t i = 0; most < most_finite && i < s->n_chain; i++)
        most = model_most_behind(&s->chain[i], most);
    return most < most_finite && bnn_chain_ends_in_codes(s->chain, s->n_chain, &codes) &&
           codes.min == s->out_codes.min && codes.max == s->out_codes.max;
}

int bnn_stage_linear(const bnn_stage *s, bnn_arena *arena, bnn_op *out, bnn_error *err)
{
    *out = s->op;
    if (!s->op.binary_weights)
        return BNN_OK;
    float *weight = bnn_arena_alloc(arena, (size_t)s->op.out.c * s->taps, sizeof *weight);
    if (weight == NULL)
        return bnn_no_memory(err);
    out->weight = weight;
    for (uint32_t c = 0; c < s->op.out.c; c++)
        for (size_t i = 0; i < s->taps; i++)
            *weight++ = bnn_stage_weight(s, c, i);
    return BNN_OK;
}
