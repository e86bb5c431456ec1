/* qonnx.h - the QONNX dialect: the network's operations one by one, as Brevitas exports them, with
 * BipolarQuant (x >= 0 ? scale : -scale) in front of what is binary. Private to export/onnx/. */
#ifndef BNN_EXPORT_ONNX_QONNX_H
#define BNN_EXPORT_ONNX_QONNX_H

#include "export/graph.h"
#include "export/onnx/writer.h"

void bnn_onnx_add_qonnx(bnn_onnx_writer *w, const bnn_graph *graph);

#endif
