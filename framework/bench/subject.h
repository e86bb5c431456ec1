/* subject.h - what is to be timed: a model, its full-precision twin if it has one, and the images to
 * run them on. */
#ifndef BNN_BENCH_SUBJECT_H
#define BNN_BENCH_SUBJECT_H

#include "base/file.h"
#include "data/dataset.h"
#include "infer/model.h"

typedef struct bench_subject {
    bnn_arena *arena; /* of the caller; has what the pointers point to */
    const char *path; /* of the model file */
    char sha256[BNN_SHA256_HEX];
    const bnn_model *model;
    /* NULL for a file; twin: NULL also when its experiment has no full-precision run. */
    const char *run_uid, *run_text; /* run_text: "quick, clipped, seed 1" */
    const char *twin_uid, *twin_text;
    const bnn_model *twin;   /* takes images of the same shape */
    const char *images_name; /* the data set, a path, "synthetic" */
    const uint8_t *images;   /* [n_images][c][h][w] */
    uint32_t n_images;
} bench_subject;

/* The images of the subject, whose model is known: n_images of them, again from the first when there
 * are fewer. From an IDX file, or a directory with MNIST's test images; from the test images of a
 * data set. */
int bench_subject_read_images(bench_subject *subject, const char *data, bnn_error *err);
int bench_subject_open_images(bench_subject *subject, const bnn_data_options *options,
                              const bnn_data_search *search, bnn_error *err);

/* Opens a model file, with images from `data` or, without it, digits that are drawn. n_images and
 * the arena are set before. */
int bench_subject_open_file(bench_subject *subject, const char *path, const char *data,
                            bnn_error *err);

#endif
