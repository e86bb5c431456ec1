/* verdict.c - what was asked and what was found, in words and as the table of
 * `bnnrun compare`. */
#include "base/text.h"
#include "cli/compare/sheet.h"
#include "cli/report/part.h"

#include <math.h>
#include <string.h>

static const bnn_verdict verdict_order[] = {BNN_VERDICT_BETTER, BNN_VERDICT_EQUAL,
                                            BNN_VERDICT_UNDECIDED, BNN_VERDICT_WORSE};
enum { N_VERDICTS = sizeof verdict_order / sizeof *verdict_order };

static size_t verdict_count(const cli_findings *found, bnn_verdict verdict)
{
    size_t n = 0;
    for (size_t i = 0; i < found->n; i++)
        n += found->rows[i].answer.verdict == verdict;
    return n;
}

/* "clipped: better by 0.21 [0.10, 0.32]" of the only one; else how many are
 * what. */
static int verdict_say(const cli_part *part, bnn_error *err)
{
    const cli_question *asked = &part->compared->asked;
    const cli_findings *found = &part->compared->found;
    const cli_arm *arms = asked->arms->arms;
    const int n_decimals = cli_compare_decimals(asked, found);
    const char *best = cli_compare_verdict(asked, &found->rows[0], true, n_decimals, part->arena);
    if (best == NULL)
        return bnn_no_memory(err);
    cli_html_put(part->html, "<p class=\"headline\">");
    if (asked->all_pairs)
        cli_html_put(part->html, "Each with each other: ");
    else
        cli_html_add(part->html, "Against <b>%s</b>: ", arms[asked->baseline].label);
    const char *between = "";
    for (size_t i = 0; i < N_VERDICTS; i++) {
        char count[BNN_SHORT_TEXT];
        const size_t n = verdict_count(found, verdict_order[i]);
        if (n == 0)
            continue;
        cli_html_add(part->html, "%s<span class=\"%s\">%s %s</span>", between,
                     bnn_verdict_name(verdict_order[i]), bnn_count_text(n, count),
                     bnn_verdict_name(verdict_order[i]));
        between = ", ";
    }
    cli_html_put(part->html, ".");
    if (!asked->all_pairs && !isnan(found->rows[0].difference))
        cli_html_add(part->html, " The best of the others is <b>%s</b>, %s.",
                     arms[found->rows[0].a].label, best);
    cli_html_put(part->html, "</p>\n");
    return BNN_OK;
}

/* The columns of the sheet in the order of the page: what matters is in sight
 * on a narrow screen. */
static const size_t verdict_columns[CLI_SHEET_COLUMNS] = {0, 5, 2, 1, 3, 4, 6};

static const char *verdict_class(const cli_sheet *sheet, size_t column)
{
    return sheet->heads[column][0] == '#' ? "n" : "";
}

static void verdict_heads(const cli_part *part, const cli_sheet *sheet)
{
    cli_html_put(part->html, "<thead><tr>");
    for (size_t i = 0; i < sheet->n_columns; i++) {
        const size_t column = verdict_columns[i];
        cli_html_add(part->html, "<th scope=\"col\" class=\"%s\">%s</th>",
                     verdict_class(sheet, column), cli_sheet_head(sheet, column));
    }
    cli_html_put(part->html, "</tr></thead>\n");
}

static void verdict_row(const cli_part *part, const cli_sheet *sheet, size_t row)
{
    const char *const *cells = &sheet->cells[row * CLI_SHEET_COLUMNS];
    const cli_finding *f = sheet->shown[row];
    const char *name = f == NULL ? "baseline" : bnn_verdict_name(f->answer.verdict);
    cli_html_add(part->html, "<tr class=\"%s\"><th scope=\"row\">%s</th>", name, cells[0]);
    for (size_t i = 1; i < sheet->n_columns; i++) {
        const size_t column = verdict_columns[i];
        if (column == CLI_SHEET_VERDICT)
            cli_html_add(part->html, "<td><span class=\"verdict %s\">%s</span></td>", name,
                         f == NULL ? "baseline" : cells[column]);
        else
            cli_html_add(part->html, "<td class=\"%s\">%s</td>", verdict_class(sheet, column),
                         f == NULL && column == CLI_SHEET_DIFFERENCE ? "" : cells[column]);
    }
    cli_html_put(part->html, "</tr>\n");
}

