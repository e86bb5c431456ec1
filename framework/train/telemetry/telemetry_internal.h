/* telemetry_internal.h - the memory of telemetry, and its parts. */
#ifndef BNN_TRAIN_TELEMETRY_INTERNAL_H
#define BNN_TRAIN_TELEMETRY_INTERNAL_H

#include "infer/op.h"
#include "train/telemetry/telemetry.h"

/* What is measured of an operation; each is one value, a histogram several. */
typedef enum bnn_quantity {
    BNN_QUANTITY_FLIPS,
    BNN_QUANTITY_NEVER_FLIPPED,
    BNN_QUANTITY_HISTOGRAM,
    BNN_QUANTITY_MASKED,
    BNN_QUANTITY_BALANCE,
    BNN_QUANTITY_SATURATION,
    BNN_QUANTITY_DEAD,
    BNN_QUANTITY_NORM_NEGATIVE,
    BNN_QUANTITY_NORM_ZERO,
    BNN_QUANTITY_GRADIENT_NORM,
    BNN_QUANTITY_GRADIENT_COSINE,
    BNN_QUANTITY_HARDENING,
    BNN_QUANTITY_SOFT_ACCURACY,
    BNN_QUANTITIES,
} bnn_quantity;

/* Bins of a histogram: one around 0, and BNN_BINS_OF_SIGN on each side, each twice as wide as the one
 * before; the outermost are all the rest. */
enum { BNN_BINS_OF_SIGN = 9, BNN_BINS = 2 * BNN_BINS_OF_SIGN + 1 };

/* Of an operation, in the epoch under way; kept in checkpoints. */
typedef struct bnn_telemetry_sums {
    uint64_t flips;
    uint64_t arrived, passed; /* gradients that were not zero in front of the STE, and behind it */
    double norms;             /* of its gradient, over n_norms steps */
    uint64_t n_norms;
} bnn_telemetry_sums;

/* What a sign did, over images, positions and channels. */
typedef struct bnn_telemetry_seen {
    uint64_t n, n_positive, n_saturated;
} bnn_telemetry_seen;

/* Sums over weights and batches that were drawn: of the STE's slope and the true one. */
typedef struct bnn_telemetry_slopes {
    double product, ste, truth;
} bnn_telemetry_slopes;

#define BNN_NORM_SCALE "scale" /* how norms call the tensor that they multiply with */

struct bnn_telemetry {
    uint32_t set;   /* of bnn_telemetry_topic */
    bool looking;   /* in this step */
    uint32_t n_ops; /* of the network */
    uint32_t n_values;
    uint32_t (*first)[BNN_QUANTITIES]; /* [n_ops]: where its values are, if it has any */
    bnn_network_probe probe;
    uint8_t **codes;  /* [n_parameters]: NULL for what is not binary, see telemetry_weights.c */
    float *states;    /* room for all states of the network */
    uint32_t *images; /* [lanes]: a batch that is drawn */
    bnn_telemetry_seen *seen; /* [n_ops] */
    uint64_t (*channels)[2];  /* [n_channels] of all operations: values above 0, and others */
    size_t n_channels;
    bnn_telemetry_slopes *slopes; /* [n_ops] */
    double *cosines;              /* [n_ops] */
    uint64_t *hardened;           /* [n_ops]: outputs of gates whose number is on the other side */
    uint8_t *bits;                /* of gates, to a batch; NULL: hardening is not measured */
    size_t n_bytes;               /* of the block that checkpoints keep, whose parts these are: */
    bnn_telemetry_sums *sums;     /* [n_ops] */
    double *values;               /* [epochs][n_values]; NaN: none */
    uint8_t *all_codes;
};

/* Where the values of a quantity of operation i go in the epoch under way; NULL: it is not measured. */
double *bnn_telemetry_values(const bnn_session *session, uint32_t i, bnn_quantity quantity);

/* How many tensors the operation has, with those of its form. */
static inline uint32_t bnn_telemetry_tensors(const bnn_network_op *op)
{
    return op->plan.n_tensors + op->form.n_tensors;
}

/* Whether the operation has such a thing. */
bool bnn_quantity_applies(const bnn_network_op *op, bnn_quantity quantity);

/* Sets a value to part / whole, where it is measured and there is a whole. */
void bnn_telemetry_put(const bnn_session *session, uint32_t i, bnn_quantity quantity, double part,
                       double whole);

/* The bound of a bin that is nearer to 0. */
double bnn_bin_bound(uint32_t bin);

/* ---- telemetry_weights.c ---- */

/* Compares binary weights with what they were: how many differ now. codes: what they were, and
 * whether they ever changed; updated. */
uint64_t bnn_count_flips(size_t n, const float *acting, uint8_t *codes);
enum { BNN_CODE_FLIPPED = 4 }; /* the bit in a code */

/* Adds to counts[BNN_BINS]. */
void bnn_count_bins(size_t n, const float *x, uint64_t *counts);

uint64_t bnn_count_nonzero(size_t n, const float *x);

/* In the first step of a run, in each, and at the end of an epoch. */
void bnn_telemetry_begin_weights(bnn_session *session);
void bnn_telemetry_count_flips(bnn_session *session);
void bnn_telemetry_add_norms(bnn_session *session);
void bnn_telemetry_end_weights(bnn_session *session);

/* ---- telemetry_activations.c ---- */

void bnn_telemetry_end_activations(bnn_session *session);

/* The images that are held out; without any, the first of the others; at most 5,000. */
const uint32_t *bnn_telemetry_images(const bnn_session *session, uint32_t *n);

/* ---- telemetry_hardening.c ---- */

void bnn_telemetry_end_hardening(bnn_session *session);

/* ---- telemetry_mismatch.c ---- */

/* How much is drawn for an epoch's gradient_cosine. */
typedef struct bnn_mismatch_effort {
    uint32_t n_batches;
    uint32_t n_weights; /* of each layer, in each batch; all where there are fewer */
} bnn_mismatch_effort;

extern const bnn_mismatch_effort bnn_mismatch_usual;

/* Draws batch k of the epoch: the indices of n training images. */
void bnn_mismatch_draw_images(const bnn_session *session, uint32_t k, uint32_t n, uint32_t *out);

/* The cosine for each operation, into out[n_ops]; NaN: none. Leaves the session as it was, its
 * gradients aside. */
void bnn_mismatch_measure(bnn_session *session, const bnn_mismatch_effort *effort, double *out);

void bnn_telemetry_end_mismatch(bnn_session *session);

#endif
