/* show.c - bnnrun show: all that the database knows about one run, or what is in a model file. */
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/epochs.h"
#include "cli/operand.h"
#include "cli/options.h"
#include "cli/show_log.h"
#include "cli/show_model.h"
#include "results/metrics.h"
#include "runner/artifacts.h"
#include "runner/reload.h"

#include <math.h>
#include <string.h>

typedef struct show_request {
    cli_options common;
    bool log; /* --log */
} show_request;

enum { LINES = 20, SPARK_COLUMNS = 60 };

/* ---- the parts --------------------------------------------------------------------------- */

/* A part of the answer: what db/sql/NAME.sql says of the run. */
static const struct {
    const char *key, *title;
    const char *json_sql; /* for programs; also for a table, unless there is another */
    const char *text_sql;
} parts[] = {
    {"epochs", NULL, "run_epochs", NULL},
    {"results", "results, measured once", "run_results", "run_results_brief"},
    {"confusions", "most frequent confusions in the test set", "run_confusions", NULL},
    {"layers", "layers, as trained and as deployed", "run_layers", "run_layers_brief"},
    {"telemetry", "telemetry, after the last epoch", "run_telemetry", "run_telemetry_brief"},
    {"attempts", "attempts", "run_attempts", "run_attempts_brief"},
    {"parameters", "parameters", "run_parameters", NULL},
    {"plugins", "plugins of the last attempt", "run_plugins", "run_plugins_brief"},
    {"files", "files", "run_files", "run_files_brief"},
    {"links", "runs that it was trained with, or that were trained with it", "run_links",
     "run_links_brief"},
};
enum { N_PARTS = sizeof parts / sizeof *parts };

/* What db/sql/NAME.sql says of the run: an array of objects, released by the caller. NULL after a
 * failure. */
static json_t *read_rows(bnn_store *store, const char *name, const bnn_store_argument *uid,
                         bnn_error *err)
{
    cli_table *table;
    const int status = cli_result_read(store, bnn_store_sql(name), uid, 1, &table, err);
    return status == BNN_OK ? cli_table_take(table, err) : NULL;
}

/* The first of them; null without one. */
static json_t *first_row(bnn_store *store, const char *name, const bnn_store_argument *uid,
                         bnn_error *err)
{
    json_t *rows = read_rows(store, name, uid, err);
    if (rows == NULL)
        return NULL;
    json_t *row = json_array_get(rows, 0);
    row = row == NULL ? json_null() : json_incref(row);
    json_decref(rows);
    return row;
}

/* A run that is "running" to the database may be dead. */
static json_t *summary_row(bnn_store *store, const bnn_store_argument *uid, bnn_error *err)
{
    json_t *run = first_row(store, "run_summary", uid, err);
    json_t *state = run == NULL ? NULL : first_row(store, "run_state", uid, err);
    if (json_is_object(run) && json_is_object(state))
        json_object_update(run, state);
    json_decref(state);
    return run;
}

static int show_json(bnn_store *store, const bnn_store_argument *uid, bnn_error *err)
{
    json_t *object = json_object();
    json_t *value = summary_row(store, uid, err);
    json_object_set_new(object, "run", value);
    for (size_t i = 0; value != NULL && i < N_PARTS; i++) {
        value = read_rows(store, parts[i].json_sql, uid, err);
        json_object_set_new(object, parts[i].key, value);
    }
    if (value != NULL) {
        value = first_row(store, "run_environment", uid, err);
        json_object_set_new(object, "environment", value);
    }
    if (value == NULL) {
        json_decref(object);
        return err->status;
    }
    return cli_json_print(object, err);
}

/* ---- epochs ------------------------------------------------------------------------------ */

/* A metric that no epoch has leaves its column to numbers. */
static void add_epoch(cli_table *table, const json_t *epoch)
{
    char text[BNN_SHORT_TEXT];
    size_t n;
    const bnn_metric *metrics = bnn_epoch_metrics(&n);
    cli_table_put(table, json_incref(json_object_get(epoch, "epoch")));
    for (size_t i = 0; i < n; i++) {
        const bool known = json_object_get(epoch, metrics[i].name) != NULL;
        const double value = cli_row_number(epoch, metrics[i].name);
        if (known)
            cli_table_column_is_text(table, i + 1);
        cli_table_cell(table, known ? bnn_metric_text(&metrics[i], value, text) : NULL);
    }
}

