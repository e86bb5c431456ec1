/* page.c - the page: its head, the parts of each experiment, the scripts. */
#include "base/sha256.h"
#include "base/text.h"
#include "cli/report/part.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The files of page/, as make has turned them into C (see db/embed.awk). */
#pragma GCC diagnostic ignored "-Woverlength-strings"
#define BNN_SCRIPT(name, text) text
static const char page_style[] =
#include "cli/report/page_style.inc"
    ;
static const char page_script[] =
#include "cli/report/page_script.inc"
    ;
#undef BNN_SCRIPT

/* ---- the head ---------------------------------------------------------------------------- */

/* Nothing is loaded from anywhere, and no script runs but ours, whatever a label says. */
static int page_policy(cli_html *html, bnn_error *err)
{
    char hex[BNN_SHA256_HEX], byte[3] = "";
    unsigned char digest[BNN_SHA256_HEX / 2];
    bnn_sha256(page_script, sizeof page_script - 1, hex);
    for (size_t i = 0; i < sizeof digest; i++) {
        memcpy(byte, hex + 2 * i, 2);
        digest[i] = (unsigned char)strtoul(byte, NULL, 16);
    }
    json_t *base64 = cli_part_base64(digest, sizeof digest);
    if (base64 == NULL)
        return bnn_no_memory(err);
    cli_html_add(html,
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                 "style-src 'unsafe-inline'; img-src data:; script-src 'sha256-%s'\">\n",
                 json_string_value(base64));
    json_decref(base64);
    return BNN_OK;
}

static const char *page_title(const cli_report_wish *wish, bnn_arena *arena)
{
    char count[BNN_SHORT_TEXT];
    return wish->n_experiments == 1 ? wish->experiments[0]
                                    : bnn_arena_printf(arena, "%s experiments",
                                                       bnn_count_text(wish->n_experiments, count));
}

