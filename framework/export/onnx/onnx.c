#include "export/onnx/onnx.h"

#include "export/build.h"
#include "export/onnx/ops.h"
#include "infer/lines.h"

#include <assert.h>

/* Pixels 0..255 to what the network sees: exact in float32. */
static void onnx_add_input(bnn_onnx_writer *w, const bnn_onnx_frame *frame)
{
    w->value = frame->input;
    if (frame->input_type == BNN_ONNX_FLOAT)
        return;
    bnn_onnx_cast(w, "pixels.float", BNN_ONNX_FLOAT);
    bnn_onnx_then(w, "Sub", "pixels.centred", bnn_onnx_scalar(w, "pixels.middle", 128.0f), NULL);
    bnn_onnx_then(w, "Mul", "image", bnn_onnx_scalar(w, "pixels.unit", 0x1p-7f), NULL);
}

/* A graph or a model; either is NULL. */
static int onnx_export(const bnn_graph *graph, const bnn_model *model,
                       const bnn_onnx_options *options, unsigned char **bytes, size_t *n,
                       bnn_error *err)
{
    assert(graph != NULL || model != NULL);
    const bool pixels = options->input == BNN_ONNX_PIXELS;
    const bnn_shape input = graph != NULL ? graph->input : model->input;
    const bnn_onnx_frame frame = {.input = pixels ? "pixels" : "image",
                                  .input_type = pixels ? BNN_ONNX_UINT8 : BNN_ONNX_FLOAT,
                                  .input_dims = {input.c, input.h, input.w},
                                  .n_classes = graph != NULL ? graph->n_classes : model->n_classes,
                                  .qonnx = graph != NULL,
                                  .metadata = options->metadata,
                                  .n_metadata = options->n_metadata};
    int status = bnn_export_check_texts(options->metadata, options->n_metadata, err);
    if (status != BNN_OK)
        return status;
    bnn_onnx_writer w = {.arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES)};
    if (w.arena == NULL)
        return bnn_no_memory(err);
    onnx_add_input(&w, &frame);
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
