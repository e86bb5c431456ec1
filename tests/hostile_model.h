/* hostile_model.h - what must hold for any bytes that are read as a model file. */
#ifndef BNN_TESTS_HOSTILE_MODEL_H
#define BNN_TESTS_HOSTILE_MODEL_H

#include "deploy/engine/engine.h"
#include "deploy/modelfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTILE_ARENA_BYTES = 1 << 27, HOSTILE_WORKSPACE_BYTES = 1 << 24, HOSTILE_MACS = 200000 };

/* What was read is written back as the same bytes. */
static inline void write_back(const bnn_deploy_model *model, const uint8_t *bytes, size_t n)
{
    uint8_t *again = malloc(n);
    if (again == NULL || bnn_modelfile_bytes(model) != n)
        abort();
    bnn_modelfile_encode(model, again);
    if (memcmp(again, bytes, n) != 0)
        abort();
    free(again);
    for (uint32_t i = 0; i < model->n_stages; i++) {
        bnn_stage_size size;
        bnn_modelfile_stage_size(model, i, &size);
        if (size.bytes > n || size.header_bytes > size.bytes)
            abort();
    }
}

/* Logits of one image, or NULL where an engine would take much memory; freed by the caller. */
static inline float *logits_of(const bnn_engine *engine, const bnn_deploy_model *model,
                               bnn_arena *own)
{
    void *state;
    bnn_error err;
    if (engine->prepare(model, own, &state, &err) != BNN_OK)
        return NULL;
    const size_t n = engine->workspace_bytes(state), pixels = bnn_shape_values(model->input);
    if (n > HOSTILE_WORKSPACE_BYTES)
        return NULL;
    void *workspace = aligned_alloc(64, (n + 63) / 64 * 64);
    uint8_t *image = malloc(pixels);
    float *logits = malloc(model->n_classes * sizeof *logits);
    if (workspace == NULL || image == NULL || logits == NULL)
        abort();
    for (size_t i = 0; i < pixels; i++)
        image[i] = (uint8_t)(i * 151 ^ i >> 3);
    engine->run(state, 1, image, logits, workspace, NULL);
    free(workspace);
    free(image);
    return logits;
}

/* One image through all engines, unless that would take long: they agree. */
static inline void run_once(const bnn_deploy_model *model, bnn_arena *own)
{
    uint64_t macs = 0;
    size_t n;
    const char *const *names = bnn_engine_names(&n);
    for (uint32_t i = 0; i < model->n_stages; i++)
        macs += model->stages[i].macs;
    float *want = macs > HOSTILE_MACS ? NULL : logits_of(&bnn_engine_portable, model, own);
    for (size_t i = 0; want != NULL && i < n; i++) {
        const bnn_engine *engine = bnn_engine_find(names[i]);
        float *got = engine == NULL ? NULL : logits_of(engine, model, own);
        for (uint32_t k = 0; got != NULL && k < model->n_classes; k++)
            if (memcmp(&got[k], &want[k], sizeof *got) != 0 && !(isnan(got[k]) && isnan(want[k])))
                abort();
        free(got);
    }
    free(want);
}

/* Reads bytes as a model. Whether they are one. */
static inline bool try_model(const uint8_t *bytes, size_t n)
{
    bnn_error err = {0};
    bnn_deploy_model *model = NULL;
    bnn_arena *own = bnn_arena_create(HOSTILE_ARENA_BYTES);
    if (own == NULL)
        abort();
    const int status = bnn_modelfile_decode(bytes, n, "m", own, &model, &err);
    if (status == BNN_OK) {
        write_back(model, bytes, n);
        run_once(model, own);
    } else if (status != err.status || err.message[0] == '\0' || model != NULL) {
        abort();
    }
    bnn_arena_destroy(own);
    return status == BNN_OK;
}

/* Makes size and checksum right, so that what is behind them is looked at. */
static inline void make_plausible(uint8_t *bytes, size_t n)
{
    if (n < 20)
        return;
    for (int i = 0; i < 4; i++)
        bytes[12 + i] = (uint8_t)(n >> 8 * i);
    bnn_modelfile_seal(bytes, n);
}

#endif
