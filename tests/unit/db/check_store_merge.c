/* check_store_merge.c - whether the merging of databases knows the whole schema, and takes a row of every table
 * along; what becomes of runs that are in both, what is refused, and what a part of a database needs. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/sample_database.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_merge.h"

#include <limits.h>
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
                      "%s.%s: put it into the lists of store_merge_rows.c", line, column);
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
    ck_ok(bnn_store_merge_begin(into, from, "from.db", NULL, arena, &runs, &n, err));
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

/* ---- what becomes of runs that are in both ---- */

/* Two databases with the same runs, the second of which is merged into the first after these changes. */
typedef struct merge_pair {
    bnn_store *into;
    const char *from;
    bnn_arena *arena;
    const bnn_store_merged *runs;
    size_t n;
} merge_pair;

static merge_pair pair_make(const char *change_here, const char *change_there)
{
    merge_pair pair = {.from = store_path("from.db"),
                       .arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES)};
    sample_database_make(store_file());
    sample_database_make(pair.from);
    plain_execute(store_file(), change_here);
    plain_execute(pair.from, change_there);
    pair.into = store_open(BNN_STORE_WRITE);
    return pair;
}

static void pair_begin(merge_pair *pair)
{
    ck_ok(bnn_store_merge_begin(pair->into, pair->from, "from.db", NULL, pair->arena, &pair->runs,
                                &pair->n, err));
    ck_assert_uint_eq(pair->n, 8);
}

static void pair_end(merge_pair *pair)
{
    bnn_store_merge_end(pair->into);
    bnn_store_close(pair->into);
    bnn_arena_destroy(pair->arena);
}

static void pair_finish(merge_pair *pair)
{
    int64_t n_conflicts;
    ck_ok(bnn_store_merge_finish(pair->into, "from.db", &n_conflicts, err));
    pair_end(pair);
}

/* The first run of the sample; of all others the results are the same. */
static const bnn_store_merged *pair_first(const merge_pair *pair)
{
    for (size_t i = 1; i < pair->n; i++)
        ck_assert_str_eq(pair->runs[i].how, "same");
    return &pair->runs[0];
}

/* What the first run comes to with these changes. */
static void check_first(const char *here, const char *there, const char *how, const char *what,
                        const char *made, int promised)
{
    merge_pair pair = pair_make(here, there);
    pair_begin(&pair);
    const bnn_store_merged *run = pair_first(&pair);
    ck_assert_str_eq(run->how, how);
    ck_assert_str_eq(run->what, what);
    ck_assert_str_eq(run->made, made);
    if (strcmp(how, "different") == 0)
        ck_assert_int_eq(run->promised, promised);
    pair_end(&pair);
}

#define FIRST_MODEL   "UPDATE artifact SET sha256 = 'x' WHERE run_id = 1 AND kind = 'model';"
#define FIRST_WEIGHTS "UPDATE artifact SET sha256 = 'x' WHERE run_id = 1 AND kind = 'weights';"
#define NO_WEIGHTS    "DELETE FROM artifact WHERE kind = 'weights';"
#define VERSION       "UPDATE environment SET version = '0.2.0';"
#define LABEL         "UPDATE experiment_config SET label = 'x' WHERE config_id = 1;"

START_TEST(a_model_file_that_names_another_version_is_no_difference)
{
    check_first("", FIRST_MODEL VERSION, "same", "", "", 0);
}
END_TEST

START_TEST(a_model_file_follows_from_its_weights)
{
    check_first("", FIRST_MODEL, "same", "", "", 0);
}
END_TEST

START_TEST(without_weights_model_files_are_compared_where_they_name_the_same)
{
    check_first(NO_WEIGHTS, FIRST_MODEL VERSION, "same", "", "", 0);
}
END_TEST

START_TEST(or_the_label_is_another)
{
    check_first(NO_WEIGHTS, FIRST_MODEL LABEL, "same", "", "", 0);
}
END_TEST

START_TEST(a_model_file_alone_breaks_no_promise)
{
    check_first(NO_WEIGHTS, FIRST_MODEL, "different", "model", "perhaps another label at that time",
                0);
}
END_TEST

START_TEST(other_weights_of_the_same_machine_break_a_promise)
{
    check_first("", FIRST_WEIGHTS, "different", "weights", "", 1);
}
END_TEST

START_TEST(so_do_those_of_another_machine)
{
    check_first("", FIRST_WEIGHTS "UPDATE environment SET host = 'there', cpu_model = NULL;",
                "different", "weights", "machine here (AMD EPYC) here, there there", 1);
}
END_TEST

