/* bench_report.h - a benchmark that is done: told. */
#ifndef BNN_CLI_BENCH_REPORT_H
#define BNN_CLI_BENCH_REPORT_H

#include "bench/lineup.h"
#include "cli/cli.h"

#include <jansson.h>

/* Prints it to stdout, as tables, JSON or CSV. */
int bench_report_print(const bench_lineup *lineup, const cli_options *options, bnn_error *err);

/* Parts of it: the CPU, the images and how busy the machine was, as lines and an empty one, and as JSON; and a word about
 * a machine where a contender had the CPU for this share of its time, if that is not nearly all. */
void bench_print_machine(const bnn_store_bench *record);
json_t *bench_machine_json(const bnn_store_bench *record);
void bench_print_share(double share);

#endif
