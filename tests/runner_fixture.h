/* runner_fixture.h - experiments from the text of a spec, on a few synthetic digits, and a database
 * in a temporary directory. */
#ifndef BNN_TESTS_RUNNER_FIXTURE_H
#define BNN_TESTS_RUNNER_FIXTURE_H

#include "runner/sweeper.h"

#include "spec_fixture.h"
#include "store_fixture.h"

#include <unistd.h>

/* A sweep of two configs and two seeds that trains in a moment. */
#define TINY_DATA "dataset: {name: synthetic, train_limit: 200, validation: 40, test_limit: 50}\n"
#define TINY_MODEL                                                        \
    "model:\n"                                                            \
    "  topology:\n"                                                       \
    "    input: {channels: 1, height: 28, width: 28}\n"                   \
    "    blocks:\n"                                                       \
    "      - {layer: {name: conv2d, out: 4, kernel: 5}, pool: maxpool}\n" \
    "      - {layer: {name: dense, out: 16}}\n"                           \
    "      - {layer: {name: dense, out: 10}}\n"
#define TINY                                                              \
    "name: tiny\n" TINY_DATA TINY_MODEL "train: {epochs: 3, batch: 32}\n" \
    "seeds: {count: 2}\n"                                                 \
    "sweep: {grid: {model.ste: [identity, clipped]}}\n"                   \
    "run: {isolation: thread}\n"

static bnn_registry *registry;
static bnn_experiment experiment;

static void runner_set_up(void)
{
    set_up();
    store_setup();
    registry = bnn_registry_create(NULL); /* BNNRUN_PLUGIN_PATH */
    ck_assert_ptr_nonnull(registry);
}

static void runner_tear_down(void)
{
    bnn_registry_destroy(registry);
    store_teardown();
    tear_down();
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
