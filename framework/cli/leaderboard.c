#include "cli/leaderboard.h"

#include "base/statistics.h"
#include "base/text.h"
#include "cli/bars.h"

#include <math.h>
#include <string.h>

/* ---- as a table -------------------------------------------------------------------------- */

/* "9", or "2 (1 failed)". */
static void format_runs(const json_t *row, char out[CLI_TEXT_MAX])
{
    static const char *const others[][2] = {
        {"n_failed", "failed"}, {"n_unfinished", "open"}, {"n_stale", "stale"}};
    size_t used = (size_t)snprintf(out, CLI_TEXT_MAX, "%.0f", cli_row_number(row, "n"));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (cli_row_number(row, others[i][0]) > 0)
            used += (size_t)snprintf(out + used, CLI_TEXT_MAX - used, " (%.0f %s)",
                                     cli_row_number(row, others[i][0]), others[i][1]);
}

/* Mean and standard deviation of fractions, in %. */
static void format_spread(double mean, double sd, char out[CLI_TEXT_MAX])
{
    if (isnan(mean))
        return;
    const size_t used = (size_t)snprintf(out, CLI_TEXT_MAX, "%.2f", bnn_mean_shown(100.0 * mean));
    if (!isnan(sd))
        snprintf(out + used, CLI_TEXT_MAX - used, " %s %.2f", cli_draws(stdout) ? "\u00b1" : "+-",
                 100.0 * sd);
}

static void format_test(const json_t *row, char out[CLI_TEXT_MAX])
{
    format_spread(cli_row_number(row, "mean_test_accuracy"),
                  cli_row_number(row, "sd_test_accuracy"), out);
}

/* "-1.53 [-1.78, -1.28]": the mean, and its 95 % interval. */
static void format_difference(const json_t *row, char out[CLI_TEXT_MAX])
{
    const double mean = cli_row_number(row, "mean_difference");
    const double half = cli_row_number(row, "ci95_difference");
    if (cli_row_number(row, "is_baseline") > 0)
        snprintf(out, CLI_TEXT_MAX, "baseline");
    else if (isfinite(half))
        snprintf(out, CLI_TEXT_MAX, "%+.2f [%+.2f, %+.2f]", bnn_mean_shown(100.0 * mean),
                 100.0 * (mean - half), 100.0 * (mean + half));
    else if (isfinite(mean))
        snprintf(out, CLI_TEXT_MAX, "%+.2f", bnn_mean_shown(100.0 * mean));
}

static void format_size(const json_t *row, char out[CLI_TEXT_MAX])
{
    const double bytes = cli_row_number(row, "model_bytes");
    const double float32_bytes = cli_row_number(row, "float32_bytes");
    if (bytes > 0 && float32_bytes >= 0)
        snprintf(out, CLI_TEXT_MAX, "1/%.1f", float32_bytes / bytes);
}

static void format_seconds(const json_t *row, char out[CLI_TEXT_MAX])
{
    const double seconds = cli_row_number(row, "mean_train_seconds");
    if (!isnan(seconds))
        snprintf(out, CLI_TEXT_MAX, "%.1f", seconds);
}

static void format_bar(const json_t *row, const cli_bars *bars, char out[CLI_BARS_BYTES])
{
    const double mean = 100.0 * cli_row_number(row, "mean_difference");
    const double half = 100.0 * cli_row_number(row, "ci95_difference");
    out[0] = '\0';
    if (cli_row_number(row, "is_baseline") <= 0 || isnan(cli_row_number(row, "is_baseline")))
        cli_bars_draw(bars, mean - half, mean, mean + half, out);
}

/* Bars of the differences, where the terminal has room for them. */
static cli_bars make_bars(const json_t *board)
{
    enum { OTHERS = 66 }; /* columns that the others take, but for the label */
    cli_bars bars = {.low = 0, .high = 0};
    size_t label = 0, i;
    json_t *row;
    json_array_foreach(board, i, row)
    {
        const double mean = 100.0 * cli_row_number(row, "mean_difference");
        const double half = 100.0 * cli_row_number(row, "ci95_difference");
        const char *text = json_string_value(json_object_get(row, "label"));
        const size_t width = text == NULL ? 0 : bnn_text_width(text);
        label = width > label ? width : label;
        cli_bars_reach(&bars, mean);
        cli_bars_reach(&bars, mean - half);
        cli_bars_reach(&bars, mean + half);
    }
    if (cli_draws(stdout) && cli_width(stdout) > OTHERS + label)
        cli_bars_fit(&bars, cli_width(stdout) - OTHERS - label);
    return bars;
}

