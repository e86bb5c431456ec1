/* What a model section becomes: the operations in order, shapes, initial weights, sizes, and the
 * messages for models that cannot be. */
#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/model_fixture.h"

#include "model/network.h"

/* Two convolutions that pool, a hidden and a last dense layer, on 1x12x10 images, 4 classes. */
#define BLOCKS                                                       \
    "  topology:\n"                                                  \
    "    name: small\n"                                              \
    "    input: {channels: 1, height: 12, width: 10}\n"              \
    "    blocks:\n"                                                  \
    "      - layer: {name: conv2d, out: 5, kernel: 3, padding: 1}\n" \
    "        pool: maxpool\n"                                        \
    "      - layer: {name: conv2d, out: 6, kernel: 3, padding: 1}\n" \
    "        pool: maxpool\n"                                        \
    "      - layer: {name: dense, out: 7}\n"                         \
    "      - layer: {name: dense, out: 4}\n"
enum { CLASSES = 4 };

static const char *spec_of(const char *settings_text)
{
    return bnn_arena_printf(arena, "model:\n" BLOCKS "%s", settings_text);
}

/* The letters of all operations, blocks separated by spaces. */
static const char *letters(const bnn_network *net)
{
    char text[64 * 9] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < net->n_ops; i++) {
        if (i > 0 && net->ops[i].block != net->ops[i - 1].block)
            text[n++] = ' ';
        text[n++] = net->ops[i].letter;
    }
    text[n] = '\0';
    return bnn_arena_strdup(arena, text);
}

typedef struct sequence_case {
    const char *text;
    const char *letters;
} sequence_case;

static const sequence_case sequence_cases[] = {
    {"  binarize: none\n  ordering: bn_act\n", "LBAP LBAP LBA L"},
    {"  binarize: none\n  ordering: act_bn\n", "LABP LABP LAB L"},
    {"  binarize: none\n  ordering: act_pool_bn\n", "LAPB LAPB LAB L"},
    {"  binarize: none\n  ordering: bn_pool_act\n", "LBPA LBPA LBA L"},
    {"  binarize: none\n  ordering: pool_bn_act\n", "LPBA LPBA LBA L"},
    {"  binarize: none\n  ordering: xnor\n", "LBAP BALP BAL BAL"},
    {"  binarize: none\n  activation: none\n  norm: none\n", "LP LP L L"},
    /* Activation auto: none where a sign follows, relu in front of the float last layer. */
    {"  binarize: {}\n  ordering: bn_act\n", "LBP SLBP SLBA L"},
    {"  binarize: {}\n  ordering: xnor\n", "LBP BSLP BSL BAL"},
    {"  binarize: {last: true}\n  ordering: pool_bn_act\n", "LPB SLPB SLB SLB"},
    {"  binarize: {first: true, last: true}\n  ordering: act_bn\n", "LBP SLBP SLB SLB"},
    {"  binarize: {activations: false, last: true}\n", "LBAP LBAP LBA LB"},
    {"  binarize: {weights: false}\n", "LBP SLBP SLBA L"},
    {"  binarize: {layers: conv2d}\n", "LBP SLBAP LBA L"},
    {"  binarize: {layers: dense, last: true}\n", "LBAP LBP SLB SLB"},
    {"  binarize: {}\n  activation: hardtanh\n", "LBAP SLBAP SLBA L"},
    {"  binarize: {}\n  activation: prelu\n  ordering: act_bn\n", "LABP SLABP SLAB L"},
    {"  binarize: {}\n  activation: relu\n  ordering: act_pool_bn\n", "LAPB SLAPB SLAB L"},
    {"  binarize: {}\n  before_sign: shift\n", "LBP HSLBP HSLBA L"},
    /* Behind a shift a sign is no constant. */
    {"  binarize: {}\n  activation: relu\n  before_sign: shift\n", "LBAP HSLBAP HSLBA L"},
    {"  binarize: {}\n  before_sign: none\n", "LBP SLBP SLBA L"},
    /* Widths: the last layer has a norm where its form has no scale, as with binarize. */
    {"  quantize: {weights: 1}\n", "LBAP LBAP LBA LB"},
    {"  quantize: {weights: 4}\n", "L*BAP L*BAP L*BA L*"},
    {"  quantize: {weights: ternary, first: {weights: float}}\n", "LBAP L*BAP L*BA L*"},
    {"  quantize: {weights: 2, activations: 1, last: {weights: float, activations: float}}\n",
     "L*BP SL*BP SL*BA L"},
    {"  quantize: {conv2d_2: {weights: 3, activations: 1}}\n", "LBP SL*BAP LBA L"},
    {"  quantize: {activations: 1}\n  before_sign: shift\n", "LBP HSLBP HSLB HSL"},
    {"  quantize: {weights: float}\n", "LBAP LBAP LBA L"},
    {"  quantize: {activations: 4}\n", "LBP QL*BP QL*B QL*"},
    {"  quantize: {weights: 2, activations: 4}\n  activation: prelu\n", "L*BAP QL*BAP QL*BA QL*"},
    {"  quantize: {activations: pact, dense_3: {activations: 1}, last: {activations: float}}\n",
     "LBP QL*BP SLBA L"},
};

