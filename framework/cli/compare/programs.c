/* programs.c - findings as JSON and CSV. */
#include "cli/compare/compare.h"

#include <math.h>
#include <string.h>

static json_t *programs_count(size_t n)
{
    return n == SIZE_MAX ? json_null() : json_integer((json_int_t)n);
}

/* Over other images, too: null where it is not known. */
static void programs_put_images(cli_table *table, const cli_findings *found, const cli_finding *f)
{
    const bool known = found->has_images && f->images.pairs >= 2;
    cli_table_put(table, programs_count(known ? f->images.pairs : 0));
    cli_table_put(table, cli_json_real(known ? f->images.mean : (double)NAN));
    cli_table_put(table, cli_json_real(known ? f->images.low : (double)NAN));
    cli_table_put(table, cli_json_real(known ? f->images.high : (double)NAN));
}

/* The comparisons, a row each. */
static cli_table *programs_table(const cli_question *asked, const cli_findings *found,
                                 bnn_arena *arena)
{
    const int n_decimals = cli_compare_decimals(asked, found);
    cli_table *table = cli_table_create(
        "config|label|baseline_config|baseline|#n|#n_failed|#n_baseline_failed|#mean|"
        "#baseline_mean|#difference|#low|#high|#sd|#p|#p_alone|#superiority|#superiority_low|"
        "#superiority_high|verdict|#within_margin|#more_seeds|#detectable|#images_n|"
        "#images_difference|#images_low|#images_high|statement");
    for (size_t i = 0; i < found->n; i++) {
        const cli_finding *f = &found->rows[i];
        const bnn_answer *x = &f->answer;
        const cli_arm *sides[] = {&asked->arms->arms[f->a], &asked->arms->arms[f->b]};
        const size_t counts[] = {x->pairs, x->failed, x->baseline_failed};
        const double reals[] = {f->mean_a, f->mean_b,   f->difference, f->low,
                                f->high,   x->sd,       x->p,          x->p_alone,
                                x->wins,   x->wins_low, x->wins_high};
        const bool open = x->verdict == BNN_VERDICT_UNDECIDED && x->more_seeds > 0;
        for (size_t k = 0; k < 2; k++) {
            cli_table_cell(table, sides[k]->config);
            cli_table_cell(table, sides[k]->label);
        }
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
            cli_table_put(table, programs_count(counts[k]));
        for (size_t k = 0; k < sizeof reals / sizeof *reals; k++)
            cli_table_put(table, cli_json_real(reals[k]));
        cli_table_cell(table, bnn_verdict_name(x->verdict));
        cli_table_put(table, json_integer(x->within_margin));
        cli_table_put(table, open ? programs_count(x->more_seeds) : json_null());
        cli_table_put(table, cli_json_real(x->detectable));
        programs_put_images(table, found, f);
        cli_table_cell(table, cli_compare_verdict(asked, f, true, n_decimals, arena));
    }
    return table;
}

static json_t *programs_lines(const char *lines)
{
    json_t *list = json_array();
    while (*lines != '\0') {
        const size_t n = strcspn(lines, "\n");
        json_array_append_new(list, json_stringn(lines, n));
        lines += n + (lines[n] == '\n');
    }
    return list;
}

/* What holds for all comparisons. Takes the rows. */
static json_t *programs_object(const cli_question *asked, const cli_findings *found,
                               const char *statement, const char *cautions, json_t *rows)
{
    const bnn_metric *metric = asked->metric;
    json_t *seeds = json_array();
    for (size_t s = 0; s < asked->arms->n_seeds; s++)
        json_array_append_new(seeds, json_integer(asked->arms->seeds[s]));
    return json_pack(
        "{s:o, s:s, s:s, s:o, s:b, s:o, s:f, s:f, s:o, s:b, s:o, s:i, s:o, s:b, s:o, s:o, s:s,"
        " s:o, s:o}",
        "experiment", cli_json_text(asked->experiment), "metric", metric->name, "unit",
        metric->unit == BNN_UNIT_FRACTION ? "%" : "as measured", "by", cli_json_text(asked->by),
        "all_pairs", asked->all_pairs, "baseline",
        cli_json_text(asked->all_pairs ? NULL : asked->arms->arms[asked->baseline].label), "margin",
        asked->margin, "alpha", asked->alpha, "seeds", seeds, "exact", found->comparison.exact,
        "n_seeds", programs_count(found->comparison.seeds), "n_comparisons",
        (int)cli_findings_tested(found), "least_seeds",
        programs_count(found->comparison.least_seeds), "planned", found->planned, "registered_utc",
        cli_json_text(found->registered), "departures",
        cli_json_text(found->planned ? NULL : found->departures), "statement", statement,
        "cautions", programs_lines(cautions), "comparisons", rows);
}

/* The looks of seeds.until. */
static void programs_put_looks(json_t *all, const cli_findings *found)
{
    json_t *seeds = json_array();
    for (size_t k = 0; k < found->design->looks; k++)
        json_array_append_new(seeds, json_integer((json_int_t)found->design->seeds[k]));
    json_object_set_new(all, "looks", seeds);
    json_object_set_new(all, "looks_made", programs_count(found->looks.made));
}

json_t *cli_compare_json(const cli_question *asked, const cli_findings *found,
                         const char *statement, const char *cautions, bnn_arena *arena,
                         bnn_error *err)
{
    json_t *rows = cli_table_take(programs_table(asked, found, arena), err);
    if (rows == NULL)
        return NULL;
    json_t *all = programs_object(asked, found, statement, cautions, rows);
    if (all == NULL) {
        bnn_no_memory(err);
        return NULL;
    }
    if (found->design != NULL)
        programs_put_looks(all, found);
    if (asked->configs->n_dropped > 0)
        json_object_set_new(all, "halving",
                            json_pack("{s:o, s:o}", "dropped",
                                      programs_count(asked->configs->n_dropped), "rungs",
                                      programs_count(asked->configs->n_rungs)));
    if (asked->settings != NULL)
        json_object_set(all, "settings", asked->settings);
    return all;
}

int cli_compare_print_programs(const cli_question *asked, const cli_findings *found,
                               const char *statement, const char *cautions,
                               const cli_options *options, bnn_error *err)
{
    if (options->csv)
        return cli_table_end(programs_table(asked, found, options->arena), options, err);
    json_t *all = cli_compare_json(asked, found, statement, cautions, options->arena, err);
    if (all == NULL)
        return err->status;
    return cli_json_print(all, err);
}
