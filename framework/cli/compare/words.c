/* words.c - what is asked and found, in sentences. */
#include "base/statistics.h"
#include "base/text.h"
#include "cli/compare/compare.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A text that grows; NULL without memory. */
typedef struct words {
    bnn_arena *arena;
    const char *text;
} words;

__attribute__((format(printf, 2, 3))) static void words_add(words *w, const char *format, ...)
{
    char *more = NULL;
    va_list args;
    va_start(args, format);
    const bool failed = vasprintf(&more, format, args) < 0;
    va_end(args);
    if (w->text != NULL)
        w->text = failed ? NULL : bnn_arena_printf(w->arena, "%s%s", w->text, more);
    if (!failed)
        free(more);
}

/* ---- numbers ----------------------------------------------------------------------------- */

enum { DECIMALS = 2, DECIMALS_MAX = 6 };

/* Whether the number is told from another one by its decimals. */
static bool words_told_apart(double x, double from, int n_decimals)
{
    char a[64], b[64];
    if (!isfinite(x) || x == from || fabs(x - from) < 1e-9)
        return true;
    snprintf(a, sizeof a, "%.*f", n_decimals, fabs(x));
    snprintf(b, sizeof b, "%.*f", n_decimals, from);
    return strcmp(a, b) != 0;
}

int cli_compare_decimals(const cli_question *asked, const cli_findings *found)
{
    int n = asked->metric->unit == BNN_UNIT_BYTES ? 0 : DECIMALS;
    for (size_t i = 0; i < found->n; i++) {
        const cli_finding *f = &found->rows[i];
        while (n < DECIMALS_MAX &&
               !(words_told_apart(f->low, 0, n) && words_told_apart(f->high, 0, n) &&
                 (asked->margin <= 0 || (words_told_apart(fabs(f->low), asked->margin, n) &&
                                         words_told_apart(fabs(f->high), asked->margin, n))) &&
                 words_told_apart(f->images.low, 0, n) && words_told_apart(f->images.high, 0, n)))
            n++;
    }
    return n;
}

/* "+0.21", "-inf"; sign: of what is positive, too. */
static const char *words_number(double x, bool sign, int n_decimals, char out[64])
{
    snprintf(out, 64, sign ? "%+.*f" : "%.*f", n_decimals, bnn_mean_shown(x));
    if (out[strspn(out, "-0.")] == '\0') /* no minus in front of zeros */
        snprintf(out, 64, sign ? "%+.*f" : "%.*f", n_decimals, 0.0);
    return out;
}

/* An end at 0 is open where the verdict is on one side of it. */
static const char *words_interval(const cli_finding *f, double low, double high, bool sign,
                                  int n_decimals, bnn_arena *arena)
{
    const bnn_verdict verdict = f->answer.verdict;
    const bool one_sided = verdict == BNN_VERDICT_BETTER || verdict == BNN_VERDICT_WORSE;
    char mean[64], from[64], to[64];
    words_number(f->difference, sign, n_decimals, mean);
    if (!isfinite(low) && !isfinite(high))
        return bnn_arena_strdup(arena, mean);
    return bnn_arena_printf(arena, "%s %c%s, %s%c", mean, one_sided && low == 0 ? '(' : '[',
                            words_number(low, sign, n_decimals, from),
                            words_number(high, sign, n_decimals, to),
                            one_sided && high == 0 ? ')' : ']');
}

const char *cli_compare_difference(const cli_finding *f, int n_decimals, bnn_arena *arena)
{
    return isnan(f->difference) ? "" : words_interval(f, f->low, f->high, true, n_decimals, arena);
}

const char *cli_compare_images(const cli_finding *f, int n_decimals, bnn_arena *arena)
{
    const cli_finding images = {.difference = f->images.mean};
    return f->images.pairs < 2
               ? ""
               : words_interval(&images, f->images.low, f->images.high, true, n_decimals, arena);
}

