/* table.h - everything above as one table. Included once by each kernels_<name>.c, which defines
 * the instruction set (see vec.h), BNN_TABLE and BNN_TABLE_NAME. */
#include "kernels/body/batchnorm.h"
#include "kernels/body/bits.h"
#include "kernels/body/conv.h"
#include "kernels/body/dense.h"
#include "kernels/body/elementwise.h"
#include "kernels/body/loss.h"
#include "kernels/body/pool.h"

#include <bnn/plugin.h>

extern const bnn_kernels BNN_TABLE;

const bnn_kernels BNN_TABLE = {
    .abi_version = BNN_ABI_VERSION,
    .struct_size = sizeof(bnn_kernels),
    .name = BNN_TABLE_NAME,
    .exp = exp_array,
    .log = log_array,
    .tanh = tanh_array,
    .clamp = clamp,
    .clamp_gradient = clamp_gradient,
    .conv2d_scratch = conv2d_scratch,
    .conv2d_forward = conv2d_forward,
    .conv2d_input_gradient = conv2d_input_gradient,
    .conv2d_weight_gradient = conv2d_weight_gradient,
    .dense_scratch = dense_scratch,
    .dense_forward = dense_forward,
    .dense_input_gradient = dense_input_gradient,
    .dense_weight_gradient = dense_weight_gradient,
    .batchnorm_forward = batchnorm_forward,
    .batchnorm_inference = batchnorm_inference,
    .batchnorm_backward = batchnorm_backward,
    .maxpool_forward = maxpool_forward,
    .maxpool_backward = maxpool_backward,
    .avgpool_forward = avgpool_forward,
    .avgpool_backward = avgpool_backward,
    .sum = sum_array,
    .dot = dot_array,
    .sign = sign_array,
    .load_pixels = load_pixels,
    .cross_entropy = cross_entropy,
    .squared_hinge = squared_hinge,
    .conv2d_binary_scratch = conv2d_binary_scratch,
    .conv2d_forward_binary = conv2d_forward_binary,
    .dense_binary_scratch = dense_binary_scratch,
    .dense_forward_binary = dense_forward_binary,
};
