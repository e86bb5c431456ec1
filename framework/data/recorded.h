/* recorded.h - the data that a run used, found again by what they hold. The catalogue may have lost
 * its entry since, or call it otherwise, or mean other files by it. */
#ifndef BNN_DATA_RECORDED_H
#define BNN_DATA_RECORDED_H

#include "data/dataset.h"

typedef struct bnn_recorded_data {
    const bnn_data_options *options; /* path: where the files were, or NULL */
    const char *sha256;              /* of the bnn_dataset */
    bnn_shape shape;                 /* of an image */
    uint32_t n_classes;
} bnn_recorded_data;

/* Opens the data set that has the recorded SHA-256: by the entry of its name, by any other that means
 * the same files, or, for IDX files, by the files themselves, whatever they are called, in the folder
 * where they were and in those where data are looked for. Only then something is downloaded, when the
 * search allows it. Else BNN_E_RESOURCE, with what was looked at. */
int bnn_dataset_reopen(const bnn_recorded_data *recorded, const bnn_data_search *search,
                       bnn_dataset *out, bnn_error *err);

#endif
