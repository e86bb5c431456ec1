/* kernels_avx2.c - the kernels for AVX2 and FMA: 16 registers of 8 floats. */
#define BNN_VEC_AVX2
#define BNN_TABLE      bnn_kernels_avx2
#define BNN_TABLE_NAME "avx2"

#include "kernels/body/table.h"
