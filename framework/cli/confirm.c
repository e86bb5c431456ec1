#include "cli/confirm.h"

#include <unistd.h>

int cli_confirm_check(const cli_command *command, const cli_removal *r, bnn_error *err)
{
    if (r->yes || r->dry_run || (isatty(STDIN_FILENO) && isatty(STDERR_FILENO)))
        return BNN_OK;
    return cli_usage(err, command, "nobody can be asked here: --yes removes, --dry-run only lists");
}

bool cli_confirm(const cli_removal *r, const char *question)
{
    char answer[16] = "";
    if (r->yes)
        return true;
    fflush(stdout);
    fprintf(stderr, "%s? [y/N] ", question);
    if (fgets(answer, sizeof answer, stdin) == NULL)
        fputc('\n', stderr);
    return answer[0] == 'y' || answer[0] == 'Y';
}
