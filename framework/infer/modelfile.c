#include "infer/modelfile.h"

#include "base/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- values ------------------------------------------------------------------------------ */

/* The bytes of a file on their way in, none of them trusted. The first failure sticks: from then on
 * every read gives zeros or NULL, so that callers ask once, in the end. */
typedef struct decoder {
    const uint8_t *bytes;
    size_t at, end;
    const char *name; /* of the file, for messages */
    bnn_arena *arena; /* of what is read */
    bnn_error *err;
    int status; /* BNN_OK so far, or why not */
} decoder;

/* Whether all is well so far and `holds` is true; if not, the file is wrong, with the place: "NAME:
 * byte N: what". */
static bool decode_need(decoder *r, bool holds, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool decode_need(decoder *r, bool holds, const char *format, ...)
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

static void *decode_alloc(decoder *r, size_t n, size_t size)
{
    if (r->status != BNN_OK)
        return NULL;
    void *out = bnn_arena_alloc(r->arena, n, size);
    if (out == NULL)
        r->status = bnn_no_memory(r->err);
    return out;
}

/* The next n bytes, or NULL. */
static const uint8_t *decode_take(decoder *r, uint64_t n)
{
    const size_t left = r->end - r->at;
    if (!decode_need(r, n <= left, "ends %llu bytes too early", (unsigned long long)(n - left)))
        return NULL;
    const uint8_t *out = r->bytes + r->at;
    r->at += (size_t)n;
    return out;
}

/* A little-endian number of 1 to 4 bytes; and the next one. */
static uint32_t decode_little(const uint8_t *bytes, uint32_t n)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < n; i++)
        value |= (uint32_t)bytes[i] << 8 * i;
    return value;
}

static uint32_t decode_number(decoder *r, uint32_t n_bytes)
{
    const uint8_t *bytes = decode_take(r, n_bytes);
    return bytes == NULL ? 0 : decode_little(bytes, n_bytes);
}

static uint32_t decode_u32(decoder *r)
{
    return decode_number(r, 4);
}

static const char *decode_text(decoder *r)
{
    const uint32_t n = decode_number(r, 2);
    const uint8_t *bytes = decode_take(r, n);
    char *text = bytes == NULL ? NULL : decode_alloc(r, (size_t)n + 1, 1);
    if (text == NULL)
        return "";
    memcpy(text, bytes, n);
    decode_need(r, strlen(text) == n && bnn_model_text_is_clean(text),
                "a text has control characters");
    return text;
}

static const float *decode_floats(decoder *r, uint64_t n)
{
    const uint8_t *bytes = decode_take(r, 4 * n);
    float *out = bytes == NULL ? NULL : decode_alloc(r, (size_t)n, sizeof *out);
    for (size_t i = 0; out != NULL && i < n; i++) {
        const uint32_t word = decode_little(bytes + 4 * i, 4);
        memcpy(&out[i], &word, sizeof word);
    }
    return out;
}

/* The next n bits, or NULL; unused ones of the last byte must be 0. */
static const uint8_t *decode_bitmap(decoder *r, uint64_t n)
{
    const uint8_t *bytes = decode_take(r, bnn_modelfile_bitmap_bytes(n));
    if (bytes != NULL)
        decode_need(r, n % 8 == 0 || bytes[n / 8] >> n % 8 == 0, "unused bits are set");
    return bytes;
}

/* A bitmap of rows without gaps: sets bits in row_words words for each row. */
static void decode_bits(decoder *r, uint64_t rows, size_t row_bits, size_t row_words,
                        uint64_t *words)
{
    const uint8_t *bytes = decode_bitmap(r, rows * row_bits);
    size_t at = 0;
    for (size_t row = 0; bytes != NULL && words != NULL && row < rows; row++)
        for (size_t i = 0; i < row_bits; i++, at++)
            words[row * row_words + i / 64] |= (uint64_t)(bytes[at / 8] >> at % 8 & 1) << i % 64;
}

/* A bitmap of n bits: sets `flag` in those of flags[n] that it has. */
static void decode_flags(decoder *r, uint32_t n, uint8_t flag, uint8_t *flags)
{
    const uint8_t *bytes = decode_bitmap(r, n);
    for (uint32_t i = 0; bytes != NULL && flags != NULL && i < n; i++)
        flags[i] |= bytes[i / 8] >> i % 8 & 1 ? flag : 0;
}

/* ---- stages ------------------------------------------------------------------------------ */

