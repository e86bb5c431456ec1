/* wins.h - P(A > B): at how many seeds one config is better than the other (Bouthillier et al.
 * 2021 ask for more than 0.75). */
#ifndef BNN_COMPARISON_WINS_H
#define BNN_COMPARISON_WINS_H

#include <stddef.h>

typedef struct bnn_wins {
    double share; /* wins, and half the ties, of all pairs; NaN of none */
    double low,
        high; /* Wilson's interval, in which a tie is half a win: for few ties a little wide */
} bnn_wins;

/* Of n differences, infinite for failed runs, NaN for no pair; 1 - alpha is the level.
 * Thread-safe. */
bnn_wins bnn_wins_of(const double *differences, size_t n, double alpha);

#endif