static int page_head(cli_html *html, const char *title, bnn_error *err)
{
    cli_html_put(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    const int status = page_policy(html, err);
    cli_html_add(
        html,
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta name=\"generator\" content=\"bnnrun\">\n<title>%s - bnnrun</title>\n<style>\n",
        title);
    cli_html_put(html, page_style);
    cli_html_put(html, "</style>\n</head>\n");
    return status;
}

static void page_top(cli_html *html, const char *title)
{
    char made[64];
    const time_t now = time(NULL);
    struct tm tm;
    strftime(made, sizeof made, "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &tm));
    cli_html_add(html,
                 "<body>\n<a class=\"skip\" href=\"#main\">To the verdict</a>\n"
                 "<header class=\"top\"><div><p class=\"kicker\">bnnrun report, %s</p>\n"
                 "<h1>%s</h1></div>\n"
                 "<div class=\"switch\" data-part=\"theme\"></div></header>\n",
                 made, title);
}

/* ---- an experiment ----------------------------------------------------------------------- */

static const struct {
    const char *section, *title;
} page_sections[] = {
    {"verdict", "Verdict"},
    {"effects", "Effects"},
    {"seeds", "Seeds"},
    {"curves", "Curves"},
    {"pareto", "Cost"},
    {"telemetry", "Telemetry"},
    {"confusion", "Confusion"},
    {"filters", "Filters"},
    {"draw", "Draw a digit"},
    {"runs", "Runs"},
    {"environment", "Environment"},
};

/* Links to the sections, of which scripts remove those that are not there. */
static void page_contents(const cli_part *part)
{
    cli_html_add(part->html, "<nav class=\"contents\" aria-label=\"Contents of %s\"><ul>\n",
                 part->name);
    for (size_t i = 0; i < sizeof page_sections / sizeof *page_sections; i++)
        cli_html_add(part->html, "<li><a href=\"#%s-%s\">%s</a></li>\n", part->id,
                     page_sections[i].section, page_sections[i].title);
    cli_html_put(part->html, "</ul></nav>\n");
}

static int page_ask(cli_part *part, bnn_error *err)
{
    bnn_error why;
    const cli_asking *r = &part->wish->asking;
    int status = cli_ask_and_judge(part->store, r, part->name, true, part->compared, &why);
    part->is_judged = part->is_asked = status == BNN_OK;
    if (status != BNN_OK) {
        part->why = bnn_arena_strdup(part->arena, why.message);
        part->is_asked = cli_ask(part->store, r, part->name, part->compared, &why) == BNN_OK;
    }
    return part->why == NULL && !part->is_judged ? bnn_no_memory(err) : BNN_OK;
}

/* What the spec says of itself, and how many runs there are. */
static int page_introduce(const cli_part *part, bnn_error *err)
{
    json_t *rows, *run;
    size_t i, n_done = 0, n_failed = 0;
    char done[BNN_SHORT_TEXT], all[BNN_SHORT_TEXT], failed[BNN_SHORT_TEXT];
    const int status = cli_part_rows(part, "report_spec", &rows, err);
    if (status != BNN_OK)
        return status;
    json_array_foreach(part->runs, i, run)
    {
        const char *state = json_string_value(json_object_get(run, "state"));
        n_done += state != NULL && strcmp(state, "done") == 0;
        n_failed += state != NULL && strcmp(state, "failed") == 0;
    }
    const char *text = json_string_value(json_object_get(json_array_get(rows, 0), "description"));
    cli_html_add(part->html, "<header class=\"experiment\"><h2>%s</h2>\n", part->name);
    if (text != NULL)
        cli_html_add(part->html, "<p class=\"description\">%s</p>\n", text);
    cli_html_add(part->html, "<p class=\"counts\">%s of %s runs done%s%s%s</p></header>\n",
                 bnn_count_text(n_done, done), bnn_count_text(json_array_size(part->runs), all),
                 n_failed > 0 ? ", " : "", n_failed > 0 ? bnn_count_text(n_failed, failed) : "",
                 n_failed > 0 ? " failed" : "");
    json_decref(rows);
    return BNN_OK;
}

static int page_add_parts(cli_part *part, bnn_error *err)
{
    int (*const parts[])(cli_part *, bnn_error *) = {cli_part_verdict,   cli_part_figures,
                                                     cli_part_confusion, cli_part_models,
                                                     cli_part_runs,      cli_part_environment};
    int status = page_introduce(part, err);
    if (status == BNN_OK)
        page_contents(part);
    for (size_t i = 0; status == BNN_OK && i < sizeof parts / sizeof *parts; i++)
        status = parts[i](part, err);
    return status;
}

static int page_add_experiment(cli_part *part, size_t index, bnn_error *err)
{
    cli_compared compared;
    part->name = part->wish->experiments[index];
    part->id = bnn_arena_printf(part->arena, "e%zu", index + 1);
    part->compared = &compared;
    part->why = NULL;
    part->data = json_pack("{s:s}", "id", part->id);
    if (part->id == NULL || part->data == NULL)
        return bnn_no_memory(err);
    int status = page_ask(part, err);
    if (status == BNN_OK)
        status = cli_part_rows(part, "report_runs", &part->runs, err);
    if (status != BNN_OK)
        return status;
    cli_html_add(part->html, "<article class=\"report\" id=\"%s\">\n", part->id);
    status = page_add_parts(part, err);
    cli_html_put(part->html, "</article>\n");
    json_decref(part->runs);
    part->runs = NULL;
    return status;
}

/* ---- the page ---------------------------------------------------------------------------- */

static int page_write(cli_html *html, bnn_store *store, const cli_report_wish *wish, bnn_error *err)
{
    bnn_arena *arena = wish->asking.options.arena;
    cli_part part = {.wish = wish, .store = store, .arena = arena, .html = html};
    json_t *experiments = json_array();
    const char *title = page_title(wish, arena);
    int status = title == NULL ? bnn_no_memory(err) : page_head(html, title, err);
    if (status == BNN_OK) {
        page_top(html, title);
        cli_html_put(html, "<main id=\"main\">\n");
    }
    for (size_t i = 0; status == BNN_OK && i < wish->n_experiments; i++) {
        status = page_add_experiment(&part, i, err);
        json_array_append_new(experiments, part.data);
    }
    cli_html_put(html, "</main>\n");
    cli_html_data(html, "data", experiments);
    cli_html_put(html, "<script>");
    cli_html_put(html, page_script);
    cli_html_put(html, "</script>\n</body>\n</html>\n");
    return status;
}

int cli_report_make(bnn_store *store, const cli_report_wish *wish, char **text, size_t *n,
                    bnn_error *err)
{
    cli_html html;
    int status = cli_html_begin(&html, err);
    *text = NULL;
    if (status != BNN_OK)
        return status;
    status = page_write(&html, store, wish, err);
    bnn_error why;
    if (cli_html_end(&html, &why) != BNN_OK && status == BNN_OK) {
        *err = why;
        status = why.status;
    }
    *text = html.text;
    *n = html.n;
    return status;
}
