#include "runner/environment.h"

#include "build_info.h"
#include "kernels/kernels.h"

#include <curl/curl.h>
#include <gnu/libc-version.h>
#include <jansson.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <yaml.h>
#include <zlib.h>

uint32_t bnn_environment_cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}

/* The text behind the colon of a line of /proc/cpuinfo that begins with key. */
static bool environment_line_value(char *line, const char *key, char *out, size_t n)
{
    if (strncmp(line, key, strlen(key)) != 0)
        return false;
    const char *colon = strchr(line, ':');
    if (colon == NULL)
        return false;
    line[strcspn(line, "\n")] = '\0';
    snprintf(out, n, "%s", colon + 1 + strspn(colon + 1, " \t"));
    return out[0] != '\0';
}

/* AArch64 has no model name there, but a part number. */
bool bnn_environment_cpu_model(char *out, size_t n)
{
    char line[512];
    bool found = false;
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = environment_line_value(line, "model name", out, n) ||
                environment_line_value(line, "CPU part", out, n);
    if (file != NULL)
        fclose(file);
    return found;
}

/* A JSON object, malloc'ed; NULL without memory. */
static char *environment_libraries(void)
{
    json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "sqlite", sqlite3_libversion(),
                            "libyaml", yaml_get_version_string(), "curl",
                            curl_version_info(CURLVERSION_NOW)->version, "zlib", zlibVersion(),
                            "jansson", JANSSON_VERSION, "glibc", gnu_get_libc_version());
    char *text = all == NULL ? NULL : json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(all);
    return text;
}

int bnn_environment_add(bnn_store *store, int64_t *out_environment, bnn_error *err)
{
    struct utsname name;
    char cpu_model[256], os[sizeof name.sysname + sizeof name.release + sizeof name.machine + 2];
    const bnn_kernels *kernels = bnn_kernels_choose(err);
    if (kernels == NULL)
        return err->status;
    if (uname(&name) != 0)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "uname");
    snprintf(os, sizeof os, "%s %s %s", name.sysname, name.release, name.machine);
    char *libraries = environment_libraries();
    if (libraries == NULL)
        return bnn_no_memory(err);
    const bnn_store_environment environment = {
        .host = name.nodename,
        .os = os,
        .cpu_model = bnn_environment_cpu_model(cpu_model, sizeof cpu_model) ? cpu_model : NULL,
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
