#include "cli/text_plot.h"

#include <math.h>
#include <stdio.h>

enum { ROWS = 6, CELLS = 29, LABEL = 7, CURVES = 2, DOTS_MAX = 2 * CELLS };

/* A picture of ROWS x CELLS characters, each of several dots. What a column of dots has goes from
 * top to bottom without a gap, as a function's does. */
typedef struct plot_canvas {
    const cli_curve *curve;
    bool dots;
    int n_rows, n_columns;               /* of dots */
    double low, high;                    /* the values of the last and of the first row */
    int top[DOTS_MAX], bottom[DOTS_MAX]; /* of a column; none: bottom < top */
} plot_canvas;

/* The range of the values, with zero, and not empty. */
static void canvas_scale(plot_canvas *c)
{
    c->low = c->high = 0.0;
    for (size_t i = 0; i < c->curve->n; i++)
        if (isfinite(c->curve->y[i])) {
            c->low = fmin(c->low, c->curve->y[i]);
            c->high = fmax(c->high, c->curve->y[i]);
        }
    if (c->low == c->high)
        c->high = 1.0;
}

static int canvas_row(const plot_canvas *c, double y)
{
    return (int)lround((c->high - y) / (c->high - c->low) * (c->n_rows - 1));
}

static void canvas_dot(plot_canvas *c, int column, int row)
{
    if (c->bottom[column] < c->top[column])
        c->top[column] = c->bottom[column] = row;
    if (row < c->top[column])
        c->top[column] = row;
    if (row > c->bottom[column])
        c->bottom[column] = row;
}

/* Each point, joined with the one before it in the column of the latter. */
static void canvas_draw(plot_canvas *c)
{
    int before = -1;
    for (int column = 0; column < c->n_columns; column++)
        c->top[column] = 1, c->bottom[column] = 0;
    for (size_t i = 0; i < c->curve->n; i++) {
        const double y = c->curve->y[i];
        const size_t span = c->curve->n - 1;
        const int column = (int)((i * (size_t)(c->n_columns - 1) + span / 2) / span);
        const int row = isfinite(y) ? canvas_row(c, y) : -1;
        if (row >= 0)
            canvas_dot(c, column, row);
        if (row >= 0 && before >= 0)
            canvas_dot(c, column, before < row ? before + 1 : before > row ? before - 1 : row);
        before = row;
    }
}

enum { CELL_BYTES = 4, LINE_BYTES = CURVES * (LABEL + 3 + CELLS * CELL_BYTES) + 64 };

/* A character of two by four dots, in UTF-8. */
static void canvas_cell_of_dots(const plot_canvas *c, int row, int cell, char out[CELL_BYTES])
{
    static const unsigned bits[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
    unsigned set = 0;
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 2; j++) {
            const int column = 2 * cell + j, dot = 4 * row + i;
            if (c->top[column] <= dot && dot <= c->bottom[column])
                set |= bits[i][j];
        }
    if (set == 0)
        snprintf(out, CELL_BYTES, " ");
    else
        snprintf(out, CELL_BYTES, "\xe2%c%c", (int)(0xa0 | set >> 6), (int)(0x80 | (set & 0x3f)));
}

/* A character of one by three: a line high, in the middle or low, or upright where it is steep. */
static char canvas_cell(const plot_canvas *c, int row, int cell)
{
    const int top = c->top[cell], bottom = c->bottom[cell], middle = (top + bottom) / 2;
    const bool steep = bottom - top > 2;
    if (bottom < top || row < (steep ? top : middle) / 3 || row > (steep ? bottom : middle) / 3)
        return ' ';
    return steep ? '|' : "'-."[middle % 3];
}

/* What stands before a row: the values at its ends, and zero. */
static void canvas_label(const plot_canvas *c, int row, char out[32])
{
    const int zero = canvas_row(c, 0.0) * ROWS / c->n_rows;
    out[0] = '\0';
    if (row == zero)
        snprintf(out, 32, "0");
    else if (row == 0 || row == ROWS - 1)
        snprintf(out, 32, "%.3g", row == 0 ? c->high : c->low);
}

/* One row of a canvas, behind n bytes of the line; how many there are then. */
static size_t canvas_write(const plot_canvas *c, int row, char line[LINE_BYTES], size_t n)
{
    char text[32];
    canvas_label(c, row, text);
    n += (size_t)snprintf(line + n, LINE_BYTES - n, "%*s |", LABEL, text);
    for (int cell = 0; cell < CELLS; cell++) {
        if (c->dots)
            canvas_cell_of_dots(c, row, cell, text);
        else
            snprintf(text, sizeof text, "%c", canvas_cell(c, row, cell));
        n += (size_t)snprintf(line + n, LINE_BYTES - n, "%s", text);
    }
    return n;
}

static size_t axis_write(double from, double to, char line[LINE_BYTES], size_t n)
{
    char left[32], middle[32];
    snprintf(left, sizeof left, "%.3g", from);
    snprintf(middle, sizeof middle, "%.3g", (from + to) / 2);
    return n + (size_t)snprintf(line + n, LINE_BYTES - n, "%*s  %-*s%-*s%*.3g", LABEL, "",
                                CELLS / 2, left, CELLS / 4, middle, CELLS - CELLS / 2 - CELLS / 4,
                                to);
}

/* Without the blanks at its end. */
static void line_print(const char *line, size_t n)
{
    while (n > 0 && line[n - 1] == ' ')
        n--;
    printf("%.*s\n", (int)n, line);
}

void cli_text_plot_print(const cli_curve curves[CURVES], double from, double to, bool dots)
{
    plot_canvas canvases[CURVES];
    char line[LINE_BYTES];
    size_t n = 0;
    for (int i = 0; i < CURVES; i++) {
        canvases[i] = (plot_canvas){.curve = &curves[i],
                                    .dots = dots,
                                    .n_rows = ROWS * (dots ? 4 : 3),
                                    .n_columns = CELLS * (dots ? 2 : 1)};
        canvas_scale(&canvases[i]);
        canvas_draw(&canvases[i]);
    }
    printf("%*s  %-*s%*s  %s\n", LABEL, "", CELLS, curves[0].title, LABEL, "", curves[1].title);
    for (int row = 0; row < ROWS; row++) {
        n = 0;
        for (int i = 0; i < CURVES; i++)
            n = canvas_write(&canvases[i], row, line, n);
        line_print(line, n);
    }
    n = axis_write(from, to, line, 0);
    line_print(line, axis_write(from, to, line, n));
}
