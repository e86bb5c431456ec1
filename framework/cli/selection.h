/* selection.h - the options and operands by which a command line chooses runs. */
#ifndef BNN_CLI_SELECTION_H
#define BNN_CLI_SELECTION_H

#include "cli/options.h"
#include "cli/result.h"
#include "db/store_curate.h"

/* The beginning of the request of a subcommand that chooses runs. */
typedef struct cli_selection {
    cli_options options;
    bnn_store_filter filter; /* as far as the options say it */
} cli_selection;

int cli_selection_add_states(const cli_command *command, void *request, const char *value,
                             bnn_error *err);
int cli_selection_add_tag(const cli_command *command, void *request, const char *value,
                          bnn_error *err);
int cli_selection_set_revision(const cli_command *command, void *request, const char *value,
                               bnn_error *err);
int cli_selection_set_since(const cli_command *command, void *request, const char *value,
                            bnn_error *err);
#define CLI_SELECTION_OPTIONS                                                            \
    CLI_WORDS_ROW("state", "STATE", "queued|running|done|stale|failed|interrupted",      \
                  cli_selection_add_states,                                              \
                  "only queued, running, done, stale, failed or interrupted runs;\n"     \
                  "several with commas between"),                                        \
        CLI_PARSED_ROW("tag", 0, "TAG", cli_selection_add_tag,                           \
                       "only runs that have this tag; repeatable: all of them"),         \
        CLI_PARSED_ROW("revision", 0, "newest|earlier", cli_selection_set_revision,      \
                       "only runs that the newest spec of their experiment has, or\n"    \
                       "only the others"),                                               \
        CLI_PARSED_ROW("since", 0, "WHEN", cli_selection_set_since,                      \
                       "only runs that ended (else began, else were planned) since a\n"  \
                       "time, \"2026-11-28\" or \"2026-11-28 10:30\" (UTC), or in the\n" \
                       "last 90m, 12h, 3d or 2w")

/* What the help of such a command says of KEY=VALUE. */
#define CLI_SELECTION_NOTES                                                                  \
    "KEY=VALUE chooses by a setting, as `bnnrun show` lists them, or a part of the label:\n" \
    "train.optimizer.lr=0.001, or its end: lr=0.001, ste=clipped, seed=3.\n"

/* Takes KEY=VALUE from the operands; what is left is others. */
int cli_selection_take_settings(cli_selection *selection, bnn_error *err);

/* That no config has such a key, when nothing was found; BNN_OK when all are known. */
int cli_selection_check_keys(bnn_store *store, const cli_selection *selection, bnn_error *err);

/* Fails when no run belongs to an experiment of this name. */
int cli_selection_check_experiment(bnn_store *store, const char *experiment, bnn_arena *arena,
                                   bnn_error *err);

#endif
