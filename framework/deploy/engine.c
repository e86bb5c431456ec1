#include "deploy/engine.h"

#include <stdlib.h>
#include <string.h>

static const bnn_engine *const engines[] = {&bnn_engine_portable};
static const char *const names[] = {"portable"};

enum { N_ENGINES = sizeof engines / sizeof *engines };

/* Whether this machine (processor and operating system) runs an engine's instructions. */
static bool runs_here(const char *name)
{
    (void)name;
    return true;
}

const bnn_engine *bnn_engine_find(const char *name)
{
    for (size_t i = 0; i < N_ENGINES; i++)
        if (strcmp(names[i], name) == 0)
            return runs_here(name) ? engines[i] : NULL;
    return NULL;
}

const char *const *bnn_engine_names(size_t *n)
{
    *n = N_ENGINES;
    return names;
}

const bnn_engine *bnn_engine_choose(bnn_error *err)
{
    const char *wanted = getenv("BNN_CPU");
    if (wanted != NULL && wanted[0] != '\0') {
        const bnn_engine *engine = bnn_engine_find(wanted);
        if (engine == NULL)
            bnn_fail(
                err, BNN_E_USAGE,
                "BNN_CPU=%.40s: no such engine is built in and runs here; portable always does",
                wanted);
        return engine;
    }
    for (size_t i = 0; i < N_ENGINES; i++)
        if (runs_here(names[i]))
            return engines[i];
    return &bnn_engine_portable;
}
