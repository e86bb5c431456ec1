/* sweeps.h - simulated sweeps whose truth is known, and how often comparisons are wrong about
 * them.
 *
 * Accuracies are noise around a mean, rounded like shares of the images of a test set. All runs of
 * a seed have a part of the noise in common, and all configs have the baseline's. */
#ifndef BNN_TESTS_SIMULATE_SWEEPS_H
#define BNN_TESTS_SIMULATE_SWEEPS_H

#include "comparison/comparison.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SWEEP_CONFIGS_MAX = 40, SWEEP_SEEDS_MAX = 40 };

typedef enum sweep_noise {
    SWEEP_NORMAL,
    SWEEP_SKEWED,  /* exponential, to the left, as of runs that go wrong now and then */
    SWEEP_UNEQUAL, /* normal, one to four times as wide, in turns */
    SWEEP_LOPSIDED, /* of the baseline exponential, of the others little: so differences are skewed */
    SWEEP_LOPSIDED_CONFIGS, /* the other way round: each difference is skewed by itself */
} sweep_noise;

/* What is 0 is not: 10 configs, 10 seeds, an sd of 0.1, accuracies of 10,000 images, alpha 0.05, a
 * margin of 0.1. */
typedef struct sweep_plan {
    size_t configs, seeds;
    sweep_noise noise;
    double sd;        /* of a run, in points; the differences have this times the root of 2 */
    double step;      /* to which accuracies are rounded, in points: 0.01 of 10,000 images */
    size_t different; /* so many configs, the first ones, ... */
    double effect;    /* ... differ from the baseline by this, in points, up and down in turns */
    double missing;   /* share of runs that there are not */
    double failing;   /* share of runs that fail */
    bool all_pairs;   /* of the configs and the baseline, each with each */
    bnn_question question;
    bnn_design design; /* with looks: seeds until it is decided, `seeds` is that of the last */
} sweep_plan;

/* Of so many sweeps, in how many at least one ... */
typedef struct sweep_rates {
    size_t sweeps;
    size_t false_signs;  /* ... comparison was called better or worse against the truth */
    size_t false_equals; /* ... equal, and is not */
    size_t misses;       /* ... interval, at any look, does not have the true difference */
    size_t wrong;        /* ... any of these */
    size_t found;        /* of all true differences of all sweeps, those with the right sign */
    size_t equal;        /* of all comparisons without one, those called equal */
    size_t runs;         /* of comparisons, until they have a verdict */
} sweep_rates;

/* The plan with these numbers in it. */
sweep_plan sweep_plan_whole(const sweep_plan *plan);

/* How many comparisons are made in a sweep of such a plan. */
size_t sweep_plan_comparisons(const sweep_plan *whole);

/* Simulates sweeps number `first`, ... of the plan and adds what came of them. The same numbers
 * give the same sweeps. */
void sweeps_simulate(const sweep_plan *plan, size_t first, size_t n, sweep_rates *rates);

#endif
