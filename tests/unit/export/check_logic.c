/* Layers of logic in a network: where bits flow there is no norm and no activation, wires and tables start as they
 * should, the operations that they are lowered to give the trainer's bits, and what cannot be is refused. */
#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/deploy_fixture.h"

enum { IMAGES = 40, CLASSES = 4 };

#define THERMOMETER "      - {layer: {name: thermometer, levels: 2}}\n"
#define LUT(text)   "      - {layer: {name: lut, " text "}}\n"
#define GROUPS      "      - {layer: {name: group_sum, groups: 4}}\n"
#define CONV        "      - {layer: {name: conv2d, out: 3, kernel: 3}, pool: maxpool}\n"
#define DENSE       "      - {layer: {name: dense, out: 4}}\n"
#define BINARY      "  binarize: {last: true}\n"
#define SIGNS       "  binarize: {weights: false}\n"

static const char *spec_of(const char *blocks, const char *settings_text)
{
    return bnn_arena_printf(arena,
                            "model:\n  topology:\n    name: logic\n"
                            "    input: {channels: 1, height: 9, width: 8}\n    blocks:\n%s%s",
                            blocks, settings_text);
}

/* ---- where bits flow --------------------------------------------------------------------- */

typedef struct net_case {
    const char *blocks, *settings, *ops;
} net_case;

static const net_case net_cases[] = {
    {THERMOMETER LUT("gates: 32") LUT("gates: 40, inputs: 3") GROUPS, "  binarize: none\n",
     "thermometer_1 lut_2 lut_3 group_sum_4"},
    {THERMOMETER LUT("gates: 32") GROUPS, "  binarize: none\n  norm: none\n",
     "thermometer_1 lut_2 group_sum_3"},
    {THERMOMETER "      - {layer: {name: lut, gates: 8}}\n" DENSE, "  norm: none\n" BINARY,
     "thermometer_1 lut_2 sign_3 dense_3"},
    {THERMOMETER LUT("gates: 33, inputs: 6") DENSE, "  binarize: none\n",
     "thermometer_1 lut_2 dense_3"},
    {CONV LUT("gates: 24, inputs: 4") GROUPS, "  norm: none\n" SIGNS,
     "conv2d_1 maxpool_1 sign_2 lut_2 group_sum_3"},
    {CONV LUT("gates: 24, inputs: 5") GROUPS, BINARY "  ordering: pool_bn_act\n",
     "conv2d_1 maxpool_1 batchnorm_1 sign_2 lut_2 group_sum_3"},
    {THERMOMETER CONV LUT("gates: 24") GROUPS, BINARY,
     "thermometer_1 sign_2 conv2d_2 batchnorm_2 maxpool_2 sign_3 lut_3 group_sum_4"},
    {"      - {layer: thermometer, pool: maxpool}\n" LUT("gates: 16") GROUPS,
     "  binarize: none\n  norm: none\n", "thermometer_1 maxpool_1 lut_2 group_sum_3"},
    {"      - {layer: thermometer, pool: avgpool}\n" LUT("gates: 16") GROUPS,
     SIGNS "  norm: none\n", "thermometer_1 avgpool_1 sign_2 lut_2 group_sum_3"},
    {THERMOMETER "      - {layer: {name: group_sum, groups: 16}}\n" LUT("gates: 8") GROUPS,
     SIGNS "  norm: none\n", "thermometer_1 group_sum_2 sign_3 lut_3 group_sum_4"},
    /* The activation is left out in front of the sign of a gate, and where bits are. */
    {CONV LUT("gates: 16") DENSE, SIGNS "  activation: auto\n",
     "conv2d_1 batchnorm_1 maxpool_1 sign_2 lut_2 dense_3"},
};
enum { N_NETS = sizeof net_cases / sizeof *net_cases };

static bnn_network *net_of(const net_case *c, uint64_t seed)
{
    return network_of(parsed_model(spec_of(c->blocks, c->settings)), CLASSES, 16, seed);
}

START_TEST(bits_flow_without_norm_and_activation)
{
    const net_case *c = &net_cases[_i];
    const bnn_network *net = net_of(c, 1);
    const char *ops = "";
    for (uint32_t i = 0; i < net->n_ops; i++)
        ops = bnn_arena_printf(arena, "%s%s%s", ops, i == 0 ? "" : " ", net->ops[i].name);
    ck_assert_str_eq(ops, c->ops);
}
END_TEST

