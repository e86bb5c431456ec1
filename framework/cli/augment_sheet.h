/* augment_sheet.h - what train.augment makes of images, as a picture. */
#ifndef BNN_CLI_AUGMENT_SHEET_H
#define BNN_CLI_AUGMENT_SHEET_H

#include "data/dataset.h"

enum { CLI_SHEET_EPOCHS = 9, CLI_SHEET_CLASSES = 20 };

/* Writes a PNG with a row for each class, the first CLI_SHEET_CLASSES at the most: its first training
 * image, and what that is in the first epochs of seed 1. map: of train.augment, as in a spec, or none.
 * Images are grey or of three channels. */
int cli_augment_sheet(const bnn_dataset *data, const char *map, const char *path, bnn_arena *arena,
                      bnn_error *err);

#endif