START_TEST(but_not_those_of_other_plugins)
{
    check_first("", FIRST_WEIGHTS "UPDATE plugin SET sha256 = 'x' WHERE name = 'dense';",
                "different", "weights", "another file of the plugin layer dense", 0);
}
END_TEST

/* It was killed, or stopped, after as many epochs. */
#define EPOCHS(n) "DELETE FROM metric WHERE run_id = 1 AND (epoch = 0 OR epoch > " #n ");"
#define STATE(word)                                                                            \
    "UPDATE run SET state = '" word "' WHERE run_id = 1; UPDATE attempt SET outcome = 'stale'" \
    " WHERE run_id = 1;"

START_TEST(the_epochs_of_a_killed_run_count_more_than_its_state)
{
    check_first(EPOCHS(2) STATE("queued"), EPOCHS(1) STATE("interrupted"), "kept", "", "", 0);
}
END_TEST

START_TEST(likewise_there)
{
    check_first(EPOCHS(1) STATE("failed"), EPOCHS(2) STATE("queued"), "better", "", "", 0);
}
END_TEST

START_TEST(with_as_many_epochs_failed_comes_before_interrupted)
{
    check_first(EPOCHS(1) STATE("interrupted"), EPOCHS(1) STATE("failed"), "better", "", "", 0);
}
END_TEST

START_TEST(a_fresh_run_comes_before_a_stale_one)
{
    check_first("UPDATE run SET stale = 'ste x' WHERE run_id = 1",
                FIRST_WEIGHTS "UPDATE attempt SET started_us = 7 WHERE run_id = 1", "better", "",
                "", 0);
}
END_TEST

START_TEST(unless_it_is_the_very_same)
{
    check_first("UPDATE run SET stale = 'ste x' WHERE run_id = 1", "", "same", "", "", 0);
}
END_TEST

/* ---- what is taken over ---- */

START_TEST(what_was_trained_with_other_weights_is_stale)
{
    merge_pair pair =
        pair_make("DELETE FROM run WHERE run_id = 11",
                  "UPDATE artifact SET sha256 = 'x' WHERE run_id = 10 AND kind = 'weights';"
                  "UPDATE run_need SET sha256 = 'x' WHERE need_uid = 'dd1b545463'");
    pair_begin(&pair);
    pair_finish(&pair);
    ck_rows("SELECT run_uid, state, stale FROM run WHERE stale NOTNULL",
            "a83b08fc5b|done|teacher dd1b545463 (trained again)\n");
}
END_TEST

/* What is read here of the first run that is the same in both. */
static void check_filled(const char *lacking, const char *sql)
{
    merge_pair pair = pair_make("", "");
    char *whole = plain_rows(store_file(), sql);
    ck_assert_str_ne(whole, "");
    plain_execute(store_file(), lacking);
    pair_begin(&pair);
    ck_assert_str_eq(pair_first(&pair)->how, "same");
    pair_finish(&pair);
    ck_rows(sql, whole);
    free(whole);
}

START_TEST(predictions_that_are_only_there_come_along)
{
    check_filled("DELETE FROM prediction", "SELECT * FROM prediction ORDER BY 1");
}
END_TEST

START_TEST(so_does_telemetry)
{
    check_filled("DELETE FROM layer_value; UPDATE attempt SET telemetry = NULL",
                 "SELECT l.*, a.telemetry FROM layer_value AS l JOIN attempt AS a"
                 " USING (run_id, attempt) ORDER BY 1, 2, 3, 4");
}
END_TEST

START_TEST(and_numbers)
{
    check_filled("DELETE FROM metric WHERE name LIKE '%accuracy'",
                 "SELECT * FROM metric WHERE name <> 'seconds' ORDER BY 1, 2, 3");
}
END_TEST

START_TEST(but_not_times)
{
    merge_pair pair =
        pair_make("DELETE FROM timing; DELETE FROM metric WHERE name = 'seconds'",
                  "INSERT INTO metric SELECT run_id, 'seconds', 1, attempt, 7, NULL, 7"
                  " FROM attempt WHERE run_id = 1 ON CONFLICT DO NOTHING");
    pair_begin(&pair);
    pair_finish(&pair);
    ck_rows(
        "SELECT (SELECT count(*) FROM timing), (SELECT count(*) FROM metric WHERE name = 'seconds')",
        "0|0\n");
}
END_TEST