/* ---- verdicts ---------------------------------------------------------------------------- */

/* "better by 0.21 [0.10, 0.32]", "worse by 0.21 [0.10, 0.32]": both as distances. The word alone where the mean,
 * which is that of runs that did not fail, is on the other side. */
static const char *words_sided(const cli_finding *f, const char *word, int n_decimals,
                               bnn_arena *arena)
{
    cli_finding distance = *f;
    const bool below = f->answer.verdict == BNN_VERDICT_WORSE;
    if (below ? f->difference >= 0 : f->difference <= 0)
        return word;
    distance.difference = fabs(f->difference);
    const char *interval = words_interval(&distance, below ? -f->high : f->low,
                                          below ? -f->low : f->high, false, n_decimals, arena);
    return interval == NULL ? NULL : bnn_arena_printf(arena, "%s by %s", word, interval);
}

static const char *words_undecided(const cli_finding *f, bool whole, bnn_arena *arena)
{
    char number[BNN_SHORT_TEXT];
    const size_t more = f->answer.more_seeds;
    if (f->answer.pairs + f->answer.failed + f->answer.baseline_failed == 0)
        return "undecided: no common seed";
    if (more == 0 || more == SIZE_MAX)
        return "undecided";
    bnn_count_text(more, number);
    return whole ? bnn_arena_printf(arena, "undecided: about %s more seed%s would decide it",
                                    number, bnn_plural(more))
                 : bnn_arena_printf(arena, "undecided: +%s", number);
}

static const char *words_verdict(const cli_question *asked, const cli_finding *f, bool whole,
                                 int n_decimals, bnn_arena *arena)
{
    const bnn_verdict verdict = f->answer.verdict;
    const char *name = bnn_verdict_name(verdict);
    char margin[BNN_SHORT_TEXT];
    bnn_number_text(asked->margin, margin);
    if (verdict == BNN_VERDICT_UNDECIDED)
        return words_undecided(f, whole, arena);
    if (verdict == BNN_VERDICT_EQUAL)
        return asked->margin > 0 ? bnn_arena_printf(arena, "equal within %s", margin) : "equal";
    const char *said =
        whole && isfinite(f->difference) ? words_sided(f, name, n_decimals, arena) : name;
    if (said == NULL || !f->answer.within_margin)
        return said;
    return bnn_arena_printf(arena, "%s, within %s", said, margin);
}

const char *cli_compare_verdict(const cli_question *asked, const cli_finding *f, bool whole,
                                int n_decimals, bnn_arena *arena)
{
    const char *said = words_verdict(asked, f, whole, n_decimals, arena);
    if (said == NULL || f->answer.failed == 0)
        return said;
    return bnn_arena_printf(arena, "%s, %zu failed", said, f->answer.failed);
}

/* ---- the statement ----------------------------------------------------------------------- */

/* "test accuracy, in points". */
static const char *words_metric(const cli_question *asked, char out[CLI_TEXT_MAX])
{
    snprintf(out, CLI_TEXT_MAX, "%s%s%s", asked->metric->name,
             asked->metric->unit == BNN_UNIT_FRACTION ? ", in points" : "",
             asked->metric->goal == BNN_GOAL_MIN ? " (less is better)" : "");
    for (char *at = out; (at = strchr(at, '_')) != NULL;)
        *at = ' ';
    return out;
}

/* Whether the results of the comparisons are all of one test set. */
static const char *words_place(const cli_question *asked)
{
    const cli_arms *all = asked->configs;
    if (asked->metric->unit != BNN_UNIT_FRACTION ||
        strcmp(asked->metric->name, "validation_accuracy") == 0)
        return "as measured here";
    for (size_t i = 1; i < all->n; i++)
        if (strcmp(all->arms[i].test_set, all->arms[0].test_set) != 0)
            return "each on its own test set";
    return "on this test set";
}

