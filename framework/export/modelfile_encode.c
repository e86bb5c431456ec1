#include "infer/modelfile.h"

#include "base/file.h"
#include "infer/modelfile_format.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Bytes on their way out; without a buffer they are only counted. */
typedef struct writer {
    uint8_t *bytes;
    size_t n;
} writer;

static void put(writer *w, uint8_t byte)
{
    if (w->bytes != NULL)
        w->bytes[w->n] = byte;
    w->n++;
}

static void put_little(writer *w, uint32_t value, uint32_t n_bytes)
{
    for (uint32_t i = 0; i < n_bytes; i++)
        put(w, (uint8_t)(value >> 8 * i));
}

static void put_u32(writer *w, uint32_t value)
{
    put_little(w, value, 4);
}

static void put_text(writer *w, const char *text)
{
    const size_t n = strlen(text);
    put_little(w, (uint32_t)n, 2);
    for (size_t i = 0; i < n; i++)
        put(w, (uint8_t)text[i]);
}

static void put_floats(writer *w, const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, &values[i], sizeof word);
        put_u32(w, word);
    }
}

/* A bitmap of rows of row_bits bits each, which stand in row_words words: the rows follow each
 * other without a gap. */
static void put_bits(writer *w, const uint64_t *words, size_t rows, size_t row_bits,
                     size_t row_words)
{
    uint32_t byte = 0, used = 0;
    if (w->bytes == NULL) {
        w->n += bitmap_bytes(rows * row_bits);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < row_bits; i++) {
            byte |= (uint32_t)(words[r * row_words + i / 64] >> i % 64 & 1) << used;
            if (++used == 8) {
                put(w, (uint8_t)byte);
                byte = used = 0;
            }
        }
    if (used > 0)
        put(w, (uint8_t)byte);
}

static void put_rules(writer *w, const uint8_t *rules, uint32_t n, uint8_t which)
{
    for (uint32_t i = 0; i < n; i += 8) {
        uint32_t byte = 0;
        for (uint32_t j = i; j < n && j < i + 8; j++)
            byte |= (rules[j] & which ? 1u : 0u) << (j - i);
        put(w, (uint8_t)byte);
    }
}

static void put_linear(writer *w, const bnn_stage *s)
{
    if (s->linear == BNN_LOWER_CONV2D) {
        put_u32(w, s->kernel);
        put_u32(w, s->stride);
        put_u32(w, s->padding);
        put(w, (uint8_t)s->pad_value);
    }
    put_u32(w, s->sums.c);
    if (s->binary_weights)
        put_bits(w, s->bits, s->sums.c, s->taps, s->row_words);
    else
        put_floats(w, s->weights, (size_t)s->sums.c * s->taps);
    if (s->bias != NULL)
        put_floats(w, s->bias, s->sums.c);
}

static void put_fold(writer *w, const bnn_stage *s)
{
    const bnn_fold *f = &s->fold;
    const uint32_t channels = s->sums.c;
    put_u32(w, f->pool);
    if (f->pool != 0)
        put_u32(w, f->pool_stride);
    put_rules(w, f->rule, channels, BNN_RULE_FLIPPED);
    put_rules(w, f->rule, channels, BNN_RULE_AND);
    put_rules(w, f->rule, channels, BNN_RULE_TABLE);
    const uint32_t bytes = threshold_bytes(f->threshold, channels);
    put(w, (uint8_t)bytes);
    for (uint32_t c = 0; c < channels; c++)
        put_little(w, (uint32_t)f->threshold[c], bytes);
    for (uint32_t t = 0; t < f->n_tables; t++)
        put_bits(w, f->tables + t * f->table_words, 1, f->table_size, f->table_words);
}

static void put_chain(writer *w, const bnn_stage *s)
{
    put(w, (uint8_t)s->n_chain);
    for (uint32_t i = 0; i < s->n_chain; i++) {
        const bnn_op *op = &s->chain[i];
        put(w, (uint8_t)op->type);
        put_text(w, op->name);
        if (op->factor != NULL)
            put_floats(w, op->factor, op->in.c);
        if (op->offset != NULL)
            put_floats(w, op->offset, op->in.c);
        if (op->type == BNN_LOWER_CLAMP) {
            put_floats(w, &op->low, 1);
            put_floats(w, &op->high, 1);
        }
        if (op->type == BNN_LOWER_MAXPOOL || op->type == BNN_LOWER_AVGPOOL) {
            put_u32(w, op->kernel);
            put_u32(w, op->stride);
        }
    }
}

