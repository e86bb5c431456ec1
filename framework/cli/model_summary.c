#include "cli/model_summary.h"

#include "export/modelfile_encode.h"
#include "infer/engine/engine.h"
#include "infer/modelfile_decode.h"

#include <string.h>

#define FIELD(name, member, adds_up)                                                            \
    {                                                                                           \
        name, offsetof(bnn_stage_size, member), sizeof(((const bnn_stage_size *)NULL)->member), \
            adds_up                                                                             \
    }

const cli_size_field_info cli_size_fields[CLI_SIZE_FIELDS] = {
    FIELD("weights", n_weights, true),
    FIELD("bits_of_weight", bits_of_weight, false),
    FIELD("biases", n_biases, true),
    FIELD("thresholds", n_thresholds, true),
    FIELD("threshold_bits", threshold_bits, false),
    FIELD("flipped", n_flipped, true),
    FIELD("and", n_and, true),
    FIELD("constant", n_constant, true),
    FIELD("tables", n_tables, true),
    FIELD("weight_padding_bits", weight_pad_bits, true),
    FIELD("rule_padding_bits", rule_pad_bits, true),
    FIELD("table_padding_bits", table_pad_bits, true),
    FIELD("weight_bytes", weight_bytes, true),
    FIELD("bias_bytes", bias_bytes, true),
    FIELD("threshold_bytes", threshold_bytes, true),
    FIELD("rule_bytes", rule_bytes, true),
    FIELD("table_bytes", table_bytes, true),
    FIELD("chain_bytes", chain_bytes, true),
    FIELD("header_bytes", header_bytes, true),
    FIELD("bytes", bytes, true),
    FIELD("float32_bytes", float32_bytes, true),
    FIELD("macs_binary", macs_binary, true),
    FIELD("macs_integer", macs_integer, true),
    FIELD("macs_float", macs_float, true),
};

uint64_t cli_size_field(const bnn_stage_size *size, const cli_size_field_info *f)
{
    const char *at = (const char *)size + f->offset;
    if (f->bytes == sizeof(uint32_t)) {
        uint32_t value;
        memcpy(&value, at, sizeof value);
        return value;
    }
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void add_field(bnn_stage_size *total, const bnn_stage_size *size,
                      const cli_size_field_info *f)
{
    char *at = (char *)total + f->offset;
    const uint64_t sum = cli_size_field(total, f) + cli_size_field(size, f);
    const uint32_t narrow = (uint32_t)sum;
    if (f->bytes == sizeof narrow)
        memcpy(at, &narrow, sizeof narrow);
    else
        memcpy(at, &sum, sizeof sum);
}

uint64_t cli_size_padding_bits(const bnn_stage_size *size)
{
    return (uint64_t)size->weight_pad_bits + size->rule_pad_bits + size->table_pad_bits;
}

uint64_t cli_size_theoretical_bytes(const bnn_stage_size *total)
{
    return (8 * (total->bytes - total->header_bytes) - cli_size_padding_bits(total) + 7) / 8;
}

int cli_model_summarize(const char *path, bnn_arena *arena, cli_model_summary *out, bnn_error *err)
{
    bnn_model *model;
    const bnn_engine *engine = bnn_engine_choose(err);
    if (engine == NULL)
        return err->status;
    const int status = bnn_modelfile_read(path, arena, &model, err);
    if (status != BNN_OK)
        return status;
    bnn_stage_size *sizes = bnn_arena_alloc(arena, model->n_stages, sizeof *sizes);
    if (sizes == NULL)
        return bnn_no_memory(err);
    *out = (cli_model_summary){.path = path,
                               .model = model,
                               .engine = engine->name,
                               .sizes = sizes,
                               .head_bytes = bnn_modelfile_head_bytes(model),
                               .file_bytes = bnn_modelfile_bytes(model)};
    for (uint32_t i = 0; i < model->n_stages; i++) {
        bnn_modelfile_stage_size(model, i, &sizes[i]);
        for (size_t j = 0; j < CLI_SIZE_FIELDS; j++)
            if (cli_size_fields[j].adds_up)
                add_field(&out->total, &sizes[i], &cli_size_fields[j]);
    }
    return BNN_OK;
}
