/* request.h - what a request asks for, or why it gets nothing. Private to cli/serve/. */
#ifndef BNN_CLI_SERVE_REQUEST_H
#define BNN_CLI_SERVE_REQUEST_H

#include "cli/serve/document.h"

/* As it came; "" for a header that it does not have. */
typedef struct serve_request {
    const char *address;     /* without what stands behind a question mark */
    const char *host;        /* of the headers: Host */
    const char *site, *mode; /* Sec-Fetch-Site, Sec-Fetch-Mode */
} serve_request;

/* What stands before the uid of a run's page. */
#define SERVE_RUN_ADDRESS "/run/"

/* 200, *kind, and of a SERVE_RUN *uid, in the address: what is asked for. 403 when it comes from another page, or by
 * a name that is not this machine's; 404 when there is no such address: none leads to the file system. */
unsigned serve_request_read(const serve_request *request, serve_kind *kind, const char **uid);

#endif
