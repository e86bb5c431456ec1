/* chain.h - stages with a chain of float operations as C, and integer logits. Private to export/c/.
 *
 * A chain works on each channel by itself, so the function goes channel by channel and needs room
 * for the sums of one. A pool starts a new pass over the channel; operations between two pools are
 * applied to each value as it is made. */
#ifndef BNN_EXPORT_C_CHAIN_H
#define BNN_EXPORT_C_CHAIN_H

#include "export/c/writer.h"

/* Stage i: constants and function. */
void bnn_c_chain_stage(c_writer *w, uint32_t i);

#endif
