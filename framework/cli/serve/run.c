/* run.c - the page of a run: what `bnnrun show` tells, with its curves. */
#include "cli/epochs.h"
#include "cli/operand.h"
#include "cli/plot/plot.h"
#include "cli/report/page.h"
#include "cli/serve/page.h"

#include <string.h>

typedef struct run_page {
    bnn_store *store;
    const cli_options *options;
    const char *uid;
    cli_html *html;
    bool open; /* a section is */
} run_page;

/* A table of the page: what db/sql/NAME.sql says of the run. */
static const struct {
    const char *section, *heading; /* heading NULL: in the section of the row before */
    const char *caption, *sql;
} run_tables[] = {
    {"results", "Results", "measured once", "run_results_brief"},
    {"results", NULL, "most frequent confusions in the test set", "run_confusions"},
    {"layers", "Layers", "as trained and as deployed", "run_layers_brief"},
    {"layers", NULL, "telemetry, after the last epoch", "run_telemetry_brief"},
    {"settings", "Settings", "all that its config says", "run_parameters"},
    {"attempts", "Attempts", "and how they ended", "run_attempts_brief"},
    {"files", "Files", "that it has left", "run_files_brief"},
    {"files", NULL, "plugins of the last attempt", "run_plugins_brief"},
    {"files", NULL, "runs that it was trained with, or that were trained with it",
     "run_links_brief"},
};

/* To be released by the caller; NULL after a failure. */
static json_t *run_rows(const run_page *page, const char *sql, bnn_error *err)
{
    const bnn_store_argument argument = cli_text_argument(NULL, page->uid);
    cli_table *table;
    const int status = cli_result_read(page->store, bnn_store_sql(sql), &argument, 1, &table, err);
    return status == BNN_OK ? cli_table_take(table, err) : NULL;
}

static void run_close(run_page *page)
{
    if (page->open)
        cli_html_put(page->html, "</section>\n");
    page->open = false;
}

static void run_open(run_page *page, const char *section, const char *heading)
{
    run_close(page);
    cli_html_add(page->html,
                 "<section id=\"%s\" class=\"part\" aria-labelledby=\"%s-h\">\n"
                 "<h3 id=\"%s-h\">%s</h3>\n",
                 section, section, section, heading);
    page->open = true;
}

/* ---- its epochs -------------------------------------------------------------------------- */

/* For wide and for narrow screens, like the figures of the report; without gnuplot the table tells it all. */
static int run_add_figure(const run_page *page, const json_t *epochs, bnn_error *err)
{
    static const struct {
        double width;
        const char *shown;
    } widths[] = {{960, "broad"}, {370, "narrow"}};
    enum { N_WIDTHS = sizeof widths / sizeof *widths };
    bnn_figure figures[N_WIDTHS];
    bnn_drawing drawings[N_WIDTHS];
    bnn_error why;
    for (size_t w = 0; w < N_WIDTHS; w++) {
        const int status =
            cli_plot_make_run(epochs, widths[w].width, page->options->arena, &figures[w], err);
        if (status != BNN_OK)
            return status;
    }
    if (figures[0].n_panels == 0 ||
        bnn_figures_draw(figures, N_WIDTHS, BNN_FIGURE_INLINE, page->options->arena, drawings,
                         &why) != BNN_OK)
        return BNN_OK;
    cli_html_put(page->html, "<figure>");
    for (size_t w = 0; w < N_WIDTHS; w++) {
        cli_html_add(page->html, "<div class=\"%s\">", widths[w].shown);
        cli_html_put(page->html, drawings[w].bytes);
        cli_html_put(page->html, "</div>\n");
    }
    cli_html_put(page->html, "</figure>\n");
    return BNN_OK;
}

static int run_add_epochs(run_page *page, bnn_error *err)
{
    json_t *rows = run_rows(page, "run_epochs", err);
    if (rows == NULL)
        return err->status;
    json_t *epochs = cli_epochs_pivot(rows);
    int status = BNN_OK;
    if (json_array_size(epochs) > 0) {
        run_open(page, "epochs", "Epochs");
        status = run_add_figure(page, epochs, err);
        cli_html_table(page->html, "measured after each epoch", epochs);
    }
    json_decref(epochs);
    json_decref(rows);
    return status;
}

