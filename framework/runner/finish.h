/* finish.h - what a trained network leaves behind: its weights, its model file, and the proof that
 * the file gives the answers of training. */
#ifndef BNN_RUNNER_FINISH_H
#define BNN_RUNNER_FINISH_H

#include "base/record.h"
#include "data/dataset.h"
#include "export/graph.h"
#include "infer/engine/engine.h"

typedef struct bnn_finish_request {
    const char *folder; /* for the files; is there */
    const char *uid;    /* these four go into the model file */
    const char *experiment, *label;
    double test_accuracy;
    const bnn_dataset *data;
    bool keeps_weights;     /* else only where there is no model file */
    double measure_seconds; /* for the time of an image; 0: it is not measured */
    void (*record)(void *context, const bnn_record *record);
    void *context;
} bnn_finish_request;

/* What measuring may cost a run that trained that long. */
double bnn_finish_measure_seconds(double train_seconds);

/* Writes the files of base/run.h, reads the model file back, and runs it over the whole test set
 * beside the network: records of the files, of mismatches and max_logit_difference, of the classes that
 * it gives to the images, and of the time for an image at batch 1 and 64, when that is wanted. A
 * network that cannot be deployed leaves its weights, and the classes that it gives itself. The network is binarized; of one with values that are not finite nothing is written:
 * BNN_E_FAILED. The same weights give the same files, byte for byte. Thread-safe. */
int bnn_finish(const bnn_finish_request *request, bnn_network *network, bnn_error *err);

/* The deployable model of a run's graph, with what the file says about the run, in the arena. spec:
 * "EXPERIMENT: LABEL"; tool: the program that the file names as its maker; NULL: this one; lines: build.h. */
int bnn_finish_build(const bnn_graph *graph, const char *tool, const char *uid, const char *spec,
                     double test_accuracy, bool lines, bnn_arena *arena, bnn_model **out,
                     bnn_error *err);

/* Logits of the engine beside those of training. */
typedef struct bnn_agreement {
    const uint8_t *classes; /* [n]: that the engine gives; in the arena */
    uint32_t n_mismatches;  /* images whose class differs */
    uint32_t n_different;   /* images with a logit that has other bits (all NaN count as one) */
    double max_difference;  /* of two logits; infinite where only one is a number */
} bnn_agreement;

/* Runs engine (NULL: the one for this machine) and network over n images; what it needs for that lies
 * in the arena. */
int bnn_finish_compare(const bnn_model *model, const bnn_engine *engine, bnn_network *network,
                       const uint8_t *images, uint32_t n, bnn_arena *arena, bnn_agreement *out,
                       bnn_error *err);

#endif
