/* check_foreign.c - a database from anywhere: whatever its columns hold, no command that reads crashes, writes
 * elsewhere, or hands a terminal what it obeys. */
#include "tests/fixtures/pool_fixture.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

enum { TABLES_MAX = 64, COLUMNS_MAX = 40 };

/* What stands where something else belongs. */
#define FOREIGN_TEXT \
    "'=' || char(27, 91, 51, 49, 109, 155, 8238) || CAST(X'9bffe280' AS TEXT) || 'x'"
static const char *const values[] = {"7", "NULL", "X'1b5b33316d00ff'", FOREIGN_TEXT, "-1e300"};
enum { N_VALUES = sizeof values / sizeof *values, N_SHORT = 2 };

static const char *database;
static const char *uids[2];

/* ---- mutations --------------------------------------------------------------------------- */

static void list_texts(const char *sql, const char **out, size_t max, size_t *out_n)
{
    char *rows = plain_rows(database, sql);
    char *text = bnn_arena_strdup(arena, rows);
    free(rows);
    *out_n = 0;
    for (char *line; (line = strsep(&text, "\n")) != NULL;) {
        ck_assert_uint_lt(*out_n, max);
        out[*out_n] = line;
        *out_n += line[0] != '\0';
    }
}

/* By these rows are found; with them gone there would be nothing to read. */
static bool foreign_is_key(const char *column)
{
    static const char *const keys[] = {"run_uid", "state", "attempt", "n_attempts", "name",
                                       "epoch",   "seed",  "in_spec", "kind"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(column, keys[i]) == 0)
            return true;
    return bnn_text_ends_with(column, "_id");
}

/* A table without types and constraints, which nothing but a file from elsewhere has. only: the column that
 * gets a value; NULL: all but keys get one, in turns. */
static void foreign_mutate(const char *table, const char *only, size_t first)
{
    const char *columns[COLUMNS_MAX], *list = "";
    size_t n;
    list_texts(bnn_arena_printf(arena, "SELECT name FROM pragma_table_info('%s')", table), columns,
               COLUMNS_MAX, &n);
    for (size_t i = 0; i < n; i++) {
        const bool hit = only == NULL ? !foreign_is_key(columns[i]) : strcmp(only, columns[i]) == 0;
        list = bnn_arena_printf(
            arena, "%s%s%s%s AS \"%s\"", list, i == 0 ? "" : ", ", hit ? "" : "+",
            hit ? values[(only == NULL ? first + i : first) % N_VALUES] : columns[i], columns[i]);
    }
    plain_execute(database, bnn_arena_printf(arena,
                                             "PRAGMA foreign_keys = OFF;"
                                             "PRAGMA legacy_alter_table = ON;"
                                             "CREATE TABLE made AS SELECT %s FROM \"%s\";"
                                             "DROP TABLE \"%s\"; ALTER TABLE made RENAME TO \"%s\"",
                                             list, table, table, table));
}

static void foreign_copy(const char *from)
{
    char *bytes;
    size_t n;
    const char *const ends[] = {"-wal", "-shm"};
    ck_ok(bnn_file_read(from, (size_t)16 << 20, &bytes, &n, err));
    ck_ok(bnn_file_write(database, bytes, n, err));
    free(bytes);
    for (size_t i = 0; i < 2; i++)
        unlink(bnn_arena_printf(arena, "%s%s", database, ends[i]));
}

/* ---- commands ---------------------------------------------------------------------------- */

/* A control character other than a line feed or tab; JSON and tables have none. */
static bool foreign_obeys(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] != '\n' && text[i] != '\t' && text[i] != '\r' && (unsigned char)text[i] < ' ')
            return true;
    return memmem(text, n, "\302\233", 2) != NULL || memmem(text, n, "\342\200\256", 3) != NULL;
}

