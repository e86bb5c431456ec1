/* compare_two.c - bnnrun compare A B: in what two configs differ, and which is better. */
#include "cli/commands/compare.h"

#include <string.h>

/* ---- in what they differ ----------------------------------------------------------------- */

/* The rows of `bnnrun diff` that are about settings: a JSON array, released by the caller. */
static int two_read_settings_of(bnn_store *store, const bnn_store_named_config configs[2],
                                json_t **out, bnn_error *err)
{
    const bnn_store_argument arguments[] = {cli_text_argument(NULL, configs[0].uid),
                                            cli_text_argument(NULL, configs[1].uid)};
    cli_table *table;
    if (cli_result_read(store, bnn_store_sql("run_diff"), arguments, 2, &table, err) != BNN_OK)
        return err->status;
    *out = cli_table_take(table, err);
    if (*out == NULL)
        return err->status;
    for (size_t i = json_array_size(*out); i-- > 0;) {
        const json_t *row = json_array_get(*out, i);
        if (strcmp(json_string_value(json_object_get(row, "part")), "parameter") != 0)
            json_array_remove(*out, i);
        else {
            json_object_del(json_array_get(*out, i), "part");
            json_object_del(json_array_get(*out, i), "epoch");
        }
    }
    return BNN_OK;
}

static int two_print_settings(const json_t *rows, const bnn_store_named_config configs[2],
                              bnn_error *err)
{
    size_t i;
    json_t *row;
    cli_table *table = cli_table_create("setting");
    for (size_t k = 0; k < 2; k++)
        cli_table_column(table, configs[k].label, CLI_TEXT);
    json_array_foreach(rows, i, row)
    {
        cli_table_put(table, json_incref(json_object_get(row, "key")));
        cli_table_put(table, json_incref(json_object_get(row, "a")));
        cli_table_put(table, json_incref(json_object_get(row, "b")));
    }
    const int status = cli_table_end(table, NULL, err);
    putchar('\n');
    return status;
}

/* ---- which is better --------------------------------------------------------------------- */

/* Configs of one label are told by their digits. */
static int two_tell_apart(bnn_store_named_config configs[2], bnn_arena *arena, bnn_error *err)
{
    if (strcmp(configs[0].label, configs[1].label) != 0)
        return BNN_OK;
    for (size_t i = 0; i < 2; i++)
        if ((configs[i].label =
                 bnn_arena_printf(arena, "%s %s", configs[i].label, configs[i].config)) == NULL)
            return bnn_no_memory(err);
    return BNN_OK;
}

static int two_find_configs(bnn_store *store, const cli_asking *r,
                            bnn_store_named_config configs[2], bnn_error *err)
{
    char **operands = r->options.operands;
    const char *newest;
    int status = bnn_store_newest_experiment(store, r->options.arena, &newest, err);
    for (size_t i = 0; status == BNN_OK && i < 2; i++)
        status = cli_find_named_config(store, newest == NULL ? "" : newest, operands[i],
                                       r->options.arena, &configs[i], err);
    if (status == BNN_OK && strcmp(configs[0].config, configs[1].config) == 0)
        return bnn_fail(err, BNN_E_USAGE,
                        "%s and %s are one config, %s; `bnnrun diff RUN RUN` says in what "
                        "two of its runs differ",
                        operands[0], operands[1], configs[0].label);
    return status != BNN_OK ? status : two_tell_apart(configs, r->options.arena, err);
}

static bool two_has_runs_of(const cli_arm *arm, const char *experiment)
{
    size_t i = 0;
    while (i < arm->n_experiments && strcmp(arm->experiments[i], experiment) != 0)
        i++;
    return i < arm->n_experiments;
}

/* What the spec of an experiment registers; both: it has runs of both configs. */
static int two_read_plan(bnn_store *store, const char *experiment, bool both,
                         const cli_question *asked, bnn_arena *arena, cli_findings *found,
                         bnn_error *err)
{
    cli_plan plan;
    if (cli_plan_read(store, experiment, arena, &plan, err) != BNN_OK)
        return err->status;
    const char *said = both ? cli_plan_beside(&plan, experiment, asked, arena) : "";
    if (said == NULL)
        return bnn_no_memory(err);
    found->by_looks |= plan.has_looks;
    if (*said != '\0' && (found->registered == NULL || plan.in_time)) {
        found->departures = said;
        found->registered = plan.registered;
    }
    return BNN_OK;
}

/* Whether a spec registers the comparison, or had looks decide about the seeds of one of the two. */
static int two_read_registered(bnn_store *store, const cli_question *asked, bnn_arena *arena,
                               cli_findings *found, bnn_error *err)
{
    const cli_arm *arms = asked->arms->arms;
    found->departures = "no spec registers this comparison";
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < arms[k].n_experiments; i++) {
            const char *experiment = arms[k].experiments[i];
            const bool both = two_has_runs_of(&arms[1 - k], experiment);
            if ((k == 0 || !both) &&
                two_read_plan(store, experiment, both, asked, arena, found, err) != BNN_OK)
                return err->status;
        }
    return BNN_OK;
}

/* Metric, margin and level: those of the spec that has both. */
static int two_choose_numbers(bnn_store *store, const cli_asking *r,
                              const bnn_store_named_config configs[2], cli_question *asked,
                              bnn_error *err)
{
    cli_plan plan = {.is_there = false};
    const char *a = configs[0].experiment, *b = configs[1].experiment;
    const int status = a != NULL && b != NULL && strcmp(a, b) == 0
                           ? cli_plan_read(store, a, r->options.arena, &plan, err)
                           : BNN_OK;
    cli_asking_numbers(r, &plan, asked);
    return status;
}

int compare_two(bnn_store *store, const compare_request *request, bnn_error *err)
{
    const cli_asking *r = &request->asking;
    bnn_store_named_config configs[2];
    const bnn_store_named_config *const both[] = {&configs[0], &configs[1]};
    const cli_plan none = {.is_there = false};
    cli_arms arms;
    cli_question asked = {.configs = &arms, .arms = &arms, .baseline = 1};
    cli_findings found;
    json_t *settings = NULL;
    int status = two_find_configs(store, r, configs, err);
    if (status == BNN_OK)
        status = two_choose_numbers(store, r, configs, &asked, err);
    if (status == BNN_OK)
        status = two_read_settings_of(store, configs, &settings, err);
    if (status == BNN_OK)
        status = cli_arms_read_two(store, both, asked.metric, r->options.arena, &arms, err);
    if (status == BNN_OK)
        status = cli_judge(&asked, &none, r->options.arena, &found, err);
    if (status == BNN_OK)
        status = two_read_registered(store, &asked, r->options.arena, &found, err);
    if (status == BNN_OK)
        status = cli_judge_images(store, &asked, r->options.arena, &found, err);
    asked.settings = settings;
    if (status == BNN_OK && !r->options.json && !r->options.csv && !request->markdown &&
        !request->latex)
        status = two_print_settings(settings, configs, err);
    if (status == BNN_OK)
        status = compare_print(request, &asked, &found, err);
    json_decref(settings);
    return status;
}
