/* http.c - the protocol, with libmicrohttpd: which requests are answered, and with what around the text. */
#include "base/text.h"
#include "cli/report/page.h"
#include "cli/serve/request.h"
#include "runner/signals.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HTTP_CONNECTIONS = 64, /* at once; more wait */
    HTTP_SECONDS = 15,     /* that a connection may be silent */
    HTTP_BYTES = 16384,    /* of a request, and what belongs to it */
    HTTP_RUNS = 16,        /* pages of runs that are kept */
    HTTP_DOCUMENTS = 2 + HTTP_RUNS,
    HTTP_BACKLOG = 32,
};

const char *cli_serve_library(void)
{
    return MHD_get_version();
}

/* A document with what libmicrohttpd needs to send it. */
typedef struct http_document {
    serve_document document;
    unsigned version; /* of the document that the response is of */
    struct MHD_Response *response;
} http_document;

typedef struct http_waiting {
    struct MHD_Connection *connection; /* suspended */
    http_document *document;
} http_waiting;

typedef struct http_server {
    const cli_serve_wish *wish;
    const char *policy;
    unsigned port;
    struct MHD_Daemon *daemon;
    http_document documents[HTTP_DOCUMENTS]; /* the report, the progress, runs */
    size_t n_waiting;
    http_waiting waiting[HTTP_CONNECTIONS];
} http_server;

/* ---- answers ----------------------------------------------------------------------------- */

/* What every answer has: a browser takes it for what it is, runs nothing else, keeps nothing, and gives it to no other
 * page. */
static void http_add_headers(const http_server *s, struct MHD_Response *response, const char *type)
{
    MHD_add_response_header(response, "Content-Type", type);
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a document may be NULL, its server never is */
    MHD_add_response_header(response, "Content-Security-Policy", s->policy);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
}

/* A sentence, in place of a document. */
static enum MHD_Result http_say(const http_server *s, struct MHD_Connection *connection,
                                unsigned status, const char *sentence)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(sentence), (void *)(uintptr_t)sentence, MHD_RESPMEM_PERSISTENT);
    if (response == NULL)
        return MHD_NO;
    http_add_headers(s, response, "text/plain; charset=utf-8");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(response, "Retry-After", "2");
    const enum MHD_Result sent = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return sent;
}

static void http_forget(http_document *h)
{
    if (h->response != NULL)
        MHD_destroy_response(h->response);
    h->response = NULL;
}

/* A response of the text that the document has now; one that is being sent stays until it is. */
static bool http_prepare(const http_server *s, http_document *h)
{
    static char nothing[1];
    const serve_document *d = &h->document;
    char tag[BNN_SHA256_HEX + 2];
    if (h->response != NULL && h->version == d->version)
        return true;
    http_forget(h);
    h->version = d->version;
    h->response = MHD_create_response_from_buffer(d->n, d->text == NULL ? nothing : d->text,
                                                  MHD_RESPMEM_MUST_COPY);
    if (h->response == NULL)
        return false;
    http_add_headers(s, h->response, "text/html; charset=utf-8");
    snprintf(tag, sizeof tag, "\"%.16s\"", d->tag);
    MHD_add_response_header(h->response, "ETag", tag);
    return true;
}

static const char *http_header(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value == NULL ? "" : value;
}

/* With that status libmicrohttpd sends no text. */
static enum MHD_Result http_send(const http_server *s, http_document *h,
                                 struct MHD_Connection *connection)
{
    const serve_document *d = &h->document;
    if (!http_prepare(s, h))
        return MHD_NO;
    const char *has = MHD_get_response_header(h->response, "ETag");
    const bool same = d->status == MHD_HTTP_OK && has != NULL &&
                      strcmp(http_header(connection, "If-None-Match"), has) == 0;
    return MHD_queue_response(connection, same ? MHD_HTTP_NOT_MODIFIED : d->status, h->response);
}

/* ---- requests ---------------------------------------------------------------------------- */

static bool http_is_waited_for(const http_server *s, const http_document *h)
{
    for (size_t i = 0; i < s->n_waiting; i++)
        if (s->waiting[i].document == h)
            return true;
    return false;
}

