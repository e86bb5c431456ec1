/* paper.c - findings to paste into a paper. */
#include "cli/compare/sheet.h"

#include "cli/latex.h"

#include <string.h>

static const char *paper_cell(const cli_sheet *sheet, size_t row, size_t i)
{
    return sheet->cells[row * CLI_SHEET_COLUMNS + i];
}

int cli_sheet_write_latex(const cli_sheet *sheet, const char *statement, const char *cautions,
                          FILE *out, bnn_error *err)
{
    cli_table *table = cli_table_create("");
    for (size_t i = 0; i < sheet->n_columns; i++)
        cli_table_column(table, cli_sheet_head(sheet, i),
                         sheet->heads[i][0] == '#' ? CLI_NUMBER : CLI_TEXT);
    for (size_t i = 0; i < sheet->n * sheet->n_columns; i++)
        cli_table_cell(table, paper_cell(sheet, i / sheet->n_columns, i % sheet->n_columns));
    cli_latex_comment(statement, out);
    cli_latex_comment(cautions, out);
    return cli_table_write_latex(table, out, err);
}

/* ---- Markdown ---------------------------------------------------------------------------- */

/* A label may have HTML in it, or a link behind a pair of brackets; "`" is the program's. */
static void paper_print_words(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const bool follows = i > 0 && text[i - 1] == ']';
        if (text[i] == '<' || (follows && strchr("([:", text[i]) != NULL))
            putchar('\\');
        putchar(text[i]);
    }
}

/* Code ends at as many backticks as it began with. */
static void paper_print_code(const char *text)
{
    size_t n = 1;
    for (const char *at = text; *at != '\0'; at += strcspn(at, "`")) {
        const size_t run = strspn(at, "`");
        n = run >= n ? run + 1 : n;
        at += run;
    }
    const char *space = n > 1 ? " " : "";
    putchar(' ');
    for (size_t i = 0; i < n; i++)
        putchar('`');
    fputs(space, stdout);
    for (; *text != '\0'; text++) {
        if (*text == '|')
            putchar('\\');
        putchar(*text);
    }
    fputs(space, stdout);
    for (size_t i = 0; i < n; i++)
        putchar('`');
    fputs(" |", stdout);
}

void cli_sheet_print_markdown(const cli_sheet *sheet, const char *statement, const char *cautions)
{
    paper_print_words(statement, strlen(statement));
    printf("\n\n|");
    for (size_t i = 0; i < sheet->n_columns; i++)
        printf(" %s |", cli_sheet_head(sheet, i));
    printf("\n|");
    for (size_t i = 0; i < sheet->n_columns; i++)
        fputs(sheet->heads[i][0] == '#' ? "---:|" : "---|", stdout);
    putchar('\n');
    for (size_t row = 0; row < sheet->n; row++) {
        putchar('|');
        for (size_t i = 0; i < sheet->n_columns; i++)
            if (sheet->heads[i][0] == '@')
                paper_print_code(paper_cell(sheet, row, i));
            else
                printf(" %s |", paper_cell(sheet, row, i));
        putchar('\n');
    }
    fputs(*cautions != '\0' ? "\n" : "", stdout);
    while (*cautions != '\0') {
        const size_t n = strcspn(cautions, "\n");
        printf("- ");
        paper_print_words(cautions, n);
        putchar('\n');
        cautions += n + (cautions[n] == '\n');
    }
}
