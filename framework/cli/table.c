#include "cli/table.h"

#include "base/csv.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/grid.h"
#include "cli/latex.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

typedef struct column {
    char *name;
    cli_column_kind kind;
} column;

struct cli_table {
    bool failed; /* there was no memory for a part of it */
    bool has_best;
    size_t n_columns;
    column *columns;
    json_t *cells; /* row after row */
};

cli_table *cli_table_create(const char *columns)
{
    cli_table *table = calloc(1, sizeof *table);
    if (table != NULL)
        table->failed = (table->cells = json_array()) == NULL;
    for (const char *at = columns; *at != '\0';) {
        const cli_column_kind kind = *at == '#' ? CLI_NUMBER : *at == '@' ? CLI_LABEL : CLI_TEXT;
        at += kind != CLI_TEXT;
        const size_t n = strcspn(at, "|");
        char *name = strndup(at, n);
        cli_table_column(table, name, kind);
        free(name);
        at += n + (at[n] == '|');
    }
    return table;
}

void cli_table_destroy(cli_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->n_columns; i++)
        free(table->columns[i].name);
    json_decref(table->cells);
    free(table->columns);
    free(table);
}

void cli_table_column(cli_table *table, const char *name, cli_column_kind kind)
{
    if (table == NULL || table->failed)
        return;
    column *grown = realloc(table->columns, (table->n_columns + 1) * sizeof *grown);
    char *copy = name == NULL ? NULL : strdup(name);
    if (grown != NULL)
        table->columns = grown;
    if (grown == NULL || copy == NULL) {
        free(copy);
        table->failed = true;
        return;
    }
    /* A column of a query may be called by any text, and a terminal gets no control characters of it. */
    grown[table->n_columns++] = (column){.name = bnn_text_clean(copy, "\n\t"), .kind = kind};
}

void cli_table_column_is_text(cli_table *table, size_t i)
{
    if (table != NULL && i < table->n_columns)
        table->columns[i].kind =
            strcmp(table->columns[i].name, "label") == 0 ? CLI_LABEL : CLI_TEXT;
}

void cli_table_first_is_best(cli_table *table)
{
    if (table != NULL)
        table->has_best = true;
}

void cli_table_rename(cli_table *table, const char *from, const char *to)
{
    for (size_t i = 0; table != NULL && i < table->n_columns; i++)
        if (strcmp(table->columns[i].name, from) == 0) {
            char *copy = strdup(to);
            table->failed = table->failed || copy == NULL;
            free(copy == NULL ? NULL : table->columns[i].name);
            table->columns[i].name = copy == NULL ? table->columns[i].name : copy;
        }
}

void cli_table_put(cli_table *table, json_t *value)
{
    if (table == NULL)
        json_decref(value);
    else if (json_array_append_new(table->cells, value) != 0)
        table->failed = true;
}

void cli_table_cell(cli_table *table, const char *text)
{
    cli_table_put(table, text == NULL ? json_null() : json_string_nocheck(text));
}

void cli_table_cellf(cli_table *table, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    const bool failed = vasprintf(&text, format, args) < 0;
    va_end(args);
    cli_table_put(table, failed ? NULL : json_string_nocheck(text));
    if (!failed)
        free(text);
}

void cli_table_row(cli_table *table, const char *const *cells)
{
    for (size_t i = 0; table != NULL && i < table->n_columns; i++)
        cli_table_cell(table, cells[i]);
}

size_t cli_table_rows(const cli_table *table)
{
    return table == NULL || table->n_columns == 0
               ? 0
               : json_array_size(table->cells) / table->n_columns;
}

static json_t *table_value(const cli_table *table, size_t row, size_t i)
{
    return json_array_get(table->cells, row * table->n_columns + i);
}

/* Line 0 are the names of the columns, line 1 is the first row; NULL is an empty cell. A real number
 * has every digit, or as many as a reader wants. */
