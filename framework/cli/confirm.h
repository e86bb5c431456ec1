/* confirm.h - what removes something lists it and asks first. */
#ifndef BNN_CLI_CONFIRM_H
#define BNN_CLI_CONFIRM_H

#include "cli/options.h"
#include "cli/selection.h"

/* The beginning of the request of a subcommand that removes. */
typedef struct cli_removal {
    cli_selection selection;
    bool dry_run;
    bool yes;
    bool take_over;
} cli_removal;

#define CLI_REMOVAL_OPTIONS                                         \
    CLI_ROW("dry-run", 'n', CLI_SWITCH, NULL, cli_removal, dry_run, \
            "list what would be removed, and remove nothing"),      \
        CLI_ROW("yes", 'y', CLI_SWITCH, NULL, cli_removal, yes,     \
                "do not ask; needed where nobody can answer, as in a script")

/* Where nobody can be asked, and --yes does not say it, a wrong command line. */
int cli_confirm_check(const cli_command *command, const cli_removal *removal, bnn_error *err);

/* Asks "QUESTION? [y/N] " on the terminal; true when the answer is yes, or --yes was. */
bool cli_confirm(const cli_removal *removal, const char *question);

#endif
