#include "tests/fuzz/network.h"

#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

static const char network_spec[] =
    "dataset: {name: synthetic, train_limit: 32, validation: 8, test_limit: 8}\n"
    "model:\n"
    "  topology:\n"
    "    input: {channels: 1, height: 28, width: 28}\n"
    "    blocks:\n"
    "      - {layer: {name: conv2d, out: 2, kernel: 5}, pool: {name: maxpool, size: 8, stride: 8}}\n"
    "      - {layer: {name: dense, out: 4}}\n"
    "      - {layer: {name: dense, out: 10}}\n"
    "  binarize: {weights: true, activations: true}\n"
    "train: {epochs: 2, batch: 16}\n";

static void network_make(fuzz_net *net)
{
    bnn_error err = {0};
    bnn_diag *diag = bnn_diag_create();
    const bnn_data_search search = {0};
    net->arena = bnn_arena_create((size_t)64 << 20);
    net->registry = bnn_registry_create(NULL);
    fuzz_require(diag != NULL && net->arena != NULL && net->registry != NULL);
    const bnn_reader r = {.arena = net->arena, .diag = diag, .registry = net->registry};
    const bnn_node *root =
        bnn_tree_parse("s", network_spec, strlen(network_spec), net->arena, diag);
    if (root == NULL || bnn_config_load(&r, root, &net->config) != BNN_OK) {
        fprintf(stderr, "%s\n", bnn_diag_message(diag, 0));
        abort();
    }
    fuzz_require(bnn_dataset_open(&net->config.data, &search, &net->data, &err) == BNN_OK);
    bnn_diag_destroy(diag);
}

const fuzz_net *fuzz_net_get(void)
{
    static fuzz_net net;
    if (net.arena == NULL)
        network_make(&net);
    return &net;
}

static void network_hear(void *context, const bnn_record *record)
{
    (void)context;
    (void)record;
}

bnn_train_job fuzz_net_job(const fuzz_net *net)
{
    static const atomic_int stop;
    return (bnn_train_job){.model = &net->config.model,
                           .train = &net->config.train,
                           .data = &net->data,
                           .n_validation = 8,
                           .seed = 1,
                           .identity = "this one",
                           .stop = &stop,
                           .record = network_hear};
}
