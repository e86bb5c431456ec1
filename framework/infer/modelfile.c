#include "infer/modelfile.h"

#include "base/file.h"
#include "infer/decoder.h"
#include "infer/logic_decode.h"
#include "infer/order.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- stages ------------------------------------------------------------------------------ */

/* What an operation has besides weights, by its row in op.c. */
static void decode_constants(bnn_decoder *r, bnn_op *op)
{
    if (r->status != BNN_OK)
        return;
    const uint32_t has = bnn_op_kind_of(op->type)->has;
    if (has & BNN_OP_FACTOR)
        op->factor = bnn_decoder_array(r, op->in.c);
    if (has & BNN_OP_OFFSET)
        op->offset = bnn_decoder_array(r, op->in.c);
    if (has & BNN_OP_RANGE) {
        const float *range = bnn_decoder_floats(r, 2);
        op->low = range == NULL ? 0.0f : range[0];
        op->high = range == NULL ? 0.0f : range[1];
    }
    if (has & BNN_OP_WINDOW) {
        op->kernel = bnn_decoder_count(r);
        op->stride = bnn_decoder_count(r);
    }
    if (has & BNN_OP_PADDING) {
        op->padding = bnn_decoder_count(r);
        op->pad_value = (int8_t)bnn_decoder_number(r, 1);
    }
    if (has & BNN_OP_GROUPS && r->version > 2) {
        op->groups = bnn_decoder_count(r);
        bnn_decoder_need(r, op->groups > 0, "no groups of channels");
    }
}

static int32_t decode_signed_byte(bnn_decoder *r)
{
    return (int32_t)(bnn_decoder_number(r, 1) ^ 0x80) - 0x80;
}

static void decode_codes(bnn_decoder *r, bnn_op *op)
{
    op->codes.min = decode_signed_byte(r);
    op->codes.max = decode_signed_byte(r);
    op->codes.step = (int32_t)bnn_decoder_number(r, 1);
    bnn_decoder_need(r, bnn_codes_are_digits(op->codes), "codes from %d to %d in steps of %d",
                     op->codes.min, op->codes.max, op->codes.step);
}

static const float *decode_digits(bnn_decoder *r, bnn_codes codes, uint64_t n)
{
    const uint8_t *bytes = bnn_decoder_take(r, bnn_codes_bytes(codes, n));
    float *weight = bytes == NULL ? NULL : bnn_decoder_alloc(r, (size_t)n, sizeof *weight);
    if (weight != NULL)
        bnn_decoder_need(r, bnn_codes_unpack(codes, (size_t)n, bytes, weight),
                         "weights that are no codes");
    return weight;
}

static void decode_weights(bnn_decoder *r, bnn_stage *s)
{
    bnn_op *op = &s->op;
    if (r->status != BNN_OK)
        return;
    const uint64_t n = (uint64_t)op->out.c * s->taps; /* at most 2^48 */
    const bool codes = op->codes.step != 0;
    const uint64_t n_bytes = op->binary_weights ? bnn_modelfile_bitmap_bytes(n)
                             : codes            ? bnn_codes_bytes(op->codes, n)
                                                : 4 * n;
    if (!bnn_decoder_need(r, n_bytes <= r->end - r->at, "%u channels of %u weights are not there",
                          op->out.c, s->taps))
        return;
    if (op->binary_weights) {
        s->row_words = ((size_t)s->taps + 63) / 64;
        uint64_t *bits = bnn_decoder_alloc(r, op->out.c * s->row_words, sizeof *bits);
        bnn_decoder_bits(r, op->out.c, s->taps, s->row_words, bits);
        s->bits = bits;
    } else {
        op->weight = codes ? decode_digits(r, op->codes, n) : bnn_decoder_floats(r, n);
    }
}

