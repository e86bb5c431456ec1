/* store_sql.c - the SQL files of db/, as make has turned them into C (see embed.awk). */
#include "db/store_internal.h"

#include <assert.h>
#include <string.h>

/* C promises string literals of 4095 characters; every compiler that we support allows more. */
#pragma GCC diagnostic ignored "-Woverlength-strings"

/* First those that no user asks for, without a question. */
static const bnn_store_named_query texts[] = {
#define BNN_SCRIPT(script_name, text)     {script_name, NULL, text},
#define BNN_QUERY(query_name, asks, text) {query_name, asks, text},
#include "db/sql.inc"
#undef BNN_SCRIPT
#undef BNN_QUERY
};
enum { N_TEXTS = sizeof texts / sizeof *texts };

static const bnn_store_named_query *find_text(const char *name, bool is_query)
{
    for (size_t i = 0; i < N_TEXTS; i++)
        if (strcmp(texts[i].name, name) == 0 && (texts[i].question != NULL) == is_query)
            return &texts[i];
    return NULL;
}

const char *bnn_store_find_script(const char *name)
{
    const bnn_store_named_query *script = find_text(name, false);
    return script == NULL ? NULL : script->sql;
}

const char *bnn_store_sql(const char *name)
{
    const char *sql = bnn_store_find_script(name);
    assert(sql != NULL);
    return sql;
}

const bnn_store_named_query *bnn_store_queries(size_t *out_n)
{
    size_t first = 0;
    while (texts[first].question == NULL)
        first++;
    *out_n = N_TEXTS - first;
    return &texts[first];
}

const bnn_store_named_query *bnn_store_find_query(const char *name)
{
    return find_text(name, true);
}
