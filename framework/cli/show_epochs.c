#include "cli/show_epochs.h"

#include "cli/table.h"
#include "db/store_run.h"
#include "results/metrics.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { LINES = 20, SPARK_COLUMNS = 60, METRICS_MAX = 8 };

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

int cli_show_epochs(bnn_store *store, const bnn_store_summary *run, bnn_arena *arena,
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
