/* Forward and backward through whole networks: gradients against central differences, what a STE
 * makes of them, and that a pass neither allocates nor looks at lanes without an image. */
#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/pass_fixture.h"

/* ---- counting allocations ---------------------------------------------------------------- */

#if defined(__has_feature)
#    define HAS_FEATURE(x) __has_feature(x)
#else
#    define HAS_FEATURE(x) 0
#endif

/* A sanitizer has an allocator of its own; the plain build counts. */
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
    !HAS_FEATURE(address_sanitizer) && !HAS_FEATURE(thread_sanitizer)
#    define COUNTS_ALLOCATIONS 1
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t alignment, size_t n);
static size_t n_allocations;

void *malloc(size_t n)
{
    n_allocations++;
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    n_allocations++;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    n_allocations++;
    return __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    n_allocations++;
    return __libc_memalign(alignment, n);
}
#else
#    define COUNTS_ALLOCATIONS 0
static const size_t n_allocations = 0;
#endif

/* ---- a small net ------------------------------------------------------------------------- */

/* Settings of the model, the pool of the first block, and a dropout in front of the third. */
static const char *spec_of(const char *settings_text, const char *pool, const char *dropout)
{
    return bnn_arena_printf(arena,
                            "model:\n"
                            "  topology:\n"
                            "    input: {channels: 2, height: 9, width: 8}\n"
                            "    blocks:\n"
                            "      - layer: {name: conv2d, out: 5, kernel: 3, padding: 1}\n"
                            "        pool: %s\n"
                            "      - {layer: {name: conv2d, out: 6, kernel: 3, stride: 2}}\n"
                            "      - {layer: {name: dense, out: 7}%s}\n"
                            "      - {layer: {name: dense, out: 4}}\n"
                            "%s",
                            pool, dropout, settings_text);
}

static bnn_network *net_of(const char *settings_text, uint32_t batch)
{
    return network_of(parsed_model(spec_of(settings_text, "maxpool", "")), CLASSES, batch, 5);
}

/* ---- float nets -------------------------------------------------------------------------- */

static const char *const orderings[] = {"act_bn",      "act_pool_bn", "bn_act",
                                        "bn_pool_act", "pool_bn_act", "xnor"};

START_TEST(gradients_of_float_nets)
{
    static const char *const activations[] = {"relu", "hardtanh", "prelu", "none"};
    for (int a = 0; a < 4; a++)
        for (int norm = 0; norm < 2; norm++) {
            const char *text = bnn_arena_printf(
                arena, "  binarize: none\n  ordering: %s\n  activation: %s\n  norm: %s\n",
                orderings[_i], activations[a], norm ? "{name: batchnorm, epsilon: 0.1}" : "none");
            const char *spec =
                spec_of(text, a % 2 ? "{name: avgpool, size: 3, stride: 2}" : "maxpool",
                        norm ? "" : ", dropout: {name: dropout, rate: 0.3}");
            bnn_network *net = network_of(parsed_model(spec), CLASSES, IMAGES, 5);
            fill_images(net, IMAGES, 0.0f);
            check_directions(net);
        }
}
END_TEST

/* ---- binary nets ------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool changes; /* from the first epoch to the last */
} stes[] = {
    {"approx_sign", false},
    {"arctan", false},
    {"clipped", false},
    {"ede", true},
    {"fda_without_noise", true},
    {"{weights: clipped, activations: hwgq}", false},
    {"identity", false},
    {"leaky", false},
    {"polynomial", false},
    {"power", false},
    {"rbnn", true},
    {"reste", true},
    {"swish_sign", false},
    {"tanh", false},
};
enum { N_STES = sizeof stes / sizeof *stes };

/* Every ordering with every STE, and each part of `binarize` switched: a pass and its gradients
 * are finite, reach every tensor, and signs are signs. */
