/* rig_internal.h - a layer planned for one shape, ready to be tried. */
#ifndef BNN_CONFORM_RIG_INTERNAL_H
#define BNN_CONFORM_RIG_INTERNAL_H

#include "conform/conform_internal.h"

/* A layer planned for one shape, with memory of exactly the sizes it asked for. */
typedef struct conform_rig {
    const conform_subject *s;
    const bnn_layer *layer;
    bnn_layer_plan plan;
    bnn_layer_io io;
    float *x, *y, *gx, *c; /* c: the weights of the loss, sum of c y */
    float *tensors[BNN_TENSORS_MAX], *gradients[BNN_TENSORS_MAX];
    size_t n_tensor[BNN_TENSORS_MAX];
    size_t n_in, n_out; /* features */
    float step;         /* role Q: io.step */
    float base;         /* likewise: the step at which gy is step * dL/dvalue; 0: none is taken */
    float
        *rounded; /* likewise: what rounding adds to codes, a constant of the loss; NULL: nothing */
    conform_memory memory;
    char refusal[160]; /* what plan said of a shape that it does not take */
} conform_rig;

/* Plans for n images of a shape, with random inputs and tensors, binary or not. False when the layer
 * does not take the shape. A wrong plan breaks the promise. */
bool conform_rig_create(conform_rig *r, const conform_subject *s, bnn_shape in, uint32_t n,
                        uint32_t lanes, int binary);

/* One pass; what the layer has to write is NaN before it. Frees nothing: that is
 * conform_memory_free's. */
void conform_rig_forward(conform_rig *r);
void conform_rig_backward(conform_rig *r);

#endif
