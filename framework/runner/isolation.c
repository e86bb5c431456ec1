/* isolation.c - what of a spec does not go with where its runs are executed. */
#include "runner/executor/executor.h"
#include "runner/experiment_internal.h"

/* Who wants threads may have them; but not without knowing what that is, where a plugin is nobody's. */
static void isolation_warn_of_threads(const bnn_reader *r, const bnn_node *root,
                                      const bnn_experiment *e)
{
    char strangers[BNN_STRANGERS];
    const bnn_node *wish = bnn_tree_find(root, "run.isolation");
    for (size_t i = 0; e->run.isolation == BNN_ISOLATION_THREAD && i < e->n_configs; i++) {
        const bnn_plugin_set *set = &e->configs[i].plugins;
        if (wish == NULL || bnn_plugin_set_is_trusted(set))
            continue;
        bnn_diag_warn(r->diag, wish->at,
                      "run.isolation: thread, but %s: a crash or a loop ends the sweep, and "
                      "nothing keeps plugins from files",
                      bnn_plugin_set_name_strangers(set, strangers));
        return;
    }
}

static void isolation_warn_of_memory(const bnn_reader *r, const bnn_node *root,
                                     const bnn_experiment *e)
{
    const bnn_node *wish = bnn_tree_find(root, "run.memory_limit");
    if (wish != NULL && e->run.memory_limit > 0.0 && !bnn_executor_isolates(e))
        bnn_diag_warn(r->diag, wish->at,
                      "run.memory_limit: these runs are threads of one process, which it does not "
                      "limit; with run.isolation: process each has its own");
}

void bnn_isolation_check(const bnn_reader *r, const bnn_node *root, const bnn_experiment *e)
{
    isolation_warn_of_threads(r, root, e);
    isolation_warn_of_memory(r, root, e);
}
