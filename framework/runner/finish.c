#include "runner/finish.h"

#include "base/run.h"
#include "bench/engine.h"
#include "build_info.h"
#include "export/build.h"
#include "export/modelfile_encode.h"
#include "infer/modelfile.h"
#include "model/weights.h"
#include "runner/predictions.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LATENCY_ROUNDS = 7, BLOCK = 64 };

/* Of the training, and within these bounds: less gives no median to rely on, more no better one. */
static const double measure_share = 0.02, measure_least = 0.008, measure_most = 0.08;

/* ---- the model --------------------------------------------------------------------------- */

int bnn_finish_build(const bnn_graph *graph, const char *tool, const char *uid, const char *spec,
                     double test_accuracy, bool lines, bnn_arena *arena, bnn_model **out,
                     bnn_error *err)
{
    char accuracy[32];
    snprintf(accuracy, sizeof accuracy, "%.6g", test_accuracy);
    const bnn_metadata metadata[] = {
        {"tool", tool != NULL ? tool : "bnnrun " BNN_VERSION},
        {"run", uid},
        {"spec", spec},
        {"accuracy", accuracy},
    };
    return bnn_export_build(graph, metadata, sizeof metadata / sizeof *metadata, lines, NULL, NULL,
                            arena, out, err);
}

/* ---- the proof --------------------------------------------------------------------------- */

/* 0 for equal bits and for two that are no numbers. */
static double finish_difference(float a, float b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b) ? 0.0 : (double)INFINITY;
    return a == b ? 0.0 : fabs((double)a - (double)b);
}

static bool finish_same_bits(float a, float b)
{
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): the bits are meant: 0 and -0 differ */
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void finish_compare_image(const float *a, const float *b, uint32_t n_classes,
                                 bnn_agreement *out)
{
    bool same = true;
    for (uint32_t c = 0; c < n_classes; c++) {
        same = same && finish_same_bits(a[c], b[c]);
        out->max_difference = fmax(out->max_difference, finish_difference(a[c], b[c]));
    }
    out->n_different += !same;
    out->n_mismatches += bnn_class_of(a, n_classes) != bnn_class_of(b, n_classes);
}

int bnn_finish_compare(const bnn_model *model, const bnn_engine *engine, bnn_network *network,
                       const uint8_t *images, uint32_t n, bnn_arena *arena, bnn_agreement *out,
                       bnn_error *err)
{
    const size_t n_pixels = bnn_shape_values(model->input);
    const uint32_t n_classes = model->n_classes;
    float *trained = bnn_arena_alloc(arena, (size_t)BLOCK * n_classes, sizeof *trained);
    float *deployed = bnn_arena_alloc(arena, (size_t)BLOCK * n_classes, sizeof *deployed);
    uint8_t *classes = bnn_arena_alloc(arena, n, sizeof *classes);
    bnn_engine_contender r;
    const int status = bnn_engine_contender_open(model, engine, arena, &r, err);
    if (status != BNN_OK)
        return status;
    if (trained == NULL || deployed == NULL || classes == NULL)
        return bnn_no_memory(err);
    *out = (bnn_agreement){.classes = classes};
    for (uint32_t first = 0; first < n; first += BLOCK) {
        const uint32_t block = n - first < BLOCK ? n - first : BLOCK;
        bnn_network_infer(network, block, images + first * n_pixels, trained);
        bnn_engine_run(r.state, block, images + first * n_pixels, deployed, r.workspace, NULL);
        for (uint32_t i = 0; i < block; i++) {
            const size_t at = (size_t)i * n_classes;
            finish_compare_image(trained + at, deployed + at, n_classes, out);
            classes[first + i] = (uint8_t)bnn_class_of(deployed + at, n_classes);
        }
    }
    return BNN_OK;
}

/* ---- records ----------------------------------------------------------------------------- */

static void finish_send_metric(const bnn_finish_request *r, const char *name, double value)
{
    bnn_record record = {.kind = BNN_RECORD_METRIC, .metric.value = value};
    snprintf(record.metric.name, sizeof record.metric.name, "%s", name);
    r->record(r->context, &record);
}

/* What is on the disk now, not what was meant to be there. */
static int finish_send_file(const bnn_finish_request *r, const char *kind, const char *name,
                            const char *path, bnn_error *err)
{
    bnn_record record = {.kind = BNN_RECORD_FILE};
    struct stat st;
    const int status = bnn_file_sha256(path, record.file.sha256, err);
    if (status != BNN_OK)
        return status;
    if (stat(path, &st) != 0)
        return bnn_fail_errno(err, BNN_E_RESOURCE, "%s: cannot look at it", path);
    record.file.n_bytes = (uint64_t)st.st_size;
    snprintf(record.file.kind, sizeof record.file.kind, "%s", kind);
    snprintf(record.file.name, sizeof record.file.name, "%s", name);
    r->record(r->context, &record);
    return BNN_OK;
}

