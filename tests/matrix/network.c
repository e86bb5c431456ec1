#include "tests/matrix/network.h"

#include "export/build.h"
#include "export/forecast.h"
#include "export/modelfile_encode.h"
#include "infer/engine/engine.h"
#include "infer/modelfile.h"
#include "tests/matrix/axes.h"
#include "tests/matrix/exports.h"
#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A point while it is tried. */
typedef struct trial {
    const matrix *m;
    bnn_arena *arena;
    const char *folder; /* or NULL */
    uint32_t number;
    float *logits;
    matrix_result *result;
} trial;

void matrix_result_fail(matrix_result *result, const char *reason)
{
    result->outcome = MATRIX_FAILED;
    snprintf(result->message, sizeof result->message, "%s", reason);
}

/* ---- the deployed network ---------------------------------------------------------------- */

static bool same_logits(const float *a, const float *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

void matrix_network_compare(const matrix *m, int runner, const float *got, const float *classes,
                            const float *logits, matrix_result *out)
{
    const uint32_t n = m->data.n_classes;
    out->ran[runner] = true;
    for (uint32_t i = 0; i < m->data.test.n; i++) {
        const uint32_t right = bnn_class_of(logits + (size_t)i * n, n);
        const bool other = classes != NULL && classes[i] >= 0.0f && classes[i] != (float)right;
        out->logits[runner] += !same_logits(got + (size_t)i * n, logits + (size_t)i * n, n);
        out->classes[runner] += other || bnn_class_of(got + (size_t)i * n, n) != right;
    }
}

static int trial_run_engine(const trial *t, int runner, const bnn_engine *engine,
                            const bnn_model *model, bnn_error *err)
{
    const bnn_images *images = &t->m->data.test;
    void *state = NULL;
    const int status = engine->prepare(model, t->arena, &state, err);
    if (status != BNN_OK)
        return status;
    void *workspace = bnn_arena_alloc(t->arena, bnn_engine_workspace_bytes(state), 1);
    float *logits = bnn_arena_alloc(t->arena, (size_t)images->n * model->n_classes, sizeof *logits);
    if (workspace == NULL || logits == NULL)
        return bnn_no_memory(err);
    bnn_engine_run(state, images->n, images->pixels, logits, workspace, NULL);
    matrix_network_compare(t->m, runner, logits, NULL, t->logits, t->result);
    return BNN_OK;
}

/* The network as a model that was a file. */
static int trial_deploy(const trial *t, const bnn_network *net, bnn_model **out, bnn_error *err)
{
    bnn_graph *graph;
    bnn_model *model;
    int status = bnn_graph_create(net, t->arena, &graph, err);
    if (status == BNN_OK)
        status = bnn_export_build(graph, NULL, 0, true, NULL, NULL, t->arena, &model, err);
    if (status != BNN_OK)
        return status;
    const size_t n = bnn_modelfile_encode(model, NULL);
    uint8_t *bytes = bnn_arena_alloc(t->arena, n, 1);
    if (bytes == NULL)
        return bnn_no_memory(err);
    bnn_modelfile_encode(model, bytes);
    return bnn_modelfile_decode(bytes, n, "the model", t->arena, out, err);
}

static bool model_rounds(const bnn_model *model)
{
    bool rounds = false;
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const bnn_stage *stage = &model->stages[i];
        rounds |= stage->op.type != BNN_LOWER_IDENTITY && !stage->integer_sums &&
                  stage->outputs == BNN_VALUES_BITS;
    }
    return rounds;
}

/* Called with the trained network. */
static int trial_trained(void *context, bnn_network *net, double accuracy, bnn_error *err)
{
    const trial *t = context;
    const bnn_images *images = &t->m->data.test;
    const uint32_t n_classes = t->m->data.n_classes;
    bool seen[256] = {false}; /* labels are bytes */
    bnn_model *model;
    (void)accuracy;
    bnn_network_infer(net, images->n, images->pixels, t->logits);
    for (uint32_t i = 0; i < images->n; i++) {
        bool *one = &seen[bnn_class_of(t->logits + (size_t)i * n_classes, n_classes)];
        t->result->n_classes += !*one;
        *one = true;
    }
    int status = trial_deploy(t, net, &model, err);
    const bnn_engine *fast = status == BNN_OK ? bnn_engine_choose(err) : NULL;
    if (fast == NULL)
        return err->status;
    t->result->rounds = model_rounds(model);
    status = trial_run_engine(t, MATRIX_PORTABLE, &bnn_engine_portable, model, err);
    if (status == BNN_OK)
        status = trial_run_engine(t, MATRIX_FAST, fast, model, err);
    if (status == BNN_OK && t->folder != NULL)
        status = matrix_exports_write(t->m, model, t->folder, t->number, err);
    return status;
}

/* ---- the trial --------------------------------------------------------------------------- */

static void drop_record(void *context, const bnn_record *record)
{
    (void)context, (void)record;
}

/* BNN_OK with an outcome, or why there is none. */
static int trial_run(trial *t, bnn_error *err)
{
    const matrix *m = t->m;
    bnn_model_options model;
    bnn_train_options train;
    bnn_forecast forecast;
    int status = matrix_point_read(m, m->points[t->result->point], t->arena, &model, &train, err);
    if (status != BNN_OK)
        return status;
    status = bnn_forecast_make(&model, model.input, m->data.n_classes, t->arena, &forecast, err);
    const char *why = status == BNN_E_SPEC ? err->message
                      : status == BNN_OK   ? forecast.obstacle
                                           : NULL;
    if (why != NULL) {
        matrix_result_fail(t->result, why);
        t->result->outcome = MATRIX_REFUSED;
        return BNN_OK;
    }
    const bnn_train_job job = {.model = &model,
                               .train = &train,
                               .data = &m->data,
                               .seed = m->options.seed,
                               .identity = "matrix",
                               .record = drop_record,
                               .trained = trial_trained,
                               .context = t};
    return status != BNN_OK ? status : bnn_train_run(&job, err);
}

void matrix_network_try(const matrix *m, size_t point, const char *folder, uint32_t number,
                        float *logits, matrix_result *out)
{
    bnn_error err = {.message = "out of memory"};
    *out = (matrix_result){.point = point};
    trial t = {.m = m,
               .arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES),
               .folder = folder,
               .number = number,
               .logits = logits,
               .result = out};
    if (t.arena == NULL || trial_run(&t, &err) != BNN_OK)
        matrix_result_fail(out, err.message);
    bnn_arena_destroy(t.arena);
}
