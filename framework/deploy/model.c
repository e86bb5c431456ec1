#include "deploy/model.h"

#include <string.h>

const char *bnn_deploy_model_metadata(const bnn_deploy_model *model, const char *key)
{
    for (uint32_t i = 0; i < model->n_metadata; i++)
        if (strcmp(model->metadata[i].key, key) == 0)
            return model->metadata[i].value;
    return NULL;
}

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
