/* What a plan says of the signs of a network, against what comes of it: over all legal orders with all
 * kinds of activations, trained for a moment, the stages that really fold, and the values that signs
 * really see. */
#include "export/build.h"
#include "export/forecast.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/train_fixture.h"

enum { CLASSES = 10, N_TRAIN = 72, N_TEST = 8, N_VALIDATION = 8 };

static const char *const activations[] = {"none", "relu", "hardtanh", "prelu"};
enum { NONE, RELU, HARDTANH, PRELU, N_ACTIVATIONS };

static const char *const words[] = {"LBAP", "LBPA", "LPBA", "LABP", "LAPB", "LPAB", "BLAP", "BLPA",
                                    "BPLA", "PLBA", "PLAB", "PBLA", "LAP",  "LPA",  "PLA",  "LBP",
                                    "LPB",  "BLP",  "BPL",  "PLB",  "PBL",  "LP",   "PL",   "BALP",
                                    "ABLP", "ALBP", "ALPB", "BAPL", "ABPL", "BPAL", "APBL", "PBAL",
                                    "PABL", "APLB", "PALB", "ALP",  "APL",  "PAL"};
enum { N_WORDS = sizeof words / sizeof *words };

static const char *spec_of(const char *word, const char *activation, const char *more)
{
    return bnn_arena_printf(arena,
                            "model:\n"
                            "  topology: lenet5\n"
                            "  ordering: %s\n"
                            "  activation: %s\n"
                            "%s"
                            "train: {epochs: 1, batch: 16, optimizer: {name: adam, lr: 0.02}}\n",
                            word, activation, more);
}

static void forecast_set_up(void)
{
    train_set_up();
    bnn_dataset_close(&data);
    open_data(N_TRAIN, N_TEST);
}

/* ---- what signs see ---------------------------------------------------------------------- */

/* How many values in front of each sign are exactly 0. */
static void count_zeros(const bnn_graph *graph, uint32_t n_images, uint64_t *zeros)
{
    buffers b = {.state = 1};
    const size_t pixels = bnn_shape_values(graph->input);
    size_t most = pixels;
    for (uint32_t i = 0; i < graph->n_ops; i++)
        most = bnn_size_larger(most, bnn_shape_values(graph->ops[i].out));
    float *x = empty_floats(&b, most), *y = empty_floats(&b, most);
    for (uint32_t k = 0; k < n_images; k++) {
        uint32_t sign = 0;
        for (size_t i = 0; i < pixels; i++)
            x[i] = bnn_pixel_value(data.test.pixels[k * pixels + i]);
        for (uint32_t o = 0; o < graph->n_ops; o++) {
            const bnn_op *op = &graph->ops[o];
            for (size_t i = 0; op->type == BNN_LOWER_SIGN && i < bnn_shape_values(op->in); i++)
                zeros[sign] += x[i] == 0.0f;
            sign += op->type == BNN_LOWER_SIGN;
            bnn_op_apply(op, x, y);
            float *swapped = x;
            x = y;
            y = swapped;
        }
    }
    buffers_free(&b);
}

/* ---- a trained network against its forecast ---------------------------------------------- */

typedef struct meeting {
    report r; /* first: the job's context is both */
    bnn_forecast forecast;
    uint32_t n_signs, n_thresholds, n_depends, n_floats, n_never, n_can, n_can_met;
} meeting;

static bool has_negative_slope(const bnn_graph *graph)
{
    for (uint32_t i = 0; i < graph->n_ops; i++)
        for (uint32_t c = 0; graph->ops[i].type == BNN_LOWER_SLOPE && c < graph->ops[i].in.c; c++)
            if (graph->ops[i].factor[c] < 0.0f)
                return true;
    return false;
}

