/* print.c - findings to look at, with bars where the terminal draws. */
#include "base/size.h"
#include "base/text.h"
#include "cli/bars.h"
#include "cli/compare/sheet.h"
#include "cli/grid.h"

#include <string.h>

/* ---- bars -------------------------------------------------------------------------------- */

enum { LABEL_LEAST = 15, VERDICT_LEAST = 20, HEAD_LEAST = 6 };

typedef struct compare_bars {
    cli_bars bars;
    bool no_wins; /* there is no room for P(A>B) */
} compare_bars;

/* From the least bound to the greatest, with 0 and the margin. */
static cli_bars compare_reach(const cli_sheet *sheet)
{
    cli_bars bars = {.low = -sheet->asked->margin, .high = sheet->asked->margin};
    for (size_t i = 0; i < sheet->found->n; i++) {
        const cli_finding *f = &sheet->found->rows[i];
        cli_bars_reach(&bars, f->low);
        cli_bars_reach(&bars, f->high);
        cli_bars_reach(&bars, f->difference);
    }
    return bars;
}

/* The columns that the table takes at the least, as grid.c has it, and one for a gap behind. */
static size_t compare_width_beside(const cli_sheet *sheet, bool with_wins)
{
    size_t sum = 0;
    for (size_t i = 0; i < CLI_SHEET_IMAGES; i++) {
        const char kind = sheet->heads[i][0];
        size_t cells = i == 1 || i == CLI_SHEET_WINS ? HEAD_LEAST
                       : kind == '#'                 ? 2
                                                     : bnn_text_width(cli_sheet_head(sheet, i));
        if (i == CLI_SHEET_WINS && !with_wins)
            continue;
        for (size_t row = 0; row < sheet->n; row++)
            cells =
                bnn_size_larger(cells, bnn_text_width(sheet->cells[row * CLI_SHEET_COLUMNS + i]));
        sum += 1 + (kind == '#'   ? cells
                    : kind == '@' ? bnn_size_smaller(cells, LABEL_LEAST)
                                  : bnn_size_smaller(cells, VERDICT_LEAST));
    }
    return sum;
}

static compare_bars compare_make_bars(const cli_sheet *sheet)
{
    const size_t width = cli_width(stdout), with_wins = compare_width_beside(sheet, true);
    const size_t without = compare_width_beside(sheet, false);
    compare_bars made = {.no_wins = with_wins > width + 1};
    if (!cli_draws(stdout) || sheet->asked->all_pairs)
        return made;
    cli_bars bars = compare_reach(sheet);
    cli_bars_fit(&bars, width > without ? width - without : 0);
    if (bars.n == 0)
        return made;
    made.no_wins = with_wins + CLI_BARS_LEAST > width;
    cli_bars_fit(&bars, width - (made.no_wins ? without : with_wins));
    made.bars = bars;
    return made;
}

/* ---- the table --------------------------------------------------------------------------- */

static void compare_print_columns(const cli_sheet *sheet, const compare_bars *made,
                                  cli_table *table)
{
    char range[CLI_BARS_BYTES];
    for (size_t i = 0; i < CLI_SHEET_IMAGES; i++) {
        const char kind = sheet->heads[i][0];
        if (i == CLI_SHEET_WINS && made->bars.n > 0)
            cli_table_column(table, cli_bars_head(&made->bars, range), CLI_NUMBER);
        if (i != CLI_SHEET_WINS || !made->no_wins)
            cli_table_column(table, cli_sheet_head(sheet, i),
                             kind == '#'   ? CLI_NUMBER
                             : kind == '@' ? CLI_LABEL
                                           : CLI_TEXT);
    }
}

static int compare_print_table(const cli_sheet *sheet, bnn_error *err)
{
    const compare_bars made = compare_make_bars(sheet);
    char bar[CLI_BARS_BYTES];
    cli_table *table = cli_table_create("");
    compare_print_columns(sheet, &made, table);
    for (size_t row = 0; row < sheet->n; row++)
        for (size_t i = 0; i < CLI_SHEET_IMAGES; i++) {
            const cli_finding *f = sheet->shown[row];
            if (i == CLI_SHEET_WINS && made.bars.n > 0)
                cli_table_cell(table, f == NULL ? ""
                                                : cli_bars_draw(&made.bars, f->low, f->difference,
                                                                f->high, bar));
            if (i != CLI_SHEET_WINS || !made.no_wins)
                cli_table_cell(table, sheet->cells[row * CLI_SHEET_COLUMNS + i]);
        }
    return cli_table_end(table, NULL, err);
}

