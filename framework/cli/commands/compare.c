/* compare.c - bnnrun compare: which config is better, and how sure that is. */
#include "cli/commands/compare.h"

#include <string.h>

/* ---- options ----------------------------------------------------------------------------- */

static const compare_request compare_values = {.asking = CLI_ASKING_VALUES};

static int compare_check_request(const compare_request *request, bnn_error *err)
{
    const cli_asking *r = &request->asking;
    const int forms = r->options.json + r->options.csv + request->markdown + request->latex;
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

/* ---- the command ------------------------------------------------------------------------- */

int compare_print(const compare_request *r, const cli_question *asked, const cli_findings *found,
                  bnn_error *err)
{
    const cli_compare_form form = r->markdown ? CLI_FORM_MARKDOWN
                                  : r->latex  ? CLI_FORM_LATEX
                                              : CLI_FORM_TABLE;
    return cli_compare_print(asked, found, form, &r->asking.options, err);
}

static int compare_experiment(bnn_store *store, const compare_request *r, bnn_error *err)
{
    const cli_options *options = &r->asking.options;
    const char *experiment;
    cli_compared compared;
    int status = cli_asking_experiment(
        store, options, options->n_operands > 0 ? options->operands[0] : NULL, &experiment, err);
    if (status == BNN_OK)
        status = cli_ask_and_judge(store, &r->asking, experiment, true, &compared, err);
    return status != BNN_OK ? status : compare_print(r, &compared.asked, &compared.found, err);
}

static int run_compare(void *request, bnn_error *err)
{
    const compare_request *r = request;
    const cli_options *options = &r->asking.options;
    bnn_store *store = NULL;
    if (compare_check_request(r, err) != BNN_OK)
        return err->status;
    int status = cli_store_open(options, &store, err);
    if (status == BNN_OK)
        status = options->n_operands == 2 ? compare_two(store, r, err)
                                          : compare_experiment(store, r, err);
    bnn_store_close(store);
    return status == BNN_OK ? BNN_OK : cli_asking_failed(&cli_command_compare, err);
}

static const cli_option compare_options[] = {
    CLI_ASKING_BY,
    CLI_ASKING_METRIC,
    CLI_ASKING_NUMBERS,
    CLI_ROW("all-pairs", 0, CLI_SWITCH, NULL, cli_asking, all_pairs,
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
        "small and now and then large on one side is not, and the chance can be twice alpha, and more\n"
        "where many configs are so, each by itself.\n"
        "P(A>B) is the share of seeds in which the config is better than the baseline, ties count\n"
        "half.\n"
        "\n"
        "  better, worse     the interval is above, or below 0, which it may touch: (0.00, 0.31]\n"
        "  equal within X    it has 0, and lies within the margin on both sides\n"
        "  undecided         neither; with how many more seeds it would be decided, if mean and\n"
        "                    spread stay as they are\n"
        "\n"
        "What so many seeds find with a power of 80 %, at the spread that they have, is in JSON and CSV as\n"
        "detectable, and below the table for what is undecided. It is more than half an interval: of a\n"
        "difference of that every second is missed.\n"
        "\n"
        "A failed run counts as worse than any result. With --by, a seed's result for a value is\n"
        "the mean over the combinations of the other keys; the seeds are what is flipped, since\n"
        "runs of one seed are not independent of each other.\n"
        "\n"
        "Whether it would hold for other images, too, is asked with a bootstrap that draws both\n"
        "seeds and images, for each comparison alone, from what each run takes its test images for.\n"
        "\n"
        "Of a spec with seeds.until, the answers are those of its looks.\n"
        "\n"
        "A comparison was planned if the spec named it, as `compare: {margin: 0.1}`, before the\n"
        "first run of its configs and seeds, in any experiment, and neither have changed; else it is\n"
        "exploratory. Runs that were removed, or are in another database, are not known. `bnnrun\n"
        "plan` shows what is registered. What is said after the first run is not: to register\n"
        "another comparison, change `compare` and give it seeds that were not run, `seeds: {count:\n"
        "10, base: 101}`. The runs before are then left out, and the answer says that it is not the\n"
        "first.\n"
        "\n"
        "Runs with seeds that the spec no longer has count until something is registered; the answer\n"
        "says how many. `bnnrun rm ste_sweep seed=7` removes those of a seed.\n",
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
