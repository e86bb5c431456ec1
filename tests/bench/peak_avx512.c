/* peak_avx512.c - the fastest loop of multiply-adds for AVX-512. */
#define BNN_VEC_AVX512
#define PEAK peak_avx512

#include "tests/bench/peak_body.h"
