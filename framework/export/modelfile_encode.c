#include "export/modelfile_encode.h"

#include "base/file.h"
#include "infer/modelfile.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Bytes on their way out; without a buffer they are only counted. */
typedef struct encoder {
    uint8_t *bytes;
    size_t n;
    uint32_t version;
    bool bare; /* texts are left out, to be counted without */
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

/* A count, as the version has it. */
static void encode_short(encoder *w, uint32_t value)
{
    for (; value >= 0x80; value >>= 7)
        encode_byte(w, (uint8_t)(value | 0x80));
    encode_byte(w, (uint8_t)value);
}

static void encode_count(encoder *w, uint32_t value)
{
    if (w->version == 1)
        encode_u32(w, value);
    else
        encode_short(w, value);
}

static void encode_text(encoder *w, const char *text)
{
    const size_t n = strlen(text);
    if (w->bare)
        return;
    if (w->version == 1)
        encode_little(w, (uint32_t)n, 2);
    else
        encode_short(w, (uint32_t)n);
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

static void encode_array(encoder *w, const float *values, size_t n)
{
    const bool equal = w->version > 1 && bnn_modelfile_are_equal(values, n);
    if (w->version > 1)
        encode_byte(w, equal);
    encode_floats(w, values, equal ? 1 : n);
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
        encode_array(w, op->factor, op->in.c);
    if (has & BNN_OP_OFFSET)
        encode_array(w, op->offset, op->in.c);
    if (has & BNN_OP_RANGE) {
        encode_floats(w, &op->low, 1);
        encode_floats(w, &op->high, 1);
    }
    if (has & BNN_OP_WINDOW) {
        encode_count(w, op->kernel);
        encode_count(w, op->stride);
    }
    if (has & BNN_OP_PADDING) {
        encode_count(w, op->padding);
        encode_byte(w, (uint8_t)(int8_t)op->pad_value);
    }
    if (has & BNN_OP_GROUPS && w->version > 2)
        encode_count(w, bnn_op_groups(op));
}

static bool encode_has_codes(const encoder *w, const bnn_stage *s)
{
    return w->version > 1 && !s->op.binary_weights && s->op.codes.step != 0;
}

static void encode_digits(encoder *w, bnn_codes codes, const float *weight, size_t n)
{
    encode_byte(w, (uint8_t)codes.min);
    encode_byte(w, (uint8_t)codes.max);
    encode_byte(w, (uint8_t)codes.step);
    const size_t n_bytes = (size_t)bnn_codes_bytes(codes, n);
    if (w->bytes != NULL) {
        memset(w->bytes + w->n, 0, n_bytes);
        bnn_codes_pack(codes, n, weight, w->bytes + w->n);
    }
    w->n += n_bytes;
}

static void encode_linear(encoder *w, const bnn_stage *s)
{
    const size_t n = (size_t)s->op.out.c * s->taps;
    encode_constants(w, &s->op);
    encode_count(w, s->op.out.c);
    if (s->op.binary_weights)
        encode_bits(w, s->bits, s->op.out.c, s->taps, s->row_words);
    else if (encode_has_codes(w, s))
        encode_digits(w, s->op.codes, s->op.weight, n);
    else
        encode_floats(w, s->op.weight, n);
    if (s->op.bias != NULL)
        encode_array(w, s->op.bias, s->op.out.c);
}

/* n numbers below `end`, as a bitmap. */
static void encode_numbers(encoder *w, const uint32_t *numbers, size_t n, uint32_t end)
{
    const uint32_t width = bnn_logic_width(end);
    for (size_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < width; j++)
            encode_bit(w, i * width + j, numbers[i] >> j & 1);
}

static void encode_run(encoder *w, const bnn_logic_run *run, uint32_t n_nodes)
{
    const uint32_t entries = 1u << run->inputs;
    encode_byte(w, (uint8_t)run->inputs);
    encode_count(w, run->n);
    encode_numbers(w, run->wire, (size_t)run->n * run->inputs, n_nodes);
    size_t at = 0;
    for (uint32_t i = 0; i < run->n; i++)
        for (uint32_t m = 1; m < entries; m++)
            encode_bit(w, at++, run->table[i] >> m & 1);
}

static void encode_logic(encoder *w, const bnn_stage *s)
{
    const bnn_logic *logic = s->logic;
    encode_count(w, s->op.out.c);
    if (s->op.type == BNN_LOWER_GROUP_SUM)
        encode_count(w, logic->group);
    else {
        encode_count(w, s->op.out.h);
        encode_count(w, s->op.out.w);
    }
    encode_count(w, logic->n_sources);
    encode_numbers(w, logic->source, logic->n_sources, (uint32_t)bnn_shape_values(s->op.in));
    for (uint32_t i = 0; logic->level != NULL && i < logic->n_sources; i++)
        encode_byte(w, logic->level[i]);
    encode_count(w, logic->n_runs);
    uint32_t n_nodes = 1 + logic->n_sources;
    for (uint32_t i = 0; i < logic->n_runs; i++) {
        encode_run(w, &logic->runs[i], n_nodes);
        n_nodes += logic->runs[i].n;
    }
    encode_numbers(w, logic->output, logic->n_outputs, 2 * n_nodes);
}

static void encode_fold(encoder *w, const bnn_stage *s)
{
    const bnn_fold *f = &s->fold;
    const uint32_t channels = s->op.out.c;
    encode_count(w, f->pool);
    if (f->pool != 0)
        encode_count(w, f->pool_stride);
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

static void encode_integers(encoder *w, const int64_t *values, size_t n)
{
    const uint32_t kind = bnn_modelfile_integer_kind(values, n);
    encode_byte(w, (uint8_t)kind);
    for (size_t i = 0; i < (kind >= BNN_MODELFILE_ONE ? 1 : n); i++)
        for (uint32_t k = 0; k < kind % BNN_MODELFILE_ONE; k++)
            encode_byte(w, (uint8_t)((uint64_t)values[i] >> 8 * k));
}

static void encode_lines(encoder *w, const bnn_stage *s)
{
    const bnn_lines *lines = s->lines;
    encode_count(w, lines->pool);
    if (lines->pool != 0) {
        encode_count(w, lines->pool_stride);
        encode_rules(w, lines->least, s->op.out.c, 1);
    }
    encode_byte(w, (uint8_t)lines->shift);
    encode_integers(w, lines->factor, s->op.out.c);
    encode_integers(w, lines->offset, s->op.out.c);
}

static void encode_chain(encoder *w, const bnn_stage *s)
{
    encode_byte(w, (uint8_t)s->n_chain);
    for (uint32_t i = 0; i < s->n_chain; i++) {
        const bnn_op *op = &s->chain[i];
        encode_byte(w, (uint8_t)op->type);
        if (w->version == 1)
            encode_text(w, op->name);
        encode_constants(w, op);
    }
}

static void encode_stage(encoder *w, const bnn_stage *s)
{
    encoder size = *w;
    if (w->version == 1)
        encode_u32(w, 0); /* filled in when the rest is known */
    encode_text(w, s->op.name);
    encode_byte(w, (uint8_t)s->op.type);
    encode_byte(w, (uint8_t)s->inputs);
    encode_byte(w, (uint8_t)s->outputs);
    encode_byte(w, (uint8_t)((s->op.binary_weights ? BNN_MODELFILE_BINARY_WEIGHTS : 0) |
                             (s->op.bias != NULL ? BNN_MODELFILE_BIAS : 0) |
                             (s->folded ? BNN_MODELFILE_FOLDED : 0) |
                             (s->lines != NULL ? BNN_MODELFILE_LINES : 0) |
                             (encode_has_codes(w, s) ? BNN_MODELFILE_CODES : 0) |
                             (s->from > 0 ? BNN_MODELFILE_FROM : 0) |
                             (s->with > 0 ? BNN_MODELFILE_WITH : 0)));
    encode_count(w, s->n_float_values);
    if (s->from > 0)
        encode_count(w, s->from);
    if (s->with > 0)
        encode_count(w, s->with);
    if (s->outputs == BNN_VALUES_CODES) {
        encode_byte(w, (uint8_t)-s->out_codes.min);
        encode_byte(w, (uint8_t)(s->out_codes.max - s->out_codes.min));
    }
    if (s->logic != NULL)
        encode_logic(w, s);
    else if (s->op.type != BNN_LOWER_IDENTITY)
        encode_linear(w, s);
    if (s->folded)
        encode_fold(w, s);
    else if (s->lines != NULL)
        encode_lines(w, s);
    else
        encode_chain(w, s);
    if (w->version == 1)
        encode_u32(&size, (uint32_t)(w->n - size.n));
}

static void encode_view(encoder *w, bnn_view view)
{
    encode_byte(w, !bnn_view_is_all(view));
    if (bnn_view_is_all(view))
        return;
    encode_count(w, view.crop);
    encode_count(w, bnn_view_side(view));
}

static void encode_head(encoder *w, const bnn_model *model)
{
    for (size_t i = 0; i < BNN_MODELFILE_HEADER_BYTES; i++)
        encode_byte(w, 0); /* filled in likewise */
    encode_count(w, model->input.c);
    encode_count(w, model->input.h);
    encode_count(w, model->input.w);
    encode_count(w, model->n_classes);
    if (w->version > 1)
        encode_view(w, model->view);
    encode_count(w, model->n_metadata);
    for (uint32_t i = 0; i < model->n_metadata; i++) {
        encode_text(w, model->metadata[i].key);
        encode_text(w, model->metadata[i].value);
    }
    encode_count(w, model->n_stages);
}

/* The oldest version that can say what a stage is. */
static uint32_t encode_version_of(const bnn_stage *s)
{
    const encoder newest = {.version = BNN_MODELFILE_VERSION};
    const bool shared = s->op.type == BNN_LOWER_IDENTITY && s->inputs == BNN_VALUES_FLOATS;
    if (bnn_op_groups(&s->op) > 1 || s->from > 0 || s->with > 0 || shared)
        return 3;
    return encode_has_codes(&newest, s) || s->logic != NULL || s->lines != NULL ||
                   s->outputs == BNN_VALUES_CODES
               ? 2
               : 1;
}

uint32_t bnn_modelfile_version(const bnn_model *model)
{
    uint32_t version = bnn_view_is_all(model->view) ? 1 : 2;
    if (model->version != 0)
        return model->version;
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const uint32_t least = encode_version_of(&model->stages[i]);
        version = least > version ? least : version;
    }
    return version;
}

size_t bnn_modelfile_head_bytes(const bnn_model *model)
{
    encoder counter = {.version = bnn_modelfile_version(model)};
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

static void encode_model(encoder *w, const bnn_model *model)
{
    encode_head(w, model);
    for (uint32_t i = 0; i < model->n_stages; i++)
        encode_stage(w, &model->stages[i]);
}

size_t bnn_modelfile_bare_bytes(const bnn_model *model)
{
    encoder counter = {.version = bnn_modelfile_version(model), .bare = true};
    encode_model(&counter, model);
    return counter.n;
}

size_t bnn_modelfile_encode(const bnn_model *model, uint8_t *bytes)
{
    encoder w = {.bytes = bytes, .version = bnn_modelfile_version(model)};
    encode_model(&w, model);
    if (bytes == NULL)
        return w.n;
    memcpy(bytes, bnn_modelfile_magic, sizeof bnn_modelfile_magic);
    encoder header = {.bytes = bytes, .n = sizeof bnn_modelfile_magic};
    encode_u32(&header, w.version);
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

bool bnn_modelfile_has_codes(const bnn_model *model, uint32_t i)
{
    const encoder w = {.version = bnn_modelfile_version(model)};
    return encode_has_codes(&w, &model->stages[i]);
}

size_t bnn_modelfile_logic_bytes(const bnn_model *model, uint32_t i)
{
    encoder counter = {.version = bnn_modelfile_version(model)};
    if (model->stages[i].logic != NULL)
        encode_logic(&counter, &model->stages[i]);
    return counter.n;
}

size_t bnn_modelfile_stage_bytes(const bnn_model *model, uint32_t i)
{
    encoder counter = {.version = bnn_modelfile_version(model)};
    encode_stage(&counter, &model->stages[i]);
    return counter.n;
}
