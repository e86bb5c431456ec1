/* modelfile_decode.h - a model from its file (modelfile.h). */
#ifndef BNN_INFER_MODELFILE_DECODE_H
#define BNN_INFER_MODELFILE_DECODE_H

#include "infer/model.h"

/* Whether n bytes begin as a model file does: with the whole magic. */
bool bnn_modelfile_begins(const uint8_t *bytes, size_t n);

/* Reads a model. bytes are trusted in nothing: every count is checked against what is there before
 * it is used. `name` is for messages. The model lives in the arena and keeps nothing of bytes.
 * BNN_E_RESOURCE and "NAME: byte N: what is wrong" for a bad file. */
int bnn_modelfile_decode(const void *bytes, size_t n, const char *name, bnn_arena *arena,
                         bnn_model **out, bnn_error *err);
int bnn_modelfile_read(const char *path, bnn_arena *arena, bnn_model **out, bnn_error *err);

#endif
