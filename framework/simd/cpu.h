/* cpu.h - the instruction sets that loops are built for, and which of them this machine has.
 *
 * Whoever builds a loop for each of them keeps a table of the results, BNN_CPU_TABLE, in the order
 * of bnn_cpu_names(): a number below BNN_CPU_SETS is an instruction set. Thread-safe; the answers
 * never change. */
#ifndef BNN_SIMD_CPU_H
#define BNN_SIMD_CPU_H

#include "base/error.h"

#include <stddef.h>

/* {&prefix_avx512, ..}: an object for each instruction set that is built in, best first. */
#if defined(__x86_64__)
enum { BNN_CPU_SETS = 3 };
#    define BNN_CPU_TABLE(prefix)                                \
        {                                                        \
            &prefix##_avx512, &prefix##_avx2, &prefix##_portable \
        }
#elif defined(__aarch64__)
enum { BNN_CPU_SETS = 2 };
#    define BNN_CPU_TABLE(prefix)              \
        {                                      \
            &prefix##_neon, &prefix##_portable \
        }
#else
enum { BNN_CPU_SETS = 1 };
#    define BNN_CPU_TABLE(prefix) \
        {                         \
            &prefix##_portable    \
        }
#endif

/* What a loop asks of an instruction set. */
typedef enum bnn_cpu_use {
    BNN_CPU_VECTORS, /* AVX-512 is F, BW, DQ and VL; AVX2 has FMA beside it */
    BNN_CPU_COUNTS,  /* AVX-512 also has VPOPCNTDQ and VNNI: simd/count.h */
} bnn_cpu_use;

/* Their names, best first, of which the last is "portable"; *n is BNN_CPU_SETS. */
const char *const *bnn_cpu_names(size_t *n);

/* The number of an instruction set; BNN_CPU_SETS when it is not built in or the machine has not
 * what the use asks for. */
size_t bnn_cpu_find(const char *name, bnn_cpu_use use);

/* The best that the machine has, or the one that the environment variable BNN_CPU names. One that
 * the machine has not is refused, like one that is not built in; but where it is to count, the next
 * one is taken: AVX-512 may be enough for training's kernels and not for an engine. */
int bnn_cpu_choose(bnn_cpu_use use, size_t *out, bnn_error *err);

#endif
