/* ordering_act_bn - linear operation, activation, batch norm, pool: the sign of the next block sees
 * a normalized value, centred whatever the activation did. */
#include "linear_first.h"

DEFINE_LINEAR_FIRST("act_bn", "linear, activation, norm, pool", NULL, .pools = "LABP",
                    .plain = "LAB", .last = "LBP")
