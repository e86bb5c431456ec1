#include "comparison/verdict.h"

#include <math.h>

const char *bnn_verdict_name(bnn_verdict verdict)
{
    static const char *const names[] = {
        [BNN_VERDICT_UNDECIDED] = "undecided",
        [BNN_VERDICT_BETTER] = "better",
        [BNN_VERDICT_WORSE] = "worse",
        [BNN_VERDICT_EQUAL] = "equal",
    };
    return names[verdict];
}

/* Differences of decimal fractions: 99.1 - 99.0 is not beyond a margin of 0.1. */
bool bnn_within_margin(double low, double high, double margin)
{
    return margin >= 0 && fmax(-low, high) <= margin + 1e-9 * fmax(margin, 1e-3);
}

bnn_verdict bnn_verdict_of(bool rejected, bool above, bool within_margin)
{
    if (rejected)
        return above ? BNN_VERDICT_BETTER : BNN_VERDICT_WORSE;
    return within_margin ? BNN_VERDICT_EQUAL : BNN_VERDICT_UNDECIDED;
}