START_TEST(operations_stand_in_order)
{
    const sequence_case *c = &sequence_cases[_i];
    const bnn_network *net = network_of(parsed_model(spec_of(c->text)), CLASSES, 20, 1);
    ck_assert_str_eq(letters(net), c->letters);
    bnn_shape shape = net->input;
    const float *x = net->x;
    for (uint32_t i = 0; i < net->n_ops; i++) { /* each reads what the one before wrote */
        const bnn_network_op *op = &net->ops[i];
        ck_assert(op->plan.in.c == shape.c && op->plan.in.h == shape.h && op->plan.in.w == shape.w);
        ck_assert_ptr_eq(op->io.x, x);
        shape = op->plan.out;
        x = op->y;
        if (op->letter == 'L') {
            const bool sign = i > 0 && net->ops[i - 1].letter == 'S';
            ck_assert_int_eq(op->plan.binary_inputs, sign);
            ck_assert_float_eq(op->plan.pad_value, sign ? -1.0f : 0.0f);
        }
    }
    ck_assert_ptr_eq(net->logits, x);
    ck_assert_uint_eq(net->lanes, 32);
}
END_TEST

START_TEST(binary_blocks_have_latent_weights)
{
    const bnn_network *net = network_of(
        parsed_model(spec_of("  binarize: {padding: +1, first: true}\n")), CLASSES, 1, 1);
    uint32_t n_latent = 0, n_bias = 0;
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        n_latent += p->latent;
        n_bias += strcmp(p->name, "bias") == 0;
        ck_assert((p->acting == p->value) == !p->latent);
        for (size_t j = 0; p->latent && j < p->n; j++)
            ck_assert_float_eq(p->acting[j], p->value[j] >= 0.0f ? 1.0f : -1.0f);
    }
    ck_assert_uint_eq(n_latent, 3);
    ck_assert_uint_eq(n_bias, 1); /* a batch norm behind binary weights has the shift */
    ck_assert_float_eq(net->ops[0].plan.pad_value, 0.0f); /* pixels are no signs */
    ck_assert_str_eq(net->ops[3].name, "sign_2");
    ck_assert_str_eq(net->ops[4].name, "conv2d_2");
    ck_assert_float_eq(net->ops[4].plan.pad_value, 1.0f);
}
END_TEST

/* The first codes of the layers, as texts; "-": floats. */
static const char *codes_of(const char *settings_text)
{
    const bnn_network *net = network_of(parsed_model(spec_of(settings_text)), CLASSES, 1, 1);
    const char *all = "";
    for (uint32_t i = 0; i < net->n_ops; i++) {
        const bnn_form_plan *form = &net->ops[i].form;
        if (net->ops[i].letter == 'L' && form->filters == 0)
            all = bnn_arena_printf(arena, "%s-;", all);
        else if (net->ops[i].letter == 'L')
            all = bnn_arena_printf(arena, "%s%d/%d;", all, form->code_min, form->code_step);
    }
    return all;
}

