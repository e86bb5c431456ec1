/* exports.h - networks of the matrix as C and as ONNX, run by a compiled program and by onnxruntime, many
 * at a time. */
#ifndef BNN_MATRIX_EXPORTS_H
#define BNN_MATRIX_EXPORTS_H

#include "infer/model.h"
#include "tests/matrix/matrix.h"

enum { MATRIX_BATCH = 16 }; /* networks that are compiled together */

/* Writes what all exports read: the images. */
int matrix_exports_begin(const matrix *m, const char *folder, bnn_error *err);

/* Writes a network as C and as ONNX, plain and packed. */
int matrix_exports_write(const matrix *m, const bnn_model *model, const char *folder,
                         uint32_t number, bnn_error *err);

/* Runs those that were written, of results[0..n), and adds what they gave. logits: [n][images]
 * [classes]. */
int matrix_exports_run(const matrix *m, const char *folder, uint32_t n, const float *logits,
                       matrix_result *results, bnn_error *err);

/* Whether node finds onnxruntime. */
bool matrix_exports_have_onnx(const char *folder);

#endif
