/* Networks that are no chains: gradients against central differences, and bit by bit against a backward pass in which
 * each value has a buffer of its own. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/pass_fixture.h"

/* Of blocks that see 2 x 6 x 6 values, with the settings of the model. */
static bnn_network *net_of(const char *blocks, const char *settings_text)
{
    const char *spec = bnn_arena_printf(arena,
                                        "model:\n"
                                        "  topology:\n"
                                        "    input: {channels: 2, height: 6, width: 6}\n"
                                        "    blocks:\n"
                                        "%s"
                                        "      - {layer: {name: dense, out: 4}}\n"
                                        "%s",
                                        blocks, settings_text);
    bnn_network *net = network_of(parsed_model(spec), CLASSES, IMAGES, 7);
    fill_images(net, IMAGES, 0.0f);
    return net;
}

#define CONV(out, more) \
    "      - {layer: {name: conv2d, out: " #out ", kernel: 3, padding: 1}" more "}\n"
#define DOWN(out, more) \
    "      - {layer: {name: conv2d, out: " #out ", kernel: 1, stride: 2}" more "}\n"

/* Each with values that several operations see. */
static const char *const nets[] = {
    /* a diamond */
    CONV(3, "") CONV(3, ", from: 1") CONV(3, ", from: 1, add: 2"),
    /* three readers of block 1 */
    CONV(3, "") CONV(3, ", add: 1") CONV(3, ", from: 1, add: 2") CONV(3, ", add: 1"),
    /* one after the other, as Bi-Real Net has it */
    CONV(3, "") CONV(3, ", add: 1") CONV(3, ", add: 2") CONV(3, ", add: 3"),
    /* down, with a path of its own */
    CONV(3, "") DOWN(4, "") DOWN(4, ", from: 1, add: 2") CONV(4, ", add: 3"),
    /* the image is added and seen again */
    CONV(2, ", add: 0") CONV(3, ", from: 0") CONV(3, ", from: 1, add: 2"),
    /* far behind, and a value that is only added */
    CONV(3, "") CONV(3, "") CONV(3, ", from: 0, add: 1") CONV(3, ", from: 2, add: 3"),
    /* pools */
    CONV(3, ", pool: maxpool") CONV(3, ", add: 1") CONV(3, ", add: 2, pool: avgpool"),
};
enum { N_NETS = sizeof nets / sizeof *nets };

static const char *const orderings[] = {"act_bn", "bn_act", "bn_pool_act", "pool_bn_act", "xnor"};

START_TEST(gradients_are_those_of_differences)
{
    static const char *const activations[] = {"hardtanh", "relu"};
    for (int k = 0; k < N_NETS; k++) {
        const bool pools_last =
            strcmp(orderings[_i], "act_bn") == 0 || strcmp(orderings[_i], "bn_act") == 0;
        if (k == N_NETS - 1 && !pools_last) /* the sum is smaller than what is added */
            continue;
        bnn_network *net =
            net_of(nets[k], bnn_arena_printf(arena,
                                             "  binarize: none\n  ordering: %s\n  activation: %s\n"
                                             "  norm: {name: batchnorm, epsilon: 0.1}\n",
                                             orderings[_i], activations[k % 2]));
        check_directions(net);
    }
}
END_TEST

/* ---- against a pass without plan --------------------------------------------------------- */

/* g = g + gx, or g = gx where nothing was there. */
static void naive_hand_on(float **g, const float *gx, size_t n)
{
    if (*g == NULL) {
        *g = bnn_arena_copy(arena, gx, n, sizeof *gx);
        ck_assert_ptr_nonnull(*g);
        return;
    }
    for (size_t i = 0; i < n; i++)
        (*g)[i] = (*g)[i] + gx[i];
}

