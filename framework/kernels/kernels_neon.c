/* kernels_neon.c - the kernels for AArch64 Advanced SIMD: 32 registers of 4 floats. */
#define BNN_VEC_NEON
#define BNN_TABLE      bnn_kernels_neon
#define BNN_TABLE_NAME "neon"

#include "kernels/body/table.h"
