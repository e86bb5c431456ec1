/* check_store_memory.c - what is listed of a database, in an arena that is too small for it: for each size up to that
 * which is enough, the lack of memory is what is told. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/sample_database.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_begun.h"
#include "db/store_compare.h"
#include "db/store_curate.h"
#include "db/store_curves.h"
#include "db/store_looks.h"
#include "db/store_results.h"

#include <string.h>

#define EXPERIMENT "tiny"
#define METRIC     "test_accuracy"

#define LISTS(name, type, arguments)                                    \
    static int name(bnn_store *store, bnn_arena *arena, bnn_error *err) \
    {                                                                   \
        type *rows;                                                     \
        size_t n;                                                       \
        return bnn_store_##name arguments;                              \
    }
LISTS(list_begun, const bnn_store_begun, (store, EXPERIMENT, arena, &rows, &n, err))
LISTS(list_varying, const bnn_store_key, (store, EXPERIMENT, arena, &rows, &n, err))
LISTS(list_settings, const bnn_store_set, (store, SAMPLE_RUN, arena, &rows, &n, err))
LISTS(list_points, const bnn_store_point, (store, SAMPLE_RUN, arena, &rows, &n, err))
LISTS(list_compared, const bnn_store_compared,
      (store, EXPERIMENT, NULL, METRIC, arena, &rows, &n, err))
LISTS(list_keys, const char *const, (store, arena, &rows, &n, err))
LISTS(list_tags, const char *const, (store, arena, &rows, &n, err))
LISTS(list_columns, const char *const, (store, arena, &rows, &n, err))
LISTS(list_curves, const bnn_store_curve, (store, EXPERIMENT, "train_loss", arena, &rows, &n, err))
LISTS(list_quantities, const char *const, (store, EXPERIMENT, arena, &rows, &n, err))
LISTS(list_experiments, const char *const, (store, arena, &rows, &n, err))
LISTS(list_uids, const char *const, (store, "", 9, arena, &rows, &n, err))
LISTS(list_plugins, const bnn_store_plugin, (store, SAMPLE_RUN, arena, &rows, &n, err))
LISTS(list_runs, const bnn_store_run, (store, EXPERIMENT, arena, &rows, &n, err))
LISTS(list_uses, const bnn_store_use, (store, EXPERIMENT, arena, &rows, &n, err))
LISTS(list_files, const bnn_store_file, (store, EXPERIMENT, NULL, arena, &rows, &n, err))
LISTS(list_seconds, const bnn_store_seconds, (store, arena, &rows, &n, err))
LISTS(list_ended, const bnn_store_ended, (store, EXPERIMENT, METRIC, arena, &rows, &n, err))

LISTS(list_predictions, const bnn_store_predicted, (store, EXPERIMENT, NULL, arena, &rows, &n, err))

static int find_run(bnn_store *store, bnn_arena *arena, bnn_error *err)
{
    bnn_stored_run run;
    return bnn_store_find_run(store, SAMPLE_RUN, arena, &run, err);
}

/* Chosen by all that can be asked. */
static int choose(bnn_store *store, bnn_arena *arena, bnn_error *err)
{
    static const char *const states[] = {"done"}, *const uids[] = {SAMPLE_RUN};
    const bnn_store_filter filter = {.experiment = EXPERIMENT,
                                     .uids = {1, uids},
                                     .states = {1, states},
                                     .since = "2020-01-01 00:00:00",
                                     .sort = "date"};
    const bnn_store_chosen *rows;
    size_t n;
    return bnn_store_choose(store, &filter, arena, &rows, &n, err);
}

static int (*const lists[])(bnn_store *, bnn_arena *, bnn_error *) = {
    list_begun, list_varying,    list_settings,    list_points, list_compared, list_keys,
    list_tags,  list_columns,    list_curves,      list_uids,   list_plugins,  list_runs,
    list_uses,  list_quantities, list_experiments, list_files,  list_seconds,  list_ended,
    choose,     find_run,        list_predictions,
};

START_TEST(lists_without_memory_say_so)
{
    enum { STEP = 64, MOST = 1 << 18 };
    sample_database_make(store_file());
    bnn_store *store = store_open(BNN_STORE_READ);
    bnn_error err = {0};
    int status = BNN_E_INTERNAL;
    size_t n_failed = 0;
    for (size_t limit = 0; status != BNN_OK && limit < MOST; limit += STEP) {
        bnn_arena *arena = bnn_arena_create(limit);
        status = lists[_i](store, arena, &err);
        bnn_arena_destroy(arena);
        ck_assert_msg(status == BNN_OK ||
                          (status == BNN_E_INTERNAL && strcmp(err.message, "out of memory") == 0),
                      "with %zu bytes: %d: %s", limit, status, err.message);
        n_failed += status != BNN_OK;
    }
    ck_assert_int_eq(status, BNN_OK);
    ck_assert_uint_gt(n_failed, 0);
    bnn_store_close(store);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("db: memory");
    TCase *memory = tcase_create("what is listed without memory");
    tcase_add_checked_fixture(memory, store_setup, store_teardown);
    tcase_add_loop_test(memory, lists_without_memory_say_so, 0, sizeof lists / sizeof *lists);
    suite_add_tcase(suite, memory);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
