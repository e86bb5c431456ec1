/* compare.h - what the two files of `bnnrun compare` share. Private to cli/commands/. */
#ifndef BNN_CLI_COMMANDS_COMPARE_H
#define BNN_CLI_COMMANDS_COMPARE_H

#include "cli/compare/compare.h"

typedef struct compare_request {
    cli_options options;
    const char *by, *baseline; /* NULL: not given */
    const bnn_metric *metric;  /* likewise */
    double margin, alpha;      /* below 0: not given */
    bool all_pairs, markdown, latex;
} compare_request;

/* Metric, margin and level: what the command line says, else the plan, else the usual. */
void compare_set_numbers(const compare_request *r, const cli_plan *plan, cli_question *asked);

int compare_print(const compare_request *r, const cli_question *asked, const cli_findings *found,
                  bnn_error *err);

/* compare_two.c: the config that an operand names: a run, the digits of a config, [EXPERIMENT:]LABEL or
 * [EXPERIMENT:]KEY=VALUE,... experiment: where those without one are looked for. out->experiment: whose runs
 * of it count; NULL: those of all, as its digits name none. */
int compare_find_config(bnn_store *store, const compare_request *r, const char *experiment,
                        const char *operand, bnn_store_named_config *out, bnn_error *err);

/* compare_two.c: compares the two operands. */
int compare_two(bnn_store *store, const compare_request *r, bnn_error *err);

#endif
