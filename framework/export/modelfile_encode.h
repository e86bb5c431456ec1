/* modelfile_encode.h - a model as its file (infer/modelfile.h). A model in memory is trusted. */
#ifndef BNN_EXPORT_MODELFILE_ENCODE_H
#define BNN_EXPORT_MODELFILE_ENCODE_H

#include "infer/model.h"

/* Size of a model's file; and the file itself into bytes[size]. */
size_t bnn_modelfile_bytes(const bnn_model *model);
void bnn_modelfile_encode(const bnn_model *model, uint8_t *bytes);

/* Writes the file, atomically. */
int bnn_modelfile_write(const bnn_model *model, const char *path, bnn_error *err);

/* Bytes of the file that belong to no stage: header, input, metadata; and those of a stage. */
size_t bnn_modelfile_head_bytes(const bnn_model *model);
size_t bnn_modelfile_stage_bytes(const bnn_stage *stage);

/* Corrects the checksum of a file in memory, for tests that damage what is behind it. */
void bnn_modelfile_seal(uint8_t *bytes, size_t n);

#endif
