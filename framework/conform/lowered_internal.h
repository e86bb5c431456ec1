/* lowered_internal.h - what a plugin says that it is in inference, taken down and run. */
#ifndef BNN_CONFORM_LOWERED_INTERNAL_H
#define BNN_CONFORM_LOWERED_INTERNAL_H

#include "conform/conform_internal.h"
#include "infer/op.h"

/* Operations, one behind the other. */
typedef struct conform_lowered {
    const conform_subject *s;
    conform_memory *memory; /* of factors and offsets */
    bool may_sign;          /* BNN_LOWER_SIGN may be among them */
    uint32_t out_channels;  /* of linear ones */
    size_t n_logic;         /* values that a layer gives as bits; 0: it gives none */
    float pad_value;
    bnn_shape in;  /* of the first */
    bnn_shape out; /* of the last so far */
    uint32_t n;
    bnn_op ops[BNN_EMITS_MAX + 1];
} conform_lowered;

/* What a lower function is given; s, memory, may_sign, out_channels, n_logic,
 * pad_value and in are set. */
void conform_lowered_begin(conform_lowered *l, bnn_lowering *lowering);

/* After a lower function that returned 0: takes its last operation. */
void conform_lowered_end(conform_lowered *l, const bnn_lowering *lowering);

/* The values that the largest of the shapes has. */
size_t conform_lowered_values(const conform_lowered *l);

/* y of x, both with room for so many values; x is overwritten. */
void conform_lowered_apply(const conform_lowered *l, float *x, float *y);

#endif
