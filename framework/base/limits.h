/* limits.h - how far arenas may grow. Bounds on what a hostile file or a mistake can ask for, far
 * above what sound ones need: a spec's configs take kilobytes each, LeNet-5 in training 17 MB. */
#ifndef BNN_BASE_LIMITS_H
#define BNN_BASE_LIMITS_H

#include <stddef.h>

/* Texts and descriptions: plugins' names, the catalogue, what is said about a run or a network. */
#define BNN_SMALL_LIMIT_BYTES ((size_t)64 << 20)

/* A spec and its configs, at most as many as a sweep may have runs. */
#define BNN_SPEC_LIMIT_BYTES ((size_t)2 << 30)

/* A network in training, with its gradients and the optimizer's slots. */
#define BNN_NETWORK_LIMIT_BYTES ((size_t)4 << 30)

/* A model that is loaded, run, checked or exported: a file of the greatest size, unpacked, as the
 * engine wants it, with its weights as floats. */
#define BNN_MODEL_LIMIT_BYTES ((size_t)16 << 30)

#endif
