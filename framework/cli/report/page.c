/* page.c - the page: its head, the parts of each experiment, the scripts. */
#include "cli/report/page.h"

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
static const char page_live_script[] =
#include "cli/report/page_live.inc"
    ;
#undef BNN_SCRIPT

/* ---- the head ---------------------------------------------------------------------------- */

/* The source that a policy allows, 'sha256-...'; NULL without memory. */
static const char *page_script_source(const char *script, size_t n, bnn_arena *arena)
{
    char hex[BNN_SHA256_HEX], byte[3] = "";
    unsigned char digest[BNN_SHA256_HEX / 2];
    bnn_sha256(script, n, hex);
    for (size_t i = 0; i < sizeof digest; i++) {
        memcpy(byte, hex + 2 * i, 2);
        digest[i] = (unsigned char)strtoul(byte, NULL, 16);
    }
    json_t *base64 = cli_part_base64(digest, sizeof digest);
    const char *source =
        base64 == NULL ? NULL : bnn_arena_printf(arena, "'sha256-%s'", json_string_value(base64));
    json_decref(base64);
    return source;
}

const char *cli_page_policy(bool live, bnn_arena *arena)
{
    const char *own = page_script_source(page_script, sizeof page_script - 1, arena), *more = "";
    if (live)
        more = page_script_source(page_live_script, sizeof page_live_script - 1, arena);
    return own == NULL || more == NULL
               ? NULL
               : bnn_arena_printf(arena,
                                  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
                                  "script-src %s%s%s%s",
                                  own, live ? " " : "", more, live ? "; connect-src 'self'" : "");
}

static const char *page_title(const cli_report_wish *wish, bnn_arena *arena)
{
    char count[BNN_SHORT_TEXT];
    return wish->n_experiments == 1 ? wish->experiments[0]
                                    : bnn_arena_printf(arena, "%s experiments",
                                                       bnn_count_text(wish->n_experiments, count));
}

/* When it was made; a live page is always of now. */
static const char *page_kicker(const cli_report_wish *wish, bnn_arena *arena)
{
    char made[64];
    const time_t now = time(NULL);
    struct tm tm;
    if (wish->live)
        return bnn_arena_printf(arena, "bnnrun serve, %s", wish->asking.options.db);
    strftime(made, sizeof made, "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &tm));
    return bnn_arena_printf(arena, "bnnrun report, %s", made);
}

int cli_page_begin(const cli_page *page, cli_html *html, bnn_arena *arena, bnn_error *err)
{
    const char *policy = cli_page_policy(page->live, arena);
    if (policy == NULL)
        return bnn_no_memory(err);
    cli_html_put(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    cli_html_put(html, "<meta http-equiv=\"Content-Security-Policy\" content=\"");
    cli_html_put(html, policy);
    cli_html_add(html,
                 "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n"
                 "<meta name=\"generator\" content=\"bnnrun\">\n<title>%s - bnnrun</title>\n",
                 page->title);
    if (page->live)
        cli_html_put(html, "<link rel=\"icon\" href=\"data:,\">\n<noscript><meta "
                           "http-equiv=\"refresh\" content=\"10\"></noscript>\n");
    cli_html_put(html, "<style>\n");
    cli_html_put(html, page_style);
    cli_html_put(html, page->live ? "</style>\n</head>\n<body data-live>\n"
                                  : "</style>\n</head>\n<body>\n");
    cli_html_add(html,
                 "<a class=\"skip\" href=\"#main\">%s</a>\n"
                 "<header class=\"top\"><div><p class=\"kicker\">%s</p>\n<h1>%s</h1></div>\n"
                 "<div class=\"switch\" data-part=\"theme\"></div></header>\n",
                 page->skip, page->kicker, page->title);
    if (page->live) /* what its script says */
        cli_html_put(html, "<p id=\"watch\" class=\"watch\" role=\"status\"></p>\n");
    return BNN_OK;
}

void cli_page_end(const cli_page *page, cli_html *html, json_t *data)
{
    cli_html_data(html, "data", data);
    if (page->live) { /* first: it sees what was sent before the other changes it */
        cli_html_put(html, "<script>");
        cli_html_put(html, page_live_script);
        cli_html_put(html, "</script>\n");
    }
    cli_html_put(html, "<script>");
    cli_html_put(html, page_script);
    cli_html_put(html, "</script>\n");
    cli_html_put(html, "</body>\n</html>\n");
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
    part->name = part->wish->experiments[index];
    part->id = bnn_arena_printf(part->arena, "e%zu", index + 1);
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

int cli_report_choose(bnn_store *store, cli_report_wish *wish, bnn_error *err)
{
    const cli_options *options = &wish->asking.options;
    const size_t n = options->n_operands > 0 ? (size_t)options->n_operands : 1;
    const char **names = bnn_arena_alloc(options->arena, n, sizeof *names);
    int status = names == NULL ? bnn_no_memory(err) : BNN_OK;
    for (size_t i = 0; status == BNN_OK && options->n_operands > 0 && i < n; i++)
        status = cli_asking_experiment(store, options, options->operands[i], &names[i], err);
    if (status == BNN_OK && options->n_operands == 0)
        status = cli_asking_experiment(store, options, NULL, &names[0], err);
    wish->experiments = names;
    wish->n_experiments = n;
    return status;
}

static int page_write(cli_html *html, bnn_store *store, const cli_report_wish *wish, bnn_error *err)
{
    bnn_arena *arena = wish->asking.options.arena;
    cli_compared compared;
    cli_part part = {
        .wish = wish, .store = store, .arena = arena, .html = html, .compared = &compared};
    json_t *experiments = json_array();
    const cli_page page = {.title = page_title(wish, arena),
                           .kicker = page_kicker(wish, arena),
                           .skip = "To the verdict",
                           .live = wish->live};
    int status = page.title == NULL || page.kicker == NULL
                     ? bnn_no_memory(err)
                     : cli_page_begin(&page, html, arena, err);
    cli_html_put(html, "<main id=\"main\">\n");
    if (wish->live)
        cli_html_put(html, "<section id=\"progress\" class=\"progress\" aria-label=\"Progress\">"
                           "</section>\n");
    for (size_t i = 0; status == BNN_OK && i < wish->n_experiments; i++) {
        status = page_add_experiment(&part, i, err);
        json_array_append_new(experiments, part.data);
    }
    cli_html_put(html, "</main>\n");
    cli_page_end(&page, html, experiments);
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
