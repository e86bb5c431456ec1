/* sums.h - integer sums as C, and the windows of convolutions. Private to export/c/. */
#ifndef BNN_EXPORT_C_SUMS_H
#define BNN_EXPORT_C_SUMS_H

#include "export/c/writer.h"

/* "a * factor + b - minus" without what changes nothing, into text. */
void bnn_c_position(char text[C_INDEX_MAX], const char *a, uint32_t factor, const char *b,
                    uint32_t minus);

/* The function that gathers the inputs under the kernel of stage i, a convolution with integer
 * sums; nothing for dense stages. */
void bnn_c_window(c_writer *w, uint32_t i);

/* The call of it, for the sum at (row, column); nothing for dense stages. */
void bnn_c_window_call(c_writer *w, uint32_t i, int indent, const char *row, const char *column);

/* An expression for the sum of channel c: "agree(...)", "sum_of_bits(...)" or
 * "sum_of_pixels(...)". */
void bnn_c_sum(c_writer *w, uint32_t i, bool agreement, char text[C_EXPRESSION_MAX]);

#endif
