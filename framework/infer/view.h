/* view.h - what a network sees of an image: its central square, and of that the means of small squares.
 *
 * All in integers, so training and every deployment have the same bytes. */
#ifndef BNN_INFER_VIEW_H
#define BNN_INFER_VIEW_H

#include <bnn/plugin.h>

#include <stdbool.h>

enum { BNN_VIEW_MAX = 4096 }; /* of both: a sum of so many pixels squared fits in 32 bits */

/* crop: side of the central square, whose upper and left margins are the smaller ones; 0: all.
 * shrink: side of the squares that become one pixel, their mean, halves up; 0 or 1: none. */
typedef struct bnn_view {
    uint32_t crop, shrink;
} bnn_view;

static inline bool bnn_view_is_all(bnn_view view)
{
    return view.crop == 0 && view.shrink <= 1;
}

static inline uint32_t bnn_view_side(bnn_view view)
{
    return view.shrink <= 1 ? 1 : view.shrink;
}

/* What is cut out of an image of this shape; its corner is at ((image.h - cut.h) / 2, (image.w - cut.w) / 2). */
static inline bnn_shape bnn_view_cut(bnn_view view, bnn_shape image)
{
    return view.crop == 0 ? image : (bnn_shape){image.c, view.crop, view.crop};
}

/* Whether images of this shape can be seen so. */
static inline bool bnn_view_fits(bnn_view view, bnn_shape image)
{
    const bnn_shape cut = bnn_view_cut(view, image);
    const uint32_t side = bnn_view_side(view);
    return view.crop <= BNN_VIEW_MAX && side <= BNN_VIEW_MAX && cut.h <= image.h &&
           cut.w <= image.w && cut.h % side == 0 && cut.w % side == 0;
}

/* The shape that a network sees, of images that fit. */
static inline bnn_shape bnn_view_shape(bnn_view view, bnn_shape image)
{
    const bnn_shape cut = bnn_view_cut(view, image);
    const uint32_t side = bnn_view_side(view);
    return (bnn_shape){cut.c, cut.h / side, cut.w / side};
}

/* seen[view_shape] of the bytes of an image that fits. */
void bnn_view_take(bnn_view view, bnn_shape image, const uint8_t *pixels, uint8_t *seen);

#endif
