/* ordering_pool_bn_act - linear operation, pool, batch norm, activation: BinaryNet's order. The
 * pool sees the sums of the linear operation, and the norm works on fewer values. */
#include "linear_first.h"

DEFINE_LINEAR_FIRST("pool_bn_act", "linear, pool, norm, activation",
                    "Courbariaux & Hubara 2016, arXiv:1602.02830", .pools = "LPBA", .plain = "LBA",
                    .last = "LPB")
