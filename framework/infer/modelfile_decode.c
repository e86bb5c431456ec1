#include "infer/modelfile.h"

#include "base/file.h"
#include "infer/modelfile_format.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Bytes on their way in. The first failure sticks: from then on every read gives zeros. */
typedef struct reader {
    const uint8_t *bytes;
    size_t at, end;
    const char *name;
    bnn_arena *arena;
    bnn_error *err;
    int status;
} reader;

static void damaged(reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void damaged(reader *r, const char *format, ...)
{
    char what[200];
    va_list args;
    if (r->status != BNN_OK)
        return;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    r->status = bnn_fail(r->err, BNN_E_RESOURCE, "%s: byte %zu: %s", r->name, r->at, what);
}

static void *allocate(reader *r, size_t n, size_t size)
{
    if (r->status != BNN_OK)
        return NULL;
    void *out = bnn_arena_alloc(r->arena, n, size);
    if (out == NULL)
        r->status = bnn_no_memory(r->err);
    return out;
}

/* The next n bytes, or NULL. */
static const uint8_t *take(reader *r, uint64_t n)
{
    if (r->status == BNN_OK && n > r->end - r->at)
        damaged(r, "ends %llu bytes too early", (unsigned long long)(n - (r->end - r->at)));
    if (r->status != BNN_OK)
        return NULL;
    const uint8_t *out = r->bytes + r->at;
    r->at += (size_t)n;
    return out;
}

static uint32_t little(const uint8_t *bytes, uint32_t n)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < n; i++)
        value |= (uint32_t)bytes[i] << 8 * i;
    return value;
}

static uint32_t take_little(reader *r, uint32_t n)
{
    const uint8_t *bytes = take(r, n);
    return bytes == NULL ? 0 : little(bytes, n);
}

static uint32_t take_u32(reader *r)
{
    return take_little(r, 4);
}

static const char *take_text(reader *r)
{
    const uint32_t n = take_little(r, 2);
    const uint8_t *bytes = take(r, n);
    char *text = bytes == NULL ? NULL : allocate(r, (size_t)n + 1, 1);
    if (text == NULL)
        return "";
    memcpy(text, bytes, n);
    if (strlen(text) != n || !bnn_model_text_is_clean(text))
        damaged(r, "a text has control characters");
    return text;
}

/* n floats; NULL after a failure. */
static const float *take_floats(reader *r, uint64_t n)
{
    const uint8_t *bytes = take(r, 4 * n);
    float *out = bytes == NULL ? NULL : allocate(r, (size_t)n, sizeof *out);
    for (size_t i = 0; out != NULL && i < n; i++) {
        const uint32_t word = little(bytes + 4 * i, 4);
        memcpy(&out[i], &word, sizeof word);
    }
    return out;
}

/* A bitmap of rows without gaps, into words of its own for each row. */
static void take_bits(reader *r, uint64_t rows, size_t row_bits, size_t row_words, uint64_t *words)
{
    const uint64_t n = rows * row_bits;
    const uint8_t *bytes = take(r, bitmap_bytes(n));
    if (bytes == NULL || words == NULL)
        return;
    size_t at = 0;
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < row_bits; i++, at++)
            words[row * row_words + i / 64] |= (uint64_t)(bytes[at / 8] >> at % 8 & 1) << i % 64;
    if (n % 8 != 0 && bytes[n / 8] >> n % 8 != 0)
        damaged(r, "unused bits are set");
}

static void take_rules(reader *r, uint32_t n, uint8_t which, uint8_t *rules)
{
    const uint8_t *bytes = take(r, bitmap_bytes(n));
    if (bytes == NULL || rules == NULL)
        return;
    for (uint32_t i = 0; i < n; i++)
        rules[i] |= bytes[i / 8] >> i % 8 & 1 ? which : 0;
    if (n % 8 != 0 && bytes[n / 8] >> n % 8 != 0)
        damaged(r, "unused bits are set");
}

/* ---- stages ------------------------------------------------------------------------------ */

