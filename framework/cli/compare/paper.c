/* paper.c - findings to paste into a paper. */
#include "cli/compare/sheet.h"

#include <string.h>

static const char *paper_cell(const cli_sheet *sheet, size_t row, size_t i)
{
    return sheet->cells[row * CLI_SHEET_COLUMNS + i];
}

/* ---- LaTeX ------------------------------------------------------------------------------- */

/* In a number a sign is one of mathematics, and so is what is infinite. */
static void paper_print_number(const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("-+<", *text) != NULL)
            printf("$%c$", *text);
        else if (strncmp(text, "inf", 3) == 0) {
            fputs("$\\infty$", stdout);
            text += 2;
        } else
            putchar(*text);
    }
}

static void paper_print_text(const char *text)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '\\':
            fputs("\\textbackslash{}", stdout);
            break;
        case '~':
            fputs("\\textasciitilde{}", stdout);
            break;
        case '^':
            fputs("\\textasciicircum{}", stdout);
            break;
        case '>':
        case '<':
            printf("$%c$", *text);
            break;
        default:
            if (strchr("&%$#_{}", *text) != NULL)
                putchar('\\');
            putchar(*text);
        }
}

/* Lines as comments. */
static void paper_print_comment(const char *lines)
{
    while (*lines != '\0') {
        const size_t n = strcspn(lines, "\n");
        printf("%% %.*s\n", (int)n, lines);
        lines += n + (lines[n] == '\n');
    }
}

void cli_sheet_print_latex(const cli_sheet *sheet, const char *statement, const char *cautions)
{
    paper_print_comment(statement);
    paper_print_comment(cautions);
    printf("\\begin{tabular}{");
    for (size_t i = 0; i < sheet->n_columns; i++)
        putchar(sheet->heads[i][0] == '#' ? 'r' : 'l');
    printf("}\n\\toprule\n");
    for (size_t i = 0; i < sheet->n_columns; i++) {
        fputs(i > 0 ? " & " : "", stdout);
        paper_print_text(cli_sheet_head(sheet, i));
    }
    printf(" \\\\\n\\midrule\n");
    for (size_t row = 0; row < sheet->n; row++) {
        for (size_t i = 0; i < sheet->n_columns; i++) {
            const char *cell = paper_cell(sheet, row, i);
            fputs(i > 0 ? " & " : "", stdout);
            if (sheet->heads[i][0] == '#')
                paper_print_number(cell);
            else
                paper_print_text(cell);
        }
        printf(" \\\\\n");
    }
    printf("\\bottomrule\n\\end{tabular}\n");
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
