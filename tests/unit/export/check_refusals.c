/* check_refusals.c - graphs by hand that no model can be: what is refused, and why. */
#include "tests/fixtures/check_main.h"

#include "export/build.h"
#include "export/c/c.h"
#include "export/onnx/onnx.h"

#include <string.h>

enum { OPS_MAX = 2000, WIDTH = 4 };

static bnn_arena *arena;
static bnn_op ops[OPS_MAX];
static int32_t sees[OPS_MAX], adds[OPS_MAX];
static bnn_graph graph;
static float values[WIDTH * WIDTH];

static void begin(void)
{
    arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    graph = (bnn_graph){
        .input = {WIDTH, 1, 1}, .n_classes = WIDTH, .ops = ops, .sees = sees, .adds = adds};
    for (int i = 0; i < WIDTH * WIDTH; i++)
        values[i] = 0.5f;
    for (int i = 0; i < OPS_MAX; i++) {
        sees[i] = i - 1;
        adds[i] = -1;
    }
}

static void end(void)
{
    bnn_arena_destroy(arena);
}

static bnn_op *add(bnn_lower_op type, const char *name)
{
    bnn_op *op = &ops[graph.n_ops++];
    *op = (bnn_op){.type = type,
                   .name = name,
                   .in = {WIDTH, 1, 1},
                   .out = {WIDTH, 1, 1},
                   .kernel = 1,
                   .stride = 1};
    return op;
}

static bnn_op *add_dense(const char *name)
{
    bnn_op *op = add(BNN_LOWER_DENSE, name);
    op->weight = values;
    return op;
}

static void refuses(int wanted, const bnn_metadata *metadata, uint32_t n, const char *message)
{
    bnn_error err = {.message = ""};
    bnn_model *model = NULL;
    ck_assert_int_eq(bnn_export_build(&graph, metadata, n, true, NULL, NULL, arena, &model, &err),
                     wanted);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
    ck_assert_ptr_null(model);
}

START_TEST(too_many_weights)
{
    add_dense("wide")->in = (bnn_shape){BNN_SUM_MAX + 1, 1, 1};
    refuses(BNN_E_FAILED, NULL, 0, "wide: 16777217 weights a channel are more than 16777216");
}
END_TEST

START_TEST(padding_of_no_value)
{
    bnn_op *op = add_dense("padded");
    op->type = BNN_LOWER_CONV2D;
    op->padding = 1;
    op->pad_value = 0.25f;
    refuses(BNN_E_FAILED, NULL, 0, "padded: padding with 0.25 cannot be deployed");
}
END_TEST

START_TEST(too_long_a_chain)
{
    add_dense("first");
    for (int i = 0; i <= BNN_CHAIN_MAX; i++)
        add(BNN_LOWER_AFFINE, i == BNN_CHAIN_MAX ? "one_more" : "affine")->factor = values;
    refuses(BNN_E_FAILED, NULL, 0, "one_more: the chain has more than 16 operations");
}
END_TEST

START_TEST(too_many_stages)
{
    for (int i = 0; i <= BNN_STAGES_MAX; i++)
        add_dense("dense");
    refuses(BNN_E_FAILED, NULL, 0, "the network has more than 1024 layers with weights");
}
END_TEST

START_TEST(too_large_groups_of_bits)
{
    add(BNN_LOWER_SIGN, "sign")->in = (bnn_shape){1, 8192, 4096};
    bnn_op *op = add(BNN_LOWER_GROUP_SUM, "counts");
    op->in = (bnn_shape){1, 8192, 4096};
    op->out = (bnn_shape){1, 1, 1};
    refuses(BNN_E_FAILED, NULL, 0, "groups of more than 16777216 values");
}
END_TEST

START_TEST(texts_that_a_model_has_not)
{
    static bnn_metadata many[BNN_METADATA_MAX + 1];
    static const bnn_metadata bad[] = {{"", "value"}, {"key", "bell \a"}, {"\x1b", "value"}};
    add_dense("dense");
    for (size_t i = 0; i < sizeof many / sizeof *many; i++)
        many[i] = (bnn_metadata){"key", "value"};
    refuses(BNN_E_INTERNAL, many, BNN_METADATA_MAX + 1,
            "257 texts about a model are more than 256");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(BNN_E_FAILED, &bad[i], 1,
                "key or value is empty, longer than 65535 bytes, or has control");
}
END_TEST

