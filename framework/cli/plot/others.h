/* others.h - what others have published, as diamonds beside the dots of a figure of costs; the key says by which
 * protocol. Private to cli/. */
#ifndef BNN_CLI_PLOT_OTHERS_H
#define BNN_CLI_PLOT_OTHERS_H

#include "cli/plot/names.h"

enum { PLOT_COSTS = 2 /* bytes, microseconds */, PLOT_PROTOCOLS = 5 /* that have a colour */ };

typedef struct plot_other {
    const cli_published_point *point;
    int hue; /* of its protocol */
} plot_other;

typedef struct plot_others {
    const char *path;
    size_t n;
    const plot_other *rows;
    size_t n_elsewhere; /* that are in no panel: without bytes and a time, or far below */
    size_t n_protocols; /* the last one stands for all more, where there are more */
    const char *protocols[PLOT_PROTOCOLS];
} plot_others;

/* Chooses those that can be seen beside accuracies from *low to *high, and widens these to hold them: no point that is
 * so far below that it would press the others together. published: NULL for none. */
void plot_others_choose(plot_draft *draft, const cli_published *published, double *low,
                        double *high, plot_others *out);

/* Widens the range of this cost, 0 or 1. */
void plot_others_widen(const plot_others *others, size_t cost, double *least, double *most);

void plot_others_draw(plot_draft *draft, const plot_others *others, size_t cost);

/* Keeps names away from the diamonds; gives these theirs. */
void plot_others_avoid(plot_names *names, const plot_others *others, size_t cost);
void plot_others_name(plot_names *names, const plot_others *others, size_t cost);

/* The entries own[n_own], and one for each protocol. */
const bnn_key_entry *plot_others_key(plot_draft *draft, const plot_others *others,
                                     const bnn_key_entry *own, size_t n_own, size_t *n);

/* " 7 diamonds: what others ...", or "". */
const char *plot_others_words(plot_draft *draft, const plot_others *others);

#endif
