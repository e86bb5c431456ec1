/* looks.h - what `plan` and `run` say of looks (seeds.until) and rungs (sweep.halving), and how they wait for
 * them. looks.c has the looks, rungs.c the rungs. Private to cli/commands/. */
#ifndef BNN_CLI_COMMANDS_LOOKS_H
#define BNN_CLI_COMMANDS_LOOKS_H

#include "runner/plan.h"

/* Prints to stdout at how many seeds it is looked, what was decided, and how long it takes at most. Nothing
 * without seeds.until. */
void cli_looks_print(const bnn_plan *plan, uint32_t n_jobs);

/* Says on stderr what looks said, those after the first `before`. */
void cli_looks_say(const bnn_plan *plan, size_t before);

/* The same of rungs. */
void cli_rungs_print(const bnn_plan *plan, uint32_t n_jobs);
void cli_rungs_say(const bnn_plan *plan, size_t before);

/* What a run is LATER for, and why this one is SPARED: of the looks, or of the rungs. */
const char *cli_looks_later(const bnn_plan *plan);
const char *cli_looks_spared(const bnn_plan *plan, const bnn_run *run);

/* Waits until a run of the plan that another process has is no longer under way. */
int cli_looks_wait(const bnn_plan *plan, const char *db, bnn_error *err);

#endif
