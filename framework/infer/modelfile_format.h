/* modelfile_format.h - what writer and reader of model files share. */
#ifndef BNN_INFER_MODELFILE_FORMAT_H
#define BNN_INFER_MODELFILE_FORMAT_H

#include "infer/model.h"

/* As in PNG: not ASCII, and line endings that a transfer as text would change. */
static const uint8_t file_magic[8] = {0x89, 'B', 'N', 'N', 0x0d, 0x0a, 0x1a, 0x0a};

enum { FILE_SIZE_AT = 12, FILE_CHECKSUM_AT = 16, FILE_HEADER_BYTES = 20 };
enum { FILE_NONE = 0, FILE_CONV2D = 1, FILE_DENSE = 2 };
enum { FILE_BINARY_WEIGHTS = 1, FILE_BIAS = 2, FILE_FOLDED = 4 };

static inline size_t bitmap_bytes(size_t n)
{
    return (n + 7) / 8;
}

/* The fewest bytes, 1, 2 or 4, that hold each of n thresholds. */
static inline uint32_t threshold_bytes(const int32_t *threshold, uint32_t n)
{
    uint32_t bytes = 1;
    for (uint32_t i = 0; i < n; i++) {
        const int32_t t = threshold[i];
        if (t < INT16_MIN || t > INT16_MAX)
            return 4;
        if (t < INT8_MIN || t > INT8_MAX)
            bytes = 2;
    }
    return bytes;
}

/* Bytes of a stage in the file. */
size_t bnn_modelfile_stage_bytes(const bnn_stage *stage);

#endif
