/* effects.c - the intervals of a comparison, each a row, with the margin as a band and the verdicts. */
#include "cli/plot/plot_internal.h"

#include "base/text.h"
#include "comparison/verdict.h"

#include <math.h>
#include <string.h>

enum { EFFECTS_ROW = 26, EFFECTS_LETTER = 7 /* pixels, about */ };

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

/* The range that shows all ends that are finite, and nought, and the margin unless it dwarfs all. */
static void effects_range(const cli_question *asked, const cli_findings *found, double out[2])
{
    double low = 0, high = 0;
    for (size_t i = 0; i < found->n; i++) {
        const double all[] = {found->rows[i].low, found->rows[i].high, found->rows[i].difference};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            if (isfinite(all[k])) {
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

/* An interval from end to end, an arrow where it goes on for ever, and its mean. */
static void effects_draw(plot_draft *draft, const cli_finding *f, double row, const double range[2])
{
    const int hue = effects_hue(f->answer.verdict);
    const bool bounded = isfinite(f->low) || isfinite(f->high);
    const double low = isfinite(f->low) ? f->low : f->difference;
    const double high = isfinite(f->high) ? f->high : f->difference;
    if (isnan(f->difference))
        return;
    if (bounded)
        plot_add_line(draft, hue, 1, 2.5, low, row, high, row);
    for (int side = 0; side < 2 && bounded; side++)
        if (!isfinite(side == 0 ? f->low : f->high)) {
            const plot_points p = plot_add_series(draft, BNN_MARK_ARROW, hue, 1, 2.5, 1);
            if (p.x == NULL)
                return;
            p.x[0] = f->difference, p.y[0] = row, p.other[0] = range[side];
        }
    const plot_points dot = plot_add_series(draft, BNN_MARK_DOTS, hue, 1, 8, 1);
    if (dot.x != NULL)
        dot.x[0] = f->difference, dot.y[0] = row;
}

static const char *effects_name(plot_draft *draft, const cli_question *asked, const cli_finding *f)
{
    const char *a = asked->arms->arms[f->a].label, *b = asked->arms->arms[f->b].label;
    return asked->all_pairs ? plot_text(draft, "%s \u2212 %s", a, b) : a;
}

/* What stands at the right: the numbers, and behind them the verdict. */
static void effects_tell(plot_draft *draft, const cli_question *asked, const cli_findings *found)
{
    const int n_decimals = cli_compare_decimals(asked, found);
    size_t widest = 0;
    for (int column = 0; column < 2; column++)
        for (size_t i = 0; i < found->n; i++) {
            const cli_finding *f = &found->rows[i];
            const char *text = column == 0
                                   ? cli_compare_difference(f, n_decimals, draft->arena)
                                   : cli_compare_verdict(asked, f, false, n_decimals, draft->arena);
            draft->failed |= text == NULL;
            if (text == NULL)
                return;
            if (column == 0 && bnn_text_width(text) > widest)
                widest = bnn_text_width(text);
            const double dx = column == 0 ? 8 : 20 + EFFECTS_LETTER * (double)widest;
            plot_add_note(draft, &(bnn_note){.place = BNN_PLACE_BESIDE,
                                             .y = (double)i,
                                             .dx = dx,
                                             .hue = column == 0 ? BNN_HUE_INK
                                                                : effects_hue(f->answer.verdict),
                                             .bold = column == 1,
                                             .text = text});
        }
}

static void effects_ground(plot_draft *draft, const cli_question *asked, size_t n)
{
    const double bottom = (double)n - 0.5;
    if (asked->margin > 0) {
        const plot_points band = plot_add_series(draft, BNN_MARK_BAND, BNN_HUE_GREY, 0.2, 1, 2);
        if (band.x == NULL)
            return;
        for (size_t i = 0; i < 2; i++) {
            band.x[i] = i == 0 ? -asked->margin : asked->margin;
            band.y[i] = -0.5;
            band.other[i] = bottom;
        }
    }
    plot_add_line(draft, BNN_HUE_INK, 0.8, 1, 0, -0.5, 0, bottom);
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
    effects_range(asked, found, range);
    effects_ground(draft, asked, found->n);
    for (size_t i = 0; i < found->n; i++) {
        names[i] = effects_name(draft, asked, &found->rows[i]);
        effects_draw(draft, &found->rows[i], (double)i, range);
    }
    effects_tell(draft, asked, found);
    const char *title = plot_difference_title(draft, asked->metric);
    panel->x =
        (bnn_axis){.title = asked->all_pairs ? title
                                             : plot_text(draft, "%s (to %s)", title,
                                                         asked->arms->arms[asked->baseline].label),
                   .low = range[0],
                   .high = range[1]};
    panel->y = (bnn_axis){.n_names = found->n, .names = names};
    out->panel_height = EFFECTS_ROW * (double)found->n;
    out->title = plot_text(draft, "%s: %s", asked->experiment, panel->x.title);
    out->description = cli_compare_statement(asked, found, draft->arena);
    draft->failed |= out->description == NULL;
    return BNN_OK;
}