typedef struct refusal {
    const char *blocks, *settings, *message;
} refusal;

static const refusal refusals[] = {
    {LUT("gates: 8") GROUPS, SIGNS,
     "lut_1 takes bits, and the first block sees pixels; put a layer in front that makes bits of "
     "them, such as thermometer"},
    {CONV "      - {layer: thermometer}\n" GROUPS, SIGNS,
     "thermometer_2 sees pixels, so it can stand in the first block only"},
    {CONV LUT("gates: 8") GROUPS, "  binarize: none\n",
     "lut_2 takes bits, and what is in front of it gives real numbers; write binarize: "
     "{activations: true}"},
    {CONV LUT("gates: 8") GROUPS, SIGNS "  ste: {weights: clipped, activations: dorefa}\n",
     "lut_2 takes bits, and ste dorefa gives other numbers"},
    {THERMOMETER "      - {layer: {name: lut, gates: 8}, dropout: dropout}\n" GROUPS, SIGNS,
     "lut_2 takes bits, and dropout in front of it gives other numbers"},
    {THERMOMETER LUT("gates: 9") GROUPS, SIGNS, "group_sum_3: 9 values do not make 4 equal groups"},
    {"      - {layer: {name: thermometer, levels: 2, low: 9, high: 8}}\n" GROUPS, SIGNS,
     "thermometer_1: its high level, 8, is below the low one, 9"},
    {THERMOMETER LUT("gates: 4") LUT("gates: 4, inputs: 5") GROUPS, SIGNS,
     "lut_3: a gate of 5 inputs has only 4 to choose from"},
};

START_TEST(what_cannot_be_is_refused)
{
    const refusal *c = &refusals[_i];
    bnn_error err = {0};
    const bnn_model_options *model = parsed_model(spec_of(c->blocks, c->settings));
    ck_assert_ptr_null(network_or_error(model, CLASSES, 1, 1, &err));
    ck_assert_str_eq(err.message, c->message);
    ck_assert_int_eq(err.status, BNN_E_SPEC);
}
END_TEST

/* ---- the start --------------------------------------------------------------------------- */

static const bnn_parameter *tensor(const bnn_network *net, const char *layer, const char *name)
{
    for (uint32_t i = 0; i < net->n_parameters; i++)
        if (!strcmp(net->parameters[i].layer, layer) && !strcmp(net->parameters[i].name, name))
            return &net->parameters[i];
    ck_abort_msg("no %s.%s", layer, name);
}

static bool same_tensors(const bnn_parameter *a, const bnn_parameter *b)
{
    return a->n == b->n && memcmp(a->value, b->value, a->n * sizeof *a->value) == 0;
}

START_TEST(wires_and_tables_depend_on_seed_and_place)
{
    static const char blocks[] =
        THERMOMETER LUT("gates: 32") LUT("gates: 32") LUT("gates: 32") GROUPS;
    const net_case c = {blocks, "  binarize: none\n", NULL};
    const bnn_network *a = net_of(&c, 3), *b = net_of(&c, 3), *other = net_of(&c, 4);
    static const char *const names[] = {"table", "wires"};
    for (size_t i = 0; i < 2; i++) {
        const bnn_parameter *third = tensor(a, "lut_3", names[i]);
        ck_assert(same_tensors(third, tensor(b, "lut_3", names[i])));
        ck_assert(!same_tensors(third, tensor(other, "lut_3", names[i])));
        ck_assert(!same_tensors(third, tensor(a, "lut_4", names[i])));
    }
}
END_TEST

/* Each input is read equally often or once more, and by no gate twice. */
static void check_wires(const bnn_parameter *wires, uint32_t n)
{
    const uint32_t inputs = wires->dims[1];
    uint32_t *readers = bnn_arena_alloc(arena, n, sizeof *readers);
    for (size_t i = 0; i < wires->n; i++) {
        ck_assert(wires->value[i] >= 0.0f && wires->value[i] < (float)n);
        ck_assert_float_eq(wires->value[i], floorf(wires->value[i]));
        readers[(size_t)wires->value[i]]++;
        for (size_t j = i - i % inputs; j < i; j++)
            ck_assert_float_ne(wires->value[i], wires->value[j]);
    }
    for (uint32_t i = 0; i < n; i++)
        ck_assert(readers[i] == wires->n / n || readers[i] == (wires->n + n - 1) / n);
}

