/* fuzz_experiment.c - hostile specs and overrides, with the keys that there are: what is before the first NUL byte,
 * when there is one, are overrides, one a line. */
#include "tests/fuzz/fuzz.h"

#include "runner/experiment.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OVERRIDES_MAX = 16 };

/* Cuts a text into lines; what is left over is part of the last. */
static void experiment_cut(char *text, const char *out[OVERRIDES_MAX + 1])
{
    size_t n = 0;
    while (text != NULL && n < OVERRIDES_MAX)
        out[n++] = strsep(&text, "\n");
    out[n] = NULL;
}

static void experiment_check(const bnn_experiment *e)
{
    fuzz_require(bnn_experiment_is_name(e->name) && e->n_configs >= 1 && e->n_seeds >= 1);
    for (size_t i = 0; i < e->n_configs; i++) {
        fuzz_require(strlen(e->configs[i].hash) == 64 && e->configs[i].label[0] != '\0');
        fuzz_require(e->configs[i].i_dataset < e->n_datasets);
    }
}

static void experiment_load(const char *path, const char *const *overrides)
{
    static bnn_registry *registry;
    const char *source = getenv("srcdir");
    char catalogue[PATH_MAX], topologies[PATH_MAX];
    bnn_experiment experiment;
    bnn_arena *arena = bnn_arena_create((size_t)64 << 20);
    bnn_diag *diag = bnn_diag_create();
    if (registry == NULL)
        registry = bnn_registry_create(NULL);
    fuzz_require(arena != NULL && diag != NULL && registry != NULL);
    snprintf(catalogue, sizeof catalogue, "%s/configs/datasets", source != NULL ? source : ".");
    snprintf(topologies, sizeof topologies, "%s/configs/topologies", source != NULL ? source : ".");
    const bnn_reader reader = {.arena = arena,
                               .diag = diag,
                               .registry = registry,
                               .catalogue = catalogue,
                               .topologies = topologies};
    const int status = bnn_experiment_load(&reader, path, overrides, &experiment);
    if (status == BNN_OK)
        experiment_check(&experiment);
    else
        fuzz_require(bnn_diag_n_errors(diag) > 0 || bnn_diag_status(diag) == BNN_E_INTERNAL);
    for (size_t i = 0; i < bnn_diag_count(diag); i++) {
        char line[BNN_DIAG_LINE];
        fuzz_require(bnn_diag_message(diag, i)[0] != '\0');
        fuzz_require(strlen(bnn_diag_line(diag, i, line)) < sizeof line);
    }
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
}

FUZZ_TARGET(experiment)
{
    const char *overrides[OVERRIDES_MAX + 1] = {NULL};
    const uint8_t *nul = n == 0 ? NULL : memchr(bytes, '\0', n);
    char *text = nul == NULL ? NULL : strdup((const char *)bytes);
    char path[FUZZ_PATH];
    const size_t n_before = nul == NULL ? 0 : (size_t)(nul + 1 - bytes);
    experiment_cut(text, overrides);
    const int fd = fuzz_file(bytes + n_before, n - n_before, path);
    experiment_load(path, overrides);
    close(fd);
    free(text);
    return 0;
}
