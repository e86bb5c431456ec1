/* csv.h - CSV (RFC 4180, but lines may end in plain line feeds). */
#ifndef BNN_BASE_CSV_H
#define BNN_BASE_CSV_H

#include "base/arena.h"

#include <stdio.h>

/* Writes a text as a field; NULL is an empty one. A text that a spreadsheet would compute gets an apostrophe in
 * front, and what would command a terminal becomes '?'. */
void bnn_csv_text(const char *text, FILE *out);

/* A table that was read, in an arena. Cells are UTF-8 without control characters, so that each stands in a line;
 * none is NULL. */
typedef struct bnn_csv {
    size_t n_columns, n_rows;
    const char *const *names; /* [n_columns] the first record */
    const char *const *cells; /* [n_rows][n_columns] */
    const size_t *lines;      /* [n_rows] in which they stand, from 1 */
} bnn_csv;

/* Reads a file of at most limit_bytes. What is no such table is BNN_E_RESOURCE, as "FILE:LINE: ...". */
int bnn_csv_read(const char *path, size_t limit_bytes, bnn_arena *arena, bnn_csv *out,
                 bnn_error *err);

#endif
