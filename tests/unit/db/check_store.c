/* check_store.c - the database file, the plan, and what an attempt may write. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_internal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "FILE: text" for the test database. */
static const char *about_file(const char *text)
{
    static char message[1000];
    snprintf(message, sizeof message, "%s: %s", store_file(), text);
    return message;
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *out = fopen(path, "wb");
    ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
    fclose(out);
}

/* ---- opening ---- */

START_TEST(opening_creates_the_schema)
{
    bnn_store_close(store_open(BNN_STORE_WRITE));
    const char *file = store_file();
    ck_assert_int_eq(plain_number(file, "PRAGMA user_version"), 9);
    ck_assert_int_eq(plain_number(file, "PRAGMA application_id"), 0x424e4e52);
    ck_assert_str_eq(plain_text(file, "PRAGMA journal_mode"), "wal");
    ck_assert_str_eq(plain_text(file, "PRAGMA integrity_check"), "ok");
    ck_assert_int_eq(plain_number(file, "SELECT count(*) FROM pragma_table_list"
                                        " WHERE schema = 'main' AND type = 'table'"
                                        " AND name NOT LIKE 'sqlite%' AND NOT strict"),
                     0);
    ck_assert_int_eq(plain_number(file, "SELECT count(*) FROM sqlite_schema WHERE type = 'view'"
                                        " AND name IN ('run_summary', 'leaderboard', 'run_param',"
                                        " 'epoch_metric', 'layer_size')"),
                     5);
}
END_TEST

START_TEST(opening_again_keeps_what_is_there)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const int64_t e = add_experiment(store, "e"), c = add_config(store, e, "clipped", false);
    const bnn_run first = add_run(store, e, c, 7);
    bnn_store_close(store);
    for (int i = 0; i < 3; i++) {
        store = store_open(BNN_STORE_WRITE);
        const bnn_run again = add_run(store, e, c, 7);
        ck_assert_int_eq(again.id, first.id);
        ck_assert_str_eq(again.uid, first.uid);
        bnn_store_close(store);
    }
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM run"), 1);
}
END_TEST

START_TEST(a_newer_or_older_schema_is_refused)
{
    bnn_store *store = NULL;
    bnn_store_close(store_open(BNN_STORE_WRITE));
    plain_execute(store_file(), "PRAGMA user_version = 10");
    for (int mode = BNN_STORE_READ; mode <= BNN_STORE_WRITE; mode++)
        ck_refused(
            bnn_store_open(store_file(), (bnn_store_mode)mode, &store, err), BNN_E_RESOURCE,
            about_file("made by a newer bnnrun (schema 10, this one knows 9); use that one"));
    plain_execute(store_file(), "PRAGMA user_version = 0");
    ck_refused(bnn_store_open(store_file(), BNN_STORE_READ, &store, err), BNN_E_RESOURCE,
               about_file("made by an older bnnrun (schema 0, this one reads 2); run an experiment "
                          "on it to bring it up to date"));
    ck_assert_ptr_null(store);
}
END_TEST

