/* export.c - bnnrun export: a model as ONNX or as C. */
#include "cli/cli.h"

#include "base/file.h"
#include "cli/download.h"
#include "cli/images.h"
#include "cli/operand.h"
#include "cli/text.h"
#include "deploy/cexport.h"
#include "deploy/modelfile.h"
#include "deploy/onnx.h"

#include <bnn/infer.h>

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A file of the greatest size, unpacked. */
#define MODEL_LIMIT_BYTES ((size_t)1 << 33)

enum {
    OPTION_FORMAT = CLI_OPTION_OWN,
    OPTION_INPUT,
    OPTION_SELF_TEST,
    OPTION_IMAGES,
    OPTION_PREFIX
};

typedef enum format { FORMAT_ONNX, FORMAT_PACKED, FORMAT_QONNX, FORMAT_C, N_FORMATS } format;

static const char *const format_names[N_FORMATS] = {"onnx", "onnx-packed", "qonnx", "c"};

/* What was asked for. */
typedef struct request {
    cli_options options;
    const char *operand;
    format format;
    const char *output; /* "-": stdout */
    const char *input;  /* "pixels", "floats", or NULL */
    uint32_t n_tests;
    const char *images_path; /* of the self-test, or NULL */
    const char *prefix;      /* of names in C, or NULL */
    bnn_arena *arena;
    cli_model source;
    const bnn_deploy_model *model;
} request;

/* ---- what is written --------------------------------------------------------------------- */

static int no_memory(bnn_error *err)
{
    return bnn_fail(err, BNN_E_INTERNAL, "no memory to export");
}

/* One file to say and to write. */
typedef struct product {
    const char *path; /* "-": stdout */
    const void *bytes;
    size_t n;
} product;

static int write_products(const product *products, size_t n, bnn_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(products[i].path, "-") != 0) {
            const int status =
                bnn_file_write(products[i].path, products[i].bytes, products[i].n, err);
            if (status != BNN_OK)
                return status;
        } else if (fwrite(products[i].bytes, 1, products[i].n, stdout) != products[i].n)
            return bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write to stdout");
    }
    return BNN_OK;
}

/* Which files there are now, and what to do with them. */
static int tell(const request *r, const product *products, size_t n, const char *advice,
                bnn_error *err)
{
    char count[CLI_TEXT_MAX];
    const bool is_piped = strcmp(products[0].path, "-") == 0;
    if (!r->options.json && !r->options.csv) {
        FILE *out = is_piped ? stderr : stdout;
        for (size_t i = 0; !r->options.quiet && i < n; i++)
            fprintf(out, "%s: %s bytes\n", is_piped ? "stdout" : products[i].path,
                    cli_count_text(products[i].n, count));
        if (!r->options.quiet)
            fprintf(out, "%s\n", advice);
        return BNN_OK;
    }
    cli_table *table = cli_table_create();
    bool failed = table == NULL || cli_table_column(table, "file", CLI_TEXT) != 0 ||
                  cli_table_column(table, "bytes", CLI_NUMBER) != 0 ||
                  cli_table_column(table, "sha256", CLI_TEXT) != 0;
    for (size_t i = 0; !failed && i < n; i++) {
        char sha256[BNN_SHA256_HEX];
        bnn_sha256(products[i].bytes, products[i].n, sha256);
        snprintf(count, sizeof count, "%zu", products[i].n);
        failed = cli_table_cell(table, products[i].path) != 0 ||
                 cli_table_cell(table, count) != 0 || cli_table_cell(table, sha256) != 0;
    }
    if (!failed)
        cli_table_print(table, &r->options, stdout);
    cli_table_destroy(table);
    return failed ? no_memory(err) : BNN_OK;
}

/* ---- ONNX -------------------------------------------------------------------------------- */

/* The operations as they were trained come from the run, not from its model file. */
static int export_network(const request *r, const bnn_onnx_options *options, unsigned char **bytes,
                          size_t *n, bnn_error *err)
{
    bnn_registry *registry = NULL;
    bnn_revived revived;
    bnn_graph *graph;
    int status = cli_revive_run(&r->source.run, &r->options, r->arena, &registry, &revived, err);
    if (status == BNN_OK)
        status = bnn_graph_create(revived.network, r->arena, &graph, err);
    if (status == BNN_OK)
        status = bnn_onnx_export(graph, options, bytes, n, err);
    bnn_registry_destroy(registry);
    return status;
}

