/* bench.c - bnnbench: how fast the kernels and trainings are, as shares of what the machine can do,
 * and beside PyTorch. `make bench` runs it. */
#include "tests/bench/bench.h"

#include "tests/bench/peak.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 64, BATCH_MAX = 4096, ROUNDS = 5, ROUNDS_MAX = 100 };

static const struct {
    const char *name;
    bench_section *run;
} sections[] = {
    {"machine", bench_machine}, {"kernels", bench_kernels}, {"training", bench_training},
    {"growth", bench_growth},   {"pytorch", bench_torch},
};
enum { N_SECTIONS = sizeof sections / sizeof *sections };

static const char help[] =
    "bnnbench - how fast bnnrun is on this machine\n\n"
    "  make bench [BENCH_FLAGS='OPTIONS']   builds and runs it, for a few minutes\n\n"
    "  --quick         few rounds and parts of epochs: seconds instead of minutes\n"
    "  --rounds N      rounds of every training (default 5); medians are shown\n"
    "  --batch N       a second batch size besides 64\n"
    "  --only SECTION  machine, kernels, training, growth or pytorch\n"
    "  --json FILE     the same tables for programs\n"
    "  --help          this text\n\n"
    "Environment: BNN_DATA_PATH (where MNIST lies; without it drawn digits are used), BNN_CPU\n"
    "(the kernels), BNN_PYTHON (a python3 that has torch; default /usr/bin/python3). Outside of\n"
    "make: BNNRUN_PLUGIN_PATH (the plugins), BNNRUN (the program) and srcdir (the source tree).\n\n"
    "Exit status: 0, or as that of bnnrun.\n";

/* ---- shared by the sections -------------------------------------------------------------- */

void bench_look_at_peak(bench *b)
{
    enum { LOOKS = 3 };
    const double seconds = b->options.quick ? 0.001 : 0.003;
    peak_measure(b->kernels->name, seconds / 10); /* wide units take a moment to wake up */
    for (int i = 0; i < LOOKS; i++)
        samples_add(&b->peak, peak_measure(b->kernels->name, seconds));
}

double bench_percent_of_peak(const bench *b, double gflops)
{
    return 100.0 * gflops / samples_median(&b->peak);
}

int bench_source_path(const char *name, char *out, bnn_error *err)
{
    const char *root = getenv("srcdir");
    const int n = snprintf(out, PATH_MAX, "%s/%s", root != NULL ? root : ".", name);
    return n > 0 && n < PATH_MAX
               ? BNN_OK
               : bnn_fail(err, BNN_E_USAGE, "the path of %s is too long; srcdir=%s", name, root);
}

/* ---- options ----------------------------------------------------------------------------- */

static int parse_number(const char *option, const char *text, uint32_t most, uint32_t *out,
                        bnn_error *err)
{
    char *end;
    errno = 0;
    const unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < 1 || value > most)
        return bnn_fail(err, BNN_E_USAGE, "--%s takes a number of 1 to %u, not \"%s\"", option,
                        most, text);
    *out = (uint32_t)value;
    return BNN_OK;
}

static int check_section(const char *name, bnn_error *err)
{
    for (size_t i = 0; i < N_SECTIONS; i++)
        if (strcmp(sections[i].name, name) == 0)
            return BNN_OK;
    return bnn_fail(err, BNN_E_USAGE,
                    "no section \"%s\"; there are machine, kernels, training, growth and pytorch",
                    name);
}

