/* fit.h - pictures of any size become images of the shape that a model takes. */
#ifndef BNN_DATA_FIT_H
#define BNN_DATA_FIT_H

#include "data/picture.h"

#include <bnn/plugin.h>

/* What was taken of a picture. */
typedef struct bnn_fit {
    uint32_t x, y, width, height; /* its box; width 0: there are no strokes */
    bool is_dark;                 /* the strokes are darker than the paper */
    bool is_cut;                  /* and reach the picture's border */
} bnn_fit;

/* Makes a grey picture an image as MNIST has them: the box of the strokes, scaled to fit 20x20 pixels of
 * 28x28 (of other shapes, as large a part), whatever its proportions, with anti-aliasing; placed so
 * that the centre of mass lies in the centre; bright on black. Source: LeCun, Cortes, Burges, "The
 * MNIST database of handwritten digits", 1998.
 *
 * The border is paper; what is farther from it than Otsu's threshold is strokes. So one character on
 * an evenly lit ground is what this is for. dark: its strokes are darker than the paper; else that is
 * found out. pixels: [shape.h][shape.w]; all 0 when there are no strokes. Thread-safe. */
int bnn_fit_strokes(const bnn_picture *grey, bool dark, bnn_shape shape, uint8_t *pixels,
                    bnn_fit *out, bnn_error *err);

/* The side of the box of a side: 20 of 28. */
uint32_t bnn_fit_box(uint32_t side);

/* Scales the largest part with the proportions of the shape that lies in the middle of a picture of
 * shape.c planes. pixels: [shape.c][shape.h][shape.w]. Thread-safe. */
int bnn_fit_middle(const bnn_picture *picture, bnn_shape shape, uint8_t *pixels, bnn_fit *out,
                   bnn_error *err);

#endif
