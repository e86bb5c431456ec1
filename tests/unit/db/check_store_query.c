/* check_store_query.c - what a statement of the user may do, what comes back, the
 * aggregates. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ignore_row(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    (void)context;
    (void)n;
    (void)values;
    (void)err;
    return BNN_OK;
}

static int ask(bnn_store *store, const char *sql, const bnn_store_argument *arguments, size_t n,
               bnn_error *err)
{
    const bnn_store_reader reader = {.row = ignore_row};
    return bnn_store_query(store, sql, arguments, n, &reader, err);
}

/* ---- what is allowed ---- */

START_TEST(statements_that_change_anything_are_refused)
{
    static const char *const table[] = {
        "INSERT INTO experiment(name) VALUES ('x')",
        "UPDATE run SET state = 'done'",
        "DELETE FROM run",
        "WITH x AS (SELECT 1) DELETE FROM run",
        "DROP TABLE run",
        "DROP VIEW leaderboard",
        "CREATE TABLE x(y)",
        "CREATE TEMP TABLE x(y)",
        "CREATE VIEW x AS SELECT 1",
        "ALTER TABLE run RENAME TO x",
        "ATTACH 'x.db' AS x",
        "DETACH main",
        "VACUUM",
        "VACUUM INTO 'x.db'",
        "REINDEX",
        "ANALYZE",
        "BEGIN",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT x",
        "EXPLAIN DELETE FROM run",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA user_version = 6",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA query_only = 0",
        "PRAGMA writable_schema = 1",
        "PRAGMA wal_checkpoint",
        "PRAGMA optimize",
        "SELECT load_extension('x')",
    };
    bnn_store_close(store_open(BNN_STORE_WRITE));
    const int64_t before = plain_number(store_file(), "PRAGMA schema_version");
    char message[700];
    snprintf(message, sizeof message,
             "only statements that read are possible here; to change the database, use sqlite3 %s",
             store_file());
    for (int mode = BNN_STORE_READ; mode <= BNN_STORE_WRITE; mode++) {
        bnn_store *store = store_open((bnn_store_mode)mode);
        for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
            bnn_error error = {.message = ""};
            const int status = ask(store, table[i], NULL, 0, &error);
            ck_assert_msg(status == BNN_E_USAGE, "%s: %d", table[i], status);
            if (strstr(error.message, "not authorized to use function") == NULL)
                ck_assert_msg(strcmp(error.message, message) == 0, "%s: %s", table[i],
                              error.message);
        }
        bnn_store_close(store);
    }
    ck_assert_int_eq(plain_number(store_file(), "PRAGMA schema_version"), before);
    ck_assert_int_eq(plain_number(store_file(), "PRAGMA user_version"), 9);
    ck_assert_str_eq(plain_text(store_file(), "PRAGMA journal_mode"), "wal");
}
END_TEST

START_TEST(statements_that_read_are_allowed)
{
    static const char *const table[] = {
        "SELECT * FROM leaderboard;",
        "  ;; SELECT 1 ; -- the end\n /* really */ ; ",
        "-- first\nSELECT 1",
        "VALUES (1), (2)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 2 FROM n LIMIT 9) SELECT i FROM n",
        "EXPLAIN QUERY PLAN SELECT * FROM run_summary",
        "PRAGMA table_info(run)",
        "PRAGMA user_version",
        "PRAGMA integrity_check",
        "SELECT name FROM pragma_table_info('run')",
        "SELECT sqrt(2), datetime('now'), json_extract('[1]', '$[0]')",
    };
    bnn_store *store = store_open(BNN_STORE_WRITE);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        ck_ok(ask(store, table[i], NULL, 0, err));
    add_experiment(store, "still writable");
    bnn_store_close(store);
    store = store_open(BNN_STORE_READ);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        ck_ok(ask(store, table[i], NULL, 0, err));
    bnn_store_close(store);
}
END_TEST

