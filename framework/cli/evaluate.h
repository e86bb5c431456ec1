/* evaluate.h - how a model does on a test set: accuracy, and which classes it takes for which. */
#ifndef BNN_CLI_EVALUATE_H
#define BNN_CLI_EVALUATE_H

#include "cli/operand.h"

#include <bnn/infer.h>

typedef struct cli_evaluation {
    const cli_options *options;
    const cli_model *source; /* where the model is from */
    const bnn_model *model;
    void *workspace;     /* of the model */
    const char *dataset; /* a name; NULL: the data of the run */
    uint32_t limit;      /* only the first so many test images; 0: all */
    bool download;       /* a set that is not here */
} cli_evaluation;

/* Classifies the test images, and prints the result. The whole test set of a run must come to the
 * accuracy that is recorded: else BNN_E_FAILED, after the result. */
int cli_evaluate(const cli_evaluation *e, bnn_error *err);

#endif
