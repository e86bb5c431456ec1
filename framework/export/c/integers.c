#include "export/c/writer.h"

#include <math.h>

/* Logits that are integers, or integers that a multiply-add makes into logits: a chip without floats needs no more to
 * find the largest. */

enum { SUMS_MOST = 1 << 20 }; /* which are tried, one by one */

/* The sums of a stage are -bound, -bound + step, ... bound, or some of them. */
int32_t bnn_c_most_logit(const bnn_stage *s)
{
    int32_t bound = 0;
    if (s->logic != NULL || s->integer_sums)
        return s->logic != NULL ? (int32_t)bnn_c_logic_group(s) : bnn_stage_sum_bound(s);
    for (uint32_t c = 0; c < s->op.out.c; c++) {
        int32_t first, last;
        bnn_stage_sums_reach(s, c, &first, &last);
        bound = -first > bound ? -first : bound;
        bound = last > bound ? last : bound;
    }
    return bound;
}

static int32_t integers_step(const bnn_stage *s)
{
    return s->logic != NULL || (s->integer_sums && s->inputs == BNN_VALUES_BITS) ? 2 : 1;
}

static float integers_logit(const bnn_stage *s, int32_t sum)
{
    const float value = s->logic != NULL ? (float)sum : bnn_stage_sum_value(s, sum);
    return s->n_chain == 0 ? value : fmaf(value, s->chain[0].factor[0], s->chain[0].offset[0]);
}

/* Whether all channels have the same, bit by bit. */
static bool integers_are_equal(const float *values, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if (values[i] != values[0] || signbit(values[i]) != signbit(values[0]))
            return false;
    return true;
}

/* The larger sum has the larger logit, so equal logits are of equal sums. */
static bool integers_keep_order(const bnn_stage *s)
{
    const int32_t bound = bnn_c_most_logit(s), step = integers_step(s);
    if (bound / step > SUMS_MOST / 2)
        return false;
    for (int32_t sum = -bound; sum < bound; sum += step)
        if (!(integers_logit(s, sum) < integers_logit(s, sum + step)))
            return false;
    return isfinite(integers_logit(s, -bound)) && isfinite(integers_logit(s, bound));
}

bool bnn_c_has_integer_logits(const bnn_model *model)
{
    const bnn_stage *s = &model->stages[model->n_stages - 1];
    if ((s->logic == NULL && !bnn_c_sums_are_integers(s)) || s->folded || s->n_chain > 1)
        return false;
    if (s->n_chain == 0)
        return true;
    const bnn_op *op = &s->chain[0];
    return op->type == BNN_LOWER_AFFINE && integers_are_equal(op->factor, op->in.c) &&
           integers_are_equal(op->offset, op->in.c) && integers_keep_order(s);
}

bool bnn_c_sum_of_logit(const c_writer *w, float logit, int32_t *sum)
{
    const bnn_stage *last = bnn_c_last_stage(w);
    const int32_t bound = w->most_logit, step = integers_step(last);
    int32_t low = 0,
            high = 2 * bound / step; /* the number of the first sum whose logit is not less */
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (integers_logit(last, -bound + step * middle) < logit)
            low = middle + 1;
        else
            high = middle;
    }
    *sum = -bound + step * low;
    return integers_logit(last, *sum) == logit;
}

void bnn_c_logit_of_sum(c_writer *w)
{
    const bnn_stage *s = bnn_c_last_stage(w);
    const char *value = s->logic == NULL && s->inputs == BNN_VALUES_PIXELS
                            ? "(float)integers[i] / 128.0f"
                            : "(float)integers[i]";
    char factor[C_FLOAT_MAX], offset[C_FLOAT_MAX];
    if (s->n_chain == 0) {
        bnn_c_code(w, "logits[i] = %s;\n", value);
        return;
    }
    bnn_c_float(s->chain[0].factor[0], factor);
    bnn_c_float(s->chain[0].offset[0], offset);
    bnn_c_code(w, "const float value = %s;\n", value);
    if (s->chain[0].offset[0] == 0.0f && signbit(s->chain[0].offset[0]))
        bnn_c_code(w, "logits[i] = value * %s;\n", factor); /* to which that adds nothing */
    else
        bnn_c_code(w, "logits[i] = @_fused(value, %s, %s);\n", factor, offset);
}
