#include "cli/leaderboard.h"

#include "cli/cli.h"
#include "cli/result.h"
#include "cli/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- as a table -------------------------------------------------------------------------- */

typedef bnn_store_standing standing;

/* "9", or "2 (1 failed)". */
static void format_runs(const standing *s, char out[CLI_TEXT_MAX])
{
    size_t used = (size_t)snprintf(out, CLI_TEXT_MAX, "%" PRId64, s->n);
    if (s->n_failed > 0)
        used +=
            (size_t)snprintf(out + used, CLI_TEXT_MAX - used, " (%" PRId64 " failed)", s->n_failed);
    if (s->n_unfinished > 0)
        snprintf(out + used, CLI_TEXT_MAX - used, " (%" PRId64 " open)", s->n_unfinished);
}

/* Mean and standard deviation of fractions, in %; a difference always has its sign. */
static void format_spread(double mean, double sd, bool difference, char out[CLI_TEXT_MAX])
{
    if (isnan(mean))
        return;
    const size_t used =
        (size_t)snprintf(out, CLI_TEXT_MAX, difference ? "%+.2f" : "%.2f", 100.0 * mean);
    if (!isnan(sd))
        snprintf(out + used, CLI_TEXT_MAX - used, " %s %.2f", cli_draws(stdout) ? "\u00b1" : "+-",
                 100.0 * sd);
}

static void format_test(const standing *s, char out[CLI_TEXT_MAX])
{
    format_spread(s->mean_test_accuracy, s->sd_test_accuracy, false, out);
}

static void format_difference(const standing *s, char out[CLI_TEXT_MAX])
{
    if (s->is_baseline)
        snprintf(out, CLI_TEXT_MAX, "baseline");
    else
        format_spread(s->mean_difference, s->sd_difference, true, out);
}

static void format_interval(const standing *s, char out[CLI_TEXT_MAX])
{
    if (!isnan(s->ci95_difference))
        snprintf(out, CLI_TEXT_MAX, "[%+.2f, %+.2f]",
                 100.0 * (s->mean_difference - s->ci95_difference),
                 100.0 * (s->mean_difference + s->ci95_difference));
}

static void format_bytes(const standing *s, char out[CLI_TEXT_MAX])
{
    if (s->model_bytes >= 0)
        bnn_count_text((uint64_t)s->model_bytes, out);
}

static void format_size(const standing *s, char out[CLI_TEXT_MAX])
{
    if (s->model_bytes > 0 && s->float32_bytes >= 0)
        snprintf(out, CLI_TEXT_MAX, "1/%.1f", (double)s->float32_bytes / (double)s->model_bytes);
}

static void format_seconds(const standing *s, char out[CLI_TEXT_MAX])
{
    if (!isnan(s->mean_train_seconds))
        snprintf(out, CLI_TEXT_MAX, "%.1f", s->mean_train_seconds);
}

static void format_latency(const standing *s, char out[CLI_TEXT_MAX])
{
    if (!isnan(s->latency_us))
        bnn_metric_text(bnn_run_metric("latency_us"), s->latency_us, out);
}

/* Behind the label. A metric has its own title. */
static const struct {
    const char *metric, *title;
    void (*format)(const standing *s, char out[CLI_TEXT_MAX]);
} columns[] = {
    {NULL, "runs", format_runs},
    {"test_accuracy", NULL, format_test},
    {NULL, "to baseline", format_difference},
    {NULL, "95 % interval", format_interval},
    {"model_bytes", NULL, format_bytes},
    {NULL, "size", format_size},
    {"train_seconds", NULL, format_seconds},
    {"latency_us", NULL, format_latency},
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

static int add_leader(cli_table *table, const standing *s, const bnn_metric *extra)
{
    int status = cli_table_cell(table, s->label);
    for (size_t i = 0; status == BNN_OK && i < N_COLUMNS; i++) {
        char text[CLI_TEXT_MAX] = "";
        columns[i].format(s, text);
        status = cli_table_cell(table, text);
    }
    if (status != BNN_OK || extra == NULL)
        return status;
    char text[CLI_TEXT_MAX] = "";
    if (extra->unit == BNN_UNIT_FRACTION)
        format_spread(s->mean_metric, (double)NAN, false, text);
    else if (!isnan(s->mean_metric))
        bnn_metric_text(extra, s->mean_metric, text);
    return cli_table_cell(table, text);
}

static int add_columns(cli_table *table, const bnn_metric *extra)
{
    int status = cli_table_column(table, "config", CLI_TEXT);
    for (size_t i = 0; status == BNN_OK && i < N_COLUMNS; i++)
        status = cli_table_column(
            table,
            columns[i].metric == NULL ? columns[i].title : bnn_run_metric(columns[i].metric)->title,
            CLI_NUMBER);
    if (status == BNN_OK && extra != NULL)
        status = cli_table_column(table, extra->title, CLI_NUMBER);
    return status;
}

int cli_leaderboard_print(const bnn_leaderboard *board, bnn_error *err)
{
    const bnn_metric *extra = has_column(board->metric) ? NULL : board->metric;
    const cli_options plain = {.db = NULL};
    cli_table *table = cli_table_create();
    if (table == NULL)
        return bnn_no_memory(err);
    int status = add_columns(table, extra);
    for (size_t i = 0; status == BNN_OK && i < board->n; i++)
        status = add_leader(table, &board->rows[i], extra);
    if (status == BNN_OK)
        cli_table_print(table, &plain, stdout);
    cli_table_destroy(table);
    return status == BNN_OK ? status : bnn_no_memory(err);
}

/* ---- for programs ------------------------------------------------------------------------ */

/* What is not known is null. */
static json_t *count_json(int64_t n)
{
    return n < 0 ? json_null() : json_integer(n);
}

static json_t *standing_json(const standing *s, const bnn_metric *metric)
{
    char mean_metric[CLI_TEXT_MAX];
    snprintf(mean_metric, sizeof mean_metric, "mean_%s", metric->name);
    json_t *row = json_object();
    json_object_set_new(row, "label", cli_json_text(s->label, strlen(s->label)));
    json_object_set_new(row, "is_baseline", json_integer(s->is_baseline));
    json_object_set_new(row, "n", count_json(s->n));
    json_object_set_new(row, "n_failed", count_json(s->n_failed));
    json_object_set_new(row, "n_unfinished", count_json(s->n_unfinished));
    json_object_set_new(row, mean_metric, cli_json_real(s->mean_metric));
    json_object_set_new(row, "mean_test_accuracy", cli_json_real(s->mean_test_accuracy));
    json_object_set_new(row, "sd_test_accuracy", cli_json_real(s->sd_test_accuracy));
    json_object_set_new(row, "n_paired", count_json(s->n_paired));
    json_object_set_new(row, "mean_difference", cli_json_real(s->mean_difference));
    json_object_set_new(row, "sd_difference", cli_json_real(s->sd_difference));
    json_object_set_new(row, "ci95_difference", cli_json_real(s->ci95_difference));
    json_object_set_new(row, "model_bytes", count_json(s->model_bytes));
    json_object_set_new(row, "float32_bytes", count_json(s->float32_bytes));
    json_object_set_new(row, "mean_train_seconds", cli_json_real(s->mean_train_seconds));
    json_object_set_new(row, "latency_us", cli_json_real(s->latency_us));
    return row;
}

json_t *cli_leaderboard_json(const bnn_leaderboard *board)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < board->n; i++)
        json_array_append_new(rows, standing_json(&board->rows[i], board->metric));
    return rows;
}
