/* plan.h - prints a plan: what would run, and why. For `plan` and `run --dry-run`. */
#ifndef BNN_CLI_COMMANDS_PLAN_H
#define BNN_CLI_COMMANDS_PLAN_H

#include "cli/load.h"
#include "runner/plan.h"

#include <stdio.h>

/* What to do about stale runs. */
#define CLI_PLAN_STALE \
    "stale runs enter no mean; `bnnrun run SPEC.yaml --retrain stale` trains them again"

/* Prints to a stream what is to be said of runs that the means count, but the spec does not ask for. */
void cli_plan_say_other_seeds(const bnn_plan *plan, FILE *stream);

/* What is to be said of lost files, in the arena of the plan. db: its path. */
const char *cli_plan_lost(const bnn_plan *plan, const char *db);

/* Reads the database, changes nothing, runs nothing. */
int cli_plan_print(cli_request *request, bnn_error *err);

/* Instead: the signs of each network, and what they will be when it is deployed. */
int cli_plan_print_networks(const bnn_experiment *experiment, const cli_options *options,
                            bnn_error *err);

#endif
