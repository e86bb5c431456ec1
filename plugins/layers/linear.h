/* linear.h - what layers with a weight and a bias have in common: their tensors, with initial
 * values as in PyTorch, and which kernel goes forward. */
#ifndef BNN_PLUGINS_LINEAR_H
#define BNN_PLUGINS_LINEAR_H

#include <bnn/plugin.h>
#include <math.h>

enum { WEIGHT, BIAS };                 /* places of the tensors */
enum { BIAS_AUTO, BIAS_YES, BIAS_NO }; /* the parameter, a row of every such layer's table */

#define LINEAR_BIAS(T) \
    BNN_CHOICE(T, bias, BIAS_AUTO, "auto|yes|no", "auto: not with binary weights")

/* The weight, out.c kernels of these dimensions, and the bias; out is planned already. */
static inline void linear_plan_tensors(bnn_layer_plan *plan, int32_t bias, uint32_t in,
                                       uint32_t height, uint32_t width)
{
    const uint32_t out = plan->out.c;
    const float bound = 1.0f / sqrtf((float)((uint64_t)in * height * width));
    plan->tensors[WEIGHT] = (bnn_tensor){.name = "weight",
                                         .kind = BNN_TENSOR_WEIGHT,
                                         .dims = {out, in, height, width},
                                         .uniform = bound};
    plan->n_tensors = 1;
    const int latent = plan->binary_weights || plan->latent_weights;
    if (bias == BIAS_NO || (bias == BIAS_AUTO && latent))
        return;
    plan->tensors[BIAS] = (bnn_tensor){
        .name = "bias", .kind = BNN_TENSOR_VECTOR, .dims = {out, 1, 1, 1}, .uniform = bound};
    plan->n_tensors = 2;
}

/* Whether the kernels that count bits give what the float kernels would. */
static inline int linear_counts_bits(const bnn_layer_io *io)
{
    return io->binary_weights && io->binary_inputs && io->tensors[BIAS] == NULL;
}

static inline size_t linear_scratch(size_t floats, size_t bits)
{
    return floats > bits ? floats : bits;
}

#endif