static void decode_linear(bnn_decoder *r, uint32_t flags, bnn_stage *s)
{
    bnn_op *op = &s->op;
    decode_constants(r, op);
    const uint32_t channels = bnn_decoder_count(r);
    bnn_decoder_need(r, op->in.c % bnn_op_groups(op) == 0 && channels % bnn_op_groups(op) == 0,
                     "%u groups do not divide %u and %u channels", op->groups, op->in.c, channels);
    if (r->status != BNN_OK)
        return;
    const bool fits = bnn_op_out_shape(op, channels, &op->out) && op->pad_value >= -1.0f &&
                      op->pad_value <= 1.0f && (op->padding > 0 || op->pad_value == 0.0f) &&
                      bnn_op_taps(op) <= BNN_SUM_MAX;
    if (!bnn_decoder_need(
            r, fits,
            "layer: %u channels, kernel %u, stride %u, padding %u with %d does not fit %ux%ux%u",
            channels, op->kernel, op->stride, op->padding, (int)op->pad_value, op->in.c, op->in.h,
            op->in.w))
        return;
    s->taps = (uint32_t)bnn_op_taps(op);
    s->macs = (uint64_t)s->taps * bnn_shape_values(op->out);
    op->binary_weights = (flags & BNN_MODELFILE_BINARY_WEIGHTS) != 0;
    if (flags & BNN_MODELFILE_CODES)
        decode_codes(r, op);
    decode_weights(r, s);
    if (flags & BNN_MODELFILE_BIAS)
        op->bias = bnn_decoder_array(r, channels);
}

static void decode_thresholds(bnn_decoder *r, const bnn_stage *s, bnn_fold *f)
{
    const int32_t bound = bnn_stage_sum_bound(s) + 1;
    const uint32_t channels = s->op.out.c, bytes = bnn_decoder_number(r, 1);
    bnn_decoder_need(r, bytes == 1 || bytes == 2 || bytes == 4, "thresholds of %u bytes", bytes);
    const uint8_t *at = bnn_decoder_take(r, (uint64_t)channels * bytes);
    int32_t *threshold = at == NULL ? NULL : bnn_decoder_alloc(r, channels, sizeof *threshold);
    if (threshold == NULL)
        return;
    for (uint32_t c = 0; c < channels; c++, at += bytes) {
        const uint32_t value = bnn_decoder_little(at, bytes);
        threshold[c] = bytes == 1 ? (int8_t)value : bytes == 2 ? (int16_t)value : (int32_t)value;
        const bool table = f->rule[c] & BNN_RULE_TABLE;
        f->n_tables += table;
        bnn_decoder_need(r, threshold[c] >= -bound && threshold[c] <= bound,
                         "threshold %d of channel %u, where sums end at %d", threshold[c], c,
                         bound - 1);
        bnn_decoder_need(r, !table || threshold[c] == 0,
                         "threshold %d of channel %u, which has a table", threshold[c], c);
    }
    bnn_decoder_need(r, bytes == bnn_modelfile_threshold_bytes(threshold, channels),
                     "thresholds of %u bytes that fit in fewer", bytes);
    f->threshold = threshold;
}

static void decode_tables(bnn_decoder *r, const bnn_stage *s, bnn_fold *f)
{
    bnn_fold_size_tables(s, f);
    const uint64_t n_bytes = (uint64_t)f->n_tables * bnn_modelfile_bitmap_bytes(f->table_size);
    bnn_decoder_need(r, n_bytes <= r->end - r->at, "%u tables of %u bits are not there",
                     f->n_tables, f->table_size);
    uint64_t *tables = bnn_decoder_alloc(r, f->n_tables * f->table_words, sizeof *tables);
    for (uint32_t t = 0; tables != NULL && t < f->n_tables; t++)
        bnn_decoder_bits(r, 1, f->table_size, f->table_words, tables + t * f->table_words);
    f->tables = tables;
}

/* The shape behind an operation of a stage, which only a pool can fail to have. */
static void decode_shape(bnn_decoder *r, const bnn_op *op, bnn_shape *out)
{
    bnn_decoder_need(r, r->status == BNN_OK && bnn_op_out_shape(op, 0, out),
                     "a pool of %u, stride %u does not fit its input, %ux%ux%u", op->kernel,
                     op->stride, op->in.c, op->in.h, op->in.w);
}

