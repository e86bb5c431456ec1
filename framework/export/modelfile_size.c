#include "export/modelfile_encode.h"

#include "export/fold.h"
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
    const uint32_t channels = s->sums.c;
    size->n_thresholds = channels;
    size->threshold_bits = 8 * bnn_modelfile_threshold_bytes(s->fold.threshold, channels);
    size->threshold_bytes = (uint64_t)channels * size->threshold_bits / 8;
    size->rule_bytes = 3 * bnn_modelfile_bitmap_bytes(channels);
    size->rule_pad_bits = 3 * size_pad_bits(channels);
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
    bnn_stage_size size = {.bytes = bnn_modelfile_stage_bytes(s),
                           .float32_bytes = 4 * (uint64_t)s->n_float_values};
    if (s->linear != BNN_LOWER_IDENTITY) {
        size.n_weights = (uint64_t)s->sums.c * s->taps;
        size.n_biases = s->bias != NULL ? s->sums.c : 0;
        size.bits_of_weight = s->binary_weights ? 1 : 32;
        size.weight_bytes =
            s->binary_weights ? bnn_modelfile_bitmap_bytes(size.n_weights) : 4 * size.n_weights;
        size.weight_pad_bits = s->binary_weights ? size_pad_bits(size.n_weights) : 0;
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
