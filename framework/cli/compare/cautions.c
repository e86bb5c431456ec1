/* cautions.c - what to mind of an answer, a line each. */
#include "base/statistics.h"
#include "base/text.h"
#include "cli/compare/words.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Of both sides, with failed runs. */
static size_t cautions_common(const cli_finding *f)
{
    return f->answer.pairs + f->answer.failed + f->answer.baseline_failed;
}

/* How many rows have too few seeds for any verdict, as many as row i has; 0: it has enough, or it is told with
 * a row before it. */
static size_t cautions_count_few(const cli_findings *found, size_t i)
{
    const size_t seeds = cautions_common(&found->rows[i]);
    size_t n = 0;
    if (seeds == 0 || seeds >= found->comparison.least_seeds ||
        found->rows[i].answer.verdict != BNN_VERDICT_UNDECIDED)
        return 0;
    for (size_t k = 0; k < found->n; k++) {
        if (cautions_common(&found->rows[k]) != seeds)
            continue;
        if (k < i)
            return 0;
        n++;
    }
    return n;
}

static void cautions_few_labels(const cli_question *asked, const cli_findings *found, size_t i,
                                size_t n, cli_words *w)
{
    const size_t seeds = cautions_common(&found->rows[i]);
    const char *between = "";
    if (asked->all_pairs)
        cli_words_add(w, "%zu of the pairs %s", n, n == 1 ? "has" : "have");
    for (size_t k = i; k < found->n && !asked->all_pairs; k++)
        if (cautions_common(&found->rows[k]) == seeds) {
            cli_words_add(w, "%s%s", between, asked->arms->arms[found->rows[k].a].label);
            between = ", ";
        }
    if (!asked->all_pairs)
        cli_words_add(w, " %s", n == 1 ? "has" : "have");
    cli_words_add(w,
                  " %zu seed%s in common with %s, which cannot decide anything, however large "
                  "the difference: %zu are the least that can.\n",
                  seeds, bnn_plural(seeds),
                  asked->all_pairs ? "each other" : asked->arms->arms[asked->baseline].label,
                  found->comparison.least_seeds);
}

static void cautions_few_seeds(const cli_question *asked, const cli_findings *found, cli_words *w)
{
    for (size_t i = 0; i < found->n; i++) {
        const size_t n = cautions_count_few(found, i), seeds = cautions_common(&found->rows[i]);
        if (n > 0 && n < found->n)
            cautions_few_labels(asked, found, i, n, w);
        else if (n > 0)
            cli_words_add(
                w,
                "%zu seed%s cannot decide %zu comparison%s, however large the differences: %zu "
                "are the least that can.\n",
                seeds, bnn_plural(seeds), n, bnn_plural(n), found->comparison.least_seeds);
    }
}

/* "ste=a 2 of 10, ste=b and ste=c 1 of 10" of the arms with such runs. */
static void cautions_runs(const cli_arms *arms, size_t (*count)(const cli_arm *), const char *begin,
                          const char *end, cli_words *w)
{
    const char *between = begin;
    for (size_t i = 0; i < arms->n; i++) {
        const size_t n = count(&arms->arms[i]);
        size_t first = 0;
        while (first < i && count(&arms->arms[first]) != n)
            first++;
        if (n == 0 || first < i) /* told with the first one */
            continue;
        for (size_t k = i; k < arms->n; k++)
            if (count(&arms->arms[k]) == n) {
                cli_words_add(w, "%s%s", between, arms->arms[k].label);
                between = ", ";
            }
        cli_words_add(w, " %zu of %zu", n, arms->n_seeds);
    }
    if (between != begin)
        cli_words_add(w, "%s\n", end);
}

static size_t cautions_failed(const cli_arm *arm)
{
    return arm->n_failed;
}

static size_t cautions_missing(const cli_arm *arm)
{
    return arm->n_missing;
}

static size_t cautions_stale(const cli_arm *arm)
{
    return arm->n_stale;
}

