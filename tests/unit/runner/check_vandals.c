/* check_vandals.c - a sweep of plugins that do what they can to their process and to what is around it: each costs its
 * own run at most, which says why; all other runs have the bits of a sweep without them. */
#include "base/sandbox.h"
#include "runner/artifacts.h"
#include "tests/fixtures/pool_fixture.h"

#include <fnmatch.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Beside it are the plugins of this tree, which did not come with the test. */
#define VANDAL_IN ", in grad of ste vandal"
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define VANDAL_AT VANDAL_IN "*" /* their stacks have other frames */
#else
#    define VANDAL_AT VANDAL_IN ", at * (ste_vandal.so+0x*)"
#endif
#define VANDAL_OF "; *ste vandal*, which did not come with bnnrun, act in it"

/* Sanitizers end a process in their own way where it leaves by exit(), has no memory, or starts threads after a fork. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

/* What a deed comes to: the reason of a failed run, as a pattern of fnmatch(); or what a run that is done has printed. */
typedef struct vandal_row {
    const char *does, *error, *prints;
} vandal_row;

static const vandal_row rows[] = {
    {"nothing", NULL, NULL},
    {"segfaults", "the run's process died: Segmentation fault (signal 11)" VANDAL_AT, NULL},
    {"overflows", "the run's process died: Segmentation fault (signal 11)" VANDAL_AT, NULL},
    {"traps", "the run's process died: Aborted (signal 6)" VANDAL_AT, NULL},
    {"divides", "the run's process died: Floating point exception (signal 8)" VANDAL_AT, NULL},
    {"exits", "the run's process ended with status 3 before the run did" VANDAL_IN, NULL},
    {"alarms", "the run's process died: Alarm clock (signal 14)" VANDAL_IN, NULL},
    {"closes", "the run's process ended with status 1 before the run did" VANDAL_OF, NULL},
    {"reuses", "the run's process ended with status 1 before the run did" VANDAL_OF, NULL},
    {"forks", NULL, NULL},
    {"threads", NULL, NULL},
    {"kills", NULL, "kill: Operation not permitted\n"},
    {"ends_group", "the run's process died: Killed (signal 9)" VANDAL_IN, NULL},
    {"eats", "used more than its memory limit of 300 MB" VANDAL_AT, NULL},
    {"writes_behind",
     "a plugin wrote behind the end of memory that it was given, seen after epoch 2" VANDAL_OF,
     NULL},
    {"writes_outside", NULL, "open: Permission denied\n"},
    {"removes", NULL, "unlink: Permission denied\n"},
    {"changes_rights", NULL, "chmod: Operation not permitted\n"},
    {"opens_socket", NULL, "socket: Permission denied\n"},
    {"changes_folder", "a plugin changed the working directory of the run's process" VANDAL_OF,
     NULL},
    {"changes_umask", "a plugin changed the umask of the run's process" VANDAL_OF, NULL},
    {"changes_limits", NULL, "setrlimit: Operation not permitted\n"},
    {"changes_environment", NULL, NULL},
    {"flushes", "ste vandal (*) changed the floating-point mode in epoch 2, which changes *", NULL},
    {"rounds", "ste vandal (*) changed the floating-point mode in epoch 2, which changes *", NULL},
    {"sets_clock", NULL, "clock_settime: Operation not permitted\n"},
    {"goes_around", NULL,
     "cut: Operation not permitted\nlimit: Operation not permitted\n"
     "owner: Operation not permitted\npair: Operation not permitted\n"},
    {"enters_spaces", NULL, "clone: Operation not permitted\nclone3: Function not implemented\n"},
    {"feigns", "*: No space left on device" VANDAL_OF, NULL},
    {"leaks", "*: Too many open files" VANDAL_OF, NULL},
    {"spoils", "diverged: *", NULL},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static bool vandals_leave_out(const vandal_row *row)
{
    static const char *const left_out[] = {"exits", "eats", "threads", "overflows"};
    for (size_t i = 0; SANITIZED && i < sizeof left_out / sizeof *left_out; i++)
        if (strcmp(row->does, left_out[i]) == 0)
            return true;
    return strcmp(row->does, "feigns") == 0 && !bnn_sandbox_find().seccomp;
}

static void vandals_set_up(void)
{
    struct rlimit files;
    unsetenv("BNNRUN_TRUST_PLUGINS");
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = 256;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    watch_set_up();
    bnn_registry_destroy(registry);
    registry = bnn_registry_create(getenv("BNN_TEST_PLUGINS"));
    ck_assert_int_eq(mkdir(store_path("outside"), 0700), 0);
    ck_ok(bnn_file_write(store_path("outside/kept"), "x", 1, err));
    ck_assert_int_eq(setenv("BNN_TEST_OUTSIDE", store_path("outside"), 1), 0);
}

/* All that was recorded of runs with this label, but what measures time. */
static const char *vandals_metrics(const char *label)
{
    char *got = plain_rows(
        store_file(),
        bnn_arena_printf(arena,
                         "SELECT seed, name, epoch, printf('%%!.20g', value) "
                         "FROM run JOIN experiment_config USING (experiment_id, config_id)"
                         " JOIN metric USING (run_id) WHERE name <> 'seconds'"
                         " AND label LIKE '%s' ORDER BY 1, 2, 3, 4",
                         label));
    const char *kept = bnn_arena_strdup(arena, got);
    free(got);
    return kept;
}

static const char *vandals_spec(bool all)
{
    const char *spec = "name: vandals\n" TINY_DATA TINY_MODEL "train: {epochs: 3, batch: 32}\n"
                       "seeds: {count: 1}\nrun: {measure: false, memory_limit: 300MB}\n"
                       "sweep: {list: [{model.ste: clipped}";
    for (size_t i = 0; i < (all ? N_ROWS : 1); i++)
        spec = vandals_leave_out(&rows[i])
                   ? spec
                   : bnn_arena_printf(arena, "%s, {model.ste: {name: vandal, does: %s}}", spec,
                                      rows[i].does);
    return bnn_arena_printf(arena, "%s]}\n", spec);
}

static const char *vandals_text(const char *sql, const vandal_row *row)
{
    char *got = plain_rows(
        store_file(), bnn_arena_printf(arena,
                                       "SELECT %s FROM run JOIN experiment_config USING "
                                       "(experiment_id, config_id) JOIN attempt USING (run_id) "
                                       "WHERE label LIKE '%%=%s%%'",
                                       sql, row->does));
    char *kept = bnn_arena_strdup(arena, got);
    free(got);
    kept[strcspn(kept, "\n")] = '\0';
    return kept;
}

static void vandals_check(const vandal_row *row, const char *well)
{
    int64_t n;
    const char *state = vandals_text("run.state", row);
    if (row->error != NULL) {
        ck_assert_msg(strcmp(state, "failed") == 0, "%s: %s", row->does, state);
        const char *error = vandals_text("attempt.error", row);
        ck_assert_msg(fnmatch(row->error, error, 0) == 0, "%s: %s", row->does, error);
        return;
    }
    ck_assert_msg(strcmp(state, "done") == 0, "%s: %s: %s", row->does, state,
                  vandals_text("attempt.error", row));
    ck_assert_str_eq(vandals_metrics(bnn_arena_printf(arena, "%%=%s%%", row->does)), well);
    const char *log =
        bnn_artifacts_log_end(store_file(), vandals_text("run.run_uid", row), arena, &n);
    if (row->prints != NULL)
        ck_assert_msg(log != NULL && strcmp(log, row->prints) == 0, "%s printed %s", row->does,
                      log);
}

START_TEST(each_costs_its_own_run)
{
    const bnn_sandbox kit = bnn_sandbox_find();
    run_sweep(vandals_spec(false), 1);
    const char *clipped = vandals_metrics("%clipped%"), *well = vandals_metrics("%nothing%");
    ck_assert_uint_gt(strlen(well), 100);
    forget_database();
    run_sweep(vandals_spec(true), 2);
    ck_assert_str_eq(vandals_metrics("%clipped%"), clipped);
    for (size_t i = 0; i < N_ROWS; i++)
        if (!vandals_leave_out(&rows[i]) &&
            (rows[i].prints == NULL || (kit.landlock >= 3 && kit.seccomp)))
            vandals_check(&rows[i], well);
    if (kit.landlock > 0) {
        struct stat kept;
        ck_assert_int_eq(stat(store_path("outside/kept"), &kept), 0);
        ck_assert(kept.st_size == 1 || (kit.landlock < 3 && !kit.seccomp));
        ck_assert_int_ne(access(store_path("outside/vandal"), F_OK), 0);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("vandals");
    TCase *tcase = tcase_create("vandals");
    tcase_add_checked_fixture(tcase, vandals_set_up, runner_tear_down);
    tcase_add_test(tcase, each_costs_its_own_run);
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
