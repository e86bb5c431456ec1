#include "cli/leaderboard.h"

#include "base/text.h"
#include "cli/result.h"
#include "cli/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The metric, twice, and ASC or DESC. Differences are in test accuracy. */
#define SQL_FORMAT                                                                            \
    "WITH result AS (SELECT label, seed, test_accuracy, is_baseline, %s AS metric"            \
    "  FROM run_summary WHERE experiment = :experiment AND in_spec AND state = 'done'),"      \
    " metric AS (SELECT label, mean(metric) AS metric FROM result GROUP BY label),"           \
    " paired AS (SELECT result.label, count(*) AS n,"                                         \
    "   mean(result.test_accuracy - baseline.test_accuracy) AS mean,"                         \
    "   sd(result.test_accuracy - baseline.test_accuracy) AS sd,"                             \
    "   ci95(result.test_accuracy - baseline.test_accuracy) AS ci95"                          \
    "  FROM result JOIN result AS baseline USING (seed)"                                      \
    "  WHERE baseline.is_baseline AND NOT result.is_baseline GROUP BY result.label) "         \
    "SELECT leaderboard.label, leaderboard.is_baseline, leaderboard.n, leaderboard.n_failed," \
    " leaderboard.n_unfinished, metric.metric AS mean_%s, leaderboard.mean_test_accuracy,"    \
    " leaderboard.sd_test_accuracy, paired.n AS n_paired, paired.mean AS mean_difference,"    \
    " paired.sd AS sd_difference, paired.ci95 AS ci95_difference, leaderboard.model_bytes,"   \
    " leaderboard.float32_bytes, leaderboard.mean_train_seconds, leaderboard.latency_us "     \
    "FROM leaderboard LEFT JOIN metric USING (label) LEFT JOIN paired USING (label) "         \
    "WHERE leaderboard.experiment = :experiment AND leaderboard.in_spec "                     \
    "ORDER BY metric.metric IS NULL, metric.metric %s, leaderboard.ordinal"

json_t *cli_leaderboard_read(bnn_store *store, const bnn_experiment *experiment, bnn_error *err)
{
    const bnn_store_argument argument = cli_text_argument(":experiment", experiment->name);
    char *sql;
    if (asprintf(&sql, SQL_FORMAT, experiment->metric.name, experiment->metric.name,
                 experiment->metric.goal == BNN_GOAL_MAX ? "DESC" : "ASC") < 0) {
        bnn_no_memory(err);
        return NULL;
    }
    json_t *rows = cli_result_json(store, sql, &argument, 1, err);
    free(sql);
    return rows;
}

/* ---- as a table -------------------------------------------------------------------------- */

