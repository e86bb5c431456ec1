#include "infer/decoder.h"

#include "infer/modelfile.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool bnn_decoder_need(bnn_decoder *r, bool holds, const char *format, ...)
{
    char what[200];
    va_list args;
    if (r->status != BNN_OK || holds)
        return r->status == BNN_OK;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    r->status = bnn_fail(r->err, BNN_E_RESOURCE, "%s: byte %zu: %s", r->name, r->at, what);
    return false;
}

void *bnn_decoder_alloc(bnn_decoder *r, size_t n, size_t size)
{
    if (r->status != BNN_OK)
        return NULL;
    void *out = bnn_arena_alloc(r->arena, n, size);
    if (out == NULL)
        r->status = bnn_no_memory(r->err);
    return out;
}

const uint8_t *bnn_decoder_take(bnn_decoder *r, uint64_t n)
{
    const size_t left = r->end - r->at;
    if (!bnn_decoder_need(r, n <= left, "ends %llu bytes too early",
                          (unsigned long long)(n - left)))
        return NULL;
    const uint8_t *out = r->bytes + r->at;
    r->at += (size_t)n;
    return out;
}

uint32_t bnn_decoder_little(const uint8_t *bytes, uint32_t n)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < n; i++)
        value |= (uint32_t)bytes[i] << 8 * i;
    return value;
}

uint32_t bnn_decoder_number(bnn_decoder *r, uint32_t n_bytes)
{
    const uint8_t *bytes = bnn_decoder_take(r, n_bytes);
    return bytes == NULL ? 0 : bnn_decoder_little(bytes, n_bytes);
}

/* LEB128 in its shortest form: 7 bits a byte, the lowest first; the last has no 128. */
static uint32_t decoder_short(bnn_decoder *r)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < 5; i++) {
        const uint32_t byte = bnn_decoder_number(r, 1);
        value |= (uint64_t)(byte & 0x7f) << 7 * i;
        if (byte < 0x80) {
            bnn_decoder_need(r, (byte > 0 || i == 0) && value <= UINT32_MAX,
                             "a count of %u bytes that is too long or too large", i + 1);
            return r->status == BNN_OK ? (uint32_t)value : 0;
        }
    }
    bnn_decoder_need(r, false, "a count of more than 5 bytes");
    return 0;
}

uint32_t bnn_decoder_count(bnn_decoder *r)
{
    return r->version == 1 ? bnn_decoder_number(r, 4) : decoder_short(r);
}

const char *bnn_decoder_text(bnn_decoder *r)
{
    const uint32_t n = r->version == 1 ? bnn_decoder_number(r, 2) : decoder_short(r);
    const uint8_t *bytes = bnn_decoder_take(r, n);
    char *text = bytes == NULL ? NULL : bnn_decoder_alloc(r, (size_t)n + 1, 1);
    if (text == NULL)
        return "";
    memcpy(text, bytes, n);
    bnn_decoder_need(r, strlen(text) == n && bnn_model_text_is_clean(text),
                     "a text has control characters");
    return text;
}

const float *bnn_decoder_floats(bnn_decoder *r, uint64_t n)
{
    const uint8_t *bytes = bnn_decoder_take(r, 4 * n);
    float *out = bytes == NULL ? NULL : bnn_decoder_alloc(r, (size_t)n, sizeof *out);
    for (size_t i = 0; out != NULL && i < n; i++) {
        const uint32_t word = bnn_decoder_little(bytes + 4 * i, 4);
        memcpy(&out[i], &word, sizeof word);
    }
    return out;
}

/* One float for all, where they are equal, else each. */
const float *bnn_decoder_array(bnn_decoder *r, uint64_t n)
{
    if (r->version == 1)
        return bnn_decoder_floats(r, n);
    const uint32_t one = bnn_decoder_number(r, 1);
    bnn_decoder_need(r, one == 0 || (one == 1 && n <= BNN_MODELFILE_EQUAL_MAX),
                     "an array of kind %u", one);
    if (one == 0) {
        const float *each = bnn_decoder_floats(r, n);
        bnn_decoder_need(r, each == NULL || !bnn_modelfile_are_equal(each, n),
                         "%llu equal numbers, each by itself", (unsigned long long)n);
        return each;
    }
    const float *value = bnn_decoder_floats(r, 1);
    float *out = value == NULL ? NULL : bnn_decoder_alloc(r, (size_t)n, sizeof *out);
    for (size_t i = 0; out != NULL && i < n; i++)
        memcpy(&out[i], value, sizeof *value);
    return out;
}

/* The next n bits, or NULL; unused ones of the last byte must be 0. */
static const uint8_t *decoder_bitmap(bnn_decoder *r, uint64_t n)
{
    const uint8_t *bytes = bnn_decoder_take(r, bnn_modelfile_bitmap_bytes(n));
    if (bytes != NULL)
        bnn_decoder_need(r, n % 8 == 0 || bytes[n / 8] >> n % 8 == 0, "unused bits are set");
    return bytes;
}

void bnn_decoder_bits(bnn_decoder *r, uint64_t rows, size_t row_bits, size_t row_words,
                      uint64_t *words)
{
    const uint8_t *bytes = decoder_bitmap(r, rows * row_bits);
    size_t at = 0;
    for (size_t row = 0; bytes != NULL && words != NULL && row < rows; row++)
        for (size_t i = 0; i < row_bits; i++, at++)
            words[row * row_words + i / 64] |= (uint64_t)(bytes[at / 8] >> at % 8 & 1) << i % 64;
}

void bnn_decoder_flags(bnn_decoder *r, uint32_t n, uint8_t flag, uint8_t *flags)
{
    const uint8_t *bytes = decoder_bitmap(r, n);
    for (uint32_t i = 0; bytes != NULL && flags != NULL && i < n; i++)
        flags[i] |= bytes[i / 8] >> i % 8 & 1 ? flag : 0;
}
