/* spec_keys.h - all keys of a spec. */
#ifndef BNN_RUNNER_SPEC_KEYS_H
#define BNN_RUNNER_SPEC_KEYS_H

#include "spec/key.h"

/* The spec as a whole. Fixed keys are fields of bnn_experiment, the others of bnn_config. */
extern const bnn_section bnn_spec_section;

#endif