/* A number of a row, or NaN. */
static double number(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static const char *plus_minus(void)
{
    return cli_draws(stdout) ? "\u00b1" : "+-";
}

/* "9", or "2 (1 failed)". */
static void format_runs(const json_t *row, char out[CLI_TEXT_MAX])
{
    const double failed = number(row, "n_failed"), unfinished = number(row, "n_unfinished");
    size_t used = (size_t)snprintf(out, CLI_TEXT_MAX, "%.0f", number(row, "n"));
    if (failed > 0)
        used += (size_t)snprintf(out + used, CLI_TEXT_MAX - used, " (%.0f failed)", failed);
    if (unfinished > 0)
        snprintf(out + used, CLI_TEXT_MAX - used, " (%.0f open)", unfinished);
}

/* Mean and standard deviation of fractions, in %; a difference always has its sign. */
static void format_spread(double mean, double sd, bool difference, char out[CLI_TEXT_MAX])
{
    out[0] = '\0';
    if (isnan(mean))
        return;
    const size_t used =
        (size_t)snprintf(out, CLI_TEXT_MAX, difference ? "%+.2f" : "%.2f", 100.0 * mean);
    if (!isnan(sd))
        snprintf(out + used, CLI_TEXT_MAX - used, " %s %.2f", plus_minus(), 100.0 * sd);
}

static void format_interval(const json_t *row, char out[CLI_TEXT_MAX])
{
    const double mean = number(row, "mean_difference"), half = number(row, "ci95_difference");
    out[0] = '\0';
    if (!isnan(half))
        snprintf(out, CLI_TEXT_MAX, "[%+.2f, %+.2f]", 100.0 * (mean - half), 100.0 * (mean + half));
}

static void format_size(const json_t *row, char bytes[CLI_TEXT_MAX], char ratio[CLI_TEXT_MAX])
{
    const double model = number(row, "model_bytes"), float32 = number(row, "float32_bytes");
    bytes[0] = ratio[0] = '\0';
    if (isnan(model))
        return;
    bnn_count_text((uint64_t)model, bytes);
    if (model > 0.0 && !isnan(float32))
        snprintf(ratio, CLI_TEXT_MAX, "1/%.1f", float32 / model);
}

static void format_plain(const json_t *row, const char *key, int n_decimals, char out[CLI_TEXT_MAX])
{
    const double x = number(row, key);
    out[0] = '\0';
    if (!isnan(x))
        snprintf(out, CLI_TEXT_MAX, "%.*f", n_decimals, x);
}

/* Three digits that mean something: 0.987, 4.56, 12.3, 123. */
static void format_latency(const json_t *row, char out[CLI_TEXT_MAX])
{
    const double x = number(row, "latency_us");
    format_plain(row, "latency_us", x < 0.9995 ? 3 : x < 9.995 ? 2 : x < 99.95 ? 1 : 0, out);
}

enum { COLUMNS = 10 };

static int add_row(cli_table *table, const json_t *row, const char *extra, bnn_error *err)
{
    char text[COLUMNS][CLI_TEXT_MAX];
    const char *label = json_string_value(json_object_get(row, "label"));
    const bool baseline = number(row, "is_baseline") > 0.0;
    int status = cli_table_cell(table, label);
    format_runs(row, text[0]);
    format_spread(number(row, "mean_test_accuracy"), number(row, "sd_test_accuracy"), false,
                  text[1]);
    format_spread(number(row, "mean_difference"), number(row, "sd_difference"), true, text[2]);
    if (baseline)
        snprintf(text[2], CLI_TEXT_MAX, "baseline");
    format_interval(row, text[3]);
    format_size(row, text[4], text[5]);
    format_plain(row, "mean_train_seconds", 1, text[6]);
    format_latency(row, text[7]);
    size_t n = 8;
    if (extra != NULL)
        format_spread(number(row, extra), (double)NAN, false, text[n++]);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        status = cli_table_cell(table, text[i]);
    return status == BNN_OK ? status : bnn_no_memory(err);
}

static int add_columns(cli_table *table, const char *extra, bnn_error *err)
{
    static const char *const names[] = {"runs",  "test %", "to baseline", "95 % interval",
                                        "bytes", "size",   "train s",     "us/image"};
    int status = cli_table_column(table, "config", CLI_TEXT);
    for (size_t i = 0; status == BNN_OK && i < sizeof names / sizeof *names; i++)
        status = cli_table_column(table, names[i], CLI_NUMBER);
    if (status == BNN_OK && extra != NULL)
        status = cli_table_column(table, extra, CLI_NUMBER);
    return status == BNN_OK ? status : bnn_no_memory(err);
}

int cli_leaderboard_print(const json_t *rows, const bnn_experiment *experiment, bnn_error *err)
{
    /* Metrics that have no column of their own get one. */
    const char *metric = experiment->metric.name, *extra = NULL;
    if (strcmp(metric, "validation_accuracy") == 0)
        extra = "mean_validation_accuracy";
    else if (strcmp(metric, "last_test_accuracy") == 0)
        extra = "mean_last_test_accuracy";
    const cli_options plain = {.db = NULL};
    cli_table *table = cli_table_create();
    if (table == NULL)
        return bnn_no_memory(err);
    int status = add_columns(table, extra == NULL ? NULL : metric, err);
    for (size_t i = 0; status == BNN_OK && i < json_array_size(rows); i++)
        status = add_row(table, json_array_get(rows, i), extra, err);
    if (status == BNN_OK)
        cli_table_print(table, &plain, stdout);
    cli_table_destroy(table);
    return status;
}
