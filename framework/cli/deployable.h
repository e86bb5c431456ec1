/* deployable.h - what a plan says about deployment before anything is trained. */
#ifndef BNN_CLI_DEPLOYABLE_H
#define BNN_CLI_DEPLOYABLE_H

#include "runner/experiment.h"

/* Warns on stderr of what keeps the configs' networks from being deployed, and of what would stay in
 * floats: each warning once, with the configs that it is about. Calls the layers' plugins. */
int cli_warn_undeployable(const bnn_experiment *experiment, bnn_arena *arena, bnn_error *err);

#endif
