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

bool bnn_stage_sums_are_integers(const bnn_stage *stage)
{
    const bool pixels = stage->inputs == BNN_VALUES_PIXELS;
    if (stage->linear == BNN_LOWER_IDENTITY || !stage->binary_weights || stage->bias != NULL ||
        stage->inputs == BNN_VALUES_FLOATS ||
        stage->taps > (pixels ? BNN_PIXEL_TAPS_MAX : BNN_SUM_MAX))
        return false;
    return stage->padding == 0 || pixels == (stage->pad_value == 0);
}

bnn_op bnn_stage_op(const bnn_stage *s)
{
    return (bnn_op){.type = s->linear,
                    .name = s->name,
                    .in = s->in,
                    .out = s->sums,
                    .kernel = s->kernel,
                    .stride = s->stride,
                    .padding = s->padding,
                    .pad_value = (float)s->pad_value,
                    .weight = s->weights,
                    .binary_weights = s->binary_weights,
                    .bias = s->bias};
}

int bnn_stage_linear(const bnn_stage *s, bnn_arena *arena, bnn_op *out, bnn_error *err)
{
    *out = bnn_stage_op(s);
    if (!s->binary_weights)
        return BNN_OK;
    float *weight = bnn_arena_alloc(arena, (size_t)s->sums.c * s->taps, sizeof *weight);
    if (weight == NULL)
        return bnn_no_memory(err);
    out->weight = weight;
    for (uint32_t c = 0; c < s->sums.c; c++)
        for (size_t i = 0; i < s->taps; i++)
            *weight++ = bnn_stage_weight(s, c, i);
    return BNN_OK;
}