/* What an operation has besides weights, by its row in op.c. */
static void decode_constants(decoder *r, bnn_op *op)
{
    if (r->status != BNN_OK)
        return;
    const uint32_t has = bnn_op_kind_of(op->type)->has;
    if (has & BNN_OP_FACTOR)
        op->factor = decode_floats(r, op->in.c);
    if (has & BNN_OP_OFFSET)
        op->offset = decode_floats(r, op->in.c);
    if (has & BNN_OP_RANGE) {
        const float *range = decode_floats(r, 2);
        op->low = range == NULL ? 0.0f : range[0];
        op->high = range == NULL ? 0.0f : range[1];
    }
    if (has & BNN_OP_WINDOW) {
        op->kernel = decode_u32(r);
        op->stride = decode_u32(r);
    }
    if (has & BNN_OP_PADDING) {
        op->padding = decode_u32(r);
        op->pad_value = (int8_t)decode_number(r, 1);
    }
}

static void decode_linear(decoder *r, uint32_t flags, bnn_stage *s)
{
    bnn_op *op = &s->op;
    decode_constants(r, op);
    const uint32_t channels = decode_u32(r);
    if (r->status != BNN_OK)
        return;
    const bool fits = bnn_op_out_shape(op, channels, &op->out) && op->pad_value >= -1.0f &&
                      op->pad_value <= 1.0f && (op->padding > 0 || op->pad_value == 0.0f) &&
                      bnn_op_taps(op) <= BNN_SUM_MAX;
    if (!decode_need(
            r, fits,
            "layer: %u channels, kernel %u, stride %u, padding %u with %d does not fit %ux%ux%u",
            channels, op->kernel, op->stride, op->padding, (int)op->pad_value, op->in.c, op->in.h,
            op->in.w))
        return;
    s->taps = (uint32_t)bnn_op_taps(op);
    s->macs = (uint64_t)s->taps * bnn_shape_values(op->out);
    const uint64_t n = (uint64_t)channels * s->taps; /* at most 2^48 */
    op->binary_weights = (flags & BNN_MODELFILE_BINARY_WEIGHTS) != 0;
    const uint64_t n_bytes = op->binary_weights ? bnn_modelfile_bitmap_bytes(n) : 4 * n;
    if (!decode_need(r, n_bytes <= r->end - r->at, "%u channels of %u weights are not there",
                     channels, s->taps))
        return;
    if (op->binary_weights) {
        s->row_words = ((size_t)s->taps + 63) / 64;
        uint64_t *bits = decode_alloc(r, channels * s->row_words, sizeof *bits);
        decode_bits(r, channels, s->taps, s->row_words, bits);
        s->bits = bits;
    } else {
        op->weight = decode_floats(r, n);
    }
    if (flags & BNN_MODELFILE_BIAS)
        op->bias = decode_floats(r, channels);
}

static void decode_thresholds(decoder *r, const bnn_stage *s, bnn_fold *f)
{
    const int32_t bound = bnn_stage_sum_bound(s) + 1;
    const uint32_t channels = s->op.out.c, bytes = decode_number(r, 1);
    decode_need(r, bytes == 1 || bytes == 2 || bytes == 4, "thresholds of %u bytes", bytes);
    const uint8_t *at = decode_take(r, (uint64_t)channels * bytes);
    int32_t *threshold = at == NULL ? NULL : decode_alloc(r, channels, sizeof *threshold);
    if (threshold == NULL)
        return;
    for (uint32_t c = 0; c < channels; c++, at += bytes) {
        const uint32_t value = decode_little(at, bytes);
        threshold[c] = bytes == 1 ? (int8_t)value : bytes == 2 ? (int16_t)value : (int32_t)value;
        const bool table = f->rule[c] & BNN_RULE_TABLE;
        f->n_tables += table;
        decode_need(r, threshold[c] >= -bound && threshold[c] <= bound,
                    "threshold %d of channel %u, where sums end at %d", threshold[c], c, bound - 1);
        decode_need(r, !table || threshold[c] == 0, "threshold %d of channel %u, which has a table",
                    threshold[c], c);
    }
    decode_need(r, bytes == bnn_modelfile_threshold_bytes(threshold, channels),
                "thresholds of %u bytes that fit in fewer", bytes);
    f->threshold = threshold;
}

static void decode_tables(decoder *r, const bnn_stage *s, bnn_fold *f)
{
    bnn_fold_size_tables(s, f);
    const uint64_t n_bytes = (uint64_t)f->n_tables * bnn_modelfile_bitmap_bytes(f->table_size);
    decode_need(r, n_bytes <= r->end - r->at, "%u tables of %u bits are not there", f->n_tables,
                f->table_size);
    uint64_t *tables = decode_alloc(r, f->n_tables * f->table_words, sizeof *tables);
    for (uint32_t t = 0; tables != NULL && t < f->n_tables; t++)
        decode_bits(r, 1, f->table_size, f->table_words, tables + t * f->table_words);
    f->tables = tables;
}

