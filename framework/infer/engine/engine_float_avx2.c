/* engine_float_avx2.c - the float stages, for AVX2 and FMA: 16 registers of 8 floats. */
#define BNN_VEC_AVX2
#define BNN_FLOAT_TABLE bnn_float_avx2
#define BNN_FLOAT_NAME  "avx2"

#include "infer/engine/body/float_table.h"
