#include "kernels/kernels.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

extern const bnn_kernels bnn_kernels_portable;
#if defined(__x86_64__)
extern const bnn_kernels bnn_kernels_avx512, bnn_kernels_avx2;
static const bnn_kernels *const tables[] = {&bnn_kernels_avx512, &bnn_kernels_avx2,
                                            &bnn_kernels_portable};
static const char *const names[] = {"avx512", "avx2", "portable"};
#elif defined(__aarch64__)
extern const bnn_kernels bnn_kernels_neon;
static const bnn_kernels *const tables[] = {&bnn_kernels_neon, &bnn_kernels_portable};
static const char *const names[] = {"neon", "portable"};
#else
static const bnn_kernels *const tables[] = {&bnn_kernels_portable};
static const char *const names[] = {"portable"};
#endif

enum { N_TABLES = sizeof tables / sizeof *tables };

/* Whether this machine (processor and operating system) runs a table's instructions. */
static bool runs_here(const char *name)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (strcmp(name, "avx512") == 0)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (strcmp(name, "avx2") == 0)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    (void)name;
#endif
    return true;
}

const bnn_kernels *bnn_kernels_find(const char *name)
{
    for (size_t i = 0; i < N_TABLES; i++)
        if (strcmp(names[i], name) == 0)
            return runs_here(name) ? tables[i] : NULL;
    return NULL;
}

const char *const *bnn_kernels_names(size_t *n)
{
    *n = N_TABLES;
    return names;
}

static void list_runnable(char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < N_TABLES; i++) {
        const size_t length = strlen(names[i]);
        if (!runs_here(names[i]) || used + length + 3 > size)
            continue;
        if (used > 0) {
            memcpy(out + used, ", ", 3);
            used += 2;
        }
        memcpy(out + used, names[i], length + 1);
        used += length;
    }
}

const bnn_kernels *bnn_kernels_choose(bnn_error *err)
{
    const char *wanted = getenv("BNN_CPU");
    if (wanted != NULL && wanted[0] != '\0') {
        const bnn_kernels *table = bnn_kernels_find(wanted);
        if (table == NULL) {
            char runnable[128];
            list_runnable(runnable, sizeof runnable);
            bnn_fail(err, BNN_E_USAGE, "BNN_CPU=%s cannot run here; this machine and build run: %s",
                     wanted, runnable);
        }
        return table;
    }
    for (size_t i = 0; i < N_TABLES; i++)
        if (runs_here(names[i]))
            return tables[i];
    return &bnn_kernels_portable;
}