START_TEST(the_database_of_another_program_is_refused_and_left_alone)
{
    static const struct {
        const char *sql, *id;
    } table[] = {
        {"CREATE TABLE note(text); INSERT INTO note VALUES ('mine')", "0"},
        {"PRAGMA application_id = 305419896", "0x12345678"},
        {"PRAGMA application_id = -1", "0xffffffffffffffff"},
        {"PRAGMA user_version = 1", "0"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        bnn_store *store = NULL;
        char message[200], name[16];
        snprintf(name, sizeof name, "foreign%zu", i);
        const char *file = store_path(name);
        plain_execute(file, table[i].sql);
        snprintf(message, sizeof message,
                 "%s: the database of another program (application_id %s, ours is 0x424e4e52); "
                 "name another file with --db",
                 file, table[i].id);
        ck_refused(bnn_store_open(file, BNN_STORE_WRITE, &store, err), BNN_E_RESOURCE, message);
        ck_refused(bnn_store_open(file, BNN_STORE_READ, &store, err), BNN_E_RESOURCE, message);
        ck_assert_str_eq(plain_text(file, "PRAGMA journal_mode"), "delete");
        ck_assert_int_le(plain_number(file, "SELECT count(*) FROM sqlite_schema"), 1);
    }
}
END_TEST

START_TEST(what_is_no_database_is_refused)
{
    static const char text[] = "name: ste_sweep\n";
    char zeros[8192] = {0};
    bnn_store *store = NULL;
    const char *not_sqlite = about_file("not a SQLite database; name another file with --db");
    write_file(store_file(), text, sizeof text - 1);
    ck_refused(bnn_store_open(store_file(), BNN_STORE_WRITE, &store, err), BNN_E_RESOURCE,
               not_sqlite);
    ck_refused(bnn_store_open(store_file(), BNN_STORE_READ, &store, err), BNN_E_RESOURCE,
               not_sqlite);
    struct stat st;
    ck_assert_int_eq(stat(store_file(), &st), 0);
    ck_assert_int_eq(st.st_size, sizeof text - 1);
    write_file(store_file(), zeros, sizeof zeros);
    ck_refused(bnn_store_open(store_file(), BNN_STORE_WRITE, &store, err), BNN_E_RESOURCE,
               not_sqlite);
    ck_assert_int_eq(unlink(store_file()), 0);
    ck_refused(bnn_store_open(store_file(), BNN_STORE_READ, &store, err), BNN_E_RESOURCE,
               about_file("no such database; run an experiment first, or name a database with "
                          "--db"));
    ck_assert_int_ne(access(store_file(), F_OK), 0);
    write_file(store_file(), "", 0);
    ck_refused(bnn_store_open(store_file(), BNN_STORE_READ, &store, err), BNN_E_RESOURCE,
               about_file("the database is empty; run an experiment first"));
    ck_assert_int_eq(unlink(store_file()), 0);
    ck_assert_int_eq(mkdir(store_file(), 0700), 0);
    ck_refused(bnn_store_open(store_file(), BNN_STORE_WRITE, &store, err), BNN_E_RESOURCE,
               about_file("not a file; name a database with --db"));
    ck_refused(bnn_store_open("/no/such/folder/x.db", BNN_STORE_WRITE, &store, err), BNN_E_RESOURCE,
               "/no/such/folder/x.db: cannot look at its directory: No such file or directory");
    ck_assert_ptr_null(store);
}
END_TEST

START_TEST(an_empty_file_becomes_a_database)
{
    write_file(store_file(), "", 0);
    bnn_store_close(store_open(BNN_STORE_WRITE));
    ck_assert_int_eq(plain_number(store_file(), "PRAGMA user_version"), 9);
}
END_TEST

/* SQLite would see an URI, a database in memory, or a temporary one. */
START_TEST(a_path_is_a_file_whatever_it_looks_like)
{
    static const char *const names[] = {":memory:", "file:x?mode=memory", "a'b c.db"};
    ck_assert_int_eq(chdir(store_path("")), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bnn_store *store = NULL;
        ck_ok(bnn_store_open(names[i], BNN_STORE_WRITE, &store, err));
        bnn_store_close(store);
        ck_assert_int_eq(access(names[i], F_OK), 0);
    }
    bnn_store *store = NULL;
    ck_refused(bnn_store_open("", BNN_STORE_WRITE, &store, err), BNN_E_RESOURCE,
               ": not a file; name a database with --db");
}
END_TEST

START_TEST(remote_file_systems_are_known_by_their_number)
{
    ck_assert_str_eq(bnn_store_remote_file_system(0x6969), "NFS");
    ck_assert_str_eq(bnn_store_remote_file_system(0x0bd00bd0), "Lustre");
    ck_assert_str_eq(bnn_store_remote_file_system(0xff534d42), "CIFS");
    /* f_type is signed, and sign-extended on some machines */
    ck_assert_str_eq(bnn_store_remote_file_system((unsigned long)(int32_t)0xff534d42), "CIFS");
    ck_assert_ptr_null(bnn_store_remote_file_system(0xef53));     /* ext4 */
    ck_assert_ptr_null(bnn_store_remote_file_system(0x01021994)); /* tmpfs */
}
END_TEST

START_TEST(a_reader_cannot_write)
{
    bnn_store_close(store_open(BNN_STORE_WRITE));
    bnn_store *store = store_open(BNN_STORE_READ);
    const char *message =
        about_file("cannot be written: opened for reading, or by a user who may not");
    ck_refused(bnn_store_begin(store, err), BNN_E_RESOURCE, message);
    bnn_store_recovered recovered;
    ck_refused(bnn_store_recover(store, false, &recovered, err), BNN_E_RESOURCE, message);
    bnn_store_close(store);
}
END_TEST

/* ---- transactions ---- */

START_TEST(a_failed_part_leaves_the_rest_of_the_transaction)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const bnn_store_param bad = {.key = "lr", .value = {BNN_STORE_VALUE_REAL, .real = NAN}};
    const bnn_store_config config = {.json = "{}", .label = "x", .n_params = 1, .params = &bad};
    int64_t id = -1;
    ck_ok(bnn_store_begin(store, err));
    const int64_t experiment = add_experiment(store, "e");
    ck_refused(bnn_store_add_config(store, experiment, &config, &id, err), BNN_E_INTERNAL,
               "parameter lr: nan is not finite");
    ck_assert_int_eq(id, -1);
    ck_ok(bnn_store_commit(store, err));
    ck_refused(bnn_store_commit(store, err), BNN_E_RESOURCE,
               about_file("nothing to commit: the transaction was undone by an earlier error"));
    ck_ok(bnn_store_begin(store, err));
    ck_refused(bnn_store_begin(store, err), BNN_E_INTERNAL,
               about_file("begin inside a transaction"));
    add_config(store, experiment, "kept", false);
    bnn_store_rollback(store);
    bnn_store_rollback(store);
    bnn_store_close(store);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM experiment"), 1);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM config"), 0);
}
END_TEST

