/* From a network to the model that is deployed: the trainer's kernels, the graph, the model's
 * stages in bits and in floats, read back from a file and run by the engines, must give the same
 * logits, bit for bit, whatever the tensors hold. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/deploy_fixture.h"

#include "export/check.h"
#include "export/modelfile_encode.h"
#include "export/stage_size.h"
#include "export/unfold.h"
#include "infer/engine/engine.h"
#include "simd/cpu.h"

#undef fail /* an old name of Check for ck_abort_msg, here a member */

enum { CLASSES = 4, IMAGES = 19 };

static const char *const topologies[] = {PLAIN, MIXED};
static const char *const functions[] = {"auto", "hardtanh", "prelu", "relu", "none"};
static const char *const norms[] = {"batchnorm", "none"};

enum {
    N_TOPOLOGIES = sizeof topologies / sizeof *topologies,
    N_FUNCTIONS = sizeof functions / sizeof *functions,
    N_NORMS = sizeof norms / sizeof *norms,
};

/* What of a network is looked at. */
typedef struct subject {
    bnn_network *net;
    bnn_graph *graph;
    const uint8_t *images; /* [IMAGES] */
    size_t image_bytes;
    const char *what;
} subject;

static void run_trainer(const subject *s)
{
    for (size_t i = 0; i < IMAGES; i++)
        s->net->rows[i] = s->images + i * s->image_bytes;
    bnn_network_load(s->net, IMAGES);
    bnn_network_forward(s->net, IMAGES, false);
}

/* The value of image n at feature f of network operation i. */
static float trained_value(const subject *s, uint32_t i, size_t f, size_t n)
{
    return s->net->ops[i].y[f * s->net->lanes + n];
}

/* Every operation of the graph, from the image on, against the network's of the same name. */
static void compare_image(const subject *s, size_t n, float *scratch)
{
    uint32_t at = 0;
    load_image(s->graph, s->images + n * s->image_bytes, scratch);
    for (uint32_t i = 0; i < s->graph->n_ops; i++) {
        const bnn_op *op = &s->graph->ops[i];
        const float *x = evaluate_op(s->graph, i, scratch);
        if (strcmp(op->name, "image") == 0)
            continue;
        if (strchr(op->name, '.') != NULL) /* in the middle of a layer */
            continue;
        while (at < s->net->n_ops && strcmp(s->net->ops[at].name, op->name) != 0)
            at++;
        ck_assert_msg(at < s->net->n_ops, "%s: %s is in no order", s->what, op->name);
        for (size_t f = 0; f < bnn_shape_values(op->out); f++)
            if (!same_float(x[f], trained_value(s, at, f, n)))
                ck_abort_msg("%s: %s, image %zu, feature %zu: %a, trainer %a", s->what, op->name, n,
                             f, (double)x[f], (double)trained_value(s, at, f, n));
    }
}

static void compare_graph(const subject *s)
{
    float *scratch = malloc(evaluation_scratch(s->graph) * sizeof *scratch);
    ck_assert_ptr_nonnull(scratch);
    for (size_t n = 0; n < IMAGES; n += 6)
        compare_image(s, n, scratch);
    free(scratch);
}

static void compare_model(const subject *s, const bnn_engine *engine, const bnn_model *model,
                          const char *form)
{
    bnn_error err = {0};
    void *state = NULL;
    ck_assert_int_eq(engine->prepare(model, arena, &state, &err), BNN_OK);
    buffers b = {0};
    void *workspace = buffer_bytes(&b, bnn_engine_workspace_bytes(state));
    memset(workspace, 0xa5, bnn_engine_workspace_bytes(state));
    float *logits = empty_floats(&b, IMAGES * CLASSES);
    bnn_engine_run(state, IMAGES, s->images, logits, workspace, NULL);
    for (size_t i = 0; i < IMAGES; i++)
        for (size_t c = 0; c < CLASSES; c++) {
            const float trained = s->net->logits[c * s->net->lanes + i];
            ck_assert_msg(same_float(logits[i * CLASSES + c], trained),
                          "%s: engine %s, %s, image %zu, class %zu: %a, trainer %a", s->what,
                          engine->name, form, i, c, (double)logits[i * CLASSES + c],
                          (double)trained);
        }
    buffers_free(&b);
}

