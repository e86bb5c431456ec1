/* measure.h - honest timing: contenders take turns, so that whatever else the machine does meets
 * all of them alike.
 *
 * A round is one sample of each contender, and each round begins with another one. A sample is as
 * many calls as the clock needs, after a few that are not timed. What is reported of the samples
 * is the median and the quartiles: a mean would be that of the interruptions. */
#ifndef BNN_BENCH_MEASURE_H
#define BNN_BENCH_MEASURE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sample shorter than this says more about the clock than about the work. */
#define BNN_MEASURE_SAMPLE_MIN_NS ((uint64_t)200 * 1000)

/* Wall time, and time on a CPU; they differ where something else had the CPU. */
typedef struct bnn_duration {
    double wall_ns, cpu_ns;
} bnn_duration;

typedef struct bnn_contender {
    /* Does its work on n_images n_calls times and says how long all of them took. A failure ends
     * the measurement. */
    int (*run)(void *context, uint32_t n_images, uint64_t n_calls, bnn_duration *out,
               bnn_error *err);
    void *context;
    uint32_t n_images; /* in a call, from 1 */
} bnn_contender;

typedef struct bnn_measure_plan {
    uint32_t n_rounds;   /* from 1 */
    uint64_t warm_up_ns; /* each contender works at least this long first */
    uint64_t sample_ns;  /* at least this long is a sample; not below BNN_MEASURE_SAMPLE_MIN_NS */
} bnn_measure_plan;

/* Measures n contenders. samples[n][n_rounds]: time for an image. Each works warm_up_ns first, and
 * on until its speed has settled, but no longer than eight times that. The status of a contender
 * that failed, or 0; after a failure the samples are of no use. */
int bnn_measure(const bnn_measure_plan *plan, const bnn_contender *contenders, size_t n,
                bnn_duration *samples, bnn_error *err);

/* How a network is run for a benchmark, whoever runs it: an engine of ours (engine.h), or a program of
 * others in a process of its own (ort.h). A further one is a file like these and a call that adds it
 * to the lineup. state: what the executor made for one network and the images that all contenders get. */
typedef struct bench_executor {
    /* Whether the logits have the bits of our engines. Others add in another order, so a sign behind
     * float sums may differ: their classes count, but for near ties. */
    bool is_exact;
    /* The logits [n_images][n_classes] of all images. */
    int (*answer)(void *state, float *logits, bnn_error *err);
    /* As bnn_contender.run. */
    int (*run)(void *state, uint32_t n_images, uint64_t n_calls, bnn_duration *out, bnn_error *err);
    /* Adds the nanoseconds of n_calls to stage_ns[n_stages]; NULL: cannot look inside. */
    void (*profile)(void *state, uint32_t n_images, uint64_t n_calls, uint64_t *stage_ns);
} bench_executor;

/* What the wall times of n samples, at least one, have in common; sorts them by it. Quartiles are
 * interpolated between neighbours (type 7 of Hyndman and Fan, 1996). */
typedef struct bnn_measure_summary {
    double median_ns, low_ns, high_ns; /* low, high: first and third quartile */
    double min_ns, max_ns;
} bnn_measure_summary;
void bnn_measure_summarize(bnn_duration *samples, size_t n, bnn_measure_summary *out);

#endif
