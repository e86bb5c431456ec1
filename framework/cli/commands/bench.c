/* bench.c - bnnrun bench: how fast a deployed model is, beside its float forms. */
#include "base/clock.h"
#include "base/limits.h"
#include "bench/ort.h"
#include "bench/record.h"
#include "cli/bench_operand.h"
#include "cli/bench_report.h"
#include "cli/options.h"
#include "infer/engine/engine.h"
#include "runner/environment.h"
#include "simd/cpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS = 31,
    ROUNDS_MAX = 10000,
    N_IMAGES = 1000, /* at least; the inputs of a call differ from those of the one before */
    ENGINES_MAX = 8,
};

typedef struct request {
    cli_options options;
    bool ort;
    const char *operand, *data;
    uint32_t n_batches;
    uint32_t batches[BENCH_BATCHES_MAX];
    uint32_t n_rounds;
    char engine_list[128]; /* the names in it end with NUL */
    size_t n_engines;      /* 0: the one for this machine */
    const char *engines[ENGINES_MAX];
} request;

/* ---- The command line ------------------------------------------------------------------------ */

/* A number from 1 to most that ends at `end`; 0 when it is none. */
static uint32_t parse_number(const char *text, char end, uint32_t most)
{
    char *rest;
    errno = 0;
    const unsigned long n = strtoul(text, &rest, 10);
    if (errno != 0 || rest == text || *rest != end || n > most ||
        text[strspn(text, " +-")] != *text)
        return 0;
    return (uint32_t)n;
}

static int parse_batches(const cli_command *command, void *context, const char *text,
                         bnn_error *err)
{
    request *r = context;
    r->n_batches = 0;
    for (const char *at = text; at != NULL;) {
        const char *comma = strchr(at, ',');
        const uint32_t batch = parse_number(at, comma == NULL ? '\0' : ',', BENCH_BATCH_MAX);
        bool known = batch == 0 || r->n_batches == BENCH_BATCHES_MAX;
        for (uint32_t i = 0; i < r->n_batches; i++)
            known |= r->batches[i] == batch;
        if (known)
            return cli_usage(err, command,
                             "--batch takes up to %d different numbers from 1 to %d, as in 1,64, "
                             "not \"%s\"",
                             BENCH_BATCHES_MAX, BENCH_BATCH_MAX, text);
        r->batches[r->n_batches++] = batch;
        at = comma == NULL ? NULL : comma + 1;
    }
    return BNN_OK;
}

static int parse_rounds(const cli_command *command, void *context, const char *text, bnn_error *err)
{
    request *r = context;
    r->n_rounds = parse_number(text, '\0', ROUNDS_MAX);
    if (r->n_rounds == 0)
        return cli_usage(err, command, "--rounds takes a number from 1 to %d, not \"%s\"",
                         ROUNDS_MAX, text);
    return BNN_OK;
}

static int parse_engines(const cli_command *command, void *context, const char *text,
                         bnn_error *err)
{
    request *r = context;
    r->n_engines = 0;
    if (strcmp(text, "all") == 0) {
        size_t n;
        const char *const *names = bnn_cpu_names(&n);
        for (size_t i = 0; i < n && r->n_engines < ENGINES_MAX; i++)
            if (bnn_engine_find(names[i]) != NULL)
                r->engines[r->n_engines++] = names[i];
        return BNN_OK;
    }
    if (strlen(text) >= sizeof r->engine_list)
        return cli_usage(err, command, "--engines: \"%.40s...\" is too long", text);
    memcpy(r->engine_list, text, strlen(text) + 1);
    for (char *at = r->engine_list; at != NULL;) {
        char *comma = strchr(at, ',');
        if (comma != NULL)
            *comma = '\0';
        bool known = r->n_engines == ENGINES_MAX;
        for (size_t i = 0; i < r->n_engines; i++)
            known |= strcmp(r->engines[i], at) == 0;
        if (known || bnn_engine_find(at) == NULL)
            return cli_usage(err, command,
                             "--engines: \"%s\" %s; \"all\" takes those that run here", at,
                             known ? "is there twice"
                                   : "is not in this program or does not run on "
                                     "this CPU");
        r->engines[r->n_engines++] = at;
        at = comma == NULL ? NULL : comma + 1;
    }
    return BNN_OK;
}

static int parse_bench(int argc, char **argv, request *r, bool *done, bnn_error *err)
{
    *r = (request){.ort = true, .n_batches = 3, .batches = {1, 64, 1000}, .n_rounds = ROUNDS};
    const int status = cli_parse(&cli_command_bench, argc, argv, r, done, err);
    if (status != BNN_OK || *done)
        return status;
    if (argc - optind != 1)
        return cli_usage(err, &cli_command_bench,
                         "one RUN or MODEL.bnn is needed; `bnnrun runs` lists the runs");
    r->operand = argv[optind];
    return BNN_OK;
}

/* ---- The benchmark --------------------------------------------------------------------------- */

static void look_at_machine(void *context)
{
    bench_machine_look(context);
}

/* onnxruntime, unless it is not wanted or not there; *out is NULL then. */
static int start_ort(const request *r, const bench_machine *machine, bench_ort **out,
                     bnn_error *err)
{
    char missing[200] = "";
    *out = NULL;
    if (!r->ort)
        return BNN_OK;
    const int status = bench_ort_start(machine->cpu, out, missing, err);
    if (status == BNN_OK && *out == NULL && !r->options.quiet)
        fprintf(stderr, "bnnrun: without onnxruntime: %s\n", missing);
    return status;
}