/* Nothing of a float form is bits. */
static void check_unfolded(const bnn_model *model, const bnn_model *unfolded)
{
    ck_assert_uint_eq(unfolded->n_stages, model->n_stages);
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const bnn_stage *s = &unfolded->stages[i];
        ck_assert(!s->op.binary_weights && !s->folded && !s->integer_sums);
        ck_assert(s->integer_sums == bnn_stage_sums_are_integers(s));
        ck_assert_uint_le(s->n_chain, BNN_CHAIN_MAX);
        ck_assert_int_eq((int)s->inputs,
                         bnn_stage_source(s, i) < 0
                             ? (int)BNN_VALUES_PIXELS
                             : (int)unfolded->stages[bnn_stage_source(s, i)].outputs);
        ck_assert_int_eq((int)s->outputs, BNN_VALUES_FLOATS);
    }
}

/* An engine on a model, as it comes back from its file; and on that model's float form. */
static void compare_engine(const subject *s, const bnn_engine *engine)
{
    bnn_error err = {0};
    size_t n;
    uint8_t *bytes = encoded(built(s->graph, NULL, NULL), &n);
    bnn_model *model = NULL, *unfolded = NULL;
    ck_assert_msg(bnn_modelfile_decode(bytes, n, "file", arena, &model, &err) == BNN_OK, "%s: %s",
                  s->what, err.message);
    free(bytes);
    compare_model(s, engine, model, "binary");
    if (bnn_model_logic(model) != NULL)
        return; /* gates have no floats */
    ck_assert_msg(bnn_export_unfold(model, arena, &unfolded, &err) == BNN_OK, "%s", err.message);
    check_unfolded(model, unfolded);
    compare_model(s, engine, unfolded, "unfolded");
}

static size_t n_lines; /* of all models */

/* Runs one network everywhere; false when there is no such network. */
static bool compare(const char *spec, const char *what, uint64_t seed)
{
    bnn_error err;
    const bnn_model_options *options = parsed_model(spec);
    subject s = {.what = what};
    s.net = network_or_error(options, CLASSES, IMAGES, seed, &err);
    if (s.net == NULL) {
        ck_assert_msg(strstr(err.message, "would be +1 for every image") != NULL ||
                          strstr(err.message, "cannot add block") != NULL,
                      "%s: %s", what, err.message);
        return false;
    }
    buffers b = {.state = seed};
    fill_tensors(s.net, seed);
    s.image_bytes = bnn_shape_values(s.net->image);
    s.images = random_images(&b, IMAGES * s.image_bytes);
    run_trainer(&s);
    s.graph = graph_of(s.net);
    const bnn_model *model = built(s.graph, NULL, NULL);
    for (uint32_t i = 0; i < model->n_stages; i++)
        n_lines += model->stages[i].lines != NULL;
    compare_graph(&s);
    size_t n_engines;
    const char *const *names = bnn_cpu_names(&n_engines);
    for (size_t i = 0; i < n_engines; i++)
        if (bnn_engine_find(names[i]) != NULL)
            compare_engine(&s, bnn_engine_find(names[i]));
    buffers_free(&b);
    return true;
}

