#include "cli/text.h"

#include "base/text.h"
#include "spec/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* What getopt_long objected to: it gives '?' or ':', the option in optopt when it knows it, and
 * leaves optind behind the argument, except inside a group of short options. */
static int wrong_option(const cli_command *command, int answer, char **argv, bnn_error *err)
{
    const char *argument = argv[optind - 1];
    char letter[] = {'-', (char)optopt, '\0'};
    if (optopt > 0 && optopt < 0x100 && strncmp(argument, "--", 2) != 0)
        argument = letter;
    if (answer == ':')
        return cli_usage(err, command, "option \"%s\" needs a value", argument);
    if (optopt != 0 && strncmp(argument, "--", 2) == 0)
        return cli_usage(err, command, "option \"%.*s\" takes no value",
                         (int)strcspn(argument, "="), argument);
    return cli_usage(err, command, "unknown option \"%s\"", argument);
}

int cli_parse_own(const cli_command *command, int argc, char **argv, const cli_own_options *own,
                  cli_options *options, bool *done, bnn_error *err)
{
    static const struct option common[] = {CLI_COMMON_LONG};
    enum { N_COMMON = sizeof common / sizeof *common };
    struct option names[N_COMMON + CLI_OWN_MAX + 1] = {0};
    char letters[2 * CLI_OWN_MAX + sizeof ":" CLI_COMMON_SHORT];
    memcpy(names, common, sizeof common);
    for (size_t i = 0; i < CLI_OWN_MAX && own->names[i].name != NULL; i++)
        names[N_COMMON + i] = own->names[i];
    snprintf(letters, sizeof letters, ":%s%s", CLI_COMMON_SHORT, own->letters);
    *options = cli_options_default();
    *done = false;
    opterr = 0;
    optind = 0;
    for (;;) {
        const int option = getopt_long(argc, argv, letters, names, NULL);
        if (option == -1)
            return cli_check_form(command, options, err);
        if (option == '?' || option == ':')
            return wrong_option(command, option, argv, err);
        if (option == 'h') {
            cli_print_help(command);
            *done = true;
            return BNN_OK;
        }
        if (cli_common_option(option, optarg, options))
            continue;
        const int status = own->take(own->context, option, optarg, err);
        if (status != BNN_OK)
            return status;
    }
}

int cli_parse(const cli_command *command, int argc, char **argv, cli_options *options, bool *done,
              bnn_error *err)
{
    static const struct option none[] = {{NULL, 0, NULL, 0}};
    const cli_own_options own = {.letters = "", .names = none};
    return cli_parse_own(command, argc, argv, &own, options, done, err);
}

int cli_parse_count(const cli_command *command, const char *option, const char *text, uint32_t most,
                    uint32_t *out, bnn_error *err)
{
    char *end;
    errno = 0;
    const unsigned long n = strtoul(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || n < 1 || n > most)
        return cli_usage(err, command, "%s takes a number from 1 to %u, not \"%s\"", option, most,
                         text);
    *out = (uint32_t)n;
    return BNN_OK;
}

int cli_unknown(bnn_error *err, bnn_status status, const char *what, const char *word,
                const char *const *candidates, size_t n)
{
    const char *near = bnn_suggest(word, candidates, n);
    if (near != NULL)
        return bnn_fail(err, status, "%s \"%s\"; did you mean \"%s\"?", what, word, near);
    char list[512];
    return bnn_fail(err, status, "%s \"%s\"; there is %s", what, word,
                    n == 0 ? "none" : bnn_text_join(candidates, n, list, sizeof list));
}

int cli_table_columns(cli_table *table, const char *const *names, size_t n, bnn_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (cli_table_column(table, names[i], CLI_TEXT) != 0)
            return bnn_no_memory(err);
    return BNN_OK;
}

int cli_table_row(cli_table *table, const char *const *cells, size_t n, bnn_error *err)
{
    for (size_t i = 0; i < n; i++)
        if (cli_table_cell(table, cells[i]) != 0)
            return bnn_no_memory(err);
    return BNN_OK;
}

bool cli_draws(FILE *file)
{
    if (isatty(fileno(file)) != 1)
        return false;
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return strcasestr(value, "UTF-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return false;
}