/* A layer's own width goes before that of the first or last, and those before the one for all. */
START_TEST(widths_are_of_layers)
{
    ck_assert_str_eq(codes_of("  quantize: {weights: 8}\n"), "-127/1;-127/1;-127/1;-127/1;");
    ck_assert_str_eq(
        codes_of("  quantize: {weights: 4, first: {weights: 8}, last: {weights: 1}}\n"),
        "-127/1;-15/2;-15/2;-1/2;");
    ck_assert_str_eq(codes_of("  quantize: {first: {weights: 2}, dense_3: {weights: ternary},\n"
                              "    conv2d_1: {weights: {name: lsq, bits: 3, levels: full}}}\n"),
                     "-4/1;-;-1/1;-;");
    ck_assert_str_eq(codes_of("  quantize: {weights: {name: 3, levels: narrow},\n"
                              "    dense_4: {weights: float}}\n"),
                     "-3/1;-3/1;-3/1;-;");
}
END_TEST

static size_t count_settings(const char *settings_text)
{
    parsed_model(spec_of(settings_text));
    return settings.n;
}

/* Equal networks have equal settings, and there are no others without widths. */
START_TEST(widths_are_recorded_where_they_act)
{
    const size_t n = count_settings("  binarize: none\n");
    ck_assert_uint_eq(count_settings("  quantize: none\n"), n);
    ck_assert_uint_eq(count_settings("  quantize: {weights: float, clip: 2}\n"), n);
    ck_assert_uint_eq(count_settings("  quantize: {activations: float}\n"), n);
    /* Of all, with the two parameters of lsq, and the STE with its own. */
    ck_assert_uint_eq(count_settings("  quantize: {weights: 4}\n"), n + 3 + 2);
    ck_assert_str_eq(bnn_settings_find(&settings, "model.quantize.weights")->text, "lsq");
    ck_assert_uint_eq(count_settings("  quantize: {dense_4: {weights: 4}, clip: 2}\n"), n + 5 + 2);
    ck_assert_str_eq(bnn_settings_find(&settings, "model.quantize.weights")->text, "float");
    ck_assert_str_eq(bnn_settings_find(&settings, "model.quantize.dense_4.weights")->text, "lsq");
    ck_assert_str_eq(bnn_settings_find(&settings, "model.ste")->text, "clipped");
    ck_assert_ptr_null(bnn_settings_find(&settings, "model.form"));
}
END_TEST

/* As `binarize` and `form` make them: the same numbers, forward and backward. */
START_TEST(one_width_for_all_is_a_form)
{
    static const char *const same[] = {
        "  binarize: {activations: false, first: true, last: true}\n  form: plain\n",
        "  quantize: {weights: 1}\n"};
    const bnn_network *nets[2];
    for (int k = 0; k < 2; k++) {
        bnn_network *net = network_of(parsed_model(spec_of(same[k])), CLASSES, 16, 1);
        for (size_t i = 0; i < volume(net->input) * net->lanes; i++)
            net->x[i] = (float)(i % 17) - 8.0f;
        bnn_network_forward(net, 16, true);
        for (size_t i = 0; i < (size_t)CLASSES * net->lanes; i++)
            net->logits_gradient[i] = (float)(i % 5) - 2.0f;
        bnn_network_backward(net, 16);
        nets[k] = net;
    }
    ck_assert_uint_eq(nets[0]->n_parameters, nets[1]->n_parameters);
    for (uint32_t i = 0; i < nets[0]->n_parameters; i++) {
        const bnn_parameter *a = &nets[0]->parameters[i], *b = &nets[1]->parameters[i];
        ck_assert_int_eq(memcmp(a->acting, b->acting, a->n * sizeof(float)), 0);
        if (a->gradient != NULL)
            ck_assert_int_eq(memcmp(a->gradient, b->gradient, a->n * sizeof(float)), 0);
    }
}
END_TEST