START_TEST(all_give_the_trainers_bits)
{
    const int which = _i;
    const char *topology = topologies[which % N_TOPOLOGIES];
    const char *ordering = orderings[which / N_TOPOLOGIES];
    uint32_t n_networks = 0;
    for (uint32_t i = 0; i < N_BINARIZATIONS * N_FUNCTIONS * N_NORMS; i++) {
        const char *binarize = binarizations[i % N_BINARIZATIONS];
        const char *function = functions[i / N_BINARIZATIONS % N_FUNCTIONS];
        const char *norm = norms[i / N_BINARIZATIONS / N_FUNCTIONS];
        char text[512];
        snprintf(text, sizeof text,
                 "  binarize: %s\n  ordering: %s\n  activation: %s\n  norm: %s\n", binarize,
                 ordering, function, norm);
        n_networks += compare(model_spec(topology, text), text, 1000u * (uint32_t)which + i);
        tear_down(); /* the arena is for one network */
        model_set_up_again();
    }
    ck_assert_uint_ge(n_networks, 70);
}
END_TEST

/* Layers that are several operations, and what stands in front of a sign. */
START_TEST(learned_corners_and_shifts)
{
    static const char *const keys[] = {"activation: rprelu", "activation: dprelu",
                                       "before_sign: shift",
                                       "activation: dprelu\n  before_sign: shift"};
    const char *topology = topologies[_i % N_TOPOLOGIES];
    const char *ordering = orderings[_i / N_TOPOLOGIES];
    for (uint32_t i = 0; i < 4 * 4; i++) {
        char text[512];
        snprintf(text, sizeof text, "  binarize: %s\n  ordering: %s\n  %s\n",
                 binarizations[3 + 2 * (i % 4)], ordering, keys[i / 4]);
        ck_assert(compare(model_spec(topology, text), text, 77u * (uint32_t)_i + i));
        tear_down();
        model_set_up_again();
    }
}
END_TEST

/* What draws is a sign; other levels are floats. */
START_TEST(drawn_and_other_levels)
{
    static const char *const keys[] = {
        "ste: stochastic",
        "ste: {weights: gumbel, activations: gumbel}",
        "ste: {weights: clipped, activations: heaviside}",
        "ste: {weights: clipped, activations: {name: dorefa, bits: 1}}",
        "ste: {weights: clipped, activations: dorefa}\n  before_sign: shift",
        "ste: {weights: clipped, activations: {name: dorefa, bits: 8}}"};
    const char *topology = topologies[_i % N_TOPOLOGIES];
    const char *ordering = orderings[_i / N_TOPOLOGIES];
    for (uint32_t i = 0; i < 6 * 3; i++) {
        char text[512];
        snprintf(text, sizeof text, "  binarize: %s\n  ordering: %s\n  %s\n",
                 binarizations[5 + 2 * (i % 3)], ordering, keys[i / 3]);
        ck_assert(compare(model_spec(topology, text), text, 99u * (uint32_t)_i + i));
        tear_down();
        model_set_up_again();
    }
}
END_TEST

/* Sums of whole numbers, behind them the step and the scale of the weights. */
START_TEST(codes_are_deployed)
{
    static const char *const widths[] = {
        "{weights: 2, activations: 4}",
        "{weights: {name: 8, levels: full}, activations: {name: 8, negative: true}}",
        "{weights: ternary, activations: {name: pact, bits: 2}, last: {activations: 1}}",
        "{weights: 1, activations: dorefa, first: {weights: float}}",
        "{activations: {name: pact, bits: 1}, last: {weights: 4}}"};
    const char *topology = topologies[_i % N_TOPOLOGIES];
    const char *ordering = orderings[_i / N_TOPOLOGIES];
    for (uint32_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        char text[512];
        snprintf(text, sizeof text, "  quantize: %s\n  ordering: %s\n", widths[i], ordering);
        ck_assert(compare(model_spec(topology, text), text, 55u * (uint32_t)_i + i));
        tear_down();
        model_set_up_again();
    }
    ck_assert_uint_gt(n_lines, 0);
}
END_TEST

static const char *const stes[] = {"approx_sign",
                                   "arctan",
                                   "clipped",
                                   "{name: ede, t_min: 0.1}",
                                   "fda_without_noise",
                                   "{weights: clipped, activations: hwgq}",
                                   "identity",
                                   "leaky",
                                   "polynomial",
                                   "power",
                                   "rbnn",
                                   "reste",
                                   "swish_sign",
                                   "tanh"};

