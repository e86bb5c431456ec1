/* pack_limits.h - how wide the loops of the fast engines are, and what a stage may cost that they run. */
#ifndef BNN_INFER_ENGINE_PACK_LIMITS_H
#define BNN_INFER_ENGINE_PACK_LIMITS_H

#include <stddef.h>

enum { BNN_PACK_LANES = 16, BNN_PACK_TILE = 4 };

/* What a stage may take beyond its values: inputs with their padding, and packed weights. Shapes that cost more are left
 * to other loops. */
#define BNN_PACK_INPUT_BYTES  ((size_t)1 << 26)
#define BNN_PACK_WEIGHT_BYTES ((size_t)1 << 28)

#endif