/* Differences over other images, too: a table of its own, so that both fit. */
static int compare_print_images(const cli_sheet *sheet, bnn_error *err)
{
    const bool pairs = sheet->asked->all_pairs;
    bool failed = false;
    cli_table *table = cli_table_create(pairs ? "@config|@less|#seeds" : "@config|#seeds");
    cli_table_column(table, cli_sheet_head(sheet, CLI_SHEET_IMAGES), CLI_NUMBER);
    for (size_t row = 0; row < sheet->n; row++) {
        const char *const *cells = &sheet->cells[row * CLI_SHEET_COLUMNS];
        const cli_finding *f = sheet->shown[row];
        failed |= f != NULL && f->answer.failed + f->answer.baseline_failed > 0;
        if (f == NULL || f->images.pairs < 2)
            continue;
        cli_table_cell(table, cells[0]);
        if (pairs)
            cli_table_cell(table, cells[1]);
        cli_table_cellf(table, "%zu", f->images.pairs);
        cli_table_cell(table, cells[CLI_SHEET_IMAGES]);
    }
    printf("\nOver other images, too (bootstrap of seeds and images, each comparison alone%s):\n",
           failed ? "; failed runs have no part in it" : "");
    return cli_table_end(table, NULL, err);
}

/* ------------------------------------------------------------------------------------------ */

/* Lines, each filled. */
static void compare_print_lines(const char *lines, bnn_arena *arena)
{
    while (*lines != '\0') {
        const size_t n = strcspn(lines, "\n");
        const char *line = bnn_arena_printf(arena, "%.*s", (int)n, lines);
        cli_print_prose(line == NULL ? "" : line, 0, cli_width(stdout));
        putchar('\n');
        lines += n + (lines[n] == '\n');
    }
}

int cli_compare_print(const cli_question *asked, const cli_findings *found, cli_compare_form form,
                      const cli_options *options, bnn_error *err)
{
    bnn_arena *arena = options->arena;
    const char *statement = cli_compare_statement(asked, found, arena);
    const char *cautions = cli_compare_cautions(asked, found, arena);
    const char *headline = cli_compare_headline(asked, found, arena);
    cli_sheet sheet;
    int status =
        statement == NULL || cautions == NULL || headline == NULL ? bnn_no_memory(err) : BNN_OK;
    if (status == BNN_OK && (options->json || options->csv))
        return cli_compare_print_programs(asked, found, statement, cautions, options, err);
    if (status == BNN_OK)
        status = cli_sheet_make(asked, found, arena, &sheet, err);
    if (status != BNN_OK)
        return status;
    if (form == CLI_FORM_LATEX)
        return cli_sheet_write_latex(&sheet, statement, cautions, stdout, err);
    if (form == CLI_FORM_MARKDOWN)
        cli_sheet_print_markdown(&sheet, statement, cautions);
    if (form != CLI_FORM_TABLE)
        return BNN_OK;
    compare_print_lines(headline, arena);
    putchar('\n');
    compare_print_lines(statement, arena);
    putchar('\n');
    status = compare_print_table(&sheet, err);
    if (status == BNN_OK && found->has_images && !options->quiet)
        status = compare_print_images(&sheet, err);
    if (status == BNN_OK && *cautions != '\0' && !options->quiet) {
        putchar('\n');
        compare_print_lines(cautions, arena);
    }
    return status;
}

int cli_compare_write_latex(const cli_question *asked, const cli_findings *found, bnn_arena *arena,
                            FILE *out, bnn_error *err)
{
    const char *statement = cli_compare_statement(asked, found, arena);
    const char *cautions = cli_compare_cautions(asked, found, arena);
    cli_sheet sheet;
    if (statement == NULL || cautions == NULL)
        return bnn_no_memory(err);
    if (cli_sheet_make(asked, found, arena, &sheet, err) != BNN_OK)
        return err->status;
    return cli_sheet_write_latex(&sheet, statement, cautions, out, err);
}