/* Of the weights that one has with the same model, and another has with another one. */
START_TEST(a_file_is_lacking_where_another_is_the_same)
{
    const bnn_store_lacking *files;
    size_t n;
    merge_pair pair =
        pair_make("DELETE FROM artifact WHERE kind = 'weights';" LABEL,
                  "UPDATE artifact SET sha256 = 'x' WHERE kind = 'model' AND run_id = 1");
    pair_begin(&pair);
    ck_ok(bnn_store_merge_lacking(pair.into, pair.runs[0].from_uid, pair.arena, &files, &n, err));
    ck_assert_uint_eq(n, 0);
    const char *uid = NULL;
    for (size_t i = 1; uid == NULL && i < pair.n; i++) {
        ck_ok(
            bnn_store_merge_lacking(pair.into, pair.runs[i].from_uid, pair.arena, &files, &n, err));
        for (size_t k = 0; k < n; k++)
            if (strstr(files[k].path, "weights") != NULL) {
                ck_assert(!files[k].is_recorded);
                ck_ok(bnn_store_merge_fill(pair.into, pair.runs[i].from_uid, files[k].path, err));
                uid = pair.runs[i].uid;
            }
    }
    ck_assert_ptr_nonnull(uid);
    pair_finish(&pair);
    ck_rows("SELECT count(*) FROM artifact JOIN run USING (run_id) WHERE kind = 'weights'"
            " AND attempt = n_attempts AND path LIKE run_uid || '/%'",
            "1\n");
}
END_TEST

/* It would be one of another model. */
START_TEST(a_benchmark_of_what_is_kept_out_stays_there)
{
    merge_pair pair =
        pair_make("DELETE FROM benchmark", "UPDATE benchmark SET run_id = 1;"
                                           "UPDATE run SET stale = 'ste x' WHERE run_id = 1;"
                                           "UPDATE attempt SET started_us = 7 WHERE run_id = 1");
    pair_begin(&pair);
    ck_assert_str_eq(pair_first(&pair)->how, "kept");
    pair_finish(&pair);
    ck_rows("SELECT count(*) FROM benchmark", "0\n");
}
END_TEST

static void check_looks(const char *here, const char *there, const char *expected)
{
    merge_pair pair = pair_make(here, there);
    pair_begin(&pair);
    pair_finish(&pair);
    ck_rows("SELECT count(*), sum(looked_us = 7) FROM look", expected);
}

#define LOOKS_THERE "UPDATE look SET looked_us = 7;"

START_TEST(looks_of_the_same_spec_stay)
{
    check_looks("DELETE FROM look WHERE look > 1", LOOKS_THERE, "2|0\n");
}
END_TEST

START_TEST(looks_come_along_where_there_are_none)
{
    check_looks("DELETE FROM look", LOOKS_THERE, "4|4\n");
}
END_TEST

START_TEST(looks_of_a_newer_spec_come_in_the_place_of_those_here)
{
    check_looks("",
                LOOKS_THERE
                "DELETE FROM look WHERE look > 1; UPDATE spec_revision SET text = 'x',"
                " sha256 = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',"
                " last_us = last_us + 1",
                "2|2\n");
}
END_TEST

START_TEST(settings_of_a_config_that_is_here_stay)
{
    merge_pair pair = pair_make("", "INSERT INTO config_param VALUES (1, 'x.y', 3)");
    pair_begin(&pair);
    pair_finish(&pair);
    ck_rows("SELECT count(*) FROM config_param WHERE key = 'x.y'", "0\n");
}
END_TEST

START_TEST(two_notes_are_kept_once)
{
    for (int i = 0; i < 2; i++) {
        merge_pair pair = i == 0 ? pair_make("", "UPDATE run SET note = 'theirs' WHERE run_id = 1")
                                 : (merge_pair){.into = store_open(BNN_STORE_WRITE),
                                                .from = store_path("from.db"),
                                                .arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES)};
        pair_begin(&pair);
        pair_finish(&pair);
        ck_rows("SELECT note FROM run WHERE run_id = 1", "a note\ntheirs\n");
    }
}
END_TEST

