/* bench_operand.h - what RUN and MODEL.bnn stand for in a benchmark. */
#ifndef BNN_CLI_BENCH_OPERAND_H
#define BNN_CLI_BENCH_OPERAND_H

#include "bench/subject.h"
#include "cli/cli.h"

/* Opens what an operand stands for: a model file, or a run of the database, whose files are checked
 * against what is recorded. data: NULL, or an IDX file of images or a directory with MNIST's test
 * images. Without it the images are the test images of the run's data set, and for a file digits
 * that are drawn. n_images of them, repeated when there are fewer. All lives in the arena. */
int cli_bench_open(const char *operand, const char *data, uint32_t n_images,
                   const cli_options *options, bnn_arena *arena, bench_subject *out,
                   bnn_error *err);

#endif
