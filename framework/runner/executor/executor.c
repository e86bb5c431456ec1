#include "runner/executor/executor.h"

bool bnn_executor_isolates(const bnn_experiment *experiment)
{
    if (experiment->run.isolation != BNN_ISOLATION_AUTO)
        return experiment->run.isolation == BNN_ISOLATION_PROCESS;
    for (size_t i = 0; i < experiment->n_configs; i++)
        if (bnn_plugin_set_has_strangers(&experiment->configs[i].plugins))
            return true;
    return false;
}

int bnn_executor_open(const bnn_run_base *base, uint32_t n_slots, bnn_executor **out,
                      bnn_error *err)
{
    return bnn_executor_isolates(base->experiment)
               ? bnn_executor_open_processes(base, n_slots, out, err)
               : bnn_executor_open_threads(base, n_slots, out, err);
}
