/* html.h - a page of HTML as it is written, in memory: what comes from outside is text, never markup. Private to
 * cli/. */
#ifndef BNN_CLI_REPORT_HTML_H
#define BNN_CLI_REPORT_HTML_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct cli_html {
    FILE *file; /* of the text */
    char *text; /* malloc'ed */
    size_t n;
    bool failed; /* data could not be written */
} cli_html;

/* BNN_OK, or BNN_E_INTERNAL without memory. */
int cli_html_begin(cli_html *h, bnn_error *err);

/* Completes text[n], a NUL behind it, which the caller frees, whatever it returns: BNN_E_INTERNAL when there was
 * no memory. */
int cli_html_end(cli_html *h, bnn_error *err);

/* Markup as it is. */
void cli_html_put(cli_html *h, const char *markup);

/* Markup in which each %s stands for a text, of which no character is markup; it has no other directives. */
void cli_html_add(cli_html *h, const char *markup, ...) __attribute__((format(printf, 2, 3)));

/* A text, alone. */
void cli_html_text(cli_html *h, const char *text);

/* Data for the scripts of the page: a script element with this id, which holds JSON and does nothing. Releases
 * the value; NULL says that there was no memory. */
void cli_html_data(cli_html *h, const char *id, json_t *value);

/* A row of a result as a list of what it has; rows of one kind, at least one, as a table with the names that
 * any of them has as heads. */
void cli_html_facts(cli_html *h, const json_t *row);
void cli_html_table(cli_html *h, const char *caption, const json_t *rows);

/* How to get what stands above: a command of a shell, and SQL (or NULL), behind a word that opens it. */
void cli_html_source(cli_html *h, const char *command, const char *sql);

#endif
