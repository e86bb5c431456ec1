/* config.h - one point of a sweep becomes a config: sections read, plugins resolved, hash taken. */
#ifndef BNN_RUNNER_CONFIG_H
#define BNN_RUNNER_CONFIG_H

#include "runner/experiment.h"

/* Reads the sections `dataset`, `model` and `train` of a point and checks the network against the
 * shapes of the data set. Everything but i_dataset is filled in. BNN_OK, or a negative status after
 * messages. */
int bnn_config_resolve(const bnn_reader *r, const bnn_point *point, bnn_config *out);

#endif
