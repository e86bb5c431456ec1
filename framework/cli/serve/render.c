/* render.c - the child that makes a document: it opens the database, writes what was asked for, and ends. */
#include "cli/report/page.h"
#include "cli/serve/document.h"
#include "cli/serve/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int render_add_message(const cli_options *options, serve_kind kind, const char *message,
                              cli_html *html, bnn_error *err)
{
    if (kind == SERVE_PROGRESS) {
        cli_html_add(html, "<p class=\"none\">%s.</p>\n", message);
        return BNN_OK;
    }
    const cli_page page = {.title = "Nothing to show yet",
                           .kicker =
                               bnn_arena_printf(options->arena, "bnnrun serve, %s", options->db),
                           .skip = "To the message",
                           .live = true};
    const int status = cli_page_begin(&page, html, options->arena, err);
    cli_html_add(html,
                 "<main id=\"main\">\n<p class=\"none\" role=\"status\">%s.</p>\n"
                 "<p class=\"note\">This page looks again every few seconds.</p>\n</main>\n",
                 message);
    cli_page_end(&page, html, json_array());
    return status;
}

/* Why there is nothing else, which is asked for again. */
static int render_message(const cli_options *options, serve_kind kind, const char *message,
                          char **text, size_t *n, bnn_error *err)
{
    cli_html html;
    bnn_error why;
    int status = cli_html_begin(&html, err);
    if (status != BNN_OK)
        return status;
    status = render_add_message(options, kind, message, &html, err);
    if (cli_html_end(&html, &why) != BNN_OK && status == BNN_OK) {
        *err = why;
        status = why.status;
    }
    *text = html.text;
    *n = html.n;
    return status;
}

/* What is asked for, but for the report: a piece of markup, or the page of a run. */
static int render_piece(const cli_asking *asking, serve_kind kind, const char *uid,
                        bnn_store *store, cli_html *html, bnn_error *err)
{
    cli_report_wish wish = {.asking = *asking, .live = true};
    if (kind == SERVE_RUN)
        return serve_add_run(store, &asking->options, uid, html, err);
    const int status = cli_report_choose(store, &wish, err);
    return status == BNN_OK ? serve_add_progress(store, &wish, html, err) : status;
}

static int render_document(const cli_asking *asking, serve_kind kind, const char *uid,
                           bnn_store *store, char **text, size_t *n, bnn_error *err)
{
    cli_report_wish wish = {.asking = *asking, .live = true};
    if (kind == SERVE_REPORT) {
        const int status = cli_report_choose(store, &wish, err);
        return status == BNN_OK ? cli_report_make(store, &wish, text, n, err) : status;
    }
    cli_html html;
    bnn_error why;
    int status = cli_html_begin(&html, err);
    if (status != BNN_OK)
        return status;
    status = render_piece(asking, kind, uid, store, &html, err);
    if (cli_html_end(&html, &why) != BNN_OK && status == BNN_OK) {
        *err = why;
        status = why.status;
    }
    *text = html.text;
    *n = html.n;
    return status;
}

/* Whether any run is at work; when its process dies, that is written nowhere. */
static int render_is_running(bnn_store *store, bool *out, bnn_error *err)
{
    cli_table *table;
    const int status = cli_result_read(store, bnn_store_sql("serve_running"), NULL, 0, &table, err);
    json_t *rows = status == BNN_OK ? cli_table_take(table, err) : NULL;
    *out = json_array_size(rows) > 0;
    json_decref(rows);
    return rows == NULL ? err->status : BNN_OK;
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
    serve_answer answer = {.status = 200, .passing = false};
    bnn_error err;
    char *text = NULL;
    size_t n = 0;
    bnn_store *store = NULL;
    asking.options.arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    if (asking.options.arena == NULL)
        _exit(EXIT_FAILURE);
    int status = cli_store_open(&asking.options, &store, &err);
    if (status == BNN_OK)
        status = render_document(&asking, kind, uid, store, &text, &n, &err);
    if (status == BNN_OK)
        status = render_is_running(store, &answer.passing, &err);
    if (status != BNN_OK) {
        answer.passing = true;
        answer.status = kind == SERVE_RUN ? 404 : 200;
        status = render_message(&asking.options, kind, err.message, &text, &n, &err);
    }
    if (status != BNN_OK)
        _exit(EXIT_FAILURE);
    render_write(fd, &answer, sizeof answer);
    render_write(fd, text, n);
    bnn_store_close(store);
    _exit(EXIT_SUCCESS);
}
