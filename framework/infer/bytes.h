/* bytes.h - the bytes of a model file on their way in, none of them trusted. Private to infer/.
 *
 * The first failure sticks: from then on every read gives zeros or NULL, so that callers ask once,
 * in the end. What is read lives in the arena. */
#ifndef BNN_INFER_BYTES_H
#define BNN_INFER_BYTES_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct bnn_bytes {
    const uint8_t *bytes;
    size_t at, end;
    const char *name; /* of the file, for messages */
    bnn_arena *arena;
    bnn_error *err;
    int status; /* BNN_OK so far, or why not */
} bnn_bytes;

/* Whether all is well so far and `holds` is true; if not, the file is wrong, with the place: "NAME:
 * byte N: what". */
bool bnn_bytes_need(bnn_bytes *r, bool holds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Memory of the arena, or NULL. */
void *bnn_bytes_alloc(bnn_bytes *r, size_t n, size_t size);

/* The next n bytes, or NULL. */
const uint8_t *bnn_bytes_take(bnn_bytes *r, uint64_t n);

/* A little-endian number of 1 to 4 bytes; and the next one. */
static inline uint32_t bnn_bytes_little(const uint8_t *bytes, uint32_t n)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < n; i++)
        value |= (uint32_t)bytes[i] << 8 * i;
    return value;
}
uint32_t bnn_bytes_number(bnn_bytes *r, uint32_t n_bytes);
uint32_t bnn_bytes_u32(bnn_bytes *r);

/* A text; "" after a failure. */
const char *bnn_bytes_text(bnn_bytes *r);

/* n floats. */
const float *bnn_bytes_floats(bnn_bytes *r, uint64_t n);

/* A bitmap of rows without gaps: sets bits in row_words words for each row. */
void bnn_bytes_bits(bnn_bytes *r, uint64_t rows, size_t row_bits, size_t row_words,
                    uint64_t *words);

/* A bitmap of n bits: sets `flag` in those of flags[n] that it has. */
void bnn_bytes_flags(bnn_bytes *r, uint32_t n, uint8_t flag, uint8_t *flags);

#endif