/* Files are copied for minutes between the two. */
START_TEST(a_database_that_was_moved_meanwhile_gets_nothing)
{
    bnn_error error;
    int64_t n_conflicts;
    merge_pair pair = pair_make("DELETE FROM run WHERE run_id = 1", "");
    pair_begin(&pair);
    ck_assert_int_eq(rename(store_file(), store_path("moved.db")), 0);
    ck_assert_int_eq(bnn_store_merge_finish(pair.into, "from.db", &n_conflicts, &error),
                     BNN_E_RESOURCE);
    ck_assert_ptr_nonnull(strstr(error.message, "was deleted or moved away"));
    pair_end(&pair);
    ck_assert_int_eq(plain_number(store_path("moved.db"), "SELECT count(*) FROM run"), 7);
}
END_TEST

/* Where it is met, both are read. */
START_TEST(damage_is_told_of_the_database_that_has_it)
{
    merge_pair pair = pair_make("", "VACUUM");
    char page[4096] = {0};
    ck_assert_int_eq(plain_number(pair.from, "PRAGMA page_size"), sizeof page);
    const int64_t root =
        plain_number(pair.from, "SELECT rootpage FROM sqlite_schema WHERE name = 'metric'");
    FILE *file = fopen(pair.from, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (long)(root - 1) * (long)sizeof page, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(page, sizeof page, 1, file), 1);
    fclose(file);
    ck_refused(bnn_store_merge_begin(pair.into, pair.from, "from.db", NULL, pair.arena, &pair.runs,
                                     &pair.n, err),
               BNN_E_RESOURCE, "from.db: the database is damaged");
    pair_end(&pair);
}
END_TEST

/* ---- what no bnnrun has written ---- */

static const struct {
    const char *change, *message;
} strangers[] = {
    {"UPDATE attempt SET attempt = 9 WHERE run_id = 2",
     "from.db: somebody has changed it: an attempt is newer than the run 780233c597"},
    {"UPDATE spec_revision SET text = 'x' WHERE experiment_id = 1",
     "from.db: somebody has changed it: spec 1906944a438d"},
    {"UPDATE spec_revision SET sha256 = 'xyz' WHERE experiment_id = 1",
     "from.db: somebody has changed it: spec xyz"},
    {"UPDATE config SET hash = 'xyz' WHERE config_id = 1",
     "from.db: somebody has changed it: config xyz"},
    {"UPDATE config SET json = json || char(0) || 'x' WHERE config_id = 1",
     "from.db: somebody has changed it: a text that ends before it does: config "
     "17a624d05a49ca2caee4884220fee0479a892a6c08df68ed812ef31c41eb12ed"},
    {"UPDATE run SET state = 'running' WHERE run_id = 2",
     "from.db: its run 780233c597 is under way; merge when that has ended"},
    {"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'run_uid TEXT NOT NULL',"
     " 'run_uid TEXT'); PRAGMA writable_schema = RESET; UPDATE run SET run_uid = NULL WHERE run_id = 1;"
     "UPDATE artifact SET path = '../x'",
     "from.db: somebody has changed it: no name of a run: NULL"},
    {"DROP TABLE timing; CREATE VIEW timing AS SELECT 1 AS a",
     "from.db: somebody has changed it: the table timing is missing, or has other columns"},
    {"DROP TABLE rung; CREATE  VIRTUAL TABLE rung USING fts4(a)",
     "from.db: somebody has changed it: the table rung is missing, or has other columns"},
};

START_TEST(what_no_bnnrun_has_written_is_refused)
{
    merge_pair pair = pair_make("", "PRAGMA foreign_keys = OFF");
    plain_execute(pair.from, strangers[_i].change);
    ck_refused(bnn_store_merge_begin(pair.into, pair.from, "from.db", NULL, pair.arena, &pair.runs,
                                     &pair.n, err),
               BNN_E_RESOURCE, strangers[_i].message);
    pair_end(&pair);
}
END_TEST

/* It is not the other one's fault. */
START_TEST(what_somebody_has_changed_here_is_told_of_here)
{
    static const char *const changes[] = {
        "UPDATE config SET json = '{}' WHERE config_id = 1",
        "UPDATE spec_revision SET text = 'x' WHERE experiment_id = 1"};
    static const char *const said[] = {"config 17a624d05a49", "spec 1906944a438d"};
    char message[PATH_MAX + 100];
    merge_pair pair = pair_make(changes[_i], "");
    snprintf(message, sizeof message, "%s: somebody has changed it: %s", store_file(), said[_i]);
    ck_refused(bnn_store_merge_begin(pair.into, pair.from, "from.db", NULL, pair.arena, &pair.runs,
                                     &pair.n, err),
               BNN_E_RESOURCE, message);
    pair_end(&pair);
}
END_TEST

