/* models.c - model files for the page to run, one of each config, and the latent weights behind their filters. */
#include "base/file.h"
#include "cli/operand.h"
#include "cli/report/part.h"
#include "infer/modelfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What fits into a page of five megabytes. */
enum { MODELS_MOST = 12, MODELS_BYTES = 1 << 20, LATENT_BYTES = 16384 };

/* A config with the run that stands for it: of those that count that of the least seed. */
typedef struct models_config {
    const json_t *run;
    double sum; /* of test accuracies */
    size_t n;
    bool is_baseline;
} models_config;

static bool models_is_baseline(const cli_part *part, const json_t *run)
{
    const cli_question *asked = &part->compared->asked;
    const char *config = json_string_value(json_object_get(run, "config"));
    return asked->baseline < asked->configs->n &&
           strcmp(asked->configs->arms[asked->baseline].config, config) == 0;
}

static models_config *models_find(models_config *configs, size_t n, const json_t *run)
{
    for (size_t i = 0; i < n; i++)
        if (json_equal(json_object_get(configs[i].run, "config"), json_object_get(run, "config")))
            return &configs[i];
    return NULL;
}

/* The baseline first, which must not be left out; then the best first. */
static int models_order(const void *left, const void *right)
{
    const models_config *a = left, *b = right;
    const double x = a->sum / (double)a->n, y = b->sum / (double)b->n;
    if (a->is_baseline != b->is_baseline)
        return a->is_baseline ? -1 : 1;
    return x != y ? (x < y ? 1 : -1) : 0;
}

static int models_gather(const cli_part *part, models_config **out, size_t *out_n, bnn_error *err)
{
    models_config *configs =
        bnn_arena_alloc(part->arena, json_array_size(part->runs), sizeof *configs);
    size_t i, n = 0;
    json_t *run;
    if (configs == NULL)
        return bnn_no_memory(err);
    json_array_foreach(part->runs, i, run)
    {
        const double accuracy = cli_row_number(run, "test_accuracy");
        if (!cli_part_counts(part, run) || isnan(accuracy))
            continue;
        models_config *config = models_find(configs, n, run);
        if (config == NULL) {
            config = &configs[n++];
            config->run = run;
            config->is_baseline = models_is_baseline(part, run);
        }
        if (cli_row_number(run, "seed") < cli_row_number(config->run, "seed"))
            config->run = run;
        config->sum += accuracy;
        config->n++;
    }
    qsort(configs, n, sizeof *configs, models_order);
    *out = configs;
    *out_n = n;
    return BNN_OK;
}

/* ---- latent weights ---------------------------------------------------------------------- */

/* {layer, shape, most, values}: kernels as bytes from -127 to 127, which is the largest of all; as many channels as
 * fit. */
static json_t *models_tensor(const bnn_parameter *p)
{
    const size_t taps = (size_t)p->dims[1] * p->dims[2] * p->dims[3];
    size_t channels = p->dims[0];
    if (taps == 0 || taps > LATENT_BYTES)
        return NULL;
    if (channels > LATENT_BYTES / taps)
        channels = LATENT_BYTES / taps;
    float most = 0;
    for (size_t i = 0; i < channels * taps; i++)
        most = fmaxf(most, fabsf(p->value[i]));
    int8_t *values = calloc(channels * taps, 1);
    for (size_t i = 0; values != NULL && most > 0 && i < channels * taps; i++)
        values[i] = (int8_t)lrintf(127 * p->value[i] / most);
    json_t *json =
        json_pack("{s:s, s:[i,i,i,i], s:f, s:o}", "layer", p->layer, "shape", (int)channels,
                  (int)p->dims[1], (int)p->dims[2], (int)p->dims[3], "most", (double)most, "values",
                  values == NULL ? json_null() : cli_part_base64(values, channels * taps));
    free(values);
    return json;
}

/* Of the layers whose weights can be looked at: convolutions. Without weights, or a plugin, there are none. */
static json_t *models_latent(const cli_part *part, const bnn_stored_run *stored)
{
    json_t *list = json_array();
    bnn_reloaded reloaded = {.network = NULL};
    bnn_arena *arena = bnn_arena_create(BNN_NETWORK_LIMIT_BYTES);
    bnn_registry *registry = bnn_registry_create(part->wish->asking.options.plugin_path);
    bnn_error why;
    if (arena != NULL && registry != NULL && stored->weights_path != NULL &&
        cli_reload_run(stored, arena, registry, &reloaded, &why) == BNN_OK &&
        reloaded.network != NULL)
        for (uint32_t i = 0; i < reloaded.network->n_parameters; i++) {
            const bnn_parameter *p = &reloaded.network->parameters[i];
            json_t *tensor = p->latent && p->dims[2] > 1 ? models_tensor(p) : NULL;
            if (tensor != NULL)
                json_array_append_new(list, tensor);
        }
    bnn_registry_destroy(registry);
    bnn_arena_destroy(arena);
    return list;
}

