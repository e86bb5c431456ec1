/* Layers of logic: where bits flow there is no norm and no activation, wires and tables start as they should, the
 * operations that they are lowered to, the nets of gates that are made of these, and all engines give the trainer's
 * bits, and what cannot be is refused. */
#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/deploy_fixture.h"
#include "tests/fixtures/hostile_model.h"

#include "export/logic.h"
#include "export/unfold.h"

enum { IMAGES = 40, CLASSES = 4 };

#define THERMOMETER "      - {layer: {name: thermometer, levels: 2}}\n"
#define LEARNED     "wiring: learned, candidates: 7"
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
    {THERMOMETER LUT("gates: 32, " LEARNED) LUT("gates: 40, inputs: 3, forward: hard, " LEARNED)
         GROUPS,
     "  binarize: none\n  norm: none\n", "thermometer_1 lut_2 lut_3 group_sum_4"},
    {THERMOMETER LUT("gates: 32, form: functions, " LEARNED)
         LUT("gates: 40, form: functions, forward: hard") GROUPS,
     "  binarize: none\n  norm: none\n", "thermometer_1 lut_2 lut_3 group_sum_4"},
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
     "lut_1 takes bits, and its block sees pixels; put a layer in front that makes bits of "
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
    {THERMOMETER LUT("gates: 4") LUT("gates: 4, " LEARNED) GROUPS, SIGNS,
     "lut_3: 7 candidates are more than the 4 inputs that there are"},
    {THERMOMETER LUT("gates: 8, inputs: 3, form: functions") GROUPS, SIGNS,
     "lut_2: sixteen functions are those of two inputs, not of 3; take form table"},
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
        const bnn_parameter *third = tensor_of(a, "lut_3", names[i]);
        ck_assert(same_tensors(third, tensor_of(b, "lut_3", names[i])));
        ck_assert(!same_tensors(third, tensor_of(other, "lut_3", names[i])));
        ck_assert(!same_tensors(third, tensor_of(a, "lut_4", names[i])));
    }
}
END_TEST

/* Each input is read equally often or once more, and by no gate twice; or is a candidate, and of no pin twice. */
static void check_wires(const bnn_parameter *wires, uint32_t n)
{
    const uint32_t inputs = wires->dims[2] > 1 ? wires->dims[2] : wires->dims[1];
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
        check_wires(tensor_of(net_of(&c, n), "lut_3", "wires"), n);
        const net_case learned = {
            bnn_arena_printf(arena,
                             THERMOMETER LUT("gates: %u")
                                 LUT("gates: 5, wiring: learned, candidates: %u") DENSE,
                             n, inputs),
            "  binarize: none\n", NULL};
        check_wires(tensor_of(net_of(&learned, n), "lut_3", "wires"), n);
    }
}
END_TEST

/* A pin is the candidate with the largest score, the first of equals. */
START_TEST(a_pin_takes_the_candidate_with_the_largest_score)
{
    const net_case c = {THERMOMETER LUT("gates: 20, start: residual, noise: 0, " LEARNED) GROUPS,
                        "  binarize: none\n  norm: none\n", NULL};
    bnn_network *net = net_of(&c, 1);
    const bnn_parameter *wires = tensor_of(net, "lut_2", "wires"),
                        *scores = tensor_of(net, "lut_2", "scores");
    buffers b = {.state = 5};
    const uint8_t *image = random_images(&b, bnn_shape_values(net->input));
    float logits[CLASSES];
    for (size_t pin = 0; pin < 40; pin++)
        for (size_t j = 0; j < 7; j++)
            scores->value[pin * 7 + j] = j == pin % 7 || j == pin % 5 ? 2.0f : -1.0f;
    bnn_network_infer(net, 1, image, logits);
    const bnn_network_op *bits = &net->ops[0], *gates = &net->ops[1];
    const bnn_op *deployed = &graph_of(net)->ops[1];
    for (size_t pin = 0; pin < 40; pin++) {
        const size_t best = pin % 7 < pin % 5 ? pin % 7 : pin % 5;
        const size_t wire = (size_t)wires->value[pin * 7 + best];
        ck_assert_uint_eq(deployed->wires[pin], wire);
        if (pin % 2 == 0)
            ck_assert_float_eq(gates->y[pin / 2 * net->lanes], bits->y[wire * net->lanes]);
    }
    buffers_free(&b);
}
END_TEST

