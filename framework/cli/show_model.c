#include "cli/show_model.h"

#include "base/text.h"
#include "cli/table.h"
#include "export/modelfile_encode.h"
#include "export/stage_size.h"
#include "infer/engine/engine.h"
#include "infer/modelfile.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* ---- the numbers of a model file: of each layer, and of all ------------------------------ */

typedef struct model_summary {
    const char *path;
    const bnn_model *model;
    const char *engine;          /* that would run it here */
    const bnn_stage_size *sizes; /* [n_stages] */
    bnn_stage_size total;        /* over all stages, of what adds up */
    uint64_t head_bytes;         /* of the file, in front of the stages */
    uint64_t file_bytes;
    uint64_t bare_bytes; /* without its texts */
} model_summary;

/* A member of bnn_stage_size: its column in CSV, its key in JSON. */
typedef struct size_field {
    const char *name;
    size_t offset;
    bool adds_up; /* over the layers */
} size_field;
enum { SIZE_FIELDS = 24, SIZE_WEIGHT_BITS = 1 };

#define FIELD(name, member, adds_up)                    \
    {                                                   \
        name, offsetof(bnn_stage_size, member), adds_up \
    }

static const size_field size_fields[SIZE_FIELDS] = {
    FIELD("weights", n_weights, true),
    [SIZE_WEIGHT_BITS] = FIELD("bits_of_weight", weight_tenths, false), /* as tenths */
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

static uint64_t size_value(const bnn_stage_size *size, const size_field *f)
{
    return *(const uint64_t *)(const void *)((const char *)size + f->offset);
}

static void size_add(bnn_stage_size *total, const bnn_stage_size *size, const size_field *f)
{
    *(uint64_t *)(void *)((char *)total + f->offset) += size_value(size, f);
}

/* Whole numbers, but for 1.6 bits and their like. */
static json_t *size_json(const bnn_stage_size *size, size_t i)
{
    const uint64_t value = size_value(size, &size_fields[i]);
    if (i == SIZE_WEIGHT_BITS && value % 10 != 0)
        return json_real((double)value / 10.0);
    return json_integer((json_int_t)(i == SIZE_WEIGHT_BITS ? value / 10 : value));
}

/* Of weights, rules and tables. */
static uint64_t size_padding_bits(const bnn_stage_size *size)
{
    return size->weight_pad_bits + size->rule_pad_bits + size->table_pad_bits;
}

/* What weights, biases, thresholds, rules, tables and float operations need: their bits without
 * padding and headers, in whole bytes. */
static uint64_t size_theoretical_bytes(const bnn_stage_size *total)
{
    return (8 * (total->bytes - total->header_bytes) - size_padding_bits(total) + 7) / 8;
}

/* Reads the file into the arena. */
static int model_summarize(const char *path, bnn_arena *arena, model_summary *out, bnn_error *err)
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
    *out = (model_summary){.path = path,
                           .model = model,
                           .engine = engine->name,
                           .sizes = sizes,
                           .head_bytes = bnn_modelfile_head_bytes(model),
                           .file_bytes = bnn_modelfile_encode(model, NULL),
                           .bare_bytes = bnn_modelfile_bare_bytes(model)};
    for (uint32_t i = 0; i < model->n_stages; i++) {
        bnn_modelfile_stage_size(model, i, &sizes[i]);
        for (size_t j = 0; j < SIZE_FIELDS; j++)
            if (size_fields[j].adds_up)
                size_add(&out->total, &sizes[i], &size_fields[j]);
    }
    return BNN_OK;
}

enum { METADATA_COLUMNS = 72 }; /* of a value in the text; JSON has all of it */

static const char *values_name(bnn_values values)
{
    static const char *const names[] = {"pixels", "bits", "floats", "codes"};
    return names[values];
}

/* Its operation with weights, or what stands in front of the first such. */
static const char *stage_name(const bnn_stage *stage)
{
    return stage->op.name[0] != '\0' ? stage->op.name : "(input)";
}

