#include "runner/selftest.h"

#include "base/child.h"
#include "data/formats/synthetic.h"
#include "export/graph.h"
#include "runner/finish.h"
#include "runner/run.h"
#include "simd/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SELFTEST_TRAIN = 96, SELFTEST_TEST = 64, SELFTEST_SECONDS = 20 };

/* What has kernels of its own: convolutions and dense layers of floats and of bits, pools, norms. */
static const char selftest_spec[] =
    "{model: {topology: {input: {channels: 1, height: 28, width: 28}, blocks: ["
    "{layer: {name: conv2d, out: 6, kernel: 5}, pool: maxpool},"
    "{layer: {name: conv2d, out: 8, kernel: 3}, pool: maxpool},"
    "{layer: {name: dense, out: 40}}, {layer: {name: dense, out: 10}}]},"
    "binarize: {weights: true, activations: true}}, train: {epochs: 2, batch: 32}}";

/* In the child. */
typedef struct selftest_run {
    bnn_arena *arena;
    const bnn_dataset *data;
    bnn_selftest *out;
    char *text; /* what is compared, in hexadecimal and decimal */
    size_t n, room;
} selftest_run;

static void selftest_add(selftest_run *t, const void *bytes, size_t n)
{
    if (n > t->room - t->n)
        return;
    memcpy(t->text + t->n, bytes, n);
    t->n += n;
}

static void selftest_take_record(void *context, const bnn_record *record)
{
    if (record->kind == BNN_RECORD_METRIC && strcmp(record->metric.name, "seconds") != 0)
        selftest_add(context, &record->metric.value, sizeof record->metric.value);
}

/* Its model, run by the engine for the same instruction set. */
static int selftest_take_network(void *context, bnn_network *network, double test_accuracy,
                                 bnn_error *err)
{
    selftest_run *t = context;
    bnn_graph *graph;
    bnn_model *model;
    bnn_agreement agreement;
    const bnn_images *test = &t->data->test;
    float logits[SELFTEST_TEST * BNN_SYNTHETIC_CLASSES];
    for (uint32_t i = 0; i < network->n_parameters; i++)
        selftest_add(t, network->parameters[i].value,
                     network->parameters[i].n * sizeof *network->parameters[i].value);
    bnn_network_infer(network, test->n, test->pixels, logits);
    selftest_add(t, logits, sizeof logits);
    int status = bnn_graph_create(network, t->arena, &graph, err);
    if (status == BNN_OK)
        status = bnn_finish_build(graph, NULL, "selftest", "", test_accuracy, true, t->arena,
                                  &model, err);
    if (status == BNN_OK)
        status = bnn_finish_compare(model, NULL, network, test->pixels, test->n, t->arena,
                                    &agreement, err);
    if (status == BNN_OK)
        t->out->engine_agrees = agreement.n_different == 0;
    return status;
}

static int selftest_draw(bnn_arena *arena, bnn_dataset *data, bnn_error *err)
{
    const uint32_t counts[2] = {SELFTEST_TRAIN, SELFTEST_TEST};
    bnn_images *const parts[2] = {&data->train, &data->test};
    *data = (bnn_dataset){.name = "synthetic",
                          .shape = {1, BNN_SYNTHETIC_SIDE, BNN_SYNTHETIC_SIDE},
                          .n_classes = BNN_SYNTHETIC_CLASSES};
    for (int i = 0; i < 2; i++) {
        uint8_t *pixels = bnn_arena_alloc(arena, counts[i], BNN_SYNTHETIC_PIXELS);
        uint8_t *labels = bnn_arena_alloc(arena, counts[i], 1);
        if (pixels == NULL || labels == NULL)
            return bnn_no_memory(err);
        bnn_synthetic_draw((bnn_synthetic_part)i, counts[i], pixels, labels);
        *parts[i] = (bnn_images){.n = counts[i], .pixels = pixels, .labels = labels};
    }
    return BNN_OK;
}

static int selftest_read(const bnn_reader *reader, bnn_config *out, bnn_error *err)
{
    const bnn_node *root = bnn_tree_parse("selftest", selftest_spec, strlen(selftest_spec),
                                          reader->arena, reader->diag);
    const int status = root == NULL ? BNN_E_INTERNAL : bnn_config_load(reader, root, out);
    if (status == BNN_OK)
        return BNN_OK;
    return bnn_fail(err, (bnn_status)status, "%s",
                    bnn_diag_count(reader->diag) > 0 ? bnn_diag_message(reader->diag, 0)
                                                     : "its spec cannot be read");
}

static int selftest_train(selftest_run *t, const char *plugin_path, bnn_error *err)
{
    bnn_config config;
    bnn_dataset data;
    const bnn_reader reader = {
        .arena = t->arena, .diag = bnn_diag_create(), .registry = bnn_registry_create(plugin_path)};
    t->text = bnn_arena_alloc(t->arena, t->room, 1);
    if (reader.diag == NULL || reader.registry == NULL || t->text == NULL)
        return bnn_no_memory(err);
    int status = selftest_read(&reader, &config, err);
    if (status == BNN_OK)
        status = selftest_draw(t->arena, &data, err);
    if (status != BNN_OK)
        return status;
    t->data = &data;
    const bnn_train_job job = {.model = &config.model,
                               .train = &config.train,
                               .data = &data,
                               .n_validation = SELFTEST_TRAIN / 3,
                               .seed = 1,
                               .identity = "",
                               .record = selftest_take_record,
                               .trained = selftest_take_network,
                               .context = t};
    return bnn_train_run(&job, err);
}

/* Nothing is freed: the process is. */
_Noreturn static void selftest_child(const char *cpu, const char *plugin_path, bnn_selftest *out)
{
    bnn_error err = {.message = ""};
    selftest_run t = {
        .arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES), .out = out, .room = (size_t)1 << 20};
    setenv("BNN_CPU", cpu, 1);
    const int status =
        t.arena == NULL ? bnn_no_memory(&err) : selftest_train(&t, plugin_path, &err);
    if (status == BNN_OK)
        bnn_sha256(t.text, t.n, out->sha256);
    else
        snprintf(out->message, sizeof out->message, "%.190s", err.message);
    out->ended = status == BNN_OK;
    _exit(EXIT_SUCCESS);
}

static bool selftest_is_late(void *context, pid_t child)
{
    return bnn_child_cpu_seconds(child) > SELFTEST_SECONDS ||
           bnn_child_wait_on(context) > 6.0 * SELFTEST_SECONDS;
}

int bnn_selftest_run(const char *cpu, const char *plugin_path, bnn_selftest *out, bnn_error *err)
{
    char end[BNN_CHILD_END];
    int wait_status;
    bnn_child_patience patience = {0};
    *out = (bnn_selftest){.has = bnn_cpu_find(cpu, BNN_CPU_VECTORS) < BNN_CPU_SETS};
    if (!out->has)
        return BNN_OK;
    bnn_selftest *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return bnn_no_memory(err);
    const pid_t child = bnn_child_fork();
    if (child == 0)
        selftest_child(cpu, plugin_path, shared);
    const bool forked = child > 0;
    if (forked && !bnn_child_wait(child, selftest_is_late, &patience, &wait_status))
        snprintf(out->message, sizeof out->message, "does not come to its end");
    else if (forked && !shared->ended && shared->message[0] == '\0')
        snprintf(out->message, sizeof out->message, "%s", bnn_child_explain(wait_status, end));
    else if (forked)
        *out = *shared;
    out->has = true;
    munmap(shared, sizeof *shared);
    return forked ? BNN_OK : bnn_fail_errno(err, BNN_E_RESOURCE, "cannot fork a process");
}
