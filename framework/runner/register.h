/* register.h - puts an experiment, its configs and its runs into the database. */
#ifndef BNN_RUNNER_REGISTER_H
#define BNN_RUNNER_REGISTER_H

#include "runner/plan.h"

/* Adds what is new, in one transaction; afterwards every run of the plan is known, in the state in
 * which the database has it. */
int bnn_register_plan(bnn_plan *plan, bnn_store *store, bnn_error *err);

#endif