/* Pools of size 0 behind the last convolution give the logits, or signs see them. */
START_TEST(pools_of_the_whole_input_are_deployed)
{
    static const char *const pools[] = {"avgpool", "maxpool"};
    for (uint32_t i = 0; i < 2 * N_BINARIZATIONS; i++) {
        char topology[512], text[256];
        snprintf(topology, sizeof topology,
                 "  topology:\n"
                 "    name: whole\n"
                 "    input: {channels: 1, height: 12, width: 12}\n"
                 "    blocks:\n"
                 "      - layer: {name: conv2d, out: 6, kernel: 3}\n"
                 "        pool: maxpool\n"
                 "      - layer: {name: conv2d, out: 7, kernel: 3}\n"
                 "        pool: {name: %s, size: %d}\n"
                 "      - layer: {name: dense, out: 4}\n",
                 pools[i % 2], i < N_BINARIZATIONS ? 0 : 3);
        snprintf(text, sizeof text, "  binarize: %s\n", binarizations[i % N_BINARIZATIONS]);
        ck_assert(compare(model_spec(topology, text), text, i));
        tear_down();
        model_set_up_again();
    }
}
END_TEST

/* Where the sum cannot be, since a pool stands in front of it, there is no such network. */
START_TEST(skips_are_deployed)
{
    static const char *const keys[] = {"", "  activation: prelu\n", "  activation: hardtanh\n",
                                       "  before_sign: shift\n", "  norm: none\n"};
    static const char *const quantize[] = {
        "{weights: 2, activations: 4}", "{activations: 1}",
        "{weights: ternary, activations: 3, last: {weights: 8}}"};
    uint32_t n = 0;
    for (uint32_t i = 0; i < N_SKIPS * (N_BINARIZATIONS + 3); i++) {
        const uint32_t part = i / N_SKIPS;
        const char *key = keys[(i + (uint32_t)_i) % 5];
        const bool signs = part >= 3 && part < N_BINARIZATIONS;
        char text[512];
        snprintf(text, sizeof text, "  %s: %s\n  ordering: %s\n%s",
                 part < N_BINARIZATIONS ? "binarize" : "quantize",
                 part < N_BINARIZATIONS ? binarizations[part] : quantize[part - N_BINARIZATIONS],
                 orderings[_i], strstr(key, "before") != NULL && !signs ? "" : key);
        n += compare(model_spec(skips[i % N_SKIPS], text), text, 11u * (uint32_t)_i + i);
        tear_down();
        model_set_up_again();
    }
    ck_assert_uint_ge(n, 50);
}
END_TEST

/* What is seen of an image: by loops for pixels, for floats, for gates. */
START_TEST(views_are_deployed)
{
    static const char *const inputs[] = {"channels: 1, height: 21, width: 30, crop: 16",
                                         "channels: 2, height: 27, width: 25, crop: 24, shrink: 2",
                                         "channels: 1, height: 36, width: 48, shrink: 3",
                                         "channels: 3, height: 41, width: 41, crop: 40, shrink: 4"};
    static const char *const blocks[] = {
        "      - layer: {name: conv2d, out: 5, kernel: 3}\n        pool: maxpool\n"
        "      - layer: {name: dense, out: 20}\n",
        "      - layer: {name: dense, out: 20}\n",
        "      - layer: {name: thermometer, levels: 3}\n"
        "      - layer: {name: lut, gates: 60, inputs: 3}\n"};
    for (uint32_t i = 0; i < 4 * 3 * 3; i++) {
        char topology[512], text[256];
        snprintf(topology, sizeof topology,
                 "  topology:\n    name: view\n    input: {%s}\n    blocks:\n%s"
                 "      - layer: {name: dense, out: 4}\n",
                 inputs[i % 4], blocks[i / 4 % 3]);
        snprintf(text, sizeof text, "  binarize: %s\n", binarizations[i / 12 * 4]);
        ck_assert(compare(model_spec(topology, text), text, i));
        tear_down();
        model_set_up_again();
    }
}
END_TEST