/* All that is printed. */
static bool foreign_is_text(const char *text, size_t n)
{
    size_t bytes = 1;
    for (size_t i = 0; i < n && bytes > 0; i += bytes)
        bytes = bnn_text_character(text + i);
    return bytes > 0;
}

/* clean: a table for people. */
static void foreign_run(char *const *command, bool clean, const char *what)
{
    char *text;
    size_t n;
    int status;
    pid_t pid;
    const char *out = store_path("out");
    posix_spawn_file_actions_t actions;
    ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    ck_assert_int_eq(posix_spawn(&pid, command[0], &actions, NULL, command, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_ok(bnn_file_read(out, (size_t)64 << 20, &text, &n, err));
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) <= 5,
                  "%s of a database with %s: status %x: %.600s", command[1], what, status, text);
    ck_assert_msg(!clean || !foreign_obeys(text, n), "%s of a database with %s commands: %.600s",
                  command[1], what, text);
    ck_assert_msg(foreign_is_text(text, n), "%s of a database with %s is not UTF-8: %.600s",
                  command[1], what, text);
    free(text);
}

/* To folders, and a file, that are not there yet. */
static void foreign_export_all(const char *what)
{
    static char program[4096], export[] = "export", tiny[] = "tiny", o[] = "-o";
    static char formats[][24] = {"--format=tensorboard", "--format=mlflow", "--format=trackio",
                                 "--format=csv", "--format=latex"};
    static unsigned n_made;
    snprintf(program, sizeof program, "%s", getenv("BNNRUN"));
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char *made = bnn_arena_printf(arena, "%s.%u", store_path("exported"), n_made++);
        foreign_run((char *[]){program, export, tiny, formats[i], o, made, NULL}, true, what);
    }
}

static void foreign_read_all(const char *what)
{
    static char program[4096], uid[2][65], made[300], json[] = "--json", csv[] = "--csv",
                                                      o[] = "-o";
    static char runs[] = "runs", show[] = "show", compare[] = "compare", query[] = "query";
    static char diff[] = "diff", verify[] = "verify", export[] = "export", report[] = "report";
    static char sql[] = "SELECT * FROM run_summary, leaderboard", gc[] = "gc", n[] = "-n";
    static char doctor[] = "doctor", bench[] = "bench", rounds[] = "--rounds=1";
    static char batch[] = "--batch=1", alone[] = "--no-ort", md[] = "--md", latex[] = "--latex";
    static char out[] = "-";
    snprintf(program, sizeof program, "%s", getenv("BNNRUN"));
    snprintf(made, sizeof made, "%s", store_path("made"));
    for (int i = 0; i < 2; i++)
        snprintf(uid[i], sizeof uid[i], "%s", uids[i]);
    char *const commands[][7] = {
        {program, runs},
        {program, show, uid[0]},
        {program, compare},
        {program, diff, uid[0], uid[1]},
        {program, query, sql},
        {program, verify, uid[0]},
        {program, gc, n},
        {program, doctor},
        {program, export, uid[0], o, made},
        {program, report, o, out},
        {program, runs, csv},
        {program, compare, latex},
        {program, bench, uid[0], rounds, batch, alone},
        {program, query, sql, csv},
        {program, runs, json},
        {program, show, uid[0], json},
        {program, compare, json},
        {program, compare, md},
        {program, bench, uid[0], rounds, batch, json},
    };
    enum { N_CLEAN = 9, N_ALWAYS = 13, N = sizeof commands / sizeof *commands };
    const size_t n_commands = getenv("BNN_TEST_LONG") != NULL ? N : N_ALWAYS;
    for (size_t i = 0; i < n_commands; i++)
        foreign_run(commands[i], i < N_CLEAN, what);
    foreign_export_all(what);
}

static void foreign_make(void)
{
    load_well(TINY);
    make_plan();
    ck_ok(execute(2, err));
    plain_execute(store_file(), "PRAGMA journal_mode = DELETE");
    for (int i = 0; i < 2; i++)
        uids[i] = plan.runs[i].uid;
    database = bnn_arena_strdup(arena, store_path("foreign.db"));
    ck_assert_int_eq(setenv("BNNRUN_DB", database, 1), 0);
}

