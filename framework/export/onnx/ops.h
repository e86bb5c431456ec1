/* ops.h - single operations of a network as ONNX nodes, and the dialects made of them. Private to
 * export/onnx/. */
#ifndef BNN_EXPORT_ONNX_OPS_H
#define BNN_EXPORT_ONNX_OPS_H

#include "export/graph.h"
#include "export/onnx/writer.h"

/* Values and dimensions [C][1][1], or [C] where values are flat. */
const char *bnn_onnx_per_channel(bnn_onnx_writer *w, const char *name, bnn_onnx_type type,
                                 uint32_t channels, const void *values);

/* Where a value lies, for those that need it later. */
typedef struct bnn_onnx_place {
    const char *value;
    bool flat;
} bnn_onnx_place;

bnn_onnx_place bnn_onnx_here(const bnn_onnx_writer *w);
void bnn_onnx_go(bnn_onnx_writer *w, bnn_onnx_place to);

/* Adds another value of that shape to the one at hand. */
void bnn_onnx_add(bnn_onnx_writer *w, const char *name, bnn_shape shape, bnn_onnx_place other);

/* [N][c][h][w] -> [N][c * h * w], and back; nothing where the value at hand is so already. */
void bnn_onnx_flatten(bnn_onnx_writer *w, const char *name);
void bnn_onnx_unflatten(bnn_onnx_writer *w, const char *name, bnn_shape shape);

/* Linear operations. weight: the value [out][in][kernel][kernel]; dense: [out][all inputs]. Padding
 * with a value other than zero is a node of its own. */
void bnn_onnx_conv(bnn_onnx_writer *w, const bnn_op *conv, const char *weight);
void bnn_onnx_gemm(bnn_onnx_writer *w, const bnn_op *dense, const char *weight);

/* The bias of one as a tensor, or NULL. */
const char *bnn_onnx_bias(bnn_onnx_writer *w, const bnn_op *linear);

/* Bools -> +1 where true, -1 where false. */
const char *bnn_onnx_choice(bnn_onnx_writer *w, const char *name, const char *condition);

/* stages.c: whether the weights of an operation are codes from -8 to 7, other than -1 and +1. */
bool bnn_onnx_is_of_fours(const bnn_op *op);

/* logic.c: a stage of gates; its values. */
void bnn_onnx_logic(bnn_onnx_writer *w, const bnn_stage *stage);

/* An operation that can follow a linear one. */
void bnn_onnx_op(bnn_onnx_writer *w, const bnn_op *op);

/* stages.c, the standard dialects: a network's stages, decisions folded to comparisons. packed:
 * weights in few bits. */
void bnn_onnx_add_stages(bnn_onnx_writer *w, const bnn_model *model, bool packed);

/* qonnx.c: the network's operations one by one, as Brevitas exports them, with BipolarQuant
 * (x >= 0 ? scale : -scale) in front of what is binary, and Quant of what has more levels. */
void bnn_onnx_add_qonnx(bnn_onnx_writer *w, const bnn_graph *graph);

#endif
