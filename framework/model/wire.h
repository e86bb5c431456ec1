/* wire.h - which operations see which values, and where gradients of values lie that several see. Private to
 * model/.
 *
 * The gradient of a value that only the next operation sees is in one of the two buffers that take turns. That of
 * another value has a slot, from its last reader in the order of operations, which comes first in the backward pass,
 * on to the operation that gave it: the last reader writes it, and each earlier one adds to it, g = g + gx. Slots are
 * used again, so there are as many as there are such gradients at one time. */
#ifndef BNN_MODEL_WIRE_H
#define BNN_MODEL_WIRE_H

#include "model/network.h"

/* The operation that adds, as a use of a layer; the host does it itself. */
extern const bnn_use bnn_wire_add_use;

/* Notes that op `reader` sees a value. */
void bnn_wire_read(bnn_network *network, int32_t value, uint32_t reader);

/* The only operation that sees the output of op i, and what it sees first; n_ops: several do, or none, or it adds it to
 * its own. */
uint32_t bnn_wire_next(const bnn_network *network, uint32_t i);

/* Plans where gradients lie, for ops that have their io. BNN_E_INTERNAL without memory. */
int bnn_wire_plan_gradients(bnn_network *network, bnn_arena *arena);

/* sum[i] = a[i] + b[i]; sum may be either. */
void bnn_wire_add(size_t n, const float *a, const float *b, float *sum);

#endif
