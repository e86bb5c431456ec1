#include "cli/report/html.h"

#include "base/json.h"
#include "base/memstream.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int cli_html_begin(cli_html *h, bnn_error *err)
{
    *h = (cli_html){.file = NULL};
    h->file = bnn_memstream_open(&h->text, &h->n);
    return h->file == NULL ? bnn_no_memory(err) : BNN_OK;
}

int cli_html_end(cli_html *h, bnn_error *err)
{
    return bnn_memstream_close(h->file, &h->text) && !h->failed ? BNN_OK : bnn_no_memory(err);
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
            fwrite(text, 1, bnn_text_character(text), h->file);
        text += control > 0 ? control : bnn_text_character(text);
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
    char *json = bnn_json_dump(value, JSON_COMPACT | JSON_REAL_PRECISION(15));
    h->failed |= json == NULL;
    cli_html_add(h, "<script type=\"application/json\" id=\"%s\">", id);
    for (const char *at = json == NULL ? "null" : json; *at != '\0';) {
        const size_t control = bnn_text_control(at);
        if (*at == '<') /* no text can end the element, or begin a comment in it */
            cli_html_put(h, "\\u003c");
        else if (control > 0)
            cli_html_put(h, "?");
        else
            fwrite(at, 1, bnn_text_character(at), h->file);
        at += control > 0 ? control : bnn_text_character(at);
    }
    cli_html_put(h, "</script>\n");
    free(json);
    json_decref(value);
}

/* "" for null. */
static const char *html_value(const json_t *value, char out[BNN_SHORT_TEXT])
{
    out[0] = '\0';
    if (json_is_integer(value))
        snprintf(out, BNN_SHORT_TEXT, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(out, BNN_SHORT_TEXT, "%.6g", json_real_value(value));
    return json_is_string(value) ? json_string_value(value) : out;
}

void cli_html_facts(cli_html *h, const json_t *row)
{
    const char *key;
    json_t *value;
    cli_html_put(h, "<dl class=\"facts\">");
    json_object_foreach((json_t *)(uintptr_t)row, key, value)
    {
        char number[BNN_SHORT_TEXT];
        if (!json_is_null(value))
            cli_html_add(h, "<div><dt>%s</dt><dd>%s</dd></div>", key, html_value(value, number));
    }
    cli_html_put(h, "</dl>\n");
}

/* The names that any row has, in the order in which they first appear, and whether all values are numbers. */
static json_t *html_columns(const json_t *rows)
{
    size_t i;
    json_t *row, *value, *columns = json_object();
    const char *key;
    json_array_foreach(rows, i, row)
    {
        json_object_foreach(row, key, value)
        {
            const json_t *had = json_object_get(columns, key);
            if (had == NULL || (json_is_null(had) && !json_is_null(value)))
                json_object_set_new(columns, key,
                                    json_is_null(value) ? json_null()
                                                        : json_boolean(json_is_number(value)));
            else if (json_is_true(had) && json_is_string(value))
                json_object_set_new(columns, key, json_false());
        }
    }
    return columns;
}

/* row NULL: the heads. */
static void html_cells(cli_html *h, json_t *columns, const json_t *row)
{
    const char *key;
    json_t *are_numbers;
    cli_html_put(h, "<tr>");
    json_object_foreach(columns, key, are_numbers)
    {
        char number[BNN_SHORT_TEXT];
        const char *class = json_is_true(are_numbers) ? "n" : "";
        if (row == NULL)
            cli_html_add(h, "<th scope=\"col\" class=\"%s\">%s</th>", class, key);
        else
            cli_html_add(h, "<td class=\"%s\">%s</td>", class,
                         html_value(json_object_get(row, key), number));
    }
    cli_html_put(h, "</tr>\n");
}

void cli_html_table(cli_html *h, const char *caption, const json_t *rows)
{
    size_t i;
    json_t *row, *columns = html_columns(rows);
    h->failed |= columns == NULL;
    cli_html_add(h,
                 "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>"
                 "<caption>%s</caption>\n<thead>",
                 caption, caption);
    html_cells(h, columns, NULL);
    cli_html_put(h, "</thead><tbody>\n");
    json_array_foreach(rows, i, row) html_cells(h, columns, row);
    cli_html_put(h, "</tbody></table></div>\n");
    json_decref(columns);
}

void cli_html_source(cli_html *h, const char *command, const char *sql)
{
    cli_html_put(h, "<details class=\"source\"><summary>Command and SQL</summary>\n");
    cli_html_add(h, "<pre class=\"command\"><code>%s</code></pre>\n", command);
    if (sql != NULL)
        cli_html_add(h, "<pre class=\"sql\"><code>%s</code></pre>\n", sql);
    cli_html_put(h, "</details>\n");
}
