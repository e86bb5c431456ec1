/* ops.h - the operations of a chain as C: one row each. Private to export/c/. */
#ifndef BNN_EXPORT_C_OPS_H
#define BNN_EXPORT_C_OPS_H

#include "export/c/writer.h"

/* Whether an operation of this type makes a value of a window, from a channel that is complete. */
bool bnn_c_op_has_windows(uint32_t type);

/* Operation j of stage i's chain: statements that change `value`; or with windows, "float value
 * = ..." of the one at (h, v), from work.plane. */
void bnn_c_op(c_writer *w, uint32_t i, uint32_t j, int indent);

#endif
