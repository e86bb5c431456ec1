/* epochs.h - what was measured of a run after each epoch, as rows. */
#ifndef BNN_CLI_EPOCHS_H
#define BNN_CLI_EPOCHS_H

#include <jansson.h>

/* Of the rows of run_epochs.sql, which come epoch by epoch: an object an epoch, of its values by the names of
 * metrics, "epoch" the first. Released by the caller. */
json_t *cli_epochs_pivot(const json_t *rows);

#endif
