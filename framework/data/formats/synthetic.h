/* synthetic.h - digits drawn by the program, for tests and for machines without data.
 *
 * Each image is a digit of pen strokes, with random shape, size, slant, place, thickness and ink,
 * stray marks, gaps and noise. Integer arithmetic on a fixed random stream: the same bits on every
 * machine. It is not a benchmark, and results on it say `synthetic` wherever they are shown. */
#ifndef BNN_DATA_FORMATS_SYNTHETIC_H
#define BNN_DATA_FORMATS_SYNTHETIC_H

#include "data/formats/format.h"

extern const bnn_format bnn_format_synthetic;

enum {
    BNN_SYNTHETIC_SIDE = 28,
    BNN_SYNTHETIC_PIXELS = BNN_SYNTHETIC_SIDE * BNN_SYNTHETIC_SIDE,
    BNN_SYNTHETIC_CLASSES = 10,
    BNN_SYNTHETIC_TRAIN = 6000,
    BNN_SYNTHETIC_TEST = 1000,
};

typedef enum bnn_synthetic_part {
    BNN_SYNTHETIC_TRAIN_PART = 0,
    BNN_SYNTHETIC_TEST_PART = 1,
} bnn_synthetic_part;

/* Draws images 0..n-1 of a part: pixels[n][28][28], labels[n]. Image i depends on the part and i
 * only; its label is i % 10. n is below 2^31. */
void bnn_synthetic_draw(bnn_synthetic_part part, uint32_t n, uint8_t *pixels, uint8_t *labels);

#endif
