/* c.h - a model as C: one freestanding file and its header.
 *
 * The file needs a C99 compiler and <stdint.h>, <stddef.h>, for float stages <float.h>, and no
 * library: no malloc, no libm, no string.h. Weights and thresholds are `const`, for flash; between
 * stages it works in one static workspace, so one call runs at a time. Stages with folded decisions or
 * lines use integers alone; float stages do the float operations of training, with the same bits in every
 * logit on every machine: the file refuses compilers and options known to change them.
 *
 * All names begin with the prefix, so that files of several models can be one translation unit. For
 * "lenet5", the header declares
 *
 *     LENET5_CHANNELS, _HEIGHT, _WIDTH, _PIXELS, _CLASSES, _WORKSPACE_BYTES
 *     void lenet5_run(const uint8_t pixels[LENET5_PIXELS], float logits[LENET5_CLASSES]);
 *     int lenet5_classify(const uint8_t pixels[LENET5_PIXELS]);
 *     void lenet5_run_integers(const uint8_t pixels[...], int32_t logits[...]);
 *                               when the last stage's sums are the logits, or one factor and one
 *                               offset for all makes these of them without a change of order: then
 *                               lenet5_classify and the self-test touch no float of the last stage
 *     int lenet5_self_test(void);           with test images only: 0, or the first that is wrong */
#ifndef BNN_EXPORT_C_C_H
#define BNN_EXPORT_C_C_H

#include "infer/model.h"

enum { BNN_C_PREFIX_MAX = 40, BNN_C_TESTS_MAX = 1000 };

typedef struct bnn_c_options {
    const char *prefix;  /* of all names: a letter, then letters, digits, '_'; not NULL */
    const char *header;  /* what the file includes; NULL: "PREFIX.h" */
    const char *comment; /* text at the top, in front of the model's metadata; NULL: none */
    /* The self-test: images [n_tests][pixels] and the logits [n_tests][n_classes] that the model
     * gives for them. 0 and NULL: none. */
    uint32_t n_tests;
    const uint8_t *images;
    const float *logits;
} bnn_c_options;

/* Writes the model as C. The texts end with a newline and are freed by the caller with free().
 * BNN_E_USAGE when an option cannot be used; BNN_E_FAILED and the name of the stage when a float
 * is infinite or NaN, which has no C constant; BNN_E_INTERNAL without memory. Reads what it is
 * given only; thread-safe. */
int bnn_c_export(const bnn_model *model, const bnn_c_options *options, char **source, char **header,
                 bnn_error *err);

#endif
