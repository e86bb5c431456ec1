/* load.h - the command line of `run` and `plan`, and the spec that it names. */
#ifndef BNN_CLI_LOAD_H
#define BNN_CLI_LOAD_H

#include "cli/options.h"
#include "runner/experiment.h"

/* What the two commands were asked for. */
typedef struct cli_request {
    cli_options options;
    const char *spec;
    const char **overrides; /* -s, in their order, closed by NULL */
    int64_t n_jobs;         /* -j; 0: not given */
    bool dry_run;
    bool download;
    bool help; /* was asked for and printed; there is nothing else to do */
    bnn_arena *arena;
    bnn_registry *registry;
    bnn_experiment experiment;
} cli_request;

/* Parses the command line. Whatever it returns, cli_request_end frees what there is. */
int cli_request_parse(const cli_command *command, int argc, char **argv, cli_request *out,
                      bnn_error *err);

/* Reads and checks the spec; its mistakes go to stderr as they are, err sums them up. */
int cli_request_load(cli_request *request, bnn_error *err);

void cli_request_end(cli_request *request);

/* The rows of options that both commands have. */
int cli_request_add_override(const cli_command *command, void *request, const char *value,
                             bnn_error *err);
int cli_request_set_jobs(const cli_command *command, void *request, const char *value,
                         bnn_error *err);
#define CLI_REQUEST_OPTIONS                                                                      \
    {.name = "set",                                                                              \
     .letter = 's',                                                                              \
     .kind = CLI_PARSED,                                                                         \
     .parse = cli_request_add_override,                                                          \
     .value = "KEY=VALUE",                                                                       \
     .help = "replace a value of the spec: -s train.epochs=20; a list\n"                         \
             "sweeps: -s model.ste=[clipped,approx_sign]; repeatable"},                          \
        {.name = "jobs",                                                                         \
         .letter = 'j',                                                                          \
         .kind = CLI_PARSED,                                                                     \
         .parse = cli_request_set_jobs,                                                          \
         .value = "N",                                                                           \
         .help = "runs at a time (default: run.jobs, else the CPUs)"},                           \
        {.name = "dry-run",                                                                      \
         .letter = 'n',                                                                          \
         .kind = CLI_SWITCH,                                                                     \
         .offset = offsetof(cli_request, dry_run),                                               \
         .help = "the same as bnnrun plan"},                                                     \
        {.name = "no-download",                                                                  \
         .kind = CLI_NO,                                                                         \
         .offset = offsetof(cli_request, download),                                              \
         .help = "use data sets that are here, or fail"},                                        \
        {.name = "db", .help = "the database (default: $BNNRUN_DB, else bnnrun.db here)"},       \
        {.name = "plugin-path", .help = "colon-separated folders with plugins, searched first"}, \
    {                                                                                            \
        .name = "json", .help = "results as JSON on stdout"                                      \
    }

#endif