static int parse_options(int argc, char **argv, bench_options *out, bool *wants_help,
                         bnn_error *err)
{
    static const struct option known[] = {
        {"quick", no_argument, NULL, 'q'},
        {"rounds", required_argument, NULL, 'r'},
        {"batch", required_argument, NULL, 'b'},
        {"only", required_argument, NULL, 'o'},
        {"json", required_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int status = BNN_OK, option;
    opterr = 0;
    while (status == BNN_OK && (option = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        if (option == 'q')
            out->quick = true;
        else if (option == 'h')
            *wants_help = true;
        else if (option == 'o')
            status = check_section(out->only = optarg, err);
        else if (option == 'j')
            out->json = optarg;
        else if (option == 'r')
            status = parse_number("rounds", optarg, ROUNDS_MAX, &out->rounds, err);
        else if (option == 'b')
            status = parse_number("batch", optarg, BATCH_MAX, &out->batches[1], err);
        else
            status = bnn_fail(err, BNN_E_USAGE,
                              option == ':' ? "%s needs a value"
                                            : "unknown option %s; see `bnnbench --help`",
                              argv[optind - 1]);
    }
    if (status == BNN_OK && optind < argc)
        status =
            bnn_fail(err, BNN_E_USAGE, "\"%s\" is no option; see `bnnbench --help`", argv[optind]);
    return status;
}

static int read_options(int argc, char **argv, bench_options *out, bool *wants_help, bnn_error *err)
{
    bench_options options = {.batches = {BATCH, 0}};
    const int status = parse_options(argc, argv, &options, wants_help, err);
    if (status != BNN_OK)
        return status;
    if (options.rounds == 0)
        options.rounds = options.quick ? 2 : ROUNDS;
    options.n_batches = options.batches[1] == 0 || options.batches[1] == BATCH ? 1 : 2;
    *out = options;
    return BNN_OK;
}

/* ---- the run ----------------------------------------------------------------------------- */

/* What the peak was in each section, for the last table. */
typedef struct peak_of_section {
    const char *section;
    double median, least, most, n;
} peak_of_section;

static void report_peaks(report *r, const char *kernels, const peak_of_section *peaks, size_t n)
{
    static const report_column columns[] = {
        {"section", "section", 10, REPORT_TEXT},
        {"gflops", "GFLOP/s", 8, 1},
        {"gflops_min", "min", 8, 1},
        {"gflops_max", "max", 8, 1},
        {"spread_percent", "spread %", 8, 1},
        {"samples", "samples", 8, 0},
    };
    char title[128];
    snprintf(title, sizeof title, "FP32 multiply-add peak of one core while each section ran (%s)",
             kernels);
    report_table(r, "peak", title, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < n; i++) {
        const peak_of_section *p = &peaks[i];
        report_row(r, (report_cell[]){
                          TEXT(p->section), NUMBER(p->median), NUMBER(p->least), NUMBER(p->most),
                          NUMBER(100.0 * (p->most - p->least) / p->median), NUMBER(p->n)});
    }
}

static int run_sections(bench *b, bnn_error *err)
{
    peak_of_section peaks[N_SECTIONS];
    size_t n = 0;
    for (size_t i = 0; i < N_SECTIONS; i++) {
        if (b->options.only != NULL && strcmp(b->options.only, sections[i].name) != 0)
            continue;
        b->peak.n = 0;
        bench_look_at_peak(b);
        const int status = sections[i].run(b, err);
        if (status != BNN_OK)
            return bnn_error_prefix(err, "%s: ", sections[i].name);
        bench_look_at_peak(b);
        peaks[n++] = (peak_of_section){.section = sections[i].name,
                                       .median = samples_median(&b->peak),
                                       .least = samples_min(&b->peak),
                                       .most = samples_max(&b->peak),
                                       .n = (double)b->peak.n};
    }
    report_peaks(b->report, b->kernels->name, peaks, n);
    return BNN_OK;
}

static int run(int argc, char **argv, bench *b, bnn_error *err)
{
    bool wants_help = false;
    int status = read_options(argc, argv, &b->options, &wants_help, err);
    if (status != BNN_OK)
        return status;
    if (wants_help) {
        fputs(help, stdout);
        return BNN_OK;
    }
    b->kernels = bnn_kernels_choose(err);
    if (b->kernels == NULL)
        return err->status;
    b->report = report_create();
    if (b->report == NULL)
        return bnn_no_memory(err);
    status = run_sections(b, err);
    if (status == BNN_OK && b->options.json != NULL)
        status = report_write(b->report, b->options.json, err);
    return status;
}

int main(int argc, char **argv)
{
    bench b = {0};
    bnn_error err = {.message = ""};
    signal(SIGPIPE, SIG_IGN); /* a child that went away is an error of write() */
    int status = run(argc, argv, &b, &err);
    report_destroy(b.report);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == BNN_OK)
        status = bnn_fail_errno(&err, BNN_E_RESOURCE, "cannot write the results");
    if (status != BNN_OK)
        fprintf(stderr, "bnnbench: %s\n", err.message);
    return -status;
}
