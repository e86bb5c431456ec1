/* main.c - finds the subcommand, runs it, says what went wrong. */
#include "base/text.h"
#include "cli/options.h"
#include "cli/spec_help.h"
#include "kernels/kernels.h"
#include "simd/cpu.h"
#include "spec/diag.h"
#include "build_info.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const cli_command *const commands[] = {
    &cli_command_run,    &cli_command_plan,   &cli_command_plugins, &cli_command_data,
    &cli_command_runs,   &cli_command_show,   &cli_command_query,   &cli_command_predict,
    &cli_command_export, &cli_command_verify, &cli_command_bench,   &cli_command_note,
    &cli_command_tag,
};
enum { N_COMMANDS = sizeof commands / sizeof *commands, COMMAND_COLUMNS = 30 };

static const cli_command *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static void print_help(void)
{
    printf("bnnrun - trains binarized neural networks in sweeps, and says which is better\n\n"
           "  bnnrun SPEC.yaml               the same as bnnrun run SPEC.yaml\n");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        char line[64];
        snprintf(line, sizeof line, "bnnrun %s %s", commands[i]->name, commands[i]->arguments);
        if (strlen(line) > COMMAND_COLUMNS)
            printf("  %s\n  %*s %s\n", line, COMMAND_COLUMNS, "", commands[i]->summary);
        else
            printf("  %-*s %s\n", COMMAND_COLUMNS, line, commands[i]->summary);
    }
    printf("  bnnrun help COMMAND            its options and examples\n"
           "  bnnrun help KEY                a key of a spec: spec, train.schedule, spec.run ...\n"
           "  bnnrun --version               version, kernels, plugin ABI\n\n"
           "Common options\n");
    cli_print_options(cli_common_options);
    printf("\n"
           "Environment\n"
           "  BNNRUN_DB, BNNRUN_PLUGIN_PATH  as --db and --plugin-path\n"
           "  BNN_DATA_PATH                  folders to look for data sets in\n"
           "  BNN_CPU                        avx512, avx2, neon or portable: the kernels to use\n\n"
           "Exit status: 0 all done, 1 a run failed (and was recorded), 2 wrong usage, 3 wrong\n"
           "spec, 4 a plugin, a data set or the database cannot be used, 5 an internal error. A\n"
           "sweep that a signal stopped dies by that signal.\n");
}

static int print_version(bnn_error *err)
{
    size_t n;
    const char *const *names = bnn_cpu_names(&n);
    const bnn_kernels *kernels = bnn_kernels_choose(err);
    if (kernels == NULL)
        return err->status;
    printf("bnnrun %s\nrevision    %s\nkernels     %s (of", BNN_VERSION, BNN_REVISION,
           kernels->name);
    for (size_t i = 0; i < n; i++)
        printf(" %s", names[i]);
    printf(")\nplugin ABI  %u\ncompiler    %s\n", BNN_ABI_VERSION, BNN_COMPILER);
    return BNN_OK;
}

/* No subcommand has such a name. */
static bool looks_like_spec(const char *argument)
{
    return strcmp(argument, "-") == 0 || strchr(argument, '/') != NULL ||
           bnn_text_ends_with(argument, ".yaml") || bnn_text_ends_with(argument, ".yml");
}

static int fail_unknown_command(const char *name, bnn_error *err)
{
    const char *names[N_COMMANDS + 1] = {"help"};
    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i + 1] = commands[i]->name;
    const char *near = bnn_suggest(name, names, N_COMMANDS + 1);
    if (name[0] == '-')
        return bnn_fail(err, BNN_E_USAGE,
                        "options come after the command or the spec, and \"%s\" is in its place; "
                        "see `bnnrun --help`",
                        name);
    if (near != NULL)
        return bnn_fail(err, BNN_E_USAGE,
                        "unknown command \"%s\"; did you mean \"%s\"? see `bnnrun --help`", name,
                        near);
    return bnn_fail(err, BNN_E_USAGE,
                    "unknown command \"%s\"; a spec has a / in its path or ends in .yaml; see "
                    "`bnnrun --help`",
                    name);
}

static int help_on_command(int argc, char **argv, bnn_error *err)
{
    if (argc < 2) {
        print_help();
        return BNN_OK;
    }
    const cli_command *command = find_command(argv[1]);
    if (strcmp(argv[1], "--spec-reference") == 0)
        return cli_spec_reference(err);
    if (strcmp(argv[1], "--spec-keys") == 0) {
        cli_spec_keys();
        return BNN_OK;
    }
    if (command == NULL)
        return cli_is_spec_key(argv[1]) ? cli_spec_help(argv[1], err)
                                        : fail_unknown_command(argv[1], err);
    cli_print_help(command);
    return BNN_OK;
}

/* argv without the program's name. */
static int dispatch_command(int argc, char **argv, bnn_error *err)
{
    static char run[] = "run";
    if (argc < 1)
        return bnn_fail(err, BNN_E_USAGE,
                        "nothing to do; try `bnnrun configs/quick.yaml`, or "
                        "`bnnrun --help`");
    if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0 ||
        strcmp(argv[0], "help") == 0)
        return help_on_command(argc, argv, err);
    if (strcmp(argv[0], "--version") == 0)
        return print_version(err);
    const cli_command *command = find_command(argv[0]);
    if (command != NULL)
        return cli_run_command(command, argc, argv, err);
    if (!looks_like_spec(argv[0]))
        return fail_unknown_command(argv[0], err);
    /* argv[-1], the program's name, is free to take. */
    argv[-1] = run;
    return cli_run_command(&cli_command_run, argc + 1, argv - 1, err);
}

int main(int argc, char **argv)
{
    bnn_error err = {.message = ""};
    setlocale(LC_CTYPE, "");
    int status = dispatch_command(argc - 1, argv + 1, &err);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == BNN_OK)
        status = bnn_fail_errno(&err, BNN_E_RESOURCE, "cannot write the results");
    if (status != BNN_OK && err.message[0] != '\0')
        fprintf(stderr, "bnnrun: %s\n", err.message);
    return status == BNN_OK || status == BNN_E_INTERRUPTED ? EXIT_SUCCESS : -status;
}