static int export_onnx(const request *r, bnn_error *err)
{
    static const bnn_onnx_dialect dialects[] = {
        [FORMAT_ONNX] = BNN_ONNX_STANDARD,
        [FORMAT_PACKED] = BNN_ONNX_PACKED,
        [FORMAT_QONNX] = BNN_ONNX_QONNX,
    };
    const bool floats = r->input != NULL && strcmp(r->input, "floats") == 0;
    const bnn_onnx_options options = {
        .dialect = dialects[r->format],
        .input = floats ? BNN_ONNX_FLOATS : BNN_ONNX_PIXELS,
        .metadata = r->model->metadata,
        .n_metadata = r->model->n_metadata,
    };
    unsigned char *bytes = NULL;
    size_t n = 0;
    int status = r->format == FORMAT_QONNX
                     ? export_network(r, &options, &bytes, &n, err)
                     : bnn_onnx_export_model(r->model, &options, &bytes, &n, err);
    if (status != BNN_OK)
        return status;
    const bnn_shape in = r->model->input;
    const char *advice = bnn_arena_printf(
        r->arena, "for %s: input \"%s\" %s [N][%u][%u][%u], output \"logits\" float32 [N][%u]",
        r->format == FORMAT_QONNX ? "FINN and hls4ml" : "any runtime of ONNX opset 17",
        floats ? "image" : "pixels", floats ? "float32, (pixel - 128) / 128," : "uint8", in.c, in.h,
        in.w, r->model->n_classes);
    const product file = {.path = r->output, .bytes = bytes, .n = n};
    status = advice == NULL ? no_memory(err) : write_products(&file, 1, err);
    if (status == BNN_OK)
        status = tell(r, &file, 1, advice, err);
    free(bytes);
    return status;
}

/* ---- C ----------------------------------------------------------------------------------- */

/* A name in C from the name of the file: "lenet5", or "net_3f02" where it begins with no letter. */
static const char *prefix_of(const request *r)
{
    const char *slash = strrchr(r->output, '/'), *name = slash == NULL ? r->output : slash + 1;
    char prefix[BNN_C_PREFIX_MAX + 1];
    size_t n = 0;
    if (!isalpha((unsigned char)name[0]) || (unsigned char)name[0] >= 0x80)
        n = (size_t)snprintf(prefix, sizeof prefix, "net_");
    for (; *name != '\0' && *name != '.' && n < BNN_C_PREFIX_MAX; name++)
        prefix[n++] = isalnum((unsigned char)*name) && (unsigned char)*name < 0x80 ? *name : '_';
    prefix[n] = '\0';
    return bnn_arena_strdup(r->arena, prefix);
}

/* The first test images of the data that the run was trained on. */
static int read_own_images(const request *r, cli_images *images, bnn_error *err)
{
    bnn_registry *registry = NULL;
    bnn_revived revived;
    bnn_dataset data = {0};
    cli_download download;
    int status = cli_revive_run(&r->source.run, &r->options, r->arena, &registry, &revived, err);
    if (status == BNN_OK) {
        const bnn_data_search search = cli_download_search(
            &download, cli_catalogue_path(r->source.run.spec_path), false, &r->options);
        status = bnn_dataset_open(&revived.config->data, &search, &data, err);
    }
    if (status == BNN_OK) {
        const size_t pixels = (size_t)data.shape.c * data.shape.h * data.shape.w;
        images->n = data.test.n < r->n_tests ? data.test.n : r->n_tests;
        images->pixels = malloc(images->n * pixels);
        if (images->pixels == NULL)
            status = no_memory(err);
        else
            memcpy(images->pixels, data.test.pixels, images->n * pixels);
    }
    bnn_dataset_close(&data);
    bnn_registry_destroy(registry);
    return status;
}

/* The logits that the engine gives for the images of the self-test. */
static int calculate_logits(const request *r, const cli_images *images, float **logits,
                            bnn_error *err)
{
    char message[BNN_INFER_ERROR];
    bnn_model *model;
    int status = BNN_OK;
    if (bnn_model_open(r->source.path, NULL, &model, message) != 0)
        return bnn_fail(err, BNN_E_RESOURCE, "%s", message);
    void *workspace = malloc(bnn_model_workspace_bytes(model));
    *logits = calloc((size_t)images->n * r->model->n_classes, sizeof **logits);
    if (workspace == NULL || *logits == NULL)
        status = no_memory(err);
    else
        bnn_model_run(model, images->n, images->pixels, *logits, workspace);
    free(workspace);
    bnn_model_close(model);
    return status;
}

