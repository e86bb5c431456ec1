#include "infer/engine/engine.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
static const bnn_engine *const engines[] = {&bnn_engine_avx512, &bnn_engine_avx2,
                                            &bnn_engine_portable};
static const char *const names[] = {"avx512", "avx2", "portable"};
#elif defined(__aarch64__)
static const bnn_engine *const engines[] = {&bnn_engine_neon, &bnn_engine_portable};
static const char *const names[] = {"neon", "portable"};
#else
static const bnn_engine *const engines[] = {&bnn_engine_portable};
static const char *const names[] = {"portable"};
#endif

enum { N_ENGINES = sizeof engines / sizeof *engines };

/* Whether this machine (processor and operating system) runs an engine's instructions. */
static bool runs_here(const char *name)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (strcmp(name, "avx512") == 0)
        return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vnni");
    if (strcmp(name, "avx2") == 0)
        return avx2;
#else
    (void)name;
#endif
    return true;
}

/* The position of a name, or N_ENGINES. */
static size_t find(const char *name)
{
    size_t i = 0;
    while (i < N_ENGINES && strcmp(names[i], name) != 0)
        i++;
    return i;
}

const bnn_engine *bnn_engine_find(const char *name)
{
    const size_t i = find(name);
    return i < N_ENGINES && runs_here(name) ? engines[i] : NULL;
}

const char *const *bnn_engine_names(size_t *n)
{
    *n = N_ENGINES;
    return names;
}

const bnn_engine *bnn_engine_choose(bnn_error *err)
{
    const char *wanted = getenv("BNN_CPU");
    size_t i = 0;
    if (wanted != NULL && wanted[0] != '\0') {
        i = find(wanted);
        if (i == N_ENGINES) {
            bnn_fail(err, BNN_E_USAGE,
                     "BNN_CPU=%.40s: no such engine is built in; portable always is", wanted);
            return NULL;
        }
    }
    while (!runs_here(names[i])) /* the last one always does */
        i++;
    return engines[i];
}
