#include "runner/executor/executor.h"

#include "base/path.h"

#include <stdlib.h>
#include <string.h>

static bool executor_is_inside(const char *path, const char *folder)
{
    const size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && path[n] == '/';
}

/* Installed with this program, or built with it. */
static bool executor_came_along(const bnn_plugin *plugin)
{
    char path[PATH_MAX], beside[PATH_MAX], folder[PATH_MAX];
    if (realpath(plugin->path, path) == NULL)
        return false;
    if (bnn_path_beside_program("plugins", beside) && realpath(beside, folder) != NULL &&
        executor_is_inside(path, folder))
        return true;
    return realpath(BNN_PLUGIN_DIR, folder) != NULL && executor_is_inside(path, folder);
}

bool bnn_executor_isolates(const bnn_experiment *experiment)
{
    if (experiment->run.isolation != BNN_ISOLATION_AUTO)
        return experiment->run.isolation == BNN_ISOLATION_PROCESS;
    for (size_t i = 0; i < experiment->n_configs; i++)
        for (size_t k = 0; k < experiment->configs[i].plugins.n; k++)
            if (!executor_came_along(experiment->configs[i].plugins.list[k]))
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
