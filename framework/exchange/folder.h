/* folder.h - a folder that is there as a whole, or not: it is filled beside its place and then renamed. Private
 * to exchange/. */
#ifndef BNN_EXCHANGE_FOLDER_H
#define BNN_EXCHANGE_FOLDER_H

#include "base/error.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct bnn_folder {
    char place[PATH_MAX]; /* where it will be, */
    char path[PATH_MAX];  /* and where it is until then: PLACE.exporting */
    int lock;             /* of that */
    size_t n_files;       /* that were ended */
    uint64_t n_bytes;
} bnn_folder;

/* Begins one that is nowhere yet. BNN_E_USAGE when there is anything of that name already, which stays as it
 * is. Ended by keep or drop. */
int bnn_folder_begin(const char *place, bnn_folder *out, bnn_error *err);

/* The names below are relative, as "metrics/train_loss", and nobody else's: no part is ".." or a link. Missing
 * folders are made, and a file must be new. */
int bnn_folder_make(bnn_folder *folder, const char *name, bnn_error *err);
int bnn_folder_path(bnn_folder *folder, const char *name, char out[PATH_MAX], bnn_error *err);
int bnn_folder_open(bnn_folder *folder, const char *name, FILE **out, bnn_error *err);

/* Closes a file of open, which was written to with this status; BNN_OK when all of it is there. Whatever it returns, the
 * file is closed. */
int bnn_folder_end(bnn_folder *folder, FILE *file, int status, bnn_error *err);

/* Counts a file that was made at a path of bnn_folder_path. */
int bnn_folder_count(bnn_folder *folder, const char *path, bnn_error *err);

/* open, write, end. */
int bnn_folder_add(bnn_folder *folder, const char *name, const void *bytes, size_t n,
                   bnn_error *err);

/* Makes all of it durable, and moves it to its place. Dropped when that fails. */
int bnn_folder_keep(bnn_folder *folder, bnn_error *err);
void bnn_folder_drop(bnn_folder *folder);

#endif
