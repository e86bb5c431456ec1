/* network.h - one network of the matrix: trained for a moment, deployed, run by the engines, and
 * exported. */
#ifndef BNN_MATRIX_NETWORK_H
#define BNN_MATRIX_NETWORK_H

#include "tests/matrix/matrix.h"

/* Tries a point. logits: [images][classes], training's own. Files for export number `number` are
 * written to folder, unless there is none. Everything that goes wrong is in *out. */
void matrix_network_try(const matrix *m, size_t point, const char *folder, uint32_t number,
                        float *logits, matrix_result *out);

/* Notes how many of the images got another class or other logits than training's. classes: the
 * runner's own answers [images], negative where there is none; or NULL. */
void matrix_network_compare(const matrix *m, int runner, const float *got, const float *classes,
                            const float *logits, matrix_result *out);

#endif
