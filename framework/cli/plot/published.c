#include "cli/plot/published.h"

#include "base/csv.h"
#include "base/text.h"
#include "cli/result.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { PUBLISHED_BYTES_MAX = 1 << 20, PUBLISHED_MAX = 200, PUBLISHED_TEXT_MAX = 200 };

/* The columns, in any order. */
static const struct published_column {
    const char *name;
    size_t offset;
    bool is_needed;   /* there has to be one, with something in each row */
    double low, high; /* of numbers; both 0: a text */
} published_columns[] = {
    {"name", offsetof(cli_published_point, name), true, 0, 0},
    {"source", offsetof(cli_published_point, source), true, 0, 0},
    {"year", offsetof(cli_published_point, year), false, 1900, 2200},
    {"dataset", offsetof(cli_published_point, dataset), true, 0, 0},
    {"front", offsetof(cli_published_point, front), false, 0, 0},
    {"accuracy", offsetof(cli_published_point, accuracy), true, 1, 100},
    {"bytes", offsetof(cli_published_point, bytes), false, 1, 1e15},
    {"us", offsetof(cli_published_point, us), false, 1e-6, 1e12},
    {"images_per_second", offsetof(cli_published_point, images_per_second), false, 1e-6, 1e15},
    {"cycles", offsetof(cli_published_point, cycles), false, 1, 1e15},
    {"core", offsetof(cli_published_point, core), false, 0, 0},
    {"seeds", offsetof(cli_published_point, seeds), false, 1, 1e6},
    {"protocol", offsetof(cli_published_point, protocol), true, 0, 0},
};
enum { PUBLISHED_COLUMNS = sizeof published_columns / sizeof *published_columns };

/* ---- the file ------------------------------------------------------------------------------ */

/* Where each of the columns is in the table; n_columns: nowhere. */
static int published_find_columns(const char *path, const bnn_csv *table,
                                  size_t at[PUBLISHED_COLUMNS], bnn_error *err)
{
    const char *names[PUBLISHED_COLUMNS];
    char near[BNN_DID_YOU_MEAN], quoted[BNN_EXCERPT];
    for (size_t k = 0; k < PUBLISHED_COLUMNS; k++) {
        names[k] = published_columns[k].name;
        at[k] = table->n_columns;
    }
    for (size_t i = 0; i < table->n_columns; i++) {
        size_t k = 0;
        while (k < PUBLISHED_COLUMNS && strcmp(names[k], table->names[i]) != 0)
            k++;
        if (k == PUBLISHED_COLUMNS)
            return bnn_fail(err, BNN_E_RESOURCE, "%s:1: there is no column \"%s\" here%s", path,
                            bnn_excerpt(table->names[i], quoted),
                            bnn_did_you_mean(table->names[i], names, PUBLISHED_COLUMNS, near));
        if (at[k] < table->n_columns)
            return bnn_fail(err, BNN_E_RESOURCE, "%s:1: the column \"%s\" is there twice", path,
                            names[k]);
        at[k] = i;
    }
    for (size_t k = 0; k < PUBLISHED_COLUMNS; k++)
        if (published_columns[k].is_needed && at[k] == table->n_columns)
            return bnn_fail(err, BNN_E_RESOURCE, "%s:1: the column \"%s\" is missing", path,
                            names[k]);
    return BNN_OK;
}

/* A number in decimal digits: 0x10, nan and what stands behind a number are none. */
static bool published_number(const char *text, double *out)
{
    char *end;
    if (text[strspn(text, "0123456789.eE+-")] != '\0')
        return false;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

static int published_take_cell(const struct published_column *column, const char *where,
                               const char *cell, cli_published_point *point, bnn_error *err)
{
    void *field = (char *)point + column->offset;
    const bool is_text = column->high <= 0;
    char quoted[BNN_EXCERPT], low[BNN_SHORT_TEXT], high[BNN_SHORT_TEXT];
    double x = NAN;
    if (*cell == '\0' && column->is_needed)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: \"%s\" is empty", where, column->name);
    if (is_text && strlen(cell) > PUBLISHED_TEXT_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "%s: \"%s\" has more than %d bytes", where,
                        column->name, PUBLISHED_TEXT_MAX);
    if (!is_text && *cell != '\0' &&
        (!published_number(cell, &x) || x < column->low || x > column->high))
        return bnn_fail(
            err, BNN_E_RESOURCE, "%s: \"%s\" is a number from %s to %s%s, not \"%s\"", where,
            column->name, bnn_number_text(column->low, low), bnn_number_text(column->high, high),
            strcmp(column->name, "accuracy") == 0 ? ", in percent" : "", bnn_excerpt(cell, quoted));
    if (is_text)
        *(const char **)field = *cell == '\0' ? NULL : cell;
    else
        *(double *)field = x;
    return BNN_OK;
}