/* ---- JSON -------------------------------------------------------------------------------- */

static void add_numbers(json_t *object, const bnn_stage_size *size, bool total)
{
    for (size_t i = 0; i < SIZE_FIELDS; i++)
        if (!total || size_fields[i].adds_up)
            json_object_set_new(object, size_fields[i].name, size_json(size, i));
}

static json_t *shape_json(bnn_shape shape)
{
    return json_pack("[I,I,I]", (json_int_t)shape.c, (json_int_t)shape.h, (json_int_t)shape.w);
}

static json_t *stage_json(const bnn_stage *stage, const bnn_stage_size *size)
{
    json_t *object = json_pack("{s:o, s:s, s:s, s:o}", "layer", cli_json_text(stage_name(stage)),
                               "input", values_name(stage->inputs), "output",
                               values_name(stage->outputs), "output_shape", shape_json(stage->out));
    add_numbers(object, size, false);
    return object;
}

static json_t *metadata_json(const bnn_model *model)
{
    json_t *object = json_object();
    for (uint32_t i = 0; i < model->n_metadata; i++)
        json_object_set_new(object, model->metadata[i].key,
                            cli_json_text(model->metadata[i].value));
    return object;
}

/* What the network sees of images, where that is not all; else null. */
static json_t *view_json(const bnn_model *model)
{
    const bnn_view view = model->view;
    return bnn_view_is_all(view) ? json_null()
                                 : json_pack("{s:o, s:I, s:o}", "crop",
                                             view.crop == 0 ? json_null() : json_integer(view.crop),
                                             "shrink", (json_int_t)bnn_view_side(view), "shape",
                                             shape_json(bnn_view_shape(view, model->input)));
}

static int print_model_json(const model_summary *s, bnn_error *err)
{
    const bnn_model *model = s->model;
    json_t *layers = json_array();
    json_t *total = json_object();
    for (uint32_t i = 0; i < model->n_stages; i++)
        json_array_append_new(layers, stage_json(&model->stages[i], &s->sizes[i]));
    add_numbers(total, &s->total, true);
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:I, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:f, s:o}", "file",
        cli_json_text(s->path), "input_shape", shape_json(model->input), "sees", view_json(model),
        "classes", (json_int_t)model->n_classes, "engine", s->engine, "metadata",
        metadata_json(model), "layers", layers, "file_header_bytes", (json_int_t)s->head_bytes,
        "file_bytes", (json_int_t)s->file_bytes, "bare_bytes", (json_int_t)s->bare_bytes,
        "theoretical_bytes", (json_int_t)size_theoretical_bytes(&s->total), "float32_bytes",
        (json_int_t)s->total.float32_bytes, "smaller",
        (double)s->total.float32_bytes / (double)s->file_bytes, "total", total);
    return cli_json_print_digits(object, 6, err);
}

/* ---- tables ------------------------------------------------------------------------------ */

/* With commas; nothing for 0. */
static void model_put_count(cli_table *table, uint64_t n)
{
    char text[CLI_TEXT_MAX];
    cli_table_cell(table, n == 0 ? NULL : bnn_count_text(n, text));
}

static void model_put_fields(cli_table *table, const bnn_stage_size *size)
{
    for (size_t j = 0; j < SIZE_FIELDS; j++)
        cli_table_put(table, size_json(size, j));
}

static int model_print_csv(const model_summary *s, const cli_options *options, bnn_error *err)
{
    cli_table *table = cli_table_create("layer|input|output|channels|height|width");
    for (size_t i = 0; i < SIZE_FIELDS; i++)
        cli_table_column(table, size_fields[i].name, CLI_NUMBER);
    for (uint32_t i = 0; i < s->model->n_stages; i++) {
        const bnn_stage *stage = &s->model->stages[i];
        cli_table_cell(table, stage_name(stage));
        cli_table_cell(table, values_name(stage->inputs));
        cli_table_cell(table, values_name(stage->outputs));
        cli_table_put(table, json_integer(stage->out.c));
        cli_table_put(table, json_integer(stage->out.h));
        cli_table_put(table, json_integer(stage->out.w));
        model_put_fields(table, &s->sizes[i]);
    }
    const bnn_stage_size head = {.header_bytes = s->head_bytes, .bytes = s->head_bytes};
    cli_table_cell(table, "(file header)");
    for (size_t i = 0; i < 5; i++)
        cli_table_cell(table, NULL);
    model_put_fields(table, &head);
    return cli_table_end(table, options, err);
}

