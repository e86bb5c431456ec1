/* show.c - bnnrun show: all that the database knows about one run, or what is in a model file. */
#include "base/text.h"
#include "cli/cli.h"

#include "cli/operand.h"
#include "cli/show_model.h"
#include "cli/text.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SPARK_COLUMNS = 60 };

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text == NULL ? "" : text;
}

/* ---- The parts ------------------------------------------------------------------------------- */

/* A part of the answer: text_sql for a table, json_sql for programs. ?1 is the uid. */
typedef struct part {
    const char *key;
    const char *title;
    const char *text_sql; /* NULL: the same */
    const char *json_sql;
} part;

/* About 20 lines of epochs: the first, the last, the best and some between. */
static const char epochs_sql[] =
    "WITH span AS (SELECT max(epoch) AS last, (max(epoch) + 19) / 20 AS step FROM epoch_metric "
    "WHERE run_uid = ?1), "
    "metric AS (SELECT epoch, name, coalesce(special, CASE name "
    "WHEN 'train_loss' THEN printf('%.4f', value) "
    "WHEN 'learning_rate' THEN printf('%.3g', value) "
    "WHEN 'seconds' THEN printf('%.2f', value) "
    "ELSE printf('%.2f %%', 100 * value) END) AS text FROM epoch_metric WHERE run_uid = ?1) "
    "SELECT epoch, max(text) FILTER (WHERE name = 'train_loss') AS train_loss, "
    "max(text) FILTER (WHERE name = 'train_accuracy') AS train, "
    "max(text) FILTER (WHERE name = 'validation_accuracy') AS validation, "
    "max(text) FILTER (WHERE name = 'learning_rate') AS learning_rate, "
    "max(text) FILTER (WHERE name = 'seconds') AS seconds "
    "FROM metric, span WHERE epoch % step = 0 OR epoch IN (1, last, "
    "(SELECT best_epoch FROM run_summary WHERE run_uid = ?1)) GROUP BY epoch ORDER BY epoch";

static const part parts[] = {
    {"epochs", "epochs", epochs_sql,
     "SELECT epoch, name, value, special FROM epoch_metric WHERE run_uid = ?1 "
     "ORDER BY epoch, name"},
    {"layers", "layers, as trained and as deployed",
     "SELECT layer, kind, n_parameters AS parameters, float32_bytes, packed_bytes, "
     "printf('%.1f', 1.0 * float32_bytes / packed_bytes) AS smaller, macs, "
     "CASE WHEN binary_weights AND binary_inputs THEN 'weights, inputs' "
     "WHEN binary_weights THEN 'weights' WHEN binary_inputs THEN 'inputs' ELSE '' END AS binary "
     "FROM layer_size WHERE run_uid = ?1 ORDER BY ordinal",
     "SELECT layer, kind, n_parameters, bits, float32_bytes, packed_bytes, macs, binary_weights, "
     "binary_inputs FROM layer_size WHERE run_uid = ?1 ORDER BY ordinal"},
    {"attempts", "attempts",
     "SELECT attempt, datetime(started_us / 1000000, 'unixepoch') AS started_utc, "
     "CASE WHEN ended_us NOTNULL THEN printf('%.1f', (ended_us - started_us) / 1e6) END AS seconds, "
     "coalesce(outcome, 'running') AS outcome, "
     "nullif(resumed_from_epoch, 0) AS from_epoch, signal, error "
     "FROM attempt JOIN run USING (run_id) WHERE run_uid = ?1 ORDER BY attempt",
     "SELECT attempt, host, pid, datetime(started_us / 1000000, 'unixepoch') AS started_utc, "
     "datetime(ended_us / 1000000, 'unixepoch') AS ended_utc, outcome, resumed_from_epoch, "
     "signal, error "
     "FROM attempt JOIN run USING (run_id) WHERE run_uid = ?1 ORDER BY attempt"},
    {"parameters", "parameters", NULL,
     "SELECT key, value FROM run_param WHERE run_uid = ?1 ORDER BY key"},
    {"plugins", "plugins of the last attempt",
     "SELECT kind, name, substr(sha256, 1, 12) AS sha256, path FROM plugin JOIN run_plugin "
     "USING (plugin_id) JOIN run USING (run_id) WHERE run_uid = ?1 AND attempt = n_attempts "
     "ORDER BY kind, name",
     "SELECT kind, name, sha256, path, abi FROM plugin JOIN run_plugin USING (plugin_id) "
     "JOIN run USING (run_id) WHERE run_uid = ?1 AND attempt = n_attempts ORDER BY kind, name"},
    {"files", "files", NULL,
     "SELECT kind, path, n_bytes, sha256 FROM artifact JOIN run USING (run_id) "
     "WHERE run_uid = ?1 ORDER BY kind, path"},
};
enum { N_PARTS = sizeof parts / sizeof *parts };

