/* csv.h - fields of CSV (RFC 4180, but with plain line feeds). */
#ifndef BNN_BASE_CSV_H
#define BNN_BASE_CSV_H

#include <stdio.h>

/* Writes a text as a field; NULL is an empty one. A text that a spreadsheet would compute gets an apostrophe in
 * front, and what would command a terminal becomes '?'. */
void bnn_csv_text(const char *text, FILE *out);

#endif
