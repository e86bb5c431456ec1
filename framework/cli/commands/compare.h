/* compare.h - what the two files of `bnnrun compare` share. Private to cli/commands/. */
#ifndef BNN_CLI_COMMANDS_COMPARE_H
#define BNN_CLI_COMMANDS_COMPARE_H

#include "cli/compare/ask.h"

typedef struct compare_request {
    cli_asking asking;
    bool markdown, latex;
} compare_request;

int compare_print(const compare_request *r, const cli_question *asked, const cli_findings *found,
                  bnn_error *err);

/* compare_two.c: compares the two operands. */
int compare_two(bnn_store *store, const compare_request *r, bnn_error *err);

#endif
