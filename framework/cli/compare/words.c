/* words.c - what is asked and found, in sentences; what to mind of it is in cautions.c. */
#include "base/statistics.h"
#include "base/text.h"
#include "cli/compare/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void cli_words_add(cli_words *w, const char *format, ...)
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
    if (f->looked != NULL && f->n_looked == 0)
        return "undecided: no look yet";
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
const char *cli_words_place(const cli_question *asked)
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
static void words_estimand(const cli_question *asked, const cli_findings *found, cli_words *w)
{
    const cli_arms *arms = asked->arms;
    const size_t n = found->comparison.seeds;
    char metric[CLI_TEXT_MAX], what[BNN_EXCERPT + 16];
    if (asked->by == NULL)
        snprintf(what, sizeof what, "configs");
    else
        snprintf(what, sizeof what, "values of %.60s", asked->by);
    cli_words_add(w, "Difference in mean %s, %s: ", words_metric(asked, metric),
                  cli_words_place(asked));
    if (asked->all_pairs && found->n != 1)
        cli_words_add(w, "each of the %zu pairs of %zu %s", found->n, arms->n, what);
    else if (found->n == 1)
        cli_words_add(w, "%s less %s", arms->arms[found->rows[0].a].label,
                      arms->arms[found->rows[0].b].label);
    else
        cli_words_add(w, "each of %zu other %s less %s", found->n, what,
                      arms->arms[asked->baseline].label);
    if (found->design != NULL)
        cli_words_add(w, ", mean over the seeds that it has, paired by seed");
    else
        cli_words_add(w, ", mean over %zu seed%s, paired by seed", n, bnn_plural(n));
    if (asked->by != NULL && arms->n_blocks > 1)
        cli_words_add(w, "; a seed's result is the mean over %zu combinations of the other keys",
                      arms->n_blocks);
    cli_words_add(w, ". ");
}

/* "Looks at 10, 20 and 40 seeds, of which 2 were made". */
static void words_looks(const cli_question *asked, const cli_findings *found, cli_words *w)
{
    const bnn_design *design = found->design;
    const bnn_looks *looks = &found->looks;
    const double level = 100 * asked->alpha;
    for (size_t k = 0; k < design->looks; k++)
        cli_words_add(w, "%s%zu",
                      k == 0                  ? "Looks at "
                      : k + 1 < design->looks ? ", "
                                              : " and ",
                      design->seeds[k]);
    cli_words_add(w, " seeds, of which %zu %s made; a config that is decided gets no more. ",
                  looks->made, looks->made == 1 ? "was" : "were");
    cli_words_add(
        w,
        "Two-sided sign-flip tests of the mean difference%s, step-down max-T over %zu "
        "comparison%s, with alpha spent over the looks by %s function: the chance of any wrong \"better\" "
        "or \"worse\" at any look is at most %g %%, and the %g %% intervals hold together (both at "
        "once at %g %%). ",
        looks->made == 0          ? ""
        : found->comparison.exact ? " (all flips)"
                                  : " (99,999 flips drawn at the last)",
        found->n, bnn_plural(found->n),
        design->spending == BNN_SPEND_POCOCK ? "Pocock's" : "O'Brien and Fleming's", level,
        100 - level, 100 - 2 * level);
}

/* All seeds at once. */
static void words_flips(const cli_question *asked, const cli_findings *found, cli_words *w)
{
    const double level = 100 * asked->alpha;
    const size_t n = cli_findings_tested(found);
    char flips[BNN_SHORT_TEXT];
    if (found->comparison.exact && found->comparison.seeds < 63)
        cli_words_add(w, "Exact two-sided sign-flip test of the mean difference (all %s flips)",
                      bnn_count_text((uint64_t)1 << found->comparison.seeds, flips));
    else
        cli_words_add(w, "Two-sided sign-flip test of the mean difference (99,999 flips drawn)");
    if (n > 1)
        cli_words_add(
            w,
            ", step-down max-T over %zu comparisons: the chance of any wrong \"better\" or "
            "\"worse\" is at most %g %%, and the %g %% intervals hold together (both at once at %g "
            "%%). ",
            n, level, 100 - level, 100 - 2 * level);
    else
        cli_words_add(w, " at the %g %% level, with the %g %% interval that belongs to it. ", level,
                      100 - level);
}

