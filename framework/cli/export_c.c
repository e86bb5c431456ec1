#include "cli/export_c.h"

#include "base/path.h"
#include "base/size.h"
#include "base/text.h"
#include "cli/download.h"
#include "cli/images.h"
#include "export/c/c.h"

#include <bnn/infer.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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
    return bnn_arena_strdup(r->arena, prefix);
}

/* The first test images of the data that the run was trained on. */
static int export_c_read_own_images(const cli_export *r, cli_images *images, bnn_error *err)
{
    bnn_registry *registry = NULL;
    bnn_reloaded reloaded;
    bnn_dataset data = {0};
    cli_download download;
    int status =
        cli_reload_run(&r->source.stored, &r->options, r->arena, &registry, &reloaded, err);
    if (status == BNN_OK) {
        const bnn_data_search search = cli_download_search(
            &download, cli_catalogue_path(r->source.stored.spec_path), false, &r->options);
        status = bnn_dataset_open(&reloaded.config->data, &search, &data, err);
    }
    if (status == BNN_OK) {
        const size_t pixels = bnn_shape_values(data.shape);
        images->n = data.test.n < r->n_tests ? data.test.n : r->n_tests;
        images->pixels = malloc(images->n * pixels);
        if (images->pixels == NULL)
            status = bnn_no_memory(err);
        else
            memcpy(images->pixels, data.test.pixels, images->n * pixels);
    }
    bnn_dataset_close(&data);
    bnn_registry_destroy(registry);
    return status;
}

/* The logits that the engine gives for the images of the self-test. */
static int export_c_calculate_logits(const cli_export *r, const cli_images *images, float **logits,
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
        status = bnn_no_memory(err);
    else
        bnn_model_run(model, images->n, images->pixels, *logits, workspace);
    free(workspace);
    bnn_model_close(model);
    return status;
}

static int export_c_read_tests(const cli_export *r, cli_images *images, float **logits,
                               bnn_error *err)
{
    const char *of = r->images_path != NULL ? r->images_path : "the test set";
    int status = r->images_path != NULL
                     ? cli_images_read(of, r->n_tests, r->model->input, images, err)
                     : export_c_read_own_images(r, images, err);
    if (status == BNN_OK && images->n < r->n_tests)
        status = bnn_fail(err, BNN_E_USAGE, "%s: %u images, and the self-test is to have %u", of,
                          images->n, r->n_tests);
    return status != BNN_OK ? status : export_c_calculate_logits(r, images, logits, err);
}

static int export_c_write(const cli_export *r, const bnn_c_options *options,
                          const char *header_path, bnn_error *err)
{
    char *source = NULL, *header = NULL;
    int status = bnn_c_export(r->model, options, &source, &header, err);
    if (status != BNN_OK)
        return status;
    const cli_export_file files[] = {{r->output, source, strlen(source)},
                                     {header_path, header, strlen(header)}};
    const char *advice = bnn_arena_printf(
        r->arena, "cc -std=c99 -O2 -c %s; include %s and call %s_classify(pixels)%s%s%s", r->output,
        options->header, options->prefix, r->n_tests > 0 ? ", and first of all " : "",
        r->n_tests > 0 ? options->prefix : "", r->n_tests > 0 ? "_self_test()" : "");
    status = cli_export_deliver(r, files, 2, advice, err);
    free(source);
    free(header);
    return status;
}

int cli_export_c(const cli_export *r, bnn_error *err)
{
    cli_images images = {0};
    float *logits = NULL;
    char *header_path = bnn_arena_strdup(r->arena, r->output);
    const char *prefix = r->prefix != NULL ? r->prefix : export_c_prefix(r);
    if (header_path == NULL || prefix == NULL)
        return bnn_no_memory(err);
    header_path[strlen(header_path) - 1] = 'h';
    bnn_c_options options = {
        .prefix = prefix, .header = bnn_path_name(header_path), .n_tests = r->n_tests};
    int status = BNN_OK;
    if (r->n_tests > 0)
        status = export_c_read_tests(r, &images, &logits, err);
    options.images = images.pixels;
    options.logits = logits;
    if (status == BNN_OK)
        status = export_c_write(r, &options, header_path, err);
    free(images.pixels);
    free(logits);
    return status;
}
