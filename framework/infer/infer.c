#include <bnn/infer.h>

#include "base/file.h"
#include "infer/engine/engine.h"
#include "infer/modelfile.h"

#include <stdio.h>
#include <stdlib.h>

/* A file of the greatest size, unpacked twice: as a model, and as the engine wants it. */
#define MODEL_LIMIT_BYTES ((size_t)1 << 34)

enum { ALIGN = 64 };

struct bnn_model {
    bnn_arena *arena; /* of the model and the engine's state */
    const bnn_deploy_model *model;
    const bnn_engine *engine;
    void *state;
    size_t file_bytes;
};

static int choose(const char *name, const bnn_engine **out, bnn_error *err)
{
    const bnn_engine *engine = name != NULL ? bnn_engine_find(name) : bnn_engine_choose(err);
    if (engine == NULL && name != NULL)
        return bnn_fail(err, BNN_E_USAGE,
                        "engine \"%.40s\" is not built in or cannot run on this machine", name);
    *out = engine;
    return engine == NULL ? err->status : BNN_OK;
}

static int open_bytes(const void *bytes, size_t n, const char *name, const char *engine,
                      bnn_model **out, bnn_error *err)
{
    bnn_model *model = calloc(1, sizeof *model);
    bnn_deploy_model *decoded = NULL;
    int status = BNN_OK;
    if (model == NULL || (model->arena = bnn_arena_create(MODEL_LIMIT_BYTES)) == NULL)
        status = bnn_fail(err, BNN_E_INTERNAL, "%s: out of memory", name);
    if (status == BNN_OK)
        status = choose(engine, &model->engine, err);
    if (status == BNN_OK)
        status = bnn_modelfile_decode(bytes, n, name, model->arena, &decoded, err);
    if (status == BNN_OK) {
        model->model = decoded;
        model->file_bytes = n;
        status = model->engine->prepare(decoded, model->arena, &model->state, err);
    }
    if (status == BNN_OK)
        *out = model;
    else
        bnn_model_close(model);
    return status;
}

/* The status of the public interface: 0, or -1 and a text. */
static int answer(int status, const bnn_error *err, char *error)
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
    return answer(open_bytes(bytes, n, "model", engine, out, &err), &err, error);
}

int bnn_model_open(const char *path, const char *engine, bnn_model **out, char *error)
{
    bnn_error err;
    char *bytes;
    size_t n;
    int status = bnn_file_read(path, BNN_MODELFILE_LIMIT_BYTES, &bytes, &n, &err);
    if (status == BNN_OK) {
        status = open_bytes(bytes, n, path, engine, out, &err);
        free(bytes);
    }
    return answer(status, &err, error);
}

void bnn_model_close(bnn_model *model)
{
    if (model != NULL)
        bnn_arena_destroy(model->arena);
    free(model);
}

void bnn_model_get_info(const bnn_model *model, bnn_model_info *out)
{
    const bnn_deploy_model *m = model->model;
    *out = (bnn_model_info){.channels = m->input.c,
                            .height = m->input.h,
                            .width = m->input.w,
                            .n_classes = m->n_classes,
                            .n_stages = m->n_stages,
                            .engine = model->engine->name,
                            .file_bytes = model->file_bytes};
    for (uint32_t i = 0; i < m->n_stages; i++) {
        const uint64_t n = (uint64_t)m->stages[i].sums.c * m->stages[i].taps;
        out->n_weights += n;
        out->n_binary_weights += m->stages[i].binary_weights ? n : 0;
    }
}

const char *bnn_model_metadata(const bnn_model *model, const char *key)
{
    return bnn_deploy_model_metadata(model->model, key);
}

int bnn_model_metadata_at(const bnn_model *model, uint32_t i, const char **key, const char **value)
{
    if (i >= model->model->n_metadata)
        return 0;
    *key = model->model->metadata[i].key;
    *value = model->model->metadata[i].value;
    return 1;
}

const char *bnn_model_stage_name(const bnn_model *model, uint32_t i)
{
    return i < model->model->n_stages ? model->model->stages[i].name : NULL;
}

/* ---- running ----------------------------------------------------------------------------- */

size_t bnn_model_workspace_bytes(const bnn_model *model)
{
    return model->engine->workspace_bytes(model->state) + ALIGN;
}

/* The first aligned address in the caller's workspace. */
static void *aligned(void *workspace)
{
    const uintptr_t past = (uintptr_t)workspace % ALIGN;
    return (char *)workspace + (past == 0 ? 0 : ALIGN - past);
}

void bnn_model_profile(const bnn_model *model, size_t n, const uint8_t *images, float *logits,
                       void *workspace, uint64_t *stage_ns)
{
    model->engine->run(model->state, n, images, logits, aligned(workspace), stage_ns);
}

void bnn_model_run(const bnn_model *model, size_t n, const uint8_t *images, float *logits,
                   void *workspace)
{
    model->engine->run(model->state, n, images, logits, aligned(workspace), NULL);
}

uint32_t bnn_model_class(const bnn_model *model, const float *logits)
{
    return bnn_class_of(logits, model->model->n_classes);
}