START_TEST(one_statement_and_no_nonsense)
{
    static const struct {
        const char *sql, *message;
    } table[] = {
        {"", "there is no SQL statement to run"},
        {" ; -- nothing\n", "there is no SQL statement to run"},
        {"SELECT 1; SELECT 2", "one statement at a time: there is more after the first \";\""},
        {"SELECT 1; DROP TABLE run",
         "one statement at a time: there is more after the first \";\""},
        {"SELECT 1; nonsense", "one statement at a time: there is more after the first \";\""},
        {"SELEC 1", "near \"SELEC\": syntax error"},
        {"SELECT * FROM runs", "no such table: runs"},
        {"SELECT acuracy FROM run_summary", "no such column: acuracy"},
        {"UPDATE sqlite_schema SET sql = ''", "table sqlite_master may not be modified"},
        {"SELECT abs(-9223372036854775808)", "integer overflow"},
        {"SELECT mean('many')", "mean, sd, median and ci95 take numbers, not texts or blobs"},
        {"SELECT median(x'00')", "mean, sd, median and ci95 take numbers, not texts or blobs"},
    };
    bnn_store *store = store_open(BNN_STORE_WRITE);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        ck_refused(ask(store, table[i].sql, NULL, 0, err), BNN_E_USAGE, table[i].message);
    bnn_store_close(store);
}
END_TEST

/* ---- what goes in and comes back ---- */

static int check_types(void *context, size_t n, const bnn_store_value *v, bnn_error *err)
{
    (void)err;
    ck_assert_uint_eq(n, 6);
    ck_assert_int_eq(v[0].type, BNN_STORE_VALUE_NULL);
    ck_assert_int_eq(v[1].type, BNN_STORE_VALUE_INTEGER);
    ck_assert_int_eq(v[1].integer, INT64_MIN);
    ck_assert(v[1].real == -0x1p63);
    ck_assert_int_eq(v[2].type, BNN_STORE_VALUE_REAL);
    ck_assert(v[2].real == 0.1);
    ck_assert_int_eq(v[3].type, BNN_STORE_VALUE_TEXT);
    ck_assert_str_eq(v[3].text, "\xc3\xa4|b");
    ck_assert_uint_eq(v[3].n_bytes, 4);
    ck_assert_int_eq(v[4].type, BNN_STORE_VALUE_BLOB);
    ck_assert_uint_eq(v[4].n_bytes, 3);
    ck_assert_int_eq(memcmp(v[4].text, "a\0b", 3), 0);
    ck_assert_int_eq(v[5].type, BNN_STORE_VALUE_REAL);
    ck_assert(v[5].real == INFINITY);
    ++*(int *)context;
    return BNN_OK;
}

START_TEST(values_keep_their_types)
{
    const bnn_store_argument arguments[] = {
        {NULL, {.type = BNN_STORE_VALUE_NULL}},
        {NULL, {.type = BNN_STORE_VALUE_INTEGER, .integer = INT64_MIN}},
        {NULL, {.type = BNN_STORE_VALUE_REAL, .real = 0.1}},
        {NULL, {.type = BNN_STORE_VALUE_TEXT, .text = "\xc3\xa4|b"}},
        {NULL, {.type = BNN_STORE_VALUE_BLOB, .text = "a\0b", .n_bytes = 3}},
        {NULL, {.type = BNN_STORE_VALUE_REAL, .real = INFINITY}},
    };
    int n_rows = 0;
    const bnn_store_reader reader = {.row = check_types, .context = &n_rows};
    bnn_store *store = store_open(BNN_STORE_WRITE);
    ck_ok(bnn_store_query(store, "SELECT ?, ?, ?, ?, ?, ?", arguments, 6, &reader, err));
    ck_assert_int_eq(n_rows, 1);
    bnn_store_close(store);
}
END_TEST

static int three_columns(void *context, size_t n, const char *const *names, bnn_error *err)
{
    (void)err;
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(names[0], "label");
    ck_assert_str_eq(names[1], "1 + 1");
    ck_assert_str_eq(names[2], "x");
    ++*(int *)context;
    return BNN_OK;
}

START_TEST(columns_are_told_before_rows_and_without_any)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    int n_calls = 0;
    const bnn_store_reader reader = {three_columns, check_types, &n_calls};
    ck_ok(bnn_store_query(store, "SELECT label, 1 + 1, seed AS x FROM run_summary", NULL, 0,
                          &reader, err));
    ck_assert_int_eq(n_calls, 1);
    bnn_store_close(store);
}
END_TEST

static int stop_at_third(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    (void)n;
    (void)values;
    if (++*(int *)context == 3)
        return bnn_fail(err, BNN_E_INTERRUPTED, "enough");
    return BNN_OK;
}

