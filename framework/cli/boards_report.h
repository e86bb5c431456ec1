/* boards_report.h - bnnrun bench --board: a model on emulated boards, measured and told. */
#ifndef BNN_CLI_BOARDS_REPORT_H
#define BNN_CLI_BOARDS_REPORT_H

#include "bench/boards.h"
#include "bench/lineup.h"
#include "cli/cli.h"

/* Measures the lineup's model with its images on each of them, and prints a row for each to stdout, as a table, JSON or
 * CSV. spare: a board whose tools are missing is left out, and told on stderr, as long as there is another. */
int cli_boards_report(const bench_lineup *lineup, const bench_board *const *boards, size_t n_boards,
                      bool spare, const char *compiler_options, const cli_options *options,
                      bnn_error *err);

#endif
