/* store_rows.c - the rows of an answer as an array of structs. */
#include "db/store_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct row_reader {
    const bnn_row_type *type;
    bnn_arena *arena;
    char *rows; /* malloc'ed: how many there are is known at the end */
    size_t n, capacity;
} row_reader;

/* The columns are the members, in their order. */
static int take_columns(void *context, size_t n, const char *const *names, bnn_error *err)
{
    const bnn_row_type *type = ((const row_reader *)context)->type;
    (void)err;
    assert(n == type->n_members);
    for (size_t i = 0; i < n; i++)
        assert(strcmp(names[i], type->members[i].column) == 0);
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
    if (r->n == r->capacity) {
        const size_t capacity = r->capacity == 0 ? 16 : 2 * r->capacity;
        char *grown = reallocarray(r->rows, capacity, size);
        if (grown == NULL)
            return bnn_no_memory(err);
        r->rows = grown;
        r->capacity = capacity;
    }
    char *row = r->rows + r->n++ * size;
    memset(row, 0, size);
    int status = BNN_OK;
    for (size_t i = 0; i < n && status == BNN_OK; i++)
        status = set_member(r, &r->type->members[i], row, &values[i], err);
    return status;
}

int bnn_store_rows(bnn_store *store, const char *sql, const bnn_store_value *values,
                   size_t n_values, const bnn_row_type *type, bnn_arena *arena, void *out_rows,
                   size_t *out_n, bnn_error *err)
{
    row_reader r = {.type = type, .arena = arena};
    const bnn_store_reader reader = {take_columns, take_row, &r};
    bnn_store_argument arguments[BNN_ROWS_VALUES_MAX];
    assert(n_values <= BNN_ROWS_VALUES_MAX);
    for (size_t i = 0; i < n_values; i++)
        arguments[i] = (bnn_store_argument){.value = values[i]};
    int status = bnn_store_query(store, sql, arguments, n_values, &reader, err);
    char *rows = status == BNN_OK ? bnn_arena_alloc(arena, r.n, type->size) : NULL;
    if (status == BNN_OK && rows == NULL)
        status = bnn_no_memory(err);
    if (status == BNN_OK) {
        if (r.n > 0)
            memcpy(rows, r.rows, r.n * type->size);
        memcpy(out_rows, &rows, sizeof rows);
        *out_n = r.n;
    }
    free(r.rows);
    return status;
}
