/* decoder.h - the bytes of a model file on their way in, none of them trusted. Private to infer/.
 *
 * The first failure sticks: from then on every read gives zeros or NULL, so that callers ask once, in the end. Every
 * count is checked against what is there before memory is taken for it. */
#ifndef BNN_INFER_DECODER_H
#define BNN_INFER_DECODER_H

#include "base/arena.h"

#include <stdbool.h>

typedef struct bnn_decoder {
    const uint8_t *bytes;
    size_t at, end;
    uint32_t version; /* of the file */
    const char *name; /* of the file, for messages */
    bnn_arena *arena; /* of what is read */
    bnn_error *err;
    int status; /* BNN_OK so far, or why not */
} bnn_decoder;

/* Whether all is well so far and `holds` is true; if not, the file is wrong, with the place: "NAME:
 * byte N: what". */
bool bnn_decoder_need(bnn_decoder *r, bool holds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void *bnn_decoder_alloc(bnn_decoder *r, size_t n, size_t size);

/* The next n bytes, or NULL. */
const uint8_t *bnn_decoder_take(bnn_decoder *r, uint64_t n);

/* A little-endian number of 1 to 4 bytes; and the next one; and a count, as the version has it. */
uint32_t bnn_decoder_little(const uint8_t *bytes, uint32_t n);
uint32_t bnn_decoder_number(bnn_decoder *r, uint32_t n_bytes);
uint32_t bnn_decoder_count(bnn_decoder *r);

const char *bnn_decoder_text(bnn_decoder *r);

/* n floats, one behind the other; and an array of n, as the version has it. */
const float *bnn_decoder_floats(bnn_decoder *r, uint64_t n);
const float *bnn_decoder_array(bnn_decoder *r, uint64_t n);

/* A bitmap of rows without gaps: sets bits in row_words words for each row. */
void bnn_decoder_bits(bnn_decoder *r, uint64_t rows, size_t row_bits, size_t row_words,
                      uint64_t *words);

/* A bitmap of n bits: sets `flag` in those of flags[n] that it has. */
void bnn_decoder_flags(bnn_decoder *r, uint32_t n, uint8_t flag, uint8_t *flags);

#endif