/* About 20 lines: the first, the last, the best and some between. */
static int print_epochs(const json_t *epochs, double best, bnn_error *err)
{
    const size_t n = json_array_size(epochs);
    const int last = (int)cli_row_number(json_array_get(epochs, n - 1), "epoch");
    const int step = (last + LINES - 1) / LINES;
    size_t n_metrics;
    const bnn_metric *metrics = bnn_epoch_metrics(&n_metrics);
    cli_table *table = cli_table_create("#epoch");
    for (size_t i = 0; i < n_metrics; i++)
        cli_table_column(table, metrics[i].title, CLI_NUMBER);
    for (size_t i = 0; i < n; i++) {
        const json_t *epoch = json_array_get(epochs, i);
        const int number = (int)cli_row_number(epoch, "epoch");
        if (number % step == 0 || number == 1 || number == last || number == best)
            add_epoch(table, epoch);
    }
    printf("\nepochs\n");
    return cli_table_end(table, NULL, err);
}

/* The course of a metric as a line of bars, the lowest value to the highest. */
static int print_spark(const json_t *epochs, const char *name, bnn_arena *arena, bnn_error *err)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    enum { N_BARS = sizeof bars / sizeof *bars };
    double low = INFINITY, high = -INFINITY;
    double *values = bnn_arena_alloc(arena, json_array_size(epochs), sizeof *values);
    size_t n = 0;
    if (values == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < json_array_size(epochs); i++) {
        const double x = cli_row_number(json_array_get(epochs, i), name);
        if (!isfinite(x))
            continue;
        values[n++] = x;
        low = fmin(low, x);
        high = fmax(high, x);
    }
    if (n < 2 || !(high > low))
        return BNN_OK;
    const size_t columns = n < SPARK_COLUMNS ? n : SPARK_COLUMNS;
    printf("%-20s ", name);
    for (size_t i = 0; i < columns; i++) {
        const double share = (values[i * (n - 1) / (columns - 1)] - low) / (high - low);
        printf("%s", bars[(size_t)(share * (N_BARS - 1) + 0.5)]);
    }
    printf("  %.4g .. %.4g\n", low, high);
    return BNN_OK;
}

/* Prints the epochs to stdout as a table with a column for each metric of an epoch; and, on a
 * terminal, some metrics as a line of bars. Without epochs, nothing. */
static int show_epochs(bnn_store *store, const bnn_store_argument *uid, double best,
                       bnn_arena *arena, bnn_error *err)
{
    json_t *rows = read_rows(store, "run_epochs", uid, err);
    if (rows == NULL)
        return err->status;
    json_t *epochs = cli_epochs_pivot(rows);
    int status = json_array_size(epochs) == 0 ? BNN_OK : print_epochs(epochs, best, err);
    if (status == BNN_OK && cli_draws(stdout))
        status = print_spark(epochs, "train_loss", arena, err);
    if (status == BNN_OK && cli_draws(stdout))
        status = print_spark(epochs, "validation_accuracy", arena, err);
    json_decref(epochs);
    json_decref(rows);
    return status;
}

/* ---- text -------------------------------------------------------------------------------- */

static const char *row_text(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text == NULL ? "" : text;
}

static void show_clean(const json_t *run, const char *name)
{
    const char *text = row_text(run, name);
    cli_print_clean(text, strlen(text));
}

/* "run 3f...: EXPERIMENT, LABEL, seed 1: done" */
static void show_title(const json_t *run)
{
    printf("run %s: ", row_text(run, "run_uid"));
    show_clean(run, "experiment");
    printf(", ");
    show_clean(run, "label");
    printf(", seed %lld: %s\n", json_integer_value(json_object_get(run, "seed")),
           row_text(run, "state"));
}

/* What people say of it, when they do. */
static void show_remark(const json_t *run, const char *name)
{
    if (row_text(run, name)[0] == '\0')
        return;
    printf("  %-14s ", name);
    show_clean(run, name);
    putchar('\n');
}

static void show_size(const json_t *run)
{
    char a[BNN_SHORT_TEXT], b[BNN_SHORT_TEXT], c[BNN_SHORT_TEXT];
    const double n_parameters = cli_row_number(run, "n_parameters");
    const double float32_bytes = cli_row_number(run, "float32_bytes");
    const double model_bytes = cli_row_number(run, "model_bytes");
    if (n_parameters >= 0 && model_bytes > 0)
        printf("  size           %s bytes, 1/%.1f of %s in float32; %s parameters\n",
               bnn_count_text((uint64_t)model_bytes, c), float32_bytes / model_bytes,
               bnn_count_text((uint64_t)float32_bytes, b),
               bnn_count_text((uint64_t)n_parameters, a));
}

