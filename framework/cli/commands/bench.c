/* bench.c - bnnrun bench: how fast a deployed model is, beside its float forms. */
#include "base/clock.h"
#include "bench/ort.h"
#include "cli/bench_beside.h"
#include "cli/bench_report.h"
#include "cli/boards_report.h"
#include "cli/operand.h"
#include "cli/options.h"
#include "cli/time_to.h"
#include "db/store_results.h"
#include "infer/engine/engine.h"
#include "infer/modelfile.h"
#include "runner/environment.h"
#include "runner/reload.h"
#include "simd/cpu.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS = 31,
    ROUNDS_MAX = 10000,
    N_IMAGES = 1000, /* at least; the inputs of a call differ from those of the one before */
    ENGINES_MAX = 8, /* more than there are for a machine */
};

typedef struct request {
    cli_options options;
    bool ort;
    const char *data;
    size_t n_engines; /* 0: the one for this machine */
    const bnn_engine *engines[ENGINES_MAX];
    size_t n_boards; /* 0: this machine */
    const bench_board *boards[BENCH_BOARDS];
    bool all_boards;
    const char *board_options; /* of the compiler; NULL: the usual */
    double time_to;            /* percent of validation images; 0: models are timed */
    cli_model found;
    char sha256[BNN_SHA256_HEX]; /* of a file */
    bench_lineup lineup;
} request;

/* ---- The command line ------------------------------------------------------------------------ */

static int parse_batches(const cli_command *command, void *context, const char *text,
                         bnn_error *err)
{
    request *r = context;
    bench_lineup *lineup = &r->lineup;
    char *list = bnn_arena_strdup(r->options.arena, text), *at;
    if (list == NULL)
        return bnn_no_memory(err);
    lineup->n_batches = 0;
    while ((at = strsep(&list, ",")) != NULL) {
        const uint32_t batch = cli_count(at, BENCH_BATCH_MAX);
        bool known = batch == 0 || lineup->n_batches == BENCH_BATCHES_MAX;
        for (uint32_t i = 0; i < lineup->n_batches; i++)
            known |= lineup->batches[i] == batch;
        if (known)
            return cli_usage(err, command,
                             "--batch takes up to %d different numbers from 1 to %d, as in 1,64, "
                             "not \"%s\"",
                             BENCH_BATCHES_MAX, BENCH_BATCH_MAX, text);
        lineup->batches[lineup->n_batches++] = batch;
    }
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
        for (size_t i = 0; i < n; i++)
            if ((r->engines[r->n_engines] = bnn_engine_find(names[i])) != NULL)
                r->n_engines++;
        return BNN_OK;
    }
    char *list = bnn_arena_strdup(r->options.arena, text), *at;
    if (list == NULL)
        return bnn_no_memory(err);
    while ((at = strsep(&list, ",")) != NULL) {
        const bnn_engine *engine = bnn_engine_find(at);
        bool known = false;
        for (size_t i = 0; i < r->n_engines; i++)
            known |= r->engines[i] == engine;
        if (known || engine == NULL)
            return cli_usage(
                err, command, "--engines: \"%s\" %s; \"all\" takes those that run here", at,
                known ? "is there twice" : "is not in this program or does not run on this CPU");
        r->engines[r->n_engines++] = engine;
    }
    return BNN_OK;
}

static const bench_board *find_board(const char *name)
{
    for (size_t i = 0; i < BENCH_BOARDS; i++)
        if (strcmp(bench_boards[i].name, name) == 0)
            return &bench_boards[i];
    return NULL;
}

static int parse_boards(const cli_command *command, void *context, const char *text, bnn_error *err)
{
    request *r = context;
    r->n_boards = 0;
    r->all_boards = strcmp(text, "all") == 0;
    for (size_t i = 0; r->all_boards && i < BENCH_BOARDS; i++)
        r->boards[r->n_boards++] = &bench_boards[i];
    if (r->all_boards)
        return BNN_OK;
    char *list = bnn_arena_strdup(r->options.arena, text), *at;
    if (list == NULL)
        return bnn_no_memory(err);
    while ((at = strsep(&list, ",")) != NULL) {
        const bench_board *board = find_board(at);
        bool known = false;
        for (size_t i = 0; i < r->n_boards; i++)
            known |= r->boards[i] == board;
        if (known || board == NULL)
            return cli_usage(err, command,
                             "--board: \"%s\" %s; there are m0plus, m3, m4, m4f, rv32imc and "
                             "rv32ec, and \"all\" takes those whose tools are here",
                             at, known ? "is there twice" : "is no board");
        r->boards[r->n_boards++] = board;
    }
    return BNN_OK;
}

