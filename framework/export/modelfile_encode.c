#include "export/modelfile_encode.h"

#include "base/file.h"
#include "export/fold.h"
#include "infer/modelfile.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Bytes on their way out; without a buffer they are only counted. */
typedef struct encoder {
    uint8_t *bytes;
    size_t n;
} encoder;

static void encode_byte(encoder *w, uint8_t byte)
{
    if (w->bytes != NULL)
        w->bytes[w->n] = byte;
    w->n++;
}

static void encode_little(encoder *w, uint32_t value, uint32_t n_bytes)
{
    for (uint32_t i = 0; i < n_bytes; i++)
        encode_byte(w, (uint8_t)(value >> 8 * i));
}

static void encode_u32(encoder *w, uint32_t value)
{
    encode_little(w, value, 4);
}

static void encode_text(encoder *w, const char *text)
{
    const size_t n = strlen(text);
    encode_little(w, (uint32_t)n, 2);
    for (size_t i = 0; i < n; i++)
        encode_byte(w, (uint8_t)text[i]);
}

static void encode_floats(encoder *w, const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, &values[i], sizeof word);
        encode_u32(w, word);
    }
}

/* Bit i of a bitmap; unused ones of its last byte stay 0. */
static void encode_bit(encoder *w, size_t i, bool bit)
{
    if (i % 8 == 0)
        encode_byte(w, 0);
    if (w->bytes != NULL)
        w->bytes[w->n - 1] = (uint8_t)(w->bytes[w->n - 1] | bit << i % 8);
}

/* A bitmap of rows of row_bits bits each, which stand in row_words words: the rows follow each
 * other without a gap. */
static void encode_bits(encoder *w, const uint64_t *words, size_t rows, size_t row_bits,
                        size_t row_words)
{
    size_t at = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < row_bits; i++)
            encode_bit(w, at++, words[r * row_words + i / 64] >> i % 64 & 1);
}

static void encode_rules(encoder *w, const uint8_t *rules, uint32_t n, uint8_t which)
{
    for (uint32_t i = 0; i < n; i++)
        encode_bit(w, i, rules[i] & which);
}

/* What an operation has besides weights, by its row in op.c. */
static void encode_constants(encoder *w, const bnn_op *op)
{
    const uint32_t has = bnn_op_kind_of(op->type)->has;
    if (has & BNN_OP_FACTOR)
        encode_floats(w, op->factor, op->in.c);
    if (has & BNN_OP_OFFSET)
        encode_floats(w, op->offset, op->in.c);
    if (has & BNN_OP_RANGE) {
        encode_floats(w, &op->low, 1);
        encode_floats(w, &op->high, 1);
    }
    if (has & BNN_OP_WINDOW) {
        encode_u32(w, op->kernel);
        encode_u32(w, op->stride);
    }
    if (has & BNN_OP_PADDING) {
        encode_u32(w, op->padding);
        encode_byte(w, (uint8_t)(int8_t)op->pad_value);
    }
}

static void encode_linear(encoder *w, const bnn_stage *s)
{
    encode_constants(w, &s->op);
    encode_u32(w, s->op.out.c);
    if (s->op.binary_weights)
        encode_bits(w, s->bits, s->op.out.c, s->taps, s->row_words);
    else
        encode_floats(w, s->op.weight, (size_t)s->op.out.c * s->taps);
    if (s->op.bias != NULL)
        encode_floats(w, s->op.bias, s->op.out.c);
}

