/* fuzz_weights.c - hostile safetensors files, read as the weights of a network: all of them, and those that are there.
 * What was read is written, and read back as the same. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/network.h"

#include "model/weights.h"

#include <string.h>
#include <unistd.h>

static void weights_write_back(const bnn_network *network, bnn_arena *arena)
{
    const fuzz_net *net = fuzz_net_get();
    const char *path = fuzz_path("again.safetensors");
    bnn_error err = {0};
    bnn_network *again;
    fuzz_require(bnn_weights_write(network, path, &err) == BNN_OK);
    fuzz_require(bnn_network_create(&net->config.model, net->config.input, 10, 1, 2, arena, &again,
                                    &err) == BNN_OK);
    fuzz_require(bnn_weights_read(again, path, &err) == BNN_OK);
    for (uint32_t i = 0; i < network->n_parameters; i++) {
        const bnn_parameter *p = &network->parameters[i];
        fuzz_require(memcmp(p->value, again->parameters[i].value, p->n * sizeof *p->value) == 0);
    }
}

static void weights_try(int (*read)(bnn_network *, const char *, bnn_error *), const char *path)
{
    const fuzz_net *net = fuzz_net_get();
    bnn_error err = {0};
    bnn_network *network;
    bnn_arena *arena = bnn_arena_create((size_t)16 << 20);
    fuzz_require(arena != NULL);
    fuzz_require(bnn_network_create(&net->config.model, net->config.input, 10, 1, 1, arena,
                                    &network, &err) == BNN_OK);
    const int status = read(network, path, &err);
    if (status != BNN_OK)
        fuzz_require_refusal(status, &err);
    else
        weights_write_back(network, arena);
    if (status == BNN_OK && bnn_network_check_finite(network, &err) == BNN_OK)
        bnn_network_binarize(network);
    bnn_arena_destroy(arena);
}

FUZZ_TARGET(weights)
{
    char path[FUZZ_PATH];
    const int fd = fuzz_file(bytes, n, path);
    weights_try(bnn_weights_read, path);
    weights_try(bnn_weights_take, path);
    close(fd);
    return 0;
}
