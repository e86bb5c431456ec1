#include "kernels/kernels.h"

#include "simd/cpu.h"

extern const bnn_kernels bnn_kernels_avx512, bnn_kernels_avx2, bnn_kernels_neon,
    bnn_kernels_portable;
static const bnn_kernels *const kernels_tables[BNN_CPU_SETS] = BNN_CPU_TABLE(bnn_kernels);

const bnn_kernels *bnn_kernels_find(const char *name)
{
    const size_t set = bnn_cpu_find(name, BNN_CPU_VECTORS);
    return set < BNN_CPU_SETS ? kernels_tables[set] : NULL;
}

const bnn_kernels *bnn_kernels_choose(bnn_error *err)
{
    size_t set;
    return bnn_cpu_choose(BNN_CPU_VECTORS, &set, err) == BNN_OK ? kernels_tables[set] : NULL;
}