static bnn_network_op *op_of(const bnn_network *net, const char *name)
{
    uint32_t i = 0;
    while (i < net->n_ops && strcmp(net->ops[i].name, name) != 0)
        i++;
    ck_assert_msg(i < net->n_ops, "%s is not there", name);
    return &net->ops[i];
}

static void train_once(bnn_network *net, float gain)
{
    for (size_t i = 0; i < volume(net->input) * net->lanes; i++)
        net->x[i] = gain * ((float)(i % 17) - 8.0f);
    bnn_network_forward(net, 16, true);
    for (size_t i = 0; i < (size_t)CLASSES * net->lanes; i++)
        net->logits_gradient[i] = (float)(i % 5) - 2.0f;
    bnn_network_backward(net, 16);
}

/* Layers see whole numbers, and their sums are multiplied by what these stand for, with the scale of the weights. */
START_TEST(sums_of_codes_have_the_step)
{
    static const char *const forms[] = {"float", "plain", "learned_scale"};
    for (int k = 0; k < 3; k++) {
        bnn_network *net =
            network_of(parsed_model(spec_of(bnn_arena_printf(
                           arena, "  quantize: {weights: %s, activations: 3}\n", forms[k]))),
                       CLASSES, 16, 1);
        train_once(net, 1.0f);
        const bnn_network_op *quantizer = op_of(net, "lsq_2"), *linear = op_of(net, "conv2d_2");
        const bnn_network_op *scale = op_of(net, "scale_2");
        const float step = *quantizer->io.step;
        const size_t n = volume(linear->plan.out) * net->lanes;
        ck_assert(step > 0.0f && step != 1.0f);
        ck_assert_ptr_eq(quantizer->y, linear->io.x);
        for (size_t i = 0; i < volume(quantizer->plan.out) * net->lanes; i++)
            ck_assert(quantizer->y[i] >= 0 && quantizer->y[i] <= 7 &&
                      quantizer->y[i] == floorf(quantizer->y[i]));
        for (size_t i = 0; i < n; i++) {
            const size_t c = i / (n / linear->plan.out.c);
            const float f = k == 2 ? scale->io.tensors[0][c] * step : step;
            ck_assert_float_eq(scale->y[i], linear->y[i] * f);
        }
        ck_assert_float_ne(quantizer->io.gradients[0][0], 0.0f);
    }
}
END_TEST

/* What a quantizer takes its step from is the first images in training, if it has not learned it elsewhere. */
START_TEST(steps_are_of_the_first_images)
{
    const bnn_model_options *model = parsed_model(spec_of("  quantize: {activations: 4}\n"));
    for (int turn = 0; turn < 2; turn++) {
        bnn_network *net = network_of(model, CLASSES, 16, 1);
        float *step = op_of(net, "lsq_2")->io.tensors[0];
        bnn_network_forward(net, 16, false);
        ck_assert_float_eq(*step, 0.0f);
        op_of(net, "lsq_2")->parameters[0].taken = turn == 1;
        train_once(net, 1.0f);
        const float first = *step;
        ck_assert_int_eq(first != 0.0f, turn == 0);
        train_once(net, 5.0f);
        ck_assert_float_eq(*step, first);
    }
}
END_TEST

