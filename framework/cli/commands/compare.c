/* compare.c - bnnrun compare: which config is better, and how sure that is. */
#include "base/text.h"
#include "cli/commands/compare.h"
#include "cli/options.h"
#include "cli/selection.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- options ----------------------------------------------------------------------------- */

static const compare_request compare_values = {.margin = -1, .alpha = -1};

static int compare_number(const cli_command *command, const char *option, const char *text,
                          double least, double most, double *out, bnn_error *err)
{
    char *end;
    const double x = strtod(text, &end);
    if (end == text || *end != '\0' || !(x >= least && x <= most))
        return cli_usage(err, command, "--%s takes a number from %g to %g, not \"%s\"", option,
                         least, most, text);
    *out = x;
    return BNN_OK;
}

static int compare_set_margin(const cli_command *command, void *request, const char *value,
                              bnn_error *err)
{
    return compare_number(command, "margin", value, 0, 1e9, &((compare_request *)request)->margin,
                          err);
}

static int compare_set_alpha(const cli_command *command, void *request, const char *value,
                             bnn_error *err)
{
    return compare_number(command, "alpha", value, 1e-6, 0.5, &((compare_request *)request)->alpha,
                          err);
}

static int compare_set_metric(const cli_command *command, void *request, const char *value,
                              bnn_error *err)
{
    size_t n;
    const bnn_metric *all = bnn_run_metrics(&n);
    const char *names[32];
    (void)command;
    for (size_t i = 0; i < n; i++)
        names[i] = all[i].name;
    ((compare_request *)request)->metric = bnn_run_metric(value);
    return bnn_run_metric(value) != NULL
               ? BNN_OK
               : cli_unknown(err, BNN_E_USAGE, "compare: there is no metric", value, names, n);
}

static int compare_check_request(const compare_request *r, bnn_error *err)
{
    const int forms = r->options.json + r->options.csv + r->markdown + r->latex;
    if (forms > 1)
        return cli_usage(err, &cli_command_compare,
                         "--json, --csv, --md and --latex are forms of one result; choose one");
    if (r->all_pairs && r->baseline != NULL)
        return cli_usage(err, &cli_command_compare,
                         "--all-pairs has no baseline; leave out one of the two");
    if (r->options.n_operands == 2 && (r->all_pairs || r->by != NULL || r->baseline != NULL))
        return cli_usage(err, &cli_command_compare,
                         "two configs are compared with each other; --by, --baseline and "
                         "--all-pairs are for experiments");
    return BNN_OK;
}

/* ---- the baseline ------------------------------------------------------------------------ */

static int compare_fail_baseline(const cli_question *asked, const char *why, bnn_error *err)
{
    const char *labels[16];
    char list[512];
    size_t n = 0;
    for (; n < asked->arms->n && n < sizeof labels / sizeof *labels; n++)
        labels[n] = asked->arms->arms[n].label;
    bnn_text_join(labels, n, list, sizeof list);
    const bool whole = n == asked->arms->n || bnn_text_ends_with(list, ", ...");
    return bnn_fail(err, BNN_E_USAGE, "compare: %s %s; there are: %s%s", asked->experiment, why,
                    list, whole ? "" : ", ...");
}

/* The arm with this label, or of a key this value; their number: there is none. */
static size_t compare_find_arm(const cli_question *asked, const char *label)
{
    size_t i = 0;
    for (; i < asked->arms->n; i++) {
        const char *own = asked->arms->arms[i].label, *value = strchr(own, '=');
        if (strcmp(own, label) == 0 ||
            (asked->by != NULL && value != NULL && strcmp(value + 1, label) == 0))
            break;
    }
    return i;
}

/* The arm that --baseline names: a label, or KEY=VALUE,... that one config has; of a key a value. */
static int compare_find_baseline(bnn_store *store, const compare_request *r, cli_question *asked,
                                 bnn_error *err)
{
    bnn_store_named_config config;
    asked->baseline = compare_find_arm(asked, r->baseline);
    if (asked->baseline == asked->arms->n && asked->by == NULL) {
        const int status =
            compare_find_config(store, r, asked->experiment, r->baseline, &config, err);
        if (status != BNN_OK)
            return status;
        for (size_t i = asked->arms->n; i-- > 0;)
            if (strcmp(asked->arms->arms[i].config, config.config) == 0)
                asked->baseline = i;
    }
    return asked->baseline < asked->arms->n
               ? BNN_OK
               : compare_fail_baseline(asked, "has no such baseline", err);
}

