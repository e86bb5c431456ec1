/* build.h - graph -> deployable model: cut into stages, pack, fold. */
#ifndef BNN_EXPORT_BUILD_H
#define BNN_EXPORT_BUILD_H

#include "export/graph.h"
#include "infer/model.h"

/* Told about a stage that stays in floats although its sums are integers and a sign, or a quantizer, follows:
 * "conv2d_2 stays ...: " and why it does not fold. */
typedef void bnn_build_note(void *context, const char *text);

/* Whether a model may have these texts: few enough, with keys, clean; else BNN_E_FAILED. */
int bnn_export_check_texts(const bnn_metadata *metadata, uint32_t n, bnn_error *err);

/* Makes the model in the arena, with bits and, if it may have `lines`, codes wherever they give the same
 * answers: older model files have none. It shares names and floats with the graph, whose arena must live
 * as long. note may be NULL. Fails with BNN_E_FAILED and names the layer when a network cannot be cut into
 * stages. */
int bnn_export_build(const bnn_graph *graph, const bnn_metadata *metadata, uint32_t n_metadata,
                     bool lines, bnn_build_note *note, void *context, bnn_arena *arena,
                     bnn_model **out, bnn_error *err);

#endif
