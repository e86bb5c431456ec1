/* sheet.h - findings as cells, which are printed as a table for a terminal or a paper. Private to
 * cli/. */
#ifndef BNN_CLI_COMPARE_SHEET_H
#define BNN_CLI_COMPARE_SHEET_H

#include "cli/compare/compare.h"

enum {
    CLI_SHEET_COLUMNS = 7,
    CLI_SHEET_DIFFERENCE = 2,
    CLI_SHEET_WINS = 3, /* the column of P(A>B) */
    CLI_SHEET_VERDICT = 5,
    CLI_SHEET_IMAGES = 6, /* of the difference over other images, too */
};

/* A row a comparison, and one of the baseline. */
typedef struct cli_sheet {
    const cli_question *asked;
    const cli_findings *found;
    bnn_arena *arena;
    int n_decimals;
    size_t n_columns;                     /* without the last where no images are known */
    const char *heads[CLI_SHEET_COLUMNS]; /* '#' is in front of numbers, '@' of labels */
    size_t n;
    const char **cells;        /* [n][CLI_SHEET_COLUMNS] */
    const cli_finding **shown; /* [n] NULL: the baseline */
    bool failed;               /* there was no memory */
} cli_sheet;

/* Makes the cells, in the arena. BNN_OK, or BNN_E_INTERNAL without memory. */
int cli_sheet_make(const cli_question *asked, const cli_findings *found, bnn_arena *arena,
                   cli_sheet *out, bnn_error *err);

/* The name of a column, as people read it. */
const char *cli_sheet_head(const cli_sheet *sheet, size_t column);

/* The sheet as a table of Markdown, to stdout, or LaTeX (booktabs), with the statement and the cautions: paper.c. */
void cli_sheet_print_markdown(const cli_sheet *sheet, const char *statement, const char *cautions);
int cli_sheet_write_latex(const cli_sheet *sheet, const char *statement, const char *cautions,
                          FILE *out, bnn_error *err);

#endif