static int verdict_table(const cli_part *part, bnn_error *err)
{
    const cli_compared *c = part->compared;
    cli_sheet sheet;
    const int status = cli_sheet_make(&c->asked, &c->found, part->arena, &sheet, err);
    if (status != BNN_OK)
        return status;
    cli_html_add(part->html,
                 "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
                 "aria-label=\"Comparisons\">"
                 "<table class=\"verdicts\">\n<caption><span>Best difference "
                 "first%s</span>"
                 "</caption>\n",
                 c->asked.metric->unit == BNN_UNIT_FRACTION ? ", in points" : "");
    verdict_heads(part, &sheet);
    cli_html_put(part->html, "<tbody>\n");
    for (size_t row = 0; row < sheet.n; row++)
        verdict_row(part, &sheet, row);
    cli_html_put(part->html, "</tbody></table></div>\n");
    return BNN_OK;
}

enum { CAUTIONS_SHOWN = 5 }; /* at first */

static void verdict_cautions(const cli_part *part, const char *lines)
{
    size_t shown = 0;
    if (*lines == '\0')
        return;
    cli_html_put(part->html, "<ul class=\"cautions\">\n");
    for (; *lines != '\0'; shown++) {
        const size_t n = strcspn(lines, "\n");
        const char *line = bnn_arena_printf(part->arena, "%.*s", (int)n, lines);
        if (shown == CAUTIONS_SHOWN)
            cli_html_put(part->html, "</ul><details><summary>More to mind</summary>"
                                     "<ul class=\"cautions\">\n");
        cli_html_add(part->html, "<li>%s</li>\n", line);
        lines += n + (lines[n] == '\n');
    }
    cli_html_put(part->html, shown > CAUTIONS_SHOWN ? "</ul></details>\n" : "</ul>\n");
}

static int verdict_judged(cli_part *part, bnn_error *err)
{
    const cli_compared *c = part->compared;
    const char *statement = cli_compare_statement(&c->asked, &c->found, part->arena);
    const char *cautions = cli_compare_cautions(&c->asked, &c->found, part->arena);
    if (statement == NULL || cautions == NULL)
        return bnn_no_memory(err);
    cli_html_add(part->html, "<p class=\"badge %s\">%s</p>\n",
                 c->found.planned ? "planned" : "exploratory",
                 c->found.planned ? "planned" : "exploratory");
    int status = verdict_say(part, err);
    cli_html_add(part->html, "<p class=\"statement\">%s</p>\n", statement);
    if (status == BNN_OK)
        status = verdict_table(part, err);
    verdict_cautions(part, cautions);
    json_t *json = status == BNN_OK ? cli_compare_json(&c->asked, &c->found, statement, cautions,
                                                       part->arena, err)
                                    : NULL;
    if (status == BNN_OK && json == NULL)
        return err->status;
    if (status == BNN_OK)
        json_object_set_new(part->data, "compare", json);
    return status;
}

int cli_part_verdict(cli_part *part, bnn_error *err)
{
    int status = BNN_OK;
    const char *options =
        cli_part_options(part, CLI_PART_METRIC | CLI_PART_BASELINE | CLI_PART_BOUNDS);
    cli_part_open(part, "verdict", "Verdict", NULL);
    if (part->is_judged)
        status = verdict_judged(part, err);
    else
        cli_html_add(part->html, "<p class=\"none\">There is no verdict: %s.</p>\n", part->why);
    if (status == BNN_OK)
        status = cli_part_source(
            part, options == NULL ? NULL : cli_part_command(part, "compare ", NULL, options),
            part->is_judged ? "report_effects" : "report_results", err);
    cli_part_close(part);
    return status;
}
