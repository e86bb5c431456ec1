/* main.c - runs what the command line means, and says what went wrong. */
#include "cli/cli.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    bnn_error err = {.message = ""};
    setlocale(LC_CTYPE, "");
    signal(SIGCHLD, SIG_DFL); /* ignored, as whoever started us may have it, no child is awaited */
    signal(SIGXFSZ, SIG_IGN); /* a limit to the size of files fails as a full disk does */
    int status = argc < 1 ? BNN_E_USAGE : cli_dispatch(argc, argv, &err);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == BNN_OK)
        status = bnn_fail_errno(&err, BNN_E_RESOURCE, "cannot write the results");
    if (status != BNN_OK && err.message[0] != '\0')
        cli_print_failure(&err);
    return status == BNN_OK || status == BNN_E_INTERRUPTED ? EXIT_SUCCESS : -status;
}
