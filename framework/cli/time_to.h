/* time_to.h - bnnrun bench --time-to: how long trainings take to be good enough. */
#ifndef BNN_CLI_TIME_TO_H
#define BNN_CLI_TIME_TO_H

#include "cli/cli.h"

/* Prints a row to stdout for each config of an experiment that the database has, as a table, JSON or CSV: after how many
 * seconds of a core its runs reach `percent` of the validation images. */
int cli_time_to(const char *experiment, double percent, const cli_options *options, bnn_error *err);

#endif
