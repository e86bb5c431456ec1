/* effects.c - the intervals of a comparison, each a row, with the margin as a band and the verdicts. */
#include "cli/plot/plot_internal.h"

#include "base/statistics.h"
#include "comparison/verdict.h"

#include <math.h>
#include <string.h>

enum {
    EFFECTS_ROW = 26,
    EFFECTS_TALL_ROW = 46, /* with the texts above the interval */
    EFFECTS_RAISED = 13,   /* by so much */
    EFFECTS_LOWERED = 8,   /* and the interval below the middle */
};

static int effects_hue(bnn_verdict verdict)
{
    switch (verdict) {
    case BNN_VERDICT_BETTER:
        return 2;
    case BNN_VERDICT_WORSE:
        return 1;
    case BNN_VERDICT_EQUAL:
        return 0;
    default:
        return BNN_HUE_GREY;
    }
}

/* How far from nought is shown: a few rows that are much further away than the most would leave nothing to be seen
 * of those. Infinite: all is. */
static double effects_limit(plot_draft *draft, const cli_question *asked, const cli_findings *found)
{
    enum { ROWS_MIN = 6, TIMES = 8 };
    double *reach = bnn_arena_alloc(draft->arena, found->n, sizeof *reach);
    size_t n = 0;
    draft->failed |= reach == NULL;
    for (size_t i = 0; reach != NULL && i < found->n; i++) {
        const double ends = fmax(fabs(found->rows[i].low), fabs(found->rows[i].high));
        if (isfinite(ends))
            reach[n++] = ends;
    }
    if (n < ROWS_MIN)
        return (double)INFINITY;
    const double usual = fmax(bnn_median(reach, n), asked->margin);
    return usual > 0 ? TIMES * usual : (double)INFINITY;
}

/* The range that shows all ends within the limit, and nought, and the margin unless it dwarfs all. */
static void effects_range(const cli_question *asked, const cli_findings *found, double limit,
                          double out[2])
{
    double low = 0, high = 0;
    for (size_t i = 0; i < found->n; i++) {
        const double all[] = {found->rows[i].low, found->rows[i].high, found->rows[i].difference};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            if (isfinite(all[k]) && fabs(all[k]) <= limit) {
                low = fmin(low, all[k]);
                high = fmax(high, all[k]);
            }
    }
    const double span = high > low ? high - low : 1, margin = fmin(asked->margin, 3 * span);
    low = fmin(low, -margin);
    high = fmax(high, margin);
    const double room = 0.06 * (high > low ? high - low : 1);
    out[0] = low - room;
    out[1] = high + room;
}

static bool effects_shows(const double range[2], double value)
{
    return value >= range[0] && value <= range[1];
}

static void effects_draw_arrow(plot_draft *draft, int hue, double row, double from, double to)
{
    const plot_points p = plot_add_series(draft, BNN_MARK_ARROW, hue, 1, 2.5, 1);
    if (p.x != NULL)
        p.x[0] = from, p.y[0] = row, p.other[0] = to;
}

/* An interval from end to end, an arrow where it goes on beyond what is shown, and its mean. */
static void effects_draw(plot_draft *draft, const cli_finding *f, double row, const double range[2])
{
    const int hue = effects_hue(f->answer.verdict);
    const double room = 0.05 * (range[1] - range[0]);
    const double mean = effects_shows(range, f->difference)
                            ? f->difference
                            : fmin(fmax(f->difference, range[0] + room), range[1] - room);
    const double low = effects_shows(range, f->low) ? f->low : mean;
    const double high = effects_shows(range, f->high) ? f->high : mean;
    if (isnan(f->difference))
        return;
    if (isfinite(f->low) || isfinite(f->high)) {
        plot_add_line(draft, hue, 1, 2.5, low, row, high, row);
        if (f->low < range[0])
            effects_draw_arrow(draft, hue, row, low, range[0]);
        if (f->high > range[1])
            effects_draw_arrow(draft, hue, row, high, range[1]);
    }
    if (!effects_shows(range, f->difference))
        return;
    const plot_points dot = plot_add_series(draft, BNN_MARK_DOTS, hue, 1, 8, 1);
    if (dot.x != NULL)
        dot.x[0] = f->difference, dot.y[0] = row;
}

static const char *effects_name(plot_draft *draft, const cli_question *asked, const cli_finding *f)
{
    const char *a = asked->arms->arms[f->a].label, *b = asked->arms->arms[f->b].label;
    return asked->all_pairs ? plot_text(draft, "%s \u2212 %s", a, b) : a;
}

/* In a narrow figure, name and verdict stand above the interval. */
static void effects_tell_above(plot_draft *draft, const char *name, const char *verdict,
                               bnn_verdict kind, size_t row, double width)
{
    name = plot_fitted(draft, name, width - CLI_PLOT_AROUND - bnn_figure_text_width(verdict));
    const bnn_note notes[] = {
        {.place = BNN_PLACE_LEFT, .hue = BNN_HUE_INK, .text = name},
        {.place = BNN_PLACE_RIGHT, .hue = effects_hue(kind), .bold = true, .text = verdict}};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        bnn_note note = notes[i];
        note.y = (double)row;
        note.dy = EFFECTS_RAISED;
        plot_add_note(draft, &note);
    }
}

