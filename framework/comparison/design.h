/* design.h - seeds until it is decided: looks at fixed numbers of seeds, whose errors add up to
 * alpha.
 *
 * Looking again and again at 5 % finds something in the end. A group-sequential design says
 * beforehand at which numbers of seeds it looks, and spends alpha over them (Lan and DeMets 1983):
 * by the last seed of look k at most spent(k) of all sign flips may have been called different at
 * any look so far. That is counted: a flip of all seeds so far is followed through the earlier
 * looks (its first seeds are a flip of theirs), and has hit if the greatest statistic of any config
 * went beyond that look's bound, or reaches what is seen now. All flips are enumerated, or drawn, as
 * comparison.h says. p is then that share: the look rejects where it
 * is at most spent(k). Intervals at look k have the level that it adds, spent(k) - spent(k - 1),
 * so those of all looks hold together.
 *
 * A config leaves when it has a verdict; from then on it has no seeds (NaN), but stays in the
 * family with what it had, so that no bound gets lower because of what was seen.
 *
 * For one config that is a proof. For many it is none: flips are followed along the bounds of the
 * greatest statistic of all, whereas a look steps down from it, and along the seeds that each
 * config has had, whereas under another flip another one had left. That errors stay within alpha
 * over all looks is what simulation shows (`make nulls`). */
#ifndef BNN_COMPARISON_DESIGN_H
#define BNN_COMPARISON_DESIGN_H

#include "base/error.h"

#include <stddef.h>

enum { BNN_LOOKS_MAX = 16 };

typedef enum bnn_spending {
    BNN_SPEND_POCOCK = 0,     /* nearly the same at each look: ends early where it can */
    BNN_SPEND_OBRIEN_FLEMING, /* little at first: too little for few seeds to decide anything */
} bnn_spending;

typedef struct bnn_design {
    size_t looks;
    size_t seeds[BNN_LOOKS_MAX]; /* at each look, increasing */
    bnn_spending spending;
} bnn_design;

/* BNN_E_USAGE for a design whose numbers of seeds do not increase from 1, or with no looks or too
 * many. */
int bnn_design_check(const bnn_design *design, bnn_error *err);

/* What of alpha is spent once look (from 0) is over: all of it by the last. */
double bnn_design_spent(const bnn_design *design, double alpha, size_t look);

#endif
