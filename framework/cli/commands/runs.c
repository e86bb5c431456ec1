/* runs.c - bnnrun runs: the runs in the database. */
#include "cli/selection.h"

#include <string.h>
#include <time.h>

enum { RUNS_LIMIT_MAX = 1000000 };

/* ---- the order --------------------------------------------------------------------------- */

static int runs_set_sort(const cli_command *command, void *request, const char *value,
                         bnn_error *err)
{
    bnn_store_filter *filter = &((cli_selection *)request)->filter;
    (void)command, (void)err;
    filter->descending = value[0] == '-';
    filter->sort = value + filter->descending;
    return BNN_OK;
}

/* The column that is meant, by its name in the table or for programs. */
static int runs_find_column(bnn_store *store, bnn_store_filter *filter, bnn_arena *arena,
                            bnn_error *err)
{
    static const char *const titles[][2] = {
        {"run", "run_uid"}, {"accuracy", "test_accuracy"}, {"seconds", "train_seconds"}};
    const char *const *names;
    size_t n;
    if (filter->sort == NULL || strcmp(filter->sort, "date") == 0)
        return BNN_OK;
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(filter->sort, titles[i][0]) == 0)
            filter->sort = titles[i][1];
    const int status = bnn_store_list_columns(store, arena, &names, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        if (strcmp(filter->sort, names[i]) == 0)
            return BNN_OK;
    return status != BNN_OK
               ? status
               : cli_unknown(err, BNN_E_USAGE, "runs: there is no column", filter->sort, names, n);
}

/* ---- the table --------------------------------------------------------------------------- */

/* Of "2026-11-28 10:31:07" the day and the time, or in another year the date. */
static json_t *runs_date(const char *date)
{
    char year[8];
    const time_t now = time(NULL);
    struct tm tm;
    strftime(year, sizeof year, "%Y-", gmtime_r(&now, &tm));
    if (date == NULL || strlen(date) < 16)
        return json_null();
    return strncmp(date, year, 5) == 0 ? json_stringn(date + 5, 11) : json_stringn(date, 10);
}

static bool runs_have(const json_t *rows, const char *name)
{
    size_t i;
    const json_t *row;
    json_array_foreach(rows, i, row) if (!json_is_null(json_object_get(row, name))) return true;
    return false;
}

/* To look at: without the experiment that is asked for, without tags and notes when there are none. */
static int runs_print(json_t *rows, bool one_experiment, bnn_error *err)
{
    static const char *const names[] = {"run",       "experiment", "label", "#seed", "state",
                                        "#accuracy", "#seconds",   "date",  "tags",  "note"};
    enum { N_NAMES = sizeof names / sizeof *names };
    bool shown[N_NAMES];
    cli_table *table = cli_table_create("");
    size_t i;
    json_t *row;
    for (size_t k = 0; k < N_NAMES; k++) {
        const bool number = names[k][0] == '#';
        shown[k] = k == 1 ? !one_experiment : k < 8 || runs_have(rows, names[k]);
        if (shown[k])
            cli_table_column(table, names[k] + number,
                             number                           ? CLI_NUMBER
                             : strcmp(names[k], "label") == 0 ? CLI_LABEL
                                                              : CLI_TEXT);
    }
    json_array_foreach(rows, i, row)
    {
        for (size_t k = 0; k < N_NAMES; k++) {
            json_t *value = json_object_get(row, names[k] + (names[k][0] == '#'));
            if (shown[k])
                cli_table_put(table, strcmp(names[k], "date") == 0
                                         ? runs_date(json_string_value(value))
                                         : json_incref(value));
        }
    }
    json_decref(rows);
    return cli_table_end(table, NULL, err);
}

static int runs_read(cli_selection *s, bnn_store *store, cli_table **out, bnn_error *err)
{
    const bool for_programs = s->options.json || s->options.csv;
    bnn_store_selection made;
    int status = runs_find_column(store, &s->filter, s->options.arena, err);
    if (status == BNN_OK && s->filter.experiment != NULL)
        status = cli_selection_check_experiment(store, s->filter.experiment, s->options.arena, err);
    if (status == BNN_OK)
        status = bnn_store_select(&s->filter, for_programs ? "runs" : "runs_brief",
                                  s->options.arena, &made, err);
    if (status == BNN_OK)
        status = cli_result_read(store, made.sql, made.arguments, made.n_arguments, out, err);
    if (status == BNN_OK && cli_table_rows(*out) == 0 &&
        (status = cli_selection_check_keys(store, s, err)) != BNN_OK)
        cli_table_destroy(*out);
    return status;
}

static int run_runs(void *request, bnn_error *err)
{
    cli_selection *s = request;
    const cli_options *options = &s->options;
    bnn_store *store = NULL;
    cli_table *table;
    int status = cli_selection_take_settings(s, err);
    if (status == BNN_OK && options->n_operands > 1)
        return cli_usage(err, &cli_command_runs,
                         "one EXPERIMENT at the most, and KEY=VALUE, not \"%s\"",
                         options->operands[1]);
    if (status == BNN_OK)
        status = cli_store_open(options, &store, err);
    s->filter.experiment = options->n_operands > 0 ? options->operands[0] : NULL;
    if (status == BNN_OK)
        status = runs_read(s, store, &table, err);
    bnn_store_close(store);
    if (status != BNN_OK)
        return status;
    if (options->json || options->csv)
        return cli_table_end(table, options, err);
    const size_t n = cli_table_rows(table);
    json_t *rows = cli_table_take(table, err);
    status = rows == NULL ? err->status : runs_print(rows, s->filter.experiment != NULL, err);
    if (status == BNN_OK && !options->quiet)
        fprintf(stderr, "%zu %s; bnnrun show RUN tells all about one\n", n,
                n == 1 ? "run" : "runs");
    return status;
}

static const cli_option runs_options[] = {
    CLI_SELECTION_OPTIONS,
    CLI_WORDS_ROW("sort", "COLUMN", "run|accuracy|seconds|date|COLUMN", runs_set_sort,
                  "the order, lowest first; -COLUMN: highest first. Columns are those\n"
                  "of the table and of --json, and of the view run_summary"),
    CLI_COUNT_ROW("limit", "N", cli_selection, filter.limit, RUNS_LIMIT_MAX, "only the first N"),
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "for programs; accuracies are fractions there"},
    {.name = "csv", .help = "likewise"},
    {.name = NULL},
};

const cli_command cli_command_runs = {
    .name = "runs",
    .arguments = "[EXPERIMENT] [KEY=VALUE...]",
    .summary = "list the runs in the database",
    .notes = "accuracy is that of the test set after the epoch with the best validation accuracy;\n"
             "seconds is the time spent on training; date is when the run ended, began or was\n"
             "planned (UTC). Behind a label stands what tells it from others of that label.\n"
             "\n" CLI_SELECTION_NOTES,
    .options = runs_options,
    .examples = "  bnnrun runs\n"
                "  bnnrun runs ste_sweep ste=clipped --state done --sort -accuracy --limit 5\n"
                "  bnnrun runs --state failed,interrupted --since 2d\n",
    .n_request = sizeof(cli_selection),
    .run = run_runs,
};
