/* ordering_bn_pool_act - linear operation, batch norm, pool, activation. A maximum of normalized
 * values, then one sign, is the sign of each and then a maximum of bits: where the activation is
 * increasing the pool of a binary net can run on bits. */
#include "linear_first.h"

DEFINE_LINEAR_FIRST("bn_pool_act", "linear, norm, pool, activation", NULL, .pools = "LBPA",
                    .plain = "LBA", .last = "LBP")
