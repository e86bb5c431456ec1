/* export.c - bnnrun export: a model as ONNX or as C, the results of an experiment for other programs. */
#include "base/file.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/size.h"
#include "base/text.h"
#include "cli/commands/export.h"
#include "cli/images.h"
#include "cli/operand.h"
#include "cli/options.h"
#include "export/c/c.h"
#include "export/graph.h"
#include "export/onnx/onnx.h"
#include "infer/modelfile.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef enum cli_export_format {
    CLI_EXPORT_ONNX,
    CLI_EXPORT_PACKED,
    CLI_EXPORT_QONNX,
    CLI_EXPORT_C,
    CLI_EXPORT_RESULTS, /* the first of those in export.h; the others are of models */
    CLI_EXPORT_FORMATS = CLI_EXPORT_RESULTS + CLI_RESULTS_FORMATS
} cli_export_format;

typedef struct cli_export_file {
    const char *path; /* "-": stdout */
    void *bytes;      /* malloc'ed */
    size_t n;
} cli_export_file;

typedef struct cli_export {
    cli_options options;
    cli_export_format format;
    const char *output;      /* "-": stdout */
    const char *input;       /* "pixels", "floats", or NULL */
    uint32_t n_tests;        /* images in the self-test */
    const char *images_path; /* of the self-test; NULL: the run's test set */
    const char *prefix;      /* of names in C, or NULL */
    cli_model source;
    bnn_model *model;
    bnn_registry *registry; /* of the network */
    bnn_reloaded reloaded;  /* when the run's own network or data are needed */
    cli_images images;      /* of the self-test, and what the engine answers */
    float *logits;
    size_t n_files;
    cli_export_file files[2];
    const char *advice; /* a line on what to do with them */
} cli_export;

static const char *const format_names[CLI_EXPORT_FORMATS] = {
    "onnx",
    "onnx-packed",
    "qonnx",
    "c",
    [CLI_EXPORT_RESULTS + BNN_EXCHANGE_TENSORBOARD] = "tensorboard",
    [CLI_EXPORT_RESULTS + BNN_EXCHANGE_MLFLOW] = "mlflow",
    [CLI_EXPORT_RESULTS + BNN_EXCHANGE_TRACKIO] = "trackio",
    [CLI_EXPORT_RESULTS + BNN_EXCHANGE_CSV] = "csv",
    [CLI_EXPORT_RESULTS + CLI_RESULTS_LATEX] = "latex"};

/* ---- files ------------------------------------------------------------------------------- */

static int export_write(const cli_export_file *f, bnn_error *err)
{
    if (strcmp(f->path, "-") != 0)
        return bnn_file_deliver(f->path, f->bytes, f->n, err);
    return fwrite(f->bytes, 1, f->n, stdout) == f->n
               ? BNN_OK
               : bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write to stdout");
}

