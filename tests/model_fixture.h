/* model_fixture.h - a model (and a train section) from the text of a spec, with the plugins of the
 * build tree, for tests. */
#ifndef BNN_TESTS_MODEL_FIXTURE_H
#define BNN_TESTS_MODEL_FIXTURE_H

#include "model/network.h"
#include "train/options.h"

#include "spec_fixture.h"

static bnn_registry *registry;
static bnn_settings settings;

static void model_set_up(void)
{
    set_up();
    registry = bnn_registry_create(NULL); /* BNNRUN_PLUGIN_PATH */
    ck_assert_ptr_nonnull(registry);
}

static void model_tear_down(void)
{
    bnn_registry_destroy(registry);
    tear_down();
}

static inline const char *topology_path(void)
{
    const char *source = getenv("srcdir");
    return bnn_arena_printf(arena, "%s/configs/topologies", source != NULL ? source : ".");
}

/* Parses the model section of a spec into the arena; NULL after messages. */
static inline bnn_model_options *parse_model(const char *spec)
{
    bnn_model_options *model = bnn_arena_alloc(arena, 1, sizeof *model);
    const bnn_node *root = parsed(spec);
    bnn_settings_init(&settings, arena);
    const int status = bnn_model_options_parse(bnn_tree_get(root, "model"), registry,
                                               topology_path(), arena, model, &settings, diag);
    return status == BNN_OK ? model : NULL;
}

/* The model of a spec without mistakes. */
static inline const bnn_model_options *parsed_model(const char *spec)
{
    bnn_model_options *model = parse_model(spec);
    ck_assert_msg(model != NULL && bnn_diag_n_errors(diag) == 0, "%s", said());
    return model;
}

static inline const bnn_train_options *parsed_train(const char *spec, bool binary)
{
    bnn_train_options *train = bnn_arena_alloc(arena, 1, sizeof *train);
    const bnn_node *root = parsed(spec);
    bnn_settings_init(&settings, arena);
    const int status = bnn_train_options_parse(bnn_tree_get(root, "train"), binary, registry, arena,
                                               train, &settings, diag);
    ck_assert_msg(status == BNN_OK && bnn_diag_n_errors(diag) == 0, "%s", said());
    return train;
}

/* A network for the model's own input, or the message why not. */
static inline bnn_network *network_or_error(const bnn_model_options *model, uint32_t n_classes,
                                            uint32_t batch, uint64_t seed, bnn_error *err)
{
    bnn_network *net = NULL;
    return bnn_network_create(model, model->input, n_classes, batch, seed, arena, &net, err) ==
                   BNN_OK
               ? net
               : NULL;
}

static inline bnn_network *network_of(const bnn_model_options *model, uint32_t n_classes,
                                      uint32_t batch, uint64_t seed)
{
    bnn_error err = {0};
    bnn_network *net = network_or_error(model, n_classes, batch, seed, &err);
    ck_assert_msg(net != NULL, "%s", err.message);
    return net;
}

static inline size_t volume(bnn_shape s)
{
    return (size_t)s.c * s.h * s.w;
}

#endif
