#include "base/csv.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Spreadsheets take a text that begins so for a formula, and compute it; it gets an apostrophe in front,
 * as they have it. Numbers stay numbers. */
static bool csv_is_formula(const char *text)
{
    char *end;
    if (*text == '\0' || text[1] == '\0' || strchr("=+-@\t\r", *text) == NULL)
        return false;
    (void)strtod(text, &end);
    return end == text || *end != '\0';
}

/* The bytes of what would command a terminal; lines may end, in either way. */
static size_t csv_control(const char *text)
{
    const bool kept = *text == '\n' || *text == '\t' || (text[0] == '\r' && text[1] == '\n');
    return kept ? 0 : bnn_text_control(text);
}

/* The bytes up to the next that is not written as it is, or to the end. */
static size_t csv_plain(const char *text)
{
    size_t n = 0;
    while (text[n] != '\0' && text[n] != '"' && csv_control(text + n) == 0)
        n += bnn_text_character(text + n);
    return n;
}

void bnn_csv_text(const char *text, FILE *out)
{
    const bool computes = text != NULL && csv_is_formula(text);
    const bool quoted =
        text != NULL && (computes || *text == '\0' || strpbrk(text, ",\"\r\n") != NULL);
    if (text == NULL)
        return;
    if (quoted)
        fputs(computes ? "\"'" : "\"", out);
    while (*text != '\0') {
        const size_t plain = csv_plain(text), n = csv_control(text + plain);
        fwrite(text, 1, plain, out);
        text += plain;
        if (n > 0)
            putc('?', out);
        else if (*text == '"')
            fputs("\"\"", out);
        text += n > 0 ? n : *text == '"' ? 1 : 0;
    }
    if (quoted)
        putc('"', out);
}
