/* fuzz_command.c - hostile command lines: words, each up to a NUL byte, the first of which, or the one behind an option of
 * all commands, is one of the commands that only read. Labels, operands, filters and SQL are among them, but none that
 * recurs: it may do so for ever. */
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

/* An option that takes no word from behind it; an option alone is one, too. */
static bool command_is_option(const fuzz_texts *words)
{
    const char *word = words->texts[0];
    const bool is_long = strncmp(word, "--", 2) == 0;
    const bool has_word = is_long && strchr(word, '=') == NULL;
    return word[0] == '-' && word[1] != '\0' && (words->n == 1 || !has_word);
}

static bool command_reads(const char *word)
{
    static const char *const commands[] = {"runs", "show", "query", "compare", "diff", "help"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(word, commands[i]) == 0)
            return true;
    return false;
}

FUZZ_TARGET(command)
{
    fuzz_texts cut;
    fuzz_commands_begin(false);
    fuzz_cut_texts(bytes, n, &cut);
    const char *words[FUZZ_TEXTS_MAX + 1] = {NULL};
    const bool has_option = cut.n > 0 && command_is_option(&cut);
    const char *command = cut.n > has_option ? cut.texts[has_option] : NULL;
    if ((command == NULL ? has_option : command_reads(command)) && !command_recurs(&cut)) {
        memcpy(words, cut.texts, sizeof words);
        fuzz_commands_run(words);
    }
    fuzz_free_texts(&cut);
    return 0;
}