/* "50 x 16 bit"; then "19 flipped, 3 AND, 2 tables". */
static void model_put_thresholds(cli_table *table, const bnn_stage *stage,
                                 const bnn_stage_size *size)
{
    const struct {
        uint64_t n;
        const char *what;
    } kinds[] = {{stage->lines != NULL ? size->n_thresholds : 0, "lines"},
                 {size->n_flipped, stage->lines != NULL ? "falling" : "flipped"},
                 {size->n_and, stage->lines != NULL ? "least" : "AND"},
                 {size->n_constant, "constant"},
                 {size->n_tables, size->n_tables == 1 ? "table" : "tables"}};
    char text[128] = "";
    if (stage->logic != NULL) {
        cli_table_cell(table, NULL);
        cli_table_cellf(table, "%u gates, %u sources", stage->logic->n_gates,
                        stage->logic->n_sources);
        return;
    }
    if (!stage->folded && stage->lines == NULL) {
        cli_table_cell(table, NULL);
        cli_table_cell(table, stage->n_chain > 0 ? "float operations" : NULL);
        return;
    }
    cli_table_cellf(table, "%" PRIu64 " x %" PRIu64 " bit", size->n_thresholds,
                    size->threshold_bits);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const size_t used = strlen(text);
        if (kinds[i].n > 0)
            snprintf(text + used, sizeof text - used, "%s%" PRIu64 " %s", used > 0 ? ", " : "",
                     kinds[i].n, kinds[i].what);
    }
    cli_table_cell(table, text);
}

/* The columns of numbers, from the weights to the MACs. A total has no bits of a weight. */
static void model_put_counts(cli_table *table, const bnn_stage_size *size, uint64_t bytes)
{
    const uint64_t counts[] = {size_padding_bits(size), bytes,
                               size->float32_bytes,     size->macs_binary,
                               size->macs_integer,      size->macs_float};
    model_put_count(table, size->n_weights);
    if (size->weight_tenths % 10 == 0)
        model_put_count(table, size->weight_tenths / 10);
    else
        cli_table_cellf(table, "%.1f", (double)size->weight_tenths / 10.0);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        model_put_count(table, counts[i]);
}

/* "bits", "floats of conv2d_1", "floats + conv2d_1". */
static void model_put_input(cli_table *table, const bnn_model *model, uint32_t i)
{
    const bnn_stage *stage = &model->stages[i];
    const int32_t source = bnn_stage_source(stage, i), other = bnn_stage_other(stage, i);
    const char *values = values_name(stage->inputs);
    if (other >= 0)
        cli_table_cellf(table, "%s + %s", values, stage_name(&model->stages[other]));
    else if (stage->from > 0 && source >= 0)
        cli_table_cellf(table, "%s of %s", values, stage_name(&model->stages[source]));
    else
        cli_table_cell(table, values);
}