static void encode_fold(encoder *w, const bnn_stage *s)
{
    const bnn_fold *f = &s->fold;
    const uint32_t channels = s->op.out.c;
    encode_u32(w, f->pool);
    if (f->pool != 0)
        encode_u32(w, f->pool_stride);
    encode_rules(w, f->rule, channels, BNN_RULE_FLIPPED);
    encode_rules(w, f->rule, channels, BNN_RULE_AND);
    encode_rules(w, f->rule, channels, BNN_RULE_TABLE);
    const uint32_t bytes = bnn_modelfile_threshold_bytes(f->threshold, channels);
    encode_byte(w, (uint8_t)bytes);
    for (uint32_t c = 0; c < channels; c++)
        encode_little(w, (uint32_t)f->threshold[c], bytes);
    for (uint32_t t = 0; t < f->n_tables; t++)
        encode_bits(w, f->tables + t * f->table_words, 1, f->table_size, f->table_words);
}

static void encode_chain(encoder *w, const bnn_stage *s)
{
    encode_byte(w, (uint8_t)s->n_chain);
    for (uint32_t i = 0; i < s->n_chain; i++) {
        const bnn_op *op = &s->chain[i];
        encode_byte(w, (uint8_t)op->type);
        encode_text(w, op->name);
        encode_constants(w, op);
    }
}

static void encode_stage(encoder *w, const bnn_stage *s)
{
    encoder size = *w;
    encode_u32(w, 0); /* filled in when the rest is known */
    encode_text(w, s->op.name);
    encode_byte(w, (uint8_t)s->op.type);
    encode_byte(w, (uint8_t)s->inputs);
    encode_byte(w, (uint8_t)s->outputs);
    encode_byte(w, (uint8_t)((s->op.binary_weights ? BNN_MODELFILE_BINARY_WEIGHTS : 0) |
                             (s->op.bias != NULL ? BNN_MODELFILE_BIAS : 0) |
                             (s->folded ? BNN_MODELFILE_FOLDED : 0)));
    encode_u32(w, s->n_float_values);
    if (s->op.type != BNN_LOWER_IDENTITY)
        encode_linear(w, s);
    if (s->folded)
        encode_fold(w, s);
    else
        encode_chain(w, s);
    encode_u32(&size, (uint32_t)(w->n - size.n));
}

static void encode_head(encoder *w, const bnn_model *model)
{
    for (size_t i = 0; i < BNN_MODELFILE_HEADER_BYTES; i++)
        encode_byte(w, 0); /* filled in likewise */
    encode_u32(w, model->input.c);
    encode_u32(w, model->input.h);
    encode_u32(w, model->input.w);
    encode_u32(w, model->n_classes);
    encode_u32(w, model->n_metadata);
    for (uint32_t i = 0; i < model->n_metadata; i++) {
        encode_text(w, model->metadata[i].key);
        encode_text(w, model->metadata[i].value);
    }
    encode_u32(w, model->n_stages);
}

size_t bnn_modelfile_head_bytes(const bnn_model *model)
{
    encoder counter = {0};
    encode_head(&counter, model);
    return counter.n;
}

void bnn_modelfile_seal(uint8_t *bytes, size_t n)
{
    if (n < BNN_MODELFILE_HEADER_BYTES)
        return;
    encoder w = {.bytes = bytes, .n = BNN_MODELFILE_CHECKSUM_AT};
    encode_u32(&w, (uint32_t)crc32(0, bytes + BNN_MODELFILE_HEADER_BYTES,
                                   (uInt)(n - BNN_MODELFILE_HEADER_BYTES)));
}

size_t bnn_modelfile_encode(const bnn_model *model, uint8_t *bytes)
{
    encoder w = {.bytes = bytes};
    encode_head(&w, model);
    for (uint32_t i = 0; i < model->n_stages; i++)
        encode_stage(&w, &model->stages[i]);
    if (bytes == NULL)
        return w.n;
    memcpy(bytes, bnn_modelfile_magic, sizeof bnn_modelfile_magic);
    encoder header = {.bytes = bytes, .n = sizeof bnn_modelfile_magic};
    encode_u32(&header, BNN_MODELFILE_VERSION);
    encode_u32(&header, (uint32_t)w.n);
    bnn_modelfile_seal(bytes, w.n);
    return w.n;
}

