/* deploy_fixture.h - networks with tensors that make deployment hard, and the way from a network to
 * a model file and back. */
#ifndef BNN_TESTS_DEPLOY_FIXTURE_H
#define BNN_TESTS_DEPLOY_FIXTURE_H

#include "deploy/build.h"
#include "deploy/modelfile.h"

#include "buffers.h"
#include "model_fixture.h"

/* One of a list of values, or a random one. */
static inline float pick(buffers *b, const float *values, uint32_t n)
{
    const uint32_t i = random_between(b, 0, 2 * n);
    return i < n ? values[i] : 2.0f * random_float(b);
}

/* Fills every tensor: weights around zero and at both zeros; scales that are negative, zero, tiny
 * and huge; means on the sums themselves, so that zeros reach the sign. */
static inline void fill_tensors(bnn_network *net, uint64_t seed)
{
    static const float weights[] = {0.0f, -0.0f, 1.0f, -1.0f};
    static const float scales[] = {0.0f, -0.0f, -1.0f, 1.0f, -1e-20f, 1e-6f, 1e6f, -1e6f};
    static const float shifts[] = {0.0f, -0.0f, 1.0f, -1.0f, 1e6f, -1e6f};
    static const float means[] = {0.0f, 1.0f, -1.0f, 2.0f, 4.0f, -6.0f, 0.5f, 1e6f};
    static const float variances[] = {0.0f, 1.0f, 4.0f, 1e-12f, 1e12f};
    static const float slopes[] = {0.0f, -0.0f, 1.0f, -1.0f, 0.25f, -0.25f};
    buffers b = {.state = seed};
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        for (size_t j = 0; j < p->n; j++) {
            float *v = &p->value[j];
            if (strcmp(p->name, "scale") == 0)
                *v = pick(&b, scales, 8);
            else if (strcmp(p->name, "shift") == 0)
                *v = pick(&b, shifts, 6);
            else if (strcmp(p->name, "running_mean") == 0)
                *v = pick(&b, means, 8);
            else if (strcmp(p->name, "running_variance") == 0)
                *v = fabsf(pick(&b, variances, 5));
            else if (strcmp(p->name, "slope") == 0)
                *v = pick(&b, slopes, 6);
            else
                *v = p->kind == BNN_TENSOR_WEIGHT ? pick(&b, weights, 4) : random_float(&b);
        }
    }
    bnn_network_binarize(net);
}

/* Random bytes, many of them at the ends and in the middle. */
static inline uint8_t *random_images(buffers *b, size_t n)
{
    static const uint8_t values[] = {0, 255, 127, 128, 129};
    uint8_t *images = buffer_bytes(b, n);
    for (size_t i = 0; i < n; i++) {
        const uint32_t k = random_between(b, 0, 9);
        images[i] = k < 5 ? values[k] : (uint8_t)random_bits(b);
    }
    return images;
}

static inline bnn_graph *graph_of(const bnn_network *net)
{
    bnn_error err = {0};
    bnn_graph *graph = NULL;
    ck_assert_msg(bnn_graph_create(net, arena, &graph, &err) == BNN_OK, "%s", err.message);
    return graph;
}

static inline bnn_deploy_model *built(const bnn_graph *graph, bnn_build_mode mode,
                                      bnn_build_note *note, void *context)
{
    static const bnn_metadata metadata[] = {{"run", "0123abcd"}, {"spec", "tests"}};
    bnn_error err = {0};
    bnn_deploy_model *model = NULL;
    const int status =
        bnn_deploy_build(graph, mode, metadata, 2, note, context, arena, &model, &err);
    ck_assert_msg(status == BNN_OK, "%s", err.message);
    return model;
}

/* The model as a file in memory; freed by the caller. */
static inline uint8_t *encoded(const bnn_deploy_model *model, size_t *n)
{
    *n = bnn_modelfile_bytes(model);
    uint8_t *bytes = malloc(*n); /* of exact size, for the sanitizer */
    ck_assert_ptr_nonnull(bytes);
    bnn_modelfile_encode(model, bytes);
    return bytes;
}

/* A spec's model section with this topology (blocks, or a name) and these settings. */
static inline const char *model_spec(const char *topology, const char *settings_text)
{
    return bnn_arena_printf(arena, "model:\n%s%s", topology, settings_text);
}

#define LENET "  topology: lenet5\n"

/* Every ordering that comes with bnnrun. */
enum { N_ORDERINGS = 6 };
static const char *const orderings[N_ORDERINGS] __attribute__((unused)) = {
    "bn_act", "act_bn", "bn_pool_act", "pool_bn_act", "act_pool_bn", "xnor"};

#endif