START_TEST(binary_nets_pass_gradients)
{
    static const char *const binarize[] = {"{}",
                                           "{activations: false}",
                                           "{weights: false}",
                                           "{first: true, last: true, padding: +1}",
                                           "{layers: conv2d}",
                                           "{layers: dense, last: true}"};
    for (int s = 0; s < N_STES; s++)
        for (int part = 0; part < 6; part++) {
            bnn_network *net =
                net_of(bnn_arena_printf(arena, "  binarize: %s\n  ste: %s\n  ordering: %s\n",
                                        binarize[part], stes[s].name, orderings[_i]),
                       IMAGES);
            fill_images(net, IMAGES, 0.0f);
            ck_assert(isfinite(loss_of(net, IMAGES)));
            bnn_network_backward(net, IMAGES);
            for (uint32_t i = 0; i < net->n_parameters; i++) {
                const bnn_parameter *p = &net->parameters[i];
                double size = 0;
                for (size_t j = 0; p->kind != BNN_TENSOR_STATE && j < p->n; j++)
                    size += fabs((double)p->gradient[j]);
                ck_assert_msg(isfinite(size) && (size > 0) == (p->kind != BNN_TENSOR_STATE),
                              "%s %s: sum of gradients %g", p->layer, p->name, size);
            }
            for (uint32_t i = 0; i < net->n_ops; i++)
                for (size_t j = 0;
                     net->ops[i].letter == 'S' && j < volume(net->ops[i].plan.out) * net->lanes;
                     j++)
                    ck_assert_float_eq(net->ops[i].y[j], net->ops[i].io.x[j] >= 0 ? 1.0f : -1.0f);
        }
}
END_TEST

/* With equal signs the nets are equal up to the STE: its factor on the identity's gradient. */
START_TEST(weight_gradients_go_through_the_ste)
{
    bnn_network *nets[2];
    for (int i = 0; i < 2; i++) {
        nets[i] = net_of(i == 0 ? "  binarize: {}\n  ste: {weights: identity}\n"
                                : "  binarize: {}\n  ste: {weights: {name: clipped, clip: 0.1}}\n",
                         IMAGES);
        fill_images(nets[i], IMAGES, 0.0f);
        tensor_of(nets[i], "dense_3", "weight")->value[1] = 0.0f;
        tensor_of(nets[i], "dense_3", "weight")->value[2] = -0.0f;
        tensor_of(nets[i], "dense_3", "weight")->value[3] = 0.1f;
        tensor_of(nets[i], "dense_3", "weight")->value[4] = -0.1000001f;
        loss_of(nets[i], IMAGES);
        bnn_network_backward(nets[i], IMAGES);
    }
    ck_assert_float_eq(tensor_of(nets[0], "dense_3", "weight")->acting[1], 1.0f);
    ck_assert_float_eq(tensor_of(nets[0], "dense_3", "weight")->acting[2], 1.0f);
    uint32_t n_stopped = 0, n_passed = 0;
    for (uint32_t i = 0; i < nets[0]->n_parameters; i++) {
        const bnn_parameter *p = &nets[0]->parameters[i], *q = &nets[1]->parameters[i];
        for (size_t j = 0; p->kind != BNN_TENSOR_STATE && j < p->n; j++) {
            const bool passes = !p->latent || fabsf(p->value[j]) <= 0.1f;
            ck_assert_float_eq(q->gradient[j], passes ? p->gradient[j] : 0.0f);
            n_passed += p->latent && passes;
            n_stopped += !passes;
        }
    }
    ck_assert_uint_gt(n_stopped, 20);
    ck_assert_uint_gt(n_passed, 20);
}
END_TEST

