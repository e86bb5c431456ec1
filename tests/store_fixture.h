/* store_fixture.h - a database in a temporary directory, and what the tests of the store share. */
#ifndef BNN_TESTS_STORE_FIXTURE_H
#define BNN_TESTS_STORE_FIXTURE_H

#include "db/store.h"

#include <check.h>
#include <sys/types.h>

/* A checked fixture: each test has a directory of its own, removed afterwards. */
void store_setup(void);
void store_teardown(void);

/* A path in that directory; store_file is that of the database. Valid until the test ends. */
const char *store_path(const char *name);
const char *store_file(void);

/* Opens store_file(), or fails the test with the store's message. */
bnn_store *store_open(bnn_store_mode mode);

/* Fails the test with err->message unless status is 0. */
#define ck_ok(call)                                                           \
    do {                                                                      \
        bnn_error err_;                                                       \
        bnn_error *err = &err_;                                               \
        const int status_ = (call);                                           \
        ck_assert_msg(status_ == BNN_OK, "%s: status %d: %s", #call, status_, \
                      status_ == BNN_OK ? "" : err->message);                 \
    } while (0)

/* Fails the test unless the call fails with this status and exactly this message. */
#define ck_refused(call, expected_status, expected_message) \
    do {                                                    \
        bnn_error err_ = {.status = 0};                     \
        bnn_error *err = &err_;                             \
        const int status_ = (call);                         \
        ck_assert_int_eq(status_, expected_status);         \
        ck_assert_int_eq(err->status, expected_status);     \
        ck_assert_str_eq(err->message, expected_message);   \
    } while (0)

/* What plain SQLite, without the store, sees in a database. The text of the first column of the
 * first row ("NULL", or "none" when there is no row); static, until the next call. */
const char *plain_text(const char *file, const char *sql);
int64_t plain_number(const char *file, const char *sql);
double plain_real(const char *file, const char *sql);
/* Executes statements; the file is created when missing. */
void plain_execute(const char *file, const char *sql);

/* One line a row, values separated by "|", reals with six decimals; freed by the caller. plain_rows
 * asks SQLite, store_rows asks bnn_store_query with :experiment set (NULL: not set). */
char *plain_rows(const char *file, const char *sql);
char *store_rows(bnn_store *store, const char *sql, const char *experiment);

/* Adds an experiment, a config with the label and the given parameters, an environment. */
int64_t add_experiment(bnn_store *store, const char *name);
int64_t add_config(bnn_store *store, int64_t experiment, const char *label, bool baseline);
bnn_store_run add_run(bnn_store *store, int64_t experiment, int64_t config, int64_t seed);

/* Claims the run as it is; returns the attempt, 0 when somebody else has it. */
uint32_t claim(bnn_store *store, bnn_store_run run);

/* Records of each kind, for the attempt. */
void add_metric(bnn_store *store, int64_t run, uint32_t attempt, const char *name, uint32_t epoch,
                double value);
void add_timing(bnn_store *store, int64_t run, uint32_t attempt, const char *phase, uint32_t rep,
                uint64_t wall_ns);
bnn_record metric_record(const char *name, uint32_t epoch, double value);

/* A file of n bytes whose SHA-256 is 64 times the digit. */
bnn_record file_record(const char *kind, const char *name, uint64_t n_bytes, char digit);

/* Waits for a child; true when it exited with 0. */
bool child_succeeded(pid_t child);

#endif
