/* check_groups.c - a convolution in groups is one whose other weights are 0. */
#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/model_fixture.h"

enum { CLASSES = 4, IMAGES = 11, BATCH = 16, IN = 4, OUT = 8 };

static const struct group_case {
    uint32_t groups;
    const char *keys, *binarize;
} cases[] = {
    {2, "kernel: 3, padding: 1", "none"},
    {4, "kernel: 3, padding: 1", "none"},
    {2, "kernel: 2, stride: 2, bias: no", "none"},
    {2, "kernel: 3, padding: 2", "{weights: false}"},
};

/* The middle one of three layers has groups. */
static bnn_network *net_of(const struct group_case *c, uint32_t groups)
{
    return network_of(
        parsed_model(bnn_arena_printf(arena,
                                      "model:\n"
                                      "  topology:\n"
                                      "    input: {channels: 2, height: 7, width: 6}\n"
                                      "    blocks:\n"
                                      "      - layer: {name: conv2d, out: 4, kernel: 2}\n"
                                      "      - layer: {name: conv2d, out: 8, groups: %u, %s}\n"
                                      "      - layer: {name: dense, out: 4}\n"
                                      "  binarize: %s\n",
                                      groups, c->keys, c->binarize)),
        CLASSES, BATCH, 5);
}

/* Where weight i of a group's filters is among those of all inputs. */
static size_t place_of(size_t i, uint32_t groups, size_t area)
{
    const size_t taps = IN / groups * area, filter = i / taps;
    return filter * IN * area + filter / (OUT / groups) * taps + i % taps;
}

/* Everything of `from` in `to`, and zeros for the weights that groups leave out. */
static void copy_tensors(const bnn_network *from, bnn_network *to, uint32_t groups, size_t area)
{
    for (uint32_t i = 0; i < from->n_parameters; i++) {
        const bnn_parameter *p = &from->parameters[i], *q = &to->parameters[i];
        const bool spread = strcmp(p->layer, "conv2d_2") == 0 && p->kind == BNN_TENSOR_WEIGHT;
        ck_assert_uint_eq(q->n, spread ? p->n * groups : p->n);
        memset(q->value, 0, q->n * sizeof *q->value);
        for (size_t j = 0; j < p->n; j++)
            q->value[spread ? place_of(j, groups, area) : j] = p->value[j];
    }
}

/* A pass there and back over the same images. */
static void run(bnn_network *net)
{
    buffers b = {.state = 3};
    int32_t labels[BATCH];
    float scratch[2 * BATCH];
    double loss = 0;
    uint32_t n_correct = 0;
    for (size_t i = 0; i < volume(net->input) * net->lanes; i++)
        net->x[i] = random_float(&b);
    for (int i = 0; i < BATCH; i++)
        labels[i] = i * 7 % CLASSES;
    bnn_network_binarize(net);
    bnn_network_forward(net, IMAGES, true);
    net->kernels->cross_entropy(CLASSES, IMAGES, net->lanes, net->logits, labels,
                                net->logits_gradient, scratch, &loss, &n_correct);
    bnn_network_backward(net, IMAGES);
}

START_TEST(groups_are_weights_of_zero)
{
    const struct group_case *c = &cases[_i];
    bnn_network *net = net_of(c, c->groups), *whole = net_of(c, 1);
    const bnn_parameter *w = tensor_of(net, "conv2d_2", "weight");
    const size_t area = (size_t)w->dims[2] * w->dims[3];
    ck_assert_uint_eq(w->dims[0], OUT);
    ck_assert_uint_eq(w->dims[1], IN / c->groups);
    copy_tensors(net, whole, c->groups, area);
    run(net);
    run(whole);
    for (size_t i = 0; i < (size_t)CLASSES * net->lanes; i++)
        ck_assert_float_eq(net->logits[i], whole->logits[i]);
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i], *q = &whole->parameters[i];
        const bool spread = p->n != q->n;
        for (size_t j = 0; p->gradient != NULL && j < p->n; j++)
            ck_assert_float_eq(p->gradient[j],
                               q->gradient[spread ? place_of(j, c->groups, area) : j]);
    }
}
END_TEST

/* A kernel a channel, and what that is in numbers. */
START_TEST(as_many_groups_as_inputs)
{
    const bnn_network *net = network_of(
        parsed_model("model:\n"
                     "  topology:\n"
                     "    input: {channels: 3, height: 7, width: 6}\n"
                     "    blocks:\n"
                     "      - layer: {name: conv2d, out: 6, kernel: 3, groups: 0, bias: no}\n"
                     "      - layer: {name: dense, out: 4}\n"
                     "  binarize: {first: true}\n"),
        CLASSES, BATCH, 5);
    bnn_layer_record size;
    ck_assert(bnn_network_layer_size(net, 0, &size));
    ck_assert_uint_eq(size.n_parameters, 6 * 9);
    ck_assert_uint_eq(size.bits, 6 * 9);
    ck_assert_uint_eq(size.float32_bytes, 6 * 9 * 4);
    ck_assert_uint_eq(size.macs, 6 * 9 * 5 * 4);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("groups");
    TCase *tcase = tcase_create("groups");
    tcase_add_checked_fixture(tcase, model_set_up, model_tear_down);
    tcase_add_loop_test(tcase, groups_are_weights_of_zero, 0, sizeof cases / sizeof *cases);
    tcase_add_test(tcase, as_many_groups_as_inputs);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