START_TEST(every_ste_is_deployed)
{
    for (size_t i = 0; i < sizeof stes / sizeof *stes; i++) {
        char text[256];
        snprintf(text, sizeof text, "  ste: %s\n  binarize: {first: true, last: true}\n", stes[i]);
        ck_assert(compare(model_spec(PLAIN, text), text, (uint64_t)i));
    }
}
END_TEST

static const char *const forms[] = {"adabin",
                                    "bi_half",
                                    "biper",
                                    "{name: biper, real_until: 0.5}",
                                    "layer_scale",
                                    "learned_scale",
                                    "libra",
                                    "magnitude_aware",
                                    "react",
                                    "recu",
                                    "ternary",
                                    "xnor",
                                    "lsq",
                                    "{name: lsq, bits: 8}",
                                    "{name: lsq, bits: 3, levels: full}",
                                    "dorefa"};

/* Scales behind sums, among them zero and negative ones; real weights and three levels. */
START_TEST(every_form_is_deployed)
{
    static const char *const parts[] = {"{activations: false, first: true, last: true}",
                                        "{first: true, last: true}", "{padding: +1}"};
    const char *topology = topologies[_i % N_TOPOLOGIES];
    const char *ordering = orderings[_i / N_TOPOLOGIES];
    for (uint32_t i = 0; i < sizeof forms / sizeof *forms * 3; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "  form: %s\n  binarize: %s\n  ordering: %s\n  activation: hardtanh\n"
                 "  norm: %s\n",
                 forms[i / 3], parts[i % 3], ordering, i % 2 == 0 ? "batchnorm" : "none");
        ck_assert(compare(model_spec(topology, text), text, 7u * (uint32_t)_i + i));
        tear_down();
        model_set_up_again();
    }
}
END_TEST

/* ---- what is folded ---------------------------------------------------------------------- */

typedef struct stage_case {
    const char *spec, *topology;
    uint32_t n_stages;
    const char *
        kinds; /* a letter a stage: F folded, L lines, C chain of integer sums, f chain of float sums, c of codes */
    uint64_t macs_float;
} stage_case;

static const stage_case stage_cases[] = {
    {"  binarize: none\n", LENET, 5, "fffff", 416520},
    {"  binarize: {activations: false}\n", LENET, 5, "fffff", 416520},
    {"  binarize: {}\n", LENET, 5, "fFFCf", 840 + 117600},
    {"  binarize: {first: true}\n", LENET, 5, "FFFCf", 840},
    {"  binarize: {last: true}\n", LENET, 5, "fFFFC", 117600},
    {"  binarize: {first: true, last: true}\n", LENET, 5, "FFFFC", 0},
    {"  binarize: {first: true, last: true}\n  ordering: pool_bn_act\n", LENET, 5, "FFFFC", 0},
    {"  binarize: {first: true, last: true}\n  ordering: act_pool_bn\n", LENET, 5, "FFFFC", 0},
    {"  binarize: {first: true, last: true}\n  ordering: xnor\n", LENET, 5, "FFFFC", 0},
    {"  binarize: {first: true, last: true}\n", MIXED, 5, "CfFfC", 0},
    {"  binarize: {first: true, last: true}\n  form: xnor\n", LENET, 5, "FFFFC", 0},
    {"  binarize: {first: true, last: true}\n  form: ternary\n", LENET, 5, "LLLLf", 416520},
    {"  quantize: {weights: 4, activations: 4}\n", LENET, 5, "LLLLf", 416520},
    {"  quantize: {weights: 1, activations: 2}\n", LENET, 5, "LLLLf", 416520 - 117600},
    {"  quantize: {weights: 4, activations: 4, first: {weights: float}}\n", LENET, 5, "cLLLf",
     416520},
};