static void decode_fold(bnn_decoder *r, bnn_stage *s)
{
    bnn_fold *f = &s->fold;
    const uint32_t channels = s->op.out.c;
    if (!bnn_decoder_need(r, s->integer_sums && s->outputs == BNN_VALUES_BITS,
                          "a stage without integer sums, or without a sign, is folded"))
        return;
    bnn_op pool = {.type = BNN_LOWER_MAXPOOL, .in = s->op.out, .kernel = bnn_decoder_count(r)};
    s->out = s->op.out;
    if (pool.kernel != 0) {
        pool.stride = bnn_decoder_count(r);
        decode_shape(r, &pool, &s->out);
    }
    f->pool = pool.kernel;
    f->pool_stride = pool.stride;
    bnn_decoder_need(r, 3 * bnn_modelfile_bitmap_bytes(channels) <= r->end - r->at,
                     "the rules of %u channels are not there", channels);
    uint8_t *rule = bnn_decoder_alloc(r, channels, sizeof *rule);
    bnn_decoder_flags(r, channels, BNN_RULE_FLIPPED, rule);
    bnn_decoder_flags(r, channels, BNN_RULE_AND, rule);
    bnn_decoder_flags(r, channels, BNN_RULE_TABLE, rule);
    f->rule = rule;
    for (uint32_t c = 0; r->status == BNN_OK && c < channels; c++)
        bnn_decoder_need(r,
                         !(rule[c] & BNN_RULE_AND && f->pool == 0) &&
                             !(rule[c] & BNN_RULE_FLIPPED && rule[c] & BNN_RULE_TABLE),
                         "the rules of channel %u contradict each other", c);
    decode_thresholds(r, s, f);
    decode_tables(r, s, f);
    s->folded = true;
}

/* n integers, as few bytes as hold them; none is larger in magnitude than `most`. */
static const int64_t *decode_integers(bnn_decoder *r, uint32_t n, int64_t most, const char *what)
{
    const uint32_t kind = bnn_decoder_number(r, 1), bytes = kind % BNN_MODELFILE_ONE;
    const bool one = kind >= BNN_MODELFILE_ONE;
    bnn_decoder_need(r, bytes >= 1 && bytes <= 8 && (!one || n <= BNN_MODELFILE_EQUAL_MAX),
                     "%s of kind %u", what, kind);
    const uint8_t *at = bnn_decoder_take(r, (uint64_t)bytes * (one ? 1 : n));
    int64_t *values = at == NULL ? NULL : bnn_decoder_alloc(r, n, sizeof *values);
    for (uint32_t i = 0; values != NULL && i < n; i++) {
        const uint8_t *from = at + (one ? 0 : (size_t)i * bytes);
        uint64_t word = from[bytes - 1] & 0x80 ? UINT64_MAX : 0;
        for (uint32_t k = bytes; k-- > 0;)
            word = word << 8 | from[k];
        memcpy(&values[i], &word, sizeof word);
        bnn_decoder_need(r, values[i] >= -most && values[i] <= most, "%s: %lld is larger than %lld",
                         what, (long long)values[i], (long long)most);
    }
    if (values != NULL)
        bnn_decoder_need(r, kind == bnn_modelfile_integer_kind(values, n),
                         "%s that fit in fewer bytes", what);
    return values;
}

static void decode_lines_pool(bnn_decoder *r, bnn_stage *s, bnn_lines *lines)
{
    const uint32_t channels = s->op.out.c;
    bnn_op pool = {.type = BNN_LOWER_MAXPOOL, .in = s->op.out, .kernel = bnn_decoder_count(r)};
    s->out = s->op.out;
    if (pool.kernel == 0)
        return;
    pool.stride = bnn_decoder_count(r);
    decode_shape(r, &pool, &s->out);
    bnn_decoder_need(r, bnn_modelfile_bitmap_bytes(channels) <= r->end - r->at,
                     "the pools of %u channels are not there", channels);
    uint8_t *least = bnn_decoder_alloc(r, channels, sizeof *least);
    bnn_decoder_flags(r, channels, 1, least);
    lines->pool = pool.kernel;
    lines->pool_stride = pool.stride;
    lines->least = least;
}

static void decode_lines(bnn_decoder *r, bnn_stage *s)
{
    bnn_lines *lines = bnn_decoder_alloc(r, 1, sizeof *lines);
    if (lines == NULL ||
        !bnn_decoder_need(r, s->outputs != BNN_VALUES_FLOATS && bnn_stage_sums_are_whole(s),
                          "a stage without whole sums, or without codes, has lines"))
        return;
    decode_lines_pool(r, s, lines);
    lines->shift = bnn_decoder_number(r, 1);
    bnn_decoder_need(r, lines->shift <= BNN_LINE_SHIFT_MAX, "lines are shifted by %u",
                     lines->shift);
    lines->factor = decode_integers(r, s->op.out.c, BNN_SUM_MAX, "factors");
    lines->offset = decode_integers(r, s->op.out.c, BNN_LINE_OFFSET_MAX, "offsets");
    if (s->outputs == BNN_VALUES_BITS)
        s->out_codes = (bnn_range){0, 1};
    s->lines = lines;
}

