/* A folded model and the same network in floats, made from nothing but the model: equal logits,
 * bit for bit, and nothing binary left. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/deploy_fixture.h"

#include "infer/engine/engine.h"
#include "export/unfold.h"

#include <stdio.h>

#undef fail /* an old name of Check for ck_abort_msg */

enum { IMAGES = 5 };

static const char *const foldable[] = {"{}", "{padding: +1, last: true}", "{first: true}",
                                       "{first: true, last: true}"};
static const char *const functions[] = {"hardtanh", "prelu", "rprelu", "dprelu", "none"};
enum {
    N_FOLDABLE = sizeof foldable / sizeof *foldable,
    N_FUNCTIONS = sizeof functions / sizeof *functions,
};

/* What the folded stages were like. */
typedef struct tally {
    uint32_t networks, folded, tables, pooled_tables, flipped, all, constant, pixels;
} tally;

static float *logits_of(const bnn_model *model, const uint8_t *images, buffers *b)
{
    bnn_error err = {0};
    void *state = NULL;
    ck_assert_int_eq(bnn_engine_portable.prepare(model, arena, &state, &err), BNN_OK);
    float *logits = empty_floats(b, (size_t)IMAGES * model->n_classes);
    void *workspace = buffer_bytes(b, bnn_engine_workspace_bytes(state));
    bnn_engine_run(state, IMAGES, images, logits, workspace, NULL);
    return logits;
}

static const bnn_model *unfolded(const bnn_model *model)
{
    bnn_error err = {0};
    bnn_model *floats = NULL;
    ck_assert_msg(bnn_export_unfold(model, arena, &floats, &err) == BNN_OK, "%s", err.message);
    for (uint32_t i = 0; i < floats->n_stages; i++) {
        const bnn_stage *s = &floats->stages[i], *from = &model->stages[i];
        ck_assert(!s->folded && !s->integer_sums && !s->op.binary_weights && s->bits == NULL);
        ck_assert_int_eq(s->inputs, i == 0 ? BNN_VALUES_PIXELS : BNN_VALUES_FLOATS);
        ck_assert_int_eq(s->outputs, BNN_VALUES_FLOATS);
        ck_assert(!bnn_stage_sums_are_integers(s));
        ck_assert(bnn_shape_values(s->out) == bnn_shape_values(from->out));
        ck_assert_uint_le(s->n_chain, BNN_CHAIN_MAX);
    }
    return floats;
}

static void count(const bnn_model *model, tally *t)
{
    t->networks++;
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const bnn_stage *s = &model->stages[i];
        t->folded += s->folded;
        t->pixels += s->folded && s->inputs == BNN_VALUES_PIXELS;
        for (uint32_t c = 0; s->folded && c < s->op.out.c; c++) {
            const bool table = s->fold.rule[c] & BNN_RULE_TABLE;
            t->tables += table;
            t->pooled_tables += table && s->fold.pool != 0;
            t->flipped += (s->fold.rule[c] & BNN_RULE_FLIPPED) != 0;
            t->all += (s->fold.rule[c] & BNN_RULE_AND) != 0;
            t->constant += !table && s->fold.threshold[c] > bnn_stage_sum_bound(s);
        }
    }
}

static void compare(const char *topology, const char *settings_text, uint64_t seed, tally *t)
{
    const uint32_t classes = strcmp(topology, LENET) == 0 ? 10 : 4;
    bnn_network *net =
        network_of(parsed_model(model_spec(topology, settings_text)), classes, 1, seed);
    fill_tensors(net, seed);
    const bnn_model *model = built(graph_of(net), NULL, NULL);
    count(model, t);
    const bnn_model *floats = unfolded(model);
    buffers b = {.state = seed};
    const uint8_t *images = random_images(&b, IMAGES * bnn_shape_values(model->input));
    const float *want = logits_of(model, images, &b);
    expect_same(settings_text, topology, logits_of(floats, images, &b), want, IMAGES * classes);

    /* It is a model like any other: a file holds it. */
    bnn_error err = {0};
    bnn_model *read = NULL;
    size_t n;
    uint8_t *bytes = encoded(floats, &n);
    ck_assert_msg(bnn_modelfile_decode(bytes, n, "file", arena, &read, &err) == BNN_OK, "%s",
                  err.message);
    free(bytes);
    expect_same(settings_text, "read back", logits_of(read, images, &b), want, IMAGES * classes);
    buffers_free(&b);
}

