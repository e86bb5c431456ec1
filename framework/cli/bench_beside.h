/* bench_beside.h - `bnnrun bench` of several models: a line each, for who has to choose between them. */
#ifndef BNN_CLI_BENCH_BESIDE_H
#define BNN_CLI_BENCH_BESIDE_H

#include "bench/beside.h"
#include "cli/operand.h"

/* Opens the models that the operands stand for, and the images (data: as --data, or NULL), times them in turns on one
 * CPU, and prints what came out, as a table, JSON or CSV. lineup: arena, batches and rounds. */
int cli_bench_beside(bench_lineup *lineup, const bnn_engine *engine, const char *data,
                     const cli_options *options, bnn_error *err);

#endif