/* ---- C and ONNX ---------------------------------------------------------------------------- */

static const bnn_model *built(void)
{
    bnn_error err;
    bnn_model *model;
    ck_assert_int_eq(bnn_export_build(&graph, NULL, 0, true, NULL, NULL, arena, &model, &err),
                     BNN_OK);
    return model;
}

START_TEST(options_of_c)
{
    static const uint8_t images[WIDTH];
    static const float logits[WIDTH] = {1.0f / 0.0f};
    static const struct {
        bnn_c_options options;
        const char *message;
    } cases[] = {
        {{.prefix = NULL}, "prefix \"\" is not a letter and then letters, digits or '_'"},
        {{.prefix = "a-b"}, "prefix \"a-b\" is not a letter"},
        {{.prefix = "net", .header = "a\"b.h"}, "cannot be the name of a header in C"},
        {{.prefix = "net", .n_tests = BNN_C_TESTS_MAX + 1}, "1001 test images are more than 1000"},
        {{.prefix = "net", .n_tests = 1}, "1 test images without pixels or logits"},
        {{.prefix = "net", .n_tests = 1, .images = images, .logits = logits},
         "C has no constant for the logit inf of class 0"},
    };
    add_dense("dense");
    const bnn_model *model = built();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *source = NULL, *header = NULL;
        bnn_error err = {.message = ""};
        ck_assert_int_eq(bnn_c_export(model, &cases[i].options, &source, &header, &err),
                         BNN_E_USAGE);
        ck_assert_msg(strstr(err.message, cases[i].message) != NULL, "%s", err.message);
        ck_assert(source == NULL && header == NULL);
    }
}
END_TEST

START_TEST(floats_without_a_constant_in_c)
{
    char *source = NULL, *header = NULL;
    bnn_error err = {.message = ""};
    values[3] = 1.0f / 0.0f;
    add_dense("dense");
    ck_assert_int_eq(
        bnn_c_export(built(), &(bnn_c_options){.prefix = "net"}, &source, &header, &err),
        BNN_E_FAILED);
    ck_assert_msg(strstr(err.message, "a value is infinite or not a number, which C cannot say") !=
                      NULL,
                  "%s", err.message);
}
END_TEST

static void refuses_onnx(const char *message)
{
    unsigned char *bytes = NULL;
    size_t n;
    bnn_error err = {.message = ""};
    ck_assert_int_eq(bnn_onnx_export(built(), &(bnn_onnx_options){0}, &bytes, &n, &err),
                     BNN_E_FAILED);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
    ck_assert_ptr_null(bytes);
}

START_TEST(names_that_onnx_has_once)
{
    add_dense("dense");
    add_dense("dense");
    refuses_onnx("is empty or not the only such; ONNX needs layers with different names");
}
END_TEST

START_TEST(means_that_onnx_has_not)
{
    graph.view.shrink = 7;
    add_dense("dense");
    refuses_onnx("model.topology.input.shrink 7: ONNX has no exact means of 7x7 pixels");
}
END_TEST

START_TEST(gates_are_no_qonnx)
{
    unsigned char *bytes = NULL;
    size_t n;
    bnn_error err = {.message = ""};
    add(BNN_LOWER_GROUP_SUM, "counts");
    ck_assert_int_eq(bnn_onnx_export_qonnx(&graph, &(bnn_onnx_options){0}, &bytes, &n, &err),
                     BNN_E_FAILED);
    ck_assert_str_eq(err.message, "counts: QONNX has no operation for gates; take onnx or packed");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("export: refusals");
    TCase *tc = tcase_create("refusals");
    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, too_many_weights);
    tcase_add_test(tc, padding_of_no_value);
    tcase_add_test(tc, too_long_a_chain);
    tcase_add_test(tc, too_many_stages);
    tcase_add_test(tc, too_large_groups_of_bits);
    tcase_add_test(tc, texts_that_a_model_has_not);
    tcase_add_test(tc, options_of_c);
    tcase_add_test(tc, floats_without_a_constant_in_c);
    tcase_add_test(tc, names_that_onnx_has_once);
    tcase_add_test(tc, means_that_onnx_has_not);
    tcase_add_test(tc, gates_are_no_qonnx);
    suite_add_tcase(suite, tc);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