static void compare_all(const char *topology, int which, tally *t)
{
    for (uint32_t i = 0; i < N_FOLDABLE * N_FUNCTIONS; i++) {
        char text[256];
        snprintf(text, sizeof text, "  binarize: %s\n  ordering: %s\n  activation: %s\n",
                 foldable[i % N_FOLDABLE], orderings[which], functions[i / N_FOLDABLE]);
        compare(topology, text, 50u * (uint32_t)which + i, t);
        model_tear_down();
        model_set_up();
    }
}

START_TEST(small_networks)
{
    tally t = {0};
    for (int i = 0; i < N_ORDERINGS; i++) {
        compare_all(PLAIN, i, &t);
        compare_all(MIXED, i, &t);
    }
    ck_assert_uint_ge(t.folded, 100);
    ck_assert_uint_ge(t.pixels, 20);
    ck_assert_uint_ge(t.tables, 20);
    ck_assert_uint_ge(t.pooled_tables, 5);
    ck_assert_uint_ge(t.flipped, 100);
    ck_assert_uint_ge(t.all, 50);
    ck_assert_uint_ge(t.constant, 50);
}
END_TEST

START_TEST(lenet_in_every_ordering)
{
    tally t = {0};
    compare_all(LENET, _i, &t);
    ck_assert_uint_eq(t.networks, N_FOLDABLE * N_FUNCTIONS);
    ck_assert_uint_ge(t.folded, 2 * t.networks);
}
END_TEST

/* ---- decisions by hand ------------------------------------------------------------------- */

enum { TAPS = 6 };

/* A model of one folded dense stage on nine pixels' signs and one that adds up its bit. */
typedef struct by_hand {
    uint64_t weights[2], table;
    int32_t threshold;
    uint8_t rule;
    bnn_stage stages[3];
    bnn_model model;
} by_hand;

/* Pixels become bits by their sign; the second stage decides by the table; the third hands on. */
static void make_by_hand(by_hand *m, uint64_t table)
{
    static const bnn_op sign = {
        .type = BNN_LOWER_SIGN, .name = "sign", .in = {1, 1, TAPS}, .out = {1, 1, TAPS}};
    static const float one = 1.0f;
    const bnn_shape in = {1, 1, TAPS}, single = {1, 1, 1};
    *m = (by_hand){.weights = {(1u << TAPS) - 1}, .table = table, .rule = BNN_RULE_TABLE};
    m->stages[0] = (bnn_stage){.op.name = "",
                               .op.type = BNN_LOWER_IDENTITY,
                               .inputs = BNN_VALUES_PIXELS,
                               .outputs = BNN_VALUES_BITS,
                               .op.in = in,
                               .op.out = in,
                               .out = in,
                               .op.kernel = 1,
                               .op.stride = 1,
                               .n_chain = 1,
                               .chain = &sign};
    m->stages[1] = (bnn_stage){.op.name = "dense_1",
                               .op.type = BNN_LOWER_DENSE,
                               .inputs = BNN_VALUES_BITS,
                               .outputs = BNN_VALUES_BITS,
                               .op.in = in,
                               .op.out = single,
                               .out = single,
                               .op.kernel = 1,
                               .op.stride = 1,
                               .op.binary_weights = true,
                               .integer_sums = true,
                               .taps = TAPS,
                               .bits = m->weights,
                               .row_words = 1,
                               .folded = true,
                               .fold = {.threshold = &m->threshold,
                                        .rule = &m->rule,
                                        .n_tables = 1,
                                        .table_first = -TAPS,
                                        .table_step = 2,
                                        .table_size = TAPS + 1,
                                        .tables = &m->table,
                                        .table_words = 1}};
    m->stages[2] = (bnn_stage){.op.name = "dense_2",
                               .op.type = BNN_LOWER_DENSE,
                               .inputs = BNN_VALUES_BITS,
                               .outputs = BNN_VALUES_FLOATS,
                               .op.in = single,
                               .op.out = single,
                               .out = single,
                               .op.kernel = 1,
                               .op.stride = 1,
                               .taps = 1,
                               .op.weight = &one};
    m->model = (bnn_model){.input = in, .n_classes = 1, .n_stages = 3, .stages = m->stages};
}

