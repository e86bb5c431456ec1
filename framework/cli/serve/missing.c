/* missing.c - in place of http.c where bnnrun is built without libmicrohttpd. */
#include "cli/serve/serve.h"

const char *cli_serve_library(void)
{
    return NULL;
}

int cli_serve(const cli_serve_wish *wish, bnn_error *err)
{
    (void)wish;
    return bnn_fail(err, BNN_E_RESOURCE,
                    "serve: bnnrun was built without libmicrohttpd: install it (Debian package "
                    "libmicrohttpd-dev), then configure and make bnnrun again");
}
