/* engine_float_avx512.c - the float stages, for AVX-512: 32 registers of 16 floats. */
#define BNN_VEC_AVX512
#define BNN_FLOAT_TABLE bnn_float_avx512
#define BNN_FLOAT_NAME  "avx512"

#include "infer/engine/body/float_table.h"