/* ---- the file ---------------------------------------------------------------------------- */

/* The models of a page, and those that it should have: "ste=a, ste=b". */
typedef struct models_found {
    json_t *list;
    const char *lost;
    size_t bytes_left;
} models_found;

/* Adds the model of a run to the list, unless there is none, it has changed, or there is no room. */
static int models_add(const cli_part *part, const models_config *config, models_found *found,
                      bnn_error *err)
{
    const json_t *run = config->run;
    const char *uid = json_string_value(json_object_get(run, "run_uid"));
    bnn_stored_run stored;
    bnn_error why;
    char *bytes;
    size_t n;
    const int status = bnn_store_find_run(part->store, uid, part->arena, &stored, err);
    if (status != BNN_OK)
        return status;
    if (stored.model_path == NULL)
        return BNN_OK;
    if (bnn_reload_check_file(&stored, stored.model_path, stored.model_sha256, &why) != BNN_OK) {
        found->lost =
            bnn_arena_printf(part->arena, "%s%s%s", found->lost, *found->lost == '\0' ? "" : ", ",
                             json_string_value(json_object_get(run, "label")));
        return found->lost == NULL ? bnn_no_memory(err) : BNN_OK;
    }
    if (bnn_file_read(stored.model_path, found->bytes_left, &bytes, &n, &why) != BNN_OK)
        return BNN_OK;
    found->bytes_left -= n;
    json_array_append_new(
        found->list,
        json_pack("{s:s, s:O, s:O, s:O, s:b, s:o, s:o}", "run", uid, "label",
                  json_object_get(run, "label"), "seed", json_object_get(run, "seed"), "accuracy",
                  json_object_get(run, "test_accuracy"), "baseline", config->is_baseline, "model",
                  cli_part_base64(bytes, n), "latent", models_latent(part, &stored)));
    free(bytes);
    return BNN_OK;
}

/* One that a command can be about: what the page shows first, which is not the baseline. */
static const char *models_shown(const json_t *list)
{
    const json_t *shown = json_array_get(list, 0);
    size_t i;
    json_t *model;
    json_array_foreach(list, i, model)
    {
        if (json_is_true(json_object_get(shown, "baseline")))
            shown = model;
    }
    return json_string_value(json_object_get(shown, "run"));
}

static void models_say_lost(cli_part *part, const models_found *found)
{
    if (*found->lost != '\0')
        cli_html_add(part->html,
                     "<p>Not here, since model files are lost or have changed: %s. <code>bnnrun "
                     "run</code> with the spec brings them back.</p>\n",
                     found->lost);
}

static int models_say(cli_part *part, const models_found *found, bnn_error *err)
{
    const char *run = models_shown(found->list);
    const char *show = cli_part_command(part, "show ", run, "");
    const char *predict = cli_part_command(part, "predict ", run, "");
    if (show == NULL || predict == NULL)
        return bnn_no_memory(err);
    cli_part_open(
        part, "filters", "Filters",
        "The kernels of a network, a column an output channel: as they were trained (latent) "
        "and as they act. Orange is positive, blue negative.");
    cli_html_put(part->html, "<div data-part=\"filters\"><p class=\"noscript\">These pictures need "
                             "scripts.</p></div>\n");
    cli_html_source(part->html, show, NULL);
    cli_part_close(part);
    cli_part_open(
        part, "draw", "Draw a digit",
        "The networks answer here, in the page: it has their model files, and computes to "
        "the last bit what bnnrun computes. The command below is about the test set; with --fit "
        "and the name of a picture, about that.");
    cli_html_put(part->html, "<div data-part=\"draw\"><p class=\"noscript\">Drawing needs "
                             "scripts.</p></div>\n");
    models_say_lost(part, found);
    cli_html_source(part->html, predict, NULL);
    cli_part_close(part);
    return BNN_OK;
}

int cli_part_models(cli_part *part, bnn_error *err)
{
    models_config *configs = NULL;
    size_t n = 0;
    models_found found = {.list = json_array(), .lost = "", .bytes_left = MODELS_BYTES};
    int status = models_gather(part, &configs, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n && json_array_size(found.list) < MODELS_MOST; i++)
        status = models_add(part, &configs[i], &found, err);
    if (status == BNN_OK && json_array_size(found.list) > 0)
        status = models_say(part, &found, err);
    else if (status == BNN_OK)
        models_say_lost(part, &found);
    json_object_set_new(part->data, "models", found.list);
    return status;
}