static int parse_time_to(const cli_command *command, void *context, const char *text,
                         bnn_error *err)
{
    request *r = context;
    char *end;
    r->time_to = strtod(text, &end);
    return end != text && *end == '\0' && r->time_to > 0 && r->time_to <= 100
               ? BNN_OK
               : cli_usage(
                     err, command,
                     "--time-to takes percent of the validation images, above 0 and up to 100, "
                     "not \"%s\"",
                     text);
}

static const request bench_values = {
    .ort = true, .lineup = {.n_batches = 3, .batches = {1, 64, 1000}, .record.n_rounds = ROUNDS}};

/* Whether there are options of models that are timed on this machine. */
static bool says_how_to_time(const request *r)
{
    const bench_lineup *usual = &bench_values.lineup;
    return !r->ort || r->n_engines > 0 || r->lineup.n_batches != usual->n_batches ||
           memcmp(r->lineup.batches, usual->batches, sizeof usual->batches) != 0 ||
           r->lineup.record.n_rounds != usual->record.n_rounds;
}

/* A board runs one image after another, and is not timed; trainings have been timed as they were. */
static int check_options(const request *r, bnn_error *err)
{
    if (r->time_to > 0 && (says_how_to_time(r) || r->data != NULL || r->n_boards > 0 ||
                           r->board_options != NULL || r->options.n_operands != 1))
        return cli_usage(
            err, &cli_command_bench,
            "--time-to looks at the trainings of one EXPERIMENT; of the other options only "
            "--db, --csv and --json go with it");
    if (r->n_boards > 0 && says_how_to_time(r))
        return cli_usage(err, &cli_command_bench,
                         "--batch, --rounds, --engines and --no-ort are of this machine, and "
                         "have no meaning with --board");
    if (r->n_boards == 0 && r->board_options != NULL)
        return cli_usage(err, &cli_command_bench, "--board-options needs --board");
    return BNN_OK;
}

/* ---- RUN or MODEL.bnn ------------------------------------------------------------------------ */

static const char *run_text(const bnn_stored_run *stored, bnn_arena *arena)
{
    return bnn_arena_printf(arena, "%s, %s, seed %lld", stored->experiment, stored->label,
                            (long long)stored->run.seed);
}

/* Reads the model of a twin. One that is not what was recorded is done without, and that is said:
 * the run can be timed all the same. */
static int read_twin(const request *r, const bnn_stored_run *twin, bnn_model **out, bnn_error *err)
{
    *out = NULL;
    int status = bnn_reload_check_file(twin, twin->model_path, twin->model_sha256, err);
    if (status == BNN_OK)
        status = bnn_modelfile_read(twin->model_path, r->lineup.arena, out, err);
    if (status == BNN_OK || status == BNN_E_INTERNAL)
        return status;
    if (!r->options.quiet)
        fprintf(stderr, "bnnrun: without the full-precision twin: %s\n", err->message);
    *out = NULL;
    return BNN_OK;
}

/* The run with full precision to compare with, if it has a model for the same images. */
static int find_twin(request *r, bnn_error *err)
{
    bench_lineup *lineup = &r->lineup;
    bnn_store *store = NULL;
    const char *uid = NULL;
    bnn_stored_run stored = {0};
    bnn_model *model;
    int status = cli_store_open(&r->options, &store, err);
    if (status == BNN_OK)
        status = bnn_store_find_twin(store, lineup->record.run_uid, lineup->arena, &uid, err);
    if (status == BNN_OK && uid != NULL)
        status = bnn_store_find_run(store, uid, lineup->arena, &stored, err);
    bnn_store_close(store);
    if (status != BNN_OK || uid == NULL || stored.model_path == NULL)
        return status;
    status = read_twin(r, &stored, &model, err);
    if (status != BNN_OK || model == NULL)
        return status;
    const bnn_shape a = model->input, b = lineup->model->input;
    if (a.c != b.c || a.h != b.h || a.w != b.w || bench_has_binary_weights(model))
        return BNN_OK;
    lineup->twin = model;
    lineup->record.twin_uid = uid;
    lineup->twin_text = run_text(&stored, lineup->arena);
    return BNN_OK;
}

