/* registered.h - the comparison that a spec registers, as the database keeps it. */
#ifndef BNN_RUNNER_REGISTERED_H
#define BNN_RUNNER_REGISTERED_H

#include "runner/experiment.h"

/* The comparison of an experiment whose spec has one, with the configs and seeds that it is about: the
 * JSON that schema_7.sql explains, in the arena. NULL without memory. */
const char *bnn_registered_text(const bnn_experiment *experiment, bnn_arena *arena);

#endif
