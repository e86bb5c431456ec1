/* runs.c - the table of runs: what is a column in it, and what a run has in each. */
#include "cli/report/part.h"

#include <string.h>

/* The columns that all experiments have; the settings in which configs differ come behind them. */
static const struct {
    const char *key, *title, *kind;                           /* kind: how page.js writes a value */
    enum { RUNS_SHOWN, RUNS_HIDDEN, RUNS_WHERE_KNOWN } shown; /* at first; or if a run has one */
} runs_columns[] = {
    {"run_uid", "run", "code", RUNS_SHOWN},
    {"label", "config", "text", RUNS_SHOWN},
    {"seed", "seed", "count", RUNS_SHOWN},
    {"state", "state", "state", RUNS_SHOWN},
    {"test_accuracy", "test %", "percent", RUNS_SHOWN},
    {"validation_accuracy", "validation %", "percent", RUNS_SHOWN},
    {"last_test_accuracy", "last test %", "percent", RUNS_HIDDEN},
    {"best_epoch", "best epoch", "count", RUNS_HIDDEN},
    {"train_seconds", "train s", "number", RUNS_SHOWN},
    {"model_bytes", "bytes", "count", RUNS_SHOWN},
    {"latency_us", "\xc2\xb5s/image", "number", RUNS_SHOWN},
    {"images_per_second", "images/s", "number", RUNS_HIDDEN},
    {"mismatches", "mismatches", "count", RUNS_HIDDEN},
    {"n_attempts", "attempts", "count", RUNS_HIDDEN},
    {"started_utc", "started (UTC)", "text", RUNS_HIDDEN},
    {"ended_utc", "ended (UTC)", "text", RUNS_HIDDEN},
    {"need", "needed as", "text", RUNS_WHERE_KNOWN},
    {"tags", "tags", "text", RUNS_WHERE_KNOWN},
    {"note", "note", "text", RUNS_WHERE_KNOWN},
    {"stale", "stale because of", "text", RUNS_WHERE_KNOWN},
    {"error", "why it failed", "text", RUNS_WHERE_KNOWN},
};
enum { N_RUNS_COLUMNS = sizeof runs_columns / sizeof *runs_columns };

static bool runs_know(const json_t *rows, const char *key)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) if (!json_is_null(json_object_get(row, key))) return true;
    return false;
}

static void runs_put_column(json_t *columns, const char *key, const char *title, const char *kind,
                            bool shown, bool setting)
{
    json_array_append_new(columns,
                          json_pack("{s:s, s:s, s:s, s:b, s:b}", "key", key, "title", title, "kind",
                                    kind, "shown", shown, "setting", setting));
}

/* {config: {key: value}} of the settings, which are sorted by their keys; each is a column. */
static json_t *runs_settings(const json_t *settings, json_t *columns)
{
    json_t *of_config = json_object(), *row;
    const char *last = "";
    size_t i;
    json_array_foreach(settings, i, row)
    {
        const char *config = json_string_value(json_object_get(row, "config"));
        const char *key = json_string_value(json_object_get(row, "key"));
        if (config == NULL || key == NULL)
            continue;
        if (strcmp(key, last) != 0)
            runs_put_column(columns, key, key, "text", false, true);
        last = key;
        if (json_object_get(of_config, config) == NULL)
            json_object_set_new(of_config, config, json_object());
        json_object_set(json_object_get(of_config, config), key, json_object_get(row, "value"));
    }
    return of_config;
}

/* A run as an array, a value a column. */
static json_t *runs_row(const json_t *run, const json_t *columns, const json_t *settings)
{
    const char *config = json_string_value(json_object_get(run, "config"));
    json_t *row = json_array(), *column;
    const json_t *own = config == NULL ? NULL : json_object_get(settings, config);
    size_t i;
    json_array_foreach(columns, i, column)
    {
        const char *key = json_string_value(json_object_get(column, "key"));
        const bool setting = json_is_true(json_object_get(column, "setting"));
        json_t *value = json_object_get(setting ? own : run, key);
        json_array_append_new(row, value == NULL ? json_null() : json_incref(value));
    }
    return row;
}

int cli_part_runs(cli_part *part, bnn_error *err)
{
    json_t *settings, *run;
    size_t i;
    int status = cli_part_rows(part, "report_settings", &settings, err);
    if (status != BNN_OK)
        return status;
    json_t *columns = json_array(), *rows = json_array();
    for (i = 0; i < N_RUNS_COLUMNS; i++)
        if (runs_columns[i].shown != RUNS_WHERE_KNOWN || runs_know(part->runs, runs_columns[i].key))
            runs_put_column(columns, runs_columns[i].key, runs_columns[i].title,
                            runs_columns[i].kind, runs_columns[i].shown != RUNS_HIDDEN, false);
    json_t *of_config = runs_settings(settings, columns);
    json_array_foreach(part->runs, i, run)
        json_array_append_new(rows, runs_row(run, columns, of_config));
    json_decref(settings);
    json_decref(of_config);
    json_object_set_new(part->data, "runs",
                        json_pack("{s:o, s:o}", "columns", columns, "rows", rows));
    cli_part_open(part, "runs", "Runs",
                  "Every run of the newest spec, also what failed or has not been run. A heading "
                  "sorts; a value has all its digits where it is pointed at, "
                  "or gone to with the arrow keys.");
    cli_html_put(part->html, "<div data-part=\"runs\"><p class=\"noscript\">This table needs "
                             "scripts.</p></div>\n");
    status =
        cli_part_source(part, cli_part_command(part, "runs ", NULL, " --json"), "report_runs", err);
    cli_part_close(part);
    return status;
}
