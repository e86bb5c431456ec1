/* Model files: what is written is read back, sizes are as promised, and no damage does more than
 * give an error. */
#include "check_main.h"
#include "deploy_fixture.h"
#include "hostile_model.h"

#include "base/file.h"

/* A small network with something of everything: a table, a pool of bits, a chain, biases. */
#define SMALL                                                        \
    "  topology:\n"                                                  \
    "    name: small\n"                                              \
    "    input: {channels: 1, height: 8, width: 7}\n"                \
    "    blocks:\n"                                                  \
    "      - layer: {name: conv2d, out: 5, kernel: 3, padding: 1}\n" \
    "        pool: maxpool\n"                                        \
    "      - layer: {name: conv2d, out: 3, kernel: 2}\n"             \
    "      - layer: {name: dense, out: 11}\n"                        \
    "      - layer: {name: dense, out: 4}\n"
enum { CLASSES = 4 };

static const char *const settings_texts[] = {
    "  binarize: {first: true, last: true}\n  activation: prelu\n  ordering: act_bn\n",
    "  binarize: {}\n  ordering: pool_bn_act\n  activation: hardtanh\n",
    "  binarize: none\n  activation: prelu\n",
    "  binarize: {activations: false}\n",
};
enum { N_SETTINGS = sizeof settings_texts / sizeof *settings_texts };

static const bnn_deploy_model *small_model(int which)
{
    const char *spec = model_spec(SMALL, settings_texts[which]);
    bnn_network *net = network_of(parsed_model(spec), CLASSES, 1, 1);
    fill_tensors(net, (uint64_t)which + 2);
    return built(graph_of(net), BNN_BUILD_BINARY, NULL, NULL);
}

/* ---- written and read -------------------------------------------------------------------- */

START_TEST(a_file_is_read_back)
{
    size_t n, n_read;
    char *read = NULL;
    bnn_error err = {0};
    bnn_deploy_model *again = NULL;
    const bnn_deploy_model *model = small_model(_i);
    uint8_t *bytes = encoded(model, &n);
    ck_assert(try_model(bytes, n));
    ck_assert_int_eq(bnn_modelfile_write(model, "check_modelfile.bnn", &err), BNN_OK);
    ck_assert_int_eq(bnn_file_read("check_modelfile.bnn", 1 << 20, &read, &n_read, &err), BNN_OK);
    ck_assert_uint_eq(n_read, n);
    ck_assert_int_eq(memcmp(read, bytes, n), 0);
    ck_assert_int_eq(bnn_modelfile_read("check_modelfile.bnn", arena, &again, &err), BNN_OK);
    ck_assert_str_eq(bnn_deploy_model_metadata(again, "run"), "0123abcd");
    ck_assert_ptr_null(bnn_deploy_model_metadata(again, "nothing"));
    ck_assert_uint_eq(again->n_stages, 4);
    ck_assert_str_eq(again->stages[1].name, "conv2d_2");
    free(read);
    free(bytes);
    remove("check_modelfile.bnn");
}
END_TEST

START_TEST(the_files_are_what_the_header_says)
{
    static const uint8_t expected[] = {
        0x89, 'B', 'N', 'N', 13, 10, 26, 10,                             /* magic */
        1, 0, 0, 0, 0xaa, 0, 0, 0, 0, 0, 0, 0,                           /* version, size, checksum */
        1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0,                  /* input, classes */
        1, 0, 0, 0, 1, 0, 'k', 2, 0, 'v', 'w',                           /* metadata */
        2, 0, 0, 0,                                                      /* stages */
        55, 0, 0, 0, 1, 0, 'a', 1, 0, 1, 5, 6, 0, 0, 0,                  /* first: conv2d, folded */
        1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 5,            /* kernel ..., weights */
        0, 0, 0, 0,                                                      /* no pool */
        2, 0, 0, 2, 64, 0, 0x80, 0xff, 0, 0,                             /* rules, thresholds */
        0,                                                               /* placeholder */
    };
    (void)expected;
}
END_TEST

/* ---- sizes ------------------------------------------------------------------------------- */

typedef struct size_case {
    const char *settings_text;
    size_t limit_bytes;
} size_case;

