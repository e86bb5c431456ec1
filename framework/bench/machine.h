/* machine.h - the CPU that a benchmark has for itself, and who disturbs it there. */
#ifndef BNN_BENCH_MACHINE_H
#define BNN_BENCH_MACHINE_H

#include "db/store_bench.h"

#include <sched.h>

/* Watches the CPUs for a tenth of a second and pins the calling thread to the idlest one that it
 * may use; children inherit that. What the system does not tell stays unknown in the record: the
 * CPU, how idle it was just before, the load of the minute before. allowed: all that it may use. */
void bench_machine_pin(bnn_store_bench *record, cpu_set_t *allowed);

/* Lets the thread use all CPUs again. */
void bench_machine_unpin(const bnn_store_bench *record, const cpu_set_t *allowed);

/* Counts who runs just now: the most threads seen running or waiting for a CPU beside this one, on
 * the whole machine, are the record's co_runners. Takes microseconds. */
void bench_machine_look(bnn_store_bench *record);

#endif
