/* show.c - bnnrun show: all that the database knows about one run, or what is in a model file. */
#include "base/limits.h"
#include "base/text.h"
#include "cli/operand.h"
#include "cli/options.h"
#include "cli/show_epochs.h"
#include "cli/show_model.h"
#include "db/store_results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    status = cli_show_epochs(store, &summary, arena, err);
    for (size_t i = 1; status == BNN_OK && i < N_PARTS; i++) {
        const char *name = parts[i].text_sql != NULL ? parts[i].text_sql : parts[i].json_sql;
        status = cli_result_section(store, parts[i].title, bnn_store_sql(name), uid, 1, err);
    }
    return status != BNN_OK ? status : show_environment(store, uid, err);
}

static int show_run(const char *operand, const cli_options *options, bnn_error *err)
{
    bnn_store *store = NULL;
    const char *uid;
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    int status = arena == NULL ? bnn_no_memory(err) : cli_store_open(options, &store, err);
    if (status == BNN_OK)
        status = cli_find_run(store, operand, arena, &uid, err);
    if (status == BNN_OK) {
        const bnn_store_argument argument = cli_text_argument(NULL, uid);
        status = options->json ? show_json(store, &argument, err)
                               : show_text(store, &argument, arena, err);
    }
    bnn_store_close(store);
    bnn_arena_destroy(arena);
    return status;
}

static int run_show(int argc, char **argv, bnn_error *err)
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
    return show_run(argv[optind], &options, err);
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
    .run = run_show,
};
