/* peak_neon.c - the fastest loop of multiply-adds for AArch64 Advanced SIMD. */
#define BNN_VEC_NEON
#define PEAK peak_neon

#include "tests/bench/peak_body.h"
