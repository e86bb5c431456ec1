/* modelfile.h - `.bnn`, the model as a file of bits.
 *
 * Little-endian, without padding between fields. u8, u16, u32, i8, i16, i32: integers; f32: IEEE
 * 754 binary32; text: u16 length, then that many bytes, see bnn_metadata; bitmap(n): (n + 7) / 8
 * bytes, element i in bit i % 8 of byte i / 8, unused bits 0.
 *
 *   header     magic          8 bytes: 89 42 4e 4e 0d 0a 1a 0a
 *              version        u32: 1
 *              size           u32: bytes in the whole file
 *              checksum       u32: CRC-32 (that of zlib and PNG) of all bytes behind it
 *   model      input          u32 channels, height, width
 *              classes        u32
 *              metadata       u32 count, then for each: text key, text value
 *              stages         u32 count, then for each the following
 *   stage      size           u32: bytes of this stage, this field included
 *              name           text
 *              linear         u8: 0 none, 1 conv2d, 2 dense
 *              inputs,outputs u8, u8: 0 pixels, 1 bits, 2 floats
 *              flags          u8: 1 binary weights, 2 bias, 4 folded
 *              float values   u32: see bnn_stage
 *     conv2d   geometry       u32 kernel, stride, padding; i8 pad value
 *     linear   channels       u32
 *              weights        bitmap(channels * taps), 1 is +1; or f32 each
 *              bias           f32 each, with flag 2
 *     folded   pool           u32 window (0: none); then, unless none, u32 stride
 *              flipped, and, table   bitmap(channels) each
 *              threshold      u8 bytes of one (1, 2, 4); then i8, i16 or i32 for each channel
 *              tables         bitmap(size of a table) for each channel that has one
 *     else     chain          u8 count, then for each: u8 type (bnn_lower_op), text name, and
 *                             affine: f32 factors, f32 offsets; slope: f32 factors;
 *                             clamp: f32 low, high; pools: u32 window, stride
 *
 * Shapes are not stored but follow from the input; they must fit. Nothing may follow the last
 * stage. Threshold bytes are the fewest that hold all thresholds of the stage. */
#ifndef BNN_INFER_MODELFILE_H
#define BNN_INFER_MODELFILE_H

#include "infer/model.h"

enum { BNN_MODELFILE_VERSION = 1 };
#define BNN_MODELFILE_LIMIT_BYTES ((size_t)1 << 30)

/* Size of a model's file; and the file itself into bytes[size]. A model in memory is trusted. */
size_t bnn_modelfile_bytes(const bnn_model *model);
void bnn_modelfile_encode(const bnn_model *model, uint8_t *bytes);

/* Writes the file, atomically. */
int bnn_modelfile_write(const bnn_model *model, const char *path, bnn_error *err);

/* Whether n bytes begin as a model file does: with the whole magic. */
bool bnn_modelfile_begins(const uint8_t *bytes, size_t n);

/* Reads a model. bytes are trusted in nothing: every count is checked against what is there before
 * it is used. `name` is for messages. The model lives in the arena and keeps nothing of bytes.
 * BNN_E_RESOURCE and "NAME: byte N: what is wrong" for a bad file. */
int bnn_modelfile_decode(const void *bytes, size_t n, const char *name, bnn_arena *arena,
                         bnn_model **out, bnn_error *err);
int bnn_modelfile_read(const char *path, bnn_arena *arena, bnn_model **out, bnn_error *err);

/* Corrects the checksum of a file in memory, for tests that damage what is behind it. */
void bnn_modelfile_seal(uint8_t *bytes, size_t n);

/* What a stage weighs in the file; all in bytes unless they say bits. */
typedef struct bnn_stage_size {
    uint64_t n_weights, n_biases;
    uint32_t bits_of_weight;  /* 1 or 32 */
    uint64_t weight_bytes;    /* as they are in the file */
    uint32_t weight_pad_bits; /* unused bits in the last byte of binary weights */
    uint64_t bias_bytes;
    uint32_t n_thresholds, threshold_bits; /* folded: 8, 16 or 32 each */
    uint64_t threshold_bytes;
    uint32_t n_flipped, n_and, n_constant, n_tables; /* folded: channels of each kind */
    uint64_t rule_bytes;                             /* the three bitmaps of a folded stage */
    uint32_t rule_pad_bits;
    uint64_t table_bytes;
    uint32_t table_pad_bits;
    uint64_t chain_bytes;   /* float values of the chain */
    uint64_t header_bytes;  /* name, geometry, counts: the rest */
    uint64_t bytes;         /* of the stage, the sum of all the above */
    uint64_t float32_bytes; /* what the same stage needs in floats: 4 * n_float_values */
    uint64_t macs_binary;   /* bits times bits */
    uint64_t macs_integer;  /* bits times 8-bit pixels */
    uint64_t macs_float;
} bnn_stage_size;
void bnn_modelfile_stage_size(const bnn_model *model, uint32_t i, bnn_stage_size *out);

/* Bytes of the file that belong to no stage: header, input, metadata. */
size_t bnn_modelfile_head_bytes(const bnn_model *model);

#endif
