#include "base/text.h"
#include "cli/result.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef struct column {
    char *name;
    cli_column_kind kind;
} column;

struct cli_table {
    size_t n_columns, n_cells, capacity;
    column *columns;
    char **cells; /* row after row; NULL: empty */
};

cli_table *cli_table_create(void)
{
    return calloc(1, sizeof(cli_table));
}

void cli_table_destroy(cli_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->n_columns; i++)
        free(table->columns[i].name);
    for (size_t i = 0; i < table->n_cells; i++)
        free(table->cells[i]);
    free(table->columns);
    free(table->cells);
    free(table);
}

int cli_table_column(cli_table *table, const char *name, cli_column_kind kind)
{
    column *grown = realloc(table->columns, (table->n_columns + 1) * sizeof *grown);
    if (grown == NULL)
        return BNN_E_INTERNAL;
    table->columns = grown;
    grown[table->n_columns] = (column){.name = strdup(name), .kind = kind};
    if (grown[table->n_columns].name == NULL)
        return BNN_E_INTERNAL;
    table->n_columns++;
    return BNN_OK;
}

void cli_table_column_is_text(cli_table *table, size_t i)
{
    table->columns[i].kind = CLI_TEXT;
}

int cli_table_cell(cli_table *table, const char *text)
{
    if (table->n_cells == table->capacity) {
        const size_t capacity = table->capacity == 0 ? 64 : 2 * table->capacity;
        char **grown = realloc(table->cells, capacity * sizeof *grown);
        if (grown == NULL)
            return BNN_E_INTERNAL;
        table->cells = grown;
        table->capacity = capacity;
    }
    char *copy = text == NULL ? NULL : strdup(text);
    if (text != NULL && copy == NULL)
        return BNN_E_INTERNAL;
    table->cells[table->n_cells++] = copy;
    return BNN_OK;
}

static size_t n_rows(const cli_table *table)
{
    return table->n_columns == 0 ? 0 : table->n_cells / table->n_columns;
}

static const char *table_cell(const cli_table *table, size_t row, size_t i)
{
    return table->cells[row * table->n_columns + i];
}

/* ---- a table to look at ------------------------------------------------------------------ */

static void print_spaces(size_t n, FILE *out)
{
    fprintf(out, "%*s", (int)n, "");
}

/* Whatever a name from a database holds, the terminal gets no control characters. */
static void print_clean(const char *text, FILE *out)
{
    for (; text != NULL && *text != '\0'; text++)
        fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, out);
}

/* The last column is not filled up. */
static void print_table_cell(const char *text, size_t wide, cli_column_kind kind, bool last,
                             FILE *out)
{
    const size_t gap = wide - bnn_text_width(text);
    if (kind == CLI_NUMBER)
        print_spaces(gap, out);
    print_clean(text, out);
    if (kind == CLI_TEXT && !last)
        print_spaces(gap, out);
    fputs(last ? "\n" : "  ", out);
}

static void print_table_text(const cli_table *table, FILE *out)
{
    size_t *wide = calloc(table->n_columns, sizeof *wide);
    for (size_t i = 0; wide != NULL && i < table->n_columns; i++) {
        wide[i] = bnn_text_width(table->columns[i].name);
        for (size_t row = 0; row < n_rows(table); row++)
            if (bnn_text_width(table_cell(table, row, i)) > wide[i])
                wide[i] = bnn_text_width(table_cell(table, row, i));
    }
    for (size_t i = 0; wide != NULL && i < table->n_columns; i++)
        print_table_cell(table->columns[i].name, wide[i], table->columns[i].kind,
                         i + 1 == table->n_columns, out);
    for (size_t row = 0; wide != NULL && row < n_rows(table); row++)
        for (size_t i = 0; i < table->n_columns; i++)
            print_table_cell(table_cell(table, row, i), wide[i], table->columns[i].kind,
                             i + 1 == table->n_columns, out);
    free(wide);
}

/* ---- CSV (RFC 4180, but with plain line feeds) ------------------------------------------- */

static void print_field(const char *text, FILE *out)
{
    if (text == NULL)
        return;
    if (*text != '\0' && strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void print_csv(const cli_table *table, FILE *out)
{
    for (size_t i = 0; i < table->n_columns; i++) {
        print_field(table->columns[i].name, out);
        fputc(i + 1 == table->n_columns ? '\n' : ',', out);
    }
    for (size_t row = 0; row < n_rows(table); row++)
        for (size_t i = 0; i < table->n_columns; i++) {
            print_field(table_cell(table, row, i), out);
            fputc(i + 1 == table->n_columns ? '\n' : ',', out);
        }
}

/* ---- JSON -------------------------------------------------------------------------------- */

/* The value of a cell; a number that is none (inf) becomes a text. */
static json_t *json_cell(const char *text, cli_column_kind kind)
{
    if (text == NULL)
        return json_null();
    json_t *value = kind == CLI_NUMBER ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    if (json_is_number(value))
        return value;
    json_decref(value);
    return cli_json_text(text, strlen(text));
}

json_t *cli_table_json(const cli_table *table)
{
    json_t *rows = json_array();
    for (size_t row = 0; row < n_rows(table); row++) {
        json_t *object = json_object();
        for (size_t i = 0; i < table->n_columns; i++)
            json_object_set_new(object, table->columns[i].name,
                                json_cell(table_cell(table, row, i), table->columns[i].kind));
        json_array_append_new(rows, object);
    }
    return rows;
}

static void print_table_json(const cli_table *table, FILE *out)
{
    json_t *rows = cli_table_json(table);
    json_dumpf(rows, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    fputc('\n', out);
    json_decref(rows);
}

void cli_table_print(const cli_table *table, const cli_options *options, FILE *out)
{
    if (options->json)
        print_table_json(table, out);
    else if (options->csv)
        print_csv(table, out);
    else
        print_table_text(table, out);
}
