/* fuzz_command.c - hostile command lines: words, each up to a NUL byte, the first of which is one of the commands that
 * only read. Labels, operands, filters and SQL are among them, but none that recurs: it may do so for ever. */
#include "tests/fuzz/fuzz.h"

#include "tests/fuzz/commands.h"

#include <string.h>

static bool command_recurs(const fuzz_texts *words)
{
    for (size_t i = 0; i < words->n; i++)
        if (strcasestr(words->texts[i], "with") != NULL)
            return true;
    return false;
}

FUZZ_TARGET(command)
{
    static const char *const commands[] = {"runs", "show", "query", "compare", "diff", "help"};
    fuzz_texts cut;
    fuzz_commands_begin(false);
    fuzz_cut_texts(bytes, n, &cut);
    const char *words[FUZZ_TEXTS_MAX + 1] = {NULL};
    for (size_t i = 0; cut.n > 0 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(cut.texts[0], commands[i]) == 0 && !command_recurs(&cut)) {
            memcpy(words, cut.texts, sizeof words);
            fuzz_commands_run(words);
        }
    fuzz_free_texts(&cut);
    return 0;
}