/* Networks that are compared start from the same weights: only seed and place decide. */
START_TEST(initial_weights_depend_on_seed_and_place_only)
{
    const bnn_network *a = network_of(parsed_model(spec_of("  binarize: none\n")), CLASSES, 1, 3);
    const bnn_network *b =
        network_of(parsed_model(spec_of("  ordering: xnor\n  binarize: {}\n")), CLASSES, 64, 3);
    const bnn_network *c = network_of(parsed_model(spec_of("  binarize: none\n")), CLASSES, 1, 4);
    uint32_t n_same = 0;
    for (uint32_t i = 0; i < a->n_parameters; i++) {
        const bnn_parameter *p = &a->parameters[i];
        if (p->kind != BNN_TENSOR_WEIGHT)
            continue;
        ck_assert_int_ne(memcmp(p->value, c->parameters[i].value, p->n * sizeof *p->value), 0);
        for (uint32_t j = 0; j < b->n_parameters; j++) {
            const bnn_parameter *q = &b->parameters[j];
            if (strcmp(q->layer, p->layer) != 0 || q->kind != BNN_TENSOR_WEIGHT)
                continue;
            ck_assert_int_eq(memcmp(p->value, q->value, p->n * sizeof *p->value), 0);
            n_same++;
        }
        const float bound = 1.0f / sqrtf((float)(p->n / p->dims[0]));
        double mean = 0, square = 0;
        for (size_t j = 0; j < p->n; j++) {
            ck_assert(fabsf(p->value[j]) <= bound);
            mean += (double)(p->value[j] / bound) / (double)p->n;
            square += (double)(p->value[j] / bound) * (double)(p->value[j] / bound) / (double)p->n;
        }
        ck_assert_double_lt(fabs(mean), 4 / sqrt(3.0 * (double)p->n));
        ck_assert_double_lt(fabs(square - 1 / 3.0), 4 * 0.3 / sqrt((double)p->n));
    }
    ck_assert_uint_eq(n_same, 4);
}
END_TEST

/* ---- sizes ------------------------------------------------------------------------------- */

typedef struct size_row {
    const char *layer;
    uint64_t n_parameters, bits, float32_bytes, macs;
} size_row;

static void check_sizes(const char *text, const size_row *rows, size_t n)
{
    const bnn_model_options *model =
        parsed_model(bnn_arena_printf(arena, "model:\n  topology: lenet5\n%s", text));
    const bnn_network *net = network_of(model, 10, 64, 1);
    size_t at = 0;
    for (uint32_t i = 0; i < net->n_ops; i++) {
        bnn_layer_record size;
        if (!bnn_network_layer_size(net, i, &size))
            continue;
        ck_assert_uint_lt(at, n);
        ck_assert_str_eq(size.layer, rows[at].layer);
        ck_assert_uint_eq(size.n_parameters, rows[at].n_parameters);
        ck_assert_uint_eq(size.bits, rows[at].bits);
        ck_assert_uint_eq(size.packed_bytes, (rows[at].bits + 7) / 8);
        ck_assert_uint_eq(size.float32_bytes, rows[at].float32_bytes);
        ck_assert_uint_eq(size.macs, rows[at].macs);
        at++;
    }
    ck_assert_uint_eq(at, n);
}

