#include "train/options.h"

static bool idle_is_set(const bnn_node *section, const char *path)
{
    return section != NULL && bnn_tree_find(section, path) != NULL;
}

size_t bnn_train_find_idle(const bnn_train_options *train, const bnn_node *section,
                           bnn_idle out[BNN_TRAIN_IDLE_MAX])
{
    static const char why[] = "the run has no more epochs than that";
    size_t n = 0;
    if (train->patience >= train->epochs && idle_is_set(section, "patience"))
        out[n++] = (bnn_idle){"train.patience", why, "train.epochs"};
    if (train->schedule.kind == BNN_SCHEDULE_PLATEAU && train->schedule.patience >= train->epochs &&
        idle_is_set(section, "schedule.patience"))
        out[n++] = (bnn_idle){"train.schedule.patience", why, "train.epochs"};
    return n;
}
