/* check_forms.c - weight forms give the weights and gradients that an independent script computed, in
 * the network too. That networks of every form are deployed exactly is tests/matrix/'s. */
#include "model/form.h"

#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/model_fixture.h"

#include "tests/fixtures/reference/forms.inc"

enum { FILTERS = 3, TAPS = 7, WEIGHTS = FILTERS * TAPS };

/* ---- the facts --------------------------------------------------------------------------- */

typedef struct form_case {
    const char *form; /* its name, or a map */
    bool identity;    /* the STE; else clipped */
    double progress;
    const double *weights, *gradients, *scales; /* scales: NULL where none is learned */
} form_case;

static const form_case form_cases[] = {
    {"plain", false, 1.0, plain_weights, plain_gradients, NULL},
    {"learned_scale", false, 1.0, learned_scale_weights, learned_scale_gradients,
     learned_scale_scales},
    {"xnor", false, 1.0, xnor_weights, xnor_gradients, NULL},
    {"magnitude_aware", false, 1.0, magnitude_aware_weights, magnitude_aware_gradients, NULL},
    {"react", false, 1.0, react_weights, react_gradients, NULL},
    {"layer_scale", false, 1.0, layer_scale_weights, layer_scale_gradients, NULL},
    {"libra", false, 1.0, libra_weights, libra_gradients, NULL},
    {"recu", true, 0.0, recu_begin_weights, recu_begin_gradients, recu_begin_scales},
    {"recu", true, 0.5, recu_middle_weights, recu_middle_gradients, recu_middle_scales},
    {"biper", true, 1.0, biper_weights, biper_gradients, biper_scales},
    {"{name: biper, real_until: 0.5}", true, 0.25, biper_real_weights, biper_real_gradients,
     biper_real_scales},
    {"bi_half", true, 1.0, bi_half_weights, bi_half_gradients, NULL},
    {"ternary", false, 1.0, ternary_weights, ternary_gradients, NULL},
    {"adabin", false, 1.0, adabin_weights, adabin_gradients, NULL},
    {"lsq", false, 1.0, lsq_weights, lsq_gradients, lsq_scales},
    {"{name: lsq, levels: narrow}", false, 1.0, lsq_narrow_weights, lsq_narrow_gradients,
     lsq_narrow_scales},
    {"{name: lsq, bits: 3, levels: full}", false, 1.0, lsq_full_weights, lsq_full_gradients,
     lsq_full_scales},
    {"{name: dorefa, bits: 3}", false, 1.0, dorefa_weights, dorefa_gradients, NULL},
};

/* The number that make_forms.py calls formula(stream, ..., scale)[i], exact in float. */
static float formula(uint32_t stream, size_t i, float scale)
{
    uint32_t x = ((uint32_t)i + 1 + 7919 * stream) * UINT32_C(2654435761);
    x = (x ^ x >> 15) * UINT32_C(2246822519);
    return ((float)(x >> 16) / 65536.0f - 0.5f) * scale;
}

/* One dense layer of the weights, of which the loss is a sum of chosen outputs. */
static bnn_network *network_of_case(const form_case *c)
{
    bnn_network *net = network_of(
        parsed_model(bnn_arena_printf(
            arena,
            "model:\n  topology: {input: {height: 1, width: 7}, blocks: [{layer: {name: dense, "
            "out: 3}}]}\n  norm: none\n  activation: none\n  form: %s\n  ste: %s\n  binarize: "
            "{activations: false, first: true, last: true}\n",
            c->form, c->identity ? "identity" : "clipped")),
        FILTERS, 1, 1);
    static const float scales[] = {0.75f, -1.25f, 0.5f};
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        for (size_t j = 0; j < p->n; j++)
            p->value[j] = p->latent ? formula((uint32_t)(j / TAPS), j % TAPS, 2.5f)
                          : strcmp(p->name, "log_step") == 0 ? -1.0f
                                                             : scales[j];
    }
    bnn_network_set_progress(net, c->progress);
    bnn_network_binarize(net);
    return net;
}

static void near_fact(const form_case *c, const char *what, size_t i, double got, double want)
{
    ck_assert_msg(fabs(got - want) <= 2e-5 * (1.0 + fabs(want)), "%s, %s %zu: %.9g, expected %.9g",
                  c->form, what, i, got, want);
}