/* Without --baseline: that of the plan, that of the spec; of values of a key else the first. */
static int compare_choose_baseline(const cli_plan *plan, cli_question *asked, bnn_error *err)
{
    const cli_arms *arms = asked->arms;
    asked->baseline = arms->n;
    for (size_t i = arms->n; i-- > 0;)
        if (arms->arms[i].is_baseline)
            asked->baseline = i;
    for (size_t i = 0; plan->is_there && asked->by == NULL && i < arms->n; i++)
        if (strcmp(arms->arms[i].config, plan->baseline) == 0)
            asked->baseline = i;
    if (asked->baseline == arms->n && asked->by != NULL)
        asked->baseline = 0;
    if (asked->baseline == arms->n)
        return compare_fail_baseline(
            asked, "has no baseline: say --baseline KEY=VALUE, or --all-pairs", err);
    return BNN_OK;
}

/* ---- an experiment ----------------------------------------------------------------------- */

static int compare_find_experiment(bnn_store *store, const compare_request *r, const char **out,
                                   bnn_error *err)
{
    const cli_options *options = &r->options;
    if (options->n_operands > 0) {
        *out = options->operands[0];
        return cli_selection_check_experiment(store, *out, options->arena, err);
    }
    const int status = bnn_store_newest_experiment(store, options->arena, out, err);
    if (status == BNN_OK && *out == NULL)
        return bnn_fail(err, BNN_E_RESOURCE, "%s has no runs yet", options->db);
    return status;
}

void compare_set_numbers(const compare_request *r, const cli_plan *plan, cli_question *asked)
{
    const bnn_metric *planned = plan->is_there ? bnn_run_metric(plan->metric) : NULL;
    asked->metric = r->metric != NULL ? r->metric
                    : planned != NULL ? planned
                                      : bnn_run_metric("test_accuracy");
    asked->alpha = r->alpha >= 0 ? r->alpha : plan->is_there ? plan->alpha : 0.05;
    asked->margin = r->margin >= 0                             ? r->margin
                    : planned == asked->metric                 ? plan->margin
                    : asked->metric->unit == BNN_UNIT_FRACTION ? 0.1
                                                               : 0;
}

/* What the experiment is asked; configs and values are the places of its arms. */
static int compare_ask(bnn_store *store, const compare_request *r, const cli_plan *plan,
                       cli_arms *configs, cli_arms *values, cli_question *asked, bnn_error *err)
{
    bnn_arena *arena = r->options.arena;
    compare_set_numbers(r, plan, asked);
    int status = cli_arms_read(store, asked->experiment, asked->metric, arena, configs, err);
    if (status == BNN_OK && r->by != NULL)
        status = cli_arms_by(configs, r->by, arena, values, err);
    asked->by = r->by;
    asked->configs = configs;
    asked->arms = r->by != NULL ? values : configs;
    asked->all_pairs = r->all_pairs;
    asked->baseline = asked->arms->n;
    if (status != BNN_OK)
        return status;
    if (asked->arms->n < 2)
        return compare_fail_baseline(asked, "has nothing to compare", err);
    if (r->all_pairs)
        return BNN_OK;
    return r->baseline != NULL ? compare_find_baseline(store, r, asked, err)
                               : compare_choose_baseline(plan, asked, err);
}

static int compare_experiment(bnn_store *store, const compare_request *r, bnn_error *err)
{
    cli_arms configs, values;
    cli_question asked = {.by = NULL};
    cli_findings found;
    cli_plan plan;
    int status = compare_find_experiment(store, r, &asked.experiment, err);
    if (status == BNN_OK)
        status = cli_plan_read(store, asked.experiment, r->options.arena, &plan, err);
    if (status == BNN_OK)
        status = compare_ask(store, r, &plan, &configs, &values, &asked, err);
    if (status == BNN_OK)
        status = cli_judge(&asked, &plan, r->options.arena, &found, err);
    if (status == BNN_OK)
        status = cli_judge_images(store, &asked, r->options.arena, &found, err);
    return status != BNN_OK ? status : compare_print(r, &asked, &found, err);
}

int compare_print(const compare_request *r, const cli_question *asked, const cli_findings *found,
                  bnn_error *err)
{
    const cli_compare_form form = r->markdown ? CLI_FORM_MARKDOWN
                                  : r->latex  ? CLI_FORM_LATEX
                                              : CLI_FORM_TABLE;
    return cli_compare_print(asked, found, form, &r->options, err);
}

static int run_compare(void *request, bnn_error *err)
{
    const compare_request *r = request;
    bnn_store *store = NULL;
    int status = compare_check_request(r, err);
    if (status == BNN_OK)
        status = cli_store_open(&r->options, &store, err);
    if (status == BNN_OK)
        status = r->options.n_operands == 2 ? compare_two(store, r, err)
                                            : compare_experiment(store, r, err);
    bnn_store_close(store);
    return status;
}

