/* costs.c - what stands below the figure of costs: which configs no other beats in accuracy, bytes and microseconds at
 * once, in words, and all of them as a table; as report_cost.sql says it. And what others have published. */
#include "base/text.h"
#include "cli/report/part.h"

#include <math.h>
#include <string.h>

enum { COSTS_NAMED = 12 }; /* in the sentence */

/* A number, whole where it is. */
static json_t *costs_value(double value)
{
    if (!isfinite(value))
        return json_null();
    return value == floor(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value)
                                                       : json_real(value);
}

static json_t *costs_number(const json_t *row, const char *name)
{
    return costs_value(cli_row_number(row, name));
}

static bool costs_on_front(const json_t *row)
{
    return cli_row_number(row, "on_front") > 0;
}

/* "none", the label of another; null where something is not known. */
static json_t *costs_beaten_by(const json_t *row)
{
    json_t *by = json_object_get(row, "beaten_by");
    return costs_on_front(row) ? json_string("none") : json_incref(by);
}

static json_t *costs_row(const cli_part *part, const json_t *row)
{
    return json_pack("{s:O, s:O, s:o, s:o, s:o, s:o}", "config", json_object_get(row, "label"),
                     "runs", json_object_get(row, "n"), part->compared->asked.metric->title,
                     costs_number(row, "mean"), "model bytes", costs_number(row, "model_bytes"),
                     "\xc2\xb5s/image", costs_number(row, "latency_us"), "beaten in all three by",
                     costs_beaten_by(row));
}

static void costs_say(const cli_part *part, const json_t *rows, size_t n_known)
{
    size_t i, n = 0;
    json_t *row;
    char known[BNN_SHORT_TEXT], rest[BNN_SHORT_TEXT];
    cli_html_add(part->html,
                 "<p>In all three at once (%s, bytes, \xc2\xb5s/image) no other config beats <b>",
                 part->compared->asked.metric->title);
    json_array_foreach(rows, i, row)
    {
        if (costs_on_front(row) && n++ < COSTS_NAMED)
            cli_html_add(part->html, n == 1 ? "%s" : "</b>, <b>%s",
                         json_string_value(json_object_get(row, "label")));
    }
    cli_html_put(part->html, "</b>");
    if (n > COSTS_NAMED)
        cli_html_add(part->html, " and %s more", bnn_count_text(n - COSTS_NAMED, rest));
    cli_html_add(
        part->html,
        ": %s of %s. None is as good in each, and better in one: by means, which are not "
        "tested; bytes have the name of a network in them, and times what ran beside.</p>\n",
        bnn_count_text(n, rest), bnn_count_text(n_known, known));
}

int cli_part_costs(const cli_part *part, bnn_error *err)
{
    json_t *rows, *row, *shown = json_array();
    size_t i, n_known = 0;
    const int status = cli_part_rows(part, "report_cost", &rows, err);
    if (status != BNN_OK) {
        json_decref(shown);
        return status;
    }
    json_array_foreach(rows, i, row)
    {
        n_known += json_is_integer(json_object_get(row, "on_front"));
        json_array_append_new(shown, costs_row(part, row));
    }
    if (n_known > 0) {
        costs_say(part, rows, n_known);
        cli_html_put(part->html, "<details class=\"source\"><summary>Table</summary>\n");
        cli_html_table(part->html, "What configs reach, and what that costs", shown);
        cli_html_put(part->html, "</details>\n");
    }
    json_decref(rows);
    json_decref(shown);
    return BNN_OK;
}

/* ---- what others have published ---------------------------------------------------------- */

static json_t *costs_published_row(const cli_published_point *p)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:s?, s:o, s:s, s:s, s:o}", "name", p->name,
                     "test %", costs_value(p->accuracy), "bytes", costs_value(p->bytes),
                     "\xc2\xb5s/image", costs_value(p->us), "images/s",
                     costs_value(p->images_per_second), "cycles", costs_value(p->cycles), "core",
                     p->core, "seeds", costs_value(p->seeds), "protocol", p->protocol, "source",
                     p->source, "year", costs_value(p->year));
}

void cli_part_published(const cli_part *part)
{
    const cli_published *published = &part->published;
    json_t *rows = json_array();
    char count[BNN_SHORT_TEXT];
    for (size_t i = 0; i < published->n; i++)
        json_array_append_new(rows, costs_published_row(&published->points[i]));
    if (published->n > 0) {
        cli_html_add(
            part->html,
            "<p>Diamonds are what others have published: %s point%s of %s, each by the "
            "protocol that its colour and the table name. They are no runs of this database: "
            "no verdict knows of them, and they beat nothing here.</p>\n",
            bnn_count_text(published->n, count), bnn_plural(published->n), published->path);
        cli_html_put(part->html,
                     "<details class=\"source\"><summary>Published by others</summary>\n");
        cli_html_table(part->html, "What others have published", rows);
        cli_html_put(part->html, "</details>\n");
    }
    json_decref(rows);
}
