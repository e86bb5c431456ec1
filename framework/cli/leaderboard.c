#include "cli/leaderboard.h"

#include "cli/table.h"

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

static void add_leader(cli_table *table, const standing *s, const bnn_metric *extra)
{
    cli_table_cell(table, s->label);
    for (size_t i = 0; i < N_COLUMNS; i++) {
        char text[CLI_TEXT_MAX] = "";
        columns[i].format(s, text);
        cli_table_cell(table, text);
    }
    if (extra == NULL)
        return;
    char text[CLI_TEXT_MAX] = "";
    if (extra->unit == BNN_UNIT_FRACTION)
        format_spread(s->mean_metric, (double)NAN, false, text);
    else if (!isnan(s->mean_metric))
        bnn_metric_text(extra, s->mean_metric, text);
    cli_table_cell(table, text);
}

int cli_leaderboard_print(const bnn_leaderboard *board, bnn_error *err)
{
    const bnn_metric *extra = has_column(board->metric) ? NULL : board->metric;
    cli_table *table = cli_table_create("config");
    for (size_t i = 0; i < N_COLUMNS; i++) {
        const char *metric = columns[i].metric;
        cli_table_column(table, metric == NULL ? columns[i].title : bnn_run_metric(metric)->title,
                         CLI_NUMBER);
    }
    if (extra != NULL)
        cli_table_column(table, extra->title, CLI_NUMBER);
    for (size_t i = 0; i < board->n; i++)
        add_leader(table, &board->rows[i], extra);
    return cli_table_end(table, NULL, err);
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
    return json_pack(
        "{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "label",
        cli_json_text(s->label), "is_baseline", s->is_baseline, "n", count_json(s->n), "n_failed",
        count_json(s->n_failed), "n_unfinished", count_json(s->n_unfinished), mean_metric,
        cli_json_real(s->mean_metric), "mean_test_accuracy", cli_json_real(s->mean_test_accuracy),
        "sd_test_accuracy", cli_json_real(s->sd_test_accuracy), "n_paired", count_json(s->n_paired),
        "mean_difference", cli_json_real(s->mean_difference), "sd_difference",
        cli_json_real(s->sd_difference), "ci95_difference", cli_json_real(s->ci95_difference),
        "model_bytes", count_json(s->model_bytes), "float32_bytes", count_json(s->float32_bytes),
        "mean_train_seconds", cli_json_real(s->mean_train_seconds), "latency_us",
        cli_json_real(s->latency_us));
}

json_t *cli_leaderboard_json(const bnn_leaderboard *board)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < board->n; i++)
        json_array_append_new(rows, standing_json(&board->rows[i], board->metric));
    return rows;
}