/* What follows would else be part of a transaction that nobody ends. */
START_TEST(a_transaction_is_undone_without_memory)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    ck_ok(bnn_store_begin(store, err));
    add_experiment(store, "undone");
    sqlite3_hard_heap_limit64(1);
    bnn_store_rollback(store);
    sqlite3_hard_heap_limit64(0);
    ck_assert_int_ne(sqlite3_get_autocommit(store->db), 0);
    add_experiment(store, "kept");
    bnn_store_close(store);
    ck_rows("SELECT name FROM experiment", "kept\n");
}
END_TEST

/* What was recorded before stays, and when there is room again, so does what follows. */
START_TEST(a_full_disk_is_told_and_takes_nothing_back)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    int64_t id;
    bnn_error error;
    char *text = calloc(1, 1 << 20);
    const bnn_store_experiment large = {
        .name = "large", .path = "p", .text = memset(text, 'x', (1 << 20) - 1), .metric = "m"};
    add_experiment(store, "before");
    ck_assert_int_eq(sqlite3_exec(store->db, "PRAGMA max_page_count = 1", NULL, NULL, NULL),
                     SQLITE_OK); /* no more than there are */
    ck_refused(bnn_store_add_experiment(store, &large, &id, err), BNN_E_RESOURCE,
               about_file("writing: the disk is full"));
    ck_assert_int_eq(bnn_store_add_experiment(store, &large, &id, &error), BNN_E_RESOURCE);
    ck_assert_int_eq(error.reason, ENOSPC);
    ck_rows("SELECT name FROM experiment", "before\n");
    ck_assert_int_eq(sqlite3_exec(store->db, "PRAGMA max_page_count = 10000", NULL, NULL, NULL),
                     SQLITE_OK);
    ck_ok(bnn_store_add_experiment(store, &large, &id, err));
    bnn_store_close(store);
    ck_rows("SELECT name FROM experiment", "before\nlarge\n");
    free(text);
}
END_TEST

