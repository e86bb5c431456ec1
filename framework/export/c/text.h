/* text.h - names, comments and arrays of constants in C. Private to export/c/. */
#ifndef BNN_EXPORT_C_TEXT_H
#define BNN_EXPORT_C_TEXT_H

#include "export/c/writer.h"

/* Whether a text can be a prefix. */
bool bnn_c_is_prefix(const char *text);

/* Fills w->names: the stage's own where it looks like "conv2d_1" and is the only such. */
void bnn_c_name_stages(c_writer *w);

/* A text inside a comment, whatever it holds: lines behind the first start with `margin`, long
 * ones are broken. `column`: where it starts. */
void bnn_c_comment_text(FILE *out, const char *text, const char *margin, size_t column);

/* A line across the page with a title. */
void bnn_c_section(FILE *out, const char *title);

/* A float constant into text[]; false when it is not finite. */
enum { C_FLOAT_MAX = 32 };
bool bnn_c_float(float value, char text[C_FLOAT_MAX]);

/* "static const TYPE NAME_SUFFIX[n] = {...};", or [rows][n] when nested. The integer type is the smallest that holds all values. */
void bnn_c_floats(c_writer *w, const char *name, const char *suffix, bool nested, size_t rows,
                  size_t n, const float *values);
void bnn_c_integers(c_writer *w, const char *name, const char *suffix, bool nested, size_t rows,
                    size_t n, const int32_t *values);
void bnn_c_pixels(c_writer *w, const char *name, size_t rows, size_t n, const uint8_t *values);

/* The same of 32-bit words from rows of 64-bit ones with n bits each; complement: the bits that
 * are not set. */
void bnn_c_bits(c_writer *w, const char *name, const char *suffix, size_t rows, size_t n_bits,
                const uint64_t *rows_of_bits, bool complement);

#endif
