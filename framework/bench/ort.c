#include "bench/ort.h"

#include "export/onnx/onnx.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ENGINE_BYTES = 64 }; /* "onnxruntime 1.30.0" */

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

/* ---- As an executor -------------------------------------------------------------------------- */

/* A model that the child has loaded. */
typedef struct ort_model {
    bench_peer *peer;
    uint32_t number, n_classes;
    size_t n_images;
} ort_model;

static int ort_answer(void *state, float *logits, bnn_error *err)
{
    const ort_model *m = state;
    json_t *answer;
    const int status = bench_peer_ask(m->peer,
                                      json_pack("{s:s, s:i, s:I}", "do", "logits", "model",
                                                (int)m->number, "batch", (json_int_t)m->n_images),
                                      &answer, err);
    if (status != BNN_OK)
        return status;
    const json_t *list = json_object_get(answer, "logits");
    const size_t n = json_array_size(list);
    const bool fits = n == m->n_images * m->n_classes;
    for (size_t i = 0; i < n && fits; i++) {
        const json_t *value = json_array_get(list, i);
        logits[i] = json_is_number(value) ? (float)json_number_value(value) : NAN;
    }
    json_decref(answer);
    return fits ? BNN_OK
                : bnn_fail(err, BNN_E_RESOURCE, "onnxruntime gives %zu logits for %zu images", n,
                           m->n_images);
}

static int ort_run(void *state, uint32_t n_images, uint64_t n_calls, bnn_duration *out,
                   bnn_error *err)
{
    const ort_model *m = state;
    json_t *answer;
    const int status =
        bench_peer_ask(m->peer,
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

/* The greeting: which version, or what is missing. */
static int ort_greet(bench_peer *peer, char engine[ENGINE_BYTES], const char **missing,
                     bnn_error *err)
{
    json_t *answer;
    const int status = bench_peer_receive(peer, &answer, err);
    if (status != BNN_OK && !bench_peer_is_missing(peer))
        return status;
    if (status != BNN_OK) {
        *missing = "node is not installed, which runs onnxruntime; " HINT;
        return BNN_OK;
    }
    const char *version = json_string_value(json_object_get(answer, "version"));
    if (version != NULL)
        snprintf(engine, ENGINE_BYTES, "onnxruntime %s", version);
    else
        *missing = "node finds no onnxruntime-node from here; " HINT;
    json_decref(answer);
    return BNN_OK;
}

static int ort_add(bench_peer *peer, bench_lineup *lineup, uint32_t number, const char *engine,
                   bnn_error *err)
{
    static const char *const names[] = {"onnxruntime", "onnxruntime_twin"};
    static const bnn_onnx_options options = {.input = BNN_ONNX_FLOATS};
    const bnn_model *model = number == 0 ? lineup->model : lineup->twin;
    unsigned char *onnx = NULL;
    size_t n;
    ort_model *state = bnn_arena_alloc(lineup->arena, 1, sizeof *state);
    if (state == NULL)
        return bnn_no_memory(err);
    int status = bnn_onnx_export(model, &options, &onnx, &n, err);
    if (status != BNN_OK)
        return status;
    status = bench_peer_ask_about_file(peer, json_pack("{s:s}", "do", "load"), onnx, n, err);
    free(onnx);
    if (status != BNN_OK)
        return bnn_error_prefix(err, "%s: ", names[number]);
    *state = (ort_model){peer, number, model->n_classes, lineup->record.n_images};
    return bench_lineup_add(lineup, names[number], engine, model, &ort_executor, state, NULL, err);
}

static int ort_add_all(bench_peer *peer, bench_lineup *lineup, const char *engine, bnn_error *err)
{
    const bnn_shape shape = lineup->model->input;
    const size_t n_images = lineup->record.n_images;
    int status = bench_peer_ask_about_file(peer,
                                           json_pack("{s:s, s:I, s:[i,i,i]}", "do", "images", "n",
                                                     (json_int_t)n_images, "shape", (int)shape.c,
                                                     (int)shape.h, (int)shape.w),
                                           lineup->images, n_images * bnn_shape_values(shape), err);
    if (status == BNN_OK)
        status = ort_add(peer, lineup, 0, engine, err);
    if (status == BNN_OK && lineup->twin != NULL)
        status = ort_add(peer, lineup, 1, engine, err);
    return status;
}

int bench_ort_join(bench_lineup *lineup, bench_peer **out, const char **missing, bnn_error *err)
{
    char engine[ENGINE_BYTES] = "";
    bench_peer *peer;
    int status = bench_peer_start(&node, lineup->record.cpu, &peer, err);
    if (status != BNN_OK)
        return status;
    status = ort_greet(peer, engine, missing, err);
    if (status == BNN_OK && engine[0] != '\0')
        status = ort_add_all(peer, lineup, engine, err);
    if (status == BNN_OK && engine[0] != '\0')
        *out = peer;
    else
        bench_peer_stop(peer);
    return status;
}
