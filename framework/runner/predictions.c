#include "runner/predictions.h"

#include "base/size.h"
#include "bench/engine.h"

#include <string.h>

/* ---- made -------------------------------------------------------------------------------- */

enum { PREDICTIONS_BLOCK = 64 };

/* Gives the logits of n images. */
typedef void (*predictions_function)(void *state, uint32_t n, const uint8_t *pixels, float *logits);

static void predictions_infer_network(void *state, uint32_t n, const uint8_t *pixels, float *logits)
{
    bnn_network_infer(state, n, pixels, logits);
}

static void predictions_run_engine(void *state, uint32_t n, const uint8_t *pixels, float *logits)
{
    const bnn_engine_contender *r = state;
    bnn_engine_run(r->state, n, pixels, logits, r->workspace, NULL);
}

static int predictions_make(predictions_function infer, void *state, bnn_shape input,
                            uint32_t n_classes, const bnn_images *images, bnn_arena *arena,
                            uint8_t **out_classes, bnn_error *err)
{
    const size_t n_pixels = bnn_shape_values(input);
    float *logits = bnn_arena_alloc(arena, (size_t)PREDICTIONS_BLOCK * n_classes, sizeof *logits);
    uint8_t *classes = bnn_arena_alloc(arena, images->n, 1);
    if (logits == NULL || classes == NULL)
        return bnn_no_memory(err);
    for (uint32_t i = 0; i < images->n; i += PREDICTIONS_BLOCK) {
        const uint32_t n = (uint32_t)bnn_size_smaller(images->n - i, PREDICTIONS_BLOCK);
        infer(state, n, images->pixels + i * n_pixels, logits);
        for (uint32_t k = 0; k < n; k++)
            classes[i + k] = (uint8_t)bnn_class_of(logits + (size_t)k * n_classes, n_classes);
    }
    *out_classes = classes;
    return BNN_OK;
}

int bnn_predictions_of_model(const bnn_model *model, const bnn_images *images, bnn_arena *arena,
                             uint8_t **out_classes, bnn_error *err)
{
    bnn_engine_contender r;
    const int status = bnn_engine_contender_open(model, NULL, arena, &r, err);
    return status != BNN_OK ? status
                            : predictions_make(predictions_run_engine, &r, model->input,
                                               model->n_classes, images, arena, out_classes, err);
}

int bnn_predictions_of_network(bnn_network *network, const bnn_images *images, bnn_arena *arena,
                               uint8_t **out_classes, bnn_error *err)
{
    return predictions_make(predictions_infer_network, network, network->image, network->n_classes,
                            images, arena, out_classes, err);
}

/* ---- on their way ------------------------------------------------------------------------ */

void bnn_predictions_send(const uint8_t *classes, uint32_t n,
                          void (*record)(void *context, const bnn_record *record), void *context)
{
    for (uint32_t i = 0; i < n; i += BNN_PREDICTIONS_MAX) {
        bnn_record r = {
            .kind = BNN_RECORD_PREDICTIONS,
            .predictions = {.first = i,
                            .n = (uint32_t)bnn_size_smaller(n - i, BNN_PREDICTIONS_MAX)}};
        memcpy(r.predictions.classes, classes + i, r.predictions.n);
        record(context, &r);
    }
}

void bnn_predictions_take(bnn_predictions *p, const bnn_predictions_record *record)
{
    if (record->first != p->n_known || record->n > BNN_PREDICTIONS_MAX ||
        record->n > p->n - p->n_known)
        return;
    if (record->n > 0)
        memcpy(p->classes + p->n_known, record->classes, record->n);
    p->n_known += record->n;
}

bool bnn_predictions_gather(const bnn_predictions *p, const bnn_dataset *data,
                            bnn_store_predictions *out)
{
    bool whole = p->n > 0 && p->n_known == p->n && p->n == data->test.n;
    for (uint32_t i = 0; whole && i < p->n; i++)
        whole = p->classes[i] < data->n_classes;
    *out = (bnn_store_predictions){.sample = data->test_sample,
                                   .n = p->n,
                                   .n_classes = data->n_classes,
                                   .true_classes = data->test.labels,
                                   .classes = p->classes};
    return whole;
}
