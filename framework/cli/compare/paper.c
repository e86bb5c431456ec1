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

static void paper_print_cell(const char *text, bool code)
{
    fputs(code ? " `" : " ", stdout);
    for (; *text != '\0'; text++) {
        if (*text == '|')
            putchar('\\');
        putchar(*text);
    }
    fputs(code ? "` |" : " |", stdout);
}

void cli_sheet_print_markdown(const cli_sheet *sheet, const char *statement, const char *cautions)
{
    printf("%s\n\n|", statement);
    for (size_t i = 0; i < sheet->n_columns; i++)
        paper_print_cell(cli_sheet_head(sheet, i), false);
    printf("\n|");
    for (size_t i = 0; i < sheet->n_columns; i++)
        fputs(sheet->heads[i][0] == '#' ? "---:|" : "---|", stdout);
    putchar('\n');
    for (size_t row = 0; row < sheet->n; row++) {
        putchar('|');
        for (size_t i = 0; i < sheet->n_columns; i++)
            paper_print_cell(paper_cell(sheet, row, i), sheet->heads[i][0] == '@');
        putchar('\n');
    }
    fputs(*cautions != '\0' ? "\n" : "", stdout);
    while (*cautions != '\0') {
        const size_t n = strcspn(cautions, "\n");
        printf("- %.*s\n", (int)n, cautions);
        cautions += n + (cautions[n] == '\n');
    }
}
