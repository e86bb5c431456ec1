#include "infer/engine/engine.h"

#include "simd/cpu.h"

static const bnn_engine *const engine_tables[BNN_CPU_SETS] = BNN_CPU_TABLE(bnn_engine);

const bnn_engine *bnn_engine_find(const char *name)
{
    const size_t set = bnn_cpu_find(name, BNN_CPU_COUNTS);
    return set < BNN_CPU_SETS ? engine_tables[set] : NULL;
}

const bnn_engine *bnn_engine_choose(bnn_error *err)
{
    size_t set;
    return bnn_cpu_choose(BNN_CPU_COUNTS, &set, err) == BNN_OK ? engine_tables[set] : NULL;
}