static int published_take_row(const char *path, const bnn_csv *table, size_t row,
                              const size_t at[PUBLISHED_COLUMNS], bnn_arena *arena,
                              cli_published_point *out, bnn_error *err)
{
    const char *where = bnn_arena_printf(arena, "%s:%zu", path, table->lines[row]);
    int status = where == NULL ? bnn_no_memory(err) : BNN_OK;
    for (size_t k = 0; status == BNN_OK && k < PUBLISHED_COLUMNS; k++)
        status = published_take_cell(
            &published_columns[k], where,
            at[k] < table->n_columns ? table->cells[row * table->n_columns + at[k]] : "", out, err);
    return status;
}

int cli_published_read(const char *path, bnn_arena *arena, cli_published *out, bnn_error *err)
{
    bnn_csv table;
    size_t at[PUBLISHED_COLUMNS];
    int status = bnn_csv_read(path, PUBLISHED_BYTES_MAX, arena, &table, err);
    if (status == BNN_OK)
        status = published_find_columns(path, &table, at, err);
    if (status != BNN_OK)
        return status;
    if (table.n_rows > PUBLISHED_MAX)
        return bnn_fail(err, BNN_E_RESOURCE, "%s:%zu: more than %d points", path,
                        table.lines[PUBLISHED_MAX], PUBLISHED_MAX);
    cli_published_point *points = bnn_arena_alloc(arena, table.n_rows, sizeof *points);
    if (points == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; status == BNN_OK && i < table.n_rows; i++)
        status = published_take_row(path, &table, i, at, arena, &points[i], err);
    if (status == BNN_OK)
        *out = (cli_published){.path = path, .n = table.n_rows, .points = points};
    return status;
}

/* ---- what belongs beside an experiment ------------------------------------------------------- */

/* Rows of experiment_datasets.sql: the names of its data sets. */
static bool published_has_dataset(const json_t *rows, const char *name)
{
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
    {
        if (bnn_text_equal(json_string_value(json_object_get(row, "dataset")), name))
            return true;
    }
    return false;
}

static int published_datasets(bnn_store *store, const char *experiment, json_t **out,
                              bnn_error *err)
{
    cli_table *table;
    const bnn_store_argument named = cli_text_argument(NULL, experiment);
    const int status =
        cli_result_read(store, bnn_store_sql("experiment_datasets"), &named, 1, &table, err);
    if (status != BNN_OK)
        return status;
    *out = cli_table_take(table, err);
    return *out == NULL ? err->status : BNN_OK;
}

int cli_published_choose(bnn_store *store, const cli_published *all, const char *experiment,
                         const bnn_metric *metric, bnn_arena *arena, cli_published *out,
                         const char **why, bnn_error *err)
{
    json_t *datasets;
    cli_published_point *points = bnn_arena_alloc(arena, all->n, sizeof *points);
    *out = (cli_published){.path = all->path, .points = points};
    *why = NULL;
    if (points == NULL)
        return bnn_no_memory(err);
    if (strcmp(metric->name, "test_accuracy") != 0 &&
        strcmp(metric->name, "last_test_accuracy") != 0) {
        *why = bnn_arena_printf(arena,
                                "published accuracies are those of test images, so none stands "
                                "beside %s",
                                metric->name);
        return *why == NULL ? bnn_no_memory(err) : BNN_OK;
    }
    const int status = published_datasets(store, experiment, &datasets, err);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; i < all->n; i++)
        if (published_has_dataset(datasets, all->points[i].dataset))
            points[out->n++] = all->points[i];
    if (out->n == 0)
        *why = bnn_arena_printf(
            arena, "%s has no point of \"%s\", which %s is about", all->path,
            json_string_value(json_object_get(json_array_get(datasets, 0), "dataset")), experiment);
    json_decref(datasets);
    return out->n == 0 && *why == NULL ? bnn_no_memory(err) : BNN_OK;
}
