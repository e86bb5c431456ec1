/* A small float net against PyTorch: loss, every gradient, running statistics, inference, and three
 * steps of each optimizer. The facts and the script that made them are in tests/fixtures/reference. */
#include "tests/fixtures/buffers.h"
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/model_fixture.h"

#include "tests/fixtures/reference/small_net.inc"

enum { BATCH = 7, CLASSES = 3, LANES = 16, VALUES = 4 * 2 * 9 + 3 * 4 + 5 * 4 * 9 + 3 * 5 + 183 };

static const char small_net[] = "model:\n"
                                "  topology:\n"
                                "    input: {channels: 2, height: 8, width: 6}\n"
                                "    blocks:\n"
                                "      - layer: {name: conv2d, out: 4, kernel: 3, padding: 1}\n"
                                "        pool: maxpool\n"
                                "      - layer: {name: conv2d, out: 5, kernel: 3, padding: 1}\n"
                                "      - layer: {name: dense, out: 3}\n"
                                "  ordering: bn_act\n"
                                "  binarize: none\n";

/* The number that make_reference.py calls formula(stream)[i], exact in float. */
static float formula(uint32_t stream, size_t i)
{
    uint32_t x = ((uint32_t)i + 1 + 7919 * stream) * UINT32_C(2654435761);
    x = (x ^ x >> 15) * UINT32_C(2246822519);
    return (float)(x >> 16) / 65536.0f - 0.5f;
}

typedef struct run {
    bnn_network *net;
    int32_t labels[LANES];
    float scratch[2 * LANES];
} run;

static void create(run *r)
{
    *r = (run){.net = network_of(parsed_model(small_net), CLASSES, BATCH, 1)};
    bnn_network *net = r->net;
    ck_assert_uint_eq(net->lanes, LANES);
    uint32_t stream = 0;
    for (uint32_t i = 0; i < net->n_parameters; i++) {
        const bnn_parameter *p = &net->parameters[i];
        if (p->kind == BNN_TENSOR_STATE)
            continue;
        for (size_t j = 0; j < p->n; j++) {
            const float v = formula(stream, j);
            p->value[j] = strcmp(p->name, "scale") == 0 ? v * 0.5f + 1.0f : v;
        }
        stream++;
    }
    ck_assert_uint_eq(stream, 10);
    const size_t features = volume(net->input);
    for (size_t image = 0; image < BATCH; image++) {
        r->labels[image] = (int32_t)((5 * image + 1) % CLASSES);
        for (size_t f = 0; f < features; f++)
            net->x[f * LANES + image] = 2.0f * formula(100, image * features + f);
    }
}

/* Forward and backward; the mean loss. */
static double pass(run *r, bool hinge)
{
    const bnn_kernels *k = r->net->kernels;
    double loss = 0;
    uint32_t n_correct = 0;
    bnn_network_forward(r->net, BATCH, true);
    (hinge ? k->squared_hinge : k->cross_entropy)(CLASSES, BATCH, LANES, r->net->logits, r->labels,
                                                  r->net->logits_gradient, r->scratch, &loss,
                                                  &n_correct);
    bnn_network_backward(r->net, BATCH);
    return loss / BATCH;
}

static void near_fact(const char *what, size_t i, double got, double want)
{
    ck_assert_msg(fabs(got - want) <= 1e-4 * fmin(1.0, 0.01 + fabs(want)),
                  "%s, value %zu: %.9g, PyTorch has %.9g", what, i, got, want);
}

static void check_gradients(const run *r, const double *facts)
{
    size_t at = 0;
    for (uint32_t i = 0; i < r->net->n_parameters; i++) {
        const bnn_parameter *p = &r->net->parameters[i];
        char what[128];
        snprintf(what, sizeof what, "gradient of %s %s", p->layer, p->name);
        for (size_t j = 0; p->kind != BNN_TENSOR_STATE && j < p->n; j++)
            near_fact(what, j, (double)p->gradient[j], facts[at++]);
    }
    ck_assert_uint_eq(at, VALUES);
}

static void check_logits(const char *what, const run *r, const double *facts)
{
    for (size_t i = 0; i < BATCH * CLASSES; i++)
        near_fact(what, i, (double)r->net->logits[i % CLASSES * LANES + i / CLASSES], facts[i]);
}

