/* config.h - one point of a sweep becomes a config: sections read, plugins resolved, hash taken. */
#ifndef BNN_RUNNER_CONFIG_H
#define BNN_RUNNER_CONFIG_H

#include "runner/experiment.h"

/* The more telling of two statuses: internal, then spec, then the others. */
int bnn_config_worse(int a, int b);

/* Reads the sections `dataset`, `model` and `train` of a point and checks the network against the
 * shapes of the data set. Everything but i_dataset is filled in. 0 or a negative status after
 * messages in diag. */
int bnn_config_resolve(const bnn_point *point, const bnn_experiment_sources *sources,
                       bnn_arena *arena, bnn_config *out, bnn_diag *diag);

#endif