/* Where the last attempt was made, and with which data. */
static const char environment_sql[] =
    "SELECT dataset.name AS data_set, dataset.source AS data_source, "
    "dataset.sha256 AS data_sha256, environment.host, os, cpu_model, n_cpu, kernels, compiler, "
    "cflags, version, revision, libraries "
    "FROM run JOIN attempt ON attempt.run_id = run.run_id AND attempt.attempt = run.n_attempts "
    "JOIN environment USING (environment_id) JOIN dataset USING (dataset_id) WHERE run_uid = ?1";

static int print_json(bnn_store *store, json_t *run, bnn_error *err)
{
    const bnn_store_argument uid = cli_text_argument(NULL, text_of(run, "run_uid"));
    json_t *object = json_pack("{s:O}", "run", run);
    int status = object == NULL ? bnn_no_memory(err) : BNN_OK;
    for (size_t i = 0; status == 0 && i < N_PARTS; i++) {
        json_t *rows = cli_result_json(store, parts[i].json_sql, &uid, 1, err);
        if (rows == NULL)
            status = err->status;
        else
            json_object_set_new(object, parts[i].key, rows);
    }
    json_t *rows = NULL;
    if (status == 0)
        rows = cli_result_json(store, environment_sql, &uid, 1, err);
    if (rows != NULL) {
        json_t *last = json_array_get(rows, 0);
        json_object_set(object, "environment", last == NULL ? json_null() : last);
        json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
        putchar('\n');
    } else if (status == 0)
        status = err->status;
    json_decref(rows);
    json_decref(object);
    return status;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static bool has(const json_t *row, const char *key)
{
    return json_is_number(json_object_get(row, key));
}

static double number(const json_t *row, const char *key)
{
    return json_number_value(json_object_get(row, key));
}

static void print_summary(const json_t *run)
{
    char a[CLI_TEXT_MAX], b[CLI_TEXT_MAX], c[CLI_TEXT_MAX];
    printf("run %s: %s, %s, seed %lld: %s\n", text_of(run, "run_uid"), text_of(run, "experiment"),
           text_of(run, "label"), (long long)number(run, "seed"), text_of(run, "state"));
    if (has(run, "test_accuracy"))
        printf("  test accuracy  %s after epoch %.0f, the best on validation (%s); last epoch %s\n",
               bnn_percent_text(number(run, "test_accuracy"), a), number(run, "best_epoch"),
               bnn_percent_text(number(run, "validation_accuracy"), b),
               bnn_percent_text(number(run, "last_test_accuracy"), c));
    if (has(run, "train_seconds"))
        printf("  training       %s\n", bnn_seconds_text(number(run, "train_seconds"), a));
    if (has(run, "latency_us") && has(run, "images_per_second"))
        printf("  inference      %.1f us for one image, %s images a second in batches of 64\n",
               number(run, "latency_us"),
               bnn_count_text((uint64_t)number(run, "images_per_second"), a));
    if (has(run, "mismatches") && number(run, "mismatches") > 0)
        printf(
            "  WARNING        its model file gives %.0f test images another class than training; "
            "please report it, with `bnnrun verify %s`\n",
            number(run, "mismatches"), text_of(run, "run_uid"));
    else if (has(run, "mismatches"))
        printf("  proof          the model file gives every test image the class that training "
               "gave it\n");
    else if (strcmp(text_of(run, "state"), "done") == 0)
        printf("  proof          no model file; `bnnrun verify %s` says why\n",
               text_of(run, "run_uid"));
    if (has(run, "n_parameters") && number(run, "model_bytes") > 0)
        printf("  size           %s parameters: %s bytes as float32, %s deployed (1/%.1f)\n",
               bnn_count_text((uint64_t)number(run, "n_parameters"), a),
               bnn_count_text((uint64_t)number(run, "float32_bytes"), b),
               bnn_count_text((uint64_t)number(run, "model_bytes"), c),
               number(run, "float32_bytes") / number(run, "model_bytes"));
}

/* The course of a metric as a line of bars, the lowest value to the highest. */
static int print_spark(bnn_store *store, const bnn_store_argument *uid, const char *metric,
                       bnn_error *err)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    enum { N_BARS = sizeof bars / sizeof *bars };
    const bnn_store_argument arguments[] = {*uid, cli_text_argument(NULL, metric)};
    json_t *rows = cli_result_json(store,
                                   "SELECT value FROM epoch_metric WHERE run_uid = ?1 AND name = "
                                   "?2 AND abs(value) < 9e999 ORDER BY epoch",
                                   arguments, 2, err);
    if (rows == NULL)
        return err->status;
    const size_t n = json_array_size(rows);
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        const double x = number(json_array_get(rows, i), "value");
        low = fmin(low, x);
        high = fmax(high, x);
    }
    const size_t columns = n < SPARK_COLUMNS ? n : SPARK_COLUMNS;
    if (n > 1 && high > low) {
        printf("%-20s ", metric);
        for (size_t i = 0; i < columns; i++) {
            const double x = number(json_array_get(rows, i * (n - 1) / (columns - 1)), "value");
            printf("%s", bars[(size_t)((x - low) / (high - low) * (N_BARS - 1) + 0.5)]);
        }
        printf("  %.4g .. %.4g\n", low, high);
    }
    json_decref(rows);
    return BNN_OK;
}

