/* weights.h - the trained tensors of a network as a safetensors file.
 *
 * The format is a length (u64, little-endian), a JSON object that says name, type, shape and place
 * of every tensor, and their bytes (https://github.com/huggingface/safetensors): PyTorch and NumPy
 * read it with the package of that name. A tensor is called "conv2d_1.weight", is float32 and has
 * the shape of <bnn/plugin.h> without its last dimensions of 1. Binary weights are the latent
 * ones; their signs act. */
#ifndef BNN_MODEL_WEIGHTS_H
#define BNN_MODEL_WEIGHTS_H

#include "model/network.h"

/* Writes every tensor of the network, running statistics too, atomically. The same tensors give
 * the same bytes. */
int bnn_weights_write(const bnn_network *network, const char *path, bnn_error *err);

/* Puts the tensors of a file into the network, whose shapes they must have; the caller binarizes.
 * The file is trusted in nothing. BNN_E_RESOURCE and "PATH: what is wrong"; the network is
 * unchanged then. */
int bnn_weights_read(bnn_network *network, const char *path, bnn_error *err);

/* The same of another network's file: what both have. Tensors that the file does not have stay as they
 * are; those that it has must have the network's shape. */
int bnn_weights_take(bnn_network *network, const char *path, bnn_error *err);

#endif