/* The configs whose runs are those of several experiments. */
static void cautions_experiments(const cli_arms *arms, cli_words *w)
{
    const char *before = "Runs of several experiments count: ";
    for (size_t i = 0; i < arms->n; i++)
        if (arms->arms[i].n_experiments > 1) {
            cli_words_add(w, "%s%s those of %zu", before, arms->arms[i].label,
                          arms->arms[i].n_experiments);
            before = ", ";
        }
    if (*before == ',')
        cli_words_add(w, "; EXPERIMENT:LABEL takes those of one.\n");
}

/* Whether a row is not over all seeds of both sides. */
static bool cautions_is_part(const cli_question *asked, const cli_finding *f)
{
    const cli_arm *a = &asked->arms->arms[f->a], *b = &asked->arms->arms[f->b];
    return f->answer.pairs > 0 && (f->answer.pairs < b->n_done || f->answer.pairs < a->n_done);
}

/* Whether the row is over as many seeds, with the same mean of the baseline. */
static bool cautions_is_like(const cli_finding *f, const cli_finding *other)
{
    return f->answer.pairs == other->answer.pairs && fabs(f->mean_b - other->mean_b) < 1e-9;
}

/* "ste=a, ste=b are over 7 seeds, at which binarize=none has 99.1", from row i on, unless it was told before. */
static void cautions_seeds(const cli_question *asked, const cli_findings *found, size_t i,
                           int n_decimals, cli_words *w)
{
    const cli_finding *rows = found->rows, *f = &rows[i];
    size_t n = 0;
    for (size_t k = 0; k < found->n; k++) {
        if (!cautions_is_part(asked, &rows[k]) || !cautions_is_like(f, &rows[k]))
            continue;
        if (k < i)
            return;
        cli_words_add(w, "%s%s", n++ > 0 ? ", " : "", asked->arms->arms[rows[k].a].label);
    }
    cli_words_add(w, " %s over %zu seed%s, at which %s has %.*f.\n", n == 1 ? "is" : "are",
                  f->answer.pairs, bnn_plural(f->answer.pairs), asked->arms->arms[f->b].label,
                  n_decimals, bnn_mean_shown(f->mean_b));
}

/* What makes that a row is not over all seeds of both sides. */
static void cautions_pairs(const cli_question *asked, const cli_findings *found, int n_decimals,
                           cli_words *w)
{
    size_t both_failed = 0;
    for (size_t i = 0; i < found->n; i++) {
        both_failed += found->rows[i].both_failed;
        if (!asked->all_pairs && cautions_is_part(asked, &found->rows[i]))
            cautions_seeds(asked, found, i, n_decimals, w);
    }
    if (both_failed > 0)
        cli_words_add(w, "Where both sides failed (%zu time%s) there is no pair.\n", both_failed,
                      bnn_plural(both_failed));
}

/* Configs and seeds that the spec has had. */
static void cautions_left(const cli_arms *arms, cli_words *w)
{
    for (size_t i = 0; i < arms->n; i++)
        if (arms->arms[i].config != NULL && !arms->arms[i].in_spec)
            cli_words_add(w, "%s is no longer in the spec of its experiment.\n",
                          arms->arms[i].label);
    if (arms->n_gone > 0)
        cli_words_add(w, "%zu of these seeds %s no longer in the spec: %s.\n", arms->n_gone,
                      arms->n_gone == 1 ? "is" : "are", arms->gone);
    if (arms->n_not_planned > 0)
        cli_words_add(
            w,
            "Left out: %zu seed%s that neither the spec nor the comparison that counts has: %s.\n",
            arms->n_not_planned, bnn_plural(arms->n_not_planned), arms->not_planned);
}

