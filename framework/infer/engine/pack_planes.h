/* pack_planes.h - weights of few levels as planes of bits, where inputs are bits.
 *
 * A weight is its sign and the binary digits of its magnitude, a plane for each. A word of inputs has against plane p of
 * a channel as many as differ from the signs where digit p is 1; planes count 2^p, and a sum is the sum of all magnitudes
 * less twice that. So ternary weights take one plane, magnitudes up to 3 two. */
#ifndef BNN_INFER_ENGINE_PACK_PLANES_H
#define BNN_INFER_ENGINE_PACK_PLANES_H

#include "infer/engine/pack_products.h"

/* The planes of a stage's weights, where its sums are better formed so than of floats; else 0. */
uint32_t bnn_pack_planes_of(const bnn_stage *stage, bnn_pack_target target);

/* Puts a weight into the place `slot` of a word of each plane, the heaviest first, which are `step` words apart: its
 * sign, and 16 words behind that, its digit. */
void bnn_pack_planes_put(uint32_t n_planes, int32_t weight, uint32_t slot, size_t step,
                         uint32_t *to);

/* The sum of the magnitudes of a channel's weights. */
int32_t bnn_pack_planes_base(const bnn_stage *stage, uint32_t c);

#endif
