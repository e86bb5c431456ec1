/* record.h - a benchmark goes into the database. */
#ifndef BNN_BENCH_RECORD_H
#define BNN_BENCH_RECORD_H

#include "bench/times.h"
#include "db/store_bench.h"

/* Adds it. started_us: microseconds since 1970; environment: of this process, in that database. */
int bench_record(const bench_lineup *lineup, const bench_machine *machine, int64_t started_us,
                 double seconds, int64_t environment, bnn_store *store, bnn_error *err);

#endif