static const char *table_text(const cli_table *table, size_t line, size_t i, bool exact,
                              char number[BNN_SHORT_TEXT])
{
    if (line == 0)
        return table->columns[i].name;
    const json_t *value = table_value(table, line - 1, i);
    const double real = json_real_value(value);
    if (json_is_integer(value))
        snprintf(number, BNN_SHORT_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value) && exact)
        bnn_number_text(real, number);
    else if (json_is_real(value))
        snprintf(number, BNN_SHORT_TEXT, fabs(real) < 1e6 ? "%.6g" : "%.10g", real);
    else
        return json_string_value(value);
    return number;
}

/* ---- a table to look at ------------------------------------------------------------------ */

/* The texts of the table; NULL without memory. */
static cli_grid *table_make_grid(const cli_table *table, bnn_arena *arena)
{
    char number[BNN_SHORT_TEXT];
    const size_t n_rows = cli_table_rows(table), n = table->n_columns;
    cli_grid *grid = bnn_arena_alloc(arena, 1, sizeof *grid);
    cli_grid_column *columns = bnn_arena_alloc(arena, n, sizeof *columns);
    const char **cells = bnn_arena_alloc(arena, n_rows * n, sizeof *cells);
    if (grid == NULL || columns == NULL || cells == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        columns[i] =
            (cli_grid_column){.name = table->columns[i].name, .kind = table->columns[i].kind};
    for (size_t i = 0; i < n_rows * n; i++) {
        const char *text = table_text(table, 1 + i / n, i % n, false, number);
        cells[i] = text == number ? bnn_arena_strdup(arena, text) : text;
        if (text != NULL && cells[i] == NULL)
            return NULL;
    }
    *grid = (cli_grid){.arena = arena,
                       .n_rows = n_rows,
                       .n_columns = n,
                       .columns = columns,
                       .cells = cells,
                       .colours = cli_colours(stdout),
                       .has_best = table->has_best};
    return grid;
}

static int table_print_text(const cli_table *table, bnn_error *err)
{
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    cli_grid *grid = arena == NULL ? NULL : table_make_grid(table, arena);
    const int status =
        grid == NULL ? bnn_no_memory(err) : cli_grid_print(grid, cli_width(stdout), err);
    bnn_arena_destroy(arena);
    return status;
}

/* ---- CSV --------------------------------------------------------------------------------- */

static void table_print_csv(const cli_table *table)
{
    char number[BNN_SHORT_TEXT];
    for (size_t line = 0; line <= cli_table_rows(table); line++)
        for (size_t i = 0; i < table->n_columns; i++) {
            bnn_csv_text(table_text(table, line, i, true, number), stdout);
            putchar(i + 1 == table->n_columns ? '\n' : ',');
        }
}

/* ---- LaTeX ------------------------------------------------------------------------------- */

static void table_write_latex_line(const cli_table *table, size_t line, FILE *out)
{
    char number[BNN_SHORT_TEXT];
    for (size_t i = 0; i < table->n_columns; i++) {
        const char *text = table_text(table, line, i, false, number);
        fputs(i > 0 ? " & " : "", out);
        if (text != NULL && line > 0 && table->columns[i].kind == CLI_NUMBER)
            cli_latex_number(text, out);
        else if (text != NULL)
            cli_latex_text(text, out);
    }
    fputs(" \\\\\n", out);
}

int cli_table_write_latex(cli_table *table, FILE *out, bnn_error *err)
{
    const bool failed = table == NULL || table->failed;
    if (!failed) {
        fputs("\\begin{tabular}{", out);
        for (size_t i = 0; i < table->n_columns; i++)
            putc(table->columns[i].kind == CLI_NUMBER ? 'r' : 'l', out);
        fputs("}\n\\toprule\n", out);
        table_write_latex_line(table, 0, out);
        fputs("\\midrule\n", out);
        for (size_t row = 0; row < cli_table_rows(table); row++)
            table_write_latex_line(table, row + 1, out);
        fputs("\\bottomrule\n\\end{tabular}\n", out);
    }
    cli_table_destroy(table);
    return failed ? bnn_no_memory(err) : BNN_OK;
}

/* ---- JSON -------------------------------------------------------------------------------- */

static json_t *table_json_text(const char *text, size_t n)
{
    json_t *json = json_stringn(text, n);
    return json != NULL ? json : json_string("(not UTF-8)");
}

json_t *cli_json_text(const char *text)
{
    return text == NULL ? json_null() : table_json_text(text, strlen(text));
}

json_t *cli_json_real(double x)
{
    if (isnan(x))
        return json_null();
    return isfinite(x) ? json_real(x) : json_string(x > 0 ? "inf" : "-inf");
}

/* A text that commands a terminal is written as its numbers; it can only stand in a string, where that is the
 * same. */
static void table_print_json(const char *text)
{
    while (*text != '\0') {
        const size_t n = *text == '\n' ? 0 : bnn_text_control(text);
        unsigned number = n > 0 ? (unsigned char)text[0] & (0x7fu >> (n > 1 ? n : 0)) : 0;
        for (size_t i = 1; i < n; i++)
            number = number << 6 | ((unsigned char)text[i] & 0x3f);
        if (n > 0)
            printf("\\u%04x", number);
        else
            fwrite(text, 1, bnn_text_character(text), stdout);
        text += n > 0 ? n : bnn_text_character(text);
    }
}

int cli_json_print_digits(json_t *value, unsigned n_digits, bnn_error *err)
{
    char *text = bnn_json_dump(value, JSON_INDENT(2) | JSON_REAL_PRECISION(n_digits));
    json_decref(value);
    if (text == NULL)
        return bnn_no_memory(err);
    table_print_json(text);
    putchar('\n');
    free(text);
    return BNN_OK;
}

int cli_json_print(json_t *value, bnn_error *err)
{
    return cli_json_print_digits(value, 15, err);
}

/* The value of a cell. What the text of a number says becomes one, but for "inf". NULL without memory. */
static json_t *table_json_cell(json_t *value, cli_column_kind kind)
{
    if (!json_is_string(value))
        return json_incref(value);
    const char *text = json_string_value(value);
    bool no_memory = false;
    json_t *number =
        kind == CLI_NUMBER ? bnn_json_parse(text, strlen(text), JSON_DECODE_ANY, &no_memory) : NULL;
    if (no_memory || json_is_number(number))
        return number;
    json_decref(number);
    return table_json_text(text, json_string_length(value));
}

json_t *cli_table_take(cli_table *table, bnn_error *err)
{
    bool failed = table == NULL || table->failed;
    json_t *rows = json_array();
    for (size_t row = 0; !failed && row < cli_table_rows(table); row++) {
        json_t *object = json_object();
        for (size_t i = 0; i < table->n_columns; i++)
            failed |= json_object_set_new(
                          object, table->columns[i].name,
                          table_json_cell(table_value(table, row, i), table->columns[i].kind)) != 0;
        failed |= json_array_append_new(rows, object) != 0;
    }
    cli_table_destroy(table);
    failed |=
        bnn_json_lacks(); /* a text for which there was none looks like one that is not UTF-8 */
    if (!failed)
        return rows;
    bnn_no_memory(err);
    json_decref(rows);
    return NULL;
}

int cli_table_end_below(cli_table *table, const char *title, bnn_error *err)
{
    const bool whole = table != NULL && !table->failed;
    if (whole && cli_table_rows(table) == 0) {
        cli_table_destroy(table);
        return BNN_OK;
    }
    if (whole)
        printf("\n%s\n", title);
    return cli_table_end(table, NULL, err);
}

int cli_table_end(cli_table *table, const cli_options *options, bnn_error *err)
{
    if (options != NULL && options->json) {
        json_t *rows = cli_table_take(table, err);
        if (rows == NULL)
            return err->status;
        return cli_json_print(rows, err);
    }
    int status = BNN_OK;
    if (table == NULL || table->failed)
        status = bnn_no_memory(err);
    else if (options != NULL && options->csv)
        table_print_csv(table);
    else
        status = table_print_text(table, err);
    cli_table_destroy(table);
    return status;
}
