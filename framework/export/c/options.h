/* options.h - how a model is to be written as C. */
#ifndef BNN_EXPORT_C_OPTIONS_H
#define BNN_EXPORT_C_OPTIONS_H

#include <stdint.h>

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

#endif