START_TEST(of_rows_that_do_not_fit_both_are_named)
{
    int64_t n_conflicts;
    char message[PATH_MAX + 200];
    merge_pair pair = pair_make("DELETE FROM run WHERE run_id = 1; UPDATE run SET note = run_uid;"
                                "UPDATE run SET note = 'mine' WHERE run_id = 2;"
                                "CREATE UNIQUE INDEX mine ON run(note)",
                                "UPDATE run SET note = 'mine' WHERE run_id = 1");
    pair_begin(&pair);
    snprintf(message, sizeof message,
             "from.db: its rows do not fit into %s; somebody has changed one of them: UNIQUE "
             "constraint failed: run.note",
             store_file());
    ck_refused(bnn_store_merge_finish(pair.into, "from.db", &n_conflicts, err), BNN_E_RESOURCE,
               message);
    pair_end(&pair);
}
END_TEST

/* All of this would run, or be asked, when the copy is brought to the newest schema. */
START_TEST(a_copy_has_nothing_but_our_tables)
{
    const char *from = store_path("from.db");
    bnn_store *store;
    sample_database_make(from);
    plain_execute(from,
                  "CREATE TRIGGER \"a \"\"b\" AFTER UPDATE ON run BEGIN SELECT 1; END;"
                  "CREATE TRIGGER c AFTER UPDATE ON run BEGIN SELECT 1; END;"
                  "CREATE VIEW d AS SELECT 1; CREATE INDEX e ON run(length(note));"
                  "CREATE TABLE f(a CHECK (a > 1)); CREATE VIRTUAL TABLE g USING fts4(a); ANALYZE;"
                  "PRAGMA writable_schema = ON;"
                  "UPDATE sqlite_schema SET type = 'TRIGGER' WHERE name = 'c'");
    ck_ok(bnn_store_merge_disarm(from, err));
    char *left = plain_rows(from, "SELECT name FROM sqlite_schema WHERE rootpage = 0"
                                  " OR name IN ('e', 'f', 'g', 'sqlite_stat1')");
    ck_assert_str_eq(left, "");
    free(left);
    ck_assert_int_eq(plain_number(from, "SELECT count(*) FROM run"), 8);
    ck_ok(bnn_store_open(from, BNN_STORE_WRITE, &store, err));
    bnn_store_close(store);
}
END_TEST

#define SCHEMA(from, to)                                                                        \
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '" from "', '" to \
    "') WHERE name = 'run'; PRAGMA writable_schema = RESET;"
#define NEVER_NULL "run_uid TEXT NOT NULL"
#define MAYBE_NULL "run_uid TEXT"
static const struct {
    const char *change, *message;
} unlike[] = {
    {"DROP TABLE run; CREATE VIEW run AS WITH RECURSIVE n(run_id) AS (SELECT 1 UNION ALL SELECT run_id + 1 FROM n)"
     " SELECT * FROM n",
     "the table run is missing, or is another one"},
    {SCHEMA("STRICT", ""), "the table run is missing, or is another one"},
    {SCHEMA(NEVER_NULL, MAYBE_NULL), "the table run is missing, or is another one"},
    {SCHEMA(NEVER_NULL, MAYBE_NULL) "UPDATE run SET run_uid = NULL WHERE run_id = 1;" SCHEMA(
         MAYBE_NULL, NEVER_NULL),
     "NULL value in run.run_uid"},
    {"PRAGMA writable_schema = ON; CREATE TABLE hidden AS SELECT * FROM sqlite_schema WHERE name = 'run_need_of';"
     "DELETE FROM sqlite_schema WHERE name = 'run_need_of'; PRAGMA writable_schema = RESET;"
     "INSERT INTO run_need SELECT 1, 'start', need_run_id, need_uid, sha256 FROM run_need;"
     "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM hidden;"
     "PRAGMA writable_schema = RESET",
     "row 1 missing from index run_need_of"},
};

START_TEST(a_copy_with_other_tables_is_refused)
{
    const char *from = store_path("from.db");
    char message[200];
    sample_database_make(from);
    plain_execute(from, unlike[_i].change);
    snprintf(message, sizeof message, "damaged, or somebody has changed it: %s",
             unlike[_i].message);
    ck_refused(bnn_store_merge_disarm(from, err), BNN_E_RESOURCE, message);
}
END_TEST

/* Comments are not the same in all versions. */
START_TEST(comments_make_no_other_table)
{
    const char *from = store_path("from.db");
    sample_database_make(from);
    plain_execute(from, SCHEMA("-- the newest", "--"));
    ck_ok(bnn_store_merge_disarm(from, err));
}
END_TEST