static void decode_chain_op(bnn_decoder *r, bnn_op *op)
{
    op->type = bnn_decoder_number(r, 1);
    if (r->version == 1)
        op->name = bnn_decoder_text(r);
    bnn_decoder_need(r, bnn_op_can_follow(op->type), "operation %u in a chain", op->type);
    decode_constants(r, op);
    decode_shape(r, op, &op->out);
}

/* Of operation i behind a linear one, where the file has none. */
static const char *decode_made_name(bnn_decoder *r, const char *stage, uint32_t i)
{
    const char *name = r->version == 1 ? "" : bnn_arena_printf(r->arena, "%s.%u", stage, i + 1);
    if (name == NULL)
        r->status = bnn_no_memory(r->err);
    return name;
}

static void decode_chain(bnn_decoder *r, bnn_stage *s)
{
    const uint32_t n = bnn_decoder_number(r, 1);
    s->out = s->op.out;
    bnn_decoder_need(r, n <= BNN_CHAIN_MAX, "a chain of %u operations, more than %d", n,
                     BNN_CHAIN_MAX);
    bnn_op *chain = bnn_decoder_alloc(r, n, sizeof *chain);
    for (uint32_t i = 0; r->status == BNN_OK && i < n; i++) {
        chain[i].in = s->out;
        chain[i].name = decode_made_name(r, s->op.name, i);
        decode_chain_op(r, &chain[i]);
        s->out = chain[i].out;
    }
    s->chain = chain;
    s->n_chain = n;
}

static bool decode_is_logic(const bnn_decoder *r, const bnn_stage *s)
{
    return r->version > 1 && (s->op.type == BNN_LOWER_TABLE || s->op.type == BNN_LOWER_GROUP_SUM);
}

/* What a stage says of itself, against the one that it takes values from. */
static void decode_check_kinds(bnn_decoder *r, const bnn_stage *s, const bnn_stage *source,
                               uint32_t flags)
{
    const bnn_values given = source == NULL ? BNN_VALUES_PIXELS : source->outputs;
    const bool none = s->op.type == BNN_LOWER_IDENTITY, logic = decode_is_logic(r, s);
    const uint32_t weights = BNN_MODELFILE_BINARY_WEIGHTS | BNN_MODELFILE_CODES;
    const uint32_t ends = BNN_MODELFILE_FOLDED | BNN_MODELFILE_LINES;
    const uint32_t all = BNN_MODELFILE_BINARY_WEIGHTS | BNN_MODELFILE_BIAS | BNN_MODELFILE_FOLDED |
                         (r->version > 1 ? BNN_MODELFILE_CODES | BNN_MODELFILE_LINES : 0u);
    bnn_decoder_need(r,
                     none ? source == NULL || (r->version > 2 && s->inputs == BNN_VALUES_FLOATS)
                          : logic || bnn_op_is_linear(s->op.type),
                     "linear operation %u", s->op.type);
    bnn_decoder_need(r, !logic || s->inputs < BNN_VALUES_FLOATS, "gates of floats");
    bnn_decoder_need(r, s->inputs == given, "takes values of kind %u, is given kind %u", s->inputs,
                     given);
    bnn_decoder_need(r,
                     s->outputs == BNN_VALUES_BITS || s->outputs == BNN_VALUES_FLOATS ||
                         (r->version > 1 && s->outputs == BNN_VALUES_CODES),
                     "gives values of kind %u", s->outputs);
    bnn_decoder_need(r,
                     flags <= (none || logic ? 0 : all) && (flags & weights) != weights &&
                         (flags & ends) != ends,
                     "flags %u", flags);
}

/* Of what a stage gives, and of what it takes. */
static void decode_ranges(bnn_decoder *r, const bnn_stage *source, bnn_stage *s)
{
    if (source != NULL)
        s->in_codes = source->out_codes;
    if (s->outputs != BNN_VALUES_CODES)
        return;
    const int32_t below = (int32_t)bnn_decoder_number(r, 1), n = (int32_t)bnn_decoder_number(r, 1);
    bnn_decoder_need(r, n > 0 && below <= n, "codes from %d to %d", -below, n - below);
    s->out_codes = (bnn_range){-below, n - below};
}

