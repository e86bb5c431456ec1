#include "cli/options.h"

#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 32, FIRST_ROW = 0x100 }; /* as getopt_long returns them: beyond all letters */

static int parse_db(const cli_command *command, void *request, const char *value, bnn_error *err)
{
    cli_options *options = request;
    (void)command, (void)err;
    options->db = value;
    options->names_db = true;
    return BNN_OK;
}

/* The environment keeps it, for whoever writes (cli_colours). */
static int parse_color(const cli_command *command, void *request, const char *value, bnn_error *err)
{
    const bool always = strcmp(value, "always") == 0, never = strcmp(value, "never") == 0;
    (void)request;
    if (!always && !never && strcmp(value, "auto") != 0)
        return cli_usage(err, command, "--color takes always, never or auto, not \"%s\"", value);
    if (!never)
        unsetenv("NO_COLOR");
    if (never || always)
        setenv(never ? "NO_COLOR" : "CLICOLOR_FORCE", "1", 1);
    else
        unsetenv("CLICOLOR_FORCE");
    return BNN_OK;
}

const cli_option cli_common_options[] = {
    CLI_PARSED_ROW("db", 0, "FILE", parse_db,
                   "the database (default: $BNNRUN_DB, else bnnrun.db here)"),
    CLI_ROW("plugin-path", 0, CLI_STRING, "DIRS", cli_options, plugin_path,
            "colon-separated folders with plugins, searched first"),
    CLI_ROW("json", 0, CLI_SWITCH, NULL, cli_options, json,
            "results for programs, as JSON on stdout"),
    CLI_ROW("csv", 0, CLI_SWITCH, NULL, cli_options, csv,
            "tables for programs, comma-separated; a text that begins with\n"
            "=, +, - or @, which spreadsheets would compute, gets a ' in front"),
    CLI_PARSED_ROW("color", 0, "WHEN", parse_color,
                   "always, never or auto: on a terminal (likewise NO_COLOR and\n"
                   "CLICOLOR_FORCE in the environment)"),
    CLI_ROW("quiet", 'q', CLI_SWITCH, NULL, cli_options, quiet, "fewer messages"),
    CLI_ROW("verbose", 'v', CLI_REPEATED, NULL, cli_options, verbose, "more messages"),
    {.name = NULL},
};

const cli_option cli_program_options[] = {
    CLI_ROW("help", 'h', CLI_SWITCH, NULL, cli_leading, help,
            "this, or the help of the command that it stands behind"),
    CLI_ROW("version", 'V', CLI_SWITCH, NULL, cli_leading, version,
            "version, kernels, plugin ABI, where the specs are"),
    {.name = NULL},
};

const char cli_summary[] = "trains binarized neural networks in sweeps, and says which is better";

const char cli_environment[] =
    "  BNNRUN_DB, BNNRUN_PLUGIN_PATH  as --db and --plugin-path\n"
    "  BNNRUN_TRUST_PLUGINS           1: plugins from elsewhere are not tried in a child first, have\n"
    "                                 no sandbox, and may lie where everybody may write\n"
    "  BNN_DATA_PATH                  folders to look for data sets in\n"
    "  BNN_CPU                        avx512, avx2, neon or portable: the kernels to use\n";

const char cli_exit_status[] =
    "0 all done, 1 a run failed (and was recorded), 2 wrong usage, 3 wrong\n"
    "spec, 4 a plugin, a data set or the database cannot be used, 5 an internal error. A\n"
    "sweep that a signal stopped dies by that signal.\n";

/* ---- Parsing --------------------------------------------------------------------------------- */

/* The rows that a subcommand takes, in the forms that getopt_long wants. */
typedef struct option_rows {
    const cli_option *rows[ROWS_MAX];
    struct option names[ROWS_MAX + 2]; /* and help, and the end */
    char letters[2 * ROWS_MAX + 4];
    size_t n;
} option_rows;

static void add_rows(option_rows *all, const cli_option *table)
{
    for (const cli_option *row = table; row != NULL && row->name != NULL; row++) {
        if (row->kind == CLI_COMMON || all->n == ROWS_MAX)
            continue;
        const int has_value = row->value != NULL ? required_argument : no_argument;
        all->names[all->n] = (struct option){
            row->name, has_value, NULL, row->letter != 0 ? row->letter : FIRST_ROW + (int)all->n};
        const size_t at = strlen(all->letters);
        if (row->letter != 0)
            snprintf(all->letters + at, sizeof all->letters - at, "%c%s", row->letter,
                     row->value != NULL ? ":" : "");
        all->rows[all->n++] = row;
    }
}