/* ---- a part of it ---- */

START_TEST(of_a_part_comes_what_it_needs)
{
    const char *from = store_path("from.db");
    static const char *const uids[] = {SAMPLE_RUN, "a83b08fc5b"};
    const bnn_store_words only = {2, uids};
    merge_pair pair = {.arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES)};
    sample_database_make(from);
    pair.into = store_open(BNN_STORE_WRITE);
    ck_ok(bnn_store_merge_begin(pair.into, from, "from.db", &only, pair.arena, &pair.runs, &pair.n,
                                err));
    ck_assert_uint_eq(pair.n, 3);
    pair_finish(&pair);
    ck_rows("SELECT run_uid, name FROM run JOIN experiment USING (experiment_id) ORDER BY 1",
            SAMPLE_RUN "|tiny\na83b08fc5b|taught\ndd1b545463|taught\n");
    ck_rows("SELECT need_uid FROM run_need JOIN run ON run.run_id = need_run_id", "dd1b545463\n");
    ck_rows("SELECT name, count(*) FROM experiment JOIN experiment_config USING (experiment_id)"
            " GROUP BY name ORDER BY name",
            "taught|3\ntiny|1\n"); /* all runs of one are there */
    ck_rows("SELECT (SELECT count(*) FROM look), (SELECT count(*) FROM rung)", "0|2\n");
    ck_rows("PRAGMA foreign_key_check", "");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store_merge");
    TCase *tests = tcase_create("merge");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, every_table_and_every_id_of_the_schema_is_known);
    tcase_add_test(tests, a_row_of_every_table_comes_along);
    tcase_add_test(tests, a_model_file_that_names_another_version_is_no_difference);
    tcase_add_test(tests, a_model_file_follows_from_its_weights);
    tcase_add_test(tests, without_weights_model_files_are_compared_where_they_name_the_same);
    tcase_add_test(tests, or_the_label_is_another);
    tcase_add_test(tests, a_model_file_alone_breaks_no_promise);
    tcase_add_test(tests, other_weights_of_the_same_machine_break_a_promise);
    tcase_add_test(tests, so_do_those_of_another_machine);
    tcase_add_test(tests, but_not_those_of_other_plugins);
    tcase_add_test(tests, the_epochs_of_a_killed_run_count_more_than_its_state);
    tcase_add_test(tests, likewise_there);
    tcase_add_test(tests, with_as_many_epochs_failed_comes_before_interrupted);
    tcase_add_test(tests, a_fresh_run_comes_before_a_stale_one);
    tcase_add_test(tests, unless_it_is_the_very_same);
    tcase_add_test(tests, what_was_trained_with_other_weights_is_stale);
    tcase_add_test(tests, predictions_that_are_only_there_come_along);
    tcase_add_test(tests, so_does_telemetry);
    tcase_add_test(tests, and_numbers);
    tcase_add_test(tests, but_not_times);
    tcase_add_test(tests, a_file_is_lacking_where_another_is_the_same);
    tcase_add_test(tests, a_benchmark_of_what_is_kept_out_stays_there);
    tcase_add_test(tests, looks_of_the_same_spec_stay);
    tcase_add_test(tests, looks_come_along_where_there_are_none);
    tcase_add_test(tests, looks_of_a_newer_spec_come_in_the_place_of_those_here);
    tcase_add_test(tests, settings_of_a_config_that_is_here_stay);
    tcase_add_test(tests, two_notes_are_kept_once);
    tcase_add_test(tests, a_database_that_was_moved_meanwhile_gets_nothing);
    tcase_add_test(tests, damage_is_told_of_the_database_that_has_it);
    tcase_add_loop_test(tests, what_no_bnnrun_has_written_is_refused, 0,
                        sizeof strangers / sizeof *strangers);
    tcase_add_loop_test(tests, what_somebody_has_changed_here_is_told_of_here, 0, 2);
    tcase_add_test(tests, of_rows_that_do_not_fit_both_are_named);
    tcase_add_test(tests, a_copy_has_nothing_but_our_tables);
    tcase_add_loop_test(tests, a_copy_with_other_tables_is_refused, 0,
                        sizeof unlike / sizeof *unlike);
    tcase_add_test(tests, comments_make_no_other_table);
    tcase_add_test(tests, of_a_part_comes_what_it_needs);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
