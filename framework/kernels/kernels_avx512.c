/* kernels_avx512.c - the kernels for AVX-512: 32 registers of 16 floats. */
#define BNN_VEC_AVX512
#define BNN_TABLE      bnn_kernels_avx512
#define BNN_TABLE_NAME "avx512"

#include "kernels/body/table.h"
