/* matrix.h - every weight form with every STE in every order, on LeNet-5: what the parts of bnnmatrix
 * share. A network of them is trained for a moment, and all that it can be deployed as has to give
 * the classes that training gives. */
#ifndef BNN_MATRIX_MATRIX_H
#define BNN_MATRIX_MATRIX_H

#include "data/dataset.h"
#include "plugin/registry.h"

#include <stdbool.h>

enum { MATRIX_FORM, MATRIX_STE, MATRIX_ORDERING, MATRIX_AXES };
enum { MATRIX_VALUES_MAX = 512, MATRIX_MESSAGE = 400 };

/* What runs a deployed network. Up to MATRIX_C, and with it, logits have training's bits. */
enum { MATRIX_PORTABLE, MATRIX_FAST, MATRIX_C, MATRIX_ONNX, MATRIX_PACKED, MATRIX_RUNNERS };

typedef struct matrix_options {
    const char *only[MATRIX_AXES]; /* the one value of an axis; NULL: all */
    const char *model;             /* keys of the model beside those of the axes */
    uint32_t seed, steps, images, jobs;
    uint32_t limit; /* networks; 0: all */
    bool diagonal;  /* each value of each axis once at least, not all with all */
    bool engines;   /* no exports */
    bool list;
} matrix_options;

typedef struct matrix_value {
    const char *name; /* "recu", "LPBA" */
    const char *keys; /* "form: recu" */
} matrix_value;

typedef struct matrix_axis {
    size_t n;
    matrix_value values[MATRIX_VALUES_MAX];
} matrix_axis;

/* A network: a value of each axis. */
typedef struct matrix_point {
    uint16_t at[MATRIX_AXES];
} matrix_point;

typedef struct matrix {
    matrix_options options;
    bnn_arena *arena;
    bnn_registry *registry;
    const char *source; /* the root of the source tree */
    const char *folder; /* for files that are gone at the end */
    bool drawn;         /* the images are, since MNIST is not there */
    bool onnx;          /* onnxruntime is there */
    bnn_dataset data;
    matrix_axis axes[MATRIX_AXES];
    size_t n;
    matrix_point *points;
} matrix;

typedef enum matrix_outcome {
    MATRIX_TRIED,
    MATRIX_REFUSED, /* by the check of what can be deployed; with the reason */
    MATRIX_FAILED,  /* with the reason */
} matrix_outcome;

/* What became of a point. Crosses a pipe, so it has no pointers. */
typedef struct matrix_result {
    size_t point;
    matrix_outcome outcome;
    uint32_t n_classes; /* that training gave, of all images */
    bool rounds; /* a sign stands behind sums of floats, whose last bits depend on their order */
    bool ran[MATRIX_RUNNERS];
    uint32_t classes[MATRIX_RUNNERS], logits[MATRIX_RUNNERS]; /* images that got another one */
    char message[MATRIX_MESSAGE];
} matrix_result;

/* A failure with its reason, cut to fit. */
void matrix_result_fail(matrix_result *result, const char *reason);

/* "--form recu --ste clipped --ordering LPBA", into out. */
const char *matrix_point_flags(const matrix *m, size_t point, char *out, size_t n);

#endif
