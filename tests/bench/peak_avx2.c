/* peak_avx2.c - the fastest loop of multiply-adds for AVX2 and FMA. */
#define BNN_VEC_AVX2
#define PEAK peak_avx2

#include "tests/bench/peak_body.h"
