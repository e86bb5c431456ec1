#include "cli/latex.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

/* The symbol that a number's text begins with, and its bytes; NULL: none. */
static const char *latex_symbol(const char *text, size_t *n)
{
    static const char *const symbols[][2] = {{"+-", "\\pm"}, {"\u00b1", "\\pm"}, {"inf", "\\infty"},
                                             {"-", "-"},     {"+", "+"},         {"<", "<"}};
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        *n = strlen(symbols[i][0]);
        if (strncmp(text, symbols[i][0], *n) == 0)
            return symbols[i][1];
    }
    return NULL;
}

void cli_latex_number(const char *text, FILE *out)
{
    size_t n;
    while (*text != '\0') {
        const char *symbol = latex_symbol(text, &n);
        if (symbol != NULL)
            fprintf(out, "$%s$", symbol);
        else
            putc(*text, out);
        text += symbol != NULL ? n : 1;
    }
}

/* The bytes that were written: one, or what no terminal gets. */
static size_t latex_other(const char *text, FILE *out)
{
    const size_t control = bnn_text_control(text);
    const size_t n = control > 0 ? control : bnn_text_character(text);
    if (control > 0)
        putc('?', out);
    else
        fwrite(text, 1, n, out);
    return n;
}

void cli_latex_text(const char *text, FILE *out)
{
    if (*text == '[' || *text == '*') /* which what ends the row above would take for its own */
        fprintf(out, "{%c}", *text++);
    for (size_t n = 1; *text != '\0'; text += n, n = 1)
        switch (*text) {
        case '\\':
            fputs("\\textbackslash{}", out);
            break;
        case '~':
            fputs("\\textasciitilde{}", out);
            break;
        case '^':
            fputs("\\textasciicircum{}", out);
            break;
        case '>':
        case '<':
            fprintf(out, "$%c$", *text);
            break;
        default:
            if (strchr("&%$#_{}", *text) != NULL)
                putc('\\', out);
            n = latex_other(text, out);
        }
}

void cli_latex_comment(const char *lines, FILE *out)
{
    while (*lines != '\0') {
        const size_t n = strcspn(lines, "\n");
        fprintf(out, "%% %.*s\n", (int)n, lines);
        lines += n + (lines[n] == '\n');
    }
}
