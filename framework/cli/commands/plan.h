/* plan.h - prints a plan: what would run, and why. For `plan` and `run --dry-run`. */
#ifndef BNN_CLI_COMMANDS_PLAN_H
#define BNN_CLI_COMMANDS_PLAN_H

#include "cli/load.h"

/* Reads the database, changes nothing, runs nothing. */
int cli_plan_print(cli_request *request, bnn_error *err);

#endif
