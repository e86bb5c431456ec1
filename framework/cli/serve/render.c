/* render.c - the child that makes a document: it opens the database, writes what was asked for, and ends. */
#include "cli/report/page.h"
#include "cli/serve/document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A page that says why there is no other, and asks again. */
static int render_message(const cli_options *options, const char *message, char **text, size_t *n,
                          bnn_error *err)
{
    const cli_page page = {.title = "Nothing to show yet",
                           .kicker =
                               bnn_arena_printf(options->arena, "bnnrun serve, %s", options->db),
                           .skip = "To the message",
                           .live = true};
    cli_html html;
    int status = cli_html_begin(&html, err);
    if (status != BNN_OK)
        return status;
    status = cli_page_begin(&page, &html, options->arena, err);
    cli_html_add(&html,
                 "<main id=\"main\">\n<p class=\"none\" role=\"status\">%s.</p>\n"
                 "<p class=\"note\">This page looks again every few seconds.</p>\n</main>\n",
                 message);
    cli_page_end(&page, &html, json_array());
    bnn_error why;
    if (cli_html_end(&html, &why) != BNN_OK && status == BNN_OK) {
        *err = why;
        status = why.status;
    }
    *text = html.text;
    *n = html.n;
    return status;
}

static int render_report(const cli_asking *asking, char **text, size_t *n, bnn_error *err)
{
    cli_report_wish wish = {.asking = *asking, .live = true};
    bnn_store *store = NULL;
    int status = cli_store_open(&asking->options, &store, err);
    if (status == BNN_OK)
        status = cli_report_choose(store, &wish, err);
    if (status == BNN_OK)
        status = cli_report_make(store, &wish, text, n, err);
    bnn_store_close(store);
    return status;
}

static void render_write(int fd, const void *bytes, size_t n)
{
    for (const char *at = bytes; n > 0;) {
        const ssize_t written = write(fd, at, n);
        if (written < 0 && errno != EINTR)
            _exit(EXIT_FAILURE);
        at += written < 0 ? 0 : written;
        n -= written < 0 ? 0 : (size_t)written;
    }
}

_Noreturn void serve_render(const cli_serve_wish *wish, serve_kind kind, const char *uid, int fd)
{
    cli_asking asking = wish->asking;
    serve_answer answer = {200};
    bnn_error err;
    char *text = NULL;
    size_t n = 0;
    (void)kind, (void)uid;
    asking.options.arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    if (asking.options.arena == NULL)
        _exit(EXIT_FAILURE);
    int status = render_report(&asking, &text, &n, &err);
    if (status != BNN_OK)
        status = render_message(&asking.options, err.message, &text, &n, &err);
    if (status != BNN_OK)
        _exit(EXIT_FAILURE);
    render_write(fd, &answer, sizeof answer);
    render_write(fd, text, n);
    _exit(EXIT_SUCCESS);
}