static int read_tests(const request *r, cli_images *images, float **logits, bnn_error *err)
{
    const char *of = r->images_path != NULL ? r->images_path : "the test set";
    int status = r->images_path != NULL
                     ? cli_images_read(of, r->n_tests, r->model->input, images, err)
                     : read_own_images(r, images, err);
    if (status == BNN_OK && images->n < r->n_tests)
        status = bnn_fail(err, BNN_E_USAGE, "%s: %u images, and the self-test is to have %u", of,
                          images->n, r->n_tests);
    return status != BNN_OK ? status : calculate_logits(r, images, logits, err);
}

static int write_c(const request *r, const bnn_c_options *options, const char *header_path,
                   bnn_error *err)
{
    char *source = NULL, *header = NULL;
    int status = bnn_c_export(r->model, options, &source, &header, err);
    if (status != BNN_OK)
        return status;
    const product products[] = {{r->output, source, strlen(source)},
                                {header_path, header, strlen(header)}};
    const char *advice = bnn_arena_printf(
        r->arena, "cc -std=c99 -O2 -c %s; include %s and call %s_classify(pixels)%s%s%s", r->output,
        options->header, options->prefix, r->n_tests > 0 ? ", and first of all " : "",
        r->n_tests > 0 ? options->prefix : "", r->n_tests > 0 ? "_self_test()" : "");
    status = advice == NULL ? no_memory(err) : write_products(products, 2, err);
    if (status == BNN_OK)
        status = tell(r, products, 2, advice, err);
    free(source);
    free(header);
    return status;
}

static int export_c(const request *r, bnn_error *err)
{
    cli_images images = {0};
    float *logits = NULL;
    const size_t n = strlen(r->output);
    if (n < 3 || strcmp(r->output + n - 2, ".c") != 0)
        return cli_usage(err, &cli_command_export,
                         "C is a source and a header: name the source, ending in .c, with -o");
    char *header_path = bnn_arena_strdup(r->arena, r->output);
    const char *prefix = r->prefix != NULL ? r->prefix : prefix_of(r);
    if (header_path == NULL || prefix == NULL)
        return no_memory(err);
    header_path[n - 1] = 'h';
    const char *slash = strrchr(header_path, '/');
    bnn_c_options options = {
        .prefix = prefix, .header = slash == NULL ? header_path : slash + 1, .n_tests = r->n_tests};
    int status = BNN_OK;
    if (r->n_tests > 0)
        status = read_tests(r, &images, &logits, err);
    options.images = images.pixels;
    options.logits = logits;
    if (status == BNN_OK)
        status = write_c(r, &options, header_path, err);
    free(images.pixels);
    free(logits);
    return status;
}

/* ---- the command ------------------------------------------------------------------------- */

static int take_format(const char *value, format *out, bnn_error *err)
{
    for (format i = 0; i < N_FORMATS; i++)
        if (strcmp(format_names[i], value) == 0) {
            *out = i;
            return BNN_OK;
        }
    return cli_unknown(err, BNN_E_USAGE, "export: unknown format", value, format_names, N_FORMATS);
}

static int take_option(void *context, int option, const char *value, bnn_error *err)
{
    request *r = context;
    switch (option) {
    case OPTION_FORMAT:
        return take_format(value, &r->format, err);
    case OPTION_INPUT:
        r->input = value;
        if (strcmp(value, "pixels") == 0 || strcmp(value, "floats") == 0)
            return BNN_OK;
        return cli_usage(err, &cli_command_export, "--input is pixels or floats, not \"%s\"",
                         value);
    case OPTION_SELF_TEST:
        return cli_parse_count(&cli_command_export, "--self-test", value, BNN_C_TESTS_MAX,
                               &r->n_tests, err);
    case OPTION_IMAGES:
        r->images_path = value;
        return BNN_OK;
    case OPTION_PREFIX:
        r->prefix = value;
        return BNN_OK;
    default:
        r->output = value;
        return BNN_OK;
    }
}

