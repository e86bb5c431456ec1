#include <bnn/infer.h>

#include "base/file.h"
#include "infer/engine/engine.h"
#include "infer/modelfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64 };

static int infer_choose(const char *name, const bnn_engine **out, bnn_error *err)
{
    const bnn_engine *engine = name != NULL ? bnn_engine_find(name) : bnn_engine_choose(err);
    if (engine == NULL && name != NULL)
        return bnn_fail(err, BNN_E_USAGE,
                        "engine \"%.40s\" is not built in or cannot run on this machine", name);
    *out = engine;
    return engine == NULL ? err->status : BNN_OK;
}

static int infer_open_bytes(const void *bytes, size_t n, const char *name, const char *engine,
                            bnn_model **out, bnn_error *err)
{
    const bnn_engine *chosen = NULL;
    bnn_model *model = NULL;
    bnn_arena *arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    int status = infer_choose(engine, &chosen, err);
    if (status == BNN_OK)
        status = bnn_modelfile_decode(bytes, n, name, arena, &model, err);
    if (status == BNN_OK)
        status = chosen->prepare(model, arena, &model->state, err);
    if (status != BNN_OK) {
        bnn_arena_destroy(arena);
        return status;
    }
    model->engine = chosen;
    model->arena = arena;
    model->file_bytes = n;
    *out = model;
    return BNN_OK;
}

/* The status of the public interface: 0, or -1 and a text. */
static int infer_answer(int status, const bnn_error *err, char *error)
{
    if (status == BNN_OK)
        return 0;
    snprintf(error, BNN_INFER_ERROR, "%s", err->message);
    return -1;
}

int bnn_model_open_memory(const void *bytes, size_t n, const char *engine, bnn_model **out,
                          char *error)
{
    bnn_error err;
    return infer_answer(infer_open_bytes(bytes, n, "model", engine, out, &err), &err, error);
}

int bnn_model_open(const char *path, const char *engine, bnn_model **out, char *error)
{
    bnn_error err;
    char *bytes;
    size_t n;
    int status = bnn_file_read(path, BNN_MODELFILE_LIMIT_BYTES, &bytes, &n, &err);
    if (status == BNN_OK) {
        status = infer_open_bytes(bytes, n, path, engine, out, &err);
        free(bytes);
    }
    return infer_answer(status, &err, error);
}

void bnn_model_close(bnn_model *model)
{
    if (model != NULL)
        bnn_arena_destroy(model->arena);
}

void bnn_model_get_info(const bnn_model *model, bnn_model_info *out)
{
    *out = (bnn_model_info){.channels = model->input.c,
                            .height = model->input.h,
                            .width = model->input.w,
                            .n_classes = model->n_classes,
                            .n_stages = model->n_stages,
                            .engine = model->engine->name,
                            .file_bytes = model->file_bytes};
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const uint64_t n = (uint64_t)model->stages[i].op.out.c * model->stages[i].taps;
        out->n_weights += n;
        out->n_binary_weights += model->stages[i].op.binary_weights ? n : 0;
    }
}

const char *bnn_model_metadata(const bnn_model *model, const char *key)
{
    for (uint32_t i = 0; i < model->n_metadata; i++)
        if (strcmp(model->metadata[i].key, key) == 0)
            return model->metadata[i].value;
    return NULL;
}

int bnn_model_metadata_at(const bnn_model *model, uint32_t i, const char **key, const char **value)
{
    if (i >= model->n_metadata)
        return 0;
    *key = model->metadata[i].key;
    *value = model->metadata[i].value;
    return 1;
}

const char *bnn_model_stage_name(const bnn_model *model, uint32_t i)
{
    return i < model->n_stages ? model->stages[i].op.name : NULL;
}

/* ---- running ----------------------------------------------------------------------------- */

size_t bnn_model_workspace_bytes(const bnn_model *model)
{
    return bnn_engine_workspace_bytes(model->state) + ALIGN;
}

/* The first aligned address in the caller's workspace. */
static void *infer_aligned(void *workspace)
{
    const uintptr_t past = (uintptr_t)workspace % ALIGN;
    return (char *)workspace + (past == 0 ? 0 : ALIGN - past);
}

void bnn_model_profile(const bnn_model *model, size_t n, const uint8_t *images, float *logits,
                       void *workspace, uint64_t *stage_ns)
{
    bnn_engine_run(model->state, n, images, logits, infer_aligned(workspace), stage_ns);
}

void bnn_model_run(const bnn_model *model, size_t n, const uint8_t *images, float *logits,
                   void *workspace)
{
    bnn_model_profile(model, n, images, logits, workspace, NULL);
}

uint32_t bnn_model_class(const bnn_model *model, const float *logits)
{
    return bnn_class_of(logits, model->n_classes);
}
