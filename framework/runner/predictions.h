/* predictions.h - what a run takes each image of its test set for, on its way to the database: sent as
 * records, put together again, and given to the store as a whole. */
#ifndef BNN_RUNNER_PREDICTIONS_H
#define BNN_RUNNER_PREDICTIONS_H

#include "base/arena.h"
#include "base/record.h"
#include "data/dataset.h"
#include "db/store.h"
#include "infer/model.h"
#include "model/network.h"

/* The classes that a deployed model, or a binarized network, gives to images: [images->n], in the arena. */
int bnn_predictions_of_model(const bnn_model *model, const bnn_images *images, bnn_arena *arena,
                             uint8_t **out_classes, bnn_error *err);
int bnn_predictions_of_network(bnn_network *network, const bnn_images *images, bnn_arena *arena,
                               uint8_t **out_classes, bnn_error *err);

/* What has come in so far of an attempt. Zero: nothing is wanted. */
typedef struct bnn_predictions {
    uint32_t n, n_known; /* images of the test set, and of them the first that are known */
    uint8_t *classes;    /* [n] */
} bnn_predictions;

/* Sends the classes of n images. */
void bnn_predictions_send(const uint8_t *classes, uint32_t n,
                          void (*record)(void *context, const bnn_record *record), void *context);

/* Takes what a record says. One that is not the next is left out, and then they never are whole: it may
 * come from a run that a plugin has damaged. */
void bnn_predictions_take(bnn_predictions *predictions, const bnn_predictions_record *record);

/* All of them, for the store, which borrows them and the data. False when some are missing. */
bool bnn_predictions_gather(const bnn_predictions *predictions, const bnn_dataset *data,
                            bnn_store_predictions *out);

#endif