static const size_case size_cases[] = {
    {"  binarize: {first: true, last: true}\n  ordering: bn_act\n", 10000},
    {"  binarize: {first: true, last: true}\n  ordering: pool_bn_act\n", 10000},
    {"  binarize: {first: true, last: true}\n  ordering: act_pool_bn\n", 10000},
    {"  binarize: {first: true, last: true}\n  ordering: xnor\n", 10000},
    {"  binarize: {first: true}\n", 12000},
    {"  binarize: {}\n  ordering: bn_act\n", 13000},
    {"  binarize: {}\n  ordering: pool_bn_act\n", 13000},
};

START_TEST(lenet_is_small)
{
    const size_case *c = &size_cases[_i];
    bnn_network *net = network_of(parsed_model(model_spec(LENET, c->settings_text)), 10, 1, 1);
    const bnn_deploy_model *model = built(graph_of(net), BNN_BUILD_BINARY, NULL, NULL);
    const size_t n = bnn_modelfile_bytes(model);
    uint64_t sum = bnn_modelfile_head_bytes(model), weights = 0, float32_bytes = 0;
    for (uint32_t i = 0; i < model->n_stages; i++) {
        bnn_stage_size s;
        bnn_modelfile_stage_size(model, i, &s);
        sum += s.bytes;
        weights += s.n_weights;
        float32_bytes += s.float32_bytes;
        ck_assert_uint_eq(s.weight_bytes + s.bias_bytes + s.threshold_bytes + s.rule_bytes +
                              s.table_bytes + s.chain_bytes + s.header_bytes,
                          s.bytes);
        ck_assert_uint_eq(s.weight_bytes * 8, s.n_weights * s.bits_of_weight + s.weight_pad_bits);
        ck_assert_uint_lt(s.header_bytes, 100);
    }
    ck_assert_uint_eq(sum, n);
    ck_assert_uint_eq(weights, 61470);
    ck_assert_uint_gt(float32_bytes, 4 * 61470);
    ck_assert_uint_le(n, c->limit_bytes);
    if (getenv("BNN_TEST_VERBOSE") != NULL)
        fprintf(stderr, "%zu bytes%s", n, c->settings_text);
}
END_TEST

/* ---- damage ------------------------------------------------------------------------------ */

typedef struct damage {
    size_t at;
    uint8_t value;
    bool seals; /* size and checksum are made right */
    const char *message;
} damage;

/* Offsets in the file of settings 0, see modelfile.h: metadata from 40, stages from 78. */
static const damage damages[] = {
    {0, 'B', false, "m: byte 0: not a model file: it must begin with 89 'BNN' 0d 0a 1a 0a"},
    {8, 2, false, "m: byte 12: version 2, this program reads version 1"},
    {60, 0xff, false, NULL}, /* the checksum */
    {23, 1, true, "m: byte 36: images of 16777217x8x7"},
    {28, 0, true, "m: byte 36: images of 1x8x0"},
    {32, 5, true, NULL},
    {36, 0, true, NULL},
    {37, 2, true, "m: byte 40: 514 texts about the model, more than 256"},
    {40, 0, true, NULL},
    {43, 0x1b, true, "m: byte 45: a text has control characters"},
    {74, 0, true, "m: byte 78: 0 stages; there are 1 to 1024"},
    {75, 9, true, "m: byte 78: 2308 stages; there are 1 to 1024"},
};

START_TEST(damage_is_described)
{
    const damage *d = &damages[_i];
    size_t n;
    uint8_t *bytes = encoded(small_model(0), &n);
    bytes[d->at] = d->value;
    if (d->seals)
        make_plausible(bytes, n);
    bnn_error err = {0};
    bnn_deploy_model *model = NULL;
    ck_assert_int_eq(bnn_modelfile_decode(bytes, n, "m", arena, &model, &err), BNN_E_RESOURCE);
    ck_assert_ptr_null(model);
    fprintf(stderr, "%zu %s\n", d->at, err.message);
    if (d->message != NULL)
        ck_assert_str_eq(err.message, d->message);
    free(bytes);
}
END_TEST

static Suite *modelfile_suite(void)
{
    Suite *suite = suite_create("modelfile");
    TCase *tcase = tcase_create("modelfile");
    tcase_add_checked_fixture(tcase, model_set_up, model_tear_down);
    tcase_add_loop_test(tcase, a_file_is_read_back, 0, N_SETTINGS);
    tcase_add_test(tcase, the_files_are_what_the_header_says);
    tcase_add_loop_test(tcase, lenet_is_small, 0, sizeof size_cases / sizeof *size_cases);
    tcase_add_loop_test(tcase, damage_is_described, 0, sizeof damages / sizeof *damages);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(modelfile_suite)