static int model_print_layers(const model_summary *s, bnn_error *err)
{
    static const bnn_stage_size nothing;
    static const bnn_stage no_stage;
    cli_table *table = cli_table_create(
        "layer|input|output|#weights|#bits|#padding|#bytes|#float32|#binary MACs|#integer|#float|"
        "thresholds|of which");
    for (uint32_t i = 0; i < s->model->n_stages; i++) {
        const bnn_stage *stage = &s->model->stages[i];
        cli_table_cell(table, stage_name(stage));
        model_put_input(table, s->model, i);
        cli_table_cellf(table, "%ux%ux%u %s", stage->out.c, stage->out.h, stage->out.w,
                        values_name(stage->outputs));
        model_put_counts(table, &s->sizes[i], s->sizes[i].bytes);
        model_put_thresholds(table, stage, &s->sizes[i]);
    }
    for (int is_total = 0; is_total < 2; is_total++) {
        cli_table_cell(table, is_total ? "total" : "(file header)");
        cli_table_cell(table, NULL);
        cli_table_cell(table, NULL);
        model_put_counts(table, is_total ? &s->total : &nothing,
                         is_total ? s->file_bytes : s->head_bytes);
        model_put_thresholds(table, &no_stage, &nothing);
    }
    return cli_table_end(table, NULL, err);
}

/* ---- text -------------------------------------------------------------------------------- */

static void print_metadata(const bnn_metadata *metadata)
{
    const char *value = metadata->value;
    const size_t n = bnn_text_bytes(value, METADATA_COLUMNS);
    printf("  ");
    cli_print_clean(metadata->key, strlen(metadata->key));
    printf("%*s ", strlen(metadata->key) < 11 ? 11 - (int)strlen(metadata->key) : 0, "");
    cli_print_clean(value, n);
    puts(value[n] != '\0' ? "..." : "");
}

static void print_view(const bnn_model *model)
{
    const bnn_shape cut = bnn_view_cut(model->view, model->input);
    const bnn_shape seen = bnn_view_shape(model->view, model->input);
    const uint32_t side = bnn_view_side(model->view);
    if (bnn_view_is_all(model->view))
        return;
    printf("it sees %s%ux%u of each", model->view.crop == 0 ? "all " : "the central ", cut.h,
           cut.w);
    if (side > 1)
        printf(", and of that the means of %ux%u pixels: %ux%ux%u", side, side, seen.c, seen.h,
               seen.w);
    putchar('\n');
}

static int print_model_text(const model_summary *s, bnn_error *err)
{
    char a[CLI_TEXT_MAX], b[CLI_TEXT_MAX], c[CLI_TEXT_MAX];
    const bnn_model *model = s->model;
    printf("%s: images of %ux%ux%u, %u classes; engine %s\n", s->path, model->input.c,
           model->input.h, model->input.w, model->n_classes, s->engine);
    print_view(model);
    putchar('\n');
    const int status = model_print_layers(s, err);
    if (status != BNN_OK)
        return status;
    printf("\nfile         %s bytes\n", bnn_count_text(s->file_bytes, a));
    printf("bare         %s bytes: without metadata and names; %s of them weights\n",
           bnn_count_text(s->bare_bytes, a), bnn_count_text(s->total.weight_bytes, b));
    printf("theoretical  %s bytes: its bits, without padding and headers\n",
           bnn_count_text(size_theoretical_bytes(&s->total), a));
    printf("float32      %s bytes, %.1f times the file; a batch norm is scale and shift\n",
           bnn_count_text(s->total.float32_bytes, a),
           (double)s->total.float32_bytes / (double)s->file_bytes);
    printf("MACs         %s binary (bits by bits), %s integer (bits by pixels), %s float\n",
           bnn_count_text(s->total.macs_binary, a), bnn_count_text(s->total.macs_integer, b),
           bnn_count_text(s->total.macs_float, c));
    if (model->n_metadata > 0)
        printf("\nmetadata\n");
    for (uint32_t i = 0; i < model->n_metadata; i++)
        print_metadata(&model->metadata[i]);
    return BNN_OK;
}

int cli_show_model(const char *path, const cli_options *options, bnn_error *err)
{
    model_summary s = {0};
    int status = model_summarize(path, options->arena, &s, err);
    if (status != BNN_OK)
        return status;
    assert(s.model != NULL);
    if (options->json)
        status = print_model_json(&s, err);
    else
        status = options->csv ? model_print_csv(&s, options, err) : print_model_text(&s, err);
    return status;
}
