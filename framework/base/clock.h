/* clock.h - what time it is. */
#ifndef BNN_BASE_CLOCK_H
#define BNN_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Of CLOCK_MONOTONIC, or the time of a thread: CLOCK_THREAD_CPUTIME_ID; in nanoseconds, and in
 * seconds. */
static inline uint64_t bnn_clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline double bnn_clock_seconds(clockid_t clock)
{
    return 1e-9 * (double)bnn_clock_ns(clock);
}

#endif
