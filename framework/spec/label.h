/* label.h - short names for the points of a sweep; see bnn_point.label. */
#ifndef BNN_SPEC_LABEL_H
#define BNN_SPEC_LABEL_H

#include "spec/sweep.h"

/* Gives each of the n points a label of its own: what the sweep set there, of the keys whose value
 * differs from that of the base spec at some point. Labels are allocated in the arena. BNN_OK, or
 * BNN_E_INTERNAL without memory. */
int bnn_label_points(const bnn_node *spec, size_t n, bnn_point *points, bnn_arena *arena);

#endif