START_TEST(lenet5_weighs_what_it_should)
{
    const size_row plain[] = {
        {"conv2d_1", 156, 156 * 32, 624, 117600},      {"batchnorm_1", 12, 6 * 64, 96, 0},
        {"conv2d_2", 2416, 2416 * 32, 9664, 240000},   {"batchnorm_2", 32, 16 * 64, 256, 0},
        {"dense_3", 48120, 48120 * 32, 192480, 48000}, {"batchnorm_3", 240, 120 * 64, 1920, 0},
        {"dense_4", 10164, 10164 * 32, 40656, 10080},  {"batchnorm_4", 168, 84 * 64, 1344, 0},
        {"dense_5", 850, 850 * 32, 3400, 840},
    };
    /* A norm between integer sums and a sign: 17 bits a channel; behind real sums: 33. */
    const size_row binary[] = {
        {"conv2d_1", 156, 156 * 32, 624, 117600}, {"batchnorm_1", 12, 6 * 33, 96, 0},
        {"conv2d_2", 2400, 2400, 9600, 240000},   {"batchnorm_2", 32, 16 * 17, 256, 0},
        {"dense_3", 48000, 48000, 192000, 48000}, {"batchnorm_3", 240, 120 * 17, 1920, 0},
        {"dense_4", 10080, 10080, 40320, 10080},  {"batchnorm_4", 168, 84 * 64, 1344, 0},
        {"dense_5", 850, 850 * 32, 3400, 840},
    };
    /* A shift behind a norm moves its threshold; without a norm it is one. */
    const size_row shifts[] = {
        {"conv2d_1", 156, 156 * 32, 624, 117600},
        {"batchnorm_1", 12, 6 * 33, 96, 0},
        {"shift_2", 6, 0, 24, 0},
        {"conv2d_2", 2400, 2400, 9600, 240000},
        {"batchnorm_2", 32, 16 * 17, 256, 0},
        {"shift_3", 16, 0, 64, 0},
        {"dense_3", 48000, 48000, 192000, 48000},
        {"batchnorm_3", 240, 120 * 17, 1920, 0},
        {"shift_4", 120, 0, 480, 0},
        {"dense_4", 10080, 10080, 40320, 10080},
        {"batchnorm_4", 168, 84 * 64, 1344, 0},
        {"dense_5", 850, 850 * 32, 3400, 840},
    };
    const size_row no_norms[] = {
        {"conv2d_1", 156, 156 * 32, 624, 117600}, {"shift_2", 6, 6 * 33, 24, 0},
        {"conv2d_2", 2400, 2400, 9600, 240000},   {"shift_3", 16, 16 * 17, 64, 0},
        {"dense_3", 48000, 48000, 192000, 48000}, {"shift_4", 120, 120 * 17, 480, 0},
        {"dense_4", 10080, 10080, 40320, 10080},  {"dense_5", 850, 850 * 32, 3400, 840},
    };
    check_sizes("  binarize: {}\n  before_sign: shift\n", shifts, sizeof shifts / sizeof *shifts);
    check_sizes("  binarize: {}\n  before_sign: shift\n  norm: none\n", no_norms,
                sizeof no_norms / sizeof *no_norms);
    check_sizes("  binarize: none\n", plain, sizeof plain / sizeof *plain);
    check_sizes("  binarize: {}\n", binary, sizeof binary / sizeof *binary);
}
END_TEST

/* ---- models that cannot be --------------------------------------------------------------- */

typedef struct wrong_case {
    const char *text;
    const char *message;
} wrong_case;

static const wrong_case wrong_cases[] = {
    {"  activation: relu\n  binarize: {}\n",
     "s:2:3: model: sign_2 would be +1 for every image, since relu_1 gives no negative values; use "
     "activation hardtanh, none or auto, or an ordering with batch norm behind the activation "
     "(bn_act has it before)"},
    {"  activation: relu\n  ordering: bn_pool_act\n  binarize: {layers: dense}\n",
     "s:2:3: model: sign_3 would be +1 for every image, since relu_2 gives no negative values; use "
     "activation hardtanh, none or auto, or an ordering with batch norm behind the activation "
     "(bn_pool_act has it before)"},
    {"  activation: relu\n  ordering: xnor\n  binarize: {weights: false}\n",
     "s:2:3: model: sign_2 would be +1 for every image, since relu_2 gives no negative values; use "
     "activation hardtanh, none or auto, or an ordering with batch norm behind the activation "
     "(xnor has it before)"},
};

START_TEST(signs_that_see_no_negative_value_are_refused)
{
    const wrong_case *c = &wrong_cases[_i];
    const bnn_model_options *model = parsed_model(spec_of(c->text));
    ck_assert_int_eq(bnn_network_check(model, model->input, CLASSES, diag), BNN_E_SPEC);
    ck_assert_str_eq(said(), c->message);
    ck_assert_uint_eq(bnn_diag_n_errors(diag), 1);
}
END_TEST

/* Other levels than signs tell values that are not negative apart. */
START_TEST(levels_from_zero_see_what_is_not_negative)
{
    const bnn_model_options *model = parsed_model(spec_of(
        "  activation: relu\n  binarize: {}\n  ste: {weights: clipped, activations: dorefa}\n"));
    ck_assert_int_eq(bnn_network_check(model, model->input, CLASSES, diag), BNN_OK);
}
END_TEST

