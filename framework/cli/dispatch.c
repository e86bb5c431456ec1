/* dispatch.c - the subcommands, and which of them a command line means. */
#include "base/path.h"
#include "base/text.h"
#include "cli/options.h"
#include "kernels/kernels.h"
#include "simd/cpu.h"
#include "build_info.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const cli_command *const cli_commands[] = {
    &cli_command_run,        &cli_command_plan,    &cli_command_plugins,
    &cli_command_data,       &cli_command_runs,    &cli_command_show,
    &cli_command_query,      &cli_command_compare, &cli_command_plot,
    &cli_command_report,     &cli_command_serve,   &cli_command_predict,
    &cli_command_export,     &cli_command_verify,  &cli_command_bench,
    &cli_command_note,       &cli_command_tag,     &cli_command_diff,
    &cli_command_mv,         &cli_command_merge,   &cli_command_pack,
    &cli_command_unpack,     &cli_command_slurm,   &cli_command_rm,
    &cli_command_gc,         &cli_command_doctor,  &cli_command_schema,
    &cli_command_completion, &cli_command_help,    NULL,
};

const cli_command *cli_find_command(const char *name)
{
    for (const cli_command *const *command = cli_commands; *command != NULL; command++)
        if (strcmp((*command)->name, name) == 0)
            return *command;
    return NULL;
}

static int print_version(bnn_error *err)
{
    size_t n;
    const char *const *names = bnn_cpu_names(&n);
    const bnn_kernels *kernels = bnn_kernels_choose(err);
    if (kernels == NULL)
        return err->status;
    char specs[PATH_MAX] = "";
    const char *list = cli_spec_path();
    while (bnn_path_next(&list, specs) && access(specs, F_OK) != 0)
        continue;
    printf("bnnrun %s\nrevision    %s\nkernels     %s (of", BNN_VERSION, BNN_REVISION,
           kernels->name);
    for (size_t i = 0; i < n; i++)
        printf(" %s", names[i]);
    printf(")\nplugin ABI  %u\ncompiler    %s\nspecs       %s\n", BNN_ABI_VERSION, BNN_COMPILER,
           specs);
    return BNN_OK;
}

/* No subcommand has such a name. */
static bool looks_like_spec(const char *argument)
{
    return strcmp(argument, "-") == 0 || strchr(argument, '/') != NULL ||
           bnn_text_ends_with(argument, ".yaml") || bnn_text_ends_with(argument, ".yml") ||
           cli_find_spec(argument) != argument;
}

enum { NAMES_MAX = 64 }; /* of subcommands and specs */

int cli_unknown_command(const char *name, bnn_error *err)
{
    const char *names[NAMES_MAX];
    char list[512], excerpt[BNN_EXCERPT];
    size_t n = 0, n_specs = 0;
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    const char **specs = arena == NULL ? NULL : cli_list_specs(arena, &n_specs, err);
    for (; cli_commands[n] != NULL; n++)
        names[n] = cli_commands[n]->name;
    const size_t n_commands = n;
    for (size_t i = 0; specs != NULL && i < n_specs && n < NAMES_MAX; i++)
        names[n++] = specs[i];
    const char *near = bnn_suggest(name, names, n);
    if (near != NULL)
        bnn_fail(err, BNN_E_USAGE,
                 "unknown command \"%s\"; did you mean \"%s\"? see `bnnrun --help`",
                 bnn_excerpt(name, excerpt), near);
    else
        bnn_fail(
            err, BNN_E_USAGE,
            "unknown command \"%s\"; a spec has a / in its path, ends in .yaml, or is one that "
            "came along (%s); see `bnnrun --help`",
            bnn_excerpt(name, excerpt),
            bnn_text_join(names + n_commands, n - n_commands, list, sizeof list));
    bnn_arena_destroy(arena);
    return err->status;
}

int cli_dispatch(int argc, char **argv, bnn_error *err)
{
    static char run[] = "run", help[] = "help";
    cli_leading leading;
    const int status = cli_take_leading(argc, argv, &leading, err);
    if (status != BNN_OK)
        return status;
    char *const name = argv[leading.n];
    if (leading.version)
        return print_version(err);
    if (leading.help)
        argv[leading.n - 1] = help;
    if (leading.help)
        return cli_run_command(&cli_command_help, argc - leading.n + 1, argv + leading.n - 1, err);
    if (name == NULL)
        return bnn_fail(err, BNN_E_USAGE, "nothing to do; try `bnnrun quick`, or `bnnrun --help`");
    const cli_command *command = cli_find_command(name);
    if (command == NULL && !looks_like_spec(name))
        return cli_unknown_command(name, err);
    /* The options that stand before the command are then its own. */
    argv[0] = run;
    if (command == NULL)
        return cli_run_command(&cli_command_run, argc, argv, err);
    memmove(argv + 1, argv, (size_t)leading.n * sizeof *argv);
    argv[1] = name;
    return cli_run_command(command, argc - 1, argv + 1, err);
}
