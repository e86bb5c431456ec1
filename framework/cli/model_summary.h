/* model_summary.h - the numbers of a model file: of each layer, and of all. */
#ifndef BNN_CLI_MODEL_SUMMARY_H
#define BNN_CLI_MODEL_SUMMARY_H

#include "export/modelfile_size.h"

typedef struct cli_model_summary {
    const char *path;
    const bnn_model *model;
    const char *engine;          /* that would run it here */
    const bnn_stage_size *sizes; /* [n_stages] */
    bnn_stage_size total;        /* over all stages, of what adds up */
    uint64_t head_bytes;         /* of the file, in front of the stages */
    uint64_t file_bytes;
} cli_model_summary;

/* Reads the file into the arena. */
int cli_model_summarize(const char *path, bnn_arena *arena, cli_model_summary *out, bnn_error *err);

/* A member of bnn_stage_size: its column in CSV, its key in JSON. */
typedef struct cli_size_field_info {
    const char *name;
    size_t offset, bytes;
    bool adds_up; /* over the layers */
} cli_size_field_info;
enum { CLI_SIZE_FIELDS = 24 };
extern const cli_size_field_info cli_size_fields[CLI_SIZE_FIELDS];
uint64_t cli_size_field(const bnn_stage_size *size, const cli_size_field_info *f);

/* Of weights, rules and tables. */
uint64_t cli_size_padding_bits(const bnn_stage_size *size);

/* What weights, biases, thresholds, rules, tables and float operations need: their bits without
 * padding and headers, in whole bytes. */
uint64_t cli_size_theoretical_bytes(const bnn_stage_size *size);

#endif
