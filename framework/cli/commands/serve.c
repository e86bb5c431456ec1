/* serve.c - bnnrun serve: the page of a report, live. */
#include "cli/commands/compare.h"
#include "cli/serve/serve.h"

#include <string.h>

enum { SERVE_PORT_MAX = 65535 };

static const cli_serve_wish serve_values = {.asking = CLI_ASKING_VALUES, .port = CLI_SERVE_PORT};

static int serve_set_port(const cli_command *command, void *request, const char *value,
                          bnn_error *err)
{
    cli_serve_wish *wish = request;
    wish->port = cli_count(value, SERVE_PORT_MAX);
    return wish->port > 0 || strcmp(value, "0") == 0
               ? BNN_OK
               : cli_usage(err, command, "--port takes a number from 0 to %d, not \"%s\"",
                           SERVE_PORT_MAX, value);
}

static int serve_run(void *request, bnn_error *err)
{
    return cli_serve(request, err);
}

static const cli_option serve_options[] = {
    CLI_PARSED_ROW("port", 0, "N", serve_set_port,
                   "the port of 127.0.0.1 (default: 8484); 0: one that is free"),
    CLI_ASKING_METRIC,
    CLI_ASKING_NUMBERS,
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db), which need not be there yet"},
    {.name = "plugin-path", .help = "colon-separated folders with plugins, searched first"},
    {.name = NULL},
};

const cli_command cli_command_serve = {
    .name = "serve",
    .arguments = "[EXPERIMENT...]",
    .completion = "EXPERIMENT",
    .summary = "the page of `bnnrun report` in a browser, live while a sweep runs",
    .notes =
        "Prints an address for a browser on this machine, and serves the page of `bnnrun report`\n"
        "there until Ctrl-C. The page follows the database while others write to it: what is new\n"
        "appears by itself, and what one has sorted, chosen or drawn stays. Without EXPERIMENT it\n"
        "shows the one that was run last, whichever that is by then.\n"
        "\n"
        "Nobody reaches it from another machine, and it writes nothing: to see it from elsewhere,\n"
        "forward the port, as in `ssh -L 8484:127.0.0.1:8484 HOST`. A page is made anew when\n"
        "somebody looks at it, takes at most a tenth of a CPU, and can be left open.\n",
    .options = serve_options,
    .examples = "  bnnrun serve\n"
                "  bnnrun serve ste_sweep --port 0\n",
    .memory = BNN_SMALL_LIMIT_BYTES,
    .n_request = sizeof(cli_serve_wish),
    .values = &serve_values,
    .run = serve_run,
};
