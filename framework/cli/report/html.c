#include "cli/report/html.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int cli_html_begin(cli_html *h, bnn_error *err)
{
    *h = (cli_html){.file = NULL};
    h->file = open_memstream(&h->text, &h->n);
    return h->file == NULL ? bnn_no_memory(err) : BNN_OK;
}

int cli_html_end(cli_html *h, bnn_error *err)
{
    const bool failed = h->failed || ferror(h->file) != 0;
    return fclose(h->file) != 0 || failed ? bnn_no_memory(err) : BNN_OK;
}

void cli_html_put(cli_html *h, const char *markup)
{
    fputs(markup, h->file);
}

/* What a character is in HTML, between tags and in an attribute; NULL: itself. */
static const char *html_entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void cli_html_text(cli_html *h, const char *text)
{
    while (*text != '\0') {
        const size_t control = *text == '\n' || *text == '\t' ? 0 : bnn_text_control(text);
        const char *entity = html_entity(*text);
        if (control > 0)
            fputs("&#xfffd;", h->file);
        else if (entity != NULL)
            fputs(entity, h->file);
        else
            putc(*text, h->file);
        text += control > 0 ? control : 1;
    }
}

void cli_html_add(cli_html *h, const char *markup, ...)
{
    va_list args;
    va_start(args, markup);
    for (const char *at; (at = strstr(markup, "%s")) != NULL; markup = at + 2) {
        fwrite(markup, 1, (size_t)(at - markup), h->file);
        const char *text = va_arg(args, const char *);
        cli_html_text(h, text == NULL ? "" : text);
    }
    va_end(args);
    fputs(markup, h->file);
}

void cli_html_data(cli_html *h, const char *id, json_t *value)
{
    char *json = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));
    h->failed |= json == NULL;
    cli_html_add(h, "<script type=\"application/json\" id=\"%s\">", id);
    for (const char *at = json == NULL ? "null" : json; *at != '\0'; at++)
        if (*at == '<') /* no text can end the element, or begin a comment in it */
            cli_html_put(h, "\\u003c");
        else
            putc(*at, h->file);
    cli_html_put(h, "</script>\n");
    free(json);
    json_decref(value);
}

void cli_html_source(cli_html *h, const char *command, const char *sql)
{
    cli_html_put(h, "<details class=\"source\"><summary>Command and SQL</summary>\n");
    cli_html_add(h, "<pre class=\"command\"><code>%s</code></pre>\n", command);
    if (sql != NULL)
        cli_html_add(h, "<pre class=\"sql\"><code>%s</code></pre>\n", sql);
    cli_html_put(h, "</details>\n");
}
