#include "comparison/wins.h"

#include "comparison/quantile.h"

#include <math.h>

bnn_wins bnn_wins_of(const double *differences, size_t n, double alpha)
{
    double pairs = 0, wins = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(differences[i]))
            continue;
        pairs++;
        wins += differences[i] > 0 ? 1 : differences[i] == 0 ? 0.5 : 0;
    }
    if (pairs == 0)
        return (bnn_wins){(double)NAN, 0, 1};
    const double z = -bnn_normal_quantile(alpha / 2), share = wins / pairs;
    const double weight = 1 / (1 + z * z / pairs);
    const double centre = (share + z * z / (2 * pairs)) * weight;
    const double half =
        z * weight * sqrt(share * (1 - share) / pairs + z * z / (4 * pairs * pairs));
    return (bnn_wins){share, fmax(centre - half, 0), fmin(centre + half, 1)};
}