/* The winner's curse: what was chosen, from how many, and in how many looks. */
static void cautions_winners(const cli_arms *configs, cli_words *w)
{
    size_t n_drawn = 0, n_left = 0;
    for (size_t i = 0; i < configs->n; i++) {
        n_drawn += configs->arms[i].is_drawn;
        n_left += !configs->arms[i].is_baseline;
    }
    if (configs->n_dropped > 0)
        cli_words_add(
            w,
            "%zu of %zu configs are left, chosen in %zu look%s by validation accuracy with these "
            "seeds (sweep.halving), of which p and intervals know nothing: train them with new "
            "ones before a lead is told. `bnnrun query rungs` has the others.\n",
            n_left, n_left + configs->n_dropped, configs->n_rungs, bnn_plural(configs->n_rungs));
    else if (n_drawn > 1)
        cli_words_add(
            w,
            "%zu of these configs were drawn (sweep.random): whichever of them is chosen for "
            "its result owes a part of it to these seeds. Train it with new ones before its "
            "lead is told.\n",
            n_drawn);
}

/* The same of two configs, one by one. */
static void cautions_halved(const cli_arms *configs, cli_words *w)
{
    const char *before = "sweep.halving chose by validation accuracy with these seeds: ";
    for (size_t i = 0; i < configs->n; i++) {
        const cli_arm *arm = &configs->arms[i];
        if (arm->n_rungs == 0)
            continue;
        cli_words_add(w, "%s%s was ", before, arm->label);
        if (arm->dropped_at > 0)
            cli_words_add(w, "dropped at rung %lld", (long long)arm->dropped_at);
        else
            cli_words_add(w, "kept at %lld rung%s", (long long)arm->n_rungs,
                          bnn_plural((size_t)arm->n_rungs));
        before = ", ";
    }
    if (*before == ',')
        cli_words_add(w, ". p and intervals know nothing of that: train them with new seeds before "
                         "a lead is told.\n");
}

/* Seeds that both sides of a row have, and its last look had not. */
static size_t cautions_count_beyond(const cli_question *asked, const cli_finding *f)
{
    const cli_arm *a = &asked->arms->arms[f->a], *b = &asked->arms->arms[f->b];
    size_t n = 0;
    for (size_t s = 0; s < asked->arms->n_seeds; s++)
        n += !cli_finding_has_seed(asked, f, s) && !isnan(a->values[s]) && !isnan(b->values[s]);
    return n;
}

static void cautions_beyond(const cli_question *asked, const cli_findings *found, cli_words *w)
{
    size_t most = 0;
    for (size_t i = 0; i < found->n; i++) {
        const size_t n = cautions_count_beyond(asked, &found->rows[i]);
        most = n > most ? n : most;
    }
    if (most > 0)
        cli_words_add(w, "Not part of it: %zu seed%s that ran beyond the last look of a config.\n",
                      most, bnn_plural(most));
}

/* Results that there are not. */
static void cautions_wanting(const cli_question *asked, const cli_findings *found, cli_words *w)
{
    if (found->design == NULL) {
        cautions_runs(asked->arms, cautions_missing, "Without a result: ",
                      " seeds; a comparison has the seeds that both sides have.", w);
    } else if (found->looks.due > 0)
        cli_words_add(
            w, "The look at %zu seeds waits for its runs; %s.\n", found->looks.due,
            found->other_looks
                ? "the spec has other looks now, and does not ask for them: with those that "
                  "it registered, run again, it goes on"
                : "the same spec, run again, goes on");
    else
        cautions_beyond(asked, found, w);
    cautions_runs(asked->arms, cautions_stale, "Stale, since data or plugins have changed: ",
                  " seeds; `bnnrun run` with --retrain stale does them again.", w);
    cautions_pairs(asked, found, cli_compare_decimals(asked, found), w);
}

/* What looks do to the means of those that did not wait for the last one. */
static void cautions_early(const cli_findings *found, cli_words *w)
{
    bool early = false;
    for (size_t i = 0; found->design != NULL && i < found->n; i++)
        early |= found->rows[i].answer.verdict != BNN_VERDICT_UNDECIDED &&
                 cautions_common(&found->rows[i]) < found->design->seeds[found->design->looks - 1];
    if (!early)
        return;
    cli_words_add(w,
                  "What was decided before the last look has a mean that is biased: too far from "
                  "0 of better and worse, too near of equal.%s\n",
                  found->has_images ? " Intervals over other images know nothing of looks." : "");
}

