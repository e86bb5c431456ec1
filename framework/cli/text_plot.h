/* text_plot.h - curves as pictures of text, two side by side in 80 columns: of dots where the terminal has
 * them (cli_draws), else of plain characters. */
#ifndef BNN_CLI_TEXT_PLOT_H
#define BNN_CLI_TEXT_PLOT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct cli_curve {
    const char *title;
    const double *y; /* at evenly spaced points; what is not finite is left out */
    size_t n;        /* some hundred: a jump is drawn as wide as a step */
} cli_curve;

/* Prints two curves over the same axis, from x = from to x = to, each with an axis of its own for
 * its values. dots: UTF-8. */
void cli_text_plot_print(const cli_curve curves[2], double from, double to, bool dots);

#endif
