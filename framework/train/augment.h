/* augment.h - training images that are a little different in every epoch: moved, turned, scaled,
 * sheared, mirrored, bent, and with a part erased.
 *
 * What is done to an image is a function of (seed, epoch, image): all configs of a seed see the same
 * images, with any number of jobs, on any instruction set, resumed or not. Each kind of change has
 * draws of its own, so that one more of them leaves the others as they are. Bytes become bytes. */
#ifndef BNN_TRAIN_AUGMENT_H
#define BNN_TRAIN_AUGMENT_H

#include "base/arena.h"
#include "spec/key.h"

/* Bends an image by a random field (Simard, Steinkraus & Platt 2003, "Best practices for
 * convolutional neural networks applied to visual document analysis"): for each pixel uniform in
 * [-1, 1] across and down, smoothed by a Gaussian, times alpha. */
typedef struct bnn_elastic {
    double alpha; /* pixels; 0: off */
    double sigma; /* of the Gaussian, pixels; cut off at three */
} bnn_elastic;

typedef enum bnn_erase_fill {
    BNN_ERASE_BLACK = 0, /* bytes of 0 */
    BNN_ERASE_GREY = 1,  /* of 128, which is 0 for the network */
    BNN_ERASE_NOISE = 2, /* each random */
} bnn_erase_fill;

/* Fills a random rectangle (Zhong et al. 2017, arXiv 1708.04896): its area uniform in [0.02, size] of
 * the image's, height to width uniform in [0.3, 1 / 0.3]; a side is at most that of the image. */
typedef struct bnn_erase {
    double probability; /* 0: off */
    double size;        /* share of the image's area */
    int32_t fill;       /* bnn_erase_fill */
} bnn_erase;

/* The map `train.augment` of a spec. An amount is the largest: what is drawn is uniform in both
 * directions up to it. */
typedef struct bnn_augment_options {
    int32_t shift; /* whole pixels, across and down apart */
    double rotate; /* degrees */
    double scale;  /* share: 0.1 is between 0.9 and 1.1 times */
    double shear;  /* degrees by which upright lines lean */
    int32_t flip;  /* mirrors half of the images, left to right */
    bnn_elastic elastic;
    bnn_erase erase;
} bnn_augment_options;

extern const bnn_section bnn_augment_section;

typedef struct bnn_augmenter bnn_augmenter;

enum { BNN_AUGMENT_SIDE_MAX = 4096 }; /* pixels of an image's side */

/* For batches of that many images; the arena owns it and its memory, the options are kept. *out is
 * NULL where the options change nothing. BNN_E_SPEC for images that they do not suit. */
int bnn_augmenter_create(const bnn_augment_options *options, bnn_shape shape, uint32_t batch,
                         uint64_t seed, const bnn_kernels *kernels, bnn_arena *arena,
                         bnn_augmenter **out, bnn_error *err);

/* Replaces rows[i], the pixels of image index[i], by changed ones, for n images, at most a batch. They
 * are there until the next call. index: their number in the data set. */
void bnn_augment_images(bnn_augmenter *augmenter, uint32_t epoch, const uint32_t *index, uint32_t n,
                        const uint8_t **rows);

#endif
