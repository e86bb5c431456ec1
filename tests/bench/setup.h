/* setup.h - what all trainings of bnnbench share: plugins, images, and networks made for them. */
#ifndef BNN_BENCH_SETUP_H
#define BNN_BENCH_SETUP_H

#include "tests/bench/bench.h"
#include "train/trainer.h"

typedef struct setup {
    bnn_arena *arena;
    bnn_diag *diag;
    bnn_registry *registry;
    bnn_dataset data;       /* BENCH_EPOCH_IMAGES training images or more */
    bnn_dataset found;      /* where they came from; owns memory */
    const char *provenance; /* "mnist, from /..." */
} setup;

/* One kind of training: a LeNet-5 with one epoch of Adam. */
typedef struct training {
    const char *name;    /* "float", "binarized" */
    const char *augment; /* what train.augment has; NULL: none */
    bool binary;         /* weights and activations of the hidden layers, clipped STE */
    uint32_t batch;
    uint32_t width;    /* times the channels and features of LeNet-5 */
    uint32_t n_images; /* of the epoch, below that of the setup's */
    uint32_t n_test;   /* images evaluated behind it; 0: all */
    bnn_model_options model;
    bnn_train_options train;
} training;

typedef struct training_result {
    double seconds; /* of the epoch */
    double images_per_second;
    double evaluated_per_second;
    double flop_per_image; /* forward, weight gradients, input gradients; these not of layer 1 */
} training_result;

/* Registry and data: MNIST where it is found, else drawn digits, repeated. destroy accepts what
 * create has not filled, zeroed. */
int setup_create(setup *s, bnn_error *err);
void setup_destroy(setup *s);

/* LeNet-5, float and binarized, at each batch size of the options: how many. */
enum { SETUP_NETS_MAX = 4 };
size_t setup_nets(const bench_options *options, training out[SETUP_NETS_MAX]);

/* Completes a training whose fields before `model` are set. */
int setup_prepare(setup *s, training *t, bnn_error *err);

/* Trains the epoch, evaluates. Any number of threads may do so at once. */
int setup_train(const setup *s, const training *t, training_result *out, bnn_error *err);

#endif
