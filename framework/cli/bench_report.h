/* bench_report.h - a benchmark that is done: told. */
#ifndef BNN_CLI_BENCH_REPORT_H
#define BNN_CLI_BENCH_REPORT_H

#include "bench/lineup.h"
#include "cli/cli.h"

/* Prints it to stdout, as tables, JSON or CSV. */
int bench_report_print(const bench_lineup *lineup, const cli_options *options, bnn_error *err);

#endif