/* Options that go together. */
static int check_request(const request *r, bnn_error *err)
{
    const cli_command *command = &cli_command_export;
    if (r->format == N_FORMATS)
        return cli_usage(err, command, "--format is needed: onnx, onnx-packed, qonnx or c");
    if (r->input != NULL && r->format == FORMAT_C)
        return cli_usage(err, command, "C takes pixels; --input is for ONNX");
    if (r->format != FORMAT_C && (r->n_tests > 0 || r->prefix != NULL))
        return cli_usage(err, command, "--self-test and --prefix are for --format c");
    if (r->images_path != NULL && r->n_tests == 0)
        return cli_usage(err, command, "--images are those of --self-test N");
    if (r->output != NULL && strcmp(r->output, "-") == 0 && (r->options.json || r->options.csv))
        return cli_usage(err, command, "stdout takes the model or the report, not both");
    return BNN_OK;
}

/* The run, or the file without folder and ".bnn"; with what the format adds. */
static const char *default_output(const request *r)
{
    static const char *const ends[N_FORMATS] = {".onnx", "_packed.onnx", "_qonnx.onnx", ".c"};
    const char *slash = strrchr(r->operand, '/'), *name = slash == NULL ? r->operand : slash + 1;
    if (r->source.is_of_run)
        name = r->source.run.uid;
    size_t n = strlen(name);
    if (n > 4 && strcmp(name + n - 4, ".bnn") == 0)
        n -= 4;
    return bnn_arena_printf(r->arena, "%.*s%s", (int)n, name, ends[r->format]);
}

static int export(request *r, bnn_error *err)
{
    bnn_deploy_model *model;
    int status = cli_find_model(r->operand, &r->options, r->arena, &r->source, err);
    if (status != BNN_OK)
        return status;
    if (r->format == FORMAT_QONNX && !r->source.is_of_run)
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
        return no_memory(err);
    return r->format == FORMAT_C ? export_c(r, err) : export_onnx(r, err);
}

static int run(int argc, char **argv, bnn_error *err)
{
    static const struct option names[] = {{"format", required_argument, NULL, OPTION_FORMAT},
                                          {"output", required_argument, NULL, 'o'},
                                          {"input", required_argument, NULL, OPTION_INPUT},
                                          {"self-test", required_argument, NULL, OPTION_SELF_TEST},
                                          {"images", required_argument, NULL, OPTION_IMAGES},
                                          {"prefix", required_argument, NULL, OPTION_PREFIX},
                                          {NULL, 0, NULL, 0}};
    request r = {.format = N_FORMATS};
    const cli_own_options own = {
        .letters = "o:", .names = names, .take = take_option, .context = &r};
    bool done;
    int status = cli_parse_own(&cli_command_export, argc, argv, &own, &r.options, &done, err);
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
    r.arena = bnn_arena_create(MODEL_LIMIT_BYTES);
    status = r.arena == NULL ? no_memory(err) : export(&r, err);
    bnn_arena_destroy(r.arena);
    return status;
}

const cli_command cli_command_export = {
    .name = "export",
    .arguments = "RUN|MODEL.bnn",
    .summary = "a model as ONNX or C, for other programs and boards",
    .help =
        "RUN is the uid that `bnnrun runs` lists, or the beginning of one: its model file is taken,\n"
        "for qonnx the network itself.\n"
        "\n"
        "Options:\n"
        "      --format FORMAT  onnx         standard operators of opset 17, weights as floats\n"
        "                       onnx-packed  the same with binary weights as bits, 1/32 of them\n"
        "                       qonnx        BipolarQuant, for FINN and hls4ml; RUN only\n"
        "                       c            one freestanding C99 source and its header\n"
        "  -o, --output FILE    default: the name of run or file with .onnx, _packed.onnx,\n"
        "                       _qonnx.onnx or .c; - is stdout. C's header goes beside it\n"
        "      --input KIND     ONNX: pixels (uint8, the default) or floats (float32, (pixel -\n"
        "                       128) / 128)\n"
        "      --self-test N    C: with N images and their logits, and a function that compares\n"
        "      --images FILE    the images of the self-test, in IDX (default: RUN's test set)\n"
        "      --prefix NAME    C: what all names begin with (default: the name of the file)\n"
        "      --db FILE        the database that has RUN (BNNRUN_DB, else bnnrun.db)\n"
        "      --json, --csv    the files written, their bytes and SHA-256\n"
        "  -q, --quiet          say nothing\n"
        "\n"
        "Examples:\n"
        "  bnnrun export 3f --format onnx-packed\n"
        "  bnnrun export 3f --format c -o digits.c --self-test 10\n"
        "  bnnrun export lenet5.bnn --format c -o firmware/digits.c --self-test 10 \\\n"
        "         --images mnist/t10k-images-idx3-ubyte\n",
    .run = run,
};