START_TEST(a_callback_ends_the_query)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    int n_rows = 0;
    const bnn_store_reader reader = {.row = stop_at_third, .context = &n_rows};
    ck_refused(bnn_store_query(store, "VALUES (1), (2), (3), (4)", NULL, 0, &reader, err),
               BNN_E_INTERRUPTED, "enough");
    ck_assert_int_eq(n_rows, 3);
    bnn_store_close(store);
}
END_TEST

START_TEST(arguments_find_their_parameters)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    static const bnn_store_value x = {.type = BNN_STORE_VALUE_TEXT, .text = "x"};
    const bnn_store_argument named = {":label", x}, wrong = {":lable", x};
    const bnn_store_argument two[] = {{NULL, x}, {NULL, x}};
    ck_ok(ask(store, "SELECT :label, :other", &named, 1, err));
    ck_ok(ask(store, "SELECT ?2, ?1", two, 2, err));
    ck_ok(ask(store, "SELECT ?, ?", two, 1, err));
    ck_refused(ask(store, "SELECT :label", &wrong, 1, err), BNN_E_USAGE,
               "the statement has no parameter :lable");
    ck_refused(ask(store, "SELECT ?", two, 2, err), BNN_E_USAGE,
               "2 values for a statement with 1 parameters");
    /* a value is a value, never SQL */
    const bnn_store_argument evil = {
        ":l", {.type = BNN_STORE_VALUE_TEXT, .text = "'; DROP TABLE run; --"}};
    ck_ok(ask(store, "SELECT * FROM run_summary WHERE label = :l", &evil, 1, err));
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM run"), 0);
    bnn_store_close(store);
}
END_TEST

/* ---- aggregates ---- */

static int keep_real(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    (void)n;
    (void)err;
    *(double *)context = values[0].type == BNN_STORE_VALUE_NULL ? NAN : values[0].real;
    return BNN_OK;
}

/* NaN for NULL. */
static double aggregate(bnn_store *store, const char *call, const char *values)
{
    char sql[1000];
    double result = -1;
    const bnn_store_reader reader = {.row = keep_real, .context = &result};
    snprintf(sql, sizeof sql, "SELECT %s FROM (SELECT column1 AS x FROM (VALUES %s))", call,
             values);
    ck_ok(bnn_store_query(store, sql, NULL, 0, &reader, err));
    return result;
}

START_TEST(aggregates_give_known_values)
{
    static const struct {
        const char *call, *values;
        double expected, tolerance;
    } table[] = {
        {"mean(x)", "(1), (2), (4)", 7.0 / 3, 1e-15},
        {"mean(x)", "(NULL), (5)", 5, 0},
        {"mean(x)", "(NULL)", NAN, 0},
        {"sd(x)", "(2), (4), (4), (4), (5), (5), (7), (9)", 2.138089935299395, 1e-14},
        {"sd(x)", "(1e9 + 4), (1e9 + 7), (1e9 + 13), (1e9 + 16)", 5.477225575051661, 1e-9},
        {"sd(x)", "(0.97), (0.97)", 0, 0},
        {"sd(x)", "(1)", NAN, 0},
        {"sd(x)", "(1), (NULL)", NAN, 0},
        {"median(x)", "(3), (1), (2)", 2, 0},
        {"median(x)", "(4), (1), (3), (2)", 2.5, 0},
        {"median(x)", "(1.5), (NULL), (-2)", -0.25, 0},
        {"median(x)", "(1e308), (1.5e308)", 1.25e308, 1e294},
        {"median(x)", "(9e999), (1), (9e999)", INFINITY, 0},
        {"median(x)", "(NULL)", NAN, 0},
        {"median(x)", "('7'), (8), (9.5)", 8, 0},
        {"ci95(x)", "(1), (2), (3)", 2.484137711720, 1e-9},
        {"ci95(x)", "(1), (3)", 12.706204736175, 1e-9},
        {"ci95(x)", "(1)", NAN, 0},
        {"sd(x) FILTER (WHERE x < 3)", "(1), (2), (30)", 0.7071067811865476, 1e-15},
    };
    bnn_store *store = store_open(BNN_STORE_WRITE);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const double value = aggregate(store, table[i].call, table[i].values);
        const bool good = isnan(table[i].expected)
                              ? isnan(value)
                              : value == table[i].expected ||
                                    fabs(value - table[i].expected) <= table[i].tolerance;
        ck_assert_msg(good, "%s of %s: %.17g", table[i].call, table[i].values, value);
    }
    bnn_store_close(store);
}
END_TEST

