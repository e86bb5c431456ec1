/* csv.c - tidy tables: a row a run, a config, a number; in the order of the columns of the views. */
#include "exchange/visit.h"

#include "base/csv.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

/* Numbers have all their digits; NULL and bytes are empty fields. */
static void csv_value(const bnn_store_value *value, FILE *out)
{
    char number[BNN_SHORT_TEXT];
    if (value->type == BNN_STORE_VALUE_INTEGER)
        fprintf(out, "%lld", (long long)value->integer);
    else if (value->type == BNN_STORE_VALUE_REAL)
        fputs(bnn_number_text(value->real, number), out);
    else if (value->type == BNN_STORE_VALUE_TEXT)
        bnn_csv_text(value->text, out);
}

static bnn_store_argument csv_argument(const char *experiment)
{
    return (bnn_store_argument){.value = {.type = BNN_STORE_VALUE_TEXT, .text = experiment}};
}

/* ---- a table as the database has it -------------------------------------------------------- */

typedef struct csv_table {
    FILE *file;
    size_t n_rows;
} csv_table;

static int csv_take_columns(void *context, size_t n, const char *const *names, bnn_error *err)
{
    csv_table *table = context;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        bnn_csv_text(names[i], table->file);
        putc(i + 1 == n ? '\n' : ',', table->file);
    }
    return BNN_OK;
}

static int csv_take_row(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    csv_table *table = context;
    (void)err;
    table->n_rows++;
    for (size_t i = 0; i < n; i++) {
        csv_value(&values[i], table->file);
        putc(i + 1 == n ? '\n' : ',', table->file);
    }
    return BNN_OK;
}

static int csv_write(bnn_store *store, const char *experiment, const char *sql, bnn_folder *folder,
                     const char *name, size_t *out_n, bnn_error *err)
{
    const bnn_store_argument argument = csv_argument(experiment);
    csv_table table = {.n_rows = 0};
    const bnn_store_reader reader = {csv_take_columns, csv_take_row, &table};
    int status = bnn_folder_open(folder, name, &table.file, err);
    if (status != BNN_OK)
        return status;
    status = bnn_store_query(store, sql, &argument, 1, &reader, err);
    status = bnn_folder_end(folder, table.file, status, err);
    *out_n = table.n_rows;
    return status;
}

/* ---- configs: a row each, a column a setting ------------------------------------------------ */

typedef struct csv_configs {
    FILE *file;
    bnn_arena *arena;
    const char **keys; /* the columns, sorted */
    size_t n_keys, room;
    char *config; /* of the row that is under way; NULL: none */
    size_t next;  /* of the keys */
} csv_configs;

static int csv_take_key(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    csv_configs *c = context;
    (void)n;
    const char **grown = bnn_arena_grow(c->arena, c->keys, c->n_keys, &c->room, sizeof *grown);
    if (grown == NULL)
        return bnn_no_memory(err);
    c->keys = grown;
    c->keys[c->n_keys] = bnn_arena_strdup(c->arena, values[0].text);
    return c->keys[c->n_keys++] != NULL ? BNN_OK : bnn_no_memory(err);
}

/* What the row lacks to its end. */
static void csv_end_row(csv_configs *c)
{
    for (; c->config != NULL && c->next < c->n_keys; c->next++)
        putc(',', c->file);
    if (c->config != NULL)
        putc('\n', c->file);
    c->config = NULL;
}

enum { CSV_CONFIG_COLUMNS = 6 }; /* before key and value */

static int csv_take_setting(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    csv_configs *c = context;
    (void)n;
    if (c->config == NULL || strcmp(c->config, values[0].text) != 0) {
        csv_end_row(c);
        c->config = bnn_arena_strdup(c->arena, values[0].text);
        c->next = 0;
        if (c->config == NULL)
            return bnn_no_memory(err);
        for (size_t i = 0; i < CSV_CONFIG_COLUMNS; i++) {
            fputs(i > 0 ? "," : "", c->file);
            csv_value(&values[i], c->file);
        }
    }
    const char *key = values[CSV_CONFIG_COLUMNS].text;
    for (; c->next < c->n_keys && strcmp(c->keys[c->next], key) < 0; c->next++)
        putc(',', c->file);
    putc(',', c->file);
    csv_value(&values[CSV_CONFIG_COLUMNS + 1], c->file);
    c->next++;
    return BNN_OK;
}

static int csv_write_configs_to(bnn_store *store, const char *experiment, csv_configs *c,
                                bnn_error *err)
{
    const bnn_store_argument argument = csv_argument(experiment);
    const bnn_store_reader of_keys = {NULL, csv_take_key, c}, of_rows = {NULL, csv_take_setting, c};
    int status = bnn_store_query(store, bnn_store_sql("csv_keys"), &argument, 1, &of_keys, err);
    fputs("config,label,ordinal,is_baseline,in_spec,need", c->file);
    for (size_t i = 0; i < c->n_keys; i++) {
        putc(',', c->file);
        bnn_csv_text(c->keys[i], c->file);
    }
    putc('\n', c->file);
    if (status == BNN_OK)
        status = bnn_store_query(store, bnn_store_sql("csv_configs"), &argument, 1, &of_rows, err);
    csv_end_row(c);
    return status;
}

static int csv_write_configs(bnn_store *store, const char *experiment, bnn_folder *folder,
                             bnn_error *err)
{
    csv_configs c = {.arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES)};
    int status =
        c.arena == NULL ? bnn_no_memory(err) : bnn_folder_open(folder, "configs.csv", &c.file, err);
    if (status == BNN_OK) {
        status = csv_write_configs_to(store, experiment, &c, err);
        status = bnn_folder_end(folder, c.file, status, err);
    }
    bnn_arena_destroy(c.arena);
    return status;
}

int bnn_exchange_write_csv(bnn_store *store, const char *experiment, bnn_folder *folder,
                           size_t *out_n, bnn_error *err)
{
    size_t n;
    int status =
        csv_write(store, experiment, bnn_store_sql("csv_runs"), folder, "runs.csv", out_n, err);
    if (status == BNN_OK)
        status = csv_write_configs(store, experiment, folder, err);
    if (status == BNN_OK)
        status = csv_write(store, experiment, bnn_store_sql("csv_metrics"), folder, "metrics.csv",
                           &n, err);
    if (status == BNN_OK)
        status = csv_write(store, experiment, bnn_store_sql("csv_layers"), folder, "layers.csv", &n,
                           err);
    return status;
}
