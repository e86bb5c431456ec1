/* progress.c - how far a sweep is, of which only the database is known. */
#include "base/text.h"
#include "cli/progress.h"
#include "cli/report/html.h"
#include "cli/serve/page.h"
#include "runner/estimate.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { PROGRESS_ENDED = 5 }; /* that are shown */

static const char *progress_text(const json_t *run, const char *key)
{
    const char *text = json_string_value(json_object_get(run, key));
    return text == NULL ? "" : text;
}

static bool progress_is(const json_t *run, const char *state)
{
    return strcmp(progress_text(run, "state"), state) == 0;
}

static bool progress_is_to_do(const json_t *run)
{
    return progress_is(run, "queued") || progress_is(run, "interrupted");
}

static size_t progress_count(const json_t *runs, const char *state)
{
    size_t i, n = 0;
    json_t *run;
    json_array_foreach(runs, i, run) n += progress_is(run, state);
    return n;
}

/* ---- how long it still takes ------------------------------------------------------------- */

/* What whole runs took that are done, on average: of a config, or, config NULL, of all. NaN: there are none. */
static double progress_seconds(const json_t *runs, const char *config)
{
    double sum = 0;
    size_t i, n = 0;
    json_t *run;
    json_array_foreach(runs, i, run)
    {
        if (!progress_is(run, "done") || cli_row_number(run, "begun") > 0 ||
            (config != NULL && strcmp(config, progress_text(run, "config")) != 0))
            continue;
        sum += cli_row_number(run, "ended") - cli_row_number(run, "started");
        n++;
    }
    return n == 0 ? NAN : sum / (double)n;
}

/* What a run should take: as its config did, else as all others did; NaN: not known. */
static double progress_whole(const json_t *runs, const json_t *run)
{
    const double own = progress_seconds(runs, progress_text(run, "config"));
    return isnan(own) ? progress_seconds(runs, NULL) : own;
}

/* The part of a run, from 0 to 1, that is done. */
static double progress_part(const json_t *run)
{
    const double epoch = cli_row_number(run, "epoch"), epochs = cli_row_number(run, "epochs");
    return epochs > 0 && epoch > 0 ? fmin(1, epoch / epochs) : 0;
}

/* What is left of one that runs, from what it had done when it was last heard of; NaN: not known. */
static double progress_rest(const json_t *run, double whole, double now)
{
    const double started = cli_row_number(run, "started"), epochs = cli_row_number(run, "epochs");
    const double measured = cli_row_number(run, "measured"), part = progress_part(run);
    const double heard = measured > started ? measured : started;
    const double begun = epochs > 0 ? fmin(part, cli_row_number(run, "begun") / epochs) : 0;
    const double rest = bnn_estimate_rest(begun, part, heard - started, whole);
    return isnan(rest) ? NAN : fmax(0, rest - (now - heard)); /* fmax drops a NaN */
}

/* As many go on as run now. NaN when it is not known, or nothing runs. */
static double progress_left(const json_t *runs, bnn_arena *arena)
{
    const size_t n = json_array_size(runs);
    const double now = (double)time(NULL);
    bnn_estimate_task *tasks = bnn_arena_alloc(arena, n + 1, sizeof *tasks);
    double *busy = bnn_arena_alloc(arena, n + 1, sizeof *busy), sum = 0, whole = NAN;
    const char *config = "";
    size_t i, n_tasks = 0, n_jobs = 0;
    json_t *run;
    if (tasks == NULL || busy == NULL)
        return NAN;
    json_array_foreach(runs, i, run)
    {
        if (!progress_is(run, "running") && !progress_is_to_do(run))
            continue;
        if (strcmp(config, progress_text(run, "config")) != 0)
            whole = progress_whole(runs, run); /* runs of a config stand together */
        config = progress_text(run, "config");
        if (progress_is(run, "running"))
            sum += busy[n_jobs++] = progress_rest(run, whole, now);
        else {
            tasks[n_tasks++] =
                (bnn_estimate_task){whole, -1, {BNN_ESTIMATE_NOTHING, BNN_ESTIMATE_NOTHING}};
            sum += whole;
        }
    }
    return n_jobs == 0 || isnan(sum)
               ? NAN
               : bnn_estimate_makespan(tasks, n_tasks, busy, (uint32_t)n_jobs);
}

/* ---- what is said ------------------------------------------------------------------------ */

static void progress_add_count(cli_html *html, size_t n, const char *before, const char *behind)
{
    char count[BNN_SHORT_TEXT];
    if (n > 0)
        cli_html_add(html, "%s%s%s", before, bnn_count_text(n, count), behind);
}

/* "TINY: 3 of 12 runs done, 1 failed, 2 running, 6 left; about 2 min 10 s" */
static void progress_add_counts(cli_html *html, const char *name, const json_t *runs, double left)
{
    char done[BNN_SHORT_TEXT], all[BNN_SHORT_TEXT], duration[CLI_DURATION_MAX];
    const size_t n_queued = progress_count(runs, "queued");
    cli_html_add(html, "<p class=\"counts\"><b>%s</b>: %s of %s runs done", name,
                 bnn_count_text(progress_count(runs, "done"), done),
                 bnn_count_text(json_array_size(runs), all));
    progress_add_count(html, progress_count(runs, "failed"), ", ", " failed");
    progress_add_count(html, progress_count(runs, "stale"), ", ", " stale");
    progress_add_count(html, progress_count(runs, "running"), ", ", " running");
    progress_add_count(html, progress_count(runs, "interrupted"), ", ", " interrupted");
    progress_add_count(html, n_queued, ", ", " left");
    if (!isnan(left))
        cli_html_add(html, "; about <b>%s</b> to go",
                     cli_duration_text(left < 9.95 ? ceil(left) : round(left), duration));
    cli_html_put(html, "</p>\n");
}

