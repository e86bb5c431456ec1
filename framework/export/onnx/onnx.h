/* onnx.h - a trained network as an ONNX file, for any number of images.
 *
 * Three dialects. `standard` uses operators that every runtime has. `packed` is the same graph with weights in few bits:
 * binary ones eight in a byte of an initializer, which standard operators unpack, so that a runtime that folds constants
 * does so once, when it loads the model; those of up to 256 levels as integers of 4 or 8 bits behind a DequantizeLinear.
 * `qonnx` is for compilers of hardware (FINN, hls4ml): BipolarQuant in front of what is binary, Quant in front of
 * weights and activations of other widths, the network's own operations in between.
 *
 * Behind sums that are exact whatever their order, the first two are exact in any runtime: sums of
 * signs and pixels times binary weights, and others whose values have a step in common (see grid.h).
 * Where a sign follows, all in between is one comparison a channel with a number that lies between two
 * sums (see fold.h); what does not fold, and logits, are calculated in training's order and in
 * float64, so that their rounding to float32 is training's (average pools of windows larger than
 * 8x8 excepted). Other layers with float weights, inputs or biases are plain Conv and Gemm, whose sums
 * differ from training's in the last bits; so may, rarely, the signs behind them. */
#ifndef BNN_EXPORT_ONNX_ONNX_H
#define BNN_EXPORT_ONNX_ONNX_H

#include "export/graph.h"
#include "infer/model.h"

typedef enum bnn_onnx_input {
    BNN_ONNX_PIXELS, /* "pixels", uint8 [N][c][h][w] */
    BNN_ONNX_FLOATS, /* "image", float32 [N][c][h][w]: (pixel - 128) / 128 */
} bnn_onnx_input;

typedef struct bnn_onnx_options {
    bnn_onnx_input input;
    bool packed;                  /* not of qonnx */
    const bnn_metadata *metadata; /* [n_metadata]; the value of "tool" is the producer's version */
    uint32_t n_metadata;
} bnn_onnx_options;

/* The opset that a model's file asks of a runtime: 17; 21 where `packed` has integers of four bits. */
int bnn_onnx_opset(const bnn_model *model, bool packed);

/* Writes a model into memory, `standard` or `packed`: *bytes is malloc'ed and freed by the caller.
 * The output is "logits", float32 [N][n_classes]. Equal models and options give equal bytes. Fails
 * with BNN_E_FAILED when a text is not clean, two stages have one name, or the file would be larger
 * than protobuf allows (2 GiB). */
int bnn_onnx_export(const bnn_model *model, const bnn_onnx_options *options, unsigned char **bytes,
                    size_t *n, bnn_error *err);

/* Likewise `qonnx`, from the network itself: in a model its operations are folded. */
int bnn_onnx_export_qonnx(const bnn_graph *graph, const bnn_onnx_options *options,
                          unsigned char **bytes, size_t *n, bnn_error *err);

#endif
