/* size.h - what a trained network weighs, as float32 and as bits. */
#ifndef BNN_MODEL_SIZE_H
#define BNN_MODEL_SIZE_H

#include "base/record.h"
#include "model/network.h"

/* The size of op i, its index aside. Binary weights count 1 bit. A batch norm between a binary linear operation on
 * binary inputs and the next sign folds into an integer threshold and a direction per channel:
 * 16 + 1 bits; one in front of a sign but behind real sums keeps a float threshold and a
 * direction: 32 + 1; any other keeps scale and shift: 64. Everything else counts 32 bits a value.
 * False for ops without values (signs, pools). */
bool bnn_network_layer_size(const bnn_network *network, uint32_t i, bnn_layer_record *out);

#endif