/* One key a line. */
static int print_environment(bnn_store *store, const bnn_store_argument *uid, bnn_error *err)
{
    json_t *rows = cli_result_json(store, environment_sql, uid, 1, err);
    if (rows == NULL)
        return err->status;
    const char *key;
    json_t *value, *row = json_array_get(rows, 0);
    if (row != NULL)
        printf("\nenvironment of the last attempt\n");
    json_object_foreach(row, key, value)
    {
        if (json_is_integer(value))
            printf("  %-12s %lld\n", key, (long long)json_integer_value(value));
        else if (json_is_string(value))
            printf("  %-12s %s\n", key, json_string_value(value));
    }
    json_decref(rows);
    return BNN_OK;
}

static int print_text(bnn_store *store, const json_t *run, bnn_error *err)
{
    const bnn_store_argument uid = cli_text_argument(NULL, text_of(run, "run_uid"));
    static const char *const drawn[] = {"train_loss", "validation_accuracy"};
    int status = BNN_OK;
    print_summary(run);
    for (size_t i = 0; status == 0 && i < N_PARTS; i++) {
        const char *sql = parts[i].text_sql != NULL ? parts[i].text_sql : parts[i].json_sql;
        status = cli_result_section(store, parts[i].title, sql, &uid, 1, err);
        const bool draws = parts[i].text_sql == epochs_sql && cli_draws(stdout);
        for (size_t j = 0; status == 0 && draws && j < sizeof drawn / sizeof *drawn; j++)
            status = print_spark(store, &uid, drawn[j], err);
    }
    return status != 0 ? status : print_environment(store, &uid, err);
}

static int run(int argc, char **argv, bnn_error *err)
{
    cli_options options;
    bool done;
    int status = cli_parse(&cli_command_show, argc, argv, &options, &done, err);
    if (status != 0 || done)
        return status;
    if (argc - optind != 1)
        return cli_usage(err, &cli_command_show,
                         "one RUN or MODEL.bnn is needed; `bnnrun runs` lists runs");
    if (cli_is_model_file(argv[optind]))
        return cli_show_model(argv[optind], &options, err);
    if (options.csv)
        return cli_usage(err, &cli_command_show, "a run is more than one table: use --json");
    bnn_store *store = NULL;
    json_t *row = NULL;
    status = cli_store_open(&options, &store, err);
    if (status == 0)
        status = cli_find_run(store, argv[optind], &row, err);
    if (status == 0)
        status = options.json ? print_json(store, row, err) : print_text(store, row, err);
    json_decref(row);
    bnn_store_close(store);
    return status;
}

const cli_command cli_command_show = {
    .name = "show",
    .arguments = "RUN|MODEL.bnn",
    .summary = "all about one run, or the layers, bits and bytes of a model file",
    .help =
        "RUN is the uid that `bnnrun runs` lists, or as much of its beginning as no other has:\n"
        "result, epochs, layers, attempts, parameters, plugins, machine.\n"
        "\n"
        "MODEL.bnn is a model file: for each layer its output, weights, thresholds, padding,\n"
        "bytes and multiply-accumulates; the size of the file, what its bits need without\n"
        "padding and headers, and the same network in float32. Thresholds may be flipped (the\n"
        "bit falls where the sum rises), AND (of a pool's window; else OR), constant, or tables.\n"
        "\n"
        "Options:\n"
        "      --db FILE  the database (BNNRUN_DB, else bnnrun.db)\n"
        "      --json     one object, with every metric of every epoch, or every size\n"
        "      --csv      of a model: a line a layer and one for the file's header; their bytes\n"
        "                 add up to the file's\n"
        "\n"
        "Examples:\n"
        "  bnnrun show 3f\n"
        "  bnnrun show lenet5.bnn\n",
    .run = run,
};
