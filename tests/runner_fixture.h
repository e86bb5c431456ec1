/* runner_fixture.h - experiments from the text of a spec, on a few synthetic digits, and a database
 * in a temporary directory. */
#ifndef BNN_TESTS_RUNNER_FIXTURE_H
#define BNN_TESTS_RUNNER_FIXTURE_H

#include "runner/sweeper.h"

#include "store_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A sweep of two configs and two seeds that trains in a moment. */
#define TINY_DATA "dataset: {name: synthetic, train_limit: 200, validation: 40, test_limit: 50}\n"
#define TINY_NET                                                          \
    "model:\n"                                                            \
    "  topology:\n"                                                       \
    "    input: {channels: 1, height: 28, width: 28}\n"                   \
    "    blocks:\n"                                                       \
    "      - {layer: {name: conv2d, out: 4, kernel: 5}, pool: maxpool}\n" \
    "      - {layer: {name: dense, out: 16}}\n"                           \
    "      - {layer: {name: dense, out: 10}}\n"
#define TINY_MODEL TINY_NET "  binarize: {weights: true, activations: true}\n"
#define TINY                                                              \
    "name: tiny\n" TINY_DATA TINY_MODEL "train: {epochs: 3, batch: 32}\n" \
    "seeds: {count: 2}\n"                                                 \
    "sweep: {grid: {model.ste: [identity, clipped]}}\n"                   \
    "run: {isolation: thread}\n"

static bnn_arena *arena;
static bnn_diag *diag;
static bnn_registry *registry;
static bnn_experiment experiment;

static void runner_set_up(void)
{
    arena = bnn_arena_create((size_t)64 << 20);
    diag = bnn_diag_create();
    store_setup();
    registry = bnn_registry_create(NULL); /* BNNRUN_PLUGIN_PATH */
    ck_assert(arena != NULL && diag != NULL && registry != NULL);
}

static void runner_tear_down(void)
{
    bnn_registry_destroy(registry);
    store_teardown();
    bnn_diag_destroy(diag);
    bnn_arena_destroy(arena);
}

/* All messages, one a line, in the arena. */
static inline const char *said(void)
{
    const char *all = "";
    for (size_t i = 0; i < bnn_diag_count(diag); i++)
        all = bnn_arena_printf(arena, "%s%s%s", all, i == 0 ? "" : "\n", bnn_diag_message(diag, i));
    return all;
}

static inline const char *source_path(const char *name)
{
    const char *source = getenv("srcdir");
    return bnn_arena_printf(arena, "%s/%s", source != NULL ? source : ".", name);
}

/* Loads the spec from a file; messages show it as "s.yaml". */
static inline int load_with(const char *spec, const char *const *overrides, size_t n)
{
    bnn_error err;
    const bnn_experiment_sources sources = {.catalogue = source_path("configs/datasets"),
                                            .topologies = source_path("configs/topologies"),
                                            .registry = registry};
    bnn_diag_destroy(diag);
    diag = bnn_diag_create();
    ck_assert_int_eq(chdir(store_path("")), 0);
    ck_assert_int_eq(bnn_file_write("s.yaml", spec, strlen(spec), &err), BNN_OK);
    return bnn_experiment_load("s.yaml", overrides, n, &sources, arena, &experiment, diag);
}

static inline int load(const char *spec)
{
    return load_with(spec, NULL, 0);
}

static inline void load_well(const char *spec)
{
    const int status = load(spec);
    ck_assert_msg(status == BNN_OK, "%s", said());
}

#endif
