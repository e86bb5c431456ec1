/* <bnn/infer.h> as its users see it: errors, facts, one model in many threads, one image and
 * many. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/deploy_fixture.h"

#include "infer/engine/engine.h"

#include <bnn/infer.h>

#include <pthread.h>

enum { CLASSES = 10, IMAGES = 70, THREADS = 4, IMAGE_BYTES = 28 * 28 };

static const char spec_text[] = "  binarize: {first: true, last: true}\n  ordering: pool_bn_act\n";
static uint8_t *file;
static size_t file_bytes;
static bnn_graph *graph;
static buffers b;

static void infer_set_up(void)
{
    model_set_up();
    bnn_network *net = network_of(parsed_model(model_spec(LENET, spec_text)), CLASSES, 1, 1);
    fill_tensors(net, 7);
    graph = graph_of(net);
    file = encoded(built(graph, NULL, NULL), &file_bytes);
    b = (buffers){.state = 3};
}

static void infer_tear_down(void)
{
    buffers_free(&b);
    free(file);
    model_tear_down();
}

static bnn_model *opened(void)
{
    char error[BNN_INFER_ERROR];
    bnn_model *model = NULL;
    ck_assert_msg(bnn_model_open_memory(file, file_bytes, NULL, &model, error) == 0, "%s", error);
    return model;
}

/* Logits of the executable specification. */
static float *expected_logits(const uint8_t *images)
{
    float *logits = empty_floats(&b, IMAGES * CLASSES);
    float *scratch = empty_floats(&b, evaluation_scratch(graph));
    for (size_t i = 0; i < IMAGES; i++)
        evaluate(graph, images + i * IMAGE_BYTES, logits + i * CLASSES, scratch);
    return logits;
}

static bool all_same(const float *x, const float *y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!same_float(x[i], y[i]))
            return false;
    return true;
}

START_TEST(one_image_and_many_give_the_same)
{
    bnn_model *model = opened();
    const uint8_t *images = random_images(&b, IMAGES * IMAGE_BYTES);
    const float *expected = expected_logits(images);
    char *workspace = buffer_bytes(&b, bnn_model_workspace_bytes(model) + 8);
    float *logits = empty_floats(&b, IMAGES * CLASSES);
    bnn_model_run(model, IMAGES, images, logits, workspace);
    ck_assert(all_same(logits, expected, IMAGES * CLASSES));
    for (size_t i = 0; i < IMAGES; i++) {
        /* A workspace need not be aligned. */
        bnn_model_run(model, 1, images + i * IMAGE_BYTES, logits, workspace + i % 9);
        ck_assert(all_same(logits, expected + i * CLASSES, CLASSES));
    }
    uint64_t stage_ns[5] = {0};
    bnn_model_profile(model, IMAGES, images, logits, workspace, stage_ns);
    ck_assert(all_same(logits, expected, IMAGES * CLASSES));
    for (int i = 0; i < 5; i++)
        ck_assert_uint_gt(stage_ns[i], 0);
    float untouched = NAN;
    bnn_model_run(model, 0, images, &untouched, workspace);
    ck_assert(isnan(untouched));
    bnn_model_close(model);
}
END_TEST

/* Networks whose ends are floats or bits, in several orders; with tensors that make it hard. */
START_TEST(engines_give_the_logits_of_training)
{
    static const char *const specs[] = {
        "  binarize: {first: true, last: true}\n  ordering: bn_act\n",
        "  binarize: {first: true, last: false}\n  ordering: pool_bn_act\n",
        "  binarize: {first: false, last: true}\n  ordering: pool_bn_act\n",
        "  binarize: {first: false, last: false}\n  ordering: bn_act\n",
        "  binarize: none\n",
    };
    static const char *const engines[] = {"avx512", "avx2", "neon", "portable"};
    const char *spec = specs[_i / 4], *engine = engines[_i % 4];
    char error[BNN_INFER_ERROR];
    bnn_model *model = NULL;
    size_t n_bytes;
    if (bnn_engine_find(engine) == NULL)
        return;
    bnn_network *net = network_of(parsed_model(model_spec(LENET, spec)), CLASSES, 1, 1);
    fill_tensors(net, 11 + (uint64_t)_i / 4);
    graph = graph_of(net);
    uint8_t *bytes = encoded(built(graph, NULL, NULL), &n_bytes);
    ck_assert_msg(bnn_model_open_memory(bytes, n_bytes, engine, &model, error) == 0, "%s", error);
    free(bytes);
    const uint8_t *images = random_images(&b, IMAGES * IMAGE_BYTES);
    const float *expected = expected_logits(images);
    float *logits = empty_floats(&b, IMAGES * CLASSES);
    char *workspace = buffer_bytes(&b, bnn_model_workspace_bytes(model));
    bnn_model_run(model, IMAGES, images, logits, workspace);
    ck_assert_msg(all_same(logits, expected, IMAGES * CLASSES), "%s: %s", engine, spec);
    bnn_model_run(model, 1, images + IMAGE_BYTES, logits, workspace);
    ck_assert_msg(all_same(logits, expected + CLASSES, CLASSES), "%s, one image: %s", engine, spec);
    bnn_model_close(model);
}
END_TEST