/* ---- the rest ---------------------------------------------------------------------------- */

static int run_add_tables(run_page *page, bnn_error *err)
{
    const char *section = "";
    for (size_t i = 0; i < sizeof run_tables / sizeof *run_tables; i++) {
        json_t *rows = run_rows(page, run_tables[i].sql, err);
        if (rows == NULL)
            return err->status;
        if (json_array_size(rows) > 0) {
            if (strcmp(section, run_tables[i].section) != 0)
                run_open(page, run_tables[i].section,
                         run_tables[i].heading == NULL ? "Also" : run_tables[i].heading);
            section = run_tables[i].section;
            cli_html_table(page->html, run_tables[i].caption, rows);
        }
        json_decref(rows);
    }
    return BNN_OK;
}

static int run_add_environment(run_page *page, bnn_error *err)
{
    json_t *rows = run_rows(page, "run_environment", err);
    if (rows == NULL)
        return err->status;
    if (json_array_size(rows) > 0) {
        run_open(page, "environment", "Where it was made");
        cli_html_facts(page->html, json_array_get(rows, 0));
    }
    run_close(page);
    json_decref(rows);
    return BNN_OK;
}

static const char *run_word(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text == NULL ? "" : text;
}

/* What it is, how it stands, and why it failed. */
static int run_introduce(run_page *page, const json_t *run, bnn_error *err)
{
    json_t *states = run_rows(page, "run_state", err);
    json_t *attempts = states == NULL ? NULL : run_rows(page, "run_attempts_brief", err);
    if (attempts != NULL) {
        const char *state = run_word(json_array_get(states, 0), "state");
        const json_t *last = json_array_get(attempts, json_array_size(attempts) - 1);
        const char *error = run_word(last, "error");
        cli_html_add(page->html,
                     "<p class=\"headline\"><b>%s</b> of <a href=\"/\">%s</a></p>\n"
                     "<p class=\"badge %s\">%s</p>\n",
                     run_word(run, "label"), run_word(run, "experiment"), state, state);
        if (strcmp(state, "failed") == 0 && error[0] != '\0')
            cli_html_add(page->html, "<p class=\"none\">It failed: %s.</p>\n", error);
        cli_html_facts(page->html, run);
        cli_html_add(page->html,
                     "<details class=\"source\"><summary>Command</summary><pre class=\"command\">"
                     "<code>bnnrun show %s</code></pre></details>\n",
                     page->uid);
    }
    json_decref(states);
    json_decref(attempts);
    return attempts == NULL ? err->status : BNN_OK;
}

static int run_write(run_page *page, bnn_error *err)
{
    json_t *rows = run_rows(page, "run_summary", err);
    if (rows == NULL)
        return err->status;
    page->open = true; /* what it is, is a section, too */
    cli_html_put(page->html, "<main id=\"main\">\n<section id=\"run\" class=\"run\">\n");
    int status = run_introduce(page, json_array_get(rows, 0), err);
    if (status == BNN_OK)
        status = run_add_epochs(page, err);
    if (status == BNN_OK)
        status = run_add_tables(page, err);
    if (status == BNN_OK)
        status = run_add_environment(page, err);
    cli_html_put(page->html, "</main>\n");
    json_decref(rows);
    return status;
}

int serve_add_run(bnn_store *store, const cli_options *options, const char *uid, cli_html *html,
                  bnn_error *err)
{
    run_page page = {.store = store, .options = options, .html = html};
    int status = cli_find_run(store, uid, options->arena, &page.uid, err);
    if (status != BNN_OK)
        return status;
    const cli_page frame = {.title = bnn_arena_printf(options->arena, "run %s", page.uid),
                            .kicker =
                                bnn_arena_printf(options->arena, "bnnrun serve, %s", options->db),
                            .skip = "To the run",
                            .live = true};
    if (frame.title == NULL || frame.kicker == NULL)
        return bnn_no_memory(err);
    status = cli_page_begin(&frame, html, options->arena, err);
    if (status == BNN_OK)
        status = run_write(&page, err);
    cli_page_end(&frame, html, json_array());
    return status;
}