/* Reads the model that the operand stands for. */
static int open_model(request *r, bnn_error *err)
{
    bench_lineup *lineup = &r->lineup;
    const bnn_stored_run *stored = &r->found.stored;
    bnn_model *model;
    int status = cli_find_model(r->options.operands[0], &r->options, &r->found, err);
    if (status == BNN_OK && r->found.path == NULL)
        status = cli_fail_without_model(stored, &r->options, err);
    if (status == BNN_OK)
        status = bnn_modelfile_read(r->found.path, lineup->arena, &model, err);
    if (status == BNN_OK && !r->found.is_of_run)
        status = bnn_file_sha256(r->found.path, r->sha256, err);
    if (status != BNN_OK)
        return status;
    lineup->model = model;
    lineup->record.model = r->found.path;
    lineup->record.model_sha256 = r->found.is_of_run ? stored->model_sha256 : r->sha256;
    if (!r->found.is_of_run)
        return BNN_OK;
    lineup->record.run_uid = stored->run.uid;
    lineup->run_text = run_text(stored, lineup->arena);
    return lineup->run_text == NULL ? bnn_no_memory(err) : BNN_OK;
}

/* The images are --data; without it the test images of the run's data set, and for a file digits
 * that are drawn. As many as a batch may need, repeated when there are fewer. */
static int open_images(request *r, bnn_error *err)
{
    bench_lineup *lineup = &r->lineup;
    const bnn_stored_run *stored = &r->found.stored;
    lineup->record.n_images = N_IMAGES;
    for (uint32_t i = 0; i < lineup->n_batches; i++)
        if (lineup->batches[i] > lineup->record.n_images)
            lineup->record.n_images = lineup->batches[i];
    if (r->data != NULL)
        return bench_images_read(lineup, r->data, err);
    if (!r->found.is_of_run)
        return bench_images_draw(lineup, err);
    const bnn_data_search search = {.catalogue = cli_catalogue_path(stored->spec_path)};
    const bnn_data_options of_run = {.name = stored->dataset_name, .path = stored->dataset_source};
    return bench_images_open(lineup, &of_run, &search, err);
}

/* ---- The benchmark --------------------------------------------------------------------------- */

/* Fills the lineup and times it; afterwards everything but its numbers may go. */
static int time_lineup(request *r, bnn_error *err)
{
    bench_lineup *lineup = &r->lineup;
    bench_peer *ort = NULL;
    const char *missing = NULL;
    cpu_set_t allowed;
    int status = BNN_OK;
    bench_machine_pin(&lineup->record, &allowed);
    if (status == BNN_OK && r->n_engines == 0 &&
        (r->engines[r->n_engines++] = bnn_engine_choose(err)) == NULL)
        status = err->status;
    if (status == BNN_OK)
        status = bench_lineup_add_own(lineup, r->engines, r->n_engines, err);
    if (status == BNN_OK && r->ort)
        status = bench_ort_join(lineup, &ort, &missing, err);
    if (missing != NULL && !r->options.quiet)
        fprintf(stderr, "bnnrun: without onnxruntime: %s\n", missing);
    if (status == BNN_OK)
        status = bench_lineup_compare(lineup, err);
    if (status == BNN_OK)
        status = bench_times_measure(lineup, err);
    bench_peer_stop(ort);
    bench_machine_unpin(&lineup->record, &allowed);
    return status;
}

/* Adds it to the database, which is created when missing. */
static int bench_keep(bnn_store_bench *record, const char *db, bnn_error *err)
{
    bnn_store *store = NULL;
    int64_t id;
    int status = bnn_store_open(db, BNN_STORE_WRITE, &store, err);
    if (status == BNN_OK)
        status = bnn_store_begin(store, err);
    if (status == BNN_OK)
        status = bnn_environment_add(store, &record->environment, err);
    if (status == BNN_OK)
        status = bnn_store_add_bench(store, record, &id, err);
    if (status == BNN_OK)
        status = bnn_store_commit(store, err);
    bnn_store_close(store);
    return status;
}

/* Several models: each by the same engine. */
static int run_beside(request *r, bnn_error *err)
{
    if (r->n_boards > 0 || r->n_engines > 1)
        return cli_usage(err, &cli_command_bench,
                         "several models are timed on this machine, by one of the --engines");
    if (r->n_engines == 0 && (r->engines[0] = bnn_engine_choose(err)) == NULL)
        return err->status;
    return cli_bench_beside(&r->lineup, r->engines[0], r->data, &r->options, err);
}