/* "each of 5 configs less ste=clipped". */
static void words_estimand(const cli_question *asked, const cli_findings *found, words *w)
{
    const cli_arms *arms = asked->arms;
    const size_t n = found->comparison.seeds;
    char metric[CLI_TEXT_MAX], what[BNN_EXCERPT + 16];
    if (asked->by == NULL)
        snprintf(what, sizeof what, "configs");
    else
        snprintf(what, sizeof what, "values of %.60s", asked->by);
    words_add(w, "Difference in mean %s, %s: ", words_metric(asked, metric), words_place(asked));
    if (asked->all_pairs && found->n != 1)
        words_add(w, "each of the %zu pairs of %zu %s", found->n, arms->n, what);
    else if (found->n == 1)
        words_add(w, "%s less %s", arms->arms[found->rows[0].a].label,
                  arms->arms[found->rows[0].b].label);
    else
        words_add(w, "each of %zu other %s less %s", found->n, what,
                  arms->arms[asked->baseline].label);
    if (found->design != NULL)
        words_add(w, ", mean over the seeds that it has, paired by seed");
    else
        words_add(w, ", mean over %zu seed%s, paired by seed", n, bnn_plural(n));
    if (asked->by != NULL && arms->n_blocks > 1)
        words_add(w, "; a seed's result is the mean over %zu combinations of the other keys",
                  arms->n_blocks);
    words_add(w, ". ");
}

/* "Looks at 10, 20 and 40 seeds, of which 2 were made". */
static void words_looks(const cli_question *asked, const cli_findings *found, words *w)
{
    const bnn_design *design = found->design;
    const bnn_looks *looks = &found->looks;
    for (size_t k = 0; k < design->looks; k++)
        words_add(w, "%s%zu",
                  k == 0                  ? "Looks at "
                  : k + 1 < design->looks ? ", "
                                          : " and ",
                  design->seeds[k]);
    words_add(w, " seeds, of which %zu %s made; a config that is decided gets no more. ",
              looks->made, looks->made == 1 ? "was" : "were");
    words_add(w,
              "Two-sided sign-flip tests of the mean difference, step-down max-T over %zu "
              "comparison%s, with alpha spent over the looks: the chance of any wrong \"better\" "
              "or \"worse\" at any look is at most %g %%, and the %g %% intervals hold together. ",
              found->n, bnn_plural(found->n), 100 * asked->alpha, 100 - 100 * asked->alpha);
}

/* All seeds at once. */
static void words_flips(const cli_question *asked, const cli_findings *found, words *w)
{
    const double level = 100 * asked->alpha;
    char flips[BNN_SHORT_TEXT];
    if (found->comparison.exact && found->comparison.seeds < 63)
        words_add(w, "Exact two-sided sign-flip test of the mean difference (all %s flips)",
                  bnn_count_text((uint64_t)1 << found->comparison.seeds, flips));
    else
        words_add(w, "Two-sided sign-flip test of the mean difference (99,999 flips drawn)");
    if (found->n > 1)
        words_add(w,
                  ", step-down max-T over %zu comparisons: the chance of any wrong \"better\" or "
                  "\"worse\" is at most %g %%, and the %g %% intervals hold together. ",
                  found->n, level, 100 - level);
    else
        words_add(w, " at the %g %% level, with the %g %% interval that belongs to it. ", level,
                  100 - level);
}

static void words_test(const cli_question *asked, const cli_findings *found, words *w)
{
    if (found->design != NULL)
        words_looks(asked, found, w);
    else if (found->comparison.seeds == 0) {
        words_add(w, "No seed has results to compare yet. ");
        return;
    } else
        words_flips(asked, found, w);
    words_add(w, "It takes a difference to be as likely as its negative where nothing differs. ");
    if (asked->margin > 0)
        words_add(w, "Equal: the interval lies within %g%s of 0. ", asked->margin,
                  asked->metric->unit == BNN_UNIT_FRACTION ? " points" : "");
}

