#include "cli/serve/request.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { REQUEST_OK = 200, REQUEST_FORBIDDEN = 403, REQUEST_NOT_FOUND = 404 };

/* A page of elsewhere may have a name that leads here; then Host has that name. The port is that which the browser
 * has, and may be forwarded. */
static bool request_host_is_own(const char *host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t n = strlen(names[i]);
        if (strncasecmp(host, names[i], n) == 0 &&
            (host[n] == '\0' ||
             (host[n] == ':' && host[n + 1 + strspn(host + n + 1, "0123456789")] == '\0')))
            return true;
    }
    return false;
}

/* Whether another page wants it for itself; where its link leads here, that is fine. */
static bool request_is_of_another(const serve_request *request)
{
    return (strcmp(request->site, "cross-site") == 0 || strcmp(request->site, "same-site") == 0) &&
           strcmp(request->mode, "navigate") != 0;
}

static bool request_is_uid(const char *text)
{
    const size_t n = strlen(text);
    return n > 0 && n <= SERVE_UID_MAX && strspn(text, "0123456789abcdef") == n;
}

unsigned serve_request_read(const serve_request *request, serve_kind *kind, const char **uid)
{
    const char *address = request->address;
    const size_t n_run = strlen(SERVE_RUN_ADDRESS);
    if (!request_host_is_own(request->host) || request_is_of_another(request))
        return REQUEST_FORBIDDEN;
    *uid = NULL;
    if (strcmp(address, "/") == 0) {
        *kind = SERVE_REPORT;
    } else if (strcmp(address, "/progress") == 0) {
        *kind = SERVE_PROGRESS;
    } else if (strncmp(address, SERVE_RUN_ADDRESS, n_run) == 0 && request_is_uid(address + n_run)) {
        *kind = SERVE_RUN;
        *uid = address + n_run;
    } else {
        return REQUEST_NOT_FOUND;
    }
    return REQUEST_OK;
}