/* The document of a run: that which is there, else in the place of the one that nobody has asked for for longest. NULL:
 * all are being made. */
static http_document *http_find_run(http_server *s, const char *uid)
{
    http_document *oldest = NULL;
    for (size_t i = HTTP_DOCUMENTS - HTTP_RUNS; i < HTTP_DOCUMENTS; i++) {
        http_document *h = &s->documents[i];
        if (strcmp(h->document.uid, uid) == 0)
            return h;
        if (h->document.child == 0 && !http_is_waited_for(s, h) &&
            (oldest == NULL || h->document.asked < oldest->document.asked))
            oldest = h;
    }
    if (oldest == NULL)
        return NULL;
    http_forget(oldest);
    serve_document_drop(&oldest->document);
    oldest->document.kind = SERVE_RUN;
    memcpy(oldest->document.uid, uid, strlen(uid) + 1);
    return oldest;
}

static enum MHD_Result http_answer(http_server *s, struct MHD_Connection *connection,
                                   http_document *h, bool has_waited)
{
    const serve_readiness readiness =
        h == NULL ? SERVE_BUSY : serve_document_ask(&h->document, s->wish);
    if (readiness == SERVE_READY || (has_waited && h != NULL && h->document.status != 0))
        return http_send(s, h, connection);
    if (readiness == SERVE_BUSY || s->n_waiting == HTTP_CONNECTIONS)
        return http_say(s, connection, MHD_HTTP_SERVICE_UNAVAILABLE, "try again in a moment\n");
    s->waiting[s->n_waiting++] = (http_waiting){connection, h};
    MHD_suspend_connection(connection);
    return MHD_YES;
}

/* Called when the headers are there, then for the answer, then again when a connection is resumed. */
static enum MHD_Result http_handle(void *server, struct MHD_Connection *connection,
                                   const char *address, const char *method, const char *version,
                                   const char *body, size_t *n_body, void **state)
{
    static char begun, waited;
    http_server *s = server;
    (void)version, (void)body;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return http_say(s, connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (*state == NULL) {
        *state = &begun;
        return MHD_YES;
    }
    *n_body = 0;
    const serve_request request = {.address = address,
                                   .host = http_header(connection, "Host"),
                                   .site = http_header(connection, "Sec-Fetch-Site"),
                                   .mode = http_header(connection, "Sec-Fetch-Mode")};
    serve_kind kind;
    const char *uid;
    const unsigned status = serve_request_read(&request, &kind, &uid);
    if (status == MHD_HTTP_FORBIDDEN)
        return http_say(s, connection, status,
                        "only for this machine: http://127.0.0.1 or http://localhost, with the "
                        "port\n");
    if (status != MHD_HTTP_OK)
        return http_say(s, connection, status, "there is no such page\n");
    http_document *h = kind == SERVE_RUN ? http_find_run(s, uid) : &s->documents[kind];
    const bool has_waited = *state == &waited;
    *state = &waited;
    return http_answer(s, connection, h, has_waited);
}

/* Those that wait for the document are asked again; NULL: all. */
static void http_resume(http_server *s, const http_document *h)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_waiting; i++) {
        if (h == NULL || s->waiting[i].document == h)
            MHD_resume_connection(s->waiting[i].connection);
        else
            s->waiting[n++] = s->waiting[i];
    }
    s->n_waiting = n;
}

/* ---- the loop ---------------------------------------------------------------------------- */

static int http_fail_port(const cli_serve_wish *wish, int socket, bnn_error *err)
{
    const int reason = errno;
    if (socket >= 0)
        close(socket);
    errno = reason;
    if (reason == EADDRINUSE)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "serve: port %u is taken, perhaps by another bnnrun serve; choose another "
                        "with --port, or --port 0 for one that is free",
                        wish->port);
    return bnn_fail_errno(err, BNN_E_RESOURCE, "serve: cannot listen at port %u of 127.0.0.1",
                          wish->port);
}

/* A socket that nobody reaches from another machine. */
static int http_listen(const cli_serve_wish *wish, int *out, unsigned *out_port, bnn_error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)wish->port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof address;
    const int again = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, HTTP_BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&address, &n) != 0)
        return http_fail_port(wish, fd, err);
    *out = fd;
    *out_port = ntohs(address.sin_port);
    return BNN_OK;
}