/* dense -> sign -> dense by hand: the sign passes the gradient where |x| <= clip. */
START_TEST(activation_gradients_go_through_the_ste)
{
    enum { IN = 6, MIDDLE = 9 };
    const char *spec = "model:\n"
                       "  topology:\n"
                       "    input: {channels: 6, height: 1, width: 1}\n"
                       "    blocks:\n"
                       "      - {layer: {name: dense, out: 9}}\n"
                       "      - {layer: {name: dense, out: 4}}\n"
                       "  binarize: {weights: false, last: true}\n"
                       "  ste: {activations: {name: clipped, clip: 0.4}}\n"
                       "  norm: none\n";
    bnn_network *net = network_of(parsed_model(spec), CLASSES, IMAGES, 5);
    fill_images(net, IMAGES, 0.0f);
    loss_of(net, IMAGES);
    float gz[CLASSES * 16];
    memcpy(gz, net->logits_gradient, sizeof gz);
    bnn_network_backward(net, IMAGES);
    const float *middle = net->ops[0].y;
    const bnn_parameter *w1 = tensor_of(net, "dense_1", "weight");
    const bnn_parameter *w2 = tensor_of(net, "dense_2", "weight");
    ck_assert_uint_eq(net->n_ops, 3);
    uint32_t n_stopped = 0;
    double want1[MIDDLE * IN] = {0}, want2[CLASSES * MIDDLE] = {0};
    for (size_t l = 0; l < IMAGES; l++)
        for (size_t m = 0; m < MIDDLE; m++) {
            double g = 0;
            for (size_t o = 0; o < CLASSES; o++) {
                g += (double)w2->value[o * MIDDLE + m] * (double)gz[o * 16 + l];
                want2[o * MIDDLE + m] +=
                    (double)gz[o * 16 + l] * (middle[m * 16 + l] >= 0 ? 1 : -1);
            }
            const bool passes = fabsf(middle[m * 16 + l]) <= 0.4f;
            n_stopped += !passes;
            for (size_t i = 0; passes && i < IN; i++)
                want1[m * IN + i] += g * (double)net->x[i * 16 + l];
        }
    expect_near("dense_1", net->kernels->name, w1->gradient, want1, MIDDLE * IN, 1e-6);
    expect_near("dense_2", net->kernels->name, w2->gradient, want2, CLASSES * MIDDLE, 1e-6);
    ck_assert_uint_gt(n_stopped, 10);
}
END_TEST

/* Some change from the first epoch to the last, the others do not. */
START_TEST(progress_reaches_the_stes)
{
    bnn_network *net =
        net_of(bnn_arena_printf(arena, "  ste: %s\n  binarize: {}\n", stes[_i].name), IMAGES);
    const bnn_parameter *w = tensor_of(net, "conv2d_2", "weight");
    float first[5 * 6 * 9];
    fill_images(net, IMAGES, 0.0f);
    ck_assert_uint_eq(w->n, 5 * 6 * 9);
    loss_of(net, IMAGES);
    bnn_network_backward(net, IMAGES);
    memcpy(first, w->gradient, sizeof first);
    bnn_network_set_progress(net, 1.0);
    loss_of(net, IMAGES);
    bnn_network_backward(net, IMAGES);
    ck_assert_int_eq(memcmp(first, w->gradient, sizeof first) != 0, stes[_i].changes);
}
END_TEST

/* ---- lanes and memory -------------------------------------------------------------------- */

static const char *const lane_settings[] = {
    "  binarize: none\n", "  binarize: none\n  ordering: xnor\n", "  binarize: {}\n",
    "  binarize: {last: true}\n  ordering: pool_bn_act\n"};

/* In inference an image's logits are its own, whatever batch it is in and what stands beside it. */
START_TEST(an_image_does_not_depend_on_its_batch)
{
    bnn_network *one = net_of(lane_settings[_i], 1), *many = net_of(lane_settings[_i], 64);
    fill_images(many, 64, 0.0f);
    for (int i = 0; i < 3; i++) { /* running statistics away from their initial values */
        loss_of(one, 1);
        loss_of(many, 64);
    }
    for (uint32_t i = 0; i < one->n_parameters; i++)
        memcpy(one->parameters[i].value, many->parameters[i].value,
               one->parameters[i].n * sizeof(float));
    bnn_network_binarize(one);
    bnn_network_forward(many, 64, false);
    ck_assert_uint_eq(one->lanes, 16);
    for (uint32_t n = 1; n <= 16; n += 5) {
        fill_images(one, n, (float)n - 3.0f);
        bnn_network_forward(one, n, false);
        for (uint32_t l = 0; l < n; l++)
            for (uint32_t c = 0; c < CLASSES; c++)
                ck_assert_float_eq(one->logits[c * 16 + l], many->logits[c * 64 + l]);
    }
}
END_TEST