/* Each value's gradient in a buffer of its own, from the last reader to the first. */
static void naive_backward(bnn_network *net)
{
    float **g = bnn_arena_alloc(arena, net->n_ops, sizeof *g);
    g[net->n_ops - 1] = bnn_arena_copy(arena, net->logits_gradient,
                                       (size_t)net->n_classes * net->lanes, sizeof(float));
    for (uint32_t i = net->n_ops; i-- > 0;) {
        const bnn_network_op *op = &net->ops[i];
        const size_t n_in = volume(op->plan.in) * net->lanes;
        float *gx = bnn_arena_alloc(arena, n_in, sizeof *gx);
        if (op->letter == BNN_NETWORK_ADD) {
            memcpy(gx, g[i], n_in * sizeof *gx);
            if (op->other >= 0)
                naive_hand_on(&g[op->other], gx, n_in);
        } else if (op->letter == BNN_NETWORK_SIGN) {
            bnn_use_ste(&op->use)->grad(&net->activation_context, op->use.params, n_in, op->io.x,
                                        g[i], gx);
        } else {
            bnn_layer_io io = op->io;
            io.gy = g[i];
            io.gx = gx;
            bnn_use_layer(&op->use)->backward(&net->context, op->use.params, &io);
        }
        if (op->input >= 0)
            naive_hand_on(&g[op->input], gx, n_in);
    }
}

START_TEST(buffers_that_are_used_again_change_no_bit)
{
    static const char *const parts[] = {"none", "{}", "{first: true, last: true}",
                                        "{weights: false}"};
    for (int k = 0; k < N_NETS; k++)
        for (int part = 0; part < 4; part++) {
            bnn_network *net =
                net_of(nets[k], bnn_arena_printf(arena, "  binarize: %s\n", parts[part]));
            loss_of(net, IMAGES);
            net->logits_gradient[1] = -0.0f;
            naive_backward(net);
            float **want = bnn_arena_alloc(arena, net->n_parameters, sizeof *want);
            for (uint32_t i = 0; i < net->n_parameters; i++)
                want[i] = net->parameters[i].gradient == NULL
                              ? NULL
                              : bnn_arena_copy(arena, net->parameters[i].gradient,
                                               net->parameters[i].n, sizeof(float));
            for (uint32_t i = 0; i < net->n_parameters; i++)
                if (net->parameters[i].form != NULL)
                    bnn_use_ste(&net->options->weight_ste)
                        ->grad(&net->weight_context, net->options->weight_ste.params,
                               net->parameters[i].n, net->parameters[i].value, want[i], want[i]);
            bnn_network_backward(net, IMAGES);
            for (uint32_t i = 0; i < net->n_parameters; i++)
                if (want[i] != NULL)
                    ck_assert_msg(memcmp(want[i], net->parameters[i].gradient,
                                         net->parameters[i].n * sizeof(float)) == 0,
                                  "net %d, binarize %s: %s.%s", k, parts[part],
                                  net->parameters[i].layer, net->parameters[i].name);
        }
}
END_TEST

/* ---- what is planned --------------------------------------------------------------------- */

/* A chain has the two buffers that take turns, and nothing else. */
START_TEST(a_chain_has_two_buffers)
{
    bnn_network *net = net_of(CONV(3, "") CONV(3, ", from: 1") CONV(3, ""), "  binarize: {}\n");
    const float *gy = net->gradient[0];
    for (uint32_t i = net->n_ops; i-- > 0;) {
        const bnn_network_op *op = &net->ops[i];
        const float *other = net->gradient[gy == net->gradient[0] ? 1 : 0];
        const float *gx = i == 0 ? NULL : op->letter == BNN_NETWORK_SIGN ? gy : other;
        ck_assert_ptr_eq(op->io.gy, gy);
        ck_assert_ptr_eq(op->io.gx, gx);
        ck_assert_ptr_null(op->gradient_sum);
        gy = gx;
    }
}
END_TEST

static size_t bytes_of(const char *blocks)
{
    model_set_up_again();
    const bnn_network *net = net_of(blocks, "  binarize: {}\n  norm: none\n");
    const size_t n = bnn_arena_used_bytes(arena);
    ck_assert_ptr_nonnull(net);
    tear_down();
    return n;
}

/* However long it is, a row of sums takes two more gradients. */
START_TEST(slots_are_used_again)
{
    tear_down();
    const size_t value = 3 * 6 * 6 * 16 * sizeof(float);
    const size_t two = bytes_of(CONV(3, "") CONV(3, ", add: 1") CONV(3, ", add: 2"));
    const size_t three =
        bytes_of(CONV(3, "") CONV(3, ", add: 1") CONV(3, ", add: 2") CONV(3, ", add: 3"));
    const size_t four = bytes_of(CONV(3, "") CONV(3, ", add: 1") CONV(3, ", add: 2")
                                     CONV(3, ", add: 3") CONV(3, ", add: 4"));
    ck_assert_uint_lt(three - two, 8 * value);
    ck_assert_uint_lt(four - three, three - two + value / 2);
    model_set_up_again();
}
END_TEST

