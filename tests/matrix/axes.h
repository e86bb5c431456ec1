/* axes.h - the axes of the matrix, from the plugins that there are: forms, STEs, and orderings, one that
 * has choices with each value of its first. */
#ifndef BNN_MATRIX_AXES_H
#define BNN_MATRIX_AXES_H

#include "tests/matrix/matrix.h"

#include "model/options.h"
#include "train/options.h"

/* Fills axes and points, those of the options. Orderings that give the network of an earlier one are
 * left out. Loads all plugins that the points need. */
int matrix_axes_find(matrix *m, bnn_error *err);

/* The sections of a point's spec, in the arena. */
int matrix_point_read(const matrix *m, matrix_point point, bnn_arena *arena,
                      bnn_model_options *model, bnn_train_options *train, bnn_error *err);

#endif
