#include "simd/cpu.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
static const char *const cpu_names[BNN_CPU_SETS] = {"avx512", "avx2", "portable"};
#elif defined(__aarch64__)
static const char *const cpu_names[BNN_CPU_SETS] = {"neon", "portable"};
#else
static const char *const cpu_names[BNN_CPU_SETS] = {"portable"};
#endif

/* Whether processor and operating system have what it takes. */
static bool cpu_has(size_t set, bnn_cpu_use use)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl");
    const bool counts =
        avx512 && __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512vnni");
    const bool has[BNN_CPU_SETS] = {use == BNN_CPU_COUNTS ? counts : avx512, avx2, true};
    return has[set];
#else
    (void)set;
    (void)use;
    return true;
#endif
}

const char *const *bnn_cpu_names(size_t *n)
{
    *n = BNN_CPU_SETS;
    return cpu_names;
}

static size_t cpu_number(const char *name)
{
    size_t set = 0;
    while (set < BNN_CPU_SETS && strcmp(cpu_names[set], name) != 0)
        set++;
    return set;
}

size_t bnn_cpu_find(const char *name, bnn_cpu_use use)
{
    const size_t set = cpu_number(name);
    return set < BNN_CPU_SETS && cpu_has(set, use) ? set : BNN_CPU_SETS;
}

static int cpu_refuse(const char *wanted, bnn_cpu_use use, bnn_error *err)
{
    char list[64] = "";
    for (size_t set = 0, n = 0; set < BNN_CPU_SETS; set++)
        if (cpu_has(set, use))
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", n > 0 ? ", " : "",
                                  cpu_names[set]);
    return bnn_fail(err, BNN_E_USAGE,
                    "BNN_CPU=%.40s cannot run here; this machine and build run: %s", wanted, list);
}

int bnn_cpu_choose(bnn_cpu_use use, size_t *out, bnn_error *err)
{
    const char *wanted = getenv("BNN_CPU");
    const bool named = wanted != NULL && wanted[0] != '\0';
    size_t set = named ? cpu_number(wanted) : 0;
    if (set == BNN_CPU_SETS || (named && use == BNN_CPU_VECTORS && !cpu_has(set, use)))
        return cpu_refuse(wanted, use, err);
    while (!cpu_has(set, use)) /* the last one always is there */
        set++;
    *out = set;
    return BNN_OK;
}
