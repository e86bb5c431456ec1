#include "export/onnx/onnx.h"

#include "export/build.h"
#include "export/onnx/ops.h"
#include "infer/lines.h"

#include <assert.h>

enum { ONNX_SHRINK_MAX = 128 }; /* sums of its square pixels are floats */

/* The central square of pixels, and their means, as floats. Sums of 0..255 and shares of a power of two are exact in
 * whatever order. */
static void onnx_add_view(bnn_onnx_writer *w, bnn_view view, bnn_shape image)
{
    const bnn_shape cut = bnn_view_cut(view, image);
    const int64_t top = (image.h - cut.h) / 2, left = (image.w - cut.w) / 2;
    const int64_t starts[] = {top, left}, ends[] = {top + cut.h, left + cut.w}, axes[] = {2, 3};
    const int64_t sides[] = {bnn_view_side(view), bnn_view_side(view)};
    if (view.crop != 0)
        bnn_onnx_node(w, "Slice", "pixels.cut",
                      (const char *const[]){w->value,
                                            bnn_onnx_int64s(w, "pixels.starts", starts, 2),
                                            bnn_onnx_int64s(w, "pixels.ends", ends, 2),
                                            bnn_onnx_int64s(w, "pixels.axes", axes, 2), NULL});
    if (sides[0] == 1)
        return;
    bnn_onnx_then(w, "AveragePool", "pixels.means", NULL, NULL);
    bnn_onnx_set_ints(w, "kernel_shape", sides, 2);
    bnn_onnx_set_ints(w, "strides", sides, 2);
    bnn_onnx_then(w, "Add", "pixels.raised", bnn_onnx_scalar(w, "pixels.half", 0.5f), NULL);
    bnn_onnx_then(w, "Floor", "pixels.seen", NULL, NULL);
}

/* Pixels 0..255 to what the network sees: exact in float32. Floats have been pixels. */
static void onnx_add_input(bnn_onnx_writer *w, const bnn_onnx_frame *frame, bnn_view view,
                           bnn_shape image)
{
    const bool floats = frame->input_type == BNN_ONNX_FLOAT;
    w->value = frame->input;
    if (floats && bnn_view_is_all(view))
        return;
    if (floats) {
        bnn_onnx_then(w, "Mul", "pixels.scaled", bnn_onnx_scalar(w, "pixels.levels", 128.0f), NULL);
        bnn_onnx_then(w, "Add", "pixels", bnn_onnx_scalar(w, "pixels.middle", 128.0f), NULL);
    } else {
        bnn_onnx_cast(w, "pixels.float", BNN_ONNX_FLOAT);
    }
    if (!bnn_view_is_all(view))
        onnx_add_view(w, view, image);
    bnn_onnx_then(w, "Sub", "pixels.centred", bnn_onnx_scalar(w, "pixels.middle", 128.0f), NULL);
    bnn_onnx_then(w, "Mul", floats ? "image.seen" : "image",
                  bnn_onnx_scalar(w, "pixels.unit", 0x1p-7f), NULL);
}

/* Means of other squares are rounded as a runtime likes. */
static int onnx_check_view(bnn_view view, bnn_error *err)
{
    const uint32_t side = bnn_view_side(view);
    if ((side & (side - 1)) == 0 && side <= ONNX_SHRINK_MAX)
        return BNN_OK;
    return bnn_fail(
        err, BNN_E_FAILED,
        "model.topology.input.shrink %u: ONNX has no exact means of %ux%u pixels; train with a shrink of 2, 4 "
        "or another power of two up to %d, or take another format",
        side, side, side, ONNX_SHRINK_MAX);
}

int bnn_onnx_opset(const bnn_model *model, bool packed)
{
    for (uint32_t i = 0; packed && i < model->n_stages; i++)
        if (bnn_onnx_is_of_fours(&model->stages[i].op))
            return BNN_ONNX_OPSET_OF_FOURS;
    return BNN_ONNX_OPSET;
}

/* A graph or a model; either is NULL. */
static int onnx_export(const bnn_graph *graph, const bnn_model *model,
                       const bnn_onnx_options *options, unsigned char **bytes, size_t *n,
                       bnn_error *err)
{
    assert(graph != NULL || model != NULL);
    const bool pixels = options->input == BNN_ONNX_PIXELS;
    const bnn_shape input = graph != NULL ? graph->input : model->input;
    const bnn_view view = graph != NULL ? graph->view : model->view;
    const bnn_onnx_frame frame = {.input = pixels ? "pixels" : "image",
                                  .input_type = pixels ? BNN_ONNX_UINT8 : BNN_ONNX_FLOAT,
                                  .input_dims = {input.c, input.h, input.w},
                                  .n_classes = graph != NULL ? graph->n_classes : model->n_classes,
                                  .opset = model != NULL ? bnn_onnx_opset(model, options->packed)
                                                         : BNN_ONNX_OPSET,
                                  .qonnx = graph != NULL,
                                  .metadata = options->metadata,
                                  .n_metadata = options->n_metadata};
    int status = bnn_export_check_texts(options->metadata, options->n_metadata, err);
    if (status == BNN_OK)
        status = onnx_check_view(view, err);
    if (status != BNN_OK)
        return status;
    bnn_onnx_writer w = {.arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES)};
    if (w.arena == NULL)
        return bnn_no_memory(err);
    onnx_add_input(&w, &frame, view, input);
    if (graph != NULL)
        bnn_onnx_add_qonnx(&w, graph);
    else
        bnn_onnx_add_stages(&w, model, options->packed);
    bnn_onnx_flatten(&w, "logits");
    status = bnn_onnx_write(&w, &frame, bytes, n, err);
    bnn_arena_destroy(w.arena);
    return status;
}

int bnn_onnx_export(const bnn_model *model, const bnn_onnx_options *options, unsigned char **bytes,
                    size_t *n, bnn_error *err)
{
    const bnn_model *unfolded;
    bnn_arena *arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    int status = bnn_lines_unfold_all(model, arena, &unfolded, err);
    if (status == BNN_OK)
        status = onnx_export(NULL, unfolded, options, bytes, n, err);
    bnn_arena_destroy(arena);
    return status;
}

int bnn_onnx_export_qonnx(const bnn_graph *graph, const bnn_onnx_options *options,
                          unsigned char **bytes, size_t *n, bnn_error *err)
{
    for (uint32_t i = 0; i < graph->n_ops; i++)
        if (bnn_op_is_logic(graph->ops[i].type))
            return bnn_fail(err, BNN_E_FAILED,
                            "%s: QONNX has no operation for gates; take onnx or packed",
                            graph->ops[i].name);
    return onnx_export(graph, NULL, options, bytes, n, err);
}
