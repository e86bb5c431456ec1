/* load.h - the command line of `run` and `plan`, and the spec that it names. */
#ifndef BNN_CLI_LOAD_H
#define BNN_CLI_LOAD_H

#include "cli/cli.h"
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

/* The options of both commands, for their help texts. */
#define CLI_REQUEST_HELP                                                                        \
    "  -s, --set KEY=VALUE  replace a value of the spec: -s train.epochs=20; a list sweeps: \n" \
    "                       -s model.ste=[clipped,approx_sign]; repeatable\n"                   \
    "  -j, --jobs N         runs at a time (default: run.jobs, else the CPUs)\n"                \
    "      --no-download    use data sets that are here, or fail\n"                             \
    "      --db FILE        the database (default: $BNNRUN_DB, else bnnrun.db here)\n"          \
    "      --plugin-path DIRS  colon-separated folders with plugins, searched first\n"          \
    "      --json           results as JSON on stdout\n"

#endif
