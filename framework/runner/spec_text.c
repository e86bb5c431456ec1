#include "runner/spec_text.h"

#include <stdbool.h>
#include <string.h>

#define MARK "# -s "

/* Behind a file that ends in comments of our own form: what follows is ours, they are not. */
#define SEPARATOR "#\n"

/* Where the line that ends in front of text[end] begins. */
static size_t begin_of_line(const char *text, size_t end)
{
    while (end > 0 && text[end - 1] != '\n')
        end--;
    return end;
}

const char *bnn_spec_text_join(const char *text, const char *const *overrides, bnn_arena *arena)
{
    const size_t length = strlen(text);
    const bool ended = length == 0 || text[length - 1] == '\n';
    const char *last = text + begin_of_line(text, length > 0 && ended ? length - 1 : length);
    const bool marked = strncmp(last, MARK, strlen(MARK)) == 0;
    const char *all = bnn_arena_printf(arena, "%s%s%s", text,
                                       ended || (overrides[0] == NULL && !marked) ? "" : "\n",
                                       marked ? SEPARATOR : "");
    for (; all != NULL && *overrides != NULL; overrides++)
        all = bnn_arena_printf(arena, "%s" MARK "%s\n", all, *overrides);
    return all;
}

int bnn_spec_text_split(char *text, bnn_arena *arena, const char *const **overrides)
{
    size_t end = strlen(text), n_found = 0;
    while (end > 0 && text[end - 1] == '\n') {
        const size_t begin = begin_of_line(text, end - 1);
        if (strncmp(text + begin, MARK, strlen(MARK)) != 0)
            break;
        text[end - 1] = '\0';
        end = begin;
        n_found++;
    }
    const char **found = bnn_arena_alloc(arena, n_found + 1, sizeof *found);
    if (found == NULL)
        return BNN_E_INTERNAL;
    const char *line = text + end;
    for (size_t i = 0; i < n_found; i++) {
        found[i] = line + strlen(MARK);
        line += strlen(line) + 1;
    }
    if (n_found > 0)
        text[end] = '\0';
    *overrides = found;
    return BNN_OK;
}
