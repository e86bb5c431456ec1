/* machine.c - what a bug report says first: the program, how it was built, and what it runs on. */
#include "base/json.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "build_info.h"
#include "cli/doctor/doctor.h"
#include "cli/serve/serve.h"
#include "runner/environment.h"

#include <bnn/plugin.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

/* "curl 7.88.1, sqlite 3.40.1", from what is recorded with runs. */
static void program_name_libraries(char *out, size_t size)
{
    char *recorded = bnn_environment_libraries();
    json_t *libraries = recorded == NULL ? NULL : bnn_json_of(recorded), *version;
    const char *name;
    size_t used = 0;
    out[0] = '\0';
    json_object_foreach(libraries, name, version)
    {
        if (used < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s %s", used == 0 ? "" : ", ",
                                     name, json_string_value(version));
    }
    json_decref(libraries);
    free(recorded);
}

void doctor_look_at_program(doctor *d)
{
    char libraries[256];
    const char *serve = cli_serve_library();
    doctor_note(d, DOCTOR_OK, "bnnrun", NULL, "%s, revision %s, plugin ABI %u", BNN_VERSION,
                BNN_REVISION, BNN_ABI_VERSION);
    doctor_note(d, DOCTOR_OK, "compiler", NULL, "%s, %s", BNN_COMPILER, BNN_CFLAGS);
    program_name_libraries(libraries, sizeof libraries);
    doctor_note(d, DOCTOR_OK, "libraries", NULL, "%s", libraries);
    if (serve != NULL)
        doctor_note(d, DOCTOR_OK, "serve", NULL, "libmicrohttpd %s", serve);
    else
        doctor_note(d, DOCTOR_OK, "serve", "install libmicrohttpd-dev, and build bnnrun again",
                    "`bnnrun serve` is not there: built without libmicrohttpd");
}

/* "Debian GNU/Linux 12 (bookworm)"; or "". */
static void machine_name_system(char out[128])
{
    char line[256];
    out[0] = '\0';
    FILE *file = fopen("/etc/os-release", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        sscanf(line, "PRETTY_NAME=\"%127[^\"]", out);
    if (file != NULL)
        fclose(file);
}

/* What shells and batch systems set, and runs then meet. */
static void machine_look_at_limits(doctor *d)
{
    enum { FILES_LEAST = 256 };
    struct rlimit files, size;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_LEAST)
        doctor_note(d, DOCTOR_WARNING, "limits", "`ulimit -n 1024` before bnnrun",
                    "a process may open only %llu files", (unsigned long long)files.rlim_cur);
    if (getrlimit(RLIMIT_FSIZE, &size) == 0 && size.rlim_cur != RLIM_INFINITY)
        doctor_note(d, DOCTOR_WARNING, "limits", "`ulimit -f unlimited` before bnnrun",
                    "a file may have only %llu bytes", (unsigned long long)size.rlim_cur);
}

/* Variables that change what bnnrun does. */
static void machine_look_at_variables(doctor *d)
{
    static const char *const names[] = {"BNN_CPU", "BNN_DATA_PATH", "BNNRUN_DB",
                                        "BNNRUN_PLUGIN_PATH", "BNNRUN_TRUST_PLUGINS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL)
            doctor_note(d, DOCTOR_OK, "variables", NULL, "%s=%s", names[i], value);
    }
}

/* What runs of plugins from elsewhere are kept from. */
static void machine_look_at_sandbox(doctor *d)
{
    char text[BNN_SANDBOX_TEXT];
    const bnn_sandbox kit = bnn_sandbox_find();
    const char *what = bnn_sandbox_describe(kit, text);
    if (what == NULL)
        doctor_note(d, DOCTOR_WARNING, "sandbox",
                    "trust plugins from elsewhere before you run them",
                    "plugins are not sandboxed: this kernel has neither landlock nor seccomp");
    else
        doctor_note(d, kit.landlock > 0 && kit.seccomp ? DOCTOR_OK : DOCTOR_WARNING, "sandbox",
                    NULL,
                    "%s, for what plugins from elsewhere do in runs; no protection from malice, "
                    "since bnnrun itself loads them to plan",
                    what);
}

void doctor_look_at_machine(doctor *d)
{
    struct utsname name;
    char cpu[BNN_CPU_MODEL], system[128];
    const double gigabyte = 1024.0 * 1024.0 * 1024.0;
    const char *model = bnn_environment_cpu_model(cpu);
    machine_name_system(system);
    if (uname(&name) == 0)
        doctor_note(d, DOCTOR_OK, "system", NULL, "%s %s %s%s%s", name.sysname, name.release,
                    name.machine, system[0] != '\0' ? ", " : "", system);
    doctor_note(d, DOCTOR_OK, "processor", NULL, "%s; %u CPUs for this process, %u jobs, %.1f GB",
                model != NULL ? model : "of unknown name", bnn_environment_cpus(),
                bnn_environment_jobs(),
                (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE) / gigabyte);
    machine_look_at_sandbox(d);
    machine_look_at_limits(d);
    machine_look_at_variables(d);
}