typedef struct job {
    const bnn_model *model;
    const uint8_t *images;
    const float *expected;
    bool same;
} job;

static void *run_job(void *argument)
{
    job *j = argument;
    void *workspace = malloc(bnn_model_workspace_bytes(j->model));
    float *logits = malloc(IMAGES * CLASSES * sizeof *logits);
    j->same = workspace != NULL && logits != NULL;
    for (int i = 0; j->same && i < 5; i++) {
        bnn_model_run(j->model, IMAGES, j->images, logits, workspace);
        j->same = all_same(logits, j->expected, IMAGES * CLASSES);
    }
    free(workspace);
    free(logits);
    return NULL;
}

START_TEST(threads_share_a_model)
{
    bnn_model *model = opened();
    pthread_t threads[THREADS];
    job jobs[THREADS];
    for (int i = 0; i < THREADS; i++) {
        const uint8_t *images = random_images(&b, IMAGES * IMAGE_BYTES);
        jobs[i] = (job){.model = model, .images = images, .expected = expected_logits(images)};
    }
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_job, &jobs[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert(jobs[i].same);
    }
    bnn_model_close(model);
}
END_TEST

START_TEST(facts_are_told)
{
    bnn_model *model = opened();
    bnn_model_info info;
    const char *key, *value;
    bnn_model_get_info(model, &info);
    ck_assert(info.channels == 1 && info.height == 28 && info.width == 28);
    ck_assert(info.n_classes == CLASSES && info.n_stages == 5 && info.file_bytes == file_bytes);
    ck_assert(info.n_weights == 61470 && info.n_binary_weights == 61470);
    ck_assert_str_eq(bnn_model_metadata(model, "run"), "0123abcd");
    ck_assert_ptr_null(bnn_model_metadata(model, "weather"));
    ck_assert_int_eq(bnn_model_metadata_at(model, 1, &key, &value), 1);
    ck_assert_str_eq(key, "spec");
    ck_assert_str_eq(value, "tests");
    ck_assert_int_eq(bnn_model_metadata_at(model, 2, &key, &value), 0);
    ck_assert_str_eq(bnn_model_stage_name(model, 4), "dense_5");
    ck_assert_ptr_null(bnn_model_stage_name(model, 5));
    const float logits[CLASSES] = {-3, 1, 2, 2, -INFINITY, 2, 0, 0, 0, 0};
    ck_assert_uint_eq(bnn_model_class(model, logits), 2);
    bnn_model_close(model);
    bnn_model_close(NULL);
}
END_TEST

START_TEST(errors_are_texts)
{
    char error[BNN_INFER_ERROR] = "";
    bnn_model *model = NULL;
    ck_assert_int_eq(bnn_model_open("nowhere/x.bnn", NULL, &model, error), -1);
    ck_assert_str_eq(error, "nowhere/x.bnn: cannot open: No such file or directory");
    ck_assert_int_eq(bnn_model_open_memory("", 0, NULL, &model, error), -1);
    ck_assert_str_eq(error,
                     "model: byte 0: not a model file: it must begin with 89 'BNN' 0d 0a 1a 0a");
    file[file_bytes / 2] ^= 4;
    ck_assert_int_eq(bnn_model_open_memory(file, file_bytes, NULL, &model, error), -1);
    ck_assert_msg(strstr(error, "it is damaged; copy it again") != NULL, "%s", error);
    file[file_bytes / 2] ^= 4;
    ck_assert_int_eq(bnn_model_open_memory(file, file_bytes, "abacus", &model, error), -1);
    ck_assert_str_eq(error, "engine \"abacus\" is not built in or cannot run on this machine");
    setenv("BNN_CPU", "abacus", 1);
    ck_assert_int_eq(bnn_model_open_memory(file, file_bytes, NULL, &model, error), -1);
    ck_assert_msg(strstr(error, "BNN_CPU=abacus") != NULL, "%s", error);
    ck_assert_ptr_null(model);
    ck_assert_int_eq(bnn_model_open_memory(file, file_bytes, "portable", &model, error), 0);
    bnn_model_info info;
    bnn_model_get_info(model, &info);
    ck_assert_str_eq(info.engine, "portable");
    bnn_model_close(model);
}
END_TEST

static Suite *infer_suite(void)
{
    Suite *suite = suite_create("infer");
    TCase *tcase = tcase_create("infer");
    tcase_add_checked_fixture(tcase, infer_set_up, infer_tear_down);
    tcase_add_test(tcase, one_image_and_many_give_the_same);
    tcase_add_loop_test(tcase, engines_give_the_logits_of_training, 0, 20);
    tcase_add_test(tcase, threads_share_a_model);
    tcase_add_test(tcase, facts_are_told);
    tcase_add_test(tcase, errors_are_texts);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(infer_suite)
