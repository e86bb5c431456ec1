/* table.c - the kernels of one instruction set. Compiled once for each of them (simd/vec.h). */
#include "base/arena.h"
#include "base/size.h"
#include "simd/lanes.h"
#include "simd/planes.h"
#include "simd/tile.h"

#include <bnn/plugin.h>

#include <string.h>

/* Tiles that fill the registers, less those for what they are fed with. */
#define TILE_ROWS 6
#if defined(BNN_VEC_AVX512)
#    define TILE_WIDE   4
#    define TILE_NARROW 1
#elif defined(BNN_VEC_AVX2)
#    define TILE_WIDE   2
#    define TILE_NARROW 2
#else
#    define TILE_WIDE   4
#    define TILE_NARROW 4
#endif

/* Each may use what is in front of it. */
#include "kernels/elementwise_template.h"
#include "kernels/dense_template.h"
#include "kernels/conv_template.h"
#include "kernels/bits_template.h"
#include "kernels/batchnorm_template.h"
#include "kernels/pool_template.h"
#include "kernels/loss_template.h"
#include "kernels/warp_template.h"
#include "kernels/gates_template.h"

const bnn_kernels OF_ISA(bnn_kernels) = {
    .abi_version = BNN_ABI_VERSION,
    .struct_size = sizeof(bnn_kernels),
    .name = ISA_NAME,
    .exp = exp_array,
    .log = log_array,
    .tanh = tanh_array,
    .clamp = clamp_array,
    .clamp_gradient = clamp_gradient_array,
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
    .load_pixels = pixels_load,
    .cross_entropy = cross_entropy,
    .squared_hinge = squared_hinge,
    .conv2d_binary_scratch = conv2d_binary_scratch,
    .conv2d_forward_binary = conv2d_forward_binary,
    .dense_binary_scratch = dense_binary_scratch,
    .dense_forward_binary = dense_forward_binary,
    .warp_scratch = warp_scratch,
    .warp_pixels = warp_pixels,
    .smooth_scratch = smooth_scratch,
    .smooth_field = smooth_field,
    .gates_forward = gates_forward,
    .gates_backward = gates_backward,
};