static void take_linear(reader *r, uint32_t flags, bnn_stage *s)
{
    bnn_op op = {.type = s->linear, .in = s->in, .kernel = 1, .stride = 1};
    if (s->linear == BNN_LOWER_CONV2D) {
        op.kernel = take_u32(r);
        op.stride = take_u32(r);
        op.padding = take_u32(r);
        s->pad_value = (int8_t)take_little(r, 1);
    }
    const uint32_t channels = take_u32(r);
    if (r->status != BNN_OK)
        return;
    if (!bnn_op_out_shape(&op, channels, &s->sums) || s->pad_value < -1 || s->pad_value > 1 ||
        (op.padding == 0 && s->pad_value != 0) || bnn_op_taps(&op) > BNN_SUM_MAX) {
        damaged(
            r, "layer: %u channels, kernel %u, stride %u, padding %u with %d does not fit %ux%ux%u",
            channels, op.kernel, op.stride, op.padding, s->pad_value, s->in.c, s->in.h, s->in.w);
        return;
    }
    s->kernel = op.kernel;
    s->stride = op.stride;
    s->padding = op.padding;
    s->taps = (uint32_t)bnn_op_taps(&op);
    s->macs = (uint64_t)s->taps * bnn_shape_values(s->sums);
    const uint64_t n = (uint64_t)channels * s->taps; /* at most 2^48 */
    s->binary_weights = (flags & FILE_BINARY_WEIGHTS) != 0;
    const uint64_t n_bytes = s->binary_weights ? bitmap_bytes(n) : 4 * n;
    if (n_bytes > r->end - r->at) {
        damaged(r, "%u channels of %u weights are not there", channels, s->taps);
        return;
    }
    if (s->binary_weights) {
        s->row_words = ((size_t)s->taps + 63) / 64;
        uint64_t *bits = allocate(r, channels * s->row_words, sizeof *bits);
        take_bits(r, channels, s->taps, s->row_words, bits);
        s->bits = bits;
    } else {
        s->weights = take_floats(r, n);
    }
    if (flags & FILE_BIAS)
        s->bias = take_floats(r, channels);
}

static void take_thresholds(reader *r, const bnn_stage *s, bnn_fold *f)
{
    const int32_t bound = bnn_stage_sum_bound(s) + 1;
    const uint32_t channels = s->sums.c, bytes = take_little(r, 1);
    if (r->status == BNN_OK && bytes != 1 && bytes != 2 && bytes != 4)
        damaged(r, "thresholds of %u bytes", bytes);
    const uint8_t *at = take(r, (uint64_t)channels * bytes);
    int32_t *threshold = at == NULL ? NULL : allocate(r, channels, sizeof *threshold);
    if (threshold == NULL)
        return;
    for (uint32_t c = 0; c < channels; c++, at += bytes) {
        const uint32_t value = little(at, bytes);
        threshold[c] = bytes == 1 ? (int8_t)value : bytes == 2 ? (int16_t)value : (int32_t)value;
        const bool table = f->rule[c] & BNN_RULE_TABLE;
        f->n_tables += table;
        if (threshold[c] < -bound || threshold[c] > bound)
            damaged(r, "threshold %d of channel %u, where sums end at %d", threshold[c], c,
                    bound - 1);
        else if (table && threshold[c] != 0)
            damaged(r, "threshold %d of channel %u, which has a table", threshold[c], c);
    }
    if (bytes != threshold_bytes(threshold, channels))
        damaged(r, "thresholds of %u bytes that fit in fewer", bytes);
    f->threshold = threshold;
}

static void take_tables(reader *r, const bnn_stage *s, bnn_fold *f)
{
    const int32_t bound = bnn_stage_sum_bound(s);
    f->table_first = -bound;
    f->table_step = s->inputs == BNN_VALUES_PIXELS ? 1 : 2;
    f->table_size = 2 * (uint32_t)bound / f->table_step + 1;
    f->table_words = ((size_t)f->table_size + 63) / 64;
    if (r->status == BNN_OK && (uint64_t)f->n_tables * bitmap_bytes(f->table_size) > r->end - r->at)
        damaged(r, "%u tables of %u bits are not there", f->n_tables, f->table_size);
    uint64_t *tables = allocate(r, f->n_tables * f->table_words, sizeof *tables);
    for (uint32_t t = 0; tables != NULL && t < f->n_tables; t++)
        take_bits(r, 1, f->table_size, f->table_words, tables + t * f->table_words);
    f->tables = tables;
}