START_TEST(a_damaged_database_is_told)
{
    char page[4096];
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_error error = {.message = ""};
    add_experiment(store, "before");
    bnn_store_close(store);
    const int64_t n = plain_number(store_file(), "PRAGMA page_count");
    FILE *file = fopen(store_file(), "r+");
    ck_assert_int_eq(fseek(file, sizeof page, SEEK_SET), 0);
    memset(page, 0xff, sizeof page);
    for (int64_t i = 1; i < n; i++)
        ck_assert_uint_eq(fwrite(page, 1, sizeof page, file), sizeof page);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(bnn_store_open(store_file(), BNN_STORE_READ, &store, &error), BNN_E_RESOURCE);
    ck_assert_msg(strstr(error.message, "the database is damaged (") != NULL &&
                      strstr(error.message, ".recover") != NULL,
                  "%s", error.message);
}
END_TEST

START_TEST(params_out_of_range_are_refused)
{
    static const bnn_store_param bad[] = {
        {.key = "k", .value = {BNN_STORE_VALUE_REAL, .real = INFINITY}},
        {.key = "k", .value = {BNN_STORE_VALUE_REAL, .real = -INFINITY}},
        {.key = "k", .value = {BNN_STORE_VALUE_REAL, .real = NAN}},
        {.key = "k", .value = {BNN_STORE_VALUE_NULL, .integer = 0}},
        {.key = "k", .value = {(bnn_store_type)9, .integer = 1}},
        {.key = "k", .value = {BNN_STORE_VALUE_TEXT, .text = NULL}},
    };
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const int64_t experiment = add_experiment(store, "e");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const bnn_store_config config = {
            .json = "{}", .label = "x", .n_params = 1, .params = &bad[i]};
        int64_t id;
        bnn_error error;
        ck_assert_int_eq(bnn_store_add_config(store, experiment, &config, &id, &error),
                         BNN_E_INTERNAL);
    }
    bnn_store_close(store);
    ck_assert_int_eq(plain_number(store_file(), "SELECT count(*) FROM config"), 0);
}
END_TEST

/* ---- the plan ---- */

START_TEST(every_revision_of_a_spec_is_kept_once)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    bnn_store_experiment e = {
        .name = "e", .path = "a.yaml", .text = "one", .metric = "test_accuracy"};
    int64_t first = 0, second = 0;
    ck_ok(bnn_store_add_experiment(store, &e, &first, err));
    ck_ok(bnn_store_add_experiment(store, &e, &second, err));
    ck_assert_int_eq(first, second);
    e.text = "two";
    e.path = "b.yaml";
    e.metric = "latency_us";
    e.minimize = true;
    e.description = "faster";
    ck_ok(bnn_store_add_experiment(store, &e, &second, err));
    ck_assert_int_eq(first, second);
    bnn_store_close(store);
    char *rows = plain_rows(store_file(), "SELECT path, text, length(sha256), first_us <= last_us"
                                          " FROM spec_revision ORDER BY text");
    ck_assert_str_eq(rows, "a.yaml|one|64|1\nb.yaml|two|64|1\n");
    free(rows);
    rows = plain_rows(store_file(), "SELECT name, description, metric, goal FROM experiment");
    ck_assert_str_eq(rows, "e|faster|latency_us|min\n");
    free(rows);
}
END_TEST

START_TEST(configs_are_shared_and_leave_the_spec_with_it)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const int64_t e = add_experiment(store, "e");
    const int64_t clipped = add_config(store, e, "clipped", false);
    const int64_t none = add_config(store, e, "none", true);
    ck_assert_int_ne(clipped, none);
    ck_assert_int_eq(add_config(store, e, "clipped", false), clipped);
    const int64_t f = add_experiment(store, "f");
    ck_assert_int_eq(add_config(store, f, "clipped", false), clipped);
    add_experiment(store, "e");
    ck_assert_int_eq(add_config(store, e, "none", true), none);
    char *rows = plain_rows(store_file(), "SELECT experiment_id, label, is_baseline, in_spec FROM"
                                          " experiment_config ORDER BY experiment_id, label");
    ck_assert_str_eq(rows, "1|clipped|0|0\n1|none|1|1\n2|clipped|0|1\n");
    free(rows);
    /* another config takes the label over: fine, as the old one has left the spec */
    const bnn_store_config other = {.json = "{\"other\":1}", .label = "clipped"};
    const bnn_store_config third = {.json = "{\"other\":2}", .label = "clipped"};
    int64_t id = 0;
    ck_ok(bnn_store_add_config(store, e, &other, &id, err));
    ck_refused(bnn_store_add_config(store, e, &third, &id, err), BNN_E_INTERNAL,
               "two configs of the spec have the label \"clipped\"");
    bnn_store_close(store);
}
END_TEST

