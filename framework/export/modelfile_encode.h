/* modelfile_encode.h - a model as its file (infer/modelfile.h). A model in memory is trusted. */
#ifndef BNN_EXPORT_MODELFILE_ENCODE_H
#define BNN_EXPORT_MODELFILE_ENCODE_H

#include "infer/model.h"

/* The file of a model into bytes[size], unless that is NULL; returns its size. */
size_t bnn_modelfile_encode(const bnn_model *model, uint8_t *bytes);

/* Writes the file, atomically. */
int bnn_modelfile_write(const bnn_model *model, const char *path, bnn_error *err);

/* The version of the format in which it is written: that of the file it was read from, else the oldest that can say
 * what it has. */
uint32_t bnn_modelfile_version(const bnn_model *model);

/* Bytes of the file that belong to no stage: header, input, metadata; and those of a stage. */
size_t bnn_modelfile_head_bytes(const bnn_model *model);
size_t bnn_modelfile_stage_bytes(const bnn_model *model, uint32_t i);

/* Bytes of the file without the texts in it: what a device needs, which has no use for names and metadata. */
size_t bnn_modelfile_bare_bytes(const bnn_model *model);

/* Of a stage, those of its net of gates. */
size_t bnn_modelfile_logic_bytes(const bnn_model *model, uint32_t i);

/* Whether the file has the weights of a stage as digits of codes. */
bool bnn_modelfile_has_codes(const bnn_model *model, uint32_t i);

/* Corrects the checksum of a file in memory, for tests that damage what is behind it. */
void bnn_modelfile_seal(uint8_t *bytes, size_t n);

#endif
