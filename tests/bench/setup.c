#include "tests/bench/setup.h"

#include "model/network.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- data -------------------------------------------------------------------------------- */

/* The images of a smaller set over and over. */
static int repeat(setup *s, bnn_error *err)
{
    const bnn_images *few = &s->found.train;
    const size_t size = (size_t)s->found.shape.c * s->found.shape.h * s->found.shape.w;
    uint8_t *pixels = bnn_arena_alloc(s->arena, BENCH_EPOCH_IMAGES, size);
    uint8_t *labels = bnn_arena_alloc(s->arena, BENCH_EPOCH_IMAGES, 1);
    if (pixels == NULL || labels == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < BENCH_EPOCH_IMAGES; i++) {
        memcpy(pixels + i * size, few->pixels + i % few->n * size, size);
        labels[i] = few->labels[i % few->n];
    }
    s->data.train = (bnn_images){.n = BENCH_EPOCH_IMAGES, .pixels = pixels, .labels = labels};
    return BNN_OK;
}

static int open_data(setup *s, bnn_error *err)
{
    char catalogue[PATH_MAX];
    bnn_error why;
    int status = bench_source_path("configs/datasets", catalogue, err);
    if (status != BNN_OK)
        return status;
    const bnn_data_search search = {.catalogue = catalogue};
    const bnn_data_options mnist = {.name = "mnist", .validation = 1};
    if (bnn_dataset_open(&mnist, &search, &s->found, &why) == BNN_OK) {
        s->data = s->found;
        s->provenance = bnn_arena_printf(s->arena, "mnist, from %s", s->found.source);
    } else {
        const bnn_data_options drawn = {.name = "synthetic", .validation = 1};
        status = bnn_dataset_open(&drawn, &search, &s->found, err);
        if (status != BNN_OK)
            return status;
        s->data = s->found;
        status = repeat(s, err);
        s->provenance = bnn_arena_printf(
            s->arena,
            "%u drawn digits, repeated, since no intact MNIST was found (see BNN_DATA_PATH)",
            s->found.train.n);
    }
    if (status == BNN_OK && s->provenance == NULL)
        status = bnn_no_memory(err);
    return status;
}

int setup_create(setup *s, bnn_error *err)
{
    s->arena = bnn_arena_create((size_t)1 << 30);
    s->diag = bnn_diag_create();
    s->registry = bnn_registry_create(NULL);
    if (s->arena == NULL || s->diag == NULL || s->registry == NULL)
        return bnn_no_memory(err);
    return open_data(s, err);
}

void setup_destroy(setup *s)
{
    bnn_dataset_close(&s->found);
    bnn_registry_destroy(s->registry);
    bnn_diag_destroy(s->diag);
    bnn_arena_destroy(s->arena);
}

/* ---- networks ---------------------------------------------------------------------------- */

size_t setup_nets(const bench_options *options, training out[SETUP_NETS_MAX])
{
    const uint32_t part = options->quick ? BENCH_EPOCH_IMAGES / 20 : BENCH_EPOCH_IMAGES - 1;
    size_t n = 0;
    for (uint32_t i = 0; i < options->n_batches; i++)
        for (int binary = 0; binary <= 1; binary++)
            out[n++] = (training){.name = binary ? "binarized" : "float",
                                  .binary = binary,
                                  .batch = options->batches[i],
                                  .width = 1,
                                  .n_images = part};
    return n;
}

static const char *write_spec(const training *t, bnn_arena *arena)
{
    return bnn_arena_printf(
        arena,
        "model:\n"
        "  topology:\n"
        "    input: {channels: 1, height: 28, width: 28}\n"
        "    blocks:\n"
        "      - {layer: {name: conv2d, out: %u, kernel: 5, padding: 2}, pool: maxpool}\n"
        "      - {layer: {name: conv2d, out: %u, kernel: 5}, pool: maxpool}\n"
        "      - {layer: {name: dense, out: %u}}\n"
        "      - {layer: {name: dense, out: %u}}\n"
        "      - {layer: {name: dense, out: 10}}\n"
        "  binarize: %s\n"
        "  ste: clipped\n"
        "  ordering: pool_bn_act\n"
        "train: {epochs: 1, batch: %u, optimizer: {name: adam, lr: 0.001}, augment: %s}\n",
        6 * t->width, 16 * t->width, 120 * t->width, 84 * t->width,
        t->binary ? "{weights: true, activations: true}" : "none", t->batch,
        t->augment != NULL ? t->augment : "none");
}

int setup_prepare(setup *s, training *t, bnn_error *err)
{
    const bnn_reader model = {
        .arena = s->arena, .diag = s->diag, .registry = s->registry, .path = "model"};
    bnn_reader train = model;
    train.path = "train";
    const char *spec = write_spec(t, s->arena);
    if (spec == NULL)
        return bnn_no_memory(err);
    const bnn_node *root =
        bnn_tree_parse("the spec of bnnbench", spec, strlen(spec), s->arena, s->diag);
    int status = root != NULL ? BNN_OK : BNN_E_SPEC;
    if (status == BNN_OK)
        status =
            bnn_section_read(&model, &bnn_model_section, bnn_tree_get(root, "model"), &t->model);
    if (status == BNN_OK)
        status =
            bnn_section_read(&train, &bnn_train_section, bnn_tree_get(root, "train"), &t->train);
    if (status == BNN_OK)
        status = bnn_network_check(&t->model, s->data.shape, s->data.n_classes, s->diag);
    if (status == BNN_OK)
        return BNN_OK;
    return bnn_fail(err, (bnn_status)status, "%s",
                    bnn_diag_count(s->diag) > 0 ? bnn_diag_message(s->diag, 0) : "out of memory");
}

/* ---- one training ------------------------------------------------------------------------ */

/* What the records of a run say. */
typedef struct listener {
    double seconds, evaluate_seconds;
    double macs, first_macs;
} listener;

static void listen(void *context, const bnn_record *record)
{
    listener *l = context;
    if (record->kind == BNN_RECORD_METRIC && strcmp(record->metric.name, "seconds") == 0)
        l->seconds = record->metric.value;
    if (record->kind == BNN_RECORD_TIMING && strcmp(record->timing.phase, "evaluate") == 0)
        l->evaluate_seconds = (double)record->timing.wall_ns * 1e-9;
    if (record->kind == BNN_RECORD_LAYER) {
        if (l->macs <= 0.0)
            l->first_macs = (double)record->layer.macs;
        l->macs += (double)record->layer.macs;
    }
}

int setup_train(const setup *s, const training *t, training_result *out, bnn_error *err)
{
    listener l = {0};
    bnn_dataset data = s->data;
    data.train.n = t->n_images + 1; /* the trainer holds out one at least */
    if (t->n_test != 0 && t->n_test < data.test.n)
        data.test.n = t->n_test;
    const bnn_train_job job = {.model = &t->model,
                               .train = &t->train,
                               .data = &data,
                               .n_validation = 1,
                               .seed = 1,
                               .identity = "bnnbench",
                               .record = listen,
                               .context = &l};
    const int status = bnn_train_run(&job, err);
    if (status != BNN_OK)
        return status;
    *out = (training_result){.seconds = l.seconds,
                             .images_per_second = t->n_images / l.seconds,
                             .evaluated_per_second = data.test.n / l.evaluate_seconds,
                             .flop_per_image = 2.0 * (3.0 * l.macs - l.first_macs)};
    return BNN_OK;
}