/* The shape behind an operation of a stage, which only a pool can fail to have. */
static void decode_shape(decoder *r, const bnn_op *op, bnn_shape *out)
{
    decode_need(r, r->status == BNN_OK && bnn_op_out_shape(op, 0, out),
                "a pool of %u, stride %u does not fit its input, %ux%ux%u", op->kernel, op->stride,
                op->in.c, op->in.h, op->in.w);
}

static void decode_fold(decoder *r, bnn_stage *s)
{
    bnn_fold *f = &s->fold;
    const uint32_t channels = s->op.out.c;
    if (!decode_need(r, s->integer_sums && s->outputs == BNN_VALUES_BITS,
                     "a stage without integer sums, or without a sign, is folded"))
        return;
    bnn_op pool = {.type = BNN_LOWER_MAXPOOL, .in = s->op.out, .kernel = decode_u32(r)};
    s->out = s->op.out;
    if (pool.kernel != 0) {
        pool.stride = decode_u32(r);
        decode_shape(r, &pool, &s->out);
    }
    f->pool = pool.kernel;
    f->pool_stride = pool.stride;
    decode_need(r, 3 * bnn_modelfile_bitmap_bytes(channels) <= r->end - r->at,
                "the rules of %u channels are not there", channels);
    uint8_t *rule = decode_alloc(r, channels, sizeof *rule);
    decode_flags(r, channels, BNN_RULE_FLIPPED, rule);
    decode_flags(r, channels, BNN_RULE_AND, rule);
    decode_flags(r, channels, BNN_RULE_TABLE, rule);
    f->rule = rule;
    for (uint32_t c = 0; r->status == BNN_OK && c < channels; c++)
        decode_need(r,
                    !(rule[c] & BNN_RULE_AND && f->pool == 0) &&
                        !(rule[c] & BNN_RULE_FLIPPED && rule[c] & BNN_RULE_TABLE),
                    "the rules of channel %u contradict each other", c);
    decode_thresholds(r, s, f);
    decode_tables(r, s, f);
    s->folded = true;
}

static void decode_chain_op(decoder *r, bnn_op *op)
{
    op->type = decode_number(r, 1);
    op->name = decode_text(r);
    decode_need(r, bnn_op_can_follow(op->type), "operation %u in a chain", op->type);
    decode_constants(r, op);
    decode_shape(r, op, &op->out);
}

static void decode_chain(decoder *r, bnn_stage *s)
{
    const uint32_t n = decode_number(r, 1);
    s->out = s->op.out;
    decode_need(r, n <= BNN_CHAIN_MAX, "a chain of %u operations, more than %d", n, BNN_CHAIN_MAX);
    bnn_op *chain = decode_alloc(r, n, sizeof *chain);
    for (uint32_t i = 0; r->status == BNN_OK && i < n; i++) {
        chain[i].in = s->out;
        decode_chain_op(r, &chain[i]);
        s->out = chain[i].out;
    }
    s->chain = chain;
    s->n_chain = n;
}

/* What a stage says of itself, against the one before. */
static void decode_check_kinds(decoder *r, const bnn_stage *s, const bnn_stage *before,
                               uint32_t flags)
{
    const bnn_values given = before == NULL ? BNN_VALUES_PIXELS : before->outputs;
    const bool none = s->op.type == BNN_LOWER_IDENTITY;
    const uint32_t all = BNN_MODELFILE_BINARY_WEIGHTS | BNN_MODELFILE_BIAS | BNN_MODELFILE_FOLDED;
    decode_need(r, none ? before == NULL : bnn_op_is_linear(s->op.type), "linear operation %u",
                s->op.type);
    decode_need(r, s->inputs == given, "takes values of kind %u, is given kind %u", s->inputs,
                given);
    decode_need(r, s->outputs == BNN_VALUES_BITS || s->outputs == BNN_VALUES_FLOATS,
                "gives values of kind %u", s->outputs);
    decode_need(r, flags <= (none ? 0 : all), "flags %u", flags);
}

static void decode_stage(decoder *r, const bnn_stage *before, bnn_shape in, bnn_stage *s)
{
    const size_t start = r->at, outer_end = r->end;
    const uint32_t size = decode_u32(r);
    if (!decode_need(r, size >= 4 && size <= outer_end - start,
                     "a stage of %u bytes, where %zu are left", size, outer_end - start))
        return;
    r->end = start + size;
    s->op.name = decode_text(r);
    s->op.type = decode_number(r, 1);
    s->inputs = (bnn_values)decode_number(r, 1);
    s->outputs = (bnn_values)decode_number(r, 1);
    const uint32_t flags = decode_number(r, 1);
    s->n_float_values = decode_u32(r);
    decode_check_kinds(r, s, before, flags);
    s->op.in = s->op.out = in;
    s->op.kernel = s->op.stride = 1;
    if (s->op.type != BNN_LOWER_IDENTITY)
        decode_linear(r, flags, s);
    s->integer_sums = bnn_stage_sums_are_integers(s);
    if (flags & BNN_MODELFILE_FOLDED)
        decode_fold(r, s);
    else
        decode_chain(r, s);
    decode_need(r, r->at == r->end, "%zu bytes too many in a stage", r->end - r->at);
    r->end = outer_end;
}

