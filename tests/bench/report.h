/* report.h - the tables of a benchmark: to stdout row by row, and all of it as JSON at the end.
 *
 * The JSON is one object with a member for each table: {"title", "rows": [{column: value}],
 * "notes": []}. What is not known is "-" in a table and null in JSON. */
#ifndef BNN_BENCH_REPORT_H
#define BNN_BENCH_REPORT_H

#include "base/error.h"

#include <math.h>
#include <stddef.h>

typedef struct report report;

enum { REPORT_COLUMNS_MAX = 12, REPORT_TEXT = -1 };

typedef struct report_column {
    const char *key;   /* in JSON */
    const char *title; /* over the column */
    int width;         /* in characters; numbers stand at the right */
    int decimals;      /* of a number, or REPORT_TEXT */
} report_column;

/* A text, or with text == NULL a number (not finite: not known). */
typedef struct report_cell {
    const char *text;
    double number;
} report_cell;

#define TEXT(value)   ((report_cell){.text = (value)})
#define NUMBER(value) ((report_cell){.number = (value)})
#define UNKNOWN       ((report_cell){.number = (double)NAN})

/* NULL without memory. destroy accepts NULL. */
report *report_create(void);
void report_destroy(report *r);

/* Begins a table. columns, which outlive it: n of them. */
void report_table(report *r, const char *key, const char *title, const report_column *columns,
                  size_t n);

/* A row of the current table: as many cells as columns. */
void report_row(report *r, const report_cell *cells);

/* A line under the rows so far. */
void report_note(report *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes all tables as JSON, atomically. */
int report_write(const report *r, const char *path, bnn_error *err);

#endif