START_TEST(stages_are_what_they_can_be)
{
    const stage_case *c = &stage_cases[_i];
    const bool lenet = strcmp(c->topology, LENET) == 0;
    bnn_network *net =
        network_of(parsed_model(model_spec(c->topology, c->spec)), lenet ? 10 : CLASSES, 1, 1);
    bnn_network_start_form(net); /* or codes might all be -1 and +1 */
    const bnn_model *model = built(graph_of(net), NULL, NULL);
    char kinds[16] = "";
    uint64_t macs = 0;
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const bnn_stage *s = &model->stages[i];
        bnn_stage_size size;
        bnn_modelfile_stage_size(model, i, &size);
        kinds[i] = s->folded                        ? 'F'
                   : s->lines != NULL               ? 'L'
                   : s->integer_sums                ? 'C'
                   : s->outputs == BNN_VALUES_CODES ? 'c'
                                                    : 'f';
        macs += size.macs_float;
        ck_assert(bnn_shape_values(s->op.in) ==
                  bnn_shape_values(i == 0 ? net->input : model->stages[i - 1].out));
    }
    ck_assert_uint_eq(model->n_stages, c->n_stages);
    ck_assert_str_eq(kinds, c->kinds);
    if (lenet)
        ck_assert_uint_eq(macs, c->macs_float);
}
END_TEST

/* A digit has no sign of a zero, which alone could tell sums that are all zeros apart from those of -0. */
START_TEST(codes_behind_a_bias_of_minus_zero_are_floats)
{
    bnn_network *net =
        network_of(parsed_model(model_spec(MIXED, "  form: ternary\n  binarize: {first: true}\n")),
                   CLASSES, 1, 1);
    fill_tensors(net, 1);
    for (int minus = 0; minus < 2; minus++) {
        for (uint32_t i = 0; i < net->n_parameters; i++)
            if (strcmp(net->parameters[i].name, "bias") == 0)
                net->parameters[i].value[1] = minus ? -0.0f : 0.0f;
        const bnn_model *model = built(graph_of(net), NULL, NULL);
        const bnn_stage *s = &model->stages[3];
        ck_assert(strcmp(s->op.name, "dense_4") == 0 && s->op.bias != NULL);
        ck_assert_int_eq(s->op.codes.step, minus ? 0 : 1);
        ck_assert_int_eq(model->stages[2].op.codes.step, 1);
    }
}
END_TEST

static void keep_note(void *context, const char *text)
{
    const char **all = context;
    *all = bnn_arena_printf(arena, "%s%s\n", *all, text);
}

START_TEST(what_stays_in_floats_is_said)
{
    const char *notes = "";
    bnn_network *net = network_of(
        parsed_model(model_spec(MIXED, "  binarize: {first: true, last: true}\n")), CLASSES, 1, 1);
    built(graph_of(net), keep_note, &notes);
    ck_assert_str_eq(notes, "conv2d_1 stays in floats up to its sign: avgpool_1 mixes sums before "
                            "the sign\n");
}
END_TEST

START_TEST(the_check_before_training_warns)
{
    const bnn_model_options *mixed = parsed_model(model_spec(MIXED, "  binarize: {first: true}\n"));
    ck_assert_int_eq(bnn_export_check(mixed, mixed->input, CLASSES, diag), BNN_OK);
    ck_assert_str_eq(said(), "s:2:3: warning: deployment: conv2d_1 stays in floats up to its sign: "
                             "avgpool_1 mixes sums before the sign");
    ck_assert_uint_eq(bnn_diag_n_errors(diag), 0);
}
END_TEST

START_TEST(levels_that_are_floats_are_said)
{
    const bnn_model_options *model =
        parsed_model(model_spec(PLAIN, "  binarize: {}\n"
                                       "  ste: {weights: clipped, activations: heaviside}\n"));
    ck_assert_int_eq(bnn_export_check(model, model->input, CLASSES, diag), BNN_OK);
    ck_assert_str_eq(said(), "s:2:3: warning: deployment: activations of STE heaviside are numbers "
                             "from 0 to 1; they are deployed as floats, since the engine has loops "
                             "for -1 and +1");
}
END_TEST