/* What stands where: the sum in front of the activation, which auto leaves out where a sign sees the sum. */
START_TEST(sums_stand_in_front_of_activations)
{
    static const struct {
        const char *settings, *letters;
    } cases[] = {
        {"  binarize: none\n", "LBA LB+A L"},
        {"  binarize: none\n  ordering: act_bn\n", "LAB L+AB L"},
        {"  binarize: none\n  ordering: xnor\n", "LBA BAL+ BAL"},
        {"  binarize: {}\n", "LB SLB+A L"},
        {"  binarize: {last: true}\n", "LB SLB+ SLB"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const bnn_network *net = net_of(CONV(3, "") CONV(3, ", add: 1"), cases[k].settings);
        char letters[64] = "";
        for (uint32_t i = 0; i < net->n_ops; i++)
            snprintf(letters + strlen(letters), sizeof letters - strlen(letters), "%s%c",
                     i > 0 && net->ops[i].block != net->ops[i - 1].block ? " " : "",
                     net->ops[i].letter);
        ck_assert_str_eq(letters, cases[k].letters);
    }
}
END_TEST

static const char *refusal(const char *blocks, const char *settings_text)
{
    bnn_error *err = bnn_arena_alloc(arena, 1, sizeof *err);
    const bnn_model_options *model = parsed_model(bnn_arena_printf(
        arena,
        "model:\n  topology:\n    input: {channels: 2, height: 6, width: 6}\n    blocks:\n"
        "%s      - {layer: {name: dense, out: 4}}\n%s",
        blocks, settings_text));
    ck_assert_ptr_null(network_or_error(model, CLASSES, IMAGES, 1, err));
    return err->message;
}

/* A sum is never negative where both of its parts are not. */
START_TEST(constant_signs_are_found_through_sums)
{
    const char *said_of =
        refusal(CONV(3, "") CONV(3, ", add: 1"),
                "  binarize: {last: true}\n  activation: relu\n  ordering: act_bn\n  norm: none\n");
    ck_assert_msg(strstr(said_of, "sign_2 would be +1 for every image, since relu_1") != NULL, "%s",
                  said_of);
    net_of(CONV(3, "") CONV(3, ", add: 1") CONV(3, ", from: 1, add: 2"),
           "  binarize: {last: true}\n  norm: none\n");
}
END_TEST

/* Sizes: a norm whose values are added, or seen by another operation, too, does not become a threshold. */
START_TEST(what_is_added_does_not_fold)
{
    static const struct {
        const char *blocks;
        uint64_t bits[3]; /* of a channel of the norm of each block */
    } cases[] = {
        {CONV(3, "") CONV(3, "") CONV(3, ""), {33, 17, 17}},
        {CONV(3, "") CONV(3, ", add: 1") CONV(3, ""), {64, 64, 17}},
        {CONV(3, "") CONV(3, "") CONV(3, ", from: 2, add: 1"), {64, 17, 64}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const bnn_network *net = net_of(cases[k].blocks, "  binarize: {last: true}\n");
        for (uint32_t i = 0; i < net->n_ops; i++) {
            bnn_layer_record size;
            const uint32_t b = net->ops[i].block;
            if (net->ops[i].letter != BNN_ROLE_NORM || b == 3)
                continue;
            ck_assert(bnn_network_layer_size(net, i, &size));
            ck_assert_msg(size.bits == cases[k].bits[b] * 3, "case %zu, block %u: %llu bits", k, b,
                          (unsigned long long)size.bits);
        }
    }
}
END_TEST

static Suite *skips_suite(void)
{
    Suite *suite = suite_create("skips");
    TCase *tc = tcase_create("networks");
    tcase_add_checked_fixture(tc, model_set_up, model_tear_down);
    tcase_add_loop_test(tc, gradients_are_those_of_differences, 0, 5);
    tcase_add_test(tc, buffers_that_are_used_again_change_no_bit);
    tcase_add_test(tc, a_chain_has_two_buffers);
    tcase_add_test(tc, slots_are_used_again);
    tcase_add_test(tc, sums_stand_in_front_of_activations);
    tcase_add_test(tc, constant_signs_are_found_through_sums);
    tcase_add_test(tc, what_is_added_does_not_fold);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(skips_suite)
