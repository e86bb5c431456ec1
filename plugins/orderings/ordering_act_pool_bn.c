/* ordering_act_pool_bn - linear operation, activation, pool, batch norm: the classic block of
 * convolution, activation and pool, with the norm right before the sign of the next block. */
#include "linear_first.h"

DEFINE_LINEAR_FIRST("act_pool_bn", "linear, activation, pool, norm", NULL, .pools = "LAPB",
                    .plain = "LAB", .last = "LPB")
