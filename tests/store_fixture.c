#include "store_fixture.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[256];

void store_setup(void)
{
    const char *base = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/bnn_store_XXXXXX", base != NULL ? base : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void store_teardown(void)
{
    ck_assert_int_eq(nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *store_path(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

const char *store_file(void)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/test.db", directory);
    return path;
}

bnn_store *store_open(bnn_store_mode mode)
{
    bnn_store *store = NULL;
    ck_ok(bnn_store_open(store_file(), mode, &store, err));
    return store;
}

/* ---- plain SQLite ---- */

static sqlite3 *plain_open(const char *file)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    return db;
}

static sqlite3_stmt *plain_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
    return statement;
}

const char *plain_text(const char *file, const char *sql)
{
    static char text[4096];
    sqlite3 *db = plain_open(file);
    sqlite3_stmt *statement = plain_prepare(db, sql);
    const int code = sqlite3_step(statement);
    ck_assert_msg(code == SQLITE_ROW || code == SQLITE_DONE, "%s: %s", sql, sqlite3_errmsg(db));
    const unsigned char *value = code == SQLITE_ROW ? sqlite3_column_text(statement, 0) : NULL;
    snprintf(text, sizeof text, "%s",
             code == SQLITE_DONE ? "none"
             : value == NULL     ? "NULL"
                                 : (const char *)value);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return text;
}

int64_t plain_number(const char *file, const char *sql)
{
    return strtoll(plain_text(file, sql), NULL, 10);
}

double plain_real(const char *file, const char *sql)
{
    sqlite3 *db = plain_open(file);
    sqlite3_stmt *statement = plain_prepare(db, sql);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    ck_assert_int_eq(sqlite3_column_type(statement, 0), SQLITE_FLOAT);
    const double value = sqlite3_column_double(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

void plain_execute(const char *file, const char *sql)
{
    sqlite3 *db = plain_open(file);
    char *message = NULL;
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK, "%s: %s", sql, message);
    sqlite3_close(db);
}

/* ---- rows as text ---- */

static void print_value(FILE *out, const bnn_store_value *value)
{
    switch (value->type) {
    case BNN_STORE_VALUE_INTEGER:
        fprintf(out, "%" PRId64, value->integer);
        break;
    case BNN_STORE_VALUE_REAL:
        fprintf(out, "%.6f", value->real);
        break;
    case BNN_STORE_VALUE_TEXT:
    case BNN_STORE_VALUE_BLOB:
        fwrite(value->text, 1, value->n_bytes, out);
        break;
    case BNN_STORE_VALUE_NULL:
        fputs("NULL", out);
        break;
    }
}

static int print_row(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    (void)err;
    FILE *out = context;
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            putc('|', out);
        print_value(out, &values[i]);
    }
    putc('\n', out);
    return BNN_OK;
}

char *store_rows(bnn_store *store, const char *sql, const char *experiment)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    const bnn_store_reader reader = {.row = print_row, .context = out};
    const bnn_store_argument argument = {":experiment",
                                         {.type = BNN_STORE_VALUE_TEXT, .text = experiment}};
    ck_ok(bnn_store_query(store, sql, &argument, experiment != NULL, &reader, err));
    fclose(out);
    return text;
}

char *plain_rows(const char *file, const char *sql)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    sqlite3 *db = plain_open(file);
    sqlite3_stmt *statement = plain_prepare(db, sql);
    const int n = sqlite3_column_count(statement);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < n; i++) {
            const char *value = (const char *)sqlite3_column_text(statement, i);
            const char *before = i > 0 ? "|" : "";
            if (sqlite3_column_type(statement, i) == SQLITE_FLOAT)
                fprintf(out, "%s%.6f", before, sqlite3_column_double(statement, i));
            else
                fprintf(out, "%s%s", before, value != NULL ? value : "NULL");
        }
        putc('\n', out);
    }
    ck_assert_msg(code == SQLITE_DONE, "%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    fclose(out);
    return text;
}

/* ---- content ---- */