START_TEST(wires_are_even_and_meet_in_no_gate)
{
    const uint32_t inputs = (uint32_t)_i;
    for (uint32_t n = inputs; n <= 5 * inputs; n++) {
        const char *blocks = bnn_arena_printf(
            arena, THERMOMETER LUT("gates: %u") LUT("gates: 37, inputs: %u") DENSE, n, inputs);
        const net_case c = {blocks, "  binarize: none\n", NULL};
        check_wires(tensor(net_of(&c, n), "lut_3", "wires"), n);
    }
}
END_TEST

/* A residual start passes the first pin on, for certain where there is no noise. */
START_TEST(a_residual_start_passes_the_first_input_on)
{
    const net_case c = {THERMOMETER LUT("gates: 40, inputs: 3, start: residual, noise: 0") GROUPS,
                        "  binarize: none\n  norm: none\n", NULL};
    bnn_network *net = net_of(&c, 1);
    const bnn_parameter *wires = tensor(net, "lut_2", "wires");
    buffers b = {.state = 5};
    const uint8_t *image = random_images(&b, bnn_shape_values(net->input));
    float logits[CLASSES];
    bnn_network_infer(net, 1, image, logits);
    const bnn_network_op *bits = &net->ops[0], *gates = &net->ops[1];
    for (size_t i = 0; i < 40; i++)
        ck_assert_float_eq(gates->y[i * net->lanes],
                           bits->y[(size_t)wires->value[3 * i] * net->lanes]);
    buffers_free(&b);
}
END_TEST

START_TEST(levels_are_even_and_bits_are_comparisons)
{
    static const char blocks[] =
        "      - {layer: {name: thermometer, levels: 4, low: 10, high: 41}}\n" GROUPS;
    const net_case c = {blocks, "  binarize: none\n  norm: none\n", NULL};
    static const int levels[4] = {10, 20, 31, 41};
    bnn_network *net = net_of(&c, 1);
    const size_t plane = bnn_shape_values(net->input);
    uint8_t image[72];
    float logits[CLASSES];
    for (size_t i = 0; i < plane; i++)
        image[i] = (uint8_t)i;
    bnn_network_infer(net, 1, image, logits);
    for (size_t i = 0; i < 4 * plane; i++)
        ck_assert_float_eq(net->ops[0].y[i * net->lanes],
                           image[i % plane] >= levels[i / plane] ? 1.0f : -1.0f);
}
END_TEST

/* ---- training and inference -------------------------------------------------------------- */

/* Wires that lead to other places than they should are read from no place outside. */
START_TEST(damaged_wires_lead_to_the_first_input)
{
    static const float wrong[] = {-1.0f, 1e9f, NAN, INFINITY, 144.0f};
    bnn_network *net = net_of(&net_cases[1], 1);
    const bnn_parameter *wires = tensor(net, "lut_2", "wires");
    buffers b = {.state = 5};
    const uint8_t *image = random_images(&b, bnn_shape_values(net->input));
    float with_zero[CLASSES], logits[CLASSES];
    for (size_t i = 0; i < 5; i++)
        wires->value[i] = 0.0f;
    bnn_network_infer(net, 1, image, with_zero);
    for (size_t i = 0; i < 5; i++)
        wires->value[i] = wrong[i];
    bnn_network_infer(net, 1, image, logits);
    ck_assert_int_eq(memcmp(logits, with_zero, sizeof logits), 0);
    for (uint32_t i = 0; i < graph_of(net)->ops[1].out.c * 2; i++)
        ck_assert_uint_lt(graph_of(net)->ops[1].wires[i], 144);
    buffers_free(&b);
}
END_TEST

/* With forward hard there is no gap between training and inference; with soft there is. */
START_TEST(a_hard_forward_has_no_gap)
{
    for (int hard = 0; hard < 2; hard++) {
        const char *blocks = bnn_arena_printf(
            arena, THERMOMETER LUT("gates: 40, forward: %s") LUT("gates: 20, forward: %s") GROUPS,
            hard ? "hard" : "soft", hard ? "hard" : "soft");
        const net_case c = {blocks, "  binarize: none\n  norm: none\n", NULL};
        bnn_network *net = net_of(&c, 1);
        const size_t n = CLASSES * net->lanes;
        buffers b = {.state = 5};
        float *x = random_floats(&b, bnn_shape_values(net->input) * net->lanes);
        memcpy(net->x, x, bnn_shape_values(net->input) * net->lanes * sizeof *x);
        bnn_network_forward(net, 16, true);
        float *trained = bnn_arena_copy(arena, net->logits, n, sizeof *trained);
        bnn_network_forward(net, 16, false);
        ck_assert((memcmp(trained, net->logits, n * sizeof *trained) == 0) == (hard == 1));
        buffers_free(&b);
    }
}
END_TEST

