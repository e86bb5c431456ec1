/* bench_report.h - a benchmark that is done: told, and kept. */
#ifndef BNN_CLI_BENCH_REPORT_H
#define BNN_CLI_BENCH_REPORT_H

#include "cli/bench_lineup.h"
#include "cli/bench_machine.h"

/* Prints it to stdout, as tables, JSON or CSV. */
int bench_report_print(const bench_lineup *lineup, const bench_machine *machine,
                       const cli_options *options, bnn_error *err);

void bench_report_print_json(const bench_lineup *lineup, const bench_machine *machine);

/* Adds it to the database db, which is created when missing. */
int bench_report_store(const bench_lineup *lineup, const bench_machine *machine, int64_t started_us,
                       double seconds, const char *db, bnn_error *err);

#endif
