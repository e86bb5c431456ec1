#include "train/hysteresis.h"

bool bnn_hysteresis_acts(const bnn_train_options *train, const bnn_use *form)
{
    const bnn_use *optimizer = &bnn_train_optimizer(train, true)->use;
    return train->hysteresis > 0.0 && form != NULL &&
           (bnn_use_optimizer(optimizer)->flags & BNN_OPTIMIZER_BINARY_ONLY) == 0 &&
           (bnn_use_form(form)->flags & BNN_FORM_SIGN) != 0;
}

void bnn_hysteresis_move(float by, size_t n, const float *before, float *latent)
{
    for (size_t i = 0; i < n; i++) {
        const bool below = latent[i] < 0.0f;
        const float move = below ? -by : by;
        latent[i] += below == (before[i] < 0.0f) ? 0.0f : move;
    }
}