START_TEST(params_keep_their_types)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const int64_t e = add_experiment(store, "e");
    const int64_t c = add_config(store, e, "clipped", false);
    add_run(store, e, c, 1);
    bnn_store_close(store);
    char *rows = plain_rows(store_file(), "SELECT key, typeof(value), value FROM run_param"
                                          " ORDER BY key");
    ck_assert_str_eq(rows, "model.binarize.weights|integer|1\n"
                           "model.ordering|text|bn_act\n"
                           "model.ste|text|clipped\n"
                           "train.epochs|integer|3\n"
                           "train.optimizer.lr|real|1.000000\n");
    free(rows);
}
END_TEST

START_TEST(a_run_has_the_same_uid_everywhere)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const int64_t e = add_experiment(store, "e"), c = add_config(store, e, "clipped", false);
    const bnn_run run = add_run(store, e, c, -3);
    char text[200], config[BNN_SHA256_HEX], expected[BNN_SHA256_HEX];
    static const char json[] = "{\"model.ste\":\"clipped\"}";
    bnn_sha256(json, sizeof json - 1, config);
    const int n = snprintf(text, sizeof text, "e\n%s\n-3", config);
    bnn_sha256(text, (size_t)n, expected);
    ck_assert_uint_eq(strlen(run.uid), 10);
    ck_assert_int_eq(strncmp(run.uid, expected, 10), 0);
    ck_assert_int_eq(run.state, BNN_RUN_QUEUED);
    ck_assert_uint_eq(run.n_attempts, 0);
    const bnn_run again = add_run(store, e, c, -3);
    ck_assert_int_eq(again.id, run.id);

    /* somebody else has the ten digits of seed 4: the uid grows until it is free */
    snprintf(text, sizeof text, "e\n%s\n4", config);
    bnn_sha256(text, strlen(text), expected);
    char sql[300];
    snprintf(sql, sizeof sql, "UPDATE run SET run_uid = '%.10s'", expected);
    plain_execute(store_file(), sql);
    const bnn_run longer = add_run(store, e, c, 4);
    ck_assert_uint_eq(strlen(longer.uid), 11);
    ck_assert_int_eq(strncmp(longer.uid, expected, 11), 0);
    bnn_error error;
    bnn_run none = {.id = 5};
    ck_assert_int_eq(bnn_store_add_run(store, e, 77, 1, &none, &error), BNN_E_INTERNAL);
    ck_assert_str_eq(error.message, "no experiment 1 with config 77");
    ck_assert_int_eq(none.id, 5);
    bnn_store_close(store);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *tests = tcase_create("files and plans");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, opening_creates_the_schema);
    tcase_add_test(tests, opening_again_keeps_what_is_there);
    tcase_add_test(tests, a_newer_or_older_schema_is_refused);
    tcase_add_test(tests, the_database_of_another_program_is_refused_and_left_alone);
    tcase_add_test(tests, what_is_no_database_is_refused);
    tcase_add_test(tests, an_empty_file_becomes_a_database);
    tcase_add_test(tests, a_path_is_a_file_whatever_it_looks_like);
    tcase_add_test(tests, remote_file_systems_are_known_by_their_number);
    tcase_add_test(tests, a_reader_cannot_write);
    tcase_add_test(tests, a_failed_part_leaves_the_rest_of_the_transaction);
    tcase_add_test(tests, a_transaction_is_undone_without_memory);
    tcase_add_test(tests, a_full_disk_is_told_and_takes_nothing_back);
    tcase_add_test(tests, a_damaged_database_is_told);
    tcase_add_test(tests, params_out_of_range_are_refused);
    tcase_add_test(tests, every_revision_of_a_spec_is_kept_once);
    tcase_add_test(tests, configs_are_shared_and_leave_the_spec_with_it);
    tcase_add_test(tests, params_keep_their_types);
    tcase_add_test(tests, a_run_has_the_same_uid_everywhere);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