START_TEST(the_check_before_training_is_silent)
{
    const bnn_model_options *lenet = parsed_model(model_spec(LENET, "  binarize: {first: true}\n"));
    ck_assert_int_eq(bnn_export_check(lenet, lenet->input, 10, diag), BNN_OK);
    ck_assert_str_eq(said(), "");
    ck_assert_int_eq(bnn_export_check(lenet, lenet->input, 11, diag), BNN_E_SPEC);
    ck_assert_uint_eq(bnn_diag_n_errors(diag), 1);
}
END_TEST

/* ---- lower functions that lie ------------------------------------------------------------ */

static int lower_no(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params;
    return lowering->fail(lowering, "%u channels are too many", io->in.c);
}

static int lower_unknown(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params, (void)io;
    lowering->op = 77;
    return 0;
}

static int lower_sign(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params, (void)io;
    lowering->op = BNN_LOWER_SIGN;
    return 0;
}

static int lower_shape(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params, (void)io;
    lowering->op = BNN_LOWER_MAXPOOL;
    lowering->kernel = 2;
    lowering->stride = 2;
    return 0;
}

static int lower_nonsense(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params, (void)io;
    lowering->op = BNN_LOWER_MAXPOOL;
    return 0;
}

static int lower_weight(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params;
    lowering->op = BNN_LOWER_CONV2D;
    lowering->kernel = 3;
    lowering->stride = 1;
    lowering->padding = 1;
    lowering->weight = io->tensors[1]; /* the bias */
    return 0;
}

static int lower_bias(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    lower_weight(params, io, lowering);
    lowering->weight = io->tensors[0];
    lowering->bias = io->tensors[0];
    return 0;
}

static int lower_endless(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params, (void)io;
    for (int i = 0; i < 1000; i++) /* whatever emit says */
        lowering->emit(lowering);
    return 0;
}

/* One operation too many behind a good one. */
static int lower_twice(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    lower_weight(params, io, lowering);
    lowering->weight = io->tensors[0];
    const int status = lowering->emit(lowering);
    lower_shape(params, io, lowering);
    return status;
}

typedef struct lie {
    int (*lower)(const void *, const bnn_layer_io *, bnn_lowering *);
    const char *message;
} lie;

static const lie lies[] = {
    {NULL, "conv2d_1: layer conv2d has no lower function, so its network cannot be deployed"},
    {lower_no, "conv2d_1: 2 channels are too many"},
    {lower_unknown, "conv2d_1: its lower function answers with operation 77"},
    {lower_sign, "conv2d_1: its lower function answers with operation 8"},
    {lower_shape, "conv2d_1: its lower function makes 2x6x5 of 2x13x11, its plan 5x13x11"},
    {lower_nonsense, "conv2d_1: input 2x13x11 is out of the bounds of a deployed network, or its "
                     "lower function says things that do not fit it"},
    {lower_weight, "conv2d_1: its lower function names a weight that is no tensor of it with 90 "
                   "values"},
    {lower_endless, "conv2d_1: its lower function emits more than 7 operations"},
    {lower_twice, "conv2d_1: its lower function makes 5x6x5 of 2x13x11, its plan 5x13x11"},
    {lower_bias, "conv2d_1: its lower function names a bias that is no tensor of it with 5 values"},
};

