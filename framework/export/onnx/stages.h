/* stages.h - the standard dialects: a network's stages, decisions folded to comparisons. Private to
 * export/onnx/. */
#ifndef BNN_EXPORT_ONNX_STAGES_H
#define BNN_EXPORT_ONNX_STAGES_H

#include "export/onnx/writer.h"
#include "infer/model.h"

/* packed: binary weights as bits. */
void bnn_onnx_add_stages(bnn_onnx_writer *w, const bnn_model *model, bool packed);

#endif