/* The operations of each net, one image at a time, against the trainer; tables with entries of 0 and -0. */
START_TEST(operations_give_the_trainers_bits)
{
    bnn_network *net = net_of(&net_cases[_i / 3], (uint64_t)_i);
    buffers b = {.state = (uint64_t)_i};
    const size_t n_pixels = bnn_shape_values(net->input);
    const uint8_t *images = random_images(&b, IMAGES * n_pixels);
    float logits[IMAGES * CLASSES], got[CLASSES];
    static const float zeros[] = {0.0f, -0.0f};
    for (uint32_t i = 0; i < net->n_parameters; i++)
        for (size_t j = 0; strcmp(net->parameters[i].name, "table") == 0 && _i % 3 == 2 &&
                           j < net->parameters[i].n;
             j += 3)
            net->parameters[i].value[j] = zeros[j % 2];
    bnn_network_infer(net, IMAGES, images, logits);
    const bnn_graph *graph = graph_of(net);
    float *scratch = bnn_arena_alloc(arena, evaluation_scratch(graph), sizeof *scratch);
    for (size_t i = 0; i < IMAGES; i++) {
        evaluate(graph, images + i * n_pixels, got, scratch);
        expect_same("logits", net_cases[_i / 3].ops, got, logits + i * CLASSES, CLASSES);
    }
    buffers_free(&b);
}
END_TEST

START_TEST(logic_cannot_be_deployed_yet)
{
    bnn_error err = {0};
    bnn_model *model = NULL;
    const bnn_graph *graph = graph_of(net_of(&net_cases[0], 1));
    ck_assert_int_eq(bnn_export_build(graph, NULL, 0, NULL, NULL, arena, &model, &err),
                     BNN_E_FAILED);
    ck_assert_str_eq(err.message, "thermometer_1: logic cannot be deployed yet");
}
END_TEST

/* Bits of tables, and of a wire's place among the inputs. */
START_TEST(logic_weighs_what_is_deployed)
{
    const net_case c = {THERMOMETER LUT("gates: 32, inputs: 3") GROUPS, "  norm: none\n", NULL};
    const bnn_network *net = net_of(&c, 1);
    bnn_layer_record size;
    ck_assert(bnn_network_layer_size(net, 0, &size));
    ck_assert_uint_eq(size.bits, 72 * 2 * 8);
    ck_assert_uint_eq(size.n_parameters, 0);
    ck_assert(bnn_network_layer_size(net, 1, &size));
    ck_assert_uint_eq(size.bits, 32 * (8 + 3 * 8)); /* 144 inputs: 8 bits */
    ck_assert_uint_eq(size.n_parameters, 32 * 8);
    ck_assert(!bnn_network_layer_size(net, 2, &size));
}
END_TEST

static Suite *logic_suite(void)
{
    Suite *suite = suite_create("logic");
    TCase *tc = tcase_create("networks");
    tcase_add_checked_fixture(tc, model_set_up, model_tear_down);
    tcase_add_loop_test(tc, bits_flow_without_norm_and_activation, 0, N_NETS);
    tcase_add_loop_test(tc, what_cannot_be_is_refused, 0, sizeof refusals / sizeof *refusals);
    tcase_add_test(tc, wires_and_tables_depend_on_seed_and_place);
    tcase_add_loop_test(tc, wires_are_even_and_meet_in_no_gate, 2, 7);
    tcase_add_test(tc, a_residual_start_passes_the_first_input_on);
    tcase_add_test(tc, levels_are_even_and_bits_are_comparisons);
    tcase_add_test(tc, damaged_wires_lead_to_the_first_input);
    tcase_add_test(tc, a_hard_forward_has_no_gap);
    tcase_add_loop_test(tc, operations_give_the_trainers_bits, 0, 3 * N_NETS);
    tcase_add_test(tc, logic_cannot_be_deployed_yet);
    tcase_add_test(tc, logic_weighs_what_is_deployed);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(logic_suite)