/* What was chosen by results: how many seeds, and what is best. */
static void cautions_chosen(const cli_question *asked, const cli_findings *found, bool better,
                            cli_words *w)
{
    if (found->by_looks && found->design == NULL)
        cli_words_add(
            w, "How many seeds a config has was decided by looks at what the spec registered "
               "(seeds.until), so p and intervals of other questions are too small.\n");
    cautions_early(found, w);
    cautions_winners(asked->configs, w);
    if (asked->experiment == NULL)
        cautions_halved(asked->configs, w);
    if (better && found->n > 1)
        cli_words_add(w,
                      "The best of %zu is the best of these seeds, too: on new ones its lead is "
                      "likely to be smaller.\n",
                      asked->arms->n);
}

/* What the seeds of those that are undecided could have found. */
static void cautions_detectable(const cli_question *asked, const cli_findings *found, cli_words *w)
{
    const int n_decimals = cli_compare_decimals(asked, found);
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < found->n; i++) {
        const bnn_answer *a = &found->rows[i].answer;
        if (a->verdict != BNN_VERDICT_UNDECIDED || !isfinite(a->detectable))
            continue;
        least = fmin(least, a->detectable);
        most = fmax(most, a->detectable);
    }
    if (most == 0)
        return;
    cli_words_add(w, "Where undecided, these seeds find a difference of %.*f", n_decimals, least);
    if (most > least)
        cli_words_add(w, " to %.*f", n_decimals, most);
    cli_words_add(w, "%s with a power of 80 %%, if the spread is as seen.\n",
                  asked->metric->unit == BNN_UNIT_FRACTION ? " points" : "");
}

const char *cli_compare_cautions(const cli_question *asked, const cli_findings *found,
                                 bnn_arena *arena)
{
    cli_words w = {arena, ""};
    bool undecided = false, better = false;
    for (size_t i = 0; i < found->n; i++) {
        const bnn_answer *a = &found->rows[i].answer;
        undecided |= a->more_seeds > 0 && a->more_seeds < SIZE_MAX;
        better |= a->verdict == BNN_VERDICT_BETTER;
    }
    cautions_few_seeds(asked, found, &w);
    cautions_runs(asked->arms, cautions_failed,
                  "Failed runs count as worse than any result: ", "; means are without them.", &w);
    cautions_wanting(asked, found, &w);
    if (found->no_images != NULL)
        cli_words_add(&w, "%s\n", found->no_images);
    if (found->damaged != NULL && *found->damaged != '\0')
        cli_words_add(
            &w,
            "Not among the other images: what the database has of the images of run %s is "
            "damaged; `bnnrun rm` and a new run of the spec mend it.\n",
            found->damaged);
    cautions_left(asked->configs, &w);
    cautions_experiments(asked->configs, &w);
    if (found->later != NULL)
        cli_words_add(
            &w,
            "The spec's `compare` was changed %s UTC, after these runs had begun, so what was "
            "registered before counts (`bnnrun help compare`).\n",
            found->later);
    if (found->n_before > 0)
        cli_words_add(&w,
                      "The spec registered %zu comparison%s with other seeds before this one: the "
                      "level is that of one of them, not of the best.\n",
                      found->n_before, bnn_plural(found->n_before));
    if (strcmp(cli_words_place(asked), "each on its own test set") == 0)
        cli_words_add(&w, "The test sets differ (dataset.name, test_limit or sample), so the "
                          "differences are those of the images, too.\n");
    if (asked->arms->n_left_out > 0)
        cli_words_add(&w, "Left out: %zu config%s without a counterpart at each value of %s.\n",
                      asked->arms->n_left_out, bnn_plural(asked->arms->n_left_out), asked->by);
    cautions_chosen(asked, found, better, &w);
    cautions_detectable(asked, found, &w);
    if (undecided)
        cli_words_add(
            &w,
            "undecided: +N: about N more seeds would decide it (power 80 %%), if mean and spread stay as they are.\n");
    return w.text;
}
