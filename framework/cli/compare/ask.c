/* ask.c - from the command line to the question, and to its answer. */
#include "cli/compare/ask.h"

#include "base/text.h"
#include "cli/selection.h"

#include <stdlib.h>
#include <string.h>

/* ---- options ----------------------------------------------------------------------------- */

static int asking_number(const cli_command *command, const char *option, const char *text,
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

int cli_asking_set_metric(const cli_command *command, void *request, const char *value,
                          bnn_error *err)
{
    size_t n;
    const bnn_metric *all = bnn_run_metrics(&n);
    const char *names[32];
    char what[CLI_TEXT_MAX];
    for (size_t i = 0; i < n; i++)
        names[i] = all[i].name;
    snprintf(what, sizeof what, "%s: there is no metric", command->name);
    ((cli_asking *)request)->metric = bnn_run_metric(value);
    return bnn_run_metric(value) != NULL ? BNN_OK
                                         : cli_unknown(err, BNN_E_USAGE, what, value, names, n);
}

int cli_asking_set_margin(const cli_command *command, void *request, const char *value,
                          bnn_error *err)
{
    return asking_number(command, "margin", value, 0, 1e9, &((cli_asking *)request)->margin, err);
}

int cli_asking_set_alpha(const cli_command *command, void *request, const char *value,
                         bnn_error *err)
{
    return asking_number(command, "alpha", value, 1e-6, 0.5, &((cli_asking *)request)->alpha, err);
}

void cli_asking_numbers(const cli_asking *r, const cli_plan *plan, cli_question *asked)
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

int cli_asking_experiment(bnn_store *store, const cli_options *options, const char *name,
                          const char **out, bnn_error *err)
{
    if (name != NULL) {
        *out = name;
        return cli_selection_check_experiment(store, *out, options->arena, err);
    }
    const int status = bnn_store_newest_experiment(store, options->arena, out, err);
    if (status == BNN_OK && *out == NULL)
        return bnn_fail(err, BNN_E_RESOURCE, "%s has no runs yet", options->db);
    return status;
}

int cli_asking_failed(const cli_command *command, bnn_error *err)
{
    return err->status == BNN_E_USAGE ? bnn_error_prefix(err, "%s: ", command->name) : err->status;
}

/* ---- the baseline ------------------------------------------------------------------------ */

static int ask_fail_baseline(const cli_question *asked, const char *why, bnn_error *err)
{
    const char *labels[16];
    char list[512];
    size_t n = 0;
    for (; n < asked->arms->n && n < sizeof labels / sizeof *labels; n++)
        labels[n] = asked->arms->arms[n].label;
    bnn_text_join(labels, n, list, sizeof list);
    const bool whole = n == asked->arms->n || bnn_text_ends_with(list, ", ...");
    return bnn_fail(err, BNN_E_USAGE, "%s %s; there are: %s%s", asked->experiment, why, list,
                    whole ? "" : ", ...");
}

/* The arm with this label, or of a key this value; their number: there is none. */
static size_t ask_find_arm(const cli_question *asked, const char *label)
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
static int ask_find_baseline(bnn_store *store, const cli_asking *r, cli_question *asked,
                             bnn_error *err)
{
    bnn_store_named_config config;
    asked->baseline = ask_find_arm(asked, r->baseline);
    if (asked->baseline == asked->arms->n && asked->by == NULL) {
        const int status = cli_find_named_config(store, asked->experiment, r->baseline,
                                                 r->options.arena, &config, err);
        if (status != BNN_OK)
            return status;
        for (size_t i = asked->arms->n; i-- > 0;)
            if (strcmp(asked->arms->arms[i].config, config.config) == 0)
                asked->baseline = i;
    }
    return asked->baseline < asked->arms->n ? BNN_OK
                                            : ask_fail_baseline(asked, "has no such baseline", err);
}

/* Without --baseline: that of the plan, that of the spec; of values of a key else the first. */
static void ask_choose_baseline(const cli_plan *plan, cli_question *asked)
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
}

/* ---- an experiment ----------------------------------------------------------------------- */

int cli_ask(bnn_store *store, const cli_asking *r, const char *experiment, cli_compared *out,
            bnn_error *err)
{
    cli_question *asked = &out->asked;
    bnn_arena *arena = r->options.arena;
    *out = (cli_compared){.asked = {.experiment = experiment,
                                    .by = r->by,
                                    .all_pairs = r->all_pairs,
                                    .configs = &out->configs,
                                    .arms = r->by != NULL ? &out->values : &out->configs}};
    int status = cli_plan_read(store, experiment, arena, &out->plan, err);
    if (status != BNN_OK)
        return status;
    cli_asking_numbers(r, &out->plan, asked);
    status = cli_arms_read(store, experiment, asked->metric, arena, &out->configs, err);
    if (status == BNN_OK && r->by != NULL)
        status = cli_arms_by(&out->configs, r->by, arena, &out->values, err);
    asked->baseline = asked->arms->n;
    if (status != BNN_OK || r->all_pairs)
        return status;
    if (r->baseline != NULL)
        return ask_find_baseline(store, r, asked, err);
    ask_choose_baseline(&out->plan, asked);
    return BNN_OK;
}

int cli_ask_and_judge(bnn_store *store, const cli_asking *r, const char *experiment, bool images,
                      cli_compared *out, bnn_error *err)
{
    bnn_arena *arena = r->options.arena;
    cli_question *asked = &out->asked;
    int status = cli_ask(store, r, experiment, out, err);
    if (status == BNN_OK && asked->arms->n < 2)
        return ask_fail_baseline(asked, "has nothing to compare", err);
    if (status == BNN_OK && !asked->all_pairs && asked->baseline == asked->arms->n)
        return ask_fail_baseline(asked, "has no baseline: say --baseline KEY=VALUE, or --all-pairs",
                                 err);
    if (status == BNN_OK)
        status = cli_judge(asked, &out->plan, arena, &out->found, err);
    return status != BNN_OK || !images ? status
                                       : cli_judge_images(store, asked, arena, &out->found, err);
}