START_TEST(the_median_of_many)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    double result = 0;
    const bnn_store_reader reader = {.row = keep_real, .context = &result};
    ck_ok(bnn_store_query(store,
                          "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
                          " WHERE i < 10006) SELECT median(i * 7919 % 10007) FROM n",
                          NULL, 0, &reader, err));
    ck_assert(result == 5003);
    bnn_store_close(store);
}
END_TEST

/* ---- rows with types ---- */

typedef struct mixed_row {
    const char *text;
    int64_t integer;
    double real;
    bool flag;
} mixed_row;

START_TEST(rows_have_types)
{
    static const bnn_row_type type = {sizeof(mixed_row),
                                      {BNN_MEMBER(mixed_row, text), BNN_MEMBER(mixed_row, integer),
                                       BNN_MEMBER(mixed_row, real), BNN_MEMBER(mixed_row, flag)}};
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_arena *arena = bnn_arena_create(1 << 20);
    const void *rows = NULL;
    size_t n = 0;
    ck_ok(bnn_store_rows(store,
                         "SELECT ?1 AS text, 7 AS integer, 2 AS real, ?2 AS flag"
                         " UNION ALL SELECT NULL, 1.5, NULL, 0 UNION ALL SELECT 5, 'x', 'y', 'z'",
                         BNN_VALUES(bnn_value_text("a"), bnn_value_integer(1)), &type, arena, &rows,
                         &n, err));
    const mixed_row *mixed = rows;
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(mixed[0].text, "a");
    ck_assert(mixed[0].integer == 7 && mixed[0].real == 2 && mixed[0].flag);
    for (size_t i = 1; i < 3; i++) {
        ck_assert_str_eq(mixed[i].text, "");
        ck_assert(mixed[i].integer == -1 && isnan(mixed[i].real) && !mixed[i].flag);
    }
    ck_ok(bnn_store_rows(store,
                         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
                         " i < 100) SELECT 'x' || i AS text, i AS integer, NULL AS real, 0 AS flag"
                         " FROM n",
                         NULL, 0, &type, arena, &rows, &n, err));
    mixed = rows;
    ck_assert_uint_eq(n, 100);
    ck_assert_str_eq(mixed[99].text, "x100");
    ck_assert_int_eq(mixed[0].integer, 1);
    ck_ok(bnn_store_rows(store, "SELECT '' AS text, 0 AS integer, 0 AS real, 0 AS flag LIMIT 0",
                         NULL, 0, &type, arena, &rows, &n, err));
    ck_assert_uint_eq(n, 0);
    bnn_arena_destroy(arena);
    bnn_store_close(store);
}
END_TEST

/* What lacks memory is no mistake in the statement, wherever that happens. */
START_TEST(a_lack_of_memory_is_told)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    int status = BNN_E_INTERNAL, n = 0;
    bnn_error error = {.status = BNN_OK};
    ck_assert_int_eq(ask(store, "SELECT 1; -- and no more", NULL, 0, &error), BNN_OK);
    for (sqlite3_int64 more = 0; status != BNN_OK && more < 1 << 20; more += 64, n++) {
        sqlite3_hard_heap_limit64(sqlite3_memory_used() + more);
        status = ask(store, "SELECT 1; -- and no more", NULL, 0, &error);
        sqlite3_hard_heap_limit64(0);
        ck_assert_msg(status == BNN_OK || strcmp(error.message, "out of memory") == 0, "%s",
                      error.message);
    }
    ck_assert_int_eq(status, BNN_OK);
    ck_assert_int_gt(n, 1);
    bnn_store_close(store);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store queries");
    TCase *tests = tcase_create("queries and aggregates");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, statements_that_change_anything_are_refused);
    tcase_add_test(tests, statements_that_read_are_allowed);
    tcase_add_test(tests, one_statement_and_no_nonsense);
    tcase_add_test(tests, values_keep_their_types);
    tcase_add_test(tests, columns_are_told_before_rows_and_without_any);
    tcase_add_test(tests, a_callback_ends_the_query);
    tcase_add_test(tests, arguments_find_their_parameters);
    tcase_add_test(tests, a_lack_of_memory_is_told);
    tcase_add_test(tests, aggregates_give_known_values);
    tcase_add_test(tests, the_median_of_many);
    tcase_add_test(tests, rows_have_types);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