static void progress_add_bar(cli_html *html, const json_t *runs)
{
    char value[BNN_SHORT_TEXT], all[BNN_SHORT_TEXT];
    double done = 0;
    size_t i;
    json_t *run;
    json_array_foreach(runs, i, run) done += progress_is(run, "running") ? progress_part(run)
                                             : progress_is_to_do(run)    ? 0
                                                                         : 1;
    bnn_number_text(round(1000 * done) / 1000, value);
    bnn_number_text((double)json_array_size(runs), all);
    cli_html_add(html,
                 "<progress max=\"%s\" value=\"%s\" aria-label=\"runs that have ended\">"
                 "</progress>\n",
                 all, value);
}

/* "<a href=/run/3f...>ste=clipped, seed 3</a>" */
static void progress_add_name(cli_html *html, const json_t *run)
{
    char seed[BNN_SHORT_TEXT];
    snprintf(seed, sizeof seed, "%lld", json_integer_value(json_object_get(run, "seed")));
    cli_html_add(html, "<a href=\"/run/%s\">%s, seed %s</a>", progress_text(run, "run_uid"),
                 progress_text(run, "label"), seed);
}

static void progress_add_running(cli_html *html, const json_t *runs)
{
    size_t i;
    json_t *run;
    if (progress_count(runs, "running") == 0)
        return;
    cli_html_put(html, "<table><caption>Running now</caption><thead><tr><th scope=\"col\">run</th>"
                       "<th scope=\"col\" class=\"n\">epoch</th><th scope=\"col\" "
                       "class=\"n\">validation</th></tr></thead><tbody>\n");
    json_array_foreach(runs, i, run)
    {
        char epoch[64], accuracy[BNN_SHORT_TEXT] = "";
        const double reached = cli_row_number(run, "epoch"),
                     validation = cli_row_number(run, "validation");
        if (!progress_is(run, "running"))
            continue;
        snprintf(epoch, sizeof epoch, "%.0f of %.0f", reached > 0 ? reached : 0,
                 fmax(0, cli_row_number(run, "epochs")));
        if (!isnan(validation))
            bnn_percent_text(validation, accuracy);
        cli_html_put(html, "<tr><th scope=\"row\">");
        progress_add_name(html, run);
        cli_html_add(html, "</th><td class=\"n\">%s</td><td class=\"n\">%s</td></tr>\n", epoch,
                     accuracy);
    }
    cli_html_put(html, "</tbody></table>\n");
}

/* The run that ended last before this time; NULL: none did. */
static const json_t *progress_ended_before(const json_t *runs, double time)
{
    const json_t *last = NULL;
    size_t i;
    json_t *run;
    json_array_foreach(runs, i, run)
    {
        const double ended = cli_row_number(run, "ended");
        if ((progress_is(run, "done") || progress_is(run, "failed")) && ended < time &&
            (last == NULL || ended > cli_row_number(last, "ended")))
            last = run;
    }
    return last;
}

static void progress_add_ended(cli_html *html, const json_t *runs)
{
    const json_t *run = progress_ended_before(runs, INFINITY);
    if (run == NULL)
        return;
    cli_html_put(html, "<h3>Ended last</h3>\n<ul class=\"ended\">\n");
    for (size_t i = 0; run != NULL && i < PROGRESS_ENDED; i++) {
        char accuracy[BNN_SHORT_TEXT];
        const bool failed = progress_is(run, "failed");
        cli_html_put(html, failed ? "<li class=\"failed\">" : "<li>");
        progress_add_name(html, run);
        cli_html_add(html, failed ? ": failed: %s</li>\n" : ": test %s</li>\n",
                     failed ? progress_text(run, "error")
                            : bnn_percent_text(cli_row_number(run, "test"), accuracy));
        run = progress_ended_before(runs, cli_row_number(run, "ended"));
    }
    cli_html_put(html, "</ul>\n");
}

int serve_add_progress(bnn_store *store, const cli_report_wish *wish, cli_html *html,
                       bnn_error *err)
{
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < wish->n_experiments; i++) {
        const bnn_store_argument argument = cli_text_argument(NULL, wish->experiments[i]);
        cli_table *table;
        status = cli_result_read(store, bnn_store_sql("serve_progress"), &argument, 1, &table, err);
        json_t *runs = status == BNN_OK ? cli_table_take(table, err) : NULL;
        if (runs == NULL)
            return err->status;
        cli_html_put(html, "<div class=\"sweep\">\n");
        progress_add_counts(html, wish->experiments[i], runs,
                            progress_left(runs, wish->asking.options.arena));
        progress_add_bar(html, runs);
        progress_add_running(html, runs);
        progress_add_ended(html, runs);
        cli_html_put(html, "</div>\n");
        json_decref(runs);
    }
    return status;
}