/* In a wide one, numbers and verdict stand at its right. */
static void effects_tell_beside(plot_draft *draft, const char *numbers, double numbers_width,
                                const char *verdict, bnn_verdict kind, size_t row)
{
    bnn_note note = {
        .place = BNN_PLACE_BESIDE, .y = (double)row, .dx = 10, .hue = BNN_HUE_INK, .text = numbers};
    plot_add_note(draft, &note);
    note.dx += numbers_width + 12;
    note.hue = effects_hue(kind);
    note.bold = true;
    note.text = verdict;
    plot_add_note(draft, &note);
}

static void effects_tell(plot_draft *draft, const cli_question *asked, const cli_findings *found,
                         const char *const *names, double width)
{
    const int n_decimals = cli_compare_decimals(asked, found);
    double widest = 0;
    for (size_t i = 0; i < 2 * found->n; i++) {
        const size_t row = i % found->n;
        const cli_finding *f = &found->rows[row];
        const char *numbers = cli_compare_difference(f, n_decimals, draft->arena);
        const char *verdict = cli_compare_verdict(asked, f, false, n_decimals, draft->arena);
        draft->failed |= numbers == NULL || verdict == NULL;
        if (draft->failed)
            return;
        if (i < found->n)
            widest = fmax(widest, bnn_figure_text_width(numbers));
        else if (width < CLI_PLOT_NARROW)
            effects_tell_above(draft, names[row], verdict, f->answer.verdict, row, width);
        else
            effects_tell_beside(draft, numbers, widest, verdict, f->answer.verdict, row);
    }
}

/* The margin and nought, from one height to another. */
static void effects_mark_zero(plot_draft *draft, double margin, double top, double bottom)
{
    if (margin > 0) {
        const plot_points band = plot_add_series(draft, BNN_MARK_BAND, BNN_HUE_GREY, 0.2, 1, 2);
        if (band.x == NULL)
            return;
        for (size_t i = 0; i < 2; i++) {
            band.x[i] = i == 0 ? -margin : margin;
            band.y[i] = top;
            band.other[i] = bottom;
        }
    }
    plot_add_line(draft, BNN_HUE_INK, 0.8, 1, 0, top, 0, bottom);
}

/* Through all rows; in a narrow figure not through the texts above the intervals. */
static void effects_ground(plot_draft *draft, const cli_question *asked, size_t n, bool narrow)
{
    const double middle = (double)EFFECTS_LOWERED / EFFECTS_TALL_ROW, half = 0.5 - middle;
    if (!narrow)
        effects_mark_zero(draft, asked->margin, -0.5, (double)n - 0.5);
    for (size_t i = 0; narrow && i < n; i++)
        effects_mark_zero(draft, asked->margin, (double)i + middle - half, (double)i + 0.5);
}

int plot_make_effects(plot_task *task, plot_draft *draft, bnn_figure *out, bnn_error *err)
{
    const cli_question *asked = &task->compared->asked;
    const cli_findings *found = &task->compared->found;
    const char **names = bnn_arena_alloc(draft->arena, found->n, sizeof *names);
    bnn_panel *panel = plot_add_panel(draft);
    double range[2];
    (void)err;
    draft->failed |= names == NULL;
    if (draft->failed)
        return BNN_OK;
    const double limit = effects_limit(draft, asked, found);
    if (draft->failed)
        return BNN_OK;
    effects_range(asked, found, limit, range);
    const bool narrow = task->width < CLI_PLOT_NARROW;
    effects_ground(draft, asked, found->n, narrow);
    const double height = narrow ? EFFECTS_TALL_ROW : EFFECTS_ROW;
    for (size_t i = 0; i < found->n; i++) {
        names[i] = effects_name(draft, asked, &found->rows[i]);
        effects_draw(draft, &found->rows[i], (double)i + (narrow ? EFFECTS_LOWERED / height : 0),
                     range);
    }
    effects_tell(draft, asked, found, names, task->width);
    for (size_t i = 0; narrow && i < found->n; i++)
        names[i] = "";
    const char *title = plot_difference_title(draft, asked->metric);
    panel->x =
        (bnn_axis){.title = asked->all_pairs ? title
                                             : plot_text(draft, "%s (to %s)", title,
                                                         asked->arms->arms[asked->baseline].label),
                   .low = range[0],
                   .high = range[1]};
    panel->y = (bnn_axis){.n_names = found->n, .names = names};
    out->panel_height = height * (double)found->n;
    out->title = plot_text(draft, "%s: %s", asked->experiment, panel->x.title);
    out->description = cli_compare_statement(asked, found, draft->arena);
    draft->failed |= out->description == NULL;
    return BNN_OK;
}
