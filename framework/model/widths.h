/* widths.h - the section model.quantize: which form the weights of a block have, and in front of which blocks a sign
 * stands. Private to model/. */
#ifndef BNN_MODEL_WIDTHS_H
#define BNN_MODEL_WIDTHS_H

#include "model/options.h"

/* Keys of a bnn_quantize. */
extern const bnn_section bnn_quantize_section;

/* Settles the section once the blocks are known, and what `binarize` makes of them: whether it makes any weights latent, or puts any signs; what it says in
 * vain of all blocks is cleared, or said for what it is, so that equal networks have equal settings. node: the model
 * section, or NULL. Mistakes of it go to the reader's diag. */
void bnn_widths_finish(const bnn_reader *r, const bnn_node *node, bnn_model_options *model);

/* What the section makes of block i: the form of its weights, NULL for floats; whether a sign is asked for; or which
 * quantizer, NULL for none. */
const bnn_use *bnn_widths_form(const bnn_model_options *model, uint32_t i);
bool bnn_widths_ask_sign(const bnn_model_options *model, uint32_t i);
const bnn_use *bnn_widths_quantizer(const bnn_model_options *model, uint32_t i);

/* ---- for idle.c ---- */

typedef enum bnn_width_of { BNN_WIDTH_OF_WEIGHTS = 0, BNN_WIDTH_OF_ACTIVATIONS = 1 } bnn_width_of;

/* What stands at each place of the section, NULL behind the last; *key: "", "first", or the name of a layer. */
const bnn_width *bnn_width_at(const bnn_quantize *quantize, uint32_t place, const char **key);

/* Whether any block would be another without what a width says of weights, or of activations. */
bool bnn_width_acts(const bnn_model_options *model, const bnn_width *width, bnn_width_of what);

#endif
