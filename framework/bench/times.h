/* times.h - the times of a lineup: all contenders in turns, then the stages of those that let us
 * look inside; and what they say of each other. */
#ifndef BNN_BENCH_TIMES_H
#define BNN_BENCH_TIMES_H

#include "bench/lineup.h"

/* Times all contenders at every batch; and the stages of our own. Looks at who else runs between
 * batches. */
int bench_times_measure(bench_lineup *lineup, bnn_error *err);

/* The contender that runs the float form of a binary one on the same engine; NULL when c is not
 * binary. */
const bench_contender *bench_times_float_form(const bench_lineup *lineup, const bench_contender *c);

/* Whom all are compared with; the column that says how many times as fast they are, its short
 * heading, and who that is in words. */
enum { BENCH_OTHERS = 4 };
extern const struct bench_other {
    const char *name, *column, *heading, *words;
} bench_others[BENCH_OTHERS];

/* How often the time of c at batch i goes into that of the contender of this name (for "float", the
 * one with the engine of c); NAN when there is none. */
double bench_times_of(const bench_lineup *lineup, const bench_contender *c, uint32_t i,
                      const char *name);

/* Amdahl's law at batch i: how many times as fast as the float form a model could be whose stages
 * with integer sums took no time at all. INFINITY when it has no others. */
double bench_times_ceiling(const bench_contender *binary, const bench_contender *floats,
                           uint32_t i);

#endif