static void words_test(const cli_question *asked, const cli_findings *found, cli_words *w)
{
    if (found->design != NULL)
        words_looks(asked, found, w);
    else if (found->comparison.seeds == 0) {
        cli_words_add(w, "No seed has results to compare yet. ");
        return;
    } else
        words_flips(asked, found, w);
    cli_words_add(w,
                  "It takes a difference to be as likely as its negative where nothing differs. ");
    if (asked->margin > 0)
        cli_words_add(w, "Equal: the interval lies within %g%s of 0. ", asked->margin,
                      asked->metric->unit == BNN_UNIT_FRACTION ? " points" : "");
}

const char *cli_compare_statement(const cli_question *asked, const cli_findings *found,
                                  bnn_arena *arena)
{
    cli_words w = {arena, ""};
    words_estimand(asked, found, &w);
    words_test(asked, found, &w);
    if (found->planned)
        cli_words_add(&w, "Planned: registered %s UTC, before the first run.", found->registered);
    else if (asked->experiment == NULL || found->registered == NULL)
        cli_words_add(&w, "Exploratory: %s.", found->departures);
    else
        cli_words_add(&w, "Exploratory; what was registered is another comparison: %s.",
                      found->departures);
    return w.text;
}

/* ---- the headline ------------------------------------------------------------------------ */

/* "2 better, 1 undecided". */
static void words_count_verdicts(const cli_findings *found, cli_words *w)
{
    static const bnn_verdict order[] = {BNN_VERDICT_BETTER, BNN_VERDICT_EQUAL,
                                        BNN_VERDICT_UNDECIDED, BNN_VERDICT_WORSE};
    const char *between = "";
    const size_t n_tested = cli_findings_tested(found);
    const size_t n_untested = n_tested > 0 ? found->n - n_tested : 0; /* else all are alike */
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        char count[BNN_SHORT_TEXT];
        size_t n = 0;
        for (size_t i = 0; i < found->n; i++)
            n += found->rows[i].answer.verdict == order[k];
        n -= order[k] == BNN_VERDICT_UNDECIDED ? n_untested : 0;
        if (n == 0)
            continue;
        cli_words_add(w, "%s%s %s", between, bnn_count_text(n, count), bnn_verdict_name(order[k]));
        between = ", ";
    }
    if (n_untested > 0)
        cli_words_add(w, "%s%zu without a common seed", between, n_untested);
}

/* "in points of test accuracy over 10 seeds". */
static void words_measure(const cli_question *asked, const cli_findings *found, cli_words *w)
{
    const size_t n = found->comparison.seeds;
    char metric[CLI_TEXT_MAX];
    snprintf(metric, sizeof metric, "%s", asked->metric->name);
    for (char *at = metric; (at = strchr(at, '_')) != NULL;)
        *at = ' ';
    cli_words_add(w, "in %s%s", asked->metric->unit == BNN_UNIT_FRACTION ? "points of " : "",
                  metric);
    if (found->design == NULL)
        cli_words_add(w, " over %zu seed%s", n, bnn_plural(n));
}

const char *cli_compare_headline(const cli_question *asked, const cli_findings *found,
                                 bnn_arena *arena)
{
    cli_words w = {arena, ""};
    const cli_finding *best = &found->rows[0];
    const cli_arm *arms = asked->arms->arms;
    const char *said =
        cli_compare_verdict(asked, best, true, cli_compare_decimals(asked, found), arena);
    if (said == NULL)
        return NULL;
    if (found->n == 1)
        cli_words_add(&w, "%s against %s", arms[best->a].label, arms[best->b].label);
    else if (asked->all_pairs)
        cli_words_add(&w, "Each against each other");
    else
        cli_words_add(&w, "Against %s", arms[asked->baseline].label);
    cli_words_add(&w, ", ");
    words_measure(asked, found, &w);
    cli_words_add(&w, ": ");
    if (found->n == 1)
        cli_words_add(&w, "%s", said);
    else
        words_count_verdicts(found, &w);
    if (found->n > 1 && !asked->all_pairs && !isnan(best->difference))
        cli_words_add(&w, ". The best of the others is %s, %s", arms[best->a].label, said);
    cli_words_add(&w, ".");
    return w.text;
}