static uint32_t changes_of(uint64_t table)
{
    uint32_t n = 0;
    for (int i = 0; i < TAPS; i++)
        n += (table >> i & 1) != (table >> (i + 1) & 1);
    return n;
}

/* Every table over seven sums, and every sum. */
START_TEST(every_table)
{
    for (uint64_t table = 0; table < 1u << (TAPS + 1); table++) {
        by_hand m;
        bnn_error err = {0};
        bnn_model *floats = NULL;
        make_by_hand(&m, table);
        const int status = bnn_export_unfold(&m.model, arena, &floats, &err);
        if (changes_of(table) > 2) {
            ck_assert_int_eq(status, BNN_E_FAILED);
            ck_assert_ptr_null(floats);
            ck_assert_msg(strncmp(err.message, "dense_1: the bit of channel 0 changes ", 38) == 0,
                          "%s", err.message);
            continue;
        }
        ck_assert_int_eq(status, BNN_OK);
        void *state = NULL;
        ck_assert_int_eq(bnn_engine_portable.prepare(floats, arena, &state, &err), BNN_OK);
        buffers b = {0};
        void *workspace = buffer_bytes(&b, bnn_engine_workspace_bytes(state));
        for (uint32_t n_ones = 0; n_ones <= TAPS; n_ones++) {
            uint8_t pixels[TAPS];
            float logit = NAN;
            for (uint32_t i = 0; i < TAPS; i++)
                pixels[i] = i < n_ones ? 200 : 100;
            bnn_engine_run(state, 1, pixels, &logit, workspace, NULL);
            ck_assert_msg((logit == 1.0f) == (table >> n_ones & 1) && fabsf(logit) == 1.0f,
                          "table %llx, %u ones: %g", (unsigned long long)table, n_ones,
                          (double)logit);
        }
        buffers_free(&b);
    }
}
END_TEST

START_TEST(no_room_for_a_sign)
{
    by_hand m;
    bnn_error err = {0};
    bnn_op chain[BNN_CHAIN_MAX];
    bnn_model *floats = NULL;
    make_by_hand(&m, 0);
    for (int i = 0; i < BNN_CHAIN_MAX; i++)
        chain[i] = m.stages[0].chain[0];
    m.stages[0].op.name = "norm_1";
    m.stages[0].chain = chain;
    m.stages[0].n_chain = BNN_CHAIN_MAX;
    ck_assert_int_eq(bnn_export_unfold(&m.model, arena, &floats, &err), BNN_E_FAILED);
    ck_assert_str_eq(err.message, "norm_1: no room for a sign behind a chain of 16 operations");
    ck_assert_ptr_null(floats);
}
END_TEST

static Suite *unfold_suite(void)
{
    Suite *suite = suite_create("unfold");
    TCase *tcase = tcase_create("unfold");
    tcase_add_checked_fixture(tcase, model_set_up, model_tear_down);
    tcase_add_test(tcase, small_networks);
    tcase_add_loop_test(tcase, lenet_in_every_ordering, 0, N_ORDERINGS);
    tcase_add_test(tcase, every_table);
    tcase_add_test(tcase, no_room_for_a_sign);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(unfold_suite)
