/* grid.h - a table of texts, fitted into the columns of a terminal. Private to cli/; table.h is what
 * commands use.
 *
 * What does not fit is, in this order: what all rows share, said once above, and so are
 * the keys of labels that have several; a table of one row, a line a column; headings, broken at their
 * spaces and underscores; labels, shortened, with a legend below; other texts, continued on further
 * lines, which begin with a blank; the gaps; and at last the columns, in parts below each other, each
 * with the first column. Numbers stay whole. Without rows, the names of the columns are all there is. */
#ifndef BNN_CLI_GRID_H
#define BNN_CLI_GRID_H

#include "cli/table.h"

typedef struct cli_grid_column {
    const char *name;
    cli_column_kind kind;
    size_t cells;   /* columns of a terminal that its widest cell takes */
    size_t heading; /* that its name takes in one line, or once broken */
    size_t shown;   /* that it gets */
} cli_grid_column;

typedef struct cli_grid {
    bnn_arena *arena; /* of all that it points to */
    size_t n_rows, n_columns;
    cli_grid_column *columns; /* name and kind are set by the caller */
    const char **cells;       /* [n_rows][n_columns]; NULL is empty */
    bool colours, has_best;   /* has_best: the first row is set off */
    size_t width;             /* of the terminal */
    size_t n_shortened;       /* labels in the legend */
    const char **shortened;
} cli_grid;

/* Prints it to stdout, not wider than so many columns unless a number is. The grid is used up. */
int cli_grid_print(cli_grid *grid, size_t width, bnn_error *err);

/* Prints a text to stdout, from so many columns on (indent), continued on further lines as far as needed;
 * no line feed at the end. */
void cli_print_prose(const char *text, size_t indent, size_t width);

/* Makes the labels of a column fit into what it gets. Private to grid.c and label.c. */
int cli_grid_shorten(cli_grid *grid, size_t i_column, bnn_error *err);

/* What the cells of a column share, taken out of them: words of labels, the folder of files; or all, if
 * columns may go (1: all but the first, 2: all), and *all is set; then labels lose their keys, too. ""
 * without anything. NULL without memory. */
const char *cli_grid_take_shared(cli_grid *grid, size_t i_column, int columns, bool *all);

#endif