START_TEST(nets_must_fit_their_data)
{
    const bnn_model_options *model = parsed_model(spec_of(""));
    bnn_error err = {0};
    ck_assert_int_eq(bnn_network_check(model, model->input, CLASSES, diag), BNN_OK);
    ck_assert_ptr_null(network_or_error(model, 5, 1, 1, &err));
    ck_assert_int_eq(err.status, BNN_E_SPEC);
    ck_assert_str_eq(err.message, "topology small ends with 4 values, the data set has 5 classes");
    bnn_network *net = NULL;
    const bnn_shape other = {3, 12, 10};
    ck_assert_int_eq(bnn_network_create(model, other, CLASSES, 1, 1, arena, &net, &err),
                     BNN_E_SPEC);
    ck_assert_ptr_null(net);
    ck_assert_str_eq(err.message,
                     "topology small takes images of 1x12x10, the data set has 3x12x10");
}
END_TEST

static const wrong_case misfits[] = {
    {"{layer: {name: conv2d, kernel: 9, padding: 1}}",
     "conv2d_1: a 9x9 kernel is larger than its input, 6x6 with padding 1"},
    {"{layer: {name: conv2d, kernel: 3, padding: 3}}",
     "conv2d_1: padding 3 must be smaller than the kernel, 3"},
    {"{layer: {name: conv2d, out: 65536, padding: 2}}, {layer: {name: conv2d, out: 65536}}",
     "conv2d_2: sizes out of bounds: input 65536x8x8, output 65536x6x6"},
    {"{layer: {name: conv2d, out: 8, groups: 3}}",
     "conv2d_1: 3 groups do not divide its 1 input and 8 output channels"},
    {"{layer: {name: conv2d, out: 8}}, {layer: {name: conv2d, out: 12, groups: 0}}",
     "conv2d_2: 8 groups do not divide its 8 input and 12 output channels"},
    {"{layer: {name: dense, out: 1048576}}, {layer: {name: dense, out: 1048576}}",
     "dense_2: sizes out of bounds: input 1048576x1x1, output 1048576x1x1"},
};

START_TEST(layers_must_fit_their_input)
{
    const wrong_case *c = &misfits[_i];
    bnn_error err = {0};
    const bnn_model_options *model = parsed_model(bnn_arena_printf(
        arena,
        "model: {binarize: none, topology: {input: {channels: 1, height: 6, width: 6}, "
        "blocks: [%s, {layer: {name: dense, out: 4}}]}}",
        c->text));
    ck_assert_ptr_null(network_or_error(model, CLASSES, 1, 1, &err));
    ck_assert_int_eq(err.status, BNN_E_SPEC);
    ck_assert_str_eq(err.message, c->message);
}
END_TEST

#define WHOLE(width)                                                                         \
    "model: {binarize: none, topology: {input: {channels: 1, height: 6, width: " width "}, " \
    "blocks: [{layer: {name: conv2d, out: 4, kernel: 3}, pool: {name: avgpool, size: 0}}]}}"

START_TEST(a_pool_of_the_whole_input_wants_a_square)
{
    bnn_error err = {0};
    const bnn_model_options *square = parsed_model(WHOLE("6"));
    const bnn_network *net = network_or_error(square, CLASSES, 1, 1, &err);
    ck_assert_ptr_nonnull(net);
    const bnn_shape out = net->ops[net->n_ops - 1].plan.out;
    ck_assert(out.c == CLASSES && out.h == 1 && out.w == 1);
    ck_assert_ptr_null(network_or_error(parsed_model(WHOLE("5")), CLASSES, 1, 1, &err));
    ck_assert_str_eq(err.message,
                     "avgpool_1: size 0 is the whole of a square input, and this one is 4x3");
}
END_TEST

/* An ordering that answers with the text it has as parameters. */
static const char *given_sequence(const void *params, const bnn_block *block)
{
    return block->position == BNN_POSITION_LAST ? params : "LP";
}

