/* man.h - the help as man pages, in man(7): bnnrun(1), a page for each subcommand, and bnnrun-spec(5)
 * with the keys of specs. All texts are those that the help prints. */
#ifndef BNN_CLI_MAN_H
#define BNN_CLI_MAN_H

#include "cli/cli.h"

/* A line for each page: the name of its file, "bnnrun-run.1", and what cli_man_page calls it. */
void cli_man_list(void);

/* Prints the page of a subcommand; of specs, "spec"; of the program, "". BNN_E_USAGE when there is no
 * such page. */
int cli_man_page(const char *name, bnn_error *err);

/* ---- for pages that are written elsewhere ---- */

/* The first lines of a page: BNNRUN-NAME in a section of the manual, what it is in a line. */
void cli_man_begin(const char *name, int section, const char *summary);
/* A text in which nothing means anything to the formatter, on one line. */
void cli_man_text(const char *text);

#endif
