#include "cli/show_epochs.h"

#include "cli/cli.h"
#include "cli/text.h"
#include "db/store_run.h"
#include "results/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 20, SPARK_COLUMNS = 60, METRICS_MAX = 16 };

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
    size_t n_metrics, n, capacity;
    epoch *epochs;
} course;

/* They come epoch by epoch. */
static int take_epoch_metric(void *context, const bnn_metric_record *record, bnn_error *err)
{
    course *c = context;
    if (record->epoch == 0)
        return BNN_OK;
    if (c->n == c->capacity) {
        const size_t capacity = 2 * c->capacity + LINES;
        epoch *grown = reallocarray(c->epochs, capacity, sizeof *grown);
        if (grown == NULL)
            return bnn_no_memory(err);
        c->epochs = grown;
        c->capacity = capacity;
    }
    if (c->n == 0 || c->epochs[c->n - 1].number != record->epoch)
        c->epochs[c->n++] = (epoch){.number = record->epoch};
    epoch *e = &c->epochs[c->n - 1];
    for (size_t i = 0; i < c->n_metrics; i++)
        if (strcmp(c->metrics[i].name, record->name) == 0) {
            e->metrics[i].known = true;
            e->metrics[i].value = record->value;
        }
    return BNN_OK;
}

static int add_epoch(cli_table *table, const course *c, const epoch *e)
{
    char text[BNN_SHORT_TEXT];
    int status = cli_table_cell(table, bnn_number_text(e->number, text));
    for (size_t i = 0; status == BNN_OK && i < c->n_metrics; i++)
        status = cli_table_cell(
            table, e->metrics[i].known ? bnn_metric_text(&c->metrics[i], e->metrics[i].value, text)
                                       : NULL);
    return status;
}

static int print_epochs(const course *c, int64_t best, bnn_error *err)
{
    const uint32_t last = c->epochs[c->n - 1].number, step = (last + LINES - 1) / LINES;
    cli_table *table = cli_table_create();
    int status = table == NULL ? BNN_E_INTERNAL : cli_table_column(table, "epoch", CLI_NUMBER);
    for (size_t i = 0; status == BNN_OK && i < c->n_metrics; i++)
        status = cli_table_column(table, c->metrics[i].title, CLI_TEXT);
    for (size_t i = 0; status == BNN_OK && i < c->n; i++) {
        const uint32_t number = c->epochs[i].number;
        if (number % step == 0 || number == 1 || number == last || number == best)
            status = add_epoch(table, c, &c->epochs[i]);
    }
    if (status == BNN_OK) {
        printf("\nepochs\n");
        cli_table_print(table, &(cli_options){0}, stdout);
    }
    cli_table_destroy(table);
    return status == BNN_OK ? status : bnn_no_memory(err);
}

/* The course of a metric as a line of bars, the lowest value to the highest. */
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
    for (size_t i = 0; i < columns; i++)
        printf("%s", bars[(size_t)((values[i * (n - 1) / (columns - 1)] - low) / (high - low) *
                                       (N_BARS - 1) +
                                   0.5)]);
    printf("  %.4g .. %.4g\n", low, high);
}

static int print_sparks(const course *c, bnn_error *err)
{
    double *values = calloc(c->n, sizeof *values);
    if (values == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < c->n_metrics; i++)
        if (strcmp(c->metrics[i].name, "train_loss") == 0 ||
            strcmp(c->metrics[i].name, "validation_accuracy") == 0)
            print_spark(c, i, values);
    free(values);
    return BNN_OK;
}

int cli_show_epochs(bnn_store *store, const bnn_store_summary *run, bnn_error *err)
{
    course c = {.n = 0};
    c.metrics = bnn_epoch_metrics(&c.n_metrics);
    assert(c.n_metrics <= METRICS_MAX);
    int status = bnn_store_read_metrics(store, run->run_id, take_epoch_metric, &c, err);
    if (status == BNN_OK && c.n > 0)
        status = print_epochs(&c, run->best_epoch, err);
    if (status == BNN_OK && c.n > 0 && cli_draws(stdout))
        status = print_sparks(&c, err);
    free(c.epochs);
    return status;
}
