/* looks.h - what `plan` and `run` say of looks (seeds.until). Private to cli/commands/. */
#ifndef BNN_CLI_COMMANDS_LOOKS_H
#define BNN_CLI_COMMANDS_LOOKS_H

#include "runner/plan.h"

/* Prints to stdout at how many seeds it is looked, what was decided, and how long it takes at most. Nothing
 * without seeds.until. */
void cli_looks_print(const bnn_plan *plan, uint32_t n_jobs);

/* Says on stderr what looks said, those after the first `before`. */
void cli_looks_say(const bnn_plan *plan, size_t before);

/* Waits until a run of the plan that another process has is no longer under way. */
int cli_looks_wait(const bnn_plan *plan, const char *db, bnn_error *err);

#endif
