#include "runner/environment.h"

#include "base/json.h"
#include "base/path.h"
#include "build_info.h"
#include "kernels/kernels.h"

#include <curl/curl.h>
#include <gnu/libc-version.h>
#include <jansson.h>
#include <math.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <yaml.h>
#include <zlib.h>

uint32_t bnn_environment_cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}

/* The quota of a group in CPUs: "150000 100000" or "max 100000" in version 2; in version 1 quota (-1:
 * none) and period in two files. */
static double environment_group_quota(const char *folder)
{
    static const char *const names[] = {"cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us"};
    double numbers[2] = {0};
    int n = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[PATH_MAX];
        FILE *file = bnn_path_join(folder, names[i], path) ? fopen(path, "re") : NULL;
        while (file != NULL && n < 2 && fscanf(file, "%lf", &numbers[n]) == 1)
            n++;
        if (file != NULL)
            fclose(file);
    }
    return numbers[0] > 0 && numbers[1] > 0 ? numbers[0] / numbers[1] : INFINITY;
}

/* In bytes. */
static double environment_group_memory(const char *folder)
{
    static const char *const names[] = {"memory.max", "memory.limit_in_bytes"};
    double bytes = 0.0;
    for (size_t i = 0; bytes <= 0.0 && i < sizeof names / sizeof *names; i++) {
        char path[PATH_MAX];
        FILE *file = bnn_path_join(folder, names[i], path) ? fopen(path, "re") : NULL;
        if (file != NULL && fscanf(file, "%lf", &bytes) != 1)
            bytes = 0.0; /* "max" */
        if (file != NULL)
            fclose(file);
    }
    return bytes > 0.0 ? bytes : INFINITY;
}

typedef double environment_limit(const char *folder);

/* A group lies in those that its path leads through. */
static double environment_least(environment_limit *limit, const char *mounted,
                                const char *controller, const char *path)
{
    char root[PATH_MAX], folder[PATH_MAX];
    double least = INFINITY;
    if (!bnn_path_join(mounted, controller, root) || !bnn_path_join(root, path, folder))
        return least;
    for (char *end = folder + strlen(folder); end >= folder + strlen(root);) {
        *end = '\0';
        least = fmin(least, limit(folder));
        end = strrchr(folder, '/');
    }
    return least;
}

/* Lines are "ID:CONTROLLER,CONTROLLER:/PATH", of version 2 without a controller. */
static double environment_least_of(environment_limit *limit, const char *groups,
                                   const char *mounted)
{
    char line[PATH_MAX];
    double least = INFINITY;
    FILE *file = fopen(groups, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *path = line;
        (void)strsep(&path, ":"); /* the ID */
        char *controllers = strsep(&path, ":");
        if (path == NULL)
            continue;
        path[strcspn(path, "\n")] = '\0';
        while (controllers != NULL)
            least = fmin(least, environment_least(limit, mounted, strsep(&controllers, ","), path));
    }
    if (file != NULL)
        fclose(file);
    return least;
}

double bnn_environment_quota(const char *groups, const char *mounted)
{
    return environment_least_of(environment_group_quota, groups, mounted);
}

double bnn_environment_memory(const char *groups, const char *mounted)
{
    const double machine = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    return fmin(machine, environment_least_of(environment_group_memory, groups, mounted));
}

uint32_t bnn_environment_jobs(void)
{
    const double quota = bnn_environment_quota("/proc/self/cgroup", "/sys/fs/cgroup");
    return (uint32_t)fmin(ceil(quota), bnn_environment_cpus());
}

/* AArch64 has no model name there, but a part number. */
const char *bnn_environment_cpu_model(char out[BNN_CPU_MODEL])
{
    char line[512];
    bool found = false;
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = sscanf(line, "model name : %255[^\n]", out) == 1 ||
                sscanf(line, "CPU part : %255[^\n]", out) == 1;
    if (file != NULL)
        fclose(file);
    return found ? out : NULL;
}

char *bnn_environment_libraries(void)
{
    json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "sqlite", sqlite3_libversion(),
                            "libyaml", yaml_get_version_string(), "curl",
                            curl_version_info(CURLVERSION_NOW)->version, "zlib", zlibVersion(),
                            "jansson", JANSSON_VERSION, "glibc", gnu_get_libc_version());
    char *text = bnn_json_dump(all, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(all);
    return text;
}

int bnn_environment_add(bnn_store *store, int64_t *out_environment, bnn_error *err)
{
    struct utsname name;
    char cpu_model[BNN_CPU_MODEL],
        os[sizeof name.sysname + sizeof name.release + sizeof name.machine + 2];
    const bnn_kernels *kernels = bnn_kernels_choose(err);
    if (kernels == NULL)
        return err->status;
    if (uname(&name) != 0)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "uname");
    snprintf(os, sizeof os, "%s %s %s", name.sysname, name.release, name.machine);
    char *libraries = bnn_environment_libraries();
    if (libraries == NULL)
        return bnn_no_memory(err);
    const bnn_store_environment environment = {
        .host = name.nodename,
        .os = os,
        .cpu_model = bnn_environment_cpu_model(cpu_model),
        .n_cpu = bnn_environment_cpus(),
        .kernels = kernels->name,
        .compiler = BNN_COMPILER,
        .cflags = BNN_CFLAGS,
        .version = BNN_VERSION,
        .revision = BNN_REVISION,
        .libraries = libraries,
    };
    const int status = bnn_store_add_environment(store, &environment, out_environment, err);
    free(libraries);
    return status;
}
