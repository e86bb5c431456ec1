/* figures.c - the figures of `bnnrun plot` in the page, each for wide and for narrow screens. */
#include "cli/plot/plot.h"
#include "cli/report/part.h"

#include <string.h>

/* The widths in pixels; page.css shows one of the two. */
static const struct {
    double width;
    const char *shown;
} figures_widths[] = {{960, "broad"}, {370, "narrow"}};
enum { N_WIDTHS = sizeof figures_widths / sizeof *figures_widths };

static const struct figures_row {
    cli_plot_kind kind;
    const char *metric;            /* NULL: the usual */
    const char *section, *heading; /* NULL: in the section of the row before */
    const char *about, *sql;
    unsigned options; /* of the page that change it */
} figures_rows[] = {
    {CLI_PLOT_EFFECTS, NULL, "effects", "Effects",
     "The differences with the intervals that the verdicts rest on. What lies within the margin counts as equal.",
     "report_effects", CLI_PART_METRIC | CLI_PART_BASELINE | CLI_PART_BOUNDS},
    {CLI_PLOT_SEEDS, NULL, "seeds", "Every seed",
     "Each run is a dot. A line joins the runs of a seed, which began alike and saw the same images: where the lines "
     "run side by side, the seed and not the config makes the difference.",
     "report_results", CLI_PART_METRIC | CLI_PART_BASELINE},
    {CLI_PLOT_CURVES, NULL, "curves", "Learning curves",
     "After each epoch: every seed thin, their mean, and its 95 % interval as a band.",
     "report_curves", CLI_PART_BASELINE},
    {CLI_PLOT_PARETO, NULL, "pareto", "What accuracy costs",
     "Accuracy over the bytes of the model file and, where they were measured, over microseconds an image. No other config "
     "beats what lies on a line in these two, and none beats what is coloured in all at once.",
     "report_cost", CLI_PART_METRIC | CLI_PART_PUBLISHED},
    {CLI_PLOT_TELEMETRY, "flips", "telemetry", "Inside the networks",
     "What telemetry measured of each layer, by epoch; where there are many runs, the means of configs alone.",
     "report_telemetry", 0},
    {CLI_PLOT_TELEMETRY, "gradient_cosine", NULL, NULL, NULL, "report_telemetry", 0},
    {CLI_PLOT_TELEMETRY, "dead", NULL, NULL, NULL, "report_telemetry", 0},
    {CLI_PLOT_TELEMETRY, "saturation", NULL, NULL, NULL, "report_telemetry", 0},
};
enum { N_FIGURES = sizeof figures_rows / sizeof *figures_rows };

typedef struct figures_made {
    size_t n;
    size_t rows[N_FIGURES]; /* of figures_rows */
    bnn_figure figures[N_FIGURES * N_WIDTHS];
    bnn_drawing drawings[N_FIGURES * N_WIDTHS];
} figures_made;

/* Makes those that have something to show. */
static int figures_make(const cli_part *part, figures_made *made, bnn_error *err)
{
    made->n = 0;
    for (size_t i = 0; i < N_FIGURES; i++) {
        const struct figures_row *row = &figures_rows[i];
        const char *why = NULL;
        if (row->kind == CLI_PLOT_EFFECTS && !part->is_judged)
            continue;
        for (size_t w = 0; why == NULL && w < N_WIDTHS; w++) {
            const cli_plot_wish wish = {.metric = row->metric,
                                        .width = figures_widths[w].width,
                                        .published =
                                            part->published.n > 0 ? &part->published : NULL};
            const int status =
                cli_plot_make(row->kind, part->store, part->compared, &wish, part->arena,
                              &made->figures[made->n * N_WIDTHS + w], &why, err);
            if (status == BNN_E_USAGE)
                why = "not measured";
            else if (status != BNN_OK)
                return status;
        }
        if (why == NULL)
            made->rows[made->n++] = i;
    }
    return BNN_OK;
}

static int figures_put(const cli_part *part, const figures_made *made, size_t i, bnn_error *err)
{
    const struct figures_row *row = &figures_rows[made->rows[i]];
    const char *figure = bnn_arena_printf(part->arena, "plot %s ", cli_plot_name(row->kind));
    const char *options = row->metric == NULL
                              ? cli_part_options(part, row->options)
                              : bnn_arena_printf(part->arena, " --metric %s", row->metric);
    if (figure == NULL || options == NULL)
        return bnn_no_memory(err);
    cli_html_put(part->html, "<figure>");
    for (size_t w = 0; w < N_WIDTHS; w++) {
        cli_html_add(part->html, "<div class=\"%s\">", figures_widths[w].shown);
        cli_html_put(part->html, made->drawings[i * N_WIDTHS + w].bytes);
        cli_html_put(part->html, "</div>\n");
    }
    cli_html_put(part->html, "</figure>\n");
    if (row->kind == CLI_PLOT_PARETO && cli_part_costs(part, err) != BNN_OK)
        return err->status;
    if (row->kind == CLI_PLOT_PARETO)
        cli_part_published(part);
    return cli_part_source(part, cli_part_command(part, figure, NULL, options), row->sql, err);
}

/* A section goes on with what the next rows have of it. */
static int figures_put_all(const cli_part *part, const figures_made *made, bnn_error *err)
{
    const char *open = NULL;
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < made->n; i++) {
        size_t first = made->rows[i];
        while (figures_rows[first].section == NULL)
            first--;
        const struct figures_row *row = &figures_rows[first];
        if (open != row->section) {
            if (open != NULL)
                cli_part_close(part);
            cli_part_open(part, row->section, row->heading, row->about);
            open = row->section;
        }
        status = figures_put(part, made, i, err);
    }
    if (open != NULL)
        cli_part_close(part);
    return status;
}

/* What others have published about the same; another experiment, or metric, may have nothing of it. */
static int figures_find_published(cli_part *part, bnn_error *err)
{
    const char *why;
    part->published = (cli_published){.n = 0};
    if (part->wish->published == NULL || !part->is_asked)
        return BNN_OK;
    return cli_published_choose(part->store, part->wish->published, part->name,
                                part->compared->asked.metric, part->arena, &part->published, &why,
                                err);
}

int cli_part_figures(cli_part *part, bnn_error *err)
{
    bnn_error why;
    figures_made *made = bnn_arena_alloc(part->arena, 1, sizeof *made);
    if (made == NULL)
        return bnn_no_memory(err);
    int status = figures_find_published(part, err);
    if (status == BNN_OK && part->is_asked)
        status = figures_make(part, made, err);
    if (status != BNN_OK || made->n == 0)
        return status;
    status = bnn_figures_draw(made->figures, made->n * N_WIDTHS, BNN_FIGURE_INLINE, part->arena,
                              made->drawings, &why);
    if (status == BNN_OK)
        return figures_put_all(part, made, err);
    cli_part_open(part, "effects", "Figures", NULL);
    cli_html_add(part->html, "<p class=\"none\">There are no figures: %s.</p>\n", why.message);
    cli_part_close(part);
    return BNN_OK;
}