/* ---- the file ---------------------------------------------------------------------------- */

bool bnn_modelfile_begins(const uint8_t *bytes, size_t n)
{
    return n >= sizeof bnn_modelfile_magic &&
           memcmp(bytes, bnn_modelfile_magic, sizeof bnn_modelfile_magic) == 0;
}

static void decode_header(decoder *r)
{
    if (!decode_need(r,
                     r->end >= BNN_MODELFILE_HEADER_BYTES && bnn_modelfile_begins(r->bytes, r->end),
                     "not a model file: it must begin with 89 'BNN' 0d 0a 1a 0a"))
        return;
    r->at = sizeof bnn_modelfile_magic;
    const uint32_t version = decode_u32(r);
    decode_need(r, version == BNN_MODELFILE_VERSION, "version %u, this program reads version %d",
                version, BNN_MODELFILE_VERSION);
    const uint32_t size = decode_u32(r);
    if (!decode_need(r, size == r->end && size <= BNN_MODELFILE_LIMIT_BYTES,
                     "the file says it has %u bytes, it has %zu; copy it again", size, r->end))
        return;
    const uint32_t said = decode_u32(r);
    const uint32_t is = (uint32_t)crc32(0, r->bytes + r->at, (uInt)(r->end - r->at));
    decode_need(r, said == is,
                "the checksum is %08x, the file says %08x: it is damaged; copy it again", is, said);
}

static void decode_metadata(decoder *r, bnn_model *model)
{
    model->n_metadata = decode_u32(r);
    decode_need(r, model->n_metadata <= BNN_METADATA_MAX, "%u texts about the model, more than %d",
                model->n_metadata, BNN_METADATA_MAX);
    bnn_metadata *metadata = decode_alloc(r, model->n_metadata, sizeof *metadata);
    for (uint32_t i = 0; r->status == BNN_OK && i < model->n_metadata; i++) {
        metadata[i].key = decode_text(r);
        metadata[i].value = decode_text(r);
        decode_need(r, metadata[i].key[0] != '\0', "a text about the model has no key");
    }
    model->metadata = metadata;
}

static void decode_model(decoder *r, bnn_model *model)
{
    bnn_shape shape, same;
    shape.c = decode_u32(r);
    shape.h = decode_u32(r);
    shape.w = decode_u32(r);
    model->input = shape;
    model->n_classes = decode_u32(r);
    decode_need(r, bnn_op_out_shape(&(bnn_op){.type = BNN_LOWER_IDENTITY, .in = shape}, 0, &same),
                "images of %ux%ux%u", shape.c, shape.h, shape.w);
    decode_metadata(r, model);
    model->n_stages = decode_u32(r);
    decode_need(r, model->n_stages >= 1 && model->n_stages <= BNN_STAGES_MAX,
                "%u stages; there are 1 to %d", model->n_stages, BNN_STAGES_MAX);
    bnn_stage *stages = decode_alloc(r, model->n_stages, sizeof *stages);
    for (uint32_t i = 0; r->status == BNN_OK && i < model->n_stages; i++) {
        decode_stage(r, i > 0 ? &stages[i - 1] : NULL, shape, &stages[i]);
        shape = stages[i].out;
    }
    model->stages = stages;
    if (decode_need(r, r->at == r->end, "%zu bytes too many", r->end - r->at))
        decode_need(r,
                    stages[model->n_stages - 1].outputs == BNN_VALUES_FLOATS &&
                        bnn_shape_values(shape) == model->n_classes,
                    "the last stage gives no %u logits", model->n_classes);
}

int bnn_modelfile_decode(const void *bytes, size_t n, const char *name, bnn_arena *arena,
                         bnn_model **out, bnn_error *err)
{
    decoder r = {.bytes = bytes, .end = n, .name = name, .arena = arena, .err = err};
    decode_header(&r);
    bnn_model *model = decode_alloc(&r, 1, sizeof *model);
    if (r.status == BNN_OK)
        decode_model(&r, model);
    if (r.status == BNN_OK)
        *out = model;
    return r.status;
}

int bnn_modelfile_read(const char *path, bnn_arena *arena, bnn_model **out, bnn_error *err)
{
    char *bytes;
    size_t n;
    int status = bnn_file_read(path, BNN_MODELFILE_LIMIT_BYTES, &bytes, &n, err);
    if (status != BNN_OK)
        return status;
    status = bnn_modelfile_decode(bytes, n, path, arena, out, err);
    free(bytes);
    return status;
}