/* Behind the label. A metric has its own title, and its own form unless there is another. */
static const struct {
    const char *metric, *title;
    void (*format)(const json_t *row, char out[CLI_TEXT_MAX]);
} columns[] = {
    {NULL, "runs", format_runs},
    {"test_accuracy", NULL, format_test},
    {NULL, "to baseline [95 %]", format_difference},
    {"model_bytes", NULL, NULL},
    {NULL, "size", format_size},
    {"train_seconds", NULL, format_seconds},
    {"latency_us", NULL, NULL},
};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

/* The metric that the leaderboard is sorted by gets a column when it has none. */
static bool has_column(const bnn_metric *metric)
{
    for (size_t i = 0; i < N_COLUMNS; i++)
        if (columns[i].metric != NULL && strcmp(columns[i].metric, metric->name) == 0)
            return true;
    return false;
}

/* "mean_latency_us": what the mean of the metric is called. */
static const char *mean_name(const bnn_metric *metric, char out[CLI_TEXT_MAX])
{
    snprintf(out, CLI_TEXT_MAX, "mean_%s", metric->name);
    return out;
}

static void add_leader(cli_table *table, const json_t *row, const cli_bars *bars,
                       const bnn_metric *extra)
{
    char text[CLI_TEXT_MAX], bar[CLI_BARS_BYTES];
    cli_table_cell(table, json_string_value(json_object_get(row, "label")));
    for (size_t i = 0; i < N_COLUMNS; i++) {
        const char *metric = columns[i].metric;
        text[0] = '\0';
        if (columns[i].format != NULL)
            columns[i].format(row, text);
        else if (!isnan(cli_row_number(row, metric)))
            bnn_metric_text(bnn_run_metric(metric), cli_row_number(row, metric), text);
        cli_table_cell(table, text);
        if (columns[i].format == format_difference && bars->n > 0) {
            format_bar(row, bars, bar);
            cli_table_cell(table, bar);
        }
    }
    if (extra == NULL)
        return;
    const double mean = cli_row_number(row, mean_name(extra, text));
    text[0] = '\0';
    if (extra->unit == BNN_UNIT_FRACTION)
        format_spread(mean, (double)NAN, text);
    else if (!isnan(mean))
        bnn_metric_text(extra, mean, text);
    cli_table_cell(table, text);
}

static cli_table *leaderboard_make(const json_t *board, const bnn_metric *metric,
                                   const cli_bars *bars)
{
    const bnn_metric *extra = has_column(metric) ? NULL : metric;
    char range[CLI_BARS_BYTES];
    cli_table *table = cli_table_create("@config");
    for (size_t i = 0; i < N_COLUMNS; i++) {
        const char *name = columns[i].metric;
        cli_table_column(table, name == NULL ? columns[i].title : bnn_run_metric(name)->title,
                         CLI_NUMBER);
        if (columns[i].format == format_difference && bars->n > 0)
            cli_table_column(table, cli_bars_head(bars, range), CLI_NUMBER);
    }
    if (extra != NULL)
        cli_table_column(table, extra->title, CLI_NUMBER);
    for (size_t i = 0; i < json_array_size(board); i++)
        add_leader(table, json_array_get(board, i), bars, extra);
    return table;
}

int cli_leaderboard_write_latex(const json_t *board, const bnn_metric *metric, FILE *out,
                                bnn_error *err)
{
    return cli_table_write_latex(leaderboard_make(board, metric, &(cli_bars){.n = 0}), out, err);
}

int cli_leaderboard_print(const json_t *board, const bnn_metric *metric, bnn_error *err)
{
    const cli_bars bars = make_bars(board);
    cli_table *table = leaderboard_make(board, metric, &bars);
    char name[CLI_TEXT_MAX];
    if (isfinite(cli_row_number(json_array_get(board, 0), mean_name(metric, name))))
        cli_table_first_is_best(table);
    return cli_table_end(table, NULL, err);
}

/* ---- from the database ------------------------------------------------------------------- */

json_t *cli_leaderboard_read(bnn_store *store, const char *experiment, const bnn_metric *metric,
                             bnn_goal goal, bnn_error *err)
{
    const bnn_store_argument arguments[] = {
        cli_text_argument(NULL, experiment),
        cli_text_argument(NULL, metric->name),
        {.value = {BNN_STORE_VALUE_INTEGER, .integer = goal == BNN_GOAL_MIN ? 1 : -1}}};
    char name[CLI_TEXT_MAX];
    cli_table *table;
    if (cli_result_read(store, bnn_store_sql("standings"), arguments, 3, &table, err) != BNN_OK)
        return NULL;
    cli_table_rename(table, "mean_metric", mean_name(metric, name));
    return cli_table_take(table, err);
}
