/* bars.h - intervals as small pictures in the cells of a table, for terminals that draw (cli_draws). Private to
 * cli/. */
#ifndef BNN_CLI_BARS_H
#define BNN_CLI_BARS_H

#include <stddef.h>

enum { CLI_BARS_LEAST = 9, CLI_BARS_MOST = 25, CLI_BARS_BYTES = 4 * CLI_BARS_MOST + 1 };

/* What is shown, from low to high, in n columns; n is 0: there are no bars. */
typedef struct cli_bars {
    double low, high;
    size_t n;
} cli_bars;

/* Widens the range by a value; what is not finite does not count. */
void cli_bars_reach(cli_bars *bars, double x);

/* Takes as many columns as there are, if they are enough and the range is not empty. */
void cli_bars_fit(cli_bars *bars, size_t columns);

/* The ends of the range, as a heading. */
const char *cli_bars_head(const cli_bars *bars, char out[CLI_BARS_BYTES]);

/* The line at nought, the interval, its mean; NaN: there is none. It has no end where that is not finite. */
const char *cli_bars_draw(const cli_bars *bars, double low, double mean, double high,
                          char out[CLI_BARS_BYTES]);

#endif