/* Image k has a 1 in pixel k, so that logit f is weight [f][k]. */
START_TEST(weights_are_those_of_the_script)
{
    const form_case *c = &form_cases[_i];
    bnn_network *net = network_of_case(c);
    for (size_t k = 0; k < TAPS; k++) {
        for (size_t i = 0; i < TAPS; i++)
            net->x[i * net->lanes] = i == k ? 1.0f : 0.0f;
        bnn_network_forward(net, 1, true);
        for (size_t f = 0; f < FILTERS; f++)
            near_fact(c, "weight", f * TAPS + k, (double)net->logits[f * net->lanes],
                      c->weights[f * TAPS + k]);
    }
}
END_TEST

/* Seven images with a 1 each: what image k hands back to logit f is dL/dweight [f][k]. */
START_TEST(gradients_are_those_of_the_script)
{
    const form_case *c = &form_cases[_i];
    bnn_network *net = network_of_case(c);
    memset(net->x, 0, TAPS * net->lanes * sizeof *net->x);
    memset(net->logits_gradient, 0, FILTERS * net->lanes * sizeof *net->x);
    for (size_t k = 0; k < TAPS; k++)
        net->x[k * net->lanes + k] = 1.0f;
    bnn_network_forward(net, TAPS, true);
    for (size_t i = 0; i < WEIGHTS; i++)
        net->logits_gradient[i / TAPS * net->lanes + i % TAPS] =
            formula(10 + (uint32_t)(i / TAPS), i % TAPS, 2.0f);
    bnn_network_backward(net, TAPS);
    bool learns = false;
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        ck_assert(p->latent || strcmp(p->name, "scale") == 0 || strcmp(p->name, "log_step") == 0);
        learns |= !p->latent;
        for (size_t j = 0; j < p->n; j++)
            near_fact(c, p->name, j, (double)p->gradient[j],
                      (p->latent ? c->gradients : c->scales)[j]);
    }
    ck_assert_int_eq(learns, c->scales != NULL);
}
END_TEST

/* ---- what a network makes of a form ------------------------------------------------------ */

static bnn_network *lenet_of(const char *settings_text)
{
    return network_of(
        parsed_model(bnn_arena_printf(arena, "model:\n  topology: lenet5\n%s", settings_text)), 10,
        1, 1);
}

/* The size of a layer by name. */
static bnn_layer_record layer_size(const bnn_network *net, const char *name)
{
    bnn_layer_record size = {.bits = 0};
    for (uint32_t i = 0; i < net->n_ops; i++)
        if (strcmp(net->ops[i].name, name) == 0)
            ck_assert(bnn_network_layer_size(net, i, &size));
    return size;
}

/* Without a sign behind it a scale counts; whole codes are digits, and real ones floats. */
START_TEST(sizes_are_of_what_is_deployed)
{
    static const char ends[] = "  binarize: {first: true, last: true}\n";
    const bnn_network *plain = lenet_of(ends);
    const bnn_network *xnor = lenet_of(bnn_arena_printf(arena, "%s  form: xnor\n", ends));
    const bnn_network *layer = lenet_of(bnn_arena_printf(arena, "%s  form: layer_scale\n", ends));
    const bnn_network *ternary = lenet_of(bnn_arena_printf(arena, "%s  form: ternary\n", ends));
    const bnn_network *adabin = lenet_of(bnn_arena_printf(arena, "%s  form: adabin\n", ends));
    const bnn_network *learned =
        lenet_of(bnn_arena_printf(arena, "%s  form: learned_scale\n", ends));
    ck_assert_uint_eq(layer_size(plain, "conv2d_2").bits, 16 * 150);
    ck_assert_uint_eq(layer_size(xnor, "conv2d_2").bits, 16 * 150);
    ck_assert_uint_eq(layer_size(xnor, "dense_5").bits, 10 * 84 + 10 * 32);
    ck_assert_uint_eq(layer_size(layer, "dense_5").bits, 10 * 84 + 32);
    ck_assert_uint_eq(layer_size(ternary, "conv2d_2").bits, 16 * 150 * 8 / 5);
    ck_assert_uint_eq(layer_size(adabin, "conv2d_2").bits, 32 * 16 * 150);
    ck_assert_uint_eq(layer_size(learned, "dense_5").n_parameters,
                      layer_size(plain, "dense_5").n_parameters + 10);
    ck_assert_uint_eq(layer_size(learned, "dense_5").float32_bytes,
                      layer_size(plain, "dense_5").float32_bytes);
    ck_assert_uint_eq(layer_size(plain, "scale_5").bits, 0);
    const bnn_network *levels =
        lenet_of(bnn_arena_printf(arena,
                                  "%s  form: xnor\n  ste: {weights: clipped, activations: dorefa}\n"
                                  "  before_sign: shift\n  norm: none\n",
                                  ends));
    ck_assert_uint_eq(layer_size(levels, "conv2d_2").bits, 16 * 150 + 16 * 32);
    ck_assert_uint_eq(layer_size(levels, "shift_3").bits, 16 * 32);
    bnn_model_options options = *xnor->options;
    ck_assert_uint_eq(bnn_network_count_values(&options, options.input, 10),
                      bnn_network_count_values(plain->options, options.input, 10));
    ck_assert_uint_eq(bnn_network_count_values(learned->options, options.input, 10),
                      bnn_network_count_values(plain->options, options.input, 10) + 6 + 16 + 120 +
                          84 + 10);
}
END_TEST

