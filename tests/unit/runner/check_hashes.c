/* check_hashes.c - a config has the hash that it always had, or what is done would be run once more: the specs that
 * come with bnnrun, and one with every plugin. Lines of hashes.txt are hash, spec, label. What comes later may add
 * lines, and changes none. With BNN_TEST_VERBOSE the lines of now are printed. */
#include "runner/experiment.h"

#include "tests/fixtures/check_main.h"
#include "tests/fixtures/runner_fixture.h"

#include <stdio.h>

static const char *const specs[] = {
    "tests/fixtures/reference/plugins",
    "tests/fixtures/reference/widths",
    "configs/best_lenet5",
    "configs/binarization",
    "configs/logic",
    "configs/lr_search",
    "configs/order_sweep",
    "configs/optimizer_sweep",
    "configs/quick",
    "configs/stages",
    "configs/ste_sweep",
    "configs/telemetry",
    "configs/time_to",
    "configs/widths",
};

/* The lines of a spec, in the arena. */
static const char *lines_of(const char *spec)
{
    const char *lines = "";
    const bnn_reader reader = source_reader();
    const char *path = source_path(bnn_arena_printf(arena, "%s.yaml", spec));
    const int status = bnn_experiment_load(&reader, path, NULL, &experiment);
    ck_assert_msg(status == BNN_OK, "%s", said());
    for (size_t i = 0; i < experiment.n_configs; i++)
        lines = bnn_arena_printf(arena, "%s%.16s %s %s\n", lines, experiment.configs[i].hash, spec,
                                 experiment.configs[i].label);
    return lines;
}

START_TEST(hashes_are_as_they_were)
{
    bnn_error err;
    char *were;
    size_t n;
    const char *lines = lines_of(specs[_i]);
    const char *path = source_path("tests/fixtures/reference/hashes.txt");
    if (getenv("BNN_TEST_VERBOSE") != NULL)
        fputs(lines, stderr);
    ck_assert_int_eq(bnn_file_read(path, 1 << 20, &were, &n, &err), BNN_OK);
    for (size_t line_bytes; *lines != '\0'; lines += line_bytes) {
        line_bytes = strcspn(lines, "\n") + 1;
        const char *line = bnn_arena_printf(arena, "%.*s", (int)line_bytes, lines);
        ck_assert_msg(strstr(were, line) != NULL, "%s has no line: %s", path, line);
    }
    free(were);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("hashes");
    TCase *tcase = tcase_create("hashes");
    tcase_add_checked_fixture(tcase, runner_set_up, runner_tear_down);
    tcase_add_loop_test(tcase, hashes_are_as_they_were, 0, sizeof specs / sizeof *specs);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
