/* export.h - the formats in which `bnnrun export` writes the results of an experiment. Private to cli/. */
#ifndef BNN_CLI_COMMANDS_EXPORT_H
#define BNN_CLI_COMMANDS_EXPORT_H

#include "cli/cli.h"
#include "exchange/exchange.h"

/* A bnn_exchange_format, which is a folder, or this, a file. */
enum { CLI_RESULTS_LATEX = BNN_EXCHANGE_FORMATS, CLI_RESULTS_FORMATS };

/* The request: EXPERIMENT is the operand. output: NULL, named after it; "-", of LaTeX alone: stdout. */
int cli_export_results(const cli_options *options, int format, const char *output, bnn_error *err);

#endif
