/* order.h - where the values of stages lie between them: in slots that are used again once all that take them have run.
 *
 * In a chain two slots take turns. */
#ifndef BNN_INFER_ORDER_H
#define BNN_INFER_ORDER_H

#include "infer/model.h"

/* The slots that a model may need, and the values of an image in all of them together. */
enum { BNN_VALUE_SLOTS_MAX = 80 };
#define BNN_SLOT_VALUES_MAX (4 * BNN_VALUES_MAX)

/* Why stages cannot take values from each other as they say, or NULL. For stages whose shapes and kinds are known. */
const char *bnn_order_mistake(const bnn_model *model);

/* The slot of the values of each stage but the last, slot[n_stages]; returns how many there are, at least 2. */
uint32_t bnn_order_slots(const bnn_model *model, uint32_t *slot);

#endif