/* Whether the model file answers as training did. */
static void show_proof(const json_t *run)
{
    const char *uid = row_text(run, "run_uid");
    const double mismatches = cli_row_number(run, "mismatches");
    if (mismatches > 0)
        printf(
            "  WARNING        its model file gives %.0f test images another class than training; "
            "please report it, with `bnnrun verify %s`\n",
            mismatches, uid);
    else if (mismatches == 0)
        printf("  proof          the model file classifies every test image as training did\n");
    else if (strcmp(row_text(run, "state"), "done") == 0)
        printf("  proof          no model file; `bnnrun verify %s` says why\n", uid);
}

/* Whether the spec of the run wanted the last epoch. */
static bool is_last_chosen(bnn_store *store, const bnn_store_argument *uid)
{
    bnn_error ignored;
    size_t i;
    bool chosen = false;
    json_t *row, *rows = read_rows(store, "run_parameters", uid, &ignored);
    json_array_foreach(rows, i, row) chosen |= strcmp(row_text(row, "key"), "train.choose") == 0 &&
                                               strcmp(row_text(row, "value"), "last") == 0;
    json_decref(rows);
    return chosen;
}

static void show_accuracy(const json_t *run, bool last)
{
    char a[BNN_SHORT_TEXT], b[BNN_SHORT_TEXT], c[BNN_SHORT_TEXT];
    const double test_accuracy = cli_row_number(run, "test_accuracy");
    const double validation = cli_row_number(run, "validation_accuracy");
    const double epoch = cli_row_number(run, "best_epoch");
    if (!isfinite(test_accuracy))
        return;
    printf("  test accuracy  %s after epoch %.0f, ", bnn_percent_text(test_accuracy, a), epoch);
    if (!isfinite(validation))
        puts("the last one: no validation");
    else if (last)
        printf("the last one, as chosen; validation %s\n", bnn_percent_text(validation, b));
    else
        printf("best validation (%s); last %s\n", bnn_percent_text(validation, b),
               bnn_percent_text(cli_row_number(run, "last_test_accuracy"), c));
}

static void show_summary(const json_t *run, bool last)
{
    char a[BNN_SHORT_TEXT];
    const double train_seconds = cli_row_number(run, "train_seconds");
    const double latency_us = cli_row_number(run, "latency_us");
    const double images_per_second = cli_row_number(run, "images_per_second");
    show_title(run);
    show_accuracy(run, last);
    if (isfinite(train_seconds))
        printf("  training       %s\n", bnn_seconds_text(train_seconds, a));
    if (isfinite(latency_us) && isfinite(images_per_second))
        printf("  inference      %.1f us for one image, %s images a second in batches of 64\n",
               latency_us, bnn_count_text((uint64_t)images_per_second, a));
    show_proof(run);
    show_size(run);
    show_remark(run, "tags");
    show_remark(run, "note");
}

/* One key a line. */
static int show_environment(bnn_store *store, const bnn_store_argument *uid, bnn_error *err)
{
    const char *key;
    json_t *value, *row = first_row(store, "run_environment", uid, err);
    cli_table *table = cli_table_create("key|value");
    if (row == NULL) {
        cli_table_destroy(table);
        return err->status;
    }
    json_object_foreach(row, key, value) if (!json_is_null(value))
    {
        cli_table_cell(table, key);
        cli_table_put(table, json_incref(value));
    }
    json_decref(row);
    return cli_table_end_below(table, "environment of the last attempt", err);
}

/* The rows as a table below a title; without rows, nothing at all. */
static int show_section(bnn_store *store, const char *title, const char *name,
                        const bnn_store_argument *uid, bnn_error *err)
{
    cli_table *table;
    const int status = cli_result_read(store, bnn_store_sql(name), uid, 1, &table, err);
    return status == BNN_OK ? cli_table_end_below(table, title, err) : status;
}

/* Files that the run should have. */
static int show_lost(bnn_store *store, const json_t *run, bnn_arena *arena, bnn_error *err)
{
    const char *uid = row_text(run, "run_uid");
    const bnn_store_file *files;
    char remedy[BNN_REMEDY];
    size_t n;
    bnn_reload_remedy(uid, json_integer_value(json_object_get(run, "in_spec")) != 0,
                      strcmp(row_text(run, "state"), "stale") == 0, remedy);
    const int status = bnn_store_list_files(store, NULL, uid, arena, &files, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        const char *how = bnn_artifacts_look(&files[i]);
        const char *name = bnn_path_name(files[i].path);
        if (how == NULL)
            continue;
        printf("  WARNING        ");
        cli_print_clean(name, strlen(name));
        printf(" %s; %s\n", how, remedy);
    }
    return status;
}

