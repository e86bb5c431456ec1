#include "cli/compare/sheet.h"

#include "base/statistics.h"

#include <math.h>

static void sheet_cell(cli_sheet *t, size_t column, const char *text)
{
    t->cells[t->n * CLI_SHEET_COLUMNS + column] = text;
    t->failed |= text == NULL;
}

/* "0.002", "<0.001". */
static const char *sheet_p(double p, bnn_arena *arena)
{
    if (isnan(p))
        return "";
    return p < 0.001 ? "<0.001" : bnn_arena_printf(arena, "%.3f", p);
}

static const char *sheet_mean(const cli_sheet *t, double mean)
{
    return isnan(mean) ? ""
                       : bnn_arena_printf(t->arena, "%.*f", t->n_decimals, bnn_mean_shown(mean));
}

static void sheet_baseline(cli_sheet *t)
{
    const cli_arm *arm = &t->asked->arms->arms[t->asked->baseline];
    for (size_t i = CLI_SHEET_WINS; i < CLI_SHEET_COLUMNS; i++)
        sheet_cell(t, i, "");
    sheet_cell(t, 0, arm->label);
    sheet_cell(t, 1, sheet_mean(t, arm->mean));
    sheet_cell(t, 2, "baseline");
    t->shown[t->n++] = NULL;
}

static void sheet_finding(cli_sheet *t, const cli_finding *f)
{
    const cli_arm *a = &t->asked->arms->arms[f->a], *b = &t->asked->arms->arms[f->b];
    const double wins = f->answer.wins;
    sheet_cell(t, 0, a->label);
    sheet_cell(t, 1, t->asked->all_pairs ? b->label : sheet_mean(t, f->mean_a));
    sheet_cell(t, 2, cli_compare_difference(f, t->n_decimals, t->arena));
    sheet_cell(t, 3, isnan(wins) ? "" : bnn_arena_printf(t->arena, "%.2f", wins));
    sheet_cell(t, 4, sheet_p(isnan(wins) ? wins : f->answer.p, t->arena));
    sheet_cell(t, 5, cli_compare_verdict(t->asked, f, false, t->n_decimals, t->arena));
    sheet_cell(t, CLI_SHEET_IMAGES, cli_compare_images(f, t->n_decimals, t->arena));
    t->shown[t->n++] = f;
}

int cli_sheet_make(const cli_question *asked, const cli_findings *found, bnn_arena *arena,
                   cli_sheet *out, bnn_error *err)
{
    const bool pairs = asked->all_pairs;
    *out = (cli_sheet){
        .asked = asked,
        .found = found,
        .arena = arena,
        .n_decimals = cli_compare_decimals(asked, found),
        .n_columns = found->has_images ? CLI_SHEET_COLUMNS : CLI_SHEET_IMAGES,
        .heads = {"@config", pairs ? "@less" : bnn_arena_printf(arena, "#%s", asked->metric->title),
                  bnn_arena_printf(arena, "#difference [%g %%]", 100 - 100 * asked->alpha),
                  "#P(A>B)", "#p", "verdict",
                  bnn_arena_printf(arena, "#other images [%g %%]", 100 - 100 * asked->alpha)},
        .cells = bnn_arena_alloc(arena, (found->n + 1) * CLI_SHEET_COLUMNS, sizeof *out->cells),
        .shown = bnn_arena_alloc(arena, found->n + 1, sizeof *out->shown)};
    if (out->cells == NULL || out->shown == NULL || out->heads[1] == NULL ||
        out->heads[2] == NULL || out->heads[CLI_SHEET_IMAGES] == NULL)
        return bnn_no_memory(err);
    bool shown = pairs;
    for (size_t i = 0; i < found->n; i++) {
        const bool better = found->rows[i].answer.mean >= 0 && found->rows[i].answer.failed == 0;
        if (!shown && !better)
            sheet_baseline(out);
        shown |= !better;
        sheet_finding(out, &found->rows[i]);
    }
    if (!shown)
        sheet_baseline(out);
    return out->failed ? bnn_no_memory(err) : BNN_OK;
}

const char *cli_sheet_head(const cli_sheet *sheet, size_t column)
{
    const char *head = sheet->heads[column];
    return head + (*head == '#' || *head == '@');
}
