/* kernels_portable.c - the kernels for any machine; fused multiply-adds by fmaf, hence slow where there is no instruction for it. */
#define BNN_VEC_PORTABLE
#define BNN_TABLE      bnn_kernels_portable
#define BNN_TABLE_NAME "portable"

#include "kernels/body/table.h"