static bool export_is_same(const char *a, const char *b)
{
    struct stat one, other;
    return a != NULL && b != NULL && stat(a, &one) == 0 && stat(b, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* What is exported, and all other results, outlive a slip of -o. */
static int export_check_place(const cli_export *r, const char *path, bnn_error *err)
{
    const char *const kept[] = {r->options.db, r->source.path, r->source.stored.weights_path};
    static const char *const what[] = {"the database", "the model itself", "the run's weights"};
    for (size_t i = 0; strcmp(path, "-") != 0 && i < sizeof kept / sizeof *kept; i++)
        if (export_is_same(path, kept[i]))
            return bnn_fail(err, BNN_E_USAGE,
                            "export: %s is %s, which would be lost; choose another name", path,
                            what[i]);
    return BNN_OK;
}

static int export_print_table(const cli_export *r, bnn_error *err)
{
    cli_table *table = cli_table_create("file|#bytes|sha256");
    for (size_t i = 0; i < r->n_files; i++) {
        char sha256[BNN_SHA256_HEX];
        bnn_sha256(r->files[i].bytes, r->files[i].n, sha256);
        cli_table_cell(table, r->files[i].path);
        cli_table_cellf(table, "%zu", r->files[i].n);
        cli_table_cell(table, sha256);
    }
    return cli_table_end(table, &r->options, err);
}

/* Writes each file atomically, then says which there are now, and the advice. */
static int export_deliver(const cli_export *r, bnn_error *err)
{
    char count[CLI_TEXT_MAX];
    const bool is_piped = strcmp(r->output, "-") == 0;
    FILE *out = is_piped ? stderr : stdout;
    int status = r->advice == NULL ? bnn_no_memory(err) : BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < r->n_files; i++)
        status = export_check_place(r, r->files[i].path, err);
    for (size_t i = 0; status == BNN_OK && i < r->n_files; i++)
        status = export_write(&r->files[i], err);
    if (status == BNN_OK && (r->options.json || r->options.csv))
        return export_print_table(r, err);
    if (status != BNN_OK || r->options.quiet)
        return status;
    for (size_t i = 0; i < r->n_files; i++)
        fprintf(out, "%s: %s bytes\n", is_piped ? "stdout" : r->files[i].path,
                bnn_count_text(r->files[i].n, count));
    fprintf(out, "%s\n", r->advice);
    return BNN_OK;
}

/* ---- ONNX -------------------------------------------------------------------------------- */

static int export_as_onnx(cli_export *r, bnn_error *err)
{
    const bool floats = r->input != NULL && strcmp(r->input, "floats") == 0;
    const bnn_onnx_options options = {
        .input = floats ? BNN_ONNX_FLOATS : BNN_ONNX_PIXELS,
        .packed = r->format == CLI_EXPORT_PACKED,
        .metadata = r->model->metadata,
        .n_metadata = r->model->n_metadata,
    };
    bnn_graph *graph;
    unsigned char *bytes;
    size_t n;
    int status = BNN_OK;
    if (r->format != CLI_EXPORT_QONNX)
        status = bnn_onnx_export(r->model, &options, &bytes, &n, err);
    else
        status = bnn_graph_create(r->reloaded.network, r->options.arena, &graph, err);
    if (status == BNN_OK && r->format == CLI_EXPORT_QONNX)
        status = bnn_onnx_export_qonnx(graph, &options, &bytes, &n, err);
    if (status != BNN_OK)
        return status;
    r->files[0] = (cli_export_file){r->output, bytes, n};
    r->n_files = 1;
    const bnn_shape in = r->model->input;
    const char *reader = bnn_arena_printf(r->options.arena, "any runtime of ONNX opset %d",
                                          bnn_onnx_opset(r->model, options.packed));
    if (reader == NULL)
        return bnn_no_memory(err);
    r->advice = bnn_arena_printf(
        r->options.arena,
        "for %s: input \"%s\" %s [N][%u][%u][%u], output \"logits\" float32 [N][%u]",
        r->format == CLI_EXPORT_QONNX ? "FINN and hls4ml" : reader, floats ? "image" : "pixels",
        floats ? "float32, (pixel - 128) / 128," : "uint8", in.c, in.h, in.w, r->model->n_classes);
    return BNN_OK;
}

/* ---- C ----------------------------------------------------------------------------------- */

/* A name in C from the name of the file: "lenet5", or "net_3f02" where it begins with no letter. */
static const char *export_c_prefix(const cli_export *r)
{
    const char *name = bnn_path_name(r->output);
    char prefix[BNN_C_PREFIX_MAX + 1];
    size_t n = 0;
    if (!isalpha((unsigned char)name[0]) || (unsigned char)name[0] >= 0x80)
        n = (size_t)snprintf(prefix, sizeof prefix, "net_");
    for (; *name != '\0' && *name != '.' && n < BNN_C_PREFIX_MAX; name++)
        prefix[n++] = isalnum((unsigned char)*name) && (unsigned char)*name < 0x80 ? *name : '_';
    prefix[n] = '\0';
    return bnn_arena_strdup(r->options.arena, prefix);
}

/* The first test images of the data that the run was trained on. */
static int export_c_read_own_images(cli_export *r, bnn_error *err)
{
    bnn_dataset data;
    const bnn_config *config = r->reloaded.config;
    const int status = cli_open_run_data(&r->source.stored, &config->data, config->input,
                                         config->n_classes, false, &r->options, &data, err);
    if (status != BNN_OK)
        return status;
    const size_t pixels = bnn_shape_values(data.shape);
    r->images.n = data.test.n < r->n_tests ? data.test.n : r->n_tests;
    r->images.pixels = malloc(r->images.n * pixels);
    if (r->images.pixels != NULL)
        memcpy(r->images.pixels, data.test.pixels, r->images.n * pixels);
    bnn_dataset_close(&data);
    return r->images.pixels == NULL ? bnn_no_memory(err) : BNN_OK;
}

static int export_c_read_tests(cli_export *r, bnn_error *err)
{
    const char *of = r->images_path != NULL ? r->images_path : "the test set";
    const cli_images_wish wish = {.shape = r->model->input, .limit = r->n_tests};
    int status = r->images_path != NULL ? cli_images_read(of, &wish, &r->images, err)
                                        : export_c_read_own_images(r, err);
    if (status == BNN_OK && r->images.n < r->n_tests)
        status = bnn_fail(err, BNN_E_USAGE, "%s: %u images, and the self-test is to have %u", of,
                          r->images.n, r->n_tests);
    return status;
}

/* The logits that the engine gives for the images of the self-test. */
static int export_c_calculate_logits(cli_export *r, bnn_error *err)
{
    bnn_model *model = NULL;
    void *workspace;
    int status = cli_open_model(r->source.path, r->options.arena, &model, &workspace, err);
    r->logits = bnn_arena_alloc(r->options.arena, (size_t)r->images.n * r->model->n_classes,
                                sizeof *r->logits);
    if (status == BNN_OK && r->logits == NULL)
        status = bnn_no_memory(err);
    if (status == BNN_OK)
        bnn_model_run(model, r->images.n, r->images.pixels, r->logits, workspace);
    bnn_model_close(model);
    return status;
}

static int export_as_c(cli_export *r, bnn_error *err)
{
    char *source, *header, *header_path = bnn_arena_strdup(r->options.arena, r->output);
    const char *prefix = r->prefix != NULL ? r->prefix : export_c_prefix(r);
    if (header_path == NULL || prefix == NULL)
        return bnn_no_memory(err);
    header_path[strlen(header_path) - 1] = 'h';
    int status = BNN_OK;
    if (r->n_tests > 0)
        status = export_c_read_tests(r, err);
    if (status == BNN_OK && r->n_tests > 0)
        status = export_c_calculate_logits(r, err);
    if (status != BNN_OK)
        return status;
    const bnn_c_options options = {.prefix = prefix,
                                   .header = bnn_path_name(header_path),
                                   .n_tests = r->n_tests,
                                   .images = r->images.pixels,
                                   .logits = r->logits};
    status = bnn_c_export(r->model, &options, &source, &header, err);
    if (status != BNN_OK)
        return status;
    r->files[0] = (cli_export_file){r->output, source, strlen(source)};
    r->files[1] = (cli_export_file){header_path, header, strlen(header)};
    r->n_files = 2;
    r->advice = bnn_arena_printf(
        r->options.arena, "cc -std=c99 -O2 -c %s; include %s and call %s_classify(pixels)%s%s%s",
        r->output, options.header, prefix, r->n_tests > 0 ? ", and first of all " : "",
        r->n_tests > 0 ? prefix : "", r->n_tests > 0 ? "_self_test()" : "");
    return BNN_OK;
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
        return cli_usage(
            err, command,
            "--format is needed: onnx, onnx-packed, qonnx or c of a model, tensorboard, "
            "mlflow, trackio, csv or latex of an experiment");
    if (r->input != NULL && r->format >= CLI_EXPORT_RESULTS)
        return cli_usage(err, command, "%s is of an experiment; --input is for ONNX",
                         format_names[r->format]);
    if (r->input != NULL && r->format == CLI_EXPORT_C)
        return cli_usage(err, command, "C takes pixels; --input is for ONNX");
    if (r->format != CLI_EXPORT_C && (r->n_tests > 0 || r->prefix != NULL))
        return cli_usage(err, command, "--self-test and --prefix are for --format c");
    if (r->images_path != NULL && r->n_tests == 0)
        return cli_usage(err, command, "--images are those of --self-test N");
    if (r->output != NULL && strcmp(r->output, "-") == 0 && (r->options.json || r->options.csv))
        return cli_usage(err, command, "stdout takes the export or the report, not both");
    return BNN_OK;
}

/* The run, or the file without folder and ".bnn"; with what the format adds. */
static const char *default_output(const cli_export *r)
{
    static const char *const ends[CLI_EXPORT_RESULTS] = {".onnx", "_packed.onnx", "_qonnx.onnx",
                                                         ".c"};
    const char *name =
        r->source.is_of_run ? r->source.stored.run.uid : bnn_path_name(r->options.operands[0]);
    size_t n = strlen(name);
    if (n > 4 && bnn_text_ends_with(name, ".bnn"))
        n -= 4;
    return bnn_arena_printf(r->options.arena, "%.*s%s", (int)n, name, ends[r->format]);
}

/* The operations as they were trained, and the data, come from the run, not from its model file. */
static int export_reload(cli_export *r, bnn_error *err)
{
    r->registry = bnn_registry_create(r->options.plugin_path);
    if (r->registry == NULL)
        return bnn_no_memory(err);
    const int status =
        cli_reload_run(&r->source.stored, r->options.arena, r->registry, &r->reloaded, err);
    if (status == BNN_OK && r->format == CLI_EXPORT_QONNX && r->reloaded.network == NULL)
        return cli_fail_without_weights(&r->source.stored, err);
    return status;
}

static int export_model(cli_export *r, bnn_error *err)
{
    const bool of_own_images = r->n_tests > 0 && r->images_path == NULL;
    int status = cli_find_model(r->options.operands[0], &r->options, &r->source, err);
    if (status == BNN_OK && r->source.path == NULL)
        status = cli_fail_without_model(&r->source.stored, &r->options, err);
    if (status != BNN_OK)
        return status;
    if (r->format == CLI_EXPORT_QONNX && !r->source.is_of_run)
        return bnn_fail(err, BNN_E_USAGE,
                        "%s: qonnx has the network's own operations, which a model file no longer "
                        "has; name the run that it is from",
                        r->options.operands[0]);
    if (of_own_images && !r->source.is_of_run)
        return cli_usage(err, &cli_command_export,
                         "the self-test of a model file needs --images FILE, in IDX");
    status = bnn_modelfile_read(r->source.path, r->options.arena, &r->model, err);
    if (status != BNN_OK)
        return status;
    if (r->output == NULL && (r->output = default_output(r)) == NULL)
        return bnn_no_memory(err);
    if (r->format == CLI_EXPORT_C &&
        (strlen(r->output) < 3 || !bnn_text_ends_with(r->output, ".c")))
        return cli_usage(err, &cli_command_export,
                         "C is a source and a header: name the source, ending in .c, with -o");
    if (r->format == CLI_EXPORT_QONNX || of_own_images)
        status = export_reload(r, err);
    if (status != BNN_OK)
        return status;
    status = r->format == CLI_EXPORT_C ? export_as_c(r, err) : export_as_onnx(r, err);
    return status != BNN_OK ? status : export_deliver(r, err);
}

static int run_export(void *request, bnn_error *err)
{
    cli_export *r = request;
    int status = check_request(r, err);
    if (status == BNN_OK)
        status = r->format < CLI_EXPORT_RESULTS
                     ? export_model(r, err)
                     : cli_export_results(&r->options, (int)(r->format - CLI_EXPORT_RESULTS),
                                          r->output, err);
    for (size_t i = 0; i < r->n_files; i++)
        free(r->files[i].bytes);
    free(r->images.pixels);
    bnn_registry_destroy(r->registry);
    return status;
}

static const cli_export export_values = {.format = CLI_EXPORT_FORMATS};

static const cli_option export_options[] = {
    CLI_WORDS_ROW("format", "FORMAT",
                  "onnx|onnx-packed|qonnx|c|tensorboard|mlflow|trackio|csv|latex", parse_format,
                  "onnx         standard operators of opset 17, weights as floats\n"
                  "onnx-packed  the same with binary weights as bits, and of few levels\n"
                  "             as integers of 4 (opset 21) or 8 bits\n"
                  "qonnx        BipolarQuant and Quant, for FINN and hls4ml; RUN only\n"
                  "c            one freestanding C99 source and its header\n"
                  "Of an EXPERIMENT:\n"
                  "tensorboard  event files: each number by epoch, and what varies as\n"
                  "             hyperparameters\n"
                  "mlflow       a file store: metrics, parameters and tags of each run\n"
                  "trackio      the database of a project\n"
                  "csv          runs.csv, configs.csv (a column a setting), metrics.csv and\n"
                  "             layers.csv (a row a number)\n"
                  "latex        the tables of `bnnrun compare` and of the leaderboard"),
    CLI_ROW("output", 'o', CLI_STRING, "FILE", cli_export, output,
            "default: the name of run or file with .onnx, _packed.onnx,\n"
            "_qonnx.onnx or .c; - is stdout. C's header goes beside it. Of an\n"
            "EXPERIMENT: a folder that is not there yet, EXPERIMENT_FORMAT, or\n"
            "EXPERIMENT.tex, which replaces only a file of bnnrun export"),
    CLI_WORDS_ROW("input", "KIND", "pixels|floats", parse_input,
                  "ONNX: pixels (uint8, the default) or floats (float32, (pixel -\n"
                  "128) / 128)"),
    CLI_COUNT_ROW("self-test", "N", cli_export, n_tests, BNN_C_TESTS_MAX,
                  "C: with N images and their logits, and a function that compares"),
    CLI_ROW("images", 0, CLI_STRING, "FILE", cli_export, images_path,
            "the images of the self-test, in IDX (default: RUN's test set)"),
    CLI_ROW("prefix", 0, CLI_STRING, "NAME", cli_export, prefix,
            "C: what all names begin with (default: the name of the file)"),
    {.name = "db", .help = "the database that has it (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "the files written, their bytes and SHA-256"},
    {.name = "csv", .help = "likewise"},
    {.name = "quiet", .help = "say nothing"},
    {.name = NULL},
};

const cli_command cli_command_export = {
    .name = "export",
    .arguments = "RUN|MODEL.bnn|EXPERIMENT",
    .summary = "a model as ONNX or C, results for other programs and papers",
    .notes =
        "RUN is the uid that `bnnrun runs` lists, or the beginning of one: its model file is taken,\n"
        "for qonnx the network itself. Of an EXPERIMENT all runs that have begun are exported, whatever\n"
        "their state, which is told; of csv those that are queued, too. What was measured once is\n"
        "final/NAME, at the last epoch. No folder is written over; FOLDER.exporting, which is left of one\n"
        "that was killed, is cleared up by the same command.\n"
        "\n"
        "  tensorboard --logdir ste_sweep_tensorboard\n"
        "  mlflow server --backend-store-uri ste_sweep_mlflow\n"
        "  mlflow migrate-filestore --source ste_sweep_mlflow --target sqlite:///mlflow.db\n"
        "  TRACKIO_DIR=ste_sweep_trackio trackio show\n"
        "  pandas.read_csv('ste_sweep_csv/metrics.csv')\n",
    .options = export_options,
    .examples = "  bnnrun export 3f --format onnx-packed\n"
                "  bnnrun export 3f --format c -o digits.c --self-test 10\n"
                "  bnnrun export lenet5.bnn --format c -o firmware/digits.c --self-test 10 \\\n"
                "         --images mnist/t10k-images-idx3-ubyte\n"
                "  bnnrun export ste_sweep --format tensorboard\n"
                "  bnnrun export ste_sweep --format latex -o paper/table.tex\n",
    .least = 1,
    .most = 1,
    .needs = "one RUN, MODEL.bnn or EXPERIMENT is needed, as in `bnnrun export lenet5.bnn "
             "--format c`",
    .memory = BNN_MODEL_LIMIT_BYTES,
    .n_request = sizeof(cli_export),
    .values = &export_values,
    .run = run_export,
};
