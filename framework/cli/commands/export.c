/* export.c - bnnrun export: a model as ONNX or as C. */
#include "base/limits.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/export_c.h"
#include "cli/options.h"
#include "export/c/c.h"
#include "export/graph.h"
#include "export/onnx/onnx.h"
#include "infer/modelfile_decode.h"

#include <stdlib.h>
#include <string.h>

static const char *const format_names[CLI_EXPORT_FORMATS] = {"onnx", "onnx-packed", "qonnx", "c"};

/* ---- ONNX -------------------------------------------------------------------------------- */

/* The operations as they were trained come from the run, not from its model file. */
static int export_network(const cli_export *r, const bnn_onnx_options *options,
                          unsigned char **bytes, size_t *n, bnn_error *err)
{
    bnn_registry *registry = NULL;
    bnn_reloaded reloaded;
    bnn_graph *graph;
    int status =
        cli_reload_run(&r->source.stored, &r->options, r->arena, &registry, &reloaded, err);
    if (status == BNN_OK)
        status = bnn_graph_create(reloaded.network, r->arena, &graph, err);
    if (status == BNN_OK)
        status = bnn_onnx_export_qonnx(graph, options, bytes, n, err);
    bnn_registry_destroy(registry);
    return status;
}

static int export_onnx(const cli_export *r, bnn_error *err)
{
    const bool floats = r->input != NULL && strcmp(r->input, "floats") == 0;
    const bnn_onnx_options options = {
        .input = floats ? BNN_ONNX_FLOATS : BNN_ONNX_PIXELS,
        .packed = r->format == CLI_EXPORT_PACKED,
        .metadata = r->model->metadata,
        .n_metadata = r->model->n_metadata,
    };
    unsigned char *bytes = NULL;
    size_t n = 0;
    int status = r->format == CLI_EXPORT_QONNX
                     ? export_network(r, &options, &bytes, &n, err)
                     : bnn_onnx_export(r->model, &options, &bytes, &n, err);
    if (status != BNN_OK)
        return status;
    const bnn_shape in = r->model->input;
    const char *advice = bnn_arena_printf(
        r->arena, "for %s: input \"%s\" %s [N][%u][%u][%u], output \"logits\" float32 [N][%u]",
        r->format == CLI_EXPORT_QONNX ? "FINN and hls4ml" : "any runtime of ONNX opset 17",
        floats ? "image" : "pixels", floats ? "float32, (pixel - 128) / 128," : "uint8", in.c, in.h,
        in.w, r->model->n_classes);
    const cli_export_file file = {.path = r->output, .bytes = bytes, .n = n};
    status = cli_export_deliver(r, &file, 1, advice, err);
    free(bytes);
    return status;
}

/* ---- the command ------------------------------------------------------------------------- */

static int parse_format(const cli_command *command, void *request, const char *value,
                        bnn_error *err)
{
    cli_export *r = request;
    (void)command;
    for (cli_export_format i = 0; i < CLI_EXPORT_FORMATS; i++)
        if (strcmp(format_names[i], value) == 0) {
            r->format = i;
            return BNN_OK;
        }
    return cli_unknown(err, BNN_E_USAGE, "export: unknown format", value, format_names,
                       CLI_EXPORT_FORMATS);
}

static int parse_input(const cli_command *command, void *request, const char *value, bnn_error *err)
{
    cli_export *r = request;
    r->input = value;
    if (strcmp(value, "pixels") == 0 || strcmp(value, "floats") == 0)
        return BNN_OK;
    return cli_usage(err, command, "--input is pixels or floats, not \"%s\"", value);
}

/* Options that go together. */
static int check_request(const cli_export *r, bnn_error *err)
{
    const cli_command *command = &cli_command_export;
    if (r->format == CLI_EXPORT_FORMATS)
        return cli_usage(err, command, "--format is needed: onnx, onnx-packed, qonnx or c");
    if (r->input != NULL && r->format == CLI_EXPORT_C)
        return cli_usage(err, command, "C takes pixels; --input is for ONNX");
    if (r->format != CLI_EXPORT_C && (r->n_tests > 0 || r->prefix != NULL))
        return cli_usage(err, command, "--self-test and --prefix are for --format c");
    if (r->images_path != NULL && r->n_tests == 0)
        return cli_usage(err, command, "--images are those of --self-test N");
    if (r->output != NULL && strcmp(r->output, "-") == 0 && (r->options.json || r->options.csv))
        return cli_usage(err, command, "stdout takes the model or the report, not both");
    return BNN_OK;
}

/* The run, or the file without folder and ".bnn"; with what the format adds. */
static const char *default_output(const cli_export *r)
{
    static const char *const ends[CLI_EXPORT_FORMATS] = {".onnx", "_packed.onnx", "_qonnx.onnx",
                                                         ".c"};
    const char *name = r->source.is_of_run ? r->source.stored.run.uid : bnn_path_name(r->operand);
    size_t n = strlen(name);
    if (n > 4 && bnn_text_ends_with(name, ".bnn"))
        n -= 4;
    return bnn_arena_printf(r->arena, "%.*s%s", (int)n, name, ends[r->format]);
}

