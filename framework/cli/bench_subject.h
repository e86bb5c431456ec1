/* bench_subject.h - what is to be timed: a model, its full-precision twin if it has one, and the
 * images to run them on. */
#ifndef BNN_CLI_BENCH_SUBJECT_H
#define BNN_CLI_BENCH_SUBJECT_H

#include "cli/cli.h"
#include "data/dataset.h"
#include "infer/model.h"

typedef struct bench_subject {
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

/* Opens what an operand stands for: a model file, or a run of the database, whose files are checked
 * against what is recorded. data: NULL, or an IDX file of images or a directory with MNIST's test
 * images. Without it the images are the test images of the run's data set, and for a file digits
 * that are drawn. n_images of them, repeated when there are fewer. All lives in the arena. */
int bench_subject_open(const char *operand, const char *data, uint32_t n_images,
                       const cli_options *options, bnn_arena *arena, bench_subject *out,
                       bnn_error *err);

#endif
