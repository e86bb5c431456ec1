/* ordering_bn_act - linear operation, batch norm, activation, pool: the usual order of today. */
#include "linear_first.h"

DEFINE_LINEAR_FIRST("bn_act", "linear, norm, activation, pool",
                    "Ioffe & Szegedy 2015, arXiv:1502.03167", .pools = "LBAP", .plain = "LBA",
                    .last = "LBP")
