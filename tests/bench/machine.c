/* machine.c - what the figures were taken on: processor, kernels, compiler, and the peak of every
 * instruction set. */
#include "tests/bench/bench.h"
#include "tests/bench/peak.h"

#include "build_info.h"
#include "simd/cpu.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* The text behind the colon of the first line of /proc/cpuinfo that begins with one of the keys. */
static void read_processor(char *out, size_t n)
{
    static const char *const keys[] = {"model name", "CPU part"};
    char line[512];
    snprintf(out, n, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; colon != NULL && i < sizeof keys / sizeof *keys; i++)
            if (strncmp(line, keys[i], strlen(keys[i])) == 0) {
                snprintf(out, n, "%s", colon + 1 + strspn(colon + 1, " \t"));
                fclose(file);
                return;
            }
    }
    if (file != NULL)
        fclose(file);
}

static int n_cpus(void)
{
    cpu_set_t cpus;
    return sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
}

static void report_facts(const bench *b, report *r)
{
    static const report_column columns[] = {
        {"what", "what", 10, REPORT_TEXT},
        {"value", "value", 0, REPORT_TEXT},
    };
    char processor[256], system[512], cpus[16];
    struct utsname name;
    read_processor(processor, sizeof processor);
    snprintf(system, sizeof system, "unknown");
    if (uname(&name) == 0)
        snprintf(system, sizeof system, "%s %s %s", name.sysname, name.release, name.machine);
    snprintf(cpus, sizeof cpus, "%d", n_cpus());
    report_table(r, "machine", "Machine", columns, sizeof columns / sizeof *columns);
    const struct {
        const char *what, *value;
    } facts[] = {
        {"processor", processor},   {"cores", cpus},
        {"system", system},         {"kernels", b->kernels->name},
        {"compiler", BNN_COMPILER}, {"flags", BNN_CFLAGS},
        {"version", BNN_VERSION},   {"revision", BNN_REVISION},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        report_row(r, (report_cell[]){TEXT(facts[i].what), TEXT(facts[i].value)});
}

int bench_machine(bench *b, bnn_error *err)
{
    enum { ROUNDS = 21 };
    static const report_column columns[] = {
        {"kernels", "kernels", 10, REPORT_TEXT},
        {"gflops", "GFLOP/s", 8, 1},
        {"gflops_min", "min", 8, 1},
        {"gflops_max", "max", 8, 1},
    };
    size_t n;
    const char *const *names = bnn_cpu_names(&n);
    (void)err;
    report_facts(b, b->report);
    report_table(b->report, "instruction_sets",
                 "FP32 multiply-adds from registers, one core, each instruction set", columns,
                 sizeof columns / sizeof *columns);
    for (size_t i = 0; i < n; i++) {
        samples rates = {0};
        for (int round = 0; round < ROUNDS && bnn_kernels_find(names[i]) != NULL; round++) {
            samples_add(&rates, peak_measure(names[i], b->options.quick ? 0.001 : 0.01));
            bench_look_at_peak(b);
        }
        report_row(b->report,
                   (report_cell[]){TEXT(names[i]), NUMBER(samples_median(&rates)),
                                   NUMBER(samples_min(&rates)), NUMBER(samples_max(&rates))});
    }
    return BNN_OK;
}
