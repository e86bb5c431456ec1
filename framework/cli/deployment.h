/* deployment.h - what will become of the networks of an experiment, before they are trained. */
#ifndef BNN_CLI_DEPLOYMENT_H
#define BNN_CLI_DEPLOYMENT_H

#include "runner/experiment.h"

/* Warns on stderr of what keeps the configs' networks from being deployed, and of what would stay in
 * floats: each warning once, with the configs that it is about. asked: [n_configs], those to look at;
 * NULL: all. Calls the layers' plugins, in a process of its own where runs are in such. BNN_OK, or
 * BNN_E_INTERNAL. */
int cli_deployment_warn(const bnn_experiment *experiment, const bool *asked, bnn_arena *arena,
                        bnn_error *err);

#endif
