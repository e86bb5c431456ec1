/* ask.h - how a command line asks what the runs of an experiment say: for `compare`, and for figures and
 * reports, which show the same. Private to cli/. */
#ifndef BNN_CLI_COMPARE_ASK_H
#define BNN_CLI_COMPARE_ASK_H

#include "cli/compare/compare.h"
#include "cli/options.h"

/* The beginning of the request of a subcommand that compares. */
typedef struct cli_asking {
    cli_options options;
    const char *by, *baseline; /* NULL: not given */
    const bnn_metric *metric;  /* likewise */
    double margin, alpha;      /* below 0: not given */
    bool all_pairs;
} cli_asking;

/* What such a request has without options, and the rows of its options. */
#define CLI_ASKING_VALUES         \
    {                             \
        .margin = -1, .alpha = -1 \
    }
#define CLI_ASKING_BY                                                                      \
    CLI_ROW("by", 0, CLI_STRING, "KEY", cli_asking, by,                                    \
            "compare the values of this key, each averaged over the combinations of the\n" \
            "other keys that all of them have (default: the configs themselves)")
#define CLI_ASKING_METRIC                                                                        \
    {                                                                                            \
        .name = "metric", .kind = CLI_PARSED, .parse = cli_asking_set_metric, .value = "METRIC", \
        .completion = BNN_RUN_METRIC_NAMES,                                                      \
        .help = "default: that of the spec's `compare`, else test_accuracy; also\n"              \
                "last_test_accuracy, validation_accuracy, train_seconds, model_bytes,\n"         \
                "latency_us"                                                                     \
    }
#define CLI_ASKING_NUMBERS                                                                      \
    CLI_ROW("baseline", 0, CLI_STRING, "KEY=VALUE", cli_asking, baseline,                       \
            "the config, or the value of the --by key, that the others are compared\n"          \
            "with; KEY=VALUE,KEY=VALUE where one does not tell it; or a label"),                \
        CLI_PARSED_ROW("margin", 0, "X", cli_asking_set_margin,                                 \
                       "differences up to this are none: points of accuracies, else in the\n"   \
                       "unit of the metric (default: that of the spec's `compare`, else 0.1\n"  \
                       "points, or 0)"),                                                        \
        CLI_PARSED_ROW("alpha", 0, "X", cli_asking_set_alpha,                                   \
                       "the chance of any wrong better or worse (default: that of the spec's\n" \
                       "`compare`, else 0.05)")
int cli_asking_set_metric(const cli_command *command, void *request, const char *value,
                          bnn_error *err);
int cli_asking_set_margin(const cli_command *command, void *request, const char *value,
                          bnn_error *err);
int cli_asking_set_alpha(const cli_command *command, void *request, const char *value,
                         bnn_error *err);

/* Metric, margin and level: what the command line says, else the plan, else the usual. */
void cli_asking_numbers(const cli_asking *r, const cli_plan *plan, cli_question *asked);

/* The experiment of this name, which must have runs; NULL: the one that was run last. */
int cli_asking_experiment(bnn_store *store, const cli_options *options, const char *name,
                          const char **out, bnn_error *err);

/* What the functions below say of a wrong command line does not say the command, as a page has it, too. This
 * puts it in front (of BNN_E_USAGE; other failures stay as they are), and returns err->status. */
int cli_asking_failed(const cli_command *command, bnn_error *err);

/* named.c: the config that an operand names: a run, the digits of a config, [EXPERIMENT:]LABEL or
 * [EXPERIMENT:]KEY=VALUE,... experiment: where those without one are looked for. out->experiment: whose runs
 * of it count; NULL: those of all, as its digits name none. */
int cli_find_named_config(bnn_store *store, const char *experiment, const char *operand,
                          bnn_arena *arena, bnn_store_named_config *out, bnn_error *err);

/* What an experiment was asked, and the answer; it points to itself, and must not be moved. */
typedef struct cli_compared {
    cli_arms configs, values; /* values: of the --by key, if there is one */
    cli_question asked;
    cli_plan plan;
    cli_findings found;
} cli_compared;

/* Reads what is asked: all but the findings. Without a baseline, asked.baseline is the number of arms. */
int cli_ask(bnn_store *store, const cli_asking *r, const char *experiment, cli_compared *out,
            bnn_error *err);

/* Asks and judges; images: over other images, too. There must be two arms, and, unless it is all pairs, a
 * baseline. */
int cli_ask_and_judge(bnn_store *store, const cli_asking *r, const char *experiment, bool images,
                      cli_compared *out, bnn_error *err);

#endif
