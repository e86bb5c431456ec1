/* fuzz_config.c - hostile settings of a run, as a database has them: JSON that becomes a config, its network and its
 * data. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/network.h"

#include "runner/reload.h"

#include <string.h>

FUZZ_TARGET(config)
{
    const fuzz_net *net = fuzz_net_get();
    bnn_error err = {0};
    bnn_reloaded reloaded;
    bnn_data_options data;
    char *json = malloc(n + 1);
    bnn_arena *arena = bnn_arena_create((size_t)64 << 20);
    fuzz_require(json != NULL && arena != NULL);
    memcpy(json, n > 0 ? (const char *)bytes : "", n);
    json[n] = '\0';
    const bnn_stored_run stored = {.run = {.uid = "0123456789"},
                                   .experiment = "e",
                                   .label = "l",
                                   .config_hash = net->config.hash, /* of the sound one */
                                   .config_json = json,
                                   .spec_path = "s.yaml",
                                   .dataset_name = "synthetic",
                                   .dataset_sha256 = ""};
    const bnn_reader reader = {.arena = arena, .registry = net->registry};
    int status = bnn_reload(&stored, &reader, &reloaded, &err);
    if (status != BNN_OK)
        fuzz_require_refusal(status, &err);
    else
        fuzz_require(strcmp(reloaded.config->json, net->config.json) == 0);
    err = (bnn_error){0};
    status = bnn_reload_data(&stored, arena, &data, &err);
    if (status != BNN_OK)
        fuzz_require_refusal(status, &err);
    bnn_arena_destroy(arena);
    free(json);
    return 0;
}
