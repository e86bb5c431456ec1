/* store_sql.c - the SQL files of db/, as make has turned them into C (see embed.awk). */
#include "db/store_internal.h"

#include <assert.h>
#include <string.h>

/* C promises string literals of 4095 characters; every compiler that we support allows more. */
#pragma GCC diagnostic ignored "-Woverlength-strings"

static const struct {
    const char *name, *sql;
} scripts[] = {
#define BNN_SCRIPT(script_name, text) {script_name, text},
#define BNN_QUERY(query_name, asks, text)
#include "db/sql.inc"
#undef BNN_SCRIPT
#undef BNN_QUERY
};

static const bnn_store_named_query queries[] = {
#define BNN_SCRIPT(script_name, text)
#define BNN_QUERY(query_name, asks, text) {query_name, asks, text},
#include "db/sql.inc"
#undef BNN_SCRIPT
#undef BNN_QUERY
};

const char *bnn_store_find_script(const char *name)
{
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        if (strcmp(scripts[i].name, name) == 0)
            return scripts[i].sql;
    return NULL;
}

const char *bnn_store_sql(const char *name)
{
    const char *sql = bnn_store_find_script(name);
    assert(sql != NULL);
    return sql;
}

const bnn_store_named_query *bnn_store_queries(size_t *out_n)
{
    *out_n = sizeof queries / sizeof *queries;
    return queries;
}

const bnn_store_named_query *bnn_store_find_query(const char *name)
{
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        if (strcmp(queries[i].name, name) == 0)
            return &queries[i];
    return NULL;
}