static int show_text(bnn_store *store, const bnn_store_argument *uid, const cli_options *options,
                     bnn_error *err)
{
    bnn_arena *arena = options->arena;
    json_t *run = summary_row(store, uid, err);
    if (run == NULL)
        return err->status;
    show_summary(run, is_last_chosen(store, uid));
    int status = show_lost(store, run, arena, err);
    if (status == BNN_OK)
        status = show_epochs(store, uid, cli_row_number(run, "best_epoch"), arena, err);
    if (status == BNN_OK && bnn_run_is_uid(row_text(run, "run_uid")))
        cli_show_printed(options->db, row_text(run, "run_uid"), LINES, arena);
    json_decref(run);
    for (size_t i = 1; status == BNN_OK && i < N_PARTS; i++) {
        const char *name = parts[i].text_sql != NULL ? parts[i].text_sql : parts[i].json_sql;
        status = show_section(store, parts[i].title, name, uid, err);
    }
    return status != BNN_OK ? status : show_environment(store, uid, err);
}

static int show_run(const show_request *request, bnn_error *err)
{
    const cli_options *options = &request->common;
    bnn_store *store = NULL;
    const char *uid;
    int status = cli_store_open(options, &store, err);
    if (status == BNN_OK)
        status = cli_find_run(store, options->operands[0], options->arena, &uid, err);
    if (status == BNN_OK && request->log)
        status = cli_show_log(store, uid, options, err);
    else if (status == BNN_OK) {
        const bnn_store_argument argument = cli_text_argument(NULL, uid);
        status = options->json ? show_json(store, &argument, err)
                               : show_text(store, &argument, options, err);
    }
    if (status == BNN_OK && bnn_json_lacks())
        status = bnn_no_memory(err);
    bnn_store_close(store);
    return status;
}

static int run_show(void *data, bnn_error *err)
{
    const show_request *request = data;
    const cli_options *options = &request->common;
    bool is_file;
    if (cli_is_model_file(options->operands[0], &is_file, err) != BNN_OK)
        return err->status;
    if (is_file && request->log)
        return cli_usage(err, &cli_command_show, "--log is of a RUN; a model file has none");
    if (is_file)
        return cli_show_model(options->operands[0], options, err);
    if (options->csv && !request->log)
        return cli_usage(err, &cli_command_show, "a run is more than one table: use --json");
    return show_run(request, err);
}

static const cli_option show_options[] = {
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "one object, with every metric of every epoch, or every size"},
    {.name = "csv",
     .help = "of a model: a line a layer and one for the file's header; their bytes\n"
             "add up to the file's; of a log: a line an event"},
    CLI_ROW("log", 0, CLI_SWITCH, NULL, show_request, log,
            "of a run: what happened to it, line by line: attempts, epochs, ends, and\n"
            "what its plugins printed last"),
    {.name = NULL},
};

const cli_command cli_command_show = {
    .name = "show",
    .arguments = "RUN|MODEL.bnn",
    .summary = "all about one run, or the layers, bits and bytes of a model file",
    .notes =
        "RUN is the uid that `bnnrun runs` lists, or as much of its beginning as no other has:\n"
        "result, epochs, layers, attempts, parameters, plugins, machine; and the last lines that\n"
        "plugins in a process of their own have printed, which the file `log` of the run has.\n"
        "\n"
        "MODEL.bnn is a model file: for each layer its output, weights, thresholds, padding,\n"
        "bytes and multiply-accumulates; the size of the file, what its bits need without\n"
        "padding and headers, and the same network in float32, where a batch norm is two\n"
        "numbers a channel, scale and shift; the float32 bytes of a run are those of training,\n"
        "where it is four, the statistics included. Thresholds may be flipped (the\n"
        "bit falls where the sum rises), AND (of a pool's window; else OR), constant, or tables.\n",
    .options = show_options,
    .examples = "  bnnrun show 3f\n"
                "  bnnrun show 3f --log\n"
                "  bnnrun show lenet5.bnn\n",
    .least = 1,
    .most = 1,
    .needs = "one RUN or MODEL.bnn is needed; `bnnrun runs` lists runs",
    .memory = BNN_MODEL_LIMIT_BYTES,
    .n_request = sizeof(show_request),
    .run = run_show,
};
