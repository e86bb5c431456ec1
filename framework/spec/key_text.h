/* key_text.h - what help and the reference say of a key. */
#ifndef BNN_SPEC_KEY_TEXT_H
#define BNN_SPEC_KEY_TEXT_H

#include "spec/key.h"

enum { BNN_KEY_TEXT_BYTES = 256 };

/* What may be written: "auto, or an integer from 1 to 1024"; "constant, step or cosine". A plugin's
 * parameter is a key that has nothing but `param`. Returns out. */
const char *bnn_key_value_text(const bnn_key *key, char out[BNN_KEY_TEXT_BYTES]);

/* The default as it is written in a spec, or what it depends on; "" when nothing stands there. */
const char *bnn_key_default_text(const bnn_key *key, char out[BNN_KEY_TEXT_BYTES]);

/* What it means, and when it acts. */
const char *bnn_key_meaning_text(const bnn_key *key, char out[BNN_KEY_TEXT_BYTES]);

/* A condition (bnn_key.acts): "model.binarize.weights: true or ..."; cut to n bytes. */
void bnn_condition_text(const char *condition, char *out, size_t n);

/* "1 .. 1024" of a number or an integer, "a|b" of a choice, else "". */
const char *bnn_param_range_text(const bnn_param *param, char out[BNN_KEY_TEXT_BYTES]);

#endif
