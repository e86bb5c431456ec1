/* engine_float_neon.c - the float stages, for AArch64 Advanced SIMD: 32 registers of 4 floats. */
#define BNN_VEC_NEON
#define BNN_FLOAT_TABLE bnn_float_neon
#define BNN_FLOAT_NAME  "neon"

#include "infer/engine/body/float_table.h"