const char *cli_compare_statement(const cli_question *asked, const cli_findings *found,
                                  bnn_arena *arena)
{
    words w = {arena, ""};
    words_estimand(asked, found, &w);
    words_test(asked, found, &w);
    if (asked->experiment == NULL)
        words_add(&w, "Exploratory: no spec registers this comparison.");
    else if (found->planned)
        words_add(&w, "Planned: registered %s UTC, before the first run.", found->registered);
    else if (found->registered == NULL)
        words_add(&w, "Exploratory: %s.", found->departures);
    else
        words_add(&w, "Exploratory; what was registered is another comparison: %s.",
                  found->departures);
    return w.text;
}

/* ---- what to mind ------------------------------------------------------------------------ */

static void words_few_seeds(const cli_findings *found, words *w)
{
    const bnn_comparison *c = &found->comparison;
    if (c->seeds > 0 && c->seeds < c->least_seeds)
        words_add(w,
                  "%zu seed%s cannot decide %zu comparison%s, however large the differences: %zu "
                  "are the least that can.\n",
                  c->seeds, bnn_plural(c->seeds), found->n, bnn_plural(found->n), c->least_seeds);
}

/* "ste=a 2 of 10, ste=b 1 of 10" of the arms with such runs. */
static void words_runs(const cli_arms *arms, size_t (*count)(const cli_arm *), const char *begin,
                       const char *end, words *w)
{
    const char *before = begin;
    for (size_t i = 0; i < arms->n; i++)
        if (count(&arms->arms[i]) > 0) {
            words_add(w, "%s%s %zu of %zu", before, arms->arms[i].label, count(&arms->arms[i]),
                      arms->n_seeds);
            before = ", ";
        }
    if (before != begin)
        words_add(w, "%s\n", end);
}

static size_t words_failed(const cli_arm *arm)
{
    return arm->n_failed;
}

static size_t words_missing(const cli_arm *arm)
{
    return arm->n_missing;
}

/* The configs whose runs are those of several experiments. */
static void words_experiments(const cli_arms *arms, words *w)
{
    const char *before = "Runs of several experiments count: ";
    for (size_t i = 0; i < arms->n; i++)
        if (arms->arms[i].n_experiments > 1) {
            words_add(w, "%s%s those of %zu", before, arms->arms[i].label,
                      arms->arms[i].n_experiments);
            before = ", ";
        }
    if (*before == ',')
        words_add(w, "; EXPERIMENT:LABEL takes those of one.\n");
}

/* What makes that a row is not over all seeds of both sides. */
static void words_pairs(const cli_question *asked, const cli_findings *found, int n_decimals,
                        words *w)
{
    size_t both_failed = 0;
    for (size_t i = 0; i < found->n; i++) {
        const cli_finding *f = &found->rows[i];
        const cli_arm *a = &asked->arms->arms[f->a], *b = &asked->arms->arms[f->b];
        both_failed += f->both_failed;
        if (!asked->all_pairs && f->answer.pairs > 0 &&
            (f->answer.pairs < b->n_done || f->answer.pairs < a->n_done))
            words_add(w, "%s is over %zu seed%s, at which %s has %.*f.\n", a->label,
                      f->answer.pairs, bnn_plural(f->answer.pairs), b->label, n_decimals,
                      bnn_mean_shown(f->mean_b));
    }
    if (both_failed > 0)
        words_add(w, "Where both sides failed (%zu time%s) there is no pair.\n", both_failed,
                  bnn_plural(both_failed));
}

