/* options.h - the options of a subcommand as a table: from its rows they are parsed and the help is
 * printed, and whoever completes a command line finds all there is to know. */
#ifndef BNN_CLI_OPTIONS_H
#define BNN_CLI_OPTIONS_H

#include "cli/cli.h"

#include <getopt.h> /* optind */
#include <stddef.h>
#include <stdint.h>

typedef enum cli_option_kind {
    CLI_COMMON =
        0,        /* one of all subcommands (options.c has them); the row says what it does here */
    CLI_SWITCH,   /* takes no value; the bool at offset becomes true */
    CLI_NO,       /* likewise false: --no-download */
    CLI_REPEATED, /* likewise; the int at offset grows by one */
    CLI_STRING,   /* the const char * at offset */
    CLI_COUNT,    /* the uint32_t at offset, from 1 to most */
    CLI_PARSED,   /* whatever parse makes of it */
} cli_option_kind;

struct cli_option {
    const char *name; /* without the dashes */
    char letter;      /* of the short form; 0: there is none */
    cli_option_kind kind;
    size_t offset; /* of the field in the subcommand's request */
    uint32_t most;
    const char *value; /* what the help calls the value: "FILE", "onnx|c"; NULL: it takes none */
    int (*parse)(const cli_command *command, void *request, const char *value, bnn_error *err);
    const char *help; /* lines, broken */
};

/* Parses a command line. request: the subcommand's struct, which begins with a cli_options; that is
 * set to its defaults first, the other fields keep theirs. The operands are then argv[optind],
 * argv[optind + 1], ... *done: help was asked for and printed. */
int cli_parse(const cli_command *command, int argc, char **argv, void *request, bool *done,
              bnn_error *err);

/* Prints `bnnrun NAME ARGUMENTS`, summary, notes, options and examples to stdout. */
void cli_print_help(const cli_command *command);

/* The rows of all subcommands, as the general help explains them; closed by a NULL name. */
extern const cli_option cli_common_options[];
void cli_print_options(const cli_option *table);

#endif