static void take_fold(reader *r, bnn_stage *s)
{
    bnn_fold *f = &s->fold;
    const uint32_t channels = s->sums.c;
    if (r->status == BNN_OK && (!s->integer_sums || s->outputs != BNN_VALUES_BITS))
        damaged(r, "a stage without integer sums, or without a sign, is folded");
    if (r->status != BNN_OK)
        return;
    bnn_op pool = {.type = BNN_LOWER_MAXPOOL, .in = s->sums, .kernel = take_u32(r)};
    s->out = s->sums;
    if (pool.kernel != 0) {
        pool.stride = take_u32(r);
        if (r->status == BNN_OK && !bnn_op_out_shape(&pool, 0, &s->out))
            damaged(r, "a pool of %u, stride %u does not fit its input, %ux%ux%u", pool.kernel,
                    pool.stride, pool.in.c, pool.in.h, pool.in.w);
    }
    f->pool = pool.kernel;
    f->pool_stride = pool.stride;
    if (r->status == BNN_OK && 3 * bitmap_bytes(channels) > r->end - r->at)
        damaged(r, "the rules of %u channels are not there", channels);
    uint8_t *rule = allocate(r, channels, sizeof *rule);
    take_rules(r, channels, BNN_RULE_FLIPPED, rule);
    take_rules(r, channels, BNN_RULE_AND, rule);
    take_rules(r, channels, BNN_RULE_TABLE, rule);
    f->rule = rule;
    for (uint32_t c = 0; r->status == BNN_OK && c < channels; c++)
        if ((rule[c] & BNN_RULE_AND && f->pool == 0) ||
            (rule[c] & BNN_RULE_FLIPPED && rule[c] & BNN_RULE_TABLE))
            damaged(r, "the rules of channel %u contradict each other", c);
    take_thresholds(r, s, f);
    take_tables(r, s, f);
    s->folded = true;
}

static void take_chain_op(reader *r, bnn_op *op)
{
    const uint32_t type = take_little(r, 1);
    op->type = type;
    op->name = take_text(r);
    if (type == BNN_LOWER_AFFINE || type == BNN_LOWER_SLOPE)
        op->factor = take_floats(r, op->in.c);
    if (type == BNN_LOWER_AFFINE) {
        op->offset = take_floats(r, op->in.c);
    } else if (type == BNN_LOWER_CLAMP) {
        const float *range = take_floats(r, 2);
        op->low = range == NULL ? 0.0f : range[0];
        op->high = range == NULL ? 0.0f : range[1];
    } else if (type == BNN_LOWER_MAXPOOL || type == BNN_LOWER_AVGPOOL) {
        op->kernel = take_u32(r);
        op->stride = take_u32(r);
    } else if (type != BNN_LOWER_SLOPE && type != BNN_LOWER_SIGN) {
        damaged(r, "operation %u in a chain", type);
    }
    if (r->status == BNN_OK && !bnn_op_out_shape(op, 0, &op->out))
        damaged(r, "a pool of %u, stride %u does not fit its input, %ux%ux%u", op->kernel,
                op->stride, op->in.c, op->in.h, op->in.w);
}

static void take_chain(reader *r, bnn_stage *s)
{
    const uint32_t n = take_little(r, 1);
    s->out = s->sums;
    if (n > BNN_CHAIN_MAX)
        damaged(r, "a chain of %u operations, more than %d", n, BNN_CHAIN_MAX);
    bnn_op *chain = allocate(r, n, sizeof *chain);
    for (uint32_t i = 0; r->status == BNN_OK && i < n; i++) {
        chain[i].in = s->out;
        take_chain_op(r, &chain[i]);
        s->out = chain[i].out;
    }
    s->chain = chain;
    s->n_chain = n;
}

/* What a stage says of itself, against the one before. */
static void check_kinds(reader *r, const bnn_stage *s, const bnn_stage *before, uint32_t linear,
                        uint32_t flags)
{
    const bnn_values given = before == NULL ? BNN_VALUES_PIXELS : before->outputs;
    if (linear > FILE_DENSE || (linear == FILE_NONE && before != NULL))
        damaged(r, "linear operation %u", linear);
    else if (s->inputs != given)
        damaged(r, "takes values of kind %u, is given kind %u", s->inputs, given);
    else if (s->outputs != BNN_VALUES_BITS && s->outputs != BNN_VALUES_FLOATS)
        damaged(r, "gives values of kind %u", s->outputs);
    else if (flags > (FILE_BINARY_WEIGHTS | FILE_BIAS | FILE_FOLDED) ||
             (linear == FILE_NONE && flags != 0))
        damaged(r, "flags %u", flags);
}

