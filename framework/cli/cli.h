/* cli.h - what the subcommands share. Only this folder prints; results go to stdout, messages to
 * stderr. */
#ifndef BNN_CLI_CLI_H
#define BNN_CLI_CLI_H

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>

/* Options that every subcommand understands. */
typedef struct cli_options {
    const char *db;          /* --db, else BNNRUN_DB, else bnnrun.db */
    bool names_db;           /* --db was given */
    const char *plugin_path; /* --plugin-path, or NULL */
    bool json;               /* --json */
    bool csv;                /* --csv; not both */
    bool quiet;              /* -q */
    int verbose;             /* -v, repeatable */
} cli_options;

typedef struct cli_option cli_option; /* options.h */

/* A subcommand: argv[0] is its name. Returns a bnn_status; a failure's message is in err and is
 * printed by main. A new one is a file in commands/, its name here, and a row in main.c. */
typedef struct cli_command {
    const char *name;
    const char *arguments;     /* "SPEC.yaml" */
    const char *summary;       /* one line */
    const char *notes;         /* what else to know; lines */
    const cli_option *options; /* its own, and what common ones do here; closed by a NULL name */
    const char *examples;      /* lines */
    int (*run)(int argc, char **argv, bnn_error *err);
} cli_command;

extern const cli_command cli_command_run, cli_command_plan, cli_command_plugins, cli_command_data,
    cli_command_runs, cli_command_show, cli_command_query, cli_command_predict, cli_command_export,
    cli_command_verify, cli_command_bench;

/* Options with their defaults (BNNRUN_DB looked up). */
cli_options cli_options_default(void);

/* The failure for a wrong command line: says what is wrong and names `bnnrun NAME --help`. */
int cli_usage(bnn_error *err, const cli_command *command, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Directories, colon-separated, that hold dataset catalogue entries and topologies: those beside
 * the spec (may be NULL), the source tree when run uninstalled, the installed data. */
const char *cli_catalogue_path(const char *spec_path);
const char *cli_topology_path(const char *spec_path);

/* Room for a number or another short text in a table. */
enum { CLI_TEXT_MAX = 80 };

/* The failure for a word that is none of the candidates: "WHAT 'WORD', did you mean '...'?", or the
 * list of them when none is near. */
int cli_unknown(bnn_error *err, bnn_status status, const char *what, const char *word,
                const char *const *candidates, size_t n);

/* Whether what is written to the file may hold UTF-8 pictures: a terminal of a UTF-8 locale. */
bool cli_draws(FILE *file);

#endif
