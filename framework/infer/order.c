#include "infer/order.h"

#include <string.h>

/* The last stage that takes the values of stage i, or i. */
static uint32_t order_last_use(const bnn_model *model, uint32_t i)
{
    for (uint32_t k = model->n_stages; k-- > i + 1;)
        if (bnn_stage_source(&model->stages[k], k) == (int32_t)i ||
            bnn_stage_other(&model->stages[k], k) == (int32_t)i)
            return k;
    return i;
}

/* How many stages take them. */
static uint32_t order_count_uses(const bnn_model *model, uint32_t i)
{
    uint32_t n = 0;
    for (uint32_t k = i + 1; k < model->n_stages; k++)
        n += (uint32_t)(bnn_stage_source(&model->stages[k], k) == (int32_t)i) +
             (uint32_t)(bnn_stage_other(&model->stages[k], k) == (int32_t)i);
    return n;
}

uint32_t bnn_order_slots(const bnn_model *model, uint32_t *slot)
{
    uint32_t busy_until[BNN_STAGES_MAX],
        n = 0; /* [n] of the slots: the stage that takes last what is in them */
    slot[model->n_stages - 1] = 0;
    for (uint32_t i = 0; i + 1 < model->n_stages; i++) {
        uint32_t k = 0;
        while (k < n && busy_until[k] >= i)
            k++;
        n += k == n;
        busy_until[k] = order_last_use(model, i);
        slot[i] = k;
    }
    return n > 2 ? n : 2;
}

/* Whether stage i takes what there is, of a kind and a shape that fit. */
static bool order_takes(const bnn_model *model, uint32_t i)
{
    const bnn_stage *s = &model->stages[i];
    const int32_t source = bnn_stage_source(s, i), other = bnn_stage_other(s, i);
    if (s->from > i || s->with > i)
        return false;
    const bool near = i == 0 || s->from == 0 || model->stages[i - 1].outputs == BNN_VALUES_FLOATS;
    const bool far = s->from == 0 || source < 0 || s->inputs == BNN_VALUES_FLOATS;
    if (!near || !far || s->with == 0)
        return near && far;
    const bnn_stage *added = &model->stages[other];
    return s->op.type == BNN_LOWER_IDENTITY && s->inputs == BNN_VALUES_FLOATS && source >= 0 &&
           other != source && order_count_uses(model, (uint32_t)source) == 1 &&
           added->outputs == BNN_VALUES_FLOATS &&
           memcmp(&added->out, &s->op.in, sizeof s->op.in) == 0;
}

const char *bnn_order_mistake(const bnn_model *model)
{
    uint32_t slot[BNN_STAGES_MAX];
    size_t most = 1;
    for (uint32_t i = 0; i < model->n_stages; i++) {
        if (!order_takes(model, i))
            return "a stage takes or adds values that there are not, or not for it";
        if (i + 1 < model->n_stages && order_count_uses(model, i) == 0)
            return "no stage takes the values of one";
        most = bnn_size_larger(most, bnn_shape_values(model->stages[i].out));
    }
    const uint32_t n_slots = bnn_order_slots(model, slot);
    return n_slots > BNN_VALUE_SLOTS_MAX || (n_slots > 2 && n_slots * most > BNN_SLOT_VALUES_MAX)
               ? "too many values are kept for later stages"
               : NULL;
}
