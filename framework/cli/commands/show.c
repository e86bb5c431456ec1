/* show.c - bnnrun show: all that the database knows about one run, or what is in a model file. */
#include "base/text.h"
#include "cli/operand.h"
#include "cli/options.h"
#include "cli/show_model.h"
#include "db/store_results.h"
#include "db/store_run.h"
#include "results/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 20, SPARK_COLUMNS = 60, METRICS_MAX = 8 };

/* ---- the parts --------------------------------------------------------------------------- */

/* A part of the answer: what db/sql/NAME.sql says of the run. */
static const struct {
    const char *key, *title;
    const char *json_sql; /* for programs; also for a table, unless there is another */
    const char *text_sql;
} parts[] = {
    {"epochs", NULL, "run_epochs", NULL},
    {"layers", "layers, as trained and as deployed", "run_layers", "run_layers_brief"},
    {"attempts", "attempts", "run_attempts", "run_attempts_brief"},
    {"parameters", "parameters", "run_parameters", NULL},
    {"plugins", "plugins of the last attempt", "run_plugins", "run_plugins_brief"},
    {"files", "files", "run_files", NULL},
};
enum { N_PARTS = sizeof parts / sizeof *parts };

/* The first row of an answer, released by the caller; null without one. NULL after a failure. */
static json_t *first_row(bnn_store *store, const char *name, const bnn_store_argument *uid,
                         bnn_error *err)
{
    json_t *rows = cli_result_json(store, bnn_store_sql(name), uid, 1, err);
    if (rows == NULL)
        return NULL;
    json_t *row = json_array_get(rows, 0);
    row = row == NULL ? json_null() : json_incref(row);
    json_decref(rows);
    return row;
}

static int show_json(bnn_store *store, const bnn_store_argument *uid, bnn_error *err)
{
    json_t *object = json_object();
    json_t *value = first_row(store, "run_summary", uid, err);
    json_object_set_new(object, "run", value);
    for (size_t i = 0; value != NULL && i < N_PARTS; i++) {
        value = cli_result_json(store, bnn_store_sql(parts[i].json_sql), uid, 1, err);
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
    cli_json_print(object);
    return BNN_OK;
}

/* ---- epochs ------------------------------------------------------------------------------ */

/* What is known of an epoch. */
typedef struct epoch {
    uint32_t number;
    struct {
        bool known;
        double value;
    } metrics[METRICS_MAX]; /* in the order of bnn_epoch_metrics */
} epoch;

typedef struct course {
    const bnn_metric *metrics;
    size_t n_metrics, n;
    epoch *epochs;
} course;

/* They come epoch by epoch; there is room for each in one of its own. */
static void take_epoch_metric(course *c, const bnn_store_metric *m)
{
    if (m->epoch == 0)
        return;
    if (c->n == 0 || c->epochs[c->n - 1].number != m->epoch)
        c->epochs[c->n++].number = (uint32_t)m->epoch;
    epoch *e = &c->epochs[c->n - 1];
    for (size_t i = 0; i < c->n_metrics; i++)
        if (strcmp(c->metrics[i].name, m->name) == 0) {
            e->metrics[i].known = true;
            e->metrics[i].value = m->value;
        }
}

/* A metric that no epoch has leaves its column to numbers. */
static void add_epoch(cli_table *table, const course *c, const epoch *e)
{
    char text[BNN_SHORT_TEXT];
    cli_table_cell(table, bnn_number_text(e->number, text));
    for (size_t i = 0; i < c->n_metrics; i++) {
        const bool known = e->metrics[i].known;
        if (known)
            cli_table_column_is_text(table, i + 1);
        cli_table_cell(table,
                       known ? bnn_metric_text(&c->metrics[i], e->metrics[i].value, text) : NULL);
    }
}

static int print_epochs(const course *c, int64_t best, bnn_error *err)
{
    const uint32_t last = c->epochs[c->n - 1].number, step = (last + LINES - 1) / LINES;
    cli_table *table = cli_table_create("#epoch");
    for (size_t i = 0; i < c->n_metrics; i++)
        cli_table_column(table, c->metrics[i].title, CLI_NUMBER);
    for (size_t i = 0; i < c->n; i++) {
        const uint32_t number = c->epochs[i].number;
        if (number % step == 0 || number == 1 || number == last || number == best)
            add_epoch(table, c, &c->epochs[i]);
    }
    printf("\nepochs\n");
    return cli_table_end(table, NULL, err);
}

/* The course of a metric as a line of bars, the lowest value to the highest. values: room for all. */
static void print_spark(const course *c, size_t i_metric, double *values)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    enum { N_BARS = sizeof bars / sizeof *bars };
    double low = INFINITY, high = -INFINITY;
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++) {
        const double x = c->epochs[i].metrics[i_metric].value;
        if (!c->epochs[i].metrics[i_metric].known || !isfinite(x))
            continue;
        values[n++] = x;
        low = fmin(low, x);
        high = fmax(high, x);
    }
    if (n < 2 || !(high > low))
        return;
    const size_t columns = n < SPARK_COLUMNS ? n : SPARK_COLUMNS;
    printf("%-20s ", c->metrics[i_metric].name);
    for (size_t i = 0; i < columns; i++) {
        const double share = (values[i * (n - 1) / (columns - 1)] - low) / (high - low);
        printf("%s", bars[(size_t)(share * (N_BARS - 1) + 0.5)]);
    }
    printf("  %.4g .. %.4g\n", low, high);
}

