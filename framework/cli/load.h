/* load.h - the command line of `run` and `plan`, and the spec that it names. */
#ifndef BNN_CLI_LOAD_H
#define BNN_CLI_LOAD_H

#include "cli/options.h"
#include "runner/experiment.h"

/* What the two commands were asked for. */
typedef struct cli_request {
    cli_options options;
    const char *spec;
    const char *const *overrides; /* -s, in their order, closed by NULL */
    size_t n_overrides;
    int64_t n_jobs;      /* -j; 0: not given */
    const char *retrain; /* of bnn_plan_make */
    bool dry_run;
    bool take_over;
    bool download;
    bool networks; /* of plan */
    bool notify;   /* of run and slurm: run.notify is run */
    bnn_shard shard;
    bnn_registry *registry;
    bnn_experiment experiment;
} cli_request;

/* A request before its options. */
extern const cli_request cli_request_values;

/* Reads and checks the one spec; its mistakes go to stderr as they are, err sums them up. Whatever
 * it returns, the caller destroys the registry after the last use. */
int cli_request_load(const cli_command *command, cli_request *request, bnn_error *err);

/* What a shard of n calls its database, and how all of them are listed, for notes of a help. */
#define CLI_SHARD_NOTES                                                                             \
    "With --shard 3/16 only the runs of this shard are done, in bnnrun.3of16.db unless --db says\n" \
    "otherwise (of BNNRUN_DB=x.db: x.3of16.db); `bnnrun merge` joins the databases of all. A run\n" \
    "belongs to one shard, by its hash; runs with a start or a teacher, to that of these.\n"

/* The rows of options that both commands have. */
int cli_request_set_shard(const cli_command *command, void *request, const char *value,
                          bnn_error *err);
int cli_request_add_override(const cli_command *command, void *request, const char *value,
                             bnn_error *err);
int cli_request_set_jobs(const cli_command *command, void *request, const char *value,
                         bnn_error *err);
#define CLI_REQUEST_OPTIONS                                                                      \
    CLI_PARSED_ROW("set", 's', "KEY=VALUE", cli_request_add_override,                            \
                   "replace a value of the spec: -s train.epochs=20; a list\n"                   \
                   "sweeps: -s model.ste=[clipped,approx_sign]; repeatable"),                    \
        CLI_PARSED_ROW("jobs", 'j', "N", cli_request_set_jobs,                                   \
                       "runs at a time (default: run.jobs, else the CPUs)"),                     \
        CLI_PARSED_ROW("shard", 0, "I/N", cli_request_set_shard,                                 \
                       "the I-th of N parts of the runs, in a database of its own"),             \
        CLI_ROW("dry-run", 'n', CLI_SWITCH, NULL, cli_request, dry_run,                          \
                "the same as bnnrun plan"),                                                      \
        CLI_ROW("no-download", 0, CLI_NO, NULL, cli_request, download,                           \
                "use data sets that are here, or fail"),                                         \
        {.name = "retrain",                                                                      \
         .kind = CLI_STRING,                                                                     \
         .offset = offsetof(cli_request, retrain),                                               \
         .value = "WHICH",                                                                       \
         .completion = "stale|failed|all|RUN",                                                   \
         .help = "train again from the start: stale, failed, all, or\n"                          \
                 "runs: RUN[,RUN...]"},                                                          \
        {.name = "db", .help = "the database (default: $BNNRUN_DB, else bnnrun.db here)"},       \
        {.name = "plugin-path", .help = "colon-separated folders with plugins, searched first"}, \
    {                                                                                            \
        .name = "json", .help = "results as JSON on stdout"                                      \
    }

#endif
