/* check_main.h - the main of every Check program. */
#ifndef BNN_TESTS_CHECK_MAIN_H
#define BNN_TESTS_CHECK_MAIN_H

#include <check.h>
#include <stdlib.h>

#define BNN_CHECK_MAIN(make_suite)                                  \
    int main(void)                                                  \
    {                                                               \
        SRunner *runner = srunner_create(make_suite());             \
        srunner_run_all(runner, CK_ENV);                            \
        const int n_failed = srunner_ntests_failed(runner);         \
        srunner_free(runner);                                       \
        return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;         \
    }

#endif
