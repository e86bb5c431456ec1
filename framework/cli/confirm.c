#include "cli/confirm.h"

#include <string.h>
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

int cli_store_open_to_write(const cli_options *options, bnn_store **out, bnn_error *err)
{
    bnn_store *store;
    const int status = cli_store_open(options, &store, err);
    if (status != BNN_OK)
        return status;
    bnn_store_close(store);
    return bnn_store_open(options->db, BNN_STORE_WRITE, out, err);
}
