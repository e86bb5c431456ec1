#include "infer/bytes.h"

#include "infer/modelfile.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool bnn_bytes_need(bnn_bytes *r, bool holds, const char *format, ...)
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

void *bnn_bytes_alloc(bnn_bytes *r, size_t n, size_t size)
{
    if (r->status != BNN_OK)
        return NULL;
    void *out = bnn_arena_alloc(r->arena, n, size);
    if (out == NULL)
        r->status = bnn_no_memory(r->err);
    return out;
}

const uint8_t *bnn_bytes_take(bnn_bytes *r, uint64_t n)
{
    const size_t left = r->end - r->at;
    if (!bnn_bytes_need(r, n <= left, "ends %llu bytes too early", (unsigned long long)(n - left)))
        return NULL;
    const uint8_t *out = r->bytes + r->at;
    r->at += (size_t)n;
    return out;
}

uint32_t bnn_bytes_number(bnn_bytes *r, uint32_t n_bytes)
{
    const uint8_t *bytes = bnn_bytes_take(r, n_bytes);
    return bytes == NULL ? 0 : bnn_bytes_little(bytes, n_bytes);
}

uint32_t bnn_bytes_u32(bnn_bytes *r)
{
    return bnn_bytes_number(r, 4);
}

const char *bnn_bytes_text(bnn_bytes *r)
{
    const uint32_t n = bnn_bytes_number(r, 2);
    const uint8_t *bytes = bnn_bytes_take(r, n);
    char *text = bytes == NULL ? NULL : bnn_bytes_alloc(r, (size_t)n + 1, 1);
    if (text == NULL)
        return "";
    memcpy(text, bytes, n);
    bnn_bytes_need(r, strlen(text) == n && bnn_model_text_is_clean(text),
                   "a text has control characters");
    return text;
}

const float *bnn_bytes_floats(bnn_bytes *r, uint64_t n)
{
    const uint8_t *bytes = bnn_bytes_take(r, 4 * n);
    float *out = bytes == NULL ? NULL : bnn_bytes_alloc(r, (size_t)n, sizeof *out);
    for (size_t i = 0; out != NULL && i < n; i++) {
        const uint32_t word = bnn_bytes_little(bytes + 4 * i, 4);
        memcpy(&out[i], &word, sizeof word);
    }
    return out;
}

/* The next n bits, or NULL; unused ones of the last byte must be 0. */
static const uint8_t *bytes_bitmap(bnn_bytes *r, uint64_t n)
{
    const uint8_t *bytes = bnn_bytes_take(r, bnn_modelfile_bitmap_bytes(n));
    if (bytes != NULL)
        bnn_bytes_need(r, n % 8 == 0 || bytes[n / 8] >> n % 8 == 0, "unused bits are set");
    return bytes;
}

void bnn_bytes_bits(bnn_bytes *r, uint64_t rows, size_t row_bits, size_t row_words, uint64_t *words)
{
    const uint8_t *bytes = bytes_bitmap(r, rows * row_bits);
    size_t at = 0;
    for (size_t row = 0; bytes != NULL && words != NULL && row < rows; row++)
        for (size_t i = 0; i < row_bits; i++, at++)
            words[row * row_words + i / 64] |= (uint64_t)(bytes[at / 8] >> at % 8 & 1) << i % 64;
}

void bnn_bytes_flags(bnn_bytes *r, uint32_t n, uint8_t flag, uint8_t *flags)
{
    const uint8_t *bytes = bytes_bitmap(r, n);
    for (uint32_t i = 0; bytes != NULL && flags != NULL && i < n; i++)
        flags[i] |= bytes[i / 8] >> i % 8 & 1 ? flag : 0;
}