static void take_stage(reader *r, const bnn_stage *before, bnn_shape in, bnn_stage *s)
{
    const size_t start = r->at, outer_end = r->end;
    const uint32_t size = take_u32(r);
    if (r->status == BNN_OK && (size < 4 || size > outer_end - start))
        damaged(r, "a stage of %u bytes, where %zu are left", size, outer_end - start);
    if (r->status != BNN_OK)
        return;
    r->end = start + size;
    s->name = take_text(r);
    const uint32_t linear = take_little(r, 1);
    s->inputs = (bnn_values)take_little(r, 1);
    s->outputs = (bnn_values)take_little(r, 1);
    const uint32_t flags = take_little(r, 1);
    s->n_float_values = take_u32(r);
    check_kinds(r, s, before, linear, flags);
    s->linear = linear == FILE_CONV2D  ? BNN_LOWER_CONV2D
                : linear == FILE_DENSE ? BNN_LOWER_DENSE
                                       : BNN_LOWER_IDENTITY;
    s->in = s->sums = in;
    s->kernel = s->stride = 1;
    if (s->linear != BNN_LOWER_IDENTITY)
        take_linear(r, flags, s);
    s->integer_sums = bnn_stage_sums_are_integers(s);
    if (flags & FILE_FOLDED)
        take_fold(r, s);
    else
        take_chain(r, s);
    if (r->at != r->end)
        damaged(r, "%zu bytes too many in a stage", r->end - r->at);
    r->end = outer_end;
}

/* ---- the file ---------------------------------------------------------------------------- */

bool bnn_modelfile_begins(const uint8_t *bytes, size_t n)
{
    return n >= sizeof file_magic && memcmp(bytes, file_magic, sizeof file_magic) == 0;
}

static void check_header(reader *r)
{
    if (r->end < FILE_HEADER_BYTES || !bnn_modelfile_begins(r->bytes, r->end)) {
        damaged(r, "not a model file: it must begin with 89 'BNN' 0d 0a 1a 0a");
        return;
    }
    r->at = sizeof file_magic;
    const uint32_t version = take_u32(r);
    if (version != BNN_MODELFILE_VERSION) {
        damaged(r, "version %u, this program reads version %d", version, BNN_MODELFILE_VERSION);
        return;
    }
    const uint32_t size = take_u32(r);
    if (size != r->end || size > BNN_MODELFILE_LIMIT_BYTES) {
        damaged(r, "the file says it has %u bytes, it has %zu; copy it again", size, r->end);
        return;
    }
    const uint32_t said = take_u32(r);
    const uint32_t is = (uint32_t)crc32(0, r->bytes + r->at, (uInt)(r->end - r->at));
    if (said != is)
        damaged(r, "the checksum is %08x, the file says %08x: it is damaged; copy it again", is,
                said);
}

static void take_metadata(reader *r, bnn_model *model)
{
    model->n_metadata = take_u32(r);
    if (model->n_metadata > BNN_METADATA_MAX)
        damaged(r, "%u texts about the model, more than %d", model->n_metadata, BNN_METADATA_MAX);
    bnn_metadata *metadata = allocate(r, model->n_metadata, sizeof *metadata);
    for (uint32_t i = 0; r->status == BNN_OK && i < model->n_metadata; i++) {
        metadata[i].key = take_text(r);
        metadata[i].value = take_text(r);
        if (metadata[i].key[0] == '\0')
            damaged(r, "a text about the model has no key");
    }
    model->metadata = metadata;
}

static void take_model(reader *r, bnn_model *model)
{
    bnn_shape shape, same;
    shape.c = take_u32(r);
    shape.h = take_u32(r);
    shape.w = take_u32(r);
    model->input = shape;
    model->n_classes = take_u32(r);
    if (!bnn_op_out_shape(&(bnn_op){.type = BNN_LOWER_IDENTITY, .in = shape}, 0, &same))
        damaged(r, "images of %ux%ux%u", shape.c, shape.h, shape.w);
    take_metadata(r, model);
    model->n_stages = take_u32(r);
    if (model->n_stages < 1 || model->n_stages > BNN_STAGES_MAX)
        damaged(r, "%u stages; there are 1 to %d", model->n_stages, BNN_STAGES_MAX);
    bnn_stage *stages = allocate(r, model->n_stages, sizeof *stages);
    for (uint32_t i = 0; r->status == BNN_OK && i < model->n_stages; i++) {
        take_stage(r, i > 0 ? &stages[i - 1] : NULL, shape, &stages[i]);
        shape = stages[i].out;
    }
    model->stages = stages;
    if (r->status != BNN_OK)
        return;
    if (r->at != r->end)
        damaged(r, "%zu bytes too many", r->end - r->at);
    if (stages[model->n_stages - 1].outputs != BNN_VALUES_FLOATS ||
        bnn_shape_values(shape) != model->n_classes)
        damaged(r, "the last stage gives no %u logits", model->n_classes);
}

int bnn_modelfile_decode(const void *bytes, size_t n, const char *name, bnn_arena *arena,
                         bnn_model **out, bnn_error *err)
{
    reader r = {.bytes = bytes, .end = n, .name = name, .arena = arena, .err = err};
    check_header(&r);
    bnn_model *model = allocate(&r, 1, sizeof *model);
    if (r.status == BNN_OK)
        take_model(&r, model);
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
