/* kernels.h - the numeric loops, one source built for several instruction sets, chosen at start.
 *
 * The table itself is `bnn_kernels` in <bnn/plugin.h>, since plugins call it. Every table gives the
 * same bits: lanes and order of summation are defined by the source, every multiply-add is fused. */
#ifndef BNN_KERNELS_KERNELS_H
#define BNN_KERNELS_KERNELS_H

#include "base/error.h"

#include <bnn/plugin.h>

/* The table for this machine: the widest it can run, or the one that BNN_CPU names (simd/cpu.h).
 * NULL with a message when that is not built in or the machine cannot run it. */
const bnn_kernels *bnn_kernels_choose(bnn_error *err);

/* A table by name, or NULL when it is not built in or cannot run here. */
const bnn_kernels *bnn_kernels_find(const char *name);

#endif
