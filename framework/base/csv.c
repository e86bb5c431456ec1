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
        const size_t n = csv_control(text);
        if (*text == '"')
            putc('"', out);
        if (n > 0)
            putc('?', out);
        else
            fwrite(text, 1, bnn_text_character(text), out);
        text += n > 0 ? n : bnn_text_character(text);
    }
    if (quoted)
        putc('"', out);
}
