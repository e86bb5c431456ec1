/* check_topologies.c - topologies have the weights that they say, and take the bytes that they are named by. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/deploy_fixture.h"

#include "export/stage_size.h"

static const struct {
    const char *name;
    uint64_t weights, bytes;
} small[] = {
    {"mnist_3k", 15594, 3264},      {"mnist_7k", 33872, 6987},      {"mnist_11k", 52420, 10748},
    {"mnist_separable", 3536, 969}, {"mnist_bireal", 32464, 11314},
};
enum { N_SMALL = sizeof small / sizeof *small };

START_TEST(weights_take_the_bytes_of_the_name)
{
    const char *topology = bnn_arena_printf(arena, "  topology: %s\n", small[_i].name);
    const char *spec = model_spec(
        topology, "  quantize: {weights: ternary, first: {weights: 8}, last: {weights: 4}}\n");
    bnn_network *net = network_of(parsed_model(spec), 10, 1, 1);
    bnn_network_start_form(net);
    const bnn_model *model = built(graph_of(net), NULL, NULL);
    uint64_t weights = 0, bytes = 0;
    for (uint32_t i = 0; i < model->n_stages; i++) {
        bnn_stage_size size;
        bnn_modelfile_stage_size(model, i, &size);
        weights += size.n_weights;
        bytes += size.weight_bytes;
    }
    ck_assert_uint_eq(weights, small[_i].weights);
    ck_assert_uint_eq(bytes, small[_i].bytes);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("topologies");
    TCase *tcase = tcase_create("topologies");
    tcase_add_checked_fixture(tcase, model_set_up, model_tear_down);
    tcase_add_loop_test(tcase, weights_take_the_bytes_of_the_name, 0, N_SMALL);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
