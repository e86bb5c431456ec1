#include "results/metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define METRIC_ROW(name, title, unit, goal) {name, title, unit, goal},

static const bnn_metric of_run[] = {BNN_RUN_METRICS(METRIC_ROW, METRIC_ROW)};

static const bnn_metric of_epoch[] = {
    {"train_loss", "train_loss", BNN_UNIT_LOSS, BNN_GOAL_MIN},
    {"validation_loss", "validation_loss", BNN_UNIT_LOSS, BNN_GOAL_MIN},
    {"train_accuracy", "train", BNN_UNIT_FRACTION, BNN_GOAL_MAX},
    {"validation_accuracy", "validation", BNN_UNIT_FRACTION, BNN_GOAL_MAX},
    {"learning_rate", "learning_rate", BNN_UNIT_RATE, BNN_GOAL_MAX},
    {"seconds", "seconds", BNN_UNIT_SECONDS, BNN_GOAL_MIN},
};

const bnn_metric *bnn_run_metrics(size_t *out_n)
{
    *out_n = sizeof of_run / sizeof *of_run;
    return of_run;
}

const bnn_metric *bnn_epoch_metrics(size_t *out_n)
{
    *out_n = sizeof of_epoch / sizeof *of_epoch;
    return of_epoch;
}

const bnn_metric *bnn_run_metric(const char *name)
{
    for (size_t i = 0; i < sizeof of_run / sizeof *of_run; i++)
        if (strcmp(of_run[i].name, name) == 0)
            return &of_run[i];
    return NULL;
}

const char *bnn_metric_text(const bnn_metric *metric, double value, char out[BNN_SHORT_TEXT])
{
    const int n_decimals = value < 0.9995 ? 3 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    if (!isfinite(value)) {
        snprintf(out, BNN_SHORT_TEXT, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return out;
    }
    switch (metric->unit) {
    case BNN_UNIT_FRACTION:
        return bnn_percent_text(value, out);
    case BNN_UNIT_BYTES:
        return bnn_count_text((uint64_t)value, out);
    case BNN_UNIT_LOSS:
        snprintf(out, BNN_SHORT_TEXT, "%.4f", value);
        break;
    case BNN_UNIT_RATE:
        snprintf(out, BNN_SHORT_TEXT, "%.3g", value);
        break;
    case BNN_UNIT_SECONDS:
        snprintf(out, BNN_SHORT_TEXT, "%.2f", value);
        break;
    case BNN_UNIT_MICROSECONDS:
        snprintf(out, BNN_SHORT_TEXT, "%.*f", n_decimals, value);
        break;
    }
    return out;
}
