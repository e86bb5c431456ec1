#include "cli/cli.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The build says where configs are installed; this is where --prefix=/usr/local puts them. */
#ifndef BNN_DATA_DIR
#    define BNN_DATA_DIR "/usr/local/share/bnnrun"
#endif

enum { PATHS_BYTES = 4 * PATH_MAX };

cli_options cli_options_default(void)
{
    const char *db = getenv("BNNRUN_DB");
    return (cli_options){.db = db != NULL && *db != '\0' ? db : "bnnrun.db"};
}

bool cli_common_option(int option, const char *argument, cli_options *options)
{
    switch (option) {
    case CLI_OPTION_DB:
        options->db = argument;
        return true;
    case CLI_OPTION_PLUGIN_PATH:
        options->plugin_path = argument;
        return true;
    case CLI_OPTION_JSON:
        options->json = true;
        return true;
    case CLI_OPTION_CSV:
        options->csv = true;
        return true;
    case 'q':
        options->quiet = true;
        return true;
    case 'v':
        options->verbose++;
        return true;
    default:
        return false;
    }
}

int cli_check_form(const cli_command *command, const cli_options *options, bnn_error *err)
{
    if (options->json && options->csv)
        return cli_usage(err, command, "--json and --csv are two forms of one result; choose one");
    return BNN_OK;
}

void cli_print_help(const cli_command *command)
{
    printf("bnnrun %s %s\n\n%s\n\n%s", command->name, command->arguments, command->summary,
           command->help);
}

int cli_usage(bnn_error *err, const cli_command *command, const char *format, ...)
{
    char message[700];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return bnn_fail(err, BNN_E_USAGE, "%s: %s; see `bnnrun %s --help`", command->name, message,
                    command->name);
}

/* ---- where configs are ------------------------------------------------------------------- */

/* Adds DIRECTORY/KIND to a colon-separated list; one that does not fit is left out. */
static void add_directory(char *list, const char *directory, size_t n_directory, const char *kind)
{
    const size_t used = strlen(list);
    const int n = snprintf(list + used, PATHS_BYTES - used, "%s%.*s/%s", used == 0 ? "" : ":",
                           (int)n_directory, directory, kind);
    if (n < 0 || (size_t)n >= PATHS_BYTES - used)
        list[used] = '\0';
}

static void add_beside_spec(char *list, const char *spec_path, const char *kind)
{
    const char *slash = strrchr(spec_path, '/');
    if (slash == NULL)
        add_directory(list, ".", 1, kind);
    else
        add_directory(list, spec_path, (size_t)(slash - spec_path), kind);
}

/* The program lies at the top of the tree when it was built there and not installed. */
static void add_source_tree(char *list, const char *kind)
{
    char program[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n <= 0)
        return;
    program[n] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL || (size_t)(slash - program) + sizeof "/configs" > sizeof program)
        return;
    memcpy(slash, "/configs", sizeof "/configs");
    add_directory(list, program, strlen(program), kind);
}

/* Made once a command, by the main thread, and needed until the program ends. */
static const char *make_path(char list[PATHS_BYTES], const char *spec_path, const char *kind)
{
    list[0] = '\0';
    if (spec_path != NULL)
        add_beside_spec(list, spec_path, kind);
    add_source_tree(list, kind);
    add_directory(list, BNN_DATA_DIR, strlen(BNN_DATA_DIR), kind);
    return list;
}

const char *cli_catalogue_path(const char *spec_path)
{
    static char list[PATHS_BYTES];
    return make_path(list, spec_path, "datasets");
}

const char *cli_topology_path(const char *spec_path)
{
    static char list[PATHS_BYTES];
    return make_path(list, spec_path, "topologies");
}