/* Makes the lineup and times it; afterwards everything but its numbers may go. */
static int time_lineup(const request *r, bench_lineup *lineup, bench_machine *machine,
                       bnn_error *err)
{
    bench_ort *ort = NULL;
    bench_machine_pin(machine);
    int status = start_ort(r, machine, &ort, err);
    if (status == BNN_OK)
        status =
            bench_lineup_add_own(lineup, r->n_engines == 0 ? NULL : r->engines, r->n_engines, err);
    if (status == BNN_OK && ort != NULL)
        status = bench_ort_join(ort, lineup, err);
    if (status == BNN_OK)
        status = bench_lineup_compare(lineup, err);
    if (status == BNN_OK)
        status = bench_times_measure(lineup, look_at_machine, machine, err);
    bench_ort_stop(ort);
    bench_machine_unpin(machine);
    return status;
}

/* Adds it to the database, which is created when missing. */
static int bench_keep(const bench_lineup *lineup, const bench_machine *machine, int64_t started_us,
                      double seconds, const char *db, bnn_error *err)
{
    bnn_store *store = NULL;
    int64_t environment;
    int status = bnn_store_open(db, BNN_STORE_WRITE, &store, err);
    if (status == BNN_OK)
        status = bnn_store_begin(store, err);
    if (status == BNN_OK)
        status = bnn_environment_add(store, &environment, err);
    if (status == BNN_OK)
        status = bench_record(lineup, machine, started_us, seconds, environment, store, err);
    if (status == BNN_OK)
        status = bnn_store_commit(store, err);
    bnn_store_close(store);
    return status;
}

static int bench_all(const request *r, bnn_arena *arena, bnn_error *err)
{
    bench_subject subject;
    bench_machine machine;
    bench_lineup *lineup = bnn_arena_alloc(arena, 1, sizeof *lineup);
    if (lineup == NULL)
        return bnn_no_memory(err);
    lineup->subject = &subject;
    lineup->arena = arena;
    lineup->n_rounds = r->n_rounds;
    lineup->n_batches = r->n_batches;
    memcpy(lineup->batches, r->batches, sizeof lineup->batches);
    uint32_t n_images = N_IMAGES;
    for (uint32_t i = 0; i < r->n_batches; i++)
        n_images = r->batches[i] > n_images ? r->batches[i] : n_images;
    const int64_t started_us = (int64_t)(bnn_clock_seconds(CLOCK_REALTIME) * 1e6);
    const double start = bnn_clock_seconds(CLOCK_MONOTONIC);
    int status = cli_bench_open(r->operand, r->data, n_images, &r->options, arena, &subject, err);
    if (status == BNN_OK)
        status = time_lineup(r, lineup, &machine, err);
    const double seconds = bnn_clock_seconds(CLOCK_MONOTONIC) - start;
    /* Printed first: what took so long is not lost with a database that is not to be had. */
    if (status == BNN_OK)
        status = bench_report_print(lineup, &machine, &r->options, err);
    if (status == BNN_OK && (subject.run_uid != NULL || r->options.names_db))
        status = bench_keep(lineup, &machine, started_us, seconds, r->options.db, err);
    return status;
}

static int run_bench(int argc, char **argv, bnn_error *err)
{
    request r;
    bool done;
    int status = parse_bench(argc, argv, &r, &done, err);
    if (status != BNN_OK || done)
        return status;
    bnn_arena *arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    status = arena == NULL ? bnn_no_memory(err) : bench_all(&r, arena, err);
    bnn_arena_destroy(arena);
    return status;
}

static const cli_option bench_options[] = {
    {.name = "batch",
     .kind = CLI_PARSED,
     .parse = parse_batches,
     .value = "N,...",
     .help = "images a call (default: 1,64,1000)"},
    {.name = "rounds",
     .kind = CLI_PARSED,
     .parse = parse_rounds,
     .value = "N",
     .help = "samples of each (default: 31)"},
    {.name = "engines",
     .kind = CLI_PARSED,
     .parse = parse_engines,
     .value = "A,...",
     .help = "instruction sets: names, or all (default: the best here, or\n"
             "BNN_CPU)"},
    {.name = "data",
     .kind = CLI_STRING,
     .offset = offsetof(request, data),
     .value = "PATH",
     .help = "images: an IDX file, or a directory with MNIST's test images\n"
             "(default: the test images of the RUN's data set; for a file,\n"
             "digits that bnnrun draws)"},
    {.name = "no-ort",
     .kind = CLI_NO,
     .offset = offsetof(request, ort),
     .help = "without onnxruntime"},
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "csv", .help = "the table, every digit"},
    {.name = "json", .help = "one object, with the layers"},
    {.name = NULL},
};

const cli_command cli_command_bench = {
    .name = "bench",
    .arguments = "RUN|MODEL.bnn",
    .summary = "time a deployed model against its float forms, in turns, on one core",
    .notes =
        "Contenders: the binary model; `float`, the same weights as floats in the same engine;\n"
        "`twin`, the full-precision baseline of the run's experiment with the same seed; and both\n"
        "of these in onnxruntime, when node and its package onnxruntime-node are there. All are\n"
        "pinned to one CPU and take turns; their answers are compared first. Times are medians\n"
        "and quartiles of the rounds. A RUN's benchmark is kept in the database, see the view\n"
        "benchmark_summary and `bnnrun query benchmarks`; that of a file only with --db.\n",
    .options = bench_options,
    .examples = "  npm install --ignore-scripts onnxruntime-node\n"
                "  bnnrun bench 3f\n"
                "  bnnrun bench lenet5.bnn --engines all --batch 1 --no-ort\n",
    .run = run_bench,
};
