/* conform.h - what a plugin of each kind promises, checked for every plugin on the search path.
 *
 * A subject is one plugin with one setting of its parameters: first the defaults, then, one at a
 * time, other values of each parameter. */
#ifndef BNN_TESTS_CONFORM_CONFORM_H
#define BNN_TESTS_CONFORM_CONFORM_H

#include "tests/fixtures/buffers.h"
#include "kernels/kernels.h"
#include "plugin/registry.h"

/* Like ck_assert_msg, which reports every success through a pipe: too slow for single elements. */
#define REQUIRE(condition, ...)        \
    do {                               \
        if (!(condition))              \
            ck_abort_msg(__VA_ARGS__); \
    } while (0)

typedef struct subject {
    bnn_registry *registry;
    const bnn_plugin *plugin;
    const bnn_head *head;
    bnn_context ctx;
    void *params;    /* aligned and of exactly params_size bytes; NULL without parameters */
    char what[1200]; /* for messages: the file and the setting */
    bool moderate;   /* the defaults, or a value near a default: not an end of a range */
    buffers memory;
} subject;

/* The plugins on the search path, and the skeletons. */
bnn_registry *conform_registry(void);

/* The number of plugins of this kind among them, shadowed ones left out. */
size_t conform_count(bnn_kind kind);

/* Loads plugin i of a kind with its default parameters; a refusal fails the test. conform_end
 * frees what belongs to it. */
void conform_begin(subject *s, bnn_kind kind, size_t i);
void conform_end(subject *s);

/* Sets the parameters to setting `turn` (0: defaults); false when there are no more. */
bool conform_set(subject *s, size_t turn);

/* Sets one parameter, which the plugin must have. */
void conform_set_param(subject *s, const char *name, double value);

/* The slope of a function at at[2], by a central difference of its values y at evenly spaced points.
 * False where differences say little, as near a kink: there the two sides disagree by more than
 * the share `kink`, or narrow and wide differences. */
bool conform_slope(const double at[5], const double y[5], double kink, double tolerance,
                   double *out);

/* The contracts. Each takes the number of a plugin of its kind. */
void conform_file(const subject *s); /* texts, exported symbols, writable data */
void conform_ste(size_t i);
void conform_layer(size_t i);
void conform_ordering(size_t i);
void conform_optimizer(size_t i);

#endif
