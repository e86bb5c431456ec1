#include "bench/machine.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WATCH_NS = 100 * 1000 * 1000 };

/* Clock ticks of each CPU since boot; 0, 0 where /proc/stat does not have it. */
typedef struct ticks {
    uint64_t idle[CPU_SETSIZE], all[CPU_SETSIZE];
} ticks;

static void read_ticks(ticks *out)
{
    char line[512];
    memset(out, 0, sizeof *out);
    FILE *file = fopen("/proc/stat", "re");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned cpu;
        uint64_t t[8] = {0}; /* user, nice, system, idle, iowait, irq, softirq, steal */
        if (sscanf(line,
                   "cpu%u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                   " %" SCNu64 " %" SCNu64,
                   &cpu, &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) < 5 ||
            cpu >= CPU_SETSIZE)
            continue;
        out->idle[cpu] = t[3] + t[4];
        for (int i = 0; i < 8; i++)
            out->all[cpu] += t[i];
    }
    fclose(file);
}

/* The idle share of a CPU between two looks; -1 when no time has passed on it. */
static double idle_share(const ticks *before, const ticks *after, int cpu)
{
    if (after->all[cpu] <= before->all[cpu])
        return -1;
    return (double)(after->idle[cpu] - before->idle[cpu]) /
           (double)(after->all[cpu] - before->all[cpu]);
}

void bench_machine_pin(bench_machine *out)
{
    static const struct timespec watch = {.tv_nsec = WATCH_NS};
    ticks before, after;
    *out = (bench_machine){.cpu = -1, .idle = -1, .load_average = -1, .co_runners = -1};
    if (sched_getaffinity(0, sizeof out->allowed, &out->allowed) == 0) {
        read_ticks(&before);
        nanosleep(&watch, NULL);
        read_ticks(&after);
        int best = -1;
        double most = -2;
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
            const double idle = idle_share(&before, &after, cpu);
            /* Of equals the last: interrupts tend to go to the first. */
            if (CPU_ISSET((unsigned)cpu, &out->allowed) && idle >= most) {
                best = cpu;
                most = idle;
            }
        }
        cpu_set_t one;
        CPU_ZERO(&one);
        if (best >= 0)
            CPU_SET((unsigned)best, &one);
        if (best >= 0 && sched_setaffinity(0, sizeof one, &one) == 0) {
            out->cpu = best;
            out->idle = most;
        }
    }
    bench_machine_look(out);
}

void bench_machine_unpin(const bench_machine *machine)
{
    if (machine->cpu >= 0)
        sched_setaffinity(0, sizeof machine->allowed, &machine->allowed);
}

void bench_machine_look(bench_machine *machine)
{
    double average;
    int64_t running;
    FILE *file = fopen("/proc/loadavg", "re");
    if (file == NULL)
        return;
    const bool known = fscanf(file, "%lf %*f %*f %" SCNd64 "/", &average, &running) == 2;
    fclose(file);
    if (!known)
        return;
    if (machine->load_average < 0)
        machine->load_average = average;
    /* This thread is one of those that run; a system that counts none does not count. */
    if (running > 0 && running - 1 > machine->co_runners)
        machine->co_runners = running - 1;
}
