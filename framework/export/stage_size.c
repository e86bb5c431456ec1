#include "export/stage_size.h"

#include "export/fold.h"
#include "export/modelfile_encode.h"
#include "infer/modelfile.h"

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

/* Of lines, what are thresholds of folded stages. */
static void size_of_lines(const bnn_stage *s, bnn_stage_size *size)
{
    const uint32_t channels = s->op.out.c;
    const bnn_lines *lines = s->lines;
    size->n_thresholds = channels;
    size->threshold_bytes = bnn_modelfile_integer_bytes(lines->factor, channels) +
                            bnn_modelfile_integer_bytes(lines->offset, channels);
    size->threshold_bits = (8 * size->threshold_bytes + channels - 1) / channels;
    if (lines->pool != 0) {
        size->rule_bytes = bnn_modelfile_bitmap_bytes(channels);
        size->rule_pad_bits = size_pad_bits(channels);
    }
    for (uint32_t c = 0; c < channels; c++) {
        size->n_flipped += lines->factor[c] < 0;
        size->n_and += lines->pool != 0 && lines->least[c] != 0;
        size->n_constant += lines->factor[c] == 0;
    }
}

static uint64_t size_of_array(uint32_t version, const float *values, uint32_t n)
{
    return values == NULL ? 0 : bnn_modelfile_array_bytes(version, values, n);
}

static uint64_t size_of_chain(const bnn_stage *s, uint32_t version)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < s->n_chain; i++) {
        const bnn_op *op = &s->chain[i];
        bytes += size_of_array(version, op->factor, op->in.c) +
                 size_of_array(version, op->offset, op->in.c) +
                 (bnn_op_kind_of(op->type)->has & BNN_OP_RANGE ? 8u : 0u);
    }
    return bytes;
}

static void size_of_weights(const bnn_stage *s, bool codes, bnn_stage_size *size)
{
    const uint64_t n = size->n_weights;
    size->weight_tenths = s->op.binary_weights ? 10 : codes ? bnn_codes_tenths(s->op.codes) : 320;
    size->weight_bytes = s->op.binary_weights ? bnn_modelfile_bitmap_bytes(n)
                         : codes              ? bnn_codes_bytes(s->op.codes, n)
                                              : 4 * n;
    size->weight_pad_bits = 8 * size->weight_bytes - (s->op.binary_weights ? n
                                                      : codes ? bnn_codes_bits(s->op.codes, n)
                                                              : 32 * n);
}

void bnn_modelfile_stage_size(const bnn_model *model, uint32_t i, bnn_stage_size *out)
{
    const bnn_stage *s = &model->stages[i];
    const uint32_t version = bnn_modelfile_version(model);
    bnn_stage_size size = {.bytes = bnn_modelfile_stage_bytes(model, i),
                           .float32_bytes = 4 * (uint64_t)s->n_float_values};
    if (s->logic != NULL)
        size.table_bytes = bnn_modelfile_logic_bytes(model, i);
    else if (s->op.type != BNN_LOWER_IDENTITY) {
        size.n_weights = (uint64_t)s->op.out.c * s->taps;
        size.n_biases = s->op.bias != NULL ? s->op.out.c : 0;
        size_of_weights(s, bnn_modelfile_has_codes(model, i), &size);
        size.bias_bytes = size_of_array(version, s->op.bias, s->op.out.c);
    }
    if (s->folded)
        size_of_fold(s, &size);
    else if (s->lines != NULL)
        size_of_lines(s, &size);
    else
        size.chain_bytes = size_of_chain(s, version);
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

bnn_model_bytes bnn_modelfile_bytes(const bnn_model *model)
{
    bnn_model_bytes bytes = {.bare = bnn_modelfile_bare_bytes(model),
                             .file = bnn_modelfile_encode(model, NULL)};
    for (uint32_t i = 0; i < model->n_stages; i++) {
        bnn_stage_size size;
        bnn_modelfile_stage_size(model, i, &size);
        bytes.weights += size.weight_bytes;
    }
    return bytes;
}