START_TEST(cross_entropy_and_its_gradients)
{
    run r;
    create(&r);
    near_fact("cross entropy", 0, pass(&r, false), cross_entropy_loss[0]);
    ck_assert_uint_eq(sizeof cross_entropy_gradients / sizeof(double), VALUES);
    check_gradients(&r, cross_entropy_gradients);
    check_logits("logits", &r, logits);
    size_t at = 0;
    for (uint32_t i = 0; i < r.net->n_parameters; i++) {
        const bnn_parameter *p = &r.net->parameters[i];
        for (size_t j = 0; p->kind == BNN_TENSOR_STATE && j < p->n; j++)
            near_fact("running statistics", at, (double)p->value[j], running_statistics[at]), at++;
    }
    ck_assert_uint_eq(at, sizeof running_statistics / sizeof(double));
    bnn_network_forward(r.net, BATCH, false);
    check_logits("inference logits", &r, inference_logits);
}
END_TEST

START_TEST(squared_hinge_and_its_gradients)
{
    run r;
    create(&r);
    near_fact("squared hinge", 0, pass(&r, true), squared_hinge_loss[0]);
    ck_assert_uint_eq(sizeof squared_hinge_gradients / sizeof(double), VALUES);
    check_gradients(&r, squared_hinge_gradients);
}
END_TEST

typedef struct optimizer_case {
    const char *spec;
    const double *losses; /* [4] */
    const double *sums;   /* [10] */
} optimizer_case;

static const optimizer_case optimizer_cases[] = {
    {"train: {optimizer: {name: sgd, lr: 0.05, momentum: 0.9}}", sgd_losses, sgd_sums},
    {"train: {optimizer: {name: sgd, lr: 0.05, momentum: 0.8, nesterov: true, weight_decay: 0.1}}",
     nesterov_losses, nesterov_sums},
    {"train: {optimizer: {name: adam, lr: 0.01}}", adam_losses, adam_sums},
    {"train: {optimizer: {name: adam, lr: 0.01, weight_decay: 0.1}}", adam_l2_losses, adam_l2_sums},
    {"train: {optimizer: {name: adam, lr: 0.01, weight_decay: 0.1, decoupled: true}}", adamw_losses,
     adamw_sums},
};

static void step(const run *r, const bnn_train_options *train, uint64_t t,
                 float *slots[][BNN_SLOTS_MAX])
{
    for (uint32_t i = 0; i < r->net->n_parameters; i++) {
        const bnn_parameter *p = &r->net->parameters[i];
        const bnn_step info = {
            .t = t, .lr = train->optimizer.lr, .decays = p->kind == BNN_TENSOR_WEIGHT};
        if (p->kind != BNN_TENSOR_STATE)
            bnn_use_optimizer(&train->optimizer.use)
                ->step(&r->net->context, train->optimizer.use.params, &info, p->n, p->value,
                       p->gradient, slots[i]);
    }
    bnn_network_binarize(r->net);
}

/* A bias in front of a batch norm has no gradient but rounding, which Adam blows up. */
static bool is_idle(const bnn_parameter *p)
{
    return strcmp(p->name, "bias") == 0 && strcmp(p->layer, "dense_3") != 0;
}

START_TEST(three_steps_of_an_optimizer)
{
    const optimizer_case *c = &optimizer_cases[_i];
    const bnn_train_options *train = parsed_train(c->spec, false);
    float *slots[16][BNN_SLOTS_MAX] = {{NULL}};
    run r;
    create(&r);
    ck_assert_uint_le(r.net->n_parameters, 16);
    for (uint32_t i = 0; i < r.net->n_parameters; i++)
        for (int slot = 0; slot < BNN_SLOTS_MAX; slot++)
            slots[i][slot] = bnn_arena_alloc(arena, r.net->parameters[i].n, sizeof(float));
    for (uint64_t t = 1; t <= 3; t++) {
        near_fact("loss", t - 1, pass(&r, false), c->losses[t - 1]);
        step(&r, train, t, slots);
    }
    near_fact("loss", 3, pass(&r, false), c->losses[3]);
    size_t at = 0;
    for (uint32_t i = 0; i < r.net->n_parameters; i++) {
        const bnn_parameter *p = &r.net->parameters[i];
        double sum = 0;
        if (p->kind == BNN_TENSOR_STATE)
            continue;
        for (size_t j = 0; j < p->n; j++)
            sum += (double)p->value[j] * (double)formula(200, j);
        if (!is_idle(p))
            near_fact(p->name, at, sum, c->sums[at]);
        at++;
    }
    ck_assert_uint_eq(at, 10);
}
END_TEST

static Suite *reference_suite(void)
{
    Suite *suite = suite_create("reference");
    TCase *tc = tcase_create("PyTorch");
    tcase_add_checked_fixture(tc, model_set_up, model_tear_down);
    tcase_add_test(tc, cross_entropy_and_its_gradients);
    tcase_add_test(tc, squared_hinge_and_its_gradients);
    tcase_add_loop_test(tc, three_steps_of_an_optimizer, 0,
                        (int)(sizeof optimizer_cases / sizeof *optimizer_cases));
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(reference_suite)
