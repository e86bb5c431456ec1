/* cli.h - what the subcommands share. Only this folder prints; results go to stdout, messages to
 * stderr. */
#ifndef BNN_CLI_CLI_H
#define BNN_CLI_CLI_H

#include "base/arena.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/* What every subcommand gets: the options that all understand, and its operands. */
typedef struct cli_options {
    const char *db;          /* --db, else BNNRUN_DB, else bnnrun.db */
    bool names_db;           /* --db was given */
    const char *plugin_path; /* --plugin-path, or NULL */
    bool json;               /* --json */
    bool csv;                /* --csv; not both */
    bool quiet;              /* -q */
    int verbose;             /* -v, repeatable */
    int n_operands;
    char **operands;  /* what is no option */
    bnn_arena *arena; /* for all of the command */
} cli_options;

typedef struct cli_option cli_option; /* options.h */

/* A subcommand. A new one is a file in commands/, its name here, and a row in dispatch.c; the help, the man
 * pages and what shells complete have it then. */
typedef struct cli_command {
    const char *name;
    const char *arguments;  /* "SPEC.yaml" */
    const char *completion; /* what these are, to shells (complete.h); NULL: as they are called */
    const char *summary;    /* one line */
    const char *notes;      /* what else to know; lines */
    const cli_option *options; /* its own, and what common ones do here; closed by a NULL name */
    const char *examples;      /* lines */
    int least, most;           /* operands; most 0: any number */
    const char *needs;         /* says what is needed when there are too few, or too many ... */
    const char *surplus;       /* ... unless this says how many may be, with ", not "WORD"" */
    bool refuses_csv;
    size_t memory;      /* of the arena; 0: BNN_SMALL_LIMIT_BYTES */
    size_t n_request;   /* bytes of its request, which begins with a cli_options; 0: that */
    const void *values; /* that a request has without options; NULL: zeros */
    /* request: as the command line says. Returns a bnn_status; a failure's message is in err and is
     * printed by main. */
    int (*run)(void *request, bnn_error *err);
} cli_command;

extern const cli_command cli_command_run, cli_command_plan, cli_command_plugins, cli_command_data,
    cli_command_runs, cli_command_show, cli_command_query, cli_command_predict, cli_command_export,
    cli_command_verify, cli_command_bench, cli_command_note, cli_command_tag, cli_command_diff,
    cli_command_compare, cli_command_plot, cli_command_report, cli_command_serve, cli_command_mv,
    cli_command_merge, cli_command_pack, cli_command_unpack, cli_command_slurm, cli_command_rm,
    cli_command_gc, cli_command_doctor, cli_command_schema, cli_command_completion,
    cli_command_help;

/* All of them, as the help lists them; closed by NULL. */
extern const cli_command *const cli_commands[];
const cli_command *cli_find_command(const char *name); /* NULL: there is none */

/* Runs what a command line means: argv[0] is the program's name, whose place is free to take, like the order of
 * the others. Returns a bnn_status; a failure's message is in err. */
int cli_dispatch(int argc, char **argv, bnn_error *err);

/* The failure for a name that no subcommand has: what may have been meant. */
int cli_unknown_command(const char *name, bnn_error *err);

/* The failure for a wrong command line: says what is wrong and names `bnnrun NAME --help`. */
int cli_usage(bnn_error *err, const cli_command *command, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Directories, colon-separated, that hold dataset catalogue entries and topologies: those beside
 * the spec (may be NULL), of entries those of the user, the source tree when run uninstalled, the
 * installed data. */
const char *cli_catalogue_path(const char *spec_path);
const char *cli_topology_path(const char *spec_path);

/* Where the user's own entries are: $XDG_DATA_HOME/bnnrun/datasets, or ~/.local/share/bnnrun/datasets.
 * False when neither variable names an absolute path. */
bool cli_catalogue_of_user(char out[PATH_MAX]);

/* Likewise the directories of the specs that came with bnnrun. */
const char *cli_spec_path(void);

/* The file that a spec on the command line stands for: of a mere name that no file has, NAME.yaml here
 * or among those that came with bnnrun; else, or when there is none, the operand itself. */
const char *cli_find_spec(const char *operand);

/* The names of those that came along, in the arena; NULL when the machine fails. */
const char **cli_list_specs(bnn_arena *arena, size_t *n, bnn_error *err);

/* Room for a number or another short text in a table. */
enum { CLI_TEXT_MAX = 80 };

/* The failure for a word that is none of the candidates: "WHAT 'WORD', did you mean '...'?", or the
 * list of them when none is near. */
int cli_unknown(bnn_error *err, bnn_status status, const char *what, const char *word,
                const char *const *candidates, size_t n);

/* Whether what is written to the file may hold UTF-8 pictures: a terminal of a UTF-8 locale. */
bool cli_draws(FILE *file);

/* Prints the message of a failure to stderr. */
void cli_print_failure(const bnn_error *err);

/* Prints n bytes of a text to stdout. Whatever it holds, as from a database of somebody else, the terminal
 * gets no control characters. */
void cli_print_clean(const char *text, size_t n);

/* Whether lines of the file can be drawn again: a terminal that is not dumb. */
bool cli_redraws(FILE *file);

/* The columns of the terminal that the file is, now; 80 of what is none. */
size_t cli_width(FILE *file);

/* Whether what is written to the file is coloured: one that redraws, or CLICOLOR_FORCE; never with
 * NO_COLOR. --color sets these. */
bool cli_colours(FILE *file);

#endif
