/* machine.c - the CPU that a benchmark has for itself, and who disturbs it there. */
#include "bench/lineup.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

enum { WATCH_NS = 100 * 1000 * 1000 };

/* Adds sign times the clock ticks of each CPU since boot; nothing where /proc/stat does not have it. */
static void add_ticks(int64_t sign, int64_t idle[CPU_SETSIZE], int64_t all[CPU_SETSIZE])
{
    char line[512];
    FILE *file = fopen("/proc/stat", "re");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned cpu;
        int64_t t[8] = {0}; /* user, nice, system, idle, iowait, irq, softirq, steal */
        if (sscanf(line,
                   "cpu%u %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64
                   " %" SCNd64 " %" SCNd64,
                   &cpu, &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) < 5 ||
            cpu >= CPU_SETSIZE)
            continue;
        idle[cpu] += sign * (t[3] + t[4]);
        for (int i = 0; i < 8; i++)
            all[cpu] += sign * t[i];
    }
    fclose(file);
}

void bench_machine_pin(bnn_store_bench *record, cpu_set_t *allowed)
{
    static const struct timespec watch = {.tv_nsec = WATCH_NS};
    int64_t idle[CPU_SETSIZE] = {0}, all[CPU_SETSIZE] = {0};
    record->cpu = -1;
    record->idle = record->load_average = -1;
    record->co_runners = -1;
    bench_machine_look(record);
    if (sched_getaffinity(0, sizeof *allowed, allowed) != 0)
        return;
    add_ticks(-1, idle, all);
    nanosleep(&watch, NULL);
    add_ticks(1, idle, all);
    int best = -1;
    double most = -2;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        /* Of equals the last: interrupts tend to go to the first. */
        const double share = all[cpu] > 0 ? (double)idle[cpu] / (double)all[cpu] : -1;
        if (CPU_ISSET((unsigned)cpu, allowed) && share >= most) {
            best = cpu;
            most = share;
        }
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    if (best >= 0)
        CPU_SET((unsigned)best, &one);
    if (best >= 0 && sched_setaffinity(0, sizeof one, &one) == 0) {
        record->cpu = best;
        record->idle = most;
    }
}

void bench_machine_unpin(const bnn_store_bench *record, const cpu_set_t *allowed)
{
    if (record->cpu >= 0)
        sched_setaffinity(0, sizeof *allowed, allowed);
}

void bench_machine_look(bnn_store_bench *record)
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
    if (record->load_average < 0)
        record->load_average = average;
    /* This thread is one of those that run; a system that counts none does not count. */
    if (running > 0 && running - 1 > record->co_runners)
        record->co_runners = running - 1;
}
