/* help.c - bnnrun help: the subcommands, one of them, a key of a spec. */
#include "base/text.h"
#include "cli/man.h"
#include "cli/options.h"
#include "cli/spec_help.h"

#include <string.h>

enum { COMMAND_COLUMNS = 30 };

typedef struct request {
    cli_options options;
    bool keys, reference, methods, man, pages;
} request;

static int print_specs(bnn_arena *arena, bnn_error *err)
{
    char list[512];
    size_t n;
    const char **names = cli_list_specs(arena, &n, err);
    if (names == NULL)
        return err->status;
    if (n > 0)
        printf("\nSpecs that came along, for `bnnrun NAME`: %s\n",
               bnn_text_join(names, n, list, sizeof list));
    return BNN_OK;
}

static int print_general_help(bnn_arena *arena, bnn_error *err)
{
    printf("bnnrun - %s\n\n"
           "  bnnrun SPEC.yaml               the same as bnnrun run SPEC.yaml\n",
           cli_summary);
    for (const cli_command *const *at = cli_commands; *at != NULL; at++) {
        char line[80];
        snprintf(line, sizeof line, "bnnrun %s %s", (*at)->name, (*at)->arguments);
        if (strlen(line) > COMMAND_COLUMNS)
            printf("  %s\n  %*s %s\n", line, COMMAND_COLUMNS, "", (*at)->summary);
        else
            printf("  %-*s %s\n", COMMAND_COLUMNS, line, (*at)->summary);
    }
    if (print_specs(arena, err) != BNN_OK)
        return err->status;
    printf("\nOptions of bnnrun\n");
    cli_print_options(cli_program_options);
    printf("\nOptions of all commands, before the command or behind it\n");
    cli_print_options(cli_common_options);
    printf("\nEnvironment\n%s\nExit status: %s", cli_environment, cli_exit_status);
    return BNN_OK;
}

static int run_help(void *context, bnn_error *err)
{
    const request *r = context;
    if (r->reference)
        return cli_spec_reference(err);
    if (r->methods)
        return cli_methods(err);
    if (r->keys) {
        cli_spec_keys();
        return BNN_OK;
    }
    if (r->pages) {
        cli_man_list();
        return BNN_OK;
    }
    if (r->man)
        return cli_man_page(r->options.n_operands > 0 ? r->options.operands[0] : "", err);
    if (r->options.n_operands == 0)
        return print_general_help(r->options.arena, err);
    const char *name = r->options.operands[0];
    const cli_command *command = cli_find_command(name);
    if (command == NULL)
        return cli_is_spec_key(name) ? cli_spec_help(name, err) : cli_unknown_command(name, err);
    cli_print_help(command);
    return BNN_OK;
}

static const cli_option help_options[] = {
    CLI_ROW("spec-keys", 0, CLI_SWITCH, NULL, request, keys, "the keys of a spec, one a line"),
    CLI_ROW("spec-reference", 0, CLI_SWITCH, NULL, request, reference,
            "all there is to know of them, in Markdown"),
    CLI_ROW("methods", 0, CLI_SWITCH, NULL, request, methods,
            "the plugins with their formulas and papers, in Markdown"),
    CLI_ROW("man", 0, CLI_SWITCH, NULL, request, man,
            "the man page: of bnnrun, of a command, of \"spec\""),
    CLI_ROW("man-pages", 0, CLI_SWITCH, NULL, request, pages,
            "the files of all man pages, and what --man calls them"),
    {.name = NULL},
};

const cli_command cli_command_help = {
    .name = "help",
    .arguments = "[COMMAND|KEY]",
    .summary = "explain a command, or a key of a spec: spec, train.schedule ...",
    .notes = "Without arguments: the commands, and the options that all of them have. A key whose\n"
             "name a command has, too, is given with what it lies in: spec.run.\n",
    .options = help_options,
    .examples = "  bnnrun help run\n"
                "  bnnrun help spec\n"
                "  bnnrun help train.schedule\n",
    .most = 1,
    .surplus = "one COMMAND or KEY at a time",
    .n_request = sizeof(request),
    .run = run_help,
};
