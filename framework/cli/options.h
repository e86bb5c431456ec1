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
    const char *help;       /* lines, broken */
    const char *completion; /* what its value is, to shells (complete.h); NULL: as value says */
};

/* Rows of a table, but for the common ones, which have a name and a help only. FIELD: of the struct
 * REQUEST. */
#define CLI_ROW(NAME, LETTER, KIND, VALUE, REQUEST, FIELD, HELP)      \
    {                                                                 \
        .name = NAME, .letter = LETTER, .kind = KIND, .value = VALUE, \
        .offset = offsetof(REQUEST, FIELD), .help = HELP              \
    }
#define CLI_COUNT_ROW(NAME, VALUE, REQUEST, FIELD, MOST, HELP)                             \
    {                                                                                      \
        .name = NAME, .kind = CLI_COUNT, .offset = offsetof(REQUEST, FIELD), .most = MOST, \
        .value = VALUE, .help = HELP                                                       \
    }
#define CLI_WORDS_ROW(NAME, VALUE, WORDS, PARSE, HELP)                                         \
    {                                                                                          \
        .name = NAME, .kind = CLI_PARSED, .parse = PARSE, .value = VALUE, .completion = WORDS, \
        .help = HELP                                                                           \
    }
#define CLI_PARSED_ROW(NAME, LETTER, VALUE, PARSE, HELP)                                    \
    {                                                                                       \
        .name = NAME, .letter = LETTER, .kind = CLI_PARSED, .parse = PARSE, .value = VALUE, \
        .help = HELP                                                                        \
    }

/* What a request begins with before its options. */
cli_options cli_options_standard(bnn_arena *arena);

/* Runs a subcommand: reads the command line, argv[0] being its name, into a request, checks the
 * number of operands, makes the arena. Or prints the help when that is asked for. */
int cli_run_command(const cli_command *command, int argc, char **argv, bnn_error *err);

/* What stands before the subcommand. */
typedef struct cli_leading {
    int n; /* arguments, argv[0] included */
    bool help, version;
} cli_leading;

/* Reads it, without acting; a failure when there is an option that is not of all subcommands. */
int cli_take_leading(int argc, char **argv, cli_leading *out, bnn_error *err);

/* A number from 1 to most, in digits alone; 0 when the text is none. */
uint32_t cli_count(const char *text, uint32_t most);

/* Prints `bnnrun NAME ARGUMENTS`, summary, notes, options and examples to stdout. */
void cli_print_help(const cli_command *command);

/* The rows of all subcommands, as the general help explains them, and those of the program alone, of
 * which --help is for a subcommand, too; closed by a NULL name. */
extern const cli_option cli_common_options[], cli_program_options[];

/* What else the general help says: the variables of the environment, a line each, and the exit status,
 * which begins in the middle of a line. */
extern const char cli_environment[], cli_exit_status[];
extern const char cli_summary[]; /* what bnnrun is, in a line */

/* The row that says how an option is written: the common one of a CLI_COMMON, else the row itself. */
const cli_option *cli_option_form(const cli_option *row);

void cli_print_options(const cli_option *table);

#endif