static int finish_send_latency(const bnn_finish_request *r, const bnn_model *model,
                               uint32_t n_batch, bnn_error *err)
{
    bnn_duration samples[LATENCY_ROUNDS];
    const bnn_images *test = &r->data->test;
    const int status = bnn_measure_latency(model, NULL, test->pixels, test->n, n_batch,
                                           LATENCY_ROUNDS, r->measure_seconds / 2, samples, err);
    for (uint32_t i = 0; status == BNN_OK && i < LATENCY_ROUNDS; i++) {
        bnn_record record = {.kind = BNN_RECORD_TIMING,
                             .timing = {.rep = i + 1,
                                        .wall_ns = (uint64_t)(samples[i].wall_ns + 0.5),
                                        .cpu_ns = (uint64_t)(samples[i].cpu_ns + 0.5)}};
        snprintf(record.timing.phase, sizeof record.timing.phase, "inference_%u", n_batch);
        r->record(r->context, &record);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------ */

static int finish_weights(const bnn_finish_request *r, const bnn_network *network, bnn_arena *arena,
                          bnn_error *err)
{
    const char *path = bnn_arena_printf(arena, "%s/" BNN_RUN_WEIGHTS, r->folder);
    if (path == NULL)
        return bnn_no_memory(err);
    const int status = bnn_weights_write(network, path, err);
    return status != BNN_OK ? status : finish_send_file(r, "weights", BNN_RUN_WEIGHTS, path, err);
}

double bnn_finish_measure_seconds(double train_seconds)
{
    return fmin(fmax(measure_share * train_seconds, measure_least), measure_most);
}

/* A stranger's layer need not say what it is: then there is no model, and *out is NULL. `bnnrun
 * plan` and `bnnrun verify` tell why. */
static int finish_make_model(const bnn_finish_request *r, const bnn_network *network,
                             bnn_arena *arena, bnn_model **out, bnn_error *err)
{
    const char *spec = bnn_arena_printf(arena, "%s: %s", r->experiment, r->label);
    bnn_graph *graph;
    if (spec == NULL)
        return bnn_no_memory(err);
    int status = bnn_graph_create(network, arena, &graph, err);
    if (status == BNN_OK)
        status =
            bnn_finish_build(graph, NULL, r->uid, spec, r->test_accuracy, true, arena, out, err);
    if (status != BNN_E_FAILED)
        return status;
    *out = NULL;
    return BNN_OK;
}

/* *has_model: whether there is one. */
static int finish_model(const bnn_finish_request *r, bnn_network *network, bnn_arena *arena,
                        bool *has_model, bnn_error *err)
{
    const char *path = bnn_arena_printf(arena, "%s/" BNN_RUN_MODEL, r->folder);
    bnn_model *model = NULL;
    bnn_agreement agreement;
    if (path == NULL)
        return bnn_no_memory(err);
    int status = finish_make_model(r, network, arena, &model, err);
    *has_model = model != NULL;
    if (status != BNN_OK || model == NULL)
        return status;
    status = bnn_modelfile_write(model, path, err);
    if (status == BNN_OK)
        status = finish_send_file(r, "model", BNN_RUN_MODEL, path, err);
    if (status == BNN_OK)
        status = bnn_modelfile_read(path, arena, &model, err);
    if (status == BNN_OK)
        status = bnn_finish_compare(model, NULL, network, r->data->test.pixels, r->data->test.n,
                                    arena, &agreement, err);
    if (status != BNN_OK)
        return status;
    finish_send_metric(r, "mismatches", agreement.n_mismatches);
    finish_send_metric(r, "max_logit_difference", agreement.max_difference);
    bnn_predictions_send(agreement.classes, r->data->test.n, r->record, r->context);
    if (r->measure_seconds <= 0)
        return BNN_OK;
    status = finish_send_latency(r, model, 1, err);
    return status != BNN_OK ? status : finish_send_latency(r, model, 64, err);
}

/* Of a network that leaves no model file, what it says itself. */
static int finish_undeployed(const bnn_finish_request *r, bnn_network *network, bnn_arena *arena,
                             bnn_error *err)
{
    uint8_t *classes;
    const bnn_images *test = &r->data->test;
    const int status = bnn_predictions_of_network(network, test, arena, &classes, err);
    if (status != BNN_OK)
        return status;
    bnn_predictions_send(classes, test->n, r->record, r->context);
    return r->keeps_weights ? BNN_OK : finish_weights(r, network, arena, err);
}

int bnn_finish(const bnn_finish_request *r, bnn_network *network, bnn_error *err)
{
    bnn_arena *arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    int status = bnn_network_check_finite(network, err);
    bool has_model = false;
    if (status == BNN_OK && r->keeps_weights)
        status = finish_weights(r, network, arena, err);
    if (status == BNN_OK)
        status = finish_model(r, network, arena, &has_model, err);
    if (status == BNN_OK && !has_model)
        status = finish_undeployed(r, network, arena, err);
    bnn_arena_destroy(arena);
    return status;
}