/* Prints about 20 lines of epochs to stdout as a table, the first, the last, the best and some
 * between, with a column for each metric of an epoch; and, on a terminal, some metrics as a line of
 * bars. Without epochs, nothing. The arena is for what it reads. */
static int show_epochs(bnn_store *store, const bnn_store_summary *run, bnn_arena *arena,
                       bnn_error *err)
{
    const bnn_store_metric *rows;
    course c = {.n = 0};
    size_t n;
    int status = bnn_store_list_metrics(store, run->run_id, arena, &rows, &n, err);
    if (status != BNN_OK)
        return status;
    c.metrics = bnn_epoch_metrics(&c.n_metrics);
    assert(c.n_metrics <= METRICS_MAX);
    c.epochs = bnn_arena_alloc(arena, n, sizeof *c.epochs);
    double *values = bnn_arena_alloc(arena, n, sizeof *values);
    if (c.epochs == NULL || values == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++)
        take_epoch_metric(&c, &rows[i]);
    if (c.n == 0)
        return BNN_OK;
    status = print_epochs(&c, run->best_epoch, err);
    for (size_t i = 0; status == BNN_OK && cli_draws(stdout) && i < c.n_metrics; i++)
        if (strcmp(c.metrics[i].name, "train_loss") == 0 ||
            strcmp(c.metrics[i].name, "validation_accuracy") == 0)
            print_spark(&c, i, values);
    return status;
}

/* ---- text -------------------------------------------------------------------------------- */

static void show_summary(const bnn_store_summary *s)
{
    char a[BNN_SHORT_TEXT], b[BNN_SHORT_TEXT], c[BNN_SHORT_TEXT];
    printf("run %s: %s, %s, seed %lld: %s\n", s->run_uid, s->experiment, s->label,
           (long long)s->seed, s->state);
    if (isfinite(s->test_accuracy))
        printf("  test accuracy  %s after epoch %lld, the best on validation (%s); last epoch %s\n",
               bnn_percent_text(s->test_accuracy, a), (long long)s->best_epoch,
               bnn_percent_text(s->validation_accuracy, b),
               bnn_percent_text(s->last_test_accuracy, c));
    if (isfinite(s->train_seconds))
        printf("  training       %s\n", bnn_seconds_text(s->train_seconds, a));
    if (isfinite(s->latency_us) && isfinite(s->images_per_second))
        printf("  inference      %.1f us for one image, %s images a second in batches of 64\n",
               s->latency_us, bnn_count_text((uint64_t)s->images_per_second, a));
    if (s->mismatches > 0)
        printf(
            "  WARNING        its model file gives %lld test images another class than training; "
            "please report it, with `bnnrun verify %s`\n",
            (long long)s->mismatches, s->run_uid);
    else if (s->mismatches == 0)
        printf("  proof          the model file gives every test image the class that training "
               "gave it\n");
    else if (strcmp(s->state, "done") == 0)
        printf("  proof          no model file; `bnnrun verify %s` says why\n", s->run_uid);
    if (s->n_parameters >= 0 && s->model_bytes > 0)
        printf("  size           %s parameters: %s bytes as float32, %s deployed (1/%.1f)\n",
               bnn_count_text((uint64_t)s->n_parameters, a),
               bnn_count_text((uint64_t)s->float32_bytes, b),
               bnn_count_text((uint64_t)s->model_bytes, c),
               (double)s->float32_bytes / (double)s->model_bytes);
}

