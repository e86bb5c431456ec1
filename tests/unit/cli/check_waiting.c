/* check_waiting.c - a sweep that waits for another process. */
#include "cli/commands/looks.h"

#include "tests/fixtures/check_main.h"

#include <string.h>

/* So that a value that nobody has set is none that is harmless by chance. */
static __attribute__((noinline)) void spoil_stack(void)
{
    volatile char bytes[1 << 16];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = 0x5a;
}

START_TEST(a_database_that_cannot_be_opened_ends_the_wait)
{
    bnn_plan plan = {.n = 0};
    bnn_error err = {.message = ""};
    plan.n_of[BNN_RUN_RUNNING] = 1;
    spoil_stack();
    ck_assert_int_eq(cli_looks_wait(&plan, "/nowhere/sweep.db", &err), BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/sweep.db"));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("waiting");
    TCase *tests = tcase_create("waiting");
    tcase_add_test(tests, a_database_that_cannot_be_opened_ends_the_wait);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
