#include "spec/syntax.h"

#include <stdbool.h>
#include <string.h>

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static bnn_position_in_file position_of_byte(const char *name, const char *text, size_t n,
                                             size_t offset)
{
    bnn_position_in_file at = {name, 1, 1};
    for (size_t i = 0; i < offset && i < n; i++) {
        if (text[i] == '\n' || (text[i] == '\r' && i + 1 < n && text[i + 1] != '\n')) {
            at.line++;
            at.column = 1;
        } else if (!is_continuation(text[i])) {
            at.column++;
        }
    }
    return at;
}

/* For a text without a newline at its end, libyaml finds that end at the start of the next line. */
static bnn_position_in_file position_of_mark(const char *name, const char *text, size_t n,
                                             yaml_mark_t mark)
{
    const bnn_position_in_file end = position_of_byte(name, text, n, n);
    if (mark.line + 1 > end.line)
        return end;
    return (bnn_position_in_file){name, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* Whether the character at a mark is a tab: the usual cause of a baffling message. */
static bool is_tab(const char *text, size_t n, yaml_mark_t mark)
{
    size_t i = 0;
    for (size_t n_characters = 0; i < n; i++)
        if (!is_continuation(text[i]) && n_characters++ == mark.index)
            break;
    return i < n && text[i] == '\t';
}

/* What to do about the mistakes that libyaml describes from its own point of view. */
static const char *problem_advice(const yaml_parser_t *parser, const char *text, size_t n)
{
    if (is_tab(text, n, parser->problem_mark))
        return ": a tab; indent with spaces";
    if (strcmp(parser->problem, "mapping values are not allowed in this context") == 0)
        return "; indent the line like its neighbours, and quote a text that contains a colon";
    return NULL;
}

void bnn_syntax_add_error(const yaml_parser_t *parser, const char *name, const char *text, size_t n,
                          bnn_diag *diag)
{
    const char *problem = parser->problem;
    const bnn_position_in_file at = position_of_mark(name, text, n, parser->problem_mark);
    if (parser->error == YAML_MEMORY_ERROR || problem == NULL)
        bnn_diag_no_memory(diag);
    else if (parser->error == YAML_READER_ERROR) /* no text: an offset instead of a mark */
        bnn_diag_add(diag, position_of_byte(name, text, n, parser->problem_offset), "%s", problem);
    else if (problem_advice(parser, text, n) != NULL)
        bnn_diag_add(diag, at, "%s%s", problem, problem_advice(parser, text, n));
    else if (parser->context == NULL)
        bnn_diag_add(diag, at, "%s", problem);
    else if (parser->context_mark.line + 1 == at.line)
        bnn_diag_add(diag, at, "%s %s", problem, parser->context);
    else
        bnn_diag_add(diag, at, "%s %s that starts on line %zu", problem, parser->context,
                     parser->context_mark.line + 1);
}