static void expect_stage(meeting *m, const bnn_graph *graph, const bnn_stage *stage, uint32_t i,
                         uint64_t zeros)
{
    const bnn_sign_forecast *sign = &m->forecast.signs[i];
    const bool steady = sign->bits != BNN_BITS_DEPENDS || !has_negative_slope(graph);
    if (steady)
        ck_assert_msg(stage->folded == (sign->bits != BNN_BITS_FLOATS), "%s behind %s: %s, but %s",
                      sign->name, sign->sees, bnn_bits_text(sign->bits),
                      stage->folded ? "folded" : "not folded");
    ck_assert((sign->why != NULL) == (sign->bits != BNN_BITS_THRESHOLDS));
    ck_assert_msg(sign->zero != BNN_ZERO_NEVER || zeros == 0, "%s behind %s: %llu zeros",
                  sign->name, sign->sees, (unsigned long long)zeros);
    m->n_thresholds += sign->bits == BNN_BITS_THRESHOLDS;
    m->n_depends += sign->bits == BNN_BITS_DEPENDS;
    m->n_floats += sign->bits == BNN_BITS_FLOATS;
    m->n_never += sign->zero == BNN_ZERO_NEVER;
    m->n_can += sign->zero == BNN_ZERO_CAN;
    m->n_can_met += sign->zero == BNN_ZERO_CAN && zeros > 0;
}

static int meet(void *context, bnn_network *network, double accuracy, bnn_error *err)
{
    meeting *m = context;
    bnn_graph *graph;
    bnn_model *model;
    uint64_t zeros[8] = {0};
    (void)accuracy;
    if (bnn_graph_create(network, arena, &graph, err) != BNN_OK ||
        bnn_export_build(graph, NULL, 0, true, NULL, NULL, arena, &model, err) != BNN_OK)
        return err->status;
    count_zeros(graph, N_TEST, zeros);
    uint32_t i = 0;
    for (uint32_t k = 0; k < model->n_stages; k++)
        if (model->stages[k].outputs == BNN_VALUES_BITS) {
            ck_assert_uint_lt(i, m->forecast.n);
            expect_stage(m, graph, &model->stages[k], i, zeros[i]);
            i++;
        }
    ck_assert_uint_eq(i, m->forecast.n);
    m->n_signs += i;
    return BNN_OK;
}

/* Trains the spec and lets the network meet its forecast. False: it is refused, with the reason. */
static bool run_meeting(const char *spec, meeting *m)
{
    bnn_error err = {0};
    bnn_train_job job = job_of(spec, 1, &m->r);
    if (bnn_forecast_make(job.model, job.model->input, CLASSES, arena, &m->forecast, &err) !=
        BNN_OK) {
        ck_assert_msg(strstr(err.message, "would be +1 for every image") != NULL, "%s",
                      err.message);
        return false;
    }
    ck_assert_ptr_null(m->forecast.obstacle);
    job.trained = meet;
    job.n_validation = N_VALIDATION;
    run_well(&job);
    return true;
}

/* The cycle of letters from a block's L to the next one's: relu makes its sign constant where nothing
 * that gives negative values, a norm, stands behind it. */
static bool is_constant_with_relu(const char *word)
{
    char cycle[8];
    const char *l = strchr(word, 'L');
    snprintf(cycle, sizeof cycle, "%s%.*s", l + 1, (int)(l - word), word);
    const char *a = strchr(cycle, 'A');
    return a != NULL && strchr(a, 'B') == NULL;
}

static const char *const binarizations[] = {"  binarize: {}\n",
                                            "  binarize: {first: true, last: true}\n"};

START_TEST(all_orders_meet_their_forecast)
{
    const char *activation = activations[_i % N_ACTIVATIONS];
    meeting m = {.n_signs = 0};
    uint32_t n_refused = 0;
    for (size_t w = 0; w < N_WORDS; w++) {
        const bool trained =
            run_meeting(spec_of(words[w], activation, binarizations[_i / N_ACTIVATIONS]), &m);
        ck_assert_msg(trained != (_i % N_ACTIVATIONS == RELU && is_constant_with_relu(words[w])),
                      "%s", words[w]);
        n_refused += !trained;
        tear_down(); /* the arena is for one network */
        model_set_up_again();
    }
    ck_assert_uint_gt(m.n_signs, 2 * (N_WORDS - n_refused));
    ck_assert_uint_gt(m.n_thresholds, 0);
    ck_assert_uint_gt(m.n_floats, 0);
    ck_assert((m.n_depends > 0) == (_i % N_ACTIVATIONS == PRELU));
    ck_assert(m.n_can > 0 && 4 * m.n_can_met >= 3 * m.n_can); /* few images, but many values */
}
END_TEST

