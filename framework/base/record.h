/* record.h - what a run reports: plain values, no pointers, so that a record can cross a queue
 * or a pipe. The trainer knows neither files nor databases; it calls a function with these. */
#ifndef BNN_BASE_RECORD_H
#define BNN_BASE_RECORD_H

#include <stdint.h>

enum {
    BNN_NAME_MAX = 48,
    BNN_PREDICTIONS_MAX = 160, /* of one record, so that it is not larger than others */
};

typedef enum bnn_record_kind {
    BNN_RECORD_METRIC = 1,       /* a value of an epoch (epoch from 1), or of the run (epoch 0) */
    BNN_RECORD_TIMING = 2,       /* a duration */
    BNN_RECORD_LAYER = 3,        /* the size of one layer */
    BNN_RECORD_FILE = 4,         /* a file in the run's folder */
    BNN_RECORD_BEGIN = 5,        /* the first of an attempt: where it goes on */
    BNN_RECORD_LAYER_METRIC = 6, /* a value of a layer after an epoch */
    BNN_RECORD_PREDICTIONS = 7,  /* the classes of some test images, in their order */
} bnn_record_kind;

/* Metrics of an epoch: train_loss, train_accuracy, validation_loss, validation_accuracy,
 * learning_rate, seconds. Of a run: best_epoch, test_accuracy and test_loss (of the epoch that is
 * kept: the one with the best validation accuracy, or the last), last_test_accuracy, last_test_loss,
 * validation_accuracy (of the epoch that is kept); last_epoch, of runs that may end early; mismatches and max_logit_difference: test images to which the model file gives another
 * class than training, and by how much the logits differ. Accuracies are fractions in [0,1]. Values
 * may be NaN or infinite. */
typedef struct bnn_metric_record {
    char name[BNN_NAME_MAX];
    uint32_t epoch;
    double value;
} bnn_metric_record;

/* Phases: train_epoch (rep: the epoch), evaluate (one pass over the test set), inference_1 and
 * inference_64 (nanoseconds per image at that batch; rep: the repetition). */
typedef struct bnn_timing_record {
    char phase[BNN_NAME_MAX];
    uint32_t rep;
    uint64_t wall_ns;
    uint64_t cpu_ns;
} bnn_timing_record;

typedef struct bnn_layer_record {
    uint32_t index;
    char layer[BNN_NAME_MAX]; /* "conv2d_1" */
    char kind[BNN_NAME_MAX];  /* the plugin: "conv2d" */
    uint64_t n_parameters;    /* trained values */
    uint64_t bits;            /* of the deployed layer */
    uint64_t float32_bytes;   /* 4 bytes for each value the layer needs in inference */
    uint64_t packed_bytes;    /* bits in whole bytes */
    uint64_t macs;            /* multiply-accumulates per image */
    int32_t binary_weights, binary_inputs;
} bnn_layer_record;

/* What telemetry measures; db/README.md has its names. */
typedef struct bnn_layer_metric_record {
    char layer[BNN_NAME_MAX]; /* "conv2d_1", "sign_2" */
    char name[BNN_NAME_MAX];  /* "flips" */
    uint32_t ordinal;         /* of the operation in the network, from 0 */
    uint32_t epoch;           /* from 1 */
    double bin;               /* of a histogram; NaN: none */
    double value;             /* finite */
} bnn_layer_metric_record;

typedef struct bnn_file_record {
    char kind[BNN_NAME_MAX]; /* "model", "weights" */
    char name[BNN_NAME_MAX]; /* in the folder */
    uint64_t n_bytes;
    char sha256[65]; /* of the content, in hexadecimal */
} bnn_file_record;

/* The classes that the trained network gives to test images; every image's, record by record. */
typedef struct bnn_predictions_record {
    uint32_t first;                       /* image, from 0 */
    uint32_t n;                           /* images, from 1 */
    uint8_t classes[BNN_PREDICTIONS_MAX]; /* [n] */
} bnn_predictions_record;

typedef struct bnn_record {
    bnn_record_kind kind;
    union {
        bnn_metric_record metric;
        bnn_timing_record timing;
        bnn_layer_record layer;
        bnn_layer_metric_record layer_metric;
        bnn_file_record file;
        bnn_predictions_record predictions;
        uint32_t resumed_epoch; /* full epochs that earlier attempts had done */
    };
} bnn_record;

#endif
