/* max_t.h - p-values of many configs under joint sign flips: Westfall and Young's step-down max-T;
 * and Holm's method. Private to comparison/. comparison.h says why. */
#ifndef BNN_COMPARISON_MAX_T_H
#define BNN_COMPARISON_MAX_T_H

#include "comparison/paired.h"

/* alone[n]: the two-sided p of each sample; adjusted[n]: step-down over all of them, never below
 * alone. ended: NULL, or a mark for each flip that is beyond all that is seen (design.h); in
 * adjusted only. BNN_E_INTERNAL without memory, of which the arena gives a little. */
int bnn_max_t(const bnn_flips *flips, const bnn_sample *samples, size_t n, const uint8_t *ended,
              double *alone, double *adjusted, bnn_arena *arena, bnn_error *err);

/* Holm's step-down p-values of alone[n]. BNN_E_INTERNAL without memory. */
int bnn_holm(const double *alone, size_t n, double *adjusted, bnn_arena *arena, bnn_error *err);

#endif