static int export_model(cli_export *r, bnn_error *err)
{
    bnn_model *model;
    int status = cli_find_model(r->operand, &r->options, r->arena, &r->source, err);
    if (status != BNN_OK)
        return status;
    if (r->format == CLI_EXPORT_QONNX && !r->source.is_of_run)
        return bnn_fail(err, BNN_E_USAGE,
                        "%s: qonnx has the network's own operations, which a model file no longer "
                        "has; name the run that it is from",
                        r->operand);
    if (r->n_tests > 0 && r->images_path == NULL && !r->source.is_of_run)
        return cli_usage(err, &cli_command_export,
                         "the self-test of a model file needs --images FILE, in IDX");
    status = bnn_modelfile_read(r->source.path, r->arena, &model, err);
    if (status != BNN_OK)
        return status;
    r->model = model;
    if (r->output == NULL && (r->output = default_output(r)) == NULL)
        return bnn_no_memory(err);
    if (r->format != CLI_EXPORT_C)
        return export_onnx(r, err);
    if (strlen(r->output) < 3 || !bnn_text_ends_with(r->output, ".c"))
        return cli_usage(err, &cli_command_export,
                         "C is a source and a header: name the source, ending in .c, with -o");
    return cli_export_c(r, err);
}

static int run_export(int argc, char **argv, bnn_error *err)
{
    cli_export r = {.format = CLI_EXPORT_FORMATS};
    bool done;
    int status = cli_parse(&cli_command_export, argc, argv, &r, &done, err);
    if (status != BNN_OK || done)
        return status;
    if (argc - optind != 1)
        return cli_usage(err, &cli_command_export,
                         "one RUN or MODEL.bnn is needed, as in `bnnrun export lenet5.bnn --format "
                         "c`");
    r.operand = argv[optind];
    status = check_request(&r, err);
    if (status != BNN_OK)
        return status;
    r.arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    status = r.arena == NULL ? bnn_no_memory(err) : export_model(&r, err);
    bnn_arena_destroy(r.arena);
    return status;
}

static const cli_option export_options[] = {
    {.name = "format",
     .kind = CLI_PARSED,
     .parse = parse_format,
     .value = "FORMAT",
     .help = "onnx         standard operators of opset 17, weights as floats\n"
             "onnx-packed  the same with binary weights as bits, 1/32 of them\n"
             "qonnx        BipolarQuant, for FINN and hls4ml; RUN only\n"
             "c            one freestanding C99 source and its header"},
    {.name = "output",
     .letter = 'o',
     .kind = CLI_STRING,
     .offset = offsetof(cli_export, output),
     .value = "FILE",
     .help = "default: the name of run or file with .onnx, _packed.onnx,\n"
             "_qonnx.onnx or .c; - is stdout. C's header goes beside it"},
    {.name = "input",
     .kind = CLI_PARSED,
     .parse = parse_input,
     .value = "KIND",
     .help = "ONNX: pixels (uint8, the default) or floats (float32, (pixel -\n"
             "128) / 128)"},
    {.name = "self-test",
     .kind = CLI_COUNT,
     .offset = offsetof(cli_export, n_tests),
     .most = BNN_C_TESTS_MAX,
     .value = "N",
     .help = "C: with N images and their logits, and a function that compares"},
    {.name = "images",
     .kind = CLI_STRING,
     .offset = offsetof(cli_export, images_path),
     .value = "FILE",
     .help = "the images of the self-test, in IDX (default: RUN's test set)"},
    {.name = "prefix",
     .kind = CLI_STRING,
     .offset = offsetof(cli_export, prefix),
     .value = "NAME",
     .help = "C: what all names begin with (default: the name of the file)"},
    {.name = "db", .help = "the database that has RUN (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "the files written, their bytes and SHA-256"},
    {.name = "csv", .help = "likewise"},
    {.name = "quiet", .help = "say nothing"},
    {.name = NULL},
};

const cli_command cli_command_export = {
    .name = "export",
    .arguments = "RUN|MODEL.bnn",
    .summary = "a model as ONNX or C, for other programs and boards",
    .notes =
        "RUN is the uid that `bnnrun runs` lists, or the beginning of one: its model file is taken,\n"
        "for qonnx the network itself.\n",
    .options = export_options,
    .examples = "  bnnrun export 3f --format onnx-packed\n"
                "  bnnrun export 3f --format c -o digits.c --self-test 10\n"
                "  bnnrun export lenet5.bnn --format c -o firmware/digits.c --self-test 10 \\\n"
                "         --images mnist/t10k-images-idx3-ubyte\n",
    .run = run_export,
};
