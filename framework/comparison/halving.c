#include "comparison/halving.h"

#include "base/size.h"

#include <math.h>

size_t bnn_halving_count(size_t contenders, size_t eta, size_t rung)
{
    for (size_t k = 0; k < rung && contenders > 1; k++)
        contenders = (contenders + eta - 1) / eta;
    return contenders;
}

static bool halving_is_complete(const bnn_rung_runs *rung, size_t contenders, const bool *is_in)
{
    for (size_t i = 0; i < contenders; i++)
        for (size_t j = 0; is_in[i] && j < rung->seeds; j++)
            if (!rung->ended[i * rung->seeds + j])
                return false;
    return true;
}

static bnn_standing halving_sum(const bnn_rung_runs *rung, size_t contender)
{
    bnn_standing s = {.n = rung->seeds};
    double sum = 0;
    for (size_t j = 0; j < rung->seeds; j++) {
        const double value = rung->values[contender * rung->seeds + j];
        s.n_failed += isfinite(value) ? 0 : 1;
        sum += isfinite(value) ? value : 0;
    }
    s.mean = s.n > s.n_failed ? sum / (double)(s.n - s.n_failed) : (double)NAN;
    return s;
}

/* Whether a is before b, where b comes first in the sweep. */
static bool halving_is_before(const bnn_standing *a, const bnn_standing *b)
{
    return a->n_failed != b->n_failed ? a->n_failed < b->n_failed : a->mean > b->mean;
}

/* standings[contenders]: the places of those that are in, and who of them is kept. */
static void halving_rank(size_t contenders, const bool *is_in, size_t keep, bnn_standing *standings)
{
    for (size_t i = 0; i < contenders; i++) {
        if (!is_in[i])
            continue;
        size_t place = 1;
        for (size_t k = 0; k < i; k++)
            if (is_in[k] && !halving_is_before(&standings[i], &standings[k]))
                place++;
        for (size_t k = i + 1; k < contenders; k++)
            if (is_in[k] && halving_is_before(&standings[k], &standings[i]))
                place++;
        standings[i].place = place;
        standings[i].kept = place <= keep;
    }
}

int bnn_halving_make(const bnn_rung_runs *rungs, size_t n_rungs, size_t contenders, size_t eta,
                     bnn_arena *arena, bnn_halved *out, bnn_error *err)
{
    bnn_halved halved = {.is_in = bnn_arena_alloc(arena, contenders, sizeof *halved.is_in),
                         .standings = bnn_arena_alloc(arena, bnn_size_product(n_rungs, contenders),
                                                      sizeof *halved.standings)};
    if (halved.is_in == NULL || halved.standings == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < contenders; i++)
        halved.is_in[i] = true;
    while (halved.made < n_rungs &&
           halving_is_complete(&rungs[halved.made], contenders, halved.is_in)) {
        const bool last = halved.made + 1 == n_rungs;
        bnn_standing *standings = halved.standings + halved.made * contenders;
        for (size_t i = 0; i < contenders; i++)
            if (halved.is_in[i])
                standings[i] = halving_sum(&rungs[halved.made], i);
        halving_rank(contenders, halved.is_in,
                     last ? contenders : bnn_halving_count(contenders, eta, halved.made + 1),
                     standings);
        for (size_t i = 0; i < contenders; i++)
            halved.is_in[i] = standings[i].kept;
        halved.made++;
    }
    *out = halved;
    return BNN_OK;
}

double bnn_halving_cut(const bnn_halved *halved, size_t contenders, size_t rung)
{
    const bnn_standing *standings = halved->standings + rung * contenders, *last = NULL;
    for (size_t i = 0; i < contenders; i++)
        if (standings[i].kept && (last == NULL || standings[i].place > last->place))
            last = &standings[i];
    return last == NULL ? (double)NAN : last->mean;
}
