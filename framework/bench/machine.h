/* machine.h - the CPU that a benchmark has for itself, and who disturbs it there. */
#ifndef BNN_BENCH_MACHINE_H
#define BNN_BENCH_MACHINE_H

#include <sched.h>
#include <stdint.h>

typedef struct bench_machine {
    int cpu;             /* the process runs on this one only; -1: could not be pinned */
    double idle;         /* the share of the time that it was idle just before; -1: unknown */
    double load_average; /* of the minute before; -1: unknown */
    cpu_set_t allowed;   /* what it might use before */
    int64_t co_runners;  /* most threads seen running or waiting for a CPU beside this one, on the
                            whole machine; -1: unknown */
} bench_machine;

/* Watches the CPUs for a tenth of a second and pins the calling thread to the idlest one that it
 * may use; children inherit that. What the system does not tell stays unknown. */
void bench_machine_pin(bench_machine *out);

/* Lets the thread use all CPUs again. */
void bench_machine_unpin(const bench_machine *machine);

/* Counts who runs just now, for co_runners. Takes microseconds. */
void bench_machine_look(bench_machine *machine);

#endif
