#include "infer/model.h"

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

bool bnn_stage_sums_are_integers(const bnn_stage *stage)
{
    const bool pixels = stage->inputs == BNN_VALUES_PIXELS;
    if (stage->op.type == BNN_LOWER_IDENTITY || !stage->op.binary_weights ||
        stage->op.bias != NULL || stage->inputs == BNN_VALUES_FLOATS ||
        stage->taps > (pixels ? BNN_PIXEL_TAPS_MAX : BNN_SUM_MAX))
        return false;
    return stage->op.padding == 0 || pixels == (stage->op.pad_value == 0);
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
