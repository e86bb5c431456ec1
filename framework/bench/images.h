/* images.h - the images of a benchmark, for a model that is known: as many as its record says, again
 * from the first when there are fewer. */
#ifndef BNN_BENCH_IMAGES_H
#define BNN_BENCH_IMAGES_H

#include "bench/lineup.h"
#include "data/dataset.h"

/* From an IDX file, or a directory with MNIST's test images. */
int bench_images_read(bench_lineup *lineup, const char *path, bnn_error *err);

/* The test images of the data set that a run was trained on. */
int bench_images_open(bench_lineup *lineup, const bnn_data_options *options,
                      const bnn_data_search *search, bnn_error *err);

/* Digits; of images of another shape they are the bytes. */
int bench_images_draw(bench_lineup *lineup, bnn_error *err);

#endif
