/* logic.h - operations of logic, one behind the other, become one net of gates: what is constant, equal, or not used is
 * not in it, and inversions are in the tables. */
#ifndef BNN_EXPORT_LOGIC_H
#define BNN_EXPORT_LOGIC_H

#include "base/arena.h"
#include "infer/logic.h"

/* ops[0..n): a thermometer, if at all, then tables, then sums of groups, if at all. pixels: what they see, else bits. The
 * net lives in the arena; its outputs have the order of the last operation's. BNN_E_FAILED when there are too many
 * gates, BNN_E_INTERNAL without memory. */
int bnn_logic_make(const bnn_op *ops, uint32_t n, bool pixels, bnn_arena *arena,
                   const bnn_logic **out, bnn_error *err);

#endif
