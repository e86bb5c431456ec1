/* complete.h - what may stand at a place of the command line, for shells. From the tables: options and
 * operands are called in the help by words that say what they are (RUN, SPEC.yaml, "stale|failed"). */
#ifndef BNN_CLI_COMPLETE_H
#define BNN_CLI_COMPLETE_H

#include "cli/cli.h"

/* What is being completed. */
typedef struct cli_place {
    cli_options options;        /* as the words before say; no operands */
    const cli_command *command; /* NULL: its name is what is missing */
    const char *before;         /* the operand before, or "" */
    const char *prefix;         /* what the word begins with and candidates have not: "--db=" */
    const char *current;        /* the word as far as it is there, behind that */
} cli_place;

/* Prints the candidates for the last of the words behind `bnnrun`, which may be empty: a line each, with
 * a tab and a description behind. Lines that are no candidates: ":files" (and files; those with the
 * ending behind the tab), ":nospace" (more is to be written behind them). What cannot be read has no
 * candidates. */
void cli_complete(char *const *words, int n, bnn_arena *arena);

/* Prints a word if it is a candidate. */
void cli_offer(const cli_place *place, const char *word, const char *about);

/* Prints what a word of the help stands for, say RUN (complete_sources.c); one that it does not know
 * stands for nothing. */
void cli_offer_source(const cli_place *place, const char *source);

#endif
