#include "bench/ort.h"

#include "bench/peer.h"
#include "export/onnx/onnx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define HINT "`npm install --ignore-scripts onnxruntime-node` gets it, --no-ort does without"

/* The script, as make has turned it into C (see db/embed.awk). */
#pragma GCC diagnostic ignored "-Woverlength-strings"
#define BNN_SCRIPT(name, text) text
static const char script[] =
#include "bench/ort.inc"
    ;
#undef BNN_SCRIPT

static char *const node_arguments[] = {(char[]){"node"}, (char[]){"-e"}, (char *)(uintptr_t)script,
                                       NULL};
static const bench_program node = {.argv = node_arguments,
                                   .what = "node, which runs onnxruntime,",
                                   .runs = "onnxruntime",
                                   .without = "--no-ort does without"};

struct bench_ort {
    bench_peer *peer;
    char engine[64]; /* "onnxruntime 1.30.0" */
    uint32_t n_models;
    size_t n_images;
};

/* ---- Beginning and end ----------------------------------------------------------------------- */

/* The greeting: which version, or what is missing. */
static int ort_greet(bench_ort *ort, const char **missing, bnn_error *err)
{
    json_t *answer;
    const int status = bench_peer_receive(ort->peer, &answer, err);
    if (status != BNN_OK) {
        *missing = "node is not installed, which runs onnxruntime; " HINT;
        return bench_peer_is_missing(ort->peer) ? BNN_OK : status;
    }
    const char *version = json_string_value(json_object_get(answer, "version"));
    if (version != NULL)
        snprintf(ort->engine, sizeof ort->engine, "onnxruntime %s", version);
    else
        *missing = "node finds no onnxruntime-node from here; " HINT;
    json_decref(answer);
    return BNN_OK;
}

int bench_ort_start(int cpu, bench_ort **out, const char **out_missing, bnn_error *err)
{
    const char *missing = NULL;
    bench_ort *ort = calloc(1, sizeof *ort);
    if (ort == NULL)
        return bnn_no_memory(err);
    int status = bench_peer_start(&node, cpu, &ort->peer, err);
    if (status == BNN_OK)
        status = ort_greet(ort, &missing, err);
    if (status == BNN_OK && missing == NULL)
        *out = ort;
    else
        bench_ort_stop(ort);
    if (status == BNN_OK)
        *out_missing = missing;
    return status;
}

void bench_ort_stop(bench_ort *ort)
{
    if (ort != NULL)
        bench_peer_stop(ort->peer);
    free(ort);
}

/* ---- As an executor -------------------------------------------------------------------------- */

/* A model that the child has loaded. */
typedef struct ort_model {
    bench_ort *ort;
    uint32_t number, n_classes;
} ort_model;

static int ort_answer(void *state, float *logits, bnn_error *err)
{
    const ort_model *m = state;
    const size_t n_images = m->ort->n_images;
    json_t *answer;
    const int status = bench_peer_ask(m->ort->peer,
                                      json_pack("{s:s, s:i, s:I}", "do", "logits", "model",
                                                (int)m->number, "batch", (json_int_t)n_images),
                                      &answer, err);
    if (status != BNN_OK)
        return status;
    const json_t *list = json_object_get(answer, "logits");
    const size_t n = json_array_size(list);
    const bool fits = n == n_images * m->n_classes;
    for (size_t i = 0; i < n && fits; i++) {
        const json_t *value = json_array_get(list, i);
        logits[i] = json_is_number(value) ? (float)json_number_value(value) : NAN;
    }
    json_decref(answer);
    return fits ? BNN_OK
                : bnn_fail(err, BNN_E_RESOURCE, "onnxruntime gives %zu logits for %zu images", n,
                           n_images);
}

static int ort_run(void *state, uint32_t n_images, uint64_t n_calls, bnn_duration *out,
                   bnn_error *err)
{
    const ort_model *m = state;
    json_t *answer;
    const int status =
        bench_peer_ask(m->ort->peer,
                       json_pack("{s:s, s:i, s:i, s:I}", "do", "run", "model", (int)m->number,
                                 "batch", (int)n_images, "calls", (json_int_t)n_calls),
                       &answer, err);
    if (status != BNN_OK)
        return status;
    const double wall = json_number_value(json_object_get(answer, "wall_ns"));
    const double cpu = json_number_value(json_object_get(answer, "cpu_ns"));
    json_decref(answer);
    if (!(wall > 0 && wall < 1e15 && cpu >= 0 && cpu < 1e15))
        return bnn_fail(err, BNN_E_RESOURCE,
                        "node says that onnxruntime took %g ns; --no-ort does without", wall);
    *out = (bnn_duration){wall, cpu};
    return BNN_OK;
}

static const bench_executor ort_executor = {.answer = ort_answer, .run = ort_run};

/* ---- The lineup ------------------------------------------------------------------------------ */

static int ort_load(bench_ort *ort, const char *name, const bnn_model *model, bnn_error *err)
{
    const bnn_onnx_options options = {.input = BNN_ONNX_FLOATS};
    unsigned char *onnx;
    size_t n;
    int status = bnn_onnx_export(model, &options, &onnx, &n, err);
    if (status != BNN_OK)
        return status;
    status = bench_peer_ask_about_file(ort->peer, json_pack("{s:s}", "do", "load"), onnx, n, err);
    free(onnx);
    return status != BNN_OK ? bnn_error_prefix(err, "%s: ", name) : BNN_OK;
}

static int ort_add(bench_ort *ort, bench_lineup *lineup, const char *name, const bnn_model *model,
                   bnn_error *err)
{
    ort_model *state = bnn_arena_alloc(lineup->arena, 1, sizeof *state);
    if (state == NULL)
        return bnn_no_memory(err);
    const int status = ort_load(ort, name, model, err);
    if (status != BNN_OK)
        return status;
    *state = (ort_model){.ort = ort, .number = ort->n_models++, .n_classes = model->n_classes};
    return bench_lineup_add(lineup, name, ort->engine, model, &ort_executor, state, NULL, err);
}

int bench_ort_join(bench_ort *ort, bench_lineup *lineup, bnn_error *err)
{
    const bnn_shape shape = lineup->model->input;
    ort->n_images = lineup->record.n_images;
    int status = bench_peer_ask_about_file(
        ort->peer,
        json_pack("{s:s, s:I, s:[i,i,i]}", "do", "images", "n", (json_int_t)ort->n_images, "shape",
                  (int)shape.c, (int)shape.h, (int)shape.w),
        lineup->images, ort->n_images * bnn_shape_values(shape), err);
    if (status == BNN_OK)
        status = ort_add(ort, lineup, "onnxruntime", lineup->model, err);
    if (status == BNN_OK && lineup->twin != NULL)
        status = ort_add(ort, lineup, "onnxruntime_twin", lineup->twin, err);
    return status;
}
