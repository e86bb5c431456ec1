/* smoke_config.h - the wall time of `bnnrun configs/quick.yaml`. */
#ifndef BNN_BENCH_SMOKE_CONFIG_H
#define BNN_BENCH_SMOKE_CONFIG_H

#include "tests/bench/bench.h"

/* Runs the program (the environment's BNNRUN) on an empty database in a temporary folder, once a
 * round, and reports a table; without the program, only a note in it. */
int smoke_config_run(bench *b, bnn_error *err);

#endif