START_TEST(a_wrong_lower_function_is_refused)
{
    bnn_network *net =
        network_of(parsed_model(model_spec(PLAIN, "  binarize: none\n")), CLASSES, 1, 1);
    bnn_layer layer = *bnn_use_layer(&net->ops[0].use);
    bnn_plugin plugin = *net->ops[0].use.plugin;
    bnn_error err = {0};
    bnn_graph *graph = NULL;
    layer.lower = lies[_i].lower;
    plugin.head = &layer.head;
    net->ops[0].use.plugin = &plugin;
    ck_assert_int_eq(bnn_graph_create(net, arena, &graph, &err), BNN_E_FAILED);
    ck_assert_str_eq(err.message, lies[_i].message);
    ck_assert_ptr_null(graph);
}
END_TEST

static void forward_half(const bnn_context *ctx, const void *p, size_t n, const float *x, float *y)
{
    (void)ctx, (void)p;
    for (size_t i = 0; i < n; i++)
        y[i] = 0.5f * x[i];
}

START_TEST(an_ste_that_is_no_sign_is_refused)
{
    bnn_network *net =
        network_of(parsed_model(model_spec(PLAIN, "  binarize: {}\n")), CLASSES, 1, 1);
    for (uint32_t i = 0; i < net->n_ops; i++) {
        if (net->ops[i].letter != BNN_NETWORK_SIGN)
            continue;
        bnn_ste ste = *bnn_use_ste(&net->ops[i].use);
        bnn_plugin plugin = *net->ops[i].use.plugin;
        bnn_error err = {0};
        bnn_graph *graph = NULL;
        ste.forward = forward_half;
        plugin.head = &ste.head;
        net->ops[i].use.plugin = &plugin;
        ck_assert_int_eq(bnn_graph_create(net, arena, &graph, &err), BNN_E_FAILED);
        ck_assert_str_eq(err.message,
                         "sign_2: STE clipped has a forward pass of its own and no lower "
                         "function, so its network cannot be deployed");
        return;
    }
    ck_abort_msg("no sign");
}
END_TEST

/* ---- the suite --------------------------------------------------------------------------- */

static Suite *deploy_suite(void)
{
    Suite *suite = suite_create("deploy");
    TCase *same = tcase_create("same bits");
    tcase_set_timeout(same, 600);
    tcase_add_checked_fixture(same, model_set_up, model_tear_down);
    tcase_add_loop_test(same, all_give_the_trainers_bits, 0, N_TOPOLOGIES * N_ORDERINGS);
    tcase_add_loop_test(same, learned_corners_and_shifts, 0, N_TOPOLOGIES * N_ORDERINGS);
    tcase_add_loop_test(same, every_form_is_deployed, 0, N_TOPOLOGIES * N_ORDERINGS);
    tcase_add_loop_test(same, codes_are_deployed, 0, N_TOPOLOGIES * N_ORDERINGS);
    tcase_add_loop_test(same, drawn_and_other_levels, 0, N_TOPOLOGIES * N_ORDERINGS);
    tcase_add_test(same, pools_of_the_whole_input_are_deployed);
    tcase_add_test(same, views_are_deployed);
    tcase_add_loop_test(same, skips_are_deployed, 0, N_ORDERINGS);
    tcase_add_test(same, every_ste_is_deployed);
    suite_add_tcase(suite, same);
    TCase *stages = tcase_create("stages");
    tcase_add_checked_fixture(stages, model_set_up, model_tear_down);
    tcase_add_loop_test(stages, stages_are_what_they_can_be, 0,
                        sizeof stage_cases / sizeof *stage_cases);
    tcase_add_test(stages, codes_behind_a_bias_of_minus_zero_are_floats);
    tcase_add_test(stages, what_stays_in_floats_is_said);
    tcase_add_test(stages, the_check_before_training_warns);
    tcase_add_test(stages, levels_that_are_floats_are_said);
    tcase_add_test(stages, the_check_before_training_is_silent);
    tcase_add_loop_test(stages, a_wrong_lower_function_is_refused, 0, sizeof lies / sizeof *lies);
    tcase_add_test(stages, an_ste_that_is_no_sign_is_refused);
    suite_add_tcase(suite, stages);
    return suite;
}

BNN_CHECK_MAIN(deploy_suite)