int64_t add_experiment(bnn_store *store, const char *name)
{
    const bnn_store_experiment experiment = {.name = name,
                                             .path = "configs/test.yaml",
                                             .text = "name: test\n",
                                             .metric = "test_accuracy"};
    int64_t id = 0;
    ck_ok(bnn_store_add_experiment(store, &experiment, &id, err));
    return id;
}

int64_t add_config(bnn_store *store, int64_t experiment, const char *label, bool baseline)
{
    char json[128];
    snprintf(json, sizeof json, "{\"model.ste\":\"%s\"}", label);
    const bnn_store_param params[] = {
        {.key = "model.binarize.weights", .type = BNN_STORE_BOOLEAN, .number = !baseline},
        {.key = "model.ordering", .type = BNN_STORE_TEXT, .text = "bn_act"},
        {.key = "model.ste", .type = BNN_STORE_TEXT, .text = label},
        {.key = "train.epochs", .type = BNN_STORE_INTEGER, .number = 3},
        {.key = "train.optimizer.lr", .type = BNN_STORE_NUMBER, .number = 1},
    };
    static uint32_t ordinal;
    const bnn_store_config config = {.json = json,
                                     .label = label,
                                     .baseline = baseline,
                                     .ordinal = ordinal++,
                                     .n_params = sizeof params / sizeof *params,
                                     .params = params};
    int64_t id = 0;
    ck_ok(bnn_store_add_config(store, experiment, &config, &id, err));
    return id;
}

bnn_store_run add_run(bnn_store *store, int64_t experiment, int64_t config, int64_t seed)
{
    bnn_store_run run;
    ck_ok(bnn_store_add_run(store, experiment, config, seed, &run, err));
    return run;
}

uint32_t claim(bnn_store *store, bnn_store_run run)
{
    const bnn_store_environment environment = {
        .host = "testhost", .os = "Linux", .n_cpu = 2, .kernels = "avx2", .version = "0.1.0"};
    static const bnn_store_plugin plugins[] = {
        {"ste", "clipped", "/usr/lib/bnnrun/ste_clipped.so", "aa", 1},
        {"layer", "dense", "/usr/lib/bnnrun/layer_dense.so", "bb", 1},
    };
    bnn_store_attempt with = {
        .dataset = {"synthetic", "cc", "drawn by bnnrun"}, .n_plugins = 2, .plugins = plugins};
    uint32_t attempt = 0;
    ck_ok(bnn_store_add_environment(store, &environment, &with.environment, err));
    ck_ok(bnn_store_claim(store, &run, &with, &attempt, err));
    return attempt;
}

bnn_record file_record(const char *kind, const char *name, uint64_t n_bytes, char digit)
{
    bnn_record record = {.kind = BNN_RECORD_FILE, .file.n_bytes = n_bytes};
    snprintf(record.file.kind, sizeof record.file.kind, "%s", kind);
    snprintf(record.file.name, sizeof record.file.name, "%s", name);
    memset(record.file.sha256, digit, sizeof record.file.sha256 - 1);
    return record;
}

bnn_record metric_record(const char *name, uint32_t epoch, double value)
{
    bnn_record record = {.kind = BNN_RECORD_METRIC};
    snprintf(record.metric.name, sizeof record.metric.name, "%s", name);
    record.metric.epoch = epoch;
    record.metric.value = value;
    return record;
}

void add_metric(bnn_store *store, int64_t run, uint32_t attempt, const char *name, uint32_t epoch,
                double value)
{
    const bnn_record record = metric_record(name, epoch, value);
    ck_ok(bnn_store_add_record(store, run, attempt, &record, 0, err));
}

void add_timing(bnn_store *store, int64_t run, uint32_t attempt, const char *phase, uint32_t rep,
                uint64_t wall_ns)
{
    bnn_record record = {.kind = BNN_RECORD_TIMING};
    snprintf(record.timing.phase, sizeof record.timing.phase, "%s", phase);
    record.timing.rep = rep;
    record.timing.wall_ns = wall_ns;
    record.timing.cpu_ns = wall_ns;
    ck_ok(bnn_store_add_record(store, run, attempt, &record, 1, err));
}

bool child_succeeded(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
