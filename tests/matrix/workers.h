/* workers.h - processes that try the points of the matrix, batch by batch, so that one that a plugin
 * takes down is one that is missed. */
#ifndef BNN_MATRIX_WORKERS_H
#define BNN_MATRIX_WORKERS_H

#include "tests/matrix/matrix.h"

/* Calls take for every result, as they come, until all points are done or a signal asks to stop
 * (BNN_E_INTERRUPTED). A point without result, since its worker died, is a failed one. */
int matrix_workers_run(const matrix *m, void (*take)(void *context, const matrix_result *result),
                       void *context, bnn_error *err);

#endif