int bnn_modelfile_write(const bnn_model *model, const char *path, bnn_error *err)
{
    const size_t n = bnn_modelfile_encode(model, NULL);
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

/* ---- what it weighs ---------------------------------------------------------------------- */

static uint32_t size_pad_bits(uint64_t n_bits)
{
    return (uint32_t)(-n_bits % 8);
}

/* Whether all sums of a folded channel give the same bit: they lie on one side of the threshold. */
static bool size_is_constant(const bnn_stage *s, uint32_t c)
{
    const int32_t t = s->fold.threshold[c];
    int32_t lowest, highest;
    if (s->fold.rule[c] & BNN_RULE_TABLE)
        return false;
    bnn_fold_reachable(s, s->bits + c * s->row_words, &lowest, &highest);
    return t <= lowest || t > highest;
}

static void size_of_fold(const bnn_stage *s, bnn_stage_size *size)
{
    const uint32_t channels = s->op.out.c;
    size->n_thresholds = channels;
    size->threshold_bits = (uint64_t)8 * bnn_modelfile_threshold_bytes(s->fold.threshold, channels);
    size->threshold_bytes = (uint64_t)channels * size->threshold_bits / 8;
    size->rule_bytes = (uint64_t)3 * bnn_modelfile_bitmap_bytes(channels);
    size->rule_pad_bits = (uint64_t)3 * size_pad_bits(channels);
    size->n_tables = s->fold.n_tables;
    size->table_bytes = (uint64_t)size->n_tables * bnn_modelfile_bitmap_bytes(s->fold.table_size);
    size->table_pad_bits = size->n_tables * size_pad_bits(s->fold.table_size);
    for (uint32_t c = 0; c < channels; c++) {
        size->n_flipped += (s->fold.rule[c] & BNN_RULE_FLIPPED) != 0;
        size->n_and += (s->fold.rule[c] & BNN_RULE_AND) != 0;
        size->n_constant += size_is_constant(s, c);
    }
}

static uint64_t size_of_chain(const bnn_stage *s)
{
    uint64_t values = 0;
    for (uint32_t i = 0; i < s->n_chain; i++) {
        const bnn_op *op = &s->chain[i];
        values += bnn_op_values(op) + (bnn_op_kind_of(op->type)->has & BNN_OP_RANGE ? 2u : 0u);
    }
    return 4 * values;
}

void bnn_modelfile_stage_size(const bnn_model *model, uint32_t i, bnn_stage_size *out)
{
    const bnn_stage *s = &model->stages[i];
    encoder counter = {0};
    encode_stage(&counter, s);
    bnn_stage_size size = {.bytes = counter.n, .float32_bytes = 4 * (uint64_t)s->n_float_values};
    if (s->op.type != BNN_LOWER_IDENTITY) {
        size.n_weights = (uint64_t)s->op.out.c * s->taps;
        size.n_biases = s->op.bias != NULL ? s->op.out.c : 0;
        size.bits_of_weight = s->op.binary_weights ? 1 : 32;
        size.weight_bytes =
            s->op.binary_weights ? bnn_modelfile_bitmap_bytes(size.n_weights) : 4 * size.n_weights;
        size.weight_pad_bits = s->op.binary_weights ? size_pad_bits(size.n_weights) : 0;
        size.bias_bytes = 4 * size.n_biases;
    }
    if (s->folded)
        size_of_fold(s, &size);
    else
        size.chain_bytes = size_of_chain(s);
    size.header_bytes = size.bytes - size.weight_bytes - size.bias_bytes - size.threshold_bytes -
                        size.rule_bytes - size.table_bytes - size.chain_bytes;
    if (!s->integer_sums)
        size.macs_float = s->macs;
    else if (s->inputs == BNN_VALUES_PIXELS)
        size.macs_integer = s->macs;
    else
        size.macs_binary = s->macs;
    *out = size;
}