/* NULL: help is asked for. */
static const cli_option *row_of(const option_rows *all, int option)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->names[i].val == option)
            return all->rows[i];
    return NULL;
}

uint32_t cli_count(const char *text, uint32_t most)
{
    char *end;
    errno = 0;
    const unsigned long n = strtoul(text, &end, 10);
    return errno != 0 || *text < '0' || *text > '9' || *end != '\0' || n > most ? 0 : (uint32_t)n;
}

static int take_option(const cli_command *command, const cli_option *row, void *request,
                       const char *value, bnn_error *err)
{
    char *field = (char *)request + row->offset;
    switch (row->kind) {
    case CLI_SWITCH:
    case CLI_NO:
        *(bool *)(void *)field = row->kind == CLI_SWITCH;
        return BNN_OK;
    case CLI_REPEATED:
        ++*(int *)(void *)field;
        return BNN_OK;
    case CLI_STRING:
        *(const char **)(void *)field = value;
        return BNN_OK;
    case CLI_COUNT:
        if ((*(uint32_t *)(void *)field = cli_count(value, row->most)) == 0)
            return cli_usage(err, command, "--%s takes a number from 1 to %u, not \"%s\"",
                             row->name, row->most, value);
        return BNN_OK;
    default:
        return row->parse(command, request, value, err);
    }
}

/* What getopt_long objected to: it gives '?' or ':', the option in optopt when it knows it, and
 * leaves optind behind the argument, except inside a group of short options. */
static const char *option_of(char **argv, char letter[3])
{
    const char *argument = argv[optind - 1];
    if (optopt <= 0 || optopt >= FIRST_ROW || strncmp(argument, "--", 2) == 0)
        return argument;
    letter[0] = '-';
    letter[1] = (char)optopt;
    letter[2] = '\0';
    return letter;
}

static int fail_unknown_option(const cli_command *command, const option_rows *all,
                               const char *argument, bnn_error *err)
{
    const char *names[ROWS_MAX];
    for (size_t i = 0; i < all->n; i++)
        names[i] = all->rows[i]->name;
    const bool is_long = strncmp(argument, "--", 2) == 0;
    const char *near = is_long ? bnn_suggest(argument + 2, names, all->n) : NULL;
    if (near == NULL)
        return cli_usage(err, command, "unknown option \"%s\"", argument);
    return bnn_fail(err, BNN_E_USAGE,
                    "%s: unknown option \"%s\"; did you mean \"--%s\"? see `bnnrun %s --help`",
                    command->name, argument, near, command->name);
}

static int fail_option(const cli_command *command, const option_rows *all, int answer, char **argv,
                       bnn_error *err)
{
    char letter[3];
    const char *argument = option_of(argv, letter);
    if (answer == ':')
        return cli_usage(err, command, "option \"%s\" needs a value", argument);
    if (optopt != 0 && strncmp(argument, "--", 2) == 0)
        return cli_usage(err, command, "option \"%.*s\" takes no value",
                         (int)strcspn(argument, "="), argument);
    return fail_unknown_option(command, all, argument, err);
}

int cli_take_leading(int argc, char **argv, cli_leading *out, bnn_error *err)
{
    option_rows all = {.letters = "+:"}; /* +: up to the first operand */
    char letter[3], excerpt[BNN_EXCERPT];
    int option;
    add_rows(&all, cli_program_options);
    add_rows(&all, cli_common_options);
    *out = (cli_leading){.n = 1};
    opterr = 0;
    optind = 0;
    while ((option = getopt_long(argc, argv, all.letters, all.names, NULL)) != -1) {
        if (option == ':')
            return bnn_fail(err, BNN_E_USAGE, "option \"%s\" needs a value",
                            option_of(argv, letter));
        if (option == '?')
            return bnn_fail(err, BNN_E_USAGE,
                            "only options of all commands come before the command or the spec, and "
                            "\"%s\" is in its place; see `bnnrun --help`",
                            bnn_excerpt(option_of(argv, letter), excerpt));
        const cli_option *row = row_of(&all, option);
        for (const cli_option *own = cli_program_options; own->name != NULL; own++)
            if (own == row)
                *(bool *)(void *)((char *)out + row->offset) = true;
    }
    out->n = optind;
    return BNN_OK;
}