static void put_stage_fields(writer *w, const bnn_stage *s)
{
    put_text(w, s->name);
    put(w, s->linear == BNN_LOWER_CONV2D  ? FILE_CONV2D
           : s->linear == BNN_LOWER_DENSE ? FILE_DENSE
                                          : FILE_NONE);
    put(w, (uint8_t)s->inputs);
    put(w, (uint8_t)s->outputs);
    put(w, (uint8_t)((s->binary_weights ? FILE_BINARY_WEIGHTS : 0) |
                     (s->bias != NULL ? FILE_BIAS : 0) | (s->folded ? FILE_FOLDED : 0)));
    put_u32(w, s->n_float_values);
    if (s->linear != BNN_LOWER_IDENTITY)
        put_linear(w, s);
    if (s->folded)
        put_fold(w, s);
    else
        put_chain(w, s);
}

size_t bnn_modelfile_stage_bytes(const bnn_stage *stage)
{
    writer counter = {0};
    put_stage_fields(&counter, stage);
    return 4 + counter.n;
}

static void put_head(writer *w, const bnn_model *model)
{
    for (size_t i = 0; i < FILE_HEADER_BYTES; i++)
        put(w, 0); /* filled in when the rest is known */
    put_u32(w, model->input.c);
    put_u32(w, model->input.h);
    put_u32(w, model->input.w);
    put_u32(w, model->n_classes);
    put_u32(w, model->n_metadata);
    for (uint32_t i = 0; i < model->n_metadata; i++) {
        put_text(w, model->metadata[i].key);
        put_text(w, model->metadata[i].value);
    }
    put_u32(w, model->n_stages);
}

size_t bnn_modelfile_head_bytes(const bnn_model *model)
{
    writer counter = {0};
    put_head(&counter, model);
    return counter.n;
}

size_t bnn_modelfile_bytes(const bnn_model *model)
{
    size_t n = bnn_modelfile_head_bytes(model);
    for (uint32_t i = 0; i < model->n_stages; i++)
        n += bnn_modelfile_stage_bytes(&model->stages[i]);
    return n;
}

void bnn_modelfile_seal(uint8_t *bytes, size_t n)
{
    if (n < FILE_HEADER_BYTES)
        return;
    writer w = {.bytes = bytes, .n = FILE_CHECKSUM_AT};
    put_u32(&w, (uint32_t)crc32(0, bytes + FILE_HEADER_BYTES, (uInt)(n - FILE_HEADER_BYTES)));
}

void bnn_modelfile_encode(const bnn_model *model, uint8_t *bytes)
{
    writer w = {.bytes = bytes};
    put_head(&w, model);
    for (uint32_t i = 0; i < model->n_stages; i++) {
        put_u32(&w, (uint32_t)bnn_modelfile_stage_bytes(&model->stages[i]));
        put_stage_fields(&w, &model->stages[i]);
    }
    const size_t n = w.n;
    memcpy(bytes, file_magic, sizeof file_magic);
    w.n = sizeof file_magic;
    put_u32(&w, BNN_MODELFILE_VERSION);
    put_u32(&w, (uint32_t)n);
    bnn_modelfile_seal(bytes, n);
}

int bnn_modelfile_write(const bnn_model *model, const char *path, bnn_error *err)
{
    const size_t n = bnn_modelfile_bytes(model);
    if (n > BNN_MODELFILE_LIMIT_BYTES)
        return bnn_fail(err, BNN_E_FAILED, "%s: a model of %zu bytes is over the limit of %zu",
                        path, n, BNN_MODELFILE_LIMIT_BYTES);
    uint8_t *bytes = malloc(n);
    if (bytes == NULL)
        return bnn_no_memory(err);
    bnn_modelfile_encode(model, bytes);
    const int status = bnn_file_write(path, bytes, n, err);
    free(bytes);
    return status;
}
