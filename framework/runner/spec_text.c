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