static int run_bench(void *context, bnn_error *err)
{
    request *r = context;
    bnn_store_bench *record = &r->lineup.record;
    r->lineup.arena = r->options.arena;
    record->started_us = (int64_t)(bnn_clock_seconds(CLOCK_REALTIME) * 1e6);
    const double start = bnn_clock_seconds(CLOCK_MONOTONIC);
    int status = check_options(r, err);
    if (status == BNN_OK && r->time_to > 0)
        return cli_time_to(r->options.operands[0], r->time_to, &r->options, err);
    if (status == BNN_OK && r->options.n_operands > 1)
        return run_beside(r, err);
    if (status == BNN_OK)
        status = open_model(r, err);
    if (status == BNN_OK)
        status = open_images(r, err);
    if (status == BNN_OK && r->n_boards > 0)
        return cli_boards_report(&r->lineup, r->boards, r->n_boards, r->all_boards,
                                 r->board_options != NULL ? r->board_options : "-Os", &r->options,
                                 err);
    if (status == BNN_OK && r->found.is_of_run)
        status = find_twin(r, err);
    if (status == BNN_OK)
        status = time_lineup(r, err);
    record->seconds = bnn_clock_seconds(CLOCK_MONOTONIC) - start;
    /* Printed first: what took so long is not lost with a database that is not to be had. */
    if (status == BNN_OK)
        status = bench_report_print(&r->lineup, &r->options, err);
    if (status == BNN_OK && (record->run_uid != NULL || r->options.names_db))
        status = bench_keep(record, r->options.db, err);
    return status;
}

static const cli_option bench_options[] = {
    CLI_PARSED_ROW("batch", 0, "N,...", parse_batches, "images a call (default: 1,64,1000)"),
    CLI_COUNT_ROW("rounds", "N", request, lineup.record.n_rounds, ROUNDS_MAX,
                  "samples of each (default: 31)"),
    CLI_PARSED_ROW("engines", 0, "A,...", parse_engines,
                   "instruction sets: names, or all (default: the best here, or\n"
                   "BNN_CPU)"),
    CLI_ROW("data", 0, CLI_STRING, "PATH", request, data,
            "images: an IDX file, or a directory with MNIST's test images\n"
            "(default: the test images of the RUN's data set; for a file,\n"
            "digits that bnnrun draws)"),
    CLI_ROW("no-ort", 0, CLI_NO, NULL, request, ort, "without onnxruntime"),
    CLI_PARSED_ROW("board", 0, "NAME,...", parse_boards,
                   "instead, the model as C on emulated boards: m0plus, m3, m4, m4f,\n"
                   "rv32imc, rv32ec, or all: bytes of flash, RAM and stack, instructions an\n"
                   "image, by a cross compiler and qemu"),
    CLI_ROW("board-options", 0, CLI_STRING, "TEXT", request, board_options,
            "of that compiler (default: -Os)"),
    CLI_PARSED_ROW("time-to", 0, "PERCENT", parse_time_to,
                   "instead, of an EXPERIMENT that was run: after how many seconds of a\n"
                   "core each config takes PERCENT of the validation images for what they\n"
                   "are, the median of its runs"),
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "csv", .help = "the table, every digit"},
    {.name = "json", .help = "one object, with the layers"},
    {.name = NULL},
};

const cli_command cli_command_bench = {
    .name = "bench",
    .arguments = "EXPERIMENT|RUN|MODEL.bnn...",
    .summary = "time a deployed model against its float forms, in turns, on one core",
    .notes =
        "Contenders: the model, `binary`, `gates` or, with weights of other widths, `integer`;\n"
        "`float`, the same weights as floats in the same engine; `twin`, the baseline of the run's\n"
        "experiment with the same seed, when that is one in full precision; and model and twin in\n"
        "onnxruntime, when node and its package onnxruntime-node are there. All are pinned to one\n"
        "CPU and take turns; their answers are compared first. Times are medians and quartiles of\n"
        "the rounds.\n"
        "A RUN's benchmark is kept in the database, see the view benchmark_summary and `bnnrun query\n"
        "benchmarks`, which has those of several runs side by side; that of a file only with --db.\n"
        "\n"
        "Several models are timed beside each other, a line each: what kind of network it is, its\n"
        "accuracy on all test images (those of the first RUN, or a directory of --data; else what\n"
        "the file tells of itself), bytes of the file, RAM that the engine takes, microseconds for\n"
        "an image in the smallest batch, images a second in the largest; and beside the first,\n"
        "round by round, how many times as fast it is, and which images it gains and loses.\n"
        "Nothing of that is kept.\n",
    .options = bench_options,
    .examples = "  npm install --ignore-scripts onnxruntime-node\n"
                "  bnnrun bench 3f\n"
                "  bnnrun bench lenet5.bnn --engines all --batch 1 --no-ort\n"
                "  bnnrun bench xnor.bnn logic.bnn --data datasets/mnist\n"
                "  bnnrun bench lenet5.bnn --board m0plus,m4f --board-options '-O2'\n"
                "  bnnrun time_to -j 1 && bnnrun bench time_to --time-to 99\n",
    .least = 1,
    .most = BENCH_BESIDE_MAX,
    .needs = "a RUN or MODEL.bnn is needed; `bnnrun runs` lists the runs",
    .memory = BNN_MODEL_LIMIT_BYTES,
    .n_request = sizeof(request),
    .values = &bench_values,
    .run = run_bench,
};