/* In training, too, lanes without an image change nothing. */
START_TEST(lanes_without_an_image_do_not_count)
{
    bnn_network *a = net_of(lane_settings[_i], 32), *b = net_of(lane_settings[_i], 32);
    fill_images(a, IMAGES, 0.0f);
    fill_images(b, IMAGES, -7.5f);
    ck_assert_double_eq(loss_of(a, IMAGES), loss_of(b, IMAGES));
    bnn_network_backward(a, IMAGES);
    bnn_network_backward(b, IMAGES);
    for (uint32_t i = 0; i < a->n_parameters; i++) {
        const bnn_parameter *p = &a->parameters[i], *q = &b->parameters[i];
        for (size_t j = 0; j < p->n; j++) {
            ck_assert_float_eq(p->value[j], q->value[j]);
            if (p->kind != BNN_TENSOR_STATE)
                ck_assert_float_eq(p->gradient[j], q->gradient[j]);
        }
    }
}
END_TEST

START_TEST(a_step_allocates_nothing)
{
    for (int i = 0; i < 4; i++) {
        bnn_network *net = net_of(lane_settings[i], 64);
        fill_images(net, 50, 0.0f);
        const size_t planned = bnn_arena_used_bytes(arena), allocations = n_allocations;
        for (uint32_t n = 50; n > 0; n /= 2) {
            loss_of(net, n);
            bnn_network_backward(net, n);
            bnn_network_forward(net, n, false);
            bnn_network_set_progress(net, 0.5);
        }
        const size_t counted = n_allocations; /* before Check allocates for itself */
        ck_assert_uint_eq(counted, allocations);
        ck_assert_uint_eq(bnn_arena_used_bytes(arena), planned);
    }
    ck_assert(!COUNTS_ALLOCATIONS || n_allocations > 0);
}
END_TEST

/* Dropout draws anew in each step, the same in a run of the same seed, nothing in inference. */
START_TEST(dropout_follows_the_step)
{
    const char *spec = spec_of("  binarize: none\n  norm: none\n", "maxpool",
                               ", dropout: {name: dropout, rate: 0.5}");
    bnn_network *a = network_of(parsed_model(spec), CLASSES, IMAGES, 5);
    bnn_network *b = network_of(parsed_model(spec), CLASSES, IMAGES, 5);
    float before[CLASSES * 16];
    fill_images(a, IMAGES, 0.0f);
    fill_images(b, IMAGES, 0.0f);
    bnn_network_forward(a, IMAGES, true);
    bnn_network_forward(b, IMAGES, true);
    ck_assert_int_eq(memcmp(a->logits, b->logits, sizeof before), 0);
    memcpy(before, a->logits, sizeof before);
    bnn_network_forward(a, IMAGES, true);
    ck_assert_int_ne(memcmp(a->logits, before, sizeof before), 0);
    bnn_network_forward(b, IMAGES, false);
    memcpy(before, b->logits, sizeof before);
    bnn_network_forward(b, IMAGES, false);
    ck_assert_int_eq(memcmp(b->logits, before, sizeof before), 0);
    bnn_network_forward(b, IMAGES, true); /* inference has not moved the stream */
    ck_assert_int_eq(memcmp(a->logits, b->logits, sizeof before), 0);
}
END_TEST

static Suite *passes_suite(void)
{
    Suite *suite = suite_create("passes");
    TCase *tc = tcase_create("networks");
    tcase_add_checked_fixture(tc, model_set_up, model_tear_down);
    tcase_add_loop_test(tc, gradients_of_float_nets, 0, 6);
    tcase_add_loop_test(tc, binary_nets_pass_gradients, 0, 6);
    tcase_add_test(tc, weight_gradients_go_through_the_ste);
    tcase_add_test(tc, activation_gradients_go_through_the_ste);
    tcase_add_loop_test(tc, progress_reaches_the_stes, 0, N_STES);
    tcase_add_loop_test(tc, an_image_does_not_depend_on_its_batch, 0, 4);
    tcase_add_loop_test(tc, lanes_without_an_image_do_not_count, 0, 4);
    tcase_add_test(tc, a_step_allocates_nothing);
    tcase_add_test(tc, dropout_follows_the_step);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(passes_suite)
