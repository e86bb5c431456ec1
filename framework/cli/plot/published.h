/* published.h - points that others have published, beside which a figure of costs shows an experiment: a table of CSV
 * that anybody can extend, as experiments/fronts/published.csv. They are no runs, so no verdict knows of them. Private
 * to cli/. */
#ifndef BNN_CLI_PLOT_PUBLISHED_H
#define BNN_CLI_PLOT_PUBLISHED_H

#include "results/metrics.h"

#include "db/store.h"

/* NULL or NaN is what is not told. */
typedef struct cli_published_point {
    const char *name, *source, *dataset; /* never NULL */
    const char *protocol;                /* likewise: how it was measured and chosen */
    const char *front, *core;
    double accuracy; /* of test images, in percent */
    double bytes, us, images_per_second, cycles, seeds, year;
} cli_published_point;

typedef struct cli_published {
    const char *path;
    size_t n;
    const cli_published_point *points; /* as in the file */
} cli_published;

/* Reads the file; all texts are in the arena. What is wrong is BNN_E_RESOURCE, with file and line. */
int cli_published_read(const char *path, bnn_arena *arena, cli_published *out, bnn_error *err);

/* Those that are about the data that an experiment was trained on, where its metric is the accuracy of test images.
 * Without any, *why says so. */
int cli_published_choose(bnn_store *store, const cli_published *all, const char *experiment,
                         const bnn_metric *metric, bnn_arena *arena, cli_published *out,
                         const char **why, bnn_error *err);

#endif