/* A residual start passes the first pin on, for certain where there is no noise. */
START_TEST(a_residual_start_passes_the_first_input_on)
{
    static const char *const blocks[] = {
        THERMOMETER LUT("gates: 40, inputs: 3, start: residual, noise: 0") GROUPS,
        THERMOMETER LUT("gates: 40, form: functions, start: residual, noise: 0") GROUPS};
    const net_case c = {blocks[_i], "  binarize: none\n  norm: none\n", NULL};
    const size_t inputs = _i == 0 ? 3 : 2;
    bnn_network *net = net_of(&c, 1);
    const bnn_parameter *wires = tensor_of(net, "lut_2", "wires");
    buffers b = {.state = 5};
    const uint8_t *image = random_images(&b, bnn_shape_values(net->input));
    float logits[CLASSES];
    bnn_network_infer(net, 1, image, logits);
    const bnn_network_op *bits = &net->ops[0], *gates = &net->ops[1];
    for (size_t i = 0; i < 40; i++)
        ck_assert_float_eq(gates->y[i * net->lanes],
                           bits->y[(size_t)wires->value[inputs * i] * net->lanes]);
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
    bnn_network *net = net_of(&net_cases[1 + _i], 1); /* drawn, and learned */
    const bnn_parameter *wires = tensor_of(net, "lut_2", "wires");
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

/* ---- deployed ---------------------------------------------------------------------------- */

/* The model, written and read again, in every engine, against the trainer. */
static void compare_engines(const bnn_model *model, const uint8_t *images, const float *want,
                            const char *what)
{
    size_t n, n_bytes, n_names;
    bnn_error err = {0};
    bnn_model *read = NULL;
    uint8_t *bytes = encoded(model, &n_bytes);
    ck_assert(try_model(bytes, n_bytes));
    ck_assert_int_eq(bnn_modelfile_decode(bytes, n_bytes, "m", arena, &read, &err), BNN_OK);
    const char *const *names = bnn_cpu_names(&n_names);
    for (size_t i = 0; i < n_names; i++) {
        const bnn_engine *engine = bnn_engine_find(names[i]);
        void *state, *workspace;
        float got[IMAGES * CLASSES];
        if (engine == NULL)
            continue;
        ck_assert_int_eq(engine->prepare(read, arena, &state, &err), BNN_OK);
        n = bnn_engine_workspace_bytes(state);
        ck_assert_int_eq(posix_memalign(&workspace, 64, n > 0 ? n : 1), 0);
        bnn_engine_run(state, IMAGES, images, got, workspace, NULL);
        expect_same(engine->name, what, got, want, IMAGES * CLASSES);
        free(workspace);
    }
    free(bytes);
}

START_TEST(engines_give_the_trainers_bits)
{
    const net_case *c = &net_cases[_i];
    bnn_network *net = net_of(c, (uint64_t)_i);
    buffers b = {.state = (uint64_t)_i};
    const uint8_t *images = random_images(&b, IMAGES * bnn_shape_values(net->input));
    float logits[IMAGES * CLASSES];
    bnn_network_infer(net, IMAGES, images, logits);
    const bnn_model *model = built(graph_of(net), NULL, NULL);
    uint32_t n_logic = 0;
    for (uint32_t i = 0; i < model->n_stages; i++)
        n_logic += model->stages[i].logic != NULL;
    ck_assert_uint_ge(n_logic, 1);
    ck_assert_uint_eq(bnn_modelfile_version(model), 2);
    compare_engines(model, images, logits, c->ops);
    buffers_free(&b);
}
END_TEST

/* All that is bits up to the sums is one stage; and what cannot be written says so. */
START_TEST(a_net_of_gates_is_one_stage)
{
    bnn_error err = {0};
    bnn_model *floats = NULL;
    const bnn_model *model = built(graph_of(net_of(&net_cases[0], 1)), NULL, NULL);
    ck_assert_uint_eq(model->n_stages, 1);
    ck_assert_str_eq(model->stages[0].op.name, "group_sum_4");
    ck_assert_uint_eq(model->stages[0].logic->group, 10);
    ck_assert_int_eq(bnn_export_unfold(model, arena, &floats, &err), BNN_E_FAILED);
    ck_assert_str_eq(err.message, "group_sum_4: gates have no floats");
}
END_TEST

START_TEST(counts_of_real_numbers_cannot_be_deployed)
{
    const net_case c = {"      - {layer: {name: conv2d, out: 4, kernel: 3}}\n" GROUPS,
                        "  binarize: none\n", NULL};
    bnn_error err = {0};
    bnn_model *model = NULL;
    ck_assert_int_eq(
        bnn_export_build(graph_of(net_of(&c, 1)), NULL, 0, true, NULL, NULL, arena, &model, &err),
        BNN_E_FAILED);
    ck_assert_str_eq(err.message, "group_sum_2: what is in front of it gives no bits, and logic of "
                                  "other values cannot be deployed");
}
END_TEST

/* ---- what simplification leaves ---------------------------------------------------------- */

enum { LAYERS = 3, MOST = 40 };

/* Tables at random, many of them constant or of fewer inputs than they have, with pins that meet. */
static void draw_tables(buffers *b, bnn_shape in, bnn_op *op)
{
    const uint32_t n_in = (uint32_t)bnn_shape_values(in), n = 4 * random_between(b, 1, MOST / 4);
    const uint32_t inputs = random_between(b, 1, BNN_GATE_INPUTS_MAX);
    uint32_t *wires = bnn_arena_alloc(arena, (size_t)n * inputs, sizeof *wires);
    uint64_t *tables = bnn_arena_alloc(arena, n, sizeof *tables);
    for (uint32_t i = 0; i < n * inputs; i++)
        wires[i] = random_between(b, 0, n_in - 1);
    for (uint32_t i = 0; i < n; i++) {
        static const uint64_t some[] = {0,
                                        UINT64_MAX,
                                        0xaaaaaaaaaaaaaaaa,
                                        0x5555555555555555,
                                        0x8888888888888888,
                                        0x6666666666666666};
        const uint32_t k = random_between(b, 0, 11);
        tables[i] = k < 6 ? some[k] : random_bits(b);
    }
    *op = (bnn_op){.type = BNN_LOWER_TABLE,
                   .name = "lut",
                   .in = in,
                   .out = {n, 1, 1},
                   .inputs = inputs,
                   .wires = wires,
                   .tables = tables};
}

/* What has but one form has it. */
static void check_form(const bnn_logic *logic)
{
    uint32_t n_nodes = 1 + logic->n_sources;
    for (uint32_t i = 0; i < logic->n_runs; i++) {
        const bnn_logic_run *run = &logic->runs[i];
        for (uint32_t j = 0; j < run->n; j++)
            for (uint32_t k = 0; k < run->inputs; k++) {
                const uint32_t *wire = run->wire + j * run->inputs;
                ck_assert_uint_lt(k == 0 ? 0 : wire[k - 1], wire[k]);
                ck_assert_uint_lt(wire[k], n_nodes);
                ck_assert_uint_eq(run->table[j] & 1, 0);
                ck_assert(bnn_logic_depends(run->table[j], run->inputs, k));
            }
        n_nodes += run->n;
    }
    ck_assert_uint_eq(n_nodes, bnn_logic_nodes(logic));
}

/* An image's values, through the operations and through the net. */
static void check_image(const bnn_op *ops, uint32_t n, const bnn_logic *logic, const uint8_t *in,
                        const float *x)
{
    float values[2][MOST * 8], out[MOST * 8];
    uint8_t *nodes = bnn_arena_alloc(arena, bnn_logic_nodes(logic), 1);
    memcpy(values[0], x, bnn_shape_values(ops[0].in) * sizeof *x);
    for (uint32_t i = 0; i < n; i++)
        bnn_op_apply(&ops[i], values[i % 2], values[(i + 1) % 2]);
    bnn_logic_evaluate(logic, in, nodes, out);
    expect_same("logic", "", out, values[n % 2], bnn_shape_values(ops[n - 1].out));
}

/* All inputs of eight bits; with sums of groups, or without. */
START_TEST(nets_are_the_operations_that_they_are_made_of)
{
    buffers b = {.state = (uint64_t)_i};
    bnn_op ops[LAYERS + 1];
    bnn_shape shape = {8, 1, 1};
    const bnn_logic *logic;
    bnn_error err;
    uint32_t n = 0;
    for (; n < LAYERS; n++) {
        draw_tables(&b, shape, &ops[n]);
        shape = ops[n].out;
    }
    if (_i % 2 == 1)
        ops[n++] =
            (bnn_op){.type = BNN_LOWER_GROUP_SUM, .name = "sums", .in = shape, .out = {4, 1, 1}};
    ck_assert_int_eq(bnn_logic_make(ops, n, false, arena, &logic, &err), BNN_OK);
    check_form(logic);
    for (uint32_t m = 0; m < 256; m++) {
        uint8_t in[8];
        float x[8];
        for (uint32_t i = 0; i < 8; i++) {
            in[i] = m >> i & 1;
            x[i] = in[i] ? 1.0f : -1.0f;
        }
        check_image(ops, n, logic, in, x);
    }
}
END_TEST

START_TEST(levels_are_the_thresholds_that_they_are_made_of)
{
    static const float some[] = {-INFINITY, INFINITY, -1.0f, -0.0f, 0.9921875f, 0.999f, -2.0f};
    buffers b = {.state = (uint64_t)_i};
    float thresholds[24];
    const bnn_logic *logic;
    bnn_error err;
    bnn_op ops[2] = {{.type = BNN_LOWER_THERMOMETER,
                      .name = "thermometer",
                      .in = {2, 2, 2},
                      .out = {6, 2, 2},
                      .levels = 3,
                      .thresholds = thresholds}};
    for (size_t i = 0; i < 24; i++) {
        const uint32_t k = random_between(&b, 0, 13);
        thresholds[i] = k < 7 ? some[k] : random_float(&b);
    }
    draw_tables(&b, ops[0].out, &ops[1]);
    const uint32_t n = 1 + (uint32_t)_i % 2;
    ck_assert_int_eq(bnn_logic_make(ops, n, true, arena, &logic, &err), BNN_OK);
    check_form(logic);
    const uint8_t *in = random_images(&b, 200 * 8);
    for (int image = 0; image < 200; image++, in += 8) {
        float x[8];
        for (size_t i = 0; i < 8; i++)
            x[i] = bnn_pixel_value(in[i]);
        check_image(ops, n, logic, in, x);
    }
    buffers_free(&b);
}
END_TEST

/* Equal gates are one, also where one is the inverse, and what passes a bit on is no gate. */
START_TEST(equal_gates_are_one)
{
    static const uint32_t wires[] = {0, 1, 1, 0, 0, 1, 2, 2, 0, 2};
    static const uint64_t tables[] = {0x8, 0x8, 0x7, 0xa, 0xc};
    static const uint32_t outputs[] = {2 * 4, 2 * 4, 2 * 4 + 1, 2 * 3, 2 * 3};
    const bnn_op op = {.type = BNN_LOWER_TABLE,
                       .name = "lut",
                       .in = {3, 1, 1},
                       .out = {5, 1, 1},
                       .inputs = 2,
                       .wires = wires,
                       .tables = tables};
    const bnn_logic *logic;
    bnn_error err;
    ck_assert_int_eq(bnn_logic_make(&op, 1, false, arena, &logic, &err), BNN_OK);
    ck_assert_uint_eq(logic->n_sources, 3);
    ck_assert_uint_eq(logic->n_gates, 1);
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(logic->output[i], outputs[i]);
}
END_TEST

/* ---- files ------------------------------------------------------------------------------- */

/* Two pixels, an AND of them, and its inverse as sums of one, by the description in modelfile.h. */
/* clang-format off */
static const uint8_t known_file[] = {
    0x89, 'B', 'N', 'N', 13, 10, 26, 10,        /* magic */
    2, 0, 0, 0, 47, 0, 0, 0,                    /* 8: version, size */
    0, 0, 0, 0,                                 /* 16: checksum */
    1, 1, 2, 2, 0, 0, 1,                        /* 20: input, classes, nothing else, metadata, stages */
    1, 'g', 12, 0, 2, 0, 0,                     /* 27: name, kinds, flags, floats */
    2, 1,                                       /* 34: values, outputs of each */
    2, 2, 128, 200,                             /* 36: sources, their places, their levels */
    1, 2, 1, 9, 4,                              /* 40: runs: inputs, gates, wires 1 and 2, table */
    0x3e,                                       /* 45: outputs 6 and 7 */
    0,                                          /* 46: chain */
};
/* clang-format on */

START_TEST(the_bytes_are_those_of_the_description)
{
    uint8_t bytes[sizeof known_file];
    bnn_error err = {0};
    bnn_model *model = NULL;
    memcpy(bytes, known_file, sizeof bytes);
    make_plausible(bytes, sizeof bytes);
    ck_assert(try_model(bytes, sizeof bytes));
    ck_assert_int_eq(bnn_modelfile_decode(bytes, sizeof bytes, "m", arena, &model, &err), BNN_OK);
    for (int i = 0; i < 4; i++) {
        const uint8_t image[2] = {i & 1 ? 128 : 127, i & 2 ? 200 : 199};
        float *logits = logits_of_image(&bnn_engine_portable, model, arena, image);
        ck_assert_float_eq(logits[0], i == 3 ? 1.0f : -1.0f);
        ck_assert_float_eq(logits[1], i == 3 ? -1.0f : 1.0f);
        free(logits);
    }
}
END_TEST

typedef struct damage {
    size_t at;
    uint8_t value;
    const char *message;
} damage;

static const damage damages[] = {
    {29, 10, "m: byte 34: linear operation 10"},
    {29, 13, "m: byte 34: linear operation 13"},
    {32, 1, "m: byte 34: flags 1"},
    {32, 4, "m: byte 34: flags 4"},
    {34, 0, "m: byte 36: gates give 0x1x1 values of 1"},
    {35, 0, "m: byte 36: gates give 2x1x1 values of 0"},
    {35, 100, "m: byte 45: 200 numbers are not there"},
    {36, 100, "m: byte 37: 100 numbers are not there"},
    {37, 6, "m: byte 38: unused bits are set"},
    {37, 1, "m: byte 40: source 1 does not rise"},
    {38, 0, "m: byte 40: level 0 of source 0"},
    {40, 9, "runs are not there"},
    {41, 1, "m: byte 43: 1 gates of 1 inputs"},
    {41, 7, "m: byte 43: 1 gates of 7 inputs"},
    {42, 0, "m: byte 43: 0 gates of 2 inputs"},
    {43, 11, "m: byte 44: a number of 3, where 3 is the end"},
    {43, 8, "m: byte 45: gate 0 could be simpler"}, /* of the constant */
    {43, 6, "m: byte 45: gate 0 could be simpler"}, /* of wires that fall */
    {43, 5, "m: byte 45: gate 0 could be simpler"}, /* of equal wires */
    {44, 0, "m: byte 45: gate 0 could be simpler"}, /* of a constant table */
    {44, 5, "m: byte 45: gate 0 could be simpler"}, /* of a table of one input */
    {44, 12, "m: byte 45: unused bits are set"},
    {45, 0x7e, "m: byte 46: unused bits are set"},
};

START_TEST(damaged_files_are_refused)
{
    const damage *d = &damages[_i];
    uint8_t bytes[sizeof known_file];
    bnn_error err = {0};
    bnn_model *model = NULL;
    memcpy(bytes, known_file, sizeof bytes);
    bytes[d->at] = d->value;
    make_plausible(bytes, sizeof bytes);
    ck_assert_int_eq(bnn_modelfile_decode(bytes, sizeof bytes, "m", arena, &model, &err),
                     BNN_E_RESOURCE);
    ck_assert_msg(strstr(err.message, d->message) != NULL, "%zu, %u: %s", d->at, d->value,
                  err.message);
}
END_TEST

/* Each bit of it the other way round: either it is no model, or engines agree and the same bytes are written. */
START_TEST(any_damage_is_survived)
{
    uint8_t bytes[sizeof known_file];
    for (size_t i = 8 * 20; i < 8 * sizeof bytes; i++) {
        memcpy(bytes, known_file, sizeof bytes);
        bytes[i / 8] = (uint8_t)(bytes[i / 8] ^ 1u << i % 8);
        make_plausible(bytes, sizeof bytes);
        try_model(bytes, sizeof bytes);
    }
}
END_TEST

/* ---- sizes ------------------------------------------------------------------------------- */

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
    tcase_add_test(tc, a_pin_takes_the_candidate_with_the_largest_score);
    tcase_add_loop_test(tc, a_residual_start_passes_the_first_input_on, 0, 2);
    tcase_add_test(tc, levels_are_even_and_bits_are_comparisons);
    tcase_add_loop_test(tc, damaged_wires_lead_to_the_first_input, 0, 2);
    tcase_add_test(tc, a_hard_forward_has_no_gap);
    tcase_add_loop_test(tc, operations_give_the_trainers_bits, 0, 3 * N_NETS);
    tcase_add_loop_test(tc, engines_give_the_trainers_bits, 0, N_NETS);
    tcase_add_test(tc, a_net_of_gates_is_one_stage);
    tcase_add_test(tc, counts_of_real_numbers_cannot_be_deployed);
    tcase_add_loop_test(tc, nets_are_the_operations_that_they_are_made_of, 0, 40);
    tcase_add_loop_test(tc, levels_are_the_thresholds_that_they_are_made_of, 0, 8);
    tcase_add_test(tc, equal_gates_are_one);
    tcase_add_test(tc, the_bytes_are_those_of_the_description);
    tcase_add_loop_test(tc, damaged_files_are_refused, 0, sizeof damages / sizeof *damages);
    tcase_add_test(tc, any_damage_is_survived);
    tcase_add_test(tc, logic_weighs_what_is_deployed);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(logic_suite)