START_TEST(no_column_is_believed)
{
    const char *tables[TABLES_MAX];
    size_t n;
    foreign_make();
    foreign_copy(store_file());
    list_texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
               tables, TABLES_MAX, &n);
    ck_assert_uint_gt(n, 15);
    for (size_t i = 0; i < n; i++)
        foreign_mutate(tables[i], NULL, (size_t)_i);
    foreign_read_all(bnn_arena_printf(arena, "%s and others in all columns", values[_i]));
}
END_TEST

/* Each column by itself, with every command: an hour. */
START_TEST(no_column_is_believed_alone)
{
    const char *tables[TABLES_MAX], *columns[COLUMNS_MAX];
    size_t n, n_columns;
    foreign_make();
    foreign_copy(store_file());
    list_texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
               tables, TABLES_MAX, &n);
    for (size_t i = 0; i < n; i++) {
        list_texts(bnn_arena_printf(arena, "SELECT name FROM pragma_table_info('%s')", tables[i]),
                   columns, COLUMNS_MAX, &n_columns);
        for (size_t k = 0; k < n_columns; k++) {
            foreign_copy(store_file());
            foreign_mutate(tables[i], columns[k], (size_t)_i);
            foreign_read_all(
                bnn_arena_printf(arena, "%s in %s.%s", values[_i], tables[i], columns[k]));
        }
    }
}
END_TEST

/* A run's folder is named by its uid. */
START_TEST(a_uid_from_elsewhere_is_no_path)
{
    bnn_store_recovered recovered;
    load_well(TINY);
    make_plan();
    plain_execute(store_file(), "UPDATE run SET run_uid = '../outside' WHERE run_id = 1");
    bnn_error refusal;
    ck_assert_int_eq(
        bnn_plan_record(&experiment, store_file(), NULL, false, arena, &plan, &recovered, &refusal),
        BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(refusal.message, "\"../outside\" cannot be the name of a run"));
    ck_assert_int_ne(access(store_path("outside"), F_OK), 0);
}
END_TEST

START_TEST(a_link_is_no_folder_of_a_run)
{
    load_well(TINY);
    make_plan();
    const char *folders = bnn_run_path(store_file(), NULL, NULL, arena);
    ck_assert_int_eq(mkdir(folders, 0700), 0);
    ck_assert_int_eq(mkdir(store_path("outside"), 0700), 0);
    ck_assert_int_eq(
        symlink(store_path("outside"), bnn_run_path(store_file(), plan.runs[1].uid, NULL, arena)),
        0);
    ck_ok(execute(1, err));
    ck_assert_uint_eq(summary.n_of[BNN_RUN_FAILED], 1);
    ck_assert_msg(strstr(seen.message, " is a link, and the folder of a run is none") != NULL, "%s",
                  seen.message);
    ck_assert_int_eq(rmdir(store_path("outside")), 0); /* nothing is there */
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("foreign");
    TCase *tcase = tcase_create("foreign");
    tcase_add_checked_fixture(tcase, watch_set_up, runner_tear_down);
    tcase_add_loop_test(tcase, no_column_is_believed, 0,
                        getenv("BNN_TEST_LONG") != NULL ? N_VALUES : N_SHORT);
    tcase_add_test(tcase, a_uid_from_elsewhere_is_no_path);
    tcase_add_test(tcase, a_link_is_no_folder_of_a_run);
    if (getenv("BNN_TEST_LONG") != NULL && strcmp(getenv("BNN_TEST_LONG"), "all") == 0) {
        tcase_set_timeout(tcase, 7200);
        tcase_add_loop_test(tcase, no_column_is_believed_alone, 0, N_VALUES);
    }
    suite_add_tcase(suite, tcase);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
