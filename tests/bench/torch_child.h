/* torch_child.h - PyTorch in a process of its own, that trains an epoch when it is told to. */
#ifndef BNN_BENCH_TORCH_CHILD_H
#define BNN_BENCH_TORCH_CHILD_H

#include "base/error.h"
#include "data/dataset.h"

#include <stdio.h>
#include <sys/types.h>

typedef struct torch_child {
    char python[256];
    char version[256]; /* of PyTorch; "" when there is none */
    char missing[256]; /* why there is none */
    pid_t pid;         /* 0: not running */
    FILE *to, *from;
} torch_child;

/* Starts the script lenet_torch.py on the images, which are written into the folder. Succeeds
 * without a version when Python cannot import torch. The caller stops it in any case; a zeroed one
 * may be stopped, too. */
int torch_child_start(torch_child *c, const bnn_images *images, size_t image_bytes,
                      const char *folder, bnn_error *err);
void torch_child_stop(torch_child *c);

/* Sends a line and reads the number behind the word in the answer: "train float 64 6000" is
 * answered by "seconds 0.71". */
int torch_child_ask(torch_child *c, const char *question, const char *word, double *out,
                    bnn_error *err);

#endif