/* Nothing is read behind the end of a stage until the next one. */
static void decode_stage_size(bnn_decoder *r)
{
    const size_t start = r->at;
    const uint32_t size = bnn_decoder_number(r, 4);
    if (bnn_decoder_need(r, size >= 4 && size <= r->end - start,
                         "a stage of %u bytes, where %zu are left", size, r->end - start))
        r->end = start + size;
}

/* How far back the stages are whose values stage i takes and adds; returns the flags that are left. */
static uint32_t decode_links(bnn_decoder *r, uint32_t i, uint32_t flags, bnn_stage *s)
{
    const uint32_t links = r->version > 2 ? BNN_MODELFILE_FROM | BNN_MODELFILE_WITH : 0u;
    if (flags & links & BNN_MODELFILE_FROM) {
        s->from = bnn_decoder_count(r);
        bnn_decoder_need(r, s->from > 0 && s->from <= i, "stage %u takes values from %u before",
                         i + 1, s->from);
    }
    if (flags & links & BNN_MODELFILE_WITH) {
        s->with = bnn_decoder_count(r);
        bnn_decoder_need(r, s->with > 0 && s->with <= i, "stage %u adds values from %u before",
                         i + 1, s->with);
    }
    return flags & ~links;
}

/* Stage i, of images whose pixels have this shape. */
static void decode_stage(bnn_decoder *r, bnn_shape pixels, bnn_stage *stages, uint32_t i)
{
    const size_t outer_end = r->end;
    bnn_stage *s = &stages[i];
    if (r->version == 1)
        decode_stage_size(r);
    s->op.name = bnn_decoder_text(r);
    s->op.type = bnn_decoder_number(r, 1);
    s->inputs = (bnn_values)bnn_decoder_number(r, 1);
    s->outputs = (bnn_values)bnn_decoder_number(r, 1);
    uint32_t flags = bnn_decoder_number(r, 1);
    s->n_float_values = bnn_decoder_count(r);
    flags = decode_links(r, i, flags, s);
    const int32_t at = r->status == BNN_OK ? bnn_stage_source(s, i) : -1;
    const bnn_stage *source = at < 0 ? NULL : &stages[at];
    decode_check_kinds(r, s, source, flags);
    decode_ranges(r, source, s);
    s->op.in = s->op.out = source == NULL ? pixels : source->out;
    s->op.kernel = s->op.stride = 1;
    if (decode_is_logic(r, s))
        bnn_logic_decode(r, s);
    else if (s->op.type != BNN_LOWER_IDENTITY)
        decode_linear(r, flags, s);
    s->integer_sums = bnn_stage_sums_are_integers(s);
    if (flags & BNN_MODELFILE_FOLDED)
        decode_fold(r, s);
    else if (flags & BNN_MODELFILE_LINES)
        decode_lines(r, s);
    else
        decode_chain(r, s);
    if (s->lines == NULL && s->outputs == BNN_VALUES_CODES)
        bnn_decoder_need(r, r->status == BNN_OK && bnn_stage_gives_codes(s),
                         "a chain that does not end in the codes that it says");
    bnn_decoder_need(r, r->version > 1 || r->at == r->end, "%zu bytes too many in a stage",
                     r->end - r->at);
    r->end = outer_end;
}

/* ---- the file ---------------------------------------------------------------------------- */

bool bnn_modelfile_begins(const uint8_t *bytes, size_t n)
{
    return n >= sizeof bnn_modelfile_magic &&
           memcmp(bytes, bnn_modelfile_magic, sizeof bnn_modelfile_magic) == 0;
}

static void decode_header(bnn_decoder *r)
{
    if (!bnn_decoder_need(
            r, r->end >= BNN_MODELFILE_HEADER_BYTES && bnn_modelfile_begins(r->bytes, r->end),
            "not a model file: it must begin with 89 'BNN' 0d 0a 1a 0a"))
        return;
    r->at = sizeof bnn_modelfile_magic;
    r->version = bnn_decoder_number(r, 4);
    bnn_decoder_need(r, r->version >= 1 && r->version <= BNN_MODELFILE_VERSION,
                     "version %u, this program reads versions 1 to %d", r->version,
                     BNN_MODELFILE_VERSION);
    const uint32_t size = bnn_decoder_number(r, 4);
    if (!bnn_decoder_need(r, size == r->end && size <= BNN_MODELFILE_LIMIT_BYTES,
                          "the file says it has %u bytes, it has %zu; copy it again", size, r->end))
        return;
    const uint32_t said = bnn_decoder_number(r, 4);
    const uint32_t is = (uint32_t)crc32(0, r->bytes + r->at, (uInt)(r->end - r->at));
    bnn_decoder_need(r, said == is,
                     "the checksum is %08x, the file says %08x: it is damaged; copy it again", is,
                     said);
}

