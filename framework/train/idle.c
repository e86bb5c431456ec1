#include "train/hysteresis.h"
#include "train/options.h"

size_t bnn_train_find_idle(const bnn_train_options *train, const bnn_model_options *model,
                           const bnn_node *section, bnn_idle out[BNN_TRAIN_IDLE_MAX])
{
    static const char why[] = "the run has too few epochs for that";
    size_t n = 0;
    if (train->patience >= train->epochs - 1 && bnn_tree_find(section, "patience") != NULL)
        out[n++] = (bnn_idle){"train.patience", why, "train.epochs", false};
    if (train->schedule.kind == BNN_SCHEDULE_PLATEAU &&
        train->schedule.patience >= train->epochs - 1 &&
        bnn_tree_find(section, "schedule.patience") != NULL)
        out[n++] = (bnn_idle){"train.schedule.patience", why, "train.epochs", false};
    bool acts = false;
    for (uint32_t i = 0; i < model->n_blocks; i++)
        acts = acts || bnn_hysteresis_acts(train, bnn_model_block_form(model, i));
    if (train->hysteresis > 0.0 && bnn_model_has_latent_weights(model) && !acts)
        out[n++] =
            (bnn_idle){"train.hysteresis",
                       "it is not the sign of the latent weights that acts, or the optimizer "
                       "flips it by itself",
                       "model.form|model.quantize|train.binary_optimizer", false};
    return n;
}
