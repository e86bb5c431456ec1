/* conform_internal.h - what checks are made of. They run in a process of their own: a promise that is
 * broken ends it, and nobody frees anything on that way. */
#ifndef BNN_CONFORM_CONFORM_INTERNAL_H
#define BNN_CONFORM_CONFORM_INTERNAL_H

#include "conform/conform.h"
#include "plugin/registry.h"

#include <math.h>
#include <stdbool.h>

/* What the process of a check and its parent share. */
typedef struct conform_answer {
    bnn_conform_verdict verdict; /* 0 while the check is under way */
    char setting[200];           /* the parameters being tried, "" for the defaults */
    char message[1000];
    char hint[80];   /* what may be behind a crash, or "" */
    bnn_error fault; /* why there is no verdict; its status is BNN_OK where there is one */
} conform_answer;

/* A plugin with one setting of its parameters. */
typedef struct conform_subject {
    const bnn_plugin *plugin;
    const bnn_head *head;
    bnn_context ctx;
    void *params;  /* of exactly params_size bytes; NULL without parameters */
    bool moderate; /* the defaults, or a value near a default: not an end of a range */
    conform_answer *answer;
} conform_subject;

typedef struct conform_check {
    const char *name, *promise;
    /* Returns where the promise is kept. Settings are those of conform_set. */
    void (*run)(conform_subject *s);
} conform_check;

/* The checks of each kind, and those of every file; closed by a NULL name. */
extern const conform_check conform_file_checks[], conform_layer_checks[], conform_ste_checks[],
    conform_ordering_checks[], conform_optimizer_checks[], conform_form_checks[];

/* ---- verdicts ---------------------------------------------------------------------------- */

/* The promise is broken, and why; or there is nothing to check. Both end the process. */
_Noreturn void conform_break(const conform_subject *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void conform_skip(const conform_subject *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ends the process, too, without a verdict, where a failure is the machine's, or that of reading a file. */
void conform_check_fault(const conform_subject *s, const bnn_error *err);

/* A macro, so that the arguments of the message are evaluated only where it is needed. */
#define CONFORM_REQUIRE(subject, condition, ...)   \
    do {                                           \
        if (!(condition))                          \
            conform_break((subject), __VA_ARGS__); \
    } while (0)

/* ---- settings (subject.c) ---------------------------------------------------------------- */

/* Sets the parameters to setting `turn` (0: defaults); false when there are no more. */
bool conform_set(conform_subject *s, size_t turn);

/* The slope of a function at at[2], by a central difference of its values y at evenly spaced points.
 * False where differences say little, as near a kink: there the two sides disagree by more than
 * the share `kink`, or narrow and wide differences. */
bool conform_slope(const double at[5], const double y[5], double kink, double tolerance,
                   double *out);

/* ---- memory (memory.c) ------------------------------------------------------------------- */

/* Blocks whose end lies at a page that nobody may touch, 64-byte aligned as plugins are promised, full
 * of NaN where something is to be written. */
typedef struct conform_memory {
    const conform_subject *s; /* whose plugin writes there */
    struct conform_block {
        char *at;
        size_t n_bytes;
    } blocks[128];
    size_t n;
    uint64_t state; /* of the random numbers */
} conform_memory;

void *conform_bytes(conform_memory *m, size_t n_bytes);
float *conform_random_floats(conform_memory *m, size_t n); /* as conform_random_float */
float *conform_empty_floats(conform_memory *m, size_t n);

/* Frees all; what was written behind a block's end breaks the promise. */
void conform_memory_free(conform_memory *m);

/* A number of low..high, both included. */
uint32_t conform_random_between(conform_memory *m, uint32_t low, uint32_t high);
/* Uniform in [-1, 1) in steps of 2^-23: the product of two is not exact. */
float conform_random_float(conform_memory *m);

/* The same bits, or both NaN. */
bool conform_is_same(float a, float b);
void conform_require_same(const conform_subject *s, const char *table, const float *got,
                          const float *want, size_t n);

#endif