/* *done: help was asked for and printed. */
static int parse_options(const cli_command *command, int argc, char **argv, void *request,
                         bool *done, bnn_error *err)
{
    option_rows all = {.letters = ":h"};
    cli_options *options = request;
    add_rows(&all, command->options);
    add_rows(&all, cli_common_options);
    all.names[all.n] = (struct option){"help", no_argument, NULL, 'h'};
    opterr = 0;
    optind = 0;
    for (;;) {
        const int option = getopt_long(argc, argv, all.letters, all.names, NULL);
        if (option == -1)
            break;
        if (option == '?' || option == ':')
            return fail_option(command, &all, option, argv, err);
        const cli_option *row = row_of(&all, option);
        if (row == NULL) {
            cli_print_help(command);
            *done = true;
            return BNN_OK;
        }
        const int status = take_option(command, row, request, optarg, err);
        if (status != BNN_OK)
            return status;
    }
    if (options->json && options->csv)
        return cli_usage(err, command, "--json and --csv are two forms of one result; choose one");
    options->operands = argv + optind;
    options->n_operands = argc - optind;
    return BNN_OK;
}

static int check_operands(const cli_command *command, const cli_options *options, bnn_error *err)
{
    const bool too_many = command->most > 0 && options->n_operands > command->most;
    if (options->csv && command->refuses_csv)
        return cli_usage(err, command, "--csv is for tables; --json is there");
    if (too_many && command->surplus != NULL)
        return cli_usage(err, command, "%s, not \"%s\"", command->surplus,
                         options->operands[command->most]);
    if (too_many || options->n_operands < command->least)
        return cli_usage(err, command, "%s", command->needs);
    return BNN_OK;
}

cli_options cli_options_standard(bnn_arena *arena)
{
    const char *db = getenv("BNNRUN_DB");
    return (cli_options){.db = db != NULL && *db != '\0' ? db : "bnnrun.db", .arena = arena};
}

int cli_run_command(const cli_command *command, int argc, char **argv, bnn_error *err)
{
    bool done = false;
    const size_t n_request = command->n_request > 0 ? command->n_request : sizeof(cli_options);
    bnn_arena *arena =
        bnn_arena_create(command->memory > 0 ? command->memory : BNN_SMALL_LIMIT_BYTES);
    cli_options *options = arena == NULL ? NULL : bnn_arena_alloc(arena, 1, n_request);
    if (options == NULL) {
        bnn_arena_destroy(arena);
        return bnn_no_memory(err);
    }
    if (command->values != NULL)
        memcpy(options, command->values, n_request);
    *options = cli_options_standard(arena);
    int status = parse_options(command, argc, argv, options, &done, err);
    if (status == BNN_OK && !done)
        status = check_operands(command, options, err);
    if (status == BNN_OK && !done)
        status = command->run(options, err);
    /* What was left out for want of memory is not what was asked for. */
    if (status == BNN_OK && (bnn_arena_lacks(arena) || bnn_json_lacks()))
        status = bnn_no_memory(err);
    bnn_arena_destroy(arena);
    return status;
}

/* ---- Help ------------------------------------------------------------------------------------ */

const cli_option *cli_option_form(const cli_option *row)
{
    for (const cli_option *c = cli_common_options; row->kind == CLI_COMMON && c->name != NULL; c++)
        if (strcmp(c->name, row->name) == 0)
            return c;
    return row;
}

/* "  -o, --output FILE"; its length. How a common option is written is said where it is common. */
static int write_head(const cli_option *row, char *out, size_t n)
{
    const cli_option *form = cli_option_form(row);
    char letter[] = "    ";
    if (form->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", form->letter);
    return snprintf(out, n, "  %s--%s%s%s", letter, form->name, form->value != NULL ? " " : "",
                    form->value != NULL ? form->value : "");
}

void cli_print_options(const cli_option *table)
{
    char head[80];
    int width = 0;
    for (const cli_option *row = table; row->name != NULL; row++) {
        const int n = write_head(row, head, sizeof head);
        width = n > width ? n : width;
    }
    for (const cli_option *row = table; row->name != NULL; row++) {
        write_head(row, head, sizeof head);
        printf("%-*s  ", width, head);
        for (const char *line = row->help; line != NULL;) {
            const int n = (int)strcspn(line, "\n");
            printf("%.*s\n", n, line);
            line = line[n] == '\n' ? line + n + 1 : NULL;
            if (line != NULL)
                printf("%*s  ", width, "");
        }
    }
}

void cli_print_help(const cli_command *command)
{
    printf("bnnrun %s %s\n\n%s\n\n%s%s", command->name, command->arguments, command->summary,
           command->notes, *command->notes != '\0' ? "\n" : "");
    if (command->options->name != NULL)
        printf("Options:\n");
    cli_print_options(command->options);
    printf("%sExamples:\n%s", command->options->name != NULL ? "\n" : "", command->examples);
}