static const wrong_case sequences[] = {
    {"LL", "ordering given: block 4: \"LL\" must have L exactly once"},
    {"", "ordering given: block 4: \"\" must have L exactly once"},
    {"LP", "ordering given: block 4: \"LP\" has a P, but no pool"},
    {"BLB", "ordering given: block 4: \"BLB\" has B or A more than once"},
    {"ALA", "ordering given: block 4: \"ALA\" has B or A more than once"},
    {"LBA", "ordering given: block 4: \"LBA\" has an activation behind the logits"},
    {"LX", "ordering given: block 4: \"LX\" has letters other than L, P, B, A, +"},
    {"Lb", "ordering given: block 4: \"Lb\" has letters other than L, P, B, A, +"},
    {NULL, "ordering given: block 4: \"(null)\" has letters other than L, P, B, A, +"},
};

/* The first and hidden blocks answer "LP": the third does not pool, so it is met first. */
START_TEST(illegal_sequences_are_refused)
{
    const wrong_case *c = &sequences[_i];
    static const bnn_ordering ordering = {.head = {.kind = BNN_KIND_ORDERING, .name = "given"},
                                          .sequence = given_sequence};
    const bnn_plugin plugin = {.head = &ordering.head};
    char text[8] = "";
    if (c->text != NULL)
        snprintf(text, sizeof text, "%s", c->text);
    bnn_model_options model = *parsed_model(spec_of("  binarize: none\n"));
    bnn_block_options blocks[4];
    memcpy(blocks, model.blocks, sizeof blocks);
    bnn_error err = {0};
    model.ordering = (bnn_use){.plugin = &plugin, .params = c->text != NULL ? text : NULL};
    ck_assert_ptr_null(network_or_error(&model, CLASSES, 1, 1, &err));
    ck_assert_str_eq(err.message, "ordering given: block 3: \"LP\" has a P, but no pool");
    blocks[2].pool = blocks[0].pool;
    blocks[2].linear = blocks[0].linear;
    model.blocks = blocks;
    ck_assert_ptr_null(network_or_error(&model, CLASSES, 1, 1, &err));
    ck_assert_str_eq(err.message, c->message);
}
END_TEST

START_TEST(a_full_arena_is_an_error)
{
    const bnn_model_options *model = parsed_model(spec_of(""));
    for (size_t limit = 1 << 10; limit < (size_t)1 << 17; limit *= 2) {
        bnn_arena *small = bnn_arena_create(limit);
        bnn_network *net = NULL;
        bnn_error err = {0};
        ck_assert_int_eq(
            bnn_network_create(model, model->input, CLASSES, 256, 1, small, &net, &err),
            BNN_E_INTERNAL);
        ck_assert_ptr_null(net);
        ck_assert_int_eq(err.status, BNN_E_INTERNAL);
        bnn_arena_destroy(small);
    }
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static Suite *model_suite(void)
{
    Suite *suite = suite_create("model");
    TCase *tc = tcase_create("layout");
    tcase_add_checked_fixture(tc, model_set_up, model_tear_down);
    tcase_add_loop_test(tc, operations_stand_in_order, 0, COUNT(sequence_cases));
    tcase_add_test(tc, binary_blocks_have_latent_weights);
    tcase_add_test(tc, widths_are_of_layers);
    tcase_add_test(tc, widths_are_recorded_where_they_act);
    tcase_add_test(tc, one_width_for_all_is_a_form);
    tcase_add_test(tc, sums_of_codes_have_the_step);
    tcase_add_test(tc, steps_are_of_the_first_images);
    tcase_add_test(tc, initial_weights_depend_on_seed_and_place_only);
    tcase_add_test(tc, lenet5_weighs_what_it_should);
    tcase_add_loop_test(tc, signs_that_see_no_negative_value_are_refused, 0, COUNT(wrong_cases));
    tcase_add_test(tc, levels_from_zero_see_what_is_not_negative);
    tcase_add_test(tc, nets_must_fit_their_data);
    tcase_add_loop_test(tc, layers_must_fit_their_input, 0, COUNT(misfits));
    tcase_add_test(tc, a_pool_of_the_whole_input_wants_a_square);
    tcase_add_loop_test(tc, illegal_sequences_are_refused, 0, COUNT(sequences));
    tcase_add_test(tc, a_full_arena_is_an_error);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(model_suite)