static const cli_option compare_options[] = {
    CLI_ROW("by", 0, CLI_STRING, "KEY", compare_request, by,
            "compare the values of this key, each averaged over the combinations of the\n"
            "other keys that all of them have"),
    {.name = "metric",
     .kind = CLI_PARSED,
     .parse = compare_set_metric,
     .value = "METRIC",
     .completion = BNN_RUN_METRIC_NAMES,
     .help = "default: that of the spec's `compare`, else test_accuracy; also\n"
             "last_test_accuracy, validation_accuracy, train_seconds, model_bytes,\n"
             "latency_us"},
    CLI_ROW("baseline", 0, CLI_STRING, "KEY=VALUE", compare_request, baseline,
            "the config, or the value of the --by key, that the others are compared\n"
            "with; KEY=VALUE,KEY=VALUE where one does not tell it; or a label"),
    CLI_PARSED_ROW("margin", 0, "X", compare_set_margin,
                   "differences up to this are none: points of accuracies (default 0.1),\n"
                   "else in the unit of the metric (default 0)"),
    CLI_PARSED_ROW("alpha", 0, "X", compare_set_alpha,
                   "the chance of any wrong better or worse (default 0.05)"),
    CLI_ROW("all-pairs", 0, CLI_SWITCH, NULL, compare_request, all_pairs,
            "each with each other, which takes more seeds to decide"),
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "all of it; accuracies in %, differences of them in points"},
    {.name = "csv", .help = "a row a comparison, likewise"},
    CLI_ROW("md", 0, CLI_SWITCH, NULL, compare_request, markdown, "a table of Markdown"),
    CLI_ROW("latex", 0, CLI_SWITCH, NULL, compare_request, latex,
            "a table of LaTeX, for \\usepackage{booktabs}"),
    {.name = "quiet", .help = "no other images and no cautions below the table"},
    {.name = NULL},
};

const cli_command cli_command_compare = {
    .name = "compare",
    .arguments = "[EXPERIMENT | A B]",
    .completion = "EXPERIMENT|RUN",
    .summary = "which config is better, by how much, and how sure that is",
    .notes =
        "Compares each config of the experiment (default: the one that was run last) with its\n"
        "baseline, or any two configs: as EXPERIMENT:LABEL, EXPERIMENT:KEY=VALUE,KEY=VALUE, the\n"
        "same without EXPERIMENT for the one that was run last, by RUN, or by the digits that\n"
        "`bnnrun runs --json` has under config. Only the runs of that experiment count, of a RUN\n"
        "those of its own; digits name no experiment, so the runs of all count, of one seed the\n"
        "newest.\n"
        "\n"
        "What is estimated is the difference in means over seeds, at this test set. Runs of one\n"
        "seed are a pair. The test flips the signs of the pairs' differences, all 2^n of n seeds\n"
        "where they can be enumerated; with many configs those of a seed flip together (step-down\n"
        "max-T), so that the chance of any wrong verdict of better or worse stays at alpha, as long\n"
        "as a difference is as likely as its negative where nothing differs: one that is mostly\n"
        "small and now and then large on one side is not, and the chance can be twice alpha.\n"
        "P(A>B) is the share of seeds in which the config is better than the baseline, ties count\n"
        "half.\n"
        "\n"
        "  better, worse     the interval is above, or below 0, which it may touch: (0.00, 0.31]\n"
        "  equal within X    it has 0, and lies within the margin on both sides\n"
        "  undecided         neither; with how many more seeds it would be decided, if mean and\n"
        "                    spread stay as they are\n"
        "\n"
        "A failed run counts as worse than any result. With --by, a seed's result for a value is\n"
        "the mean over the combinations of the other keys; the seeds are what is flipped, since\n"
        "runs of one seed are not independent of each other.\n"
        "\n"
        "Whether it would hold for other images, too, is asked with a bootstrap that draws both\n"
        "seeds and images, for each comparison alone, from what each run takes its test images for.\n"
        "\n"
        "A comparison was planned if the spec named it, as `compare: {margin: 0.1}`, before the\n"
        "first of its runs, in any experiment, and neither configs nor seeds have changed (`bnnrun\n"
        "help compare.margin`); else it is exploratory.\n",
    .options = compare_options,
    .examples = "  bnnrun compare ste_sweep\n"
                "  bnnrun compare ste_sweep --baseline ste=clipped --margin 0.2\n"
                "  bnnrun compare order_sweep --by ordering\n"
                "  bnnrun compare ste_sweep --all-pairs --latex\n"
                "  bnnrun compare ste_sweep:ste=clipped ste_sweep:ste=identity\n"
                "  bnnrun compare 3f 8a\n",
    .most = 2,
    .needs = "one EXPERIMENT, or two configs",
    .surplus = "one EXPERIMENT, or two configs",
    .memory = BNN_SPEC_LIMIT_BYTES,
    .n_request = sizeof(compare_request),
    .values = &compare_values,
    .run = run_compare,
};
