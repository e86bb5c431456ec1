/* serve.h - `bnnrun serve`: the page of a report, kept up to date, for a browser on this machine. Private to cli/;
 * commands/serve.c is the command.
 *
 * One process with one thread answers requests (http.c) from documents in memory (document.c). A document is made
 * anew when somebody asks for it and the database has changed, not oftener than every few seconds, by a child
 * (render.c), which alone opens the database, for reading: it may be made, replaced or damaged meanwhile. */
#ifndef BNN_CLI_SERVE_SERVE_H
#define BNN_CLI_SERVE_SERVE_H

#include "cli/report/report.h"

#include <stdint.h>

enum { CLI_SERVE_PORT = 8484 }; /* unless another is asked for */

typedef struct cli_serve_wish {
    cli_asking
        asking; /* its operands: the experiments; none: that which was run last, whichever it is then */
    uint32_t port; /* 0: one that is free */
} cli_serve_wish;

/* Says its address in a line of stdout and serves until SIGINT, SIGTERM or SIGHUP, which are no failure.
 * BNN_E_RESOURCE when the port is taken, or bnnrun was built without libmicrohttpd. */
int cli_serve(const cli_serve_wish *wish, bnn_error *err);

/* The version of libmicrohttpd; NULL: bnnrun was built without it. */
const char *cli_serve_library(void);

#endif