static void decode_metadata(bnn_decoder *r, bnn_model *model)
{
    model->n_metadata = bnn_decoder_count(r);
    bnn_decoder_need(r, model->n_metadata <= BNN_METADATA_MAX,
                     "%u texts about the model, more than %d", model->n_metadata, BNN_METADATA_MAX);
    bnn_metadata *metadata = bnn_decoder_alloc(r, model->n_metadata, sizeof *metadata);
    for (uint32_t i = 0; r->status == BNN_OK && i < model->n_metadata; i++) {
        metadata[i].key = bnn_decoder_text(r);
        metadata[i].value = bnn_decoder_text(r);
        bnn_decoder_need(r, metadata[i].key[0] != '\0', "a text about the model has no key");
    }
    model->metadata = metadata;
}

/* Of an image of this shape. */
static bnn_view decode_view(bnn_decoder *r, bnn_shape image)
{
    bnn_view view = {.shrink = 1};
    const uint32_t more = bnn_decoder_number(r, 1);
    if (!bnn_decoder_need(r, more <= 1, "the model has something of kind %u", more) || more == 0)
        return view;
    view.crop = bnn_decoder_count(r);
    view.shrink = bnn_decoder_count(r);
    bnn_decoder_need(r, view.shrink > 0 && !bnn_view_is_all(view) && bnn_view_fits(view, image),
                     "crop %u and shrink %u of images of %ux%u", view.crop, view.shrink, image.h,
                     image.w);
    return view;
}

static void decode_model(bnn_decoder *r, bnn_model *model)
{
    bnn_shape shape, same;
    shape.c = bnn_decoder_count(r);
    shape.h = bnn_decoder_count(r);
    shape.w = bnn_decoder_count(r);
    model->version = r->version;
    model->input = shape;
    model->n_classes = bnn_decoder_count(r);
    if (r->version > 1)
        model->view = decode_view(r, shape);
    if (bnn_decoder_need(
            r, bnn_op_out_shape(&(bnn_op){.type = BNN_LOWER_IDENTITY, .in = shape}, 0, &same),
            "images of %ux%ux%u", shape.c, shape.h, shape.w))
        shape = bnn_view_shape(model->view, shape);
    decode_metadata(r, model);
    model->n_stages = bnn_decoder_count(r);
    bnn_decoder_need(r, model->n_stages >= 1 && model->n_stages <= BNN_STAGES_MAX,
                     "%u stages; there are 1 to %d", model->n_stages, BNN_STAGES_MAX);
    bnn_stage *stages = bnn_decoder_alloc(r, model->n_stages, sizeof *stages);
    for (uint32_t i = 0; r->status == BNN_OK && i < model->n_stages; i++)
        decode_stage(r, shape, stages, i);
    model->stages = stages;
    if (bnn_decoder_need(r, r->at == r->end, "%zu bytes too many", r->end - r->at))
        bnn_decoder_need(r,
                         stages[model->n_stages - 1].outputs == BNN_VALUES_FLOATS &&
                             bnn_shape_values(stages[model->n_stages - 1].out) == model->n_classes,
                         "the last stage gives no %u logits", model->n_classes);
    const char *mistake = r->status == BNN_OK && r->version > 2 ? bnn_order_mistake(model) : NULL;
    bnn_decoder_need(r, mistake == NULL, "%s", mistake == NULL ? "" : mistake);
}

int bnn_modelfile_decode(const void *bytes, size_t n, const char *name, bnn_arena *arena,
                         bnn_model **out, bnn_error *err)
{
    bnn_decoder r = {.bytes = bytes, .end = n, .name = name, .arena = arena, .err = err};
    decode_header(&r);
    bnn_model *model = bnn_decoder_alloc(&r, 1, sizeof *model);
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