static int http_start(http_server *s, int socket, bnn_error *err)
{
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, http_handle, s,
        MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HTTP_BYTES, MHD_OPTION_END);
    return s->daemon == NULL ? bnn_fail(err, BNN_E_INTERNAL, "serve: libmicrohttpd does not start")
                             : BNN_OK;
}

/* In ms, for poll: as long as nobody has to be ended, a connection or a child. At its limit of connections the library
 * stops to listen, and begins again in the turn behind the one in which they ended, for which it asks nobody: so there
 * is one each second. */
static int http_timeout(const http_server *s)
{
    MHD_UNSIGNED_LONG_LONG limit;
    double seconds = MHD_get_timeout(s->daemon, &limit) == MHD_YES ? 1e-3 * (double)limit : 1;
    for (size_t i = 0; i < HTTP_DOCUMENTS; i++)
        if (s->documents[i].document.child != 0)
            seconds = fmin(seconds, serve_document_left(&s->documents[i].document));
    return (int)ceil(1000 * fmin(1, fmax(0, seconds)));
}

/* Waits for a signal, a request, or what a child has made; in *ended whether it was a signal. */
static int http_turn(http_server *s, bnn_signals *signals, bool *ended, bnn_error *err)
{
    struct pollfd fds[2 + HTTP_DOCUMENTS];
    http_document *of[2 + HTTP_DOCUMENTS];
    nfds_t n = 2;
    fds[0] = (struct pollfd){.fd = signals->fd, .events = POLLIN};
    fds[1] = (struct pollfd){
        .fd = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, .events = POLLIN};
    for (size_t i = 0; i < HTTP_DOCUMENTS; i++)
        if (s->documents[i].document.child != 0) {
            fds[n] = (struct pollfd){.fd = s->documents[i].document.pipe, .events = POLLIN};
            of[n++] = &s->documents[i];
        }
    if (poll(fds, n, http_timeout(s)) < 0 && errno != EINTR)
        return bnn_fail_errno(err, BNN_E_INTERNAL, "serve: cannot wait");
    *ended = fds[0].revents != 0 && bnn_signals_next(signals) != 0;
    for (nfds_t i = 2; i < n; i++)
        if ((fds[i].revents != 0 || serve_document_left(&of[i]->document) <= 0) &&
            serve_document_take(&of[i]->document))
            http_resume(s, of[i]);
    MHD_run(s->daemon);
    return BNN_OK;
}

static int http_serve(http_server *s, bnn_error *err)
{
    bnn_signals signals = {.fd = -1};
    bool ended = false;
    int status = bnn_signals_open(&signals, err);
    if (status == BNN_OK) {
        printf("http://127.0.0.1:%u/\n", s->port);
        fflush(stdout);
    }
    while (status == BNN_OK && !ended)
        status = http_turn(s, &signals, &ended, err);
    http_resume(s, NULL);
    bnn_signals_close(&signals);
    return status;
}

int cli_serve(const cli_serve_wish *wish, bnn_error *err)
{
    int socket = -1;
    http_server *s = calloc(1, sizeof *s);
    const char *policy = cli_page_policy(true, wish->asking.options.arena);
    if (s == NULL || policy == NULL) {
        free(s);
        return bnn_no_memory(err);
    }
    s->wish = wish;
    s->documents[SERVE_PROGRESS].document.kind = SERVE_PROGRESS;
    s->policy =
        bnn_arena_printf(wish->asking.options.arena,
                         "%s; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", policy);
    int status = s->policy == NULL ? bnn_no_memory(err) : http_listen(wish, &socket, &s->port, err);
    if (status == BNN_OK)
        status = http_start(s, socket, err);
    if (status == BNN_OK)
        status = http_serve(s, err);
    if (s->daemon != NULL)
        MHD_stop_daemon(s->daemon);
    else if (socket >= 0)
        close(socket);
    for (size_t i = 0; i < HTTP_DOCUMENTS; i++) {
        http_forget(&s->documents[i]);
        serve_document_drop(&s->documents[i].document);
    }
    free(s);
    return status;
}
