/* store_query.c - answers: one statement that reads; its rows to a callback, or as structs. */
#include "db/store_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* PRAGMAs that tell and do not change; those in the second list change something when they are
 * given a value. */
static bool pragma_reads(const char *name, const char *value)
{
    static const char *const any[] = {
        "table_info",      "table_xinfo", "table_list",       "index_list",
        "index_info",      "index_xinfo", "foreign_key_list", "foreign_key_check",
        "integrity_check", "quick_check", "database_list",    "collation_list",
        "function_list",   "module_list", "compile_options",
    };
    static const char *const plain[] = {
        "application_id", "user_version",   "schema_version", "page_count",
        "page_size",      "freelist_count", "encoding",       "journal_mode",
    };
    for (size_t i = 0; i < sizeof any / sizeof *any; i++)
        if (sqlite3_stricmp(name, any[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof plain / sizeof *plain && value == NULL; i++)
        if (sqlite3_stricmp(name, plain[i]) == 0)
            return true;
    return false;
}

int bnn_store_authorize(void *context, int action, const char *first, const char *second,
                        const char *database, const char *trigger)
{
    (void)database;
    (void)trigger;
    const bnn_store *store = context;
    if (!store->reading)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_UPDATE: /* asked when a table-valued function declares its columns; the schema
                           itself cannot be updated on a defensive connection */
        return strcmp(first, "sqlite_master") == 0 ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
        return sqlite3_stricmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA:
        return pragma_reads(first, second) ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

static int refuse_writing(const bnn_store *store, bnn_error *err)
{
    return bnn_fail(err, BNN_E_USAGE,
                    "only statements that read are possible here; to change the database, use "
                    "sqlite3 %s",
                    store->path);
}

static int refuse_query(bnn_store *store, bnn_error *err)
{
    const int code = sqlite3_errcode(store->db) & 0xff;
    if (code == SQLITE_AUTH)
        return refuse_writing(store, err);
    if (code == SQLITE_ERROR)
        return bnn_fail(err, BNN_E_USAGE, "%s", sqlite3_errmsg(store->db));
    return bnn_store_fail(store, "reading", err);
}

/* The first statement of sql; *rest is what follows it. NULL when there is none. */
static int prepare_next(bnn_store *store, const char *sql, sqlite3_stmt **out, const char **rest,
                        bnn_error *err)
{
    *out = NULL;
    while (*out == NULL && *sql != '\0') {
        if (sqlite3_prepare_v2(store->db, sql, -1, out, rest) != SQLITE_OK)
            return refuse_query(store, err);
        sql = *rest;
    }
    return BNN_OK;
}

static int prepare_query(bnn_store *store, const char *sql, sqlite3_stmt **out, bnn_error *err)
{
    sqlite3_stmt *statement = NULL, *second = NULL;
    const char *rest = sql;
    int status = prepare_next(store, sql, &statement, &rest, err);
    if (status == BNN_OK && statement == NULL)
        status = bnn_fail(err, BNN_E_USAGE, "there is no SQL statement to run");
    if (status == BNN_OK && !sqlite3_stmt_readonly(statement))
        status = refuse_writing(store, err);
    if (status == BNN_OK) {
        status = prepare_next(store, rest, &second, &rest, err);
        if (second != NULL || status == BNN_E_USAGE)
            status = bnn_fail(err, BNN_E_USAGE,
                              "one statement at a time: there is more after the first \";\"");
    }
    sqlite3_finalize(second);
    if (status == BNN_OK)
        *out = statement;
    else
        sqlite3_finalize(statement);
    return status;
}

static int bind_arguments(bnn_store *store, sqlite3_stmt *statement,
                          const bnn_store_argument *arguments, size_t n, bnn_error *err)
{
    const int n_parameters = sqlite3_bind_parameter_count(statement);
    for (size_t i = 0; i < n; i++) {
        const bnn_store_argument *a = &arguments[i];
        const int index = a->name != NULL ? sqlite3_bind_parameter_index(statement, a->name)
                                          : (i < (size_t)n_parameters ? (int)i + 1 : 0);
        if (index == 0 && a->name != NULL)
            return bnn_fail(err, BNN_E_USAGE, "the statement has no parameter %s", a->name);
        if (index == 0)
            return bnn_fail(err, BNN_E_USAGE, "%zu values for a statement with %d parameters", n,
                            n_parameters);
        if (bnn_store_bind(statement, index, &a->value) != SQLITE_OK)
            return bnn_store_fail(store, "binding a value", err);
    }
    return BNN_OK;
}

static int give_columns(sqlite3_stmt *statement, const bnn_store_reader *reader, bnn_error *err)
{
    if (reader->columns == NULL)
        return BNN_OK;
    const size_t n = (size_t)sqlite3_column_count(statement);
    const char **names = calloc(n + 1, sizeof *names);
    if (names == NULL)
        return bnn_no_memory(err);
    int status = BNN_OK;
    for (size_t i = 0; i < n && status == BNN_OK; i++) {
        names[i] = sqlite3_column_name(statement, (int)i);
        if (names[i] == NULL)
            status = bnn_no_memory(err);
    }
    if (status == BNN_OK)
        status = reader->columns(reader->context, n, names, err);
    free(names);
    return status;
}

/* False without memory for a text. */
static bool take_value(sqlite3_stmt *statement, int column, bnn_store_value *out)
{
    *out = (bnn_store_value){.type = BNN_STORE_VALUE_NULL};
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        out->type = BNN_STORE_VALUE_INTEGER;
        out->integer = sqlite3_column_int64(statement, column);
        out->real = (double)out->integer;
        break;
    case SQLITE_FLOAT:
        out->type = BNN_STORE_VALUE_REAL;
        out->real = sqlite3_column_double(statement, column);
        break;
    case SQLITE_TEXT:
        out->type = BNN_STORE_VALUE_TEXT;
        out->text = (const char *)sqlite3_column_text(statement, column);
        out->n_bytes = (size_t)sqlite3_column_bytes(statement, column);
        return out->text != NULL;
    case SQLITE_BLOB:
        out->type = BNN_STORE_VALUE_BLOB;
        out->text = sqlite3_column_blob(statement, column);
        out->n_bytes = (size_t)sqlite3_column_bytes(statement, column);
        break;
    default:
        break;
    }
    return true;
}

static int give_rows(bnn_store *store, sqlite3_stmt *statement, const bnn_store_reader *reader,
                     bnn_error *err)
{
    const size_t n = (size_t)sqlite3_column_count(statement);
    bnn_store_value *values = calloc(n + 1, sizeof *values);
    if (values == NULL)
        return bnn_no_memory(err);
    int status = BNN_OK, code = SQLITE_DONE;
    while (status == BNN_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        for (size_t i = 0; status == BNN_OK && i < n; i++)
            status = take_value(statement, (int)i, &values[i]) ? BNN_OK : bnn_no_memory(err);
        if (status == BNN_OK)
            status = reader->row(reader->context, n, values, err);
    }
    if (status == BNN_OK && code != SQLITE_DONE)
        status = refuse_query(store, err);
    free(values);
    return status;
}

int bnn_store_query(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                    size_t n_arguments, const bnn_store_reader *reader, bnn_error *err)
{
    sqlite3_stmt *statement = NULL;
    store->reading = true;
    int status = prepare_query(store, sql, &statement, err);
    if (status == BNN_OK)
        status = bind_arguments(store, statement, arguments, n_arguments, err);
    if (status == BNN_OK)
        status = give_columns(statement, reader, err);
    if (status == BNN_OK)
        status = give_rows(store, statement, reader, err);
    sqlite3_finalize(statement);
    store->reading = false;
    return status;
}

/* ---- rows with types ---- */

typedef struct row_reader {
    const bnn_row_type *type;
    bnn_arena *arena;
    char *rows;
    size_t n, capacity;
} row_reader;

/* The columns are the members, in their order. */
static int take_columns(void *context, size_t n, const char *const *names, bnn_error *err)
{
    const bnn_row_type *type = ((const row_reader *)context)->type;
    (void)err;
    for (size_t i = 0; i < n; i++)
        assert(strcmp(names[i], type->members[i].column) == 0);
    assert(type->members[n].column == NULL);
    return BNN_OK;
}

static int set_member(const row_reader *r, const bnn_row_member *member, char *row,
                      const bnn_store_value *v, bnn_error *err)
{
    const bool is_number = v->type == BNN_STORE_VALUE_INTEGER || v->type == BNN_STORE_VALUE_REAL;
    const char *text = "";
    double real = is_number ? v->real : (double)NAN;
    int64_t integer = v->type == BNN_STORE_VALUE_INTEGER ? v->integer : -1;
    bool flag = v->type == BNN_STORE_VALUE_INTEGER && v->integer != 0;
    switch (member->type) {
    case BNN_MEMBER_TEXT:
        if (v->type == BNN_STORE_VALUE_TEXT && (text = bnn_arena_strdup(r->arena, v->text)) == NULL)
            return bnn_no_memory(err);
        memcpy(row + member->offset, &text, sizeof text);
        break;
    case BNN_MEMBER_INTEGER:
        memcpy(row + member->offset, &integer, sizeof integer);
        break;
    case BNN_MEMBER_REAL:
        memcpy(row + member->offset, &real, sizeof real);
        break;
    case BNN_MEMBER_FLAG:
        memcpy(row + member->offset, &flag, sizeof flag);
        break;
    }
    return BNN_OK;
}

static int take_row(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    row_reader *r = context;
    const size_t size = r->type->size;
    char *grown = bnn_arena_grow(r->arena, r->rows, r->n, &r->capacity, size);
    if (grown == NULL)
        return bnn_no_memory(err);
    r->rows = grown;
    char *row = r->rows + r->n++ * size;
    int status = BNN_OK;
    for (size_t i = 0; i < n && status == BNN_OK; i++)
        status = set_member(r, &r->type->members[i], row, &values[i], err);
    return status;
}

int bnn_store_rows_with(bnn_store *store, const char *sql, const bnn_store_argument *arguments,
                        size_t n_arguments, const bnn_row_type *type, bnn_arena *arena,
                        void *out_rows, size_t *out_n, bnn_error *err)
{
    row_reader r = {.type = type, .arena = arena};
    const bnn_store_reader reader = {take_columns, take_row, &r};
    const int status = bnn_store_query(store, sql, arguments, n_arguments, &reader, err);
    if (status == BNN_OK) {
        memcpy(out_rows, &r.rows, sizeof r.rows);
        *out_n = r.n;
    }
    return status;
}

int bnn_store_rows(bnn_store *store, const char *sql, const bnn_store_value *values,
                   size_t n_values, const bnn_row_type *type, bnn_arena *arena, void *out_rows,
                   size_t *out_n, bnn_error *err)
{
    bnn_store_argument arguments[BNN_ROWS_VALUES_MAX];
    assert(n_values <= BNN_ROWS_VALUES_MAX);
    for (size_t i = 0; i < n_values; i++)
        arguments[i] = (bnn_store_argument){.value = values[i]};
    return bnn_store_rows_with(store, sql, arguments, n_values, type, arena, out_rows, out_n, err);
}
