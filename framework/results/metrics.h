/* metrics.h - what is measured, as people read it: one table, a row a metric.
 *
 * A run records any number under any name (base/record.h). A row here makes it a metric of a run,
 * which a spec can be about and the leaderboard shows, or one of an epoch, which `bnnrun show`
 * lists. A metric that is not recorded but computed from other tables has a column in the view
 * run_summary and a line in db/sql/standings.sql, too. */
#ifndef BNN_RESULTS_METRICS_H
#define BNN_RESULTS_METRICS_H

#include "base/text.h"

typedef enum bnn_goal {
    BNN_GOAL_MAX = 0, /* more is better */
    BNN_GOAL_MIN = 1,
} bnn_goal;

/* How a value is written. */
typedef enum bnn_unit {
    BNN_UNIT_FRACTION = 0,     /* "97.60 %" */
    BNN_UNIT_LOSS = 1,         /* "0.0312" */
    BNN_UNIT_RATE = 2,         /* "0.00123" */
    BNN_UNIT_SECONDS = 3,      /* "2.31" */
    BNN_UNIT_BYTES = 4,        /* "12,859" */
    BNN_UNIT_MICROSECONDS = 5, /* "1.85": three digits that mean something */
} bnn_unit;

typedef struct bnn_metric {
    const char *name;  /* as it is recorded, or the column of run_summary */
    const char *title; /* of its column in a table */
    bnn_unit unit;
    bnn_goal goal;
} bnn_metric;

/* name, title, unit, goal of the metrics of a run. */
#define BNN_RUN_METRICS(FIRST, NEXT)                                             \
    FIRST("test_accuracy", "test %", BNN_UNIT_FRACTION, BNN_GOAL_MAX)            \
    NEXT("last_test_accuracy", "last test %", BNN_UNIT_FRACTION, BNN_GOAL_MAX)   \
    NEXT("validation_accuracy", "validation %", BNN_UNIT_FRACTION, BNN_GOAL_MAX) \
    NEXT("train_seconds", "train s", BNN_UNIT_SECONDS, BNN_GOAL_MIN)             \
    NEXT("model_bytes", "bytes", BNN_UNIT_BYTES, BNN_GOAL_MIN)                   \
    NEXT("latency_us", "us/image", BNN_UNIT_MICROSECONDS, BNN_GOAL_MIN)

/* Their names as "a|b|c". */
#define BNN_METRIC_FIRST_NAME(name, title, unit, goal) name
#define BNN_METRIC_NEXT_NAME(name, title, unit, goal)  "|" name
#define BNN_RUN_METRIC_NAMES                           BNN_RUN_METRICS(BNN_METRIC_FIRST_NAME, BNN_METRIC_NEXT_NAME)

/* The metrics of a run, in that order; of an epoch, in the order of columns. Static. */
const bnn_metric *bnn_run_metrics(size_t *out_n);
const bnn_metric *bnn_epoch_metrics(size_t *out_n);

/* The metric of a run with this name, or NULL. */
const bnn_metric *bnn_run_metric(const char *name);

/* The value as its unit says; "nan", "inf" and "-inf" are themselves. Returns out. */
const char *bnn_metric_text(const bnn_metric *metric, double value, char out[BNN_SHORT_TEXT]);

#endif