/* Configs and seeds that the spec has had. */
static void words_left(const cli_arms *arms, words *w)
{
    for (size_t i = 0; i < arms->n; i++)
        if (arms->arms[i].config != NULL && !arms->arms[i].in_spec)
            words_add(w, "%s is no longer in the spec of its experiment.\n", arms->arms[i].label);
    if (arms->n_gone > 0)
        words_add(w, "%zu of these seeds %s no longer in the spec: %s.\n", arms->n_gone,
                  arms->n_gone == 1 ? "is" : "are", arms->gone);
    if (arms->n_not_planned > 0)
        words_add(w, "Left out: %zu seed%s that neither the spec nor what it registered has: %s.\n",
                  arms->n_not_planned, bnn_plural(arms->n_not_planned), arms->not_planned);
}

/* The winner's curse. */
static void words_drawn(const cli_arms *configs, words *w)
{
    size_t n = 0;
    for (size_t i = 0; i < configs->n; i++)
        n += configs->arms[i].is_drawn;
    if (n > 1)
        words_add(w,
                  "%zu of these configs were drawn (sweep.random): whichever of them is chosen for "
                  "its result owes a part of it to these seeds. Train it with new ones before its "
                  "lead is told.\n",
                  n);
}

/* Results that there are not. */
static void words_wanting(const cli_question *asked, const cli_findings *found, words *w)
{
    if (found->design == NULL) {
        words_runs(asked->arms, words_missing,
                   "Without a result: ", " seeds; a comparison has the seeds that both sides have.",
                   w);
        words_pairs(asked, found, cli_compare_decimals(asked, found), w);
    } else if (found->looks.due > 0)
        words_add(w,
                  "The look at %zu seeds waits for its runs; the same spec, run again, goes on.\n",
                  found->looks.due);
}

/* What was chosen by results: how many seeds, and what is best. */
static void words_chosen(const cli_question *asked, const cli_findings *found, bool better,
                         words *w)
{
    if (found->by_looks && found->design == NULL)
        words_add(w, "How many seeds a config has was decided by looks at what the spec registered "
                     "(seeds.until), so p and intervals of other questions are too small.\n");
    words_drawn(asked->configs, w);
    if (better && found->n > 1)
        words_add(w,
                  "The best of %zu is the best of these seeds, too: on new ones its lead is "
                  "likely to be smaller.\n",
                  asked->arms->n);
}

const char *cli_compare_cautions(const cli_question *asked, const cli_findings *found,
                                 bnn_arena *arena)
{
    words w = {arena, ""};
    bool undecided = false, better = false;
    for (size_t i = 0; i < found->n; i++) {
        const bnn_answer *a = &found->rows[i].answer;
        undecided |= a->more_seeds > 0 && a->more_seeds < SIZE_MAX;
        better |= a->verdict == BNN_VERDICT_BETTER;
    }
    words_few_seeds(found, &w);
    words_runs(asked->arms, words_failed,
               "Failed runs count as worse than any result: ", "; means are without them.", &w);
    words_wanting(asked, found, &w);
    if (found->damaged != NULL && *found->damaged != '\0')
        words_add(&w,
                  "Not among the other images: what the database has of the images of run %s is "
                  "damaged; `bnnrun rm` and a new run of the spec mend it.\n",
                  found->damaged);
    words_left(asked->configs, &w);
    words_experiments(asked->configs, &w);
    if (found->later != NULL)
        words_add(
            &w,
            "The spec's `compare` was changed %s UTC, after these runs had begun, so what was "
            "registered before counts (`bnnrun help compare`).\n",
            found->later);
    if (strcmp(words_place(asked), "each on its own test set") == 0)
        words_add(&w, "The test sets differ (dataset.name, test_limit or sample), so the "
                      "differences are those of the images, too.\n");
    if (asked->arms->n_left_out > 0)
        words_add(&w, "Left out: %zu config%s without a counterpart at each value of %s.\n",
                  asked->arms->n_left_out, bnn_plural(asked->arms->n_left_out), asked->by);
    words_chosen(asked, found, better, &w);
    if (undecided)
        words_add(
            &w,
            "undecided: +N: about N more seeds would decide it (power 80 %%), if mean and spread stay as they are.\n");
    return w.text;
}
