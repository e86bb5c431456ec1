/* compiler.h - what the loops tell the compiler. */
#ifndef BNN_SIMD_COMPILER_H
#define BNN_SIMD_COMPILER_H

#define INLINE static inline __attribute__((always_inline, unused))
#define KERNEL static __attribute__((noinline))

/* Full unrolling keeps small arrays of vectors in registers. Each compiler has its own pragma and
 * ignores the other's. */
#define PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#    define UNROLL PRAGMA(clang loop unroll(full))
#else
#    define UNROLL PRAGMA(GCC unroll 32)
#endif

#endif