/* Whatever the epoch, what is evaluated is what will be deployed. */
START_TEST(evaluation_is_of_what_is_deployed)
{
    bnn_network *net = lenet_of("  binarize: {}\n  form: {name: biper, real_until: 0.5}\n");
    for (int turn = 0; turn < 2; turn++) {
        size_t n_others = 0;
        if (turn == 0) {
            bnn_network_set_progress(net, 0.25);
            bnn_network_binarize(net);
        } else {
            bnn_network_deploy_form(net);
        }
        for (uint32_t i = 0; i < net->n_parameters; i++)
            for (size_t j = 0; net->parameters[i].latent && j < net->parameters[i].n; j++)
                n_others += fabsf(net->parameters[i].acting[j]) != 1.0f;
        ck_assert_int_eq(n_others == 0, turn == 1);
    }
}
END_TEST

/* Latent weights have no bias at auto, whatever their levels. */
START_TEST(shapes_do_not_depend_on_the_form)
{
    static const char *const forms[] = {"plain", "ternary", "adabin", "xnor"};
    const uint32_t n = lenet_of("  form: plain\n")->n_parameters;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        ck_assert_uint_eq(lenet_of(bnn_arena_printf(arena, "  form: %s\n", forms[i]))->n_parameters,
                          n);
}
END_TEST

/* An optimizer that flips signs needs weights of which the sign acts. */
START_TEST(flips_need_signs)
{
    static const struct {
        const char *form;
        bool fits;
    } cases[] = {{"plain", true}, {"react", true}, {"xnor", false}, {"ternary", false}};
    static const char mixed[] =
        "model: {topology: lenet5, quantize: {weights: 1, conv2d_2: {weights: 4}}}";
    enum { N = sizeof cases / sizeof *cases };
    const bnn_train_options *train = parsed_train("train: {binary_optimizer: bop}", true);
    const bnn_model_options *models[N], *widths = parsed_model(mixed);
    for (size_t i = 0; i < N; i++)
        models[i] = parsed_model(bnn_arena_printf(
            arena, "model: {topology: lenet5, form: %s, binarize: {}}", cases[i].form));
    for (size_t i = 0; i < N; i++)
        ck_assert_int_eq(bnn_train_check_form(train, models[i], diag),
                         cases[i].fits ? BNN_OK : BNN_E_SPEC);
    ck_assert_int_eq(bnn_train_check_form(train, widths, diag), BNN_E_SPEC);
    ck_assert_msg(strstr(said(),
                         "train.binary_optimizer: bop flips signs of weights, and with form "
                         "xnor it is not their sign that acts") != NULL,
                  "%s", said());
}
END_TEST

static Suite *forms_suite(void)
{
    Suite *suite = suite_create("forms");
    TCase *tc = tcase_create("facts");
    const int n_cases = (int)(sizeof form_cases / sizeof *form_cases);
    tcase_add_checked_fixture(tc, model_set_up, model_tear_down);
    tcase_add_loop_test(tc, weights_are_those_of_the_script, 0, n_cases);
    tcase_add_loop_test(tc, gradients_are_those_of_the_script, 0, n_cases);
    suite_add_tcase(suite, tc);
    tc = tcase_create("networks");
    tcase_add_checked_fixture(tc, model_set_up, model_tear_down);
    tcase_add_test(tc, sizes_are_of_what_is_deployed);
    tcase_add_test(tc, evaluation_is_of_what_is_deployed);
    tcase_add_test(tc, shapes_do_not_depend_on_the_form);
    tcase_add_test(tc, flips_need_signs);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(forms_suite)