/* ---- single answers ---------------------------------------------------------------------- */

typedef struct answer {
    const char *word, *activation, *more, *sign; /* the sign's name */
    bnn_zero zero;
    bnn_bits bits;
    const char *sees, *why;
} answer;

/* LeNet-5: 25 weights a channel in block 1, 150 in block 2, 400 and 120 inputs in blocks 3 and 4. */
static const answer answers[] = {
    {"LP", "none", "  binarize: {first: true}\n", "sign_3", BNN_ZERO_CAN, BNN_BITS_THRESHOLDS,
     "conv2d_2, maxpool_2", NULL},
    {"LPBA", "prelu", "  binarize: {}\n", "sign_3", BNN_ZERO_CHANCE, BNN_BITS_DEPENDS,
     "conv2d_2, maxpool_2, batchnorm_2, prelu_2", "floats if a slope of prelu_2 becomes negative"},
    {"LPBA", "prelu", "  binarize: {}\n", "sign_4", BNN_ZERO_CHANCE, BNN_BITS_THRESHOLDS,
     "dense_3, batchnorm_3, prelu_3", NULL},
    {"LPBA", "none", "  binarize: {}\n", "sign_2", BNN_ZERO_CHANCE, BNN_BITS_FLOATS,
     "conv2d_1, maxpool_1, batchnorm_1", "the weights in front are no bits"},
    {"{name: PLBA, first: LPBA}", "none", "  binarize: {first: true}\n", "sign_2", BNN_ZERO_CHANCE,
     BNN_BITS_FLOATS, "conv2d_1, maxpool_1, batchnorm_1, maxpool_2",
     "maxpool_2 is a second pool before the sign, behind maxpool_1"},
    {"LPBA", "none", "  quantize: {weights: 2, activations: 1}\n", "sign_2", BNN_ZERO_CHANCE,
     BNN_BITS_THRESHOLDS, "conv2d_1, scale_1, maxpool_1, batchnorm_1", NULL},
    {"LPBA", "prelu", "  quantize: {weights: 2, activations: 1}\n", "sign_4", BNN_ZERO_CHANCE,
     BNN_BITS_DEPENDS, "dense_3, scale_3, batchnorm_3, prelu_3",
     "floats if a slope of prelu_3 becomes negative"},
    {"BLP", "none", "  binarize: {first: true}\n", "sign_2", BNN_ZERO_CHANCE, BNN_BITS_FLOATS,
     "conv2d_1, maxpool_1, batchnorm_2", "the layer in front has float inputs"},
};

START_TEST(answers_are_exact)
{
    const answer *a = &answers[_i];
    bnn_forecast f;
    bnn_error err = {0};
    const bnn_model_options *model = parsed_model(spec_of(a->word, a->activation, a->more));
    ck_assert_msg(bnn_forecast_make(model, model->input, CLASSES, arena, &f, &err) == BNN_OK, "%s",
                  err.message);
    const bnn_sign_forecast *sign = NULL;
    for (uint32_t i = 0; i < f.n; i++)
        if (strncmp(f.signs[i].name, a->sign, strlen(a->sign)) == 0)
            sign = &f.signs[i];
    ck_assert_ptr_nonnull(sign);
    ck_assert_str_eq(sign->sees, a->sees);
    ck_assert_str_eq(bnn_zero_text(sign->zero), bnn_zero_text(a->zero));
    ck_assert_int_eq(sign->bits, a->bits);
    ck_assert((sign->why == NULL) == (a->why == NULL));
    if (a->why != NULL)
        ck_assert_str_eq(sign->why, a->why);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("forecast");
    TCase *tc = tcase_create("meetings");
    tcase_set_timeout(tc, 0);
    tcase_add_checked_fixture(tc, forecast_set_up, train_tear_down);
    tcase_add_loop_test(tc, all_orders_meet_their_forecast, 0, 2 * N_ACTIVATIONS);
    suite_add_tcase(s, tc);
    tc = tcase_create("answers");
    tcase_add_checked_fixture(tc, forecast_set_up, train_tear_down);
    tcase_add_loop_test(tc, answers_are_exact, 0, sizeof answers / sizeof *answers);
    suite_add_tcase(s, tc);
    return s;
}

BNN_CHECK_MAIN(suite)
