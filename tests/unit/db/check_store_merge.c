/* check_store_merge.c - whether the merging of databases knows the whole schema, and takes a row of every table
 * along. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/sample_database.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The next line of a text, which it ends; NULL at the end. */
static char *next_line(char **text)
{
    char *line = *text;
    if (*line == '\0')
        return NULL;
    *text = line + strcspn(line, "\n");
    if (**text != '\0')
        *(*text)++ = '\0';
    return line;
}

/* "table|column" lines of the schema. */
static char *columns_of(const char *file)
{
    return plain_rows(
        file, "SELECT m.name, c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c"
              " WHERE m.type = 'table' ORDER BY 1, 2");
}

START_TEST(every_table_and_every_id_of_the_schema_is_known)
{
    bnn_store_close(store_open(BNN_STORE_WRITE));
    char *all = columns_of(store_file());
    size_t n = 0;
    char *rest = all;
    for (char *line; (line = next_line(&rest)) != NULL; n++) {
        char *column = strchr(line, '|');
        *column++ = '\0';
        ck_assert_msg(bnn_store_merge_knows(line, column),
                      "%s.%s: put it into the lists of store_merge.c", line, column);
    }
    ck_assert_uint_gt(n, 100);
    ck_assert(!bnn_store_merge_knows("a_new_table", "name"));
    ck_assert(!bnn_store_merge_knows("run", "a_new_id"));
    free(all);
}
END_TEST

/* A table may be known and yet not be copied. */
START_TEST(a_row_of_every_table_comes_along)
{
    const char *from = store_path("from.db");
    bnn_store *into = store_open(BNN_STORE_WRITE);
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    const bnn_store_merged *runs;
    size_t n;
    int64_t n_conflicts;
    sample_database_make(from);
    plain_execute(from, "UPDATE benchmark SET run_id = 1"); /* the sample's has lost its run */
    ck_ok(bnn_store_merge_begin(into, from, "from.db", arena, &runs, &n, err));
    ck_ok(bnn_store_merge_finish(into, "from.db", &n_conflicts, err));
    bnn_store_merge_end(into);
    ck_assert_uint_gt(n, 0);
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(runs[i].how, "new");
    char *tables =
        plain_rows(from, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> "
                         "'highest_id' ORDER BY 1");
    char *rest = tables;
    for (char *table; (table = next_line(&rest)) != NULL;) {
        char sql[200];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
        const int64_t there = plain_number(from, sql);
        ck_assert_msg(there > 0, "%s: the sample has no row of it", table);
        ck_assert_msg(plain_number(store_file(), sql) == there, "%s: rows were left behind", table);
    }
    free(tables);
    bnn_arena_destroy(arena);
    bnn_store_close(into);
    char *violations = plain_rows(store_file(), "PRAGMA foreign_key_check");
    ck_assert_str_eq(violations, "");
    free(violations);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store_merge");
    TCase *tests = tcase_create("merge");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, every_table_and_every_id_of_the_schema_is_known);
    tcase_add_test(tests, a_row_of_every_table_comes_along);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
