#include "export/onnx/onnx.h"

#include "base/limits.h"
#include "export/build.h"
#include "export/onnx/ops.h"
#include "export/onnx/qonnx.h"
#include "export/onnx/stages.h"

#include <string.h>

/* Pixels 0..255 to what the network sees: exact in float32. */
static void onnx_add_input(bnn_onnx_writer *w, const bnn_onnx_frame *frame)
{
    w->value = frame->input;
    if (frame->input_type == BNN_ONNX_FLOAT)
        return;
    bnn_onnx_then(w, "Cast", "pixels.float", NULL, NULL);
    bnn_onnx_set_int(w, "to", BNN_ONNX_FLOAT);
    bnn_onnx_then(w, "Sub", "pixels.centred", bnn_onnx_scalar(w, "pixels.middle", 128.0f), NULL);
    bnn_onnx_then(w, "Mul", "image", bnn_onnx_scalar(w, "pixels.unit", 0x1p-7f), NULL);
}

static int onnx_export(const bnn_graph *graph, const bnn_model *model,
                       const bnn_onnx_options *options, bnn_arena *arena, unsigned char **bytes,
                       size_t *n, bnn_error *err)
{
    const bool pixels = options->input == BNN_ONNX_PIXELS;
    const bnn_shape input = graph != NULL ? graph->input : model->input;
    bnn_onnx_writer w = {.arena = arena};
    bnn_onnx_frame frame = {.input = pixels ? "pixels" : "image",
                            .input_type = pixels ? BNN_ONNX_UINT8 : BNN_ONNX_FLOAT,
                            .input_dims = {input.c, input.h, input.w},
                            .n_classes = graph != NULL ? graph->n_classes : model->n_classes,
                            .qonnx = options->dialect == BNN_ONNX_QONNX,
                            .n_texts = options->n_metadata};
    const char **texts = bnn_arena_alloc(arena, 2 * (size_t)options->n_metadata, sizeof *texts);
    if (texts == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < options->n_metadata; i++) {
        texts[2 * i] = options->metadata[i].key;
        texts[2 * i + 1] = options->metadata[i].value;
        if (strcmp(texts[2 * i], "tool") == 0)
            frame.producer_version = texts[2 * i + 1];
    }
    frame.texts = texts;
    onnx_add_input(&w, &frame);
    if (graph != NULL)
        bnn_onnx_add_qonnx(&w, graph);
    else
        bnn_onnx_add_stages(&w, model, options->dialect == BNN_ONNX_PACKED);
    bnn_onnx_flatten(&w, "logits");
    return bnn_onnx_write(&w, &frame, bytes, n, err);
}

/* A graph or a model; either is NULL. */
static int onnx_export_in_arena(const bnn_graph *graph, const bnn_model *model,
                                const bnn_onnx_options *options, unsigned char **bytes, size_t *n,
                                bnn_error *err)
{
    int status = bnn_export_check_texts(options->metadata, options->n_metadata, err);
    if (status != BNN_OK)
        return status;
    bnn_arena *arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    if (graph != NULL && options->dialect != BNN_ONNX_QONNX) {
        bnn_model *built = NULL;
        status = bnn_export_build(graph, BNN_BUILD_BINARY, NULL, 0, NULL, NULL, arena, &built, err);
        graph = NULL;
        model = built;
    }
    if (status == BNN_OK)
        status = onnx_export(graph, model, options, arena, bytes, n, err);
    bnn_arena_destroy(arena);
    return status;
}

int bnn_onnx_export(const bnn_graph *graph, const bnn_onnx_options *options, unsigned char **bytes,
                    size_t *n, bnn_error *err)
{
    return onnx_export_in_arena(graph, NULL, options, bytes, n, err);
}

int bnn_onnx_export_model(const bnn_model *model, const bnn_onnx_options *options,
                          unsigned char **bytes, size_t *n, bnn_error *err)
{
    if (options->dialect == BNN_ONNX_QONNX)
        return bnn_fail(err, BNN_E_USAGE,
                        "qonnx needs the network that the model was made from: its operations are "
                        "folded to thresholds here");
    return onnx_export_in_arena(NULL, model, options, bytes, n, err);
}