/* One key a line. */
static int show_environment(bnn_store *store, const bnn_store_argument *uid, bnn_error *err)
{
    const char *key;
    json_t *value, *row = first_row(store, "run_environment", uid, err);
    if (row == NULL)
        return err->status;
    if (json_is_object(row))
        printf("\nenvironment of the last attempt\n");
    json_object_foreach(row, key, value)
    {
        if (json_is_integer(value))
            printf("  %-12s %lld\n", key, (long long)json_integer_value(value));
        else if (json_is_string(value))
            printf("  %-12s %s\n", key, json_string_value(value));
    }
    json_decref(row);
    return BNN_OK;
}

static int show_text(bnn_store *store, const bnn_store_argument *uid, bnn_arena *arena,
                     bnn_error *err)
{
    bnn_store_summary summary;
    int status = bnn_store_read_summary(store, uid->value.text, arena, &summary, err);
    if (status != BNN_OK)
        return status;
    show_summary(&summary);
    status = show_epochs(store, &summary, arena, err);
    for (size_t i = 1; status == BNN_OK && i < N_PARTS; i++) {
        const char *name = parts[i].text_sql != NULL ? parts[i].text_sql : parts[i].json_sql;
        status = cli_result_section(store, parts[i].title, bnn_store_sql(name), uid, 1, err);
    }
    return status != BNN_OK ? status : show_environment(store, uid, err);
}

static int show_run(const cli_options *options, bnn_error *err)
{
    bnn_store *store = NULL;
    const char *uid;
    int status = cli_store_open(options, &store, err);
    if (status == BNN_OK)
        status = cli_find_run(store, options->operands[0], options->arena, &uid, err);
    if (status == BNN_OK) {
        const bnn_store_argument argument = cli_text_argument(NULL, uid);
        status = options->json ? show_json(store, &argument, err)
                               : show_text(store, &argument, options->arena, err);
    }
    bnn_store_close(store);
    return status;
}

static int run_show(void *request, bnn_error *err)
{
    const cli_options *options = request;
    if (cli_is_model_file(options->operands[0]))
        return cli_show_model(options->operands[0], options, err);
    if (options->csv)
        return cli_usage(err, &cli_command_show, "a run is more than one table: use --json");
    return show_run(options, err);
}

static const cli_option show_options[] = {
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "one object, with every metric of every epoch, or every size"},
    {.name = "csv",
     .help = "of a model: a line a layer and one for the file's header; their bytes\n"
             "add up to the file's"},
    {.name = NULL},
};

const cli_command cli_command_show = {
    .name = "show",
    .arguments = "RUN|MODEL.bnn",
    .summary = "all about one run, or the layers, bits and bytes of a model file",
    .notes =
        "RUN is the uid that `bnnrun runs` lists, or as much of its beginning as no other has:\n"
        "result, epochs, layers, attempts, parameters, plugins, machine.\n"
        "\n"
        "MODEL.bnn is a model file: for each layer its output, weights, thresholds, padding,\n"
        "bytes and multiply-accumulates; the size of the file, what its bits need without\n"
        "padding and headers, and the same network in float32. Thresholds may be flipped (the\n"
        "bit falls where the sum rises), AND (of a pool's window; else OR), constant, or tables.\n",
    .options = show_options,
    .examples = "  bnnrun show 3f\n"
                "  bnnrun show lenet5.bnn\n",
    .least = 1,
    .most = 1,
    .needs = "one RUN or MODEL.bnn is needed; `bnnrun runs` lists runs",
    .memory = BNN_MODEL_LIMIT_BYTES,
    .run = run_show,
};
