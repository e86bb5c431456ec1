/* suites.h - suites of unit tests whose calls fail. */
#ifndef BNN_TESTS_TORTURE_SUITES_H
#define BNN_TESTS_TORTURE_SUITES_H

#include "tests/torture/trial.h"

#include <stdbool.h>

typedef struct torture_suites {
    const char *programs;  /* paths with commas */
    trial_fault fault;     /* of each path of callers the first call; n is of no meaning */
    const char *kind;      /* its name */
    bool begun;            /* there are paths that are noted */
    unsigned long n_tried; /* calls that have failed */
    unsigned long n_wrong; /* tests that have crashed, or hung */
} torture_suites;

/* Calls each suite again and again, until no call is left that has not failed by the path that it is made by, in
 * whichever of them. What a test then finds wrong is as it should be; it must not crash or hang. */
void torture_suites_try(const trial_place *place, torture_suites *suites);

#endif
