/* <bnn/plugin_helpers.h> - small things that plugins have in common. <bnn/plugin.h> includes it.
 *
 * Nothing here is part of the interface: all of it is compiled into the plugin. */
#ifndef BNN_PLUGIN_HELPERS_H
#define BNN_PLUGIN_HELPERS_H

#include <bnn/plugin.h>

/* In front of a loop whose steps do not depend on each other. The compiler cannot know that where
 * the output may be the input (gx may be gy), and would take one element at a time. */
#if defined(__clang__)
#    define BNN_INDEPENDENT                                                \
        _Pragma("clang diagnostic ignored \"-Wpass-failed\"") /* at -O1 */ \
            _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#    define BNN_INDEPENDENT _Pragma("GCC ivdep")
#else
#    define BNN_INDEPENDENT
#endif

/* In front of a hot function: compiled for several instruction sets, the right one chosen when the
 * plugin is loaded. Speed only: without contraction each gives the same bits. Nothing where the
 * compiler or the machine cannot, nor under sanitizers, whose runtime the choice would precede. */
#if defined(__x86_64__) && defined(__has_attribute) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#    if __has_attribute(target_clones)
#        define BNN_HOT __attribute__((target_clones("avx512f", "avx2", "default")))
#    endif
#endif
#if !defined(BNN_HOT)
#    define BNN_HOT
#endif

/* x^n by repeated squaring: the same bits everywhere, unlike pow(). */
static inline double bnn_power(double x, uint64_t n)
{
    double y = 1.0;
    for (; n > 0; n >>= 1) {
        if (n & 1)
            y *= x;
        x *= x;
    }
    return y;
}

/* The floats of x in a layer: all features of all images; and those of one channel. Multiples of
 * BNN_LANES. */
static inline size_t bnn_io_channel(const bnn_layer_io *io)
{
    return (size_t)io->in.h * io->in.w * io->lanes;
}

static inline size_t bnn_io_values(const bnn_layer_io *io)
{
    return io->in.c * bnn_io_channel(io);
}

/* The plan of a layer whose output has its input's shape, without tensors. */
static inline int bnn_plan_elementwise(const void *params, bnn_layer_plan *plan)
{
    (void)params;
    plan->out = plan->in;
    return 0;
}

#endif
