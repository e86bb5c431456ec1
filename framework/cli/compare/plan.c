/* plan.c - whether a comparison is the one that the spec registered before the first run. */
#include "base/json.h"
#include "base/text.h"
#include "cli/compare/compare.h"

#include <math.h>
#include <string.h>

/* ---- reading ----------------------------------------------------------------------------- */

static int plan_fail(const char *experiment, bnn_error *err)
{
    return bnn_fail(err, BNN_E_RESOURCE,
                    "%s: the comparison that is registered in the database cannot be read",
                    experiment);
}

/* The text in the arena; NULL when it is none. */
static const char *plan_text(const json_t *all, const char *key, bnn_arena *arena, bool *no_memory)
{
    const char *text = json_string_value(json_object_get(all, key));
    const char *copy = text == NULL ? NULL : bnn_arena_strdup(arena, text);
    *no_memory |= text != NULL && copy == NULL;
    return copy;
}

/* Lists of texts and of integers, whose other items are left out. False without memory. */
static bool plan_lists(const json_t *all, bnn_arena *arena, cli_plan *out)
{
    const json_t *configs = json_object_get(all, "configs"), *seeds = json_object_get(all, "seeds");
    const char **texts = bnn_arena_alloc(arena, json_array_size(configs), sizeof *texts);
    int64_t *numbers = bnn_arena_alloc(arena, json_array_size(seeds), sizeof *numbers);
    size_t i;
    const json_t *item;
    if (texts == NULL || numbers == NULL)
        return false;
    json_array_foreach(configs, i,
                       item) if (json_is_string(item) &&
                                 (texts[out->n_configs++] = bnn_arena_strdup(
                                      arena, json_string_value(item))) == NULL) return false;
    json_array_foreach(seeds, i, item) if (json_is_integer(item)) numbers[out->n_seeds++] =
        json_integer_value(item);
    out->configs = texts;
    out->seeds = numbers;
    return true;
}

/* Without looks there is no design; false: it is none. */
static bool plan_parse_design(const json_t *all, cli_plan *out)
{
    const json_t *looks = json_object_get(all, "looks");
    bnn_design *design = &out->design;
    bnn_error err;
    design->spending = (bnn_spending)json_integer_value(json_object_get(all, "spending"));
    design->looks = json_array_size(looks);
    for (size_t i = 0; i < design->looks && i < BNN_LOOKS_MAX; i++)
        design->seeds[i] = (size_t)json_integer_value(json_array_get(looks, i));
    return design->looks == 0 || (bnn_design_check(design, &err) == BNN_OK &&
                                  design->seeds[design->looks - 1] == out->n_seeds);
}

static bool plan_parse(const json_t *all, bnn_arena *arena, cli_plan *out, bool *no_memory)
{
    const json_t *margin = json_object_get(all, "margin"), *alpha = json_object_get(all, "alpha");
    *no_memory |= !plan_lists(all, arena, out);
    out->baseline = plan_text(all, "baseline", arena, no_memory);
    out->metric = plan_text(all, "metric", arena, no_memory);
    out->margin = json_number_value(margin);
    out->alpha = json_number_value(alpha);
    return out->baseline != NULL && out->metric != NULL && bnn_run_metric(out->metric) != NULL &&
           json_is_number(margin) && out->margin >= 0 && json_is_number(alpha) && out->alpha > 0 &&
           out->alpha <= 0.5 && !*no_memory && plan_parse_design(all, out);
}

int cli_plan_parse(const char *text, bnn_arena *arena, cli_plan *out, bool *read, bnn_error *err)
{
    bool no_memory;
    json_t *all = bnn_json_parse(text, strlen(text), 0, &no_memory);
    *out = (cli_plan){.is_there = true};
    *read = plan_parse(all, arena, out, &no_memory);
    json_decref(all);
    return no_memory ? bnn_no_memory(err) : BNN_OK;
}

static bool plan_has_looks_of(const cli_plan *a, const cli_plan *b)
{
    return a->design.looks == b->design.looks && a->design.spending == b->design.spending &&
           memcmp(a->design.seeds, b->design.seeds, a->design.looks * sizeof *a->design.seeds) == 0;
}

bool cli_plan_is_like(const cli_plan *a, const cli_plan *b)
{
    return strcmp(a->baseline, b->baseline) == 0 && strcmp(a->metric, b->metric) == 0 &&
           a->margin == b->margin && a->alpha == b->alpha && plan_has_looks_of(a, b);
}

static bool plan_shares_seeds(const cli_plan *a, const cli_plan *b)
{
    for (size_t i = 0; i < a->n_seeds; i++)
        for (size_t k = 0; k < b->n_seeds; k++)
            if (a->seeds[i] == b->seeds[k])
                return true;
    return false;
}

/* Who registers again and again, with new seeds, until an answer suits, has planned each time. */
static int plan_count_before(const bnn_store_registered *rows, size_t n, bnn_arena *arena,
                             cli_plan *out, bnn_error *err)
{
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        cli_plan before;
        bool read;
        if (rows[i].begun_us < 0 || rows[i].first_us > rows[i].begun_us)
            continue;
        status = cli_plan_parse(rows[i].comparison, arena, &before, &read, err);
        out->n_before += status == BNN_OK && read && !plan_shares_seeds(&before, out);
    }
    return status;
}

int cli_plan_read(bnn_store *store, const char *experiment, bnn_arena *arena, cli_plan *out,
                  bnn_error *err)
{
    const bnn_store_registered *rows;
    size_t n, i = 0;
    *out = (cli_plan){.margin = (double)NAN};
    int status = bnn_store_list_registered(store, experiment, arena, &rows, &n, err);
    if (status != BNN_OK || n == 0)
        return status;
    while (i < n && rows[i].begun_us >= 0 && rows[i].first_us > rows[i].begun_us)
        i++;
    const bool in_time = i < n;
    i = in_time ? i : 0;
    cli_plan newest;
    bool read, newest_read;
    status = cli_plan_parse(rows[i].comparison, arena, out, &read, err);
    if (status == BNN_OK)
        status = cli_plan_parse(rows[0].comparison, arena, &newest, &newest_read, err);
    if (status != BNN_OK)
        return status;
    if (!read || !newest_read)
        return plan_fail(experiment, err);
    out->in_time = in_time;
    out->registered = rows[i].first_utc;
    out->later = cli_plan_is_like(out, &newest) ? NULL : rows[0].first_utc;
    out->has_looks = out->design.looks > 0 || newest.design.looks > 0;
    out->other_looks = !plan_has_looks_of(out, &newest);
    return in_time ? plan_count_before(rows + i + 1, n - i - 1, arena, out, err) : BNN_OK;
}

/* ---- comparing --------------------------------------------------------------------------- */

/* One more departure behind the others; NULL stays NULL. */
static void plan_add(bnn_arena *arena, const char **said, const char *departure)
{
    if (*said != NULL)
        *said = departure == NULL ? NULL
                                  : bnn_arena_printf(arena, "%s%s%s", *said,
                                                     **said == '\0' ? "" : "; ", departure);
}

/* The label of a config by its digits; else these. */
static const char *plan_label(const cli_arms *configs, const char *digits)
{
    for (size_t i = 0; i < configs->n; i++)
        if (strcmp(configs->arms[i].config, digits) == 0)
            return configs->arms[i].label;
    return digits;
}

static void plan_check_baseline(const cli_plan *plan, const cli_question *asked, bnn_arena *arena,
                                const char **said)
{
    if (asked->by != NULL)
        plan_add(arena, said, "of configs, not of values of a key");
    else if (asked->all_pairs)
        plan_add(arena, said, "with a baseline, not of all pairs");
    else if (strcmp(asked->arms->arms[asked->baseline].config, plan->baseline) != 0)
        plan_add(arena, said,
                 bnn_arena_printf(arena, "the baseline was %s",
                                  plan_label(asked->configs, plan->baseline)));
}

static void plan_check_numbers(const cli_plan *plan, const cli_question *asked, bnn_arena *arena,
                               const char **said)
{
    char number[BNN_SHORT_TEXT];
    if (strcmp(asked->metric->name, plan->metric) != 0)
        plan_add(arena, said, bnn_arena_printf(arena, "the metric was %s", plan->metric));
    else if (asked->margin != plan->margin)
        plan_add(
            arena, said,
            bnn_arena_printf(arena, "the margin was %s", bnn_number_text(plan->margin, number)));
    if (asked->alpha != plan->alpha)
        plan_add(arena, said,
                 bnn_arena_printf(arena, "alpha was %s", bnn_number_text(plan->alpha, number)));
}

static bool plan_is_of(const cli_plan *plan, const char *digits)
{
    size_t i = 0;
    while (i < plan->n_configs && strcmp(plan->configs[i], digits) != 0)
        i++;
    return i < plan->n_configs;
}

/* Configs and seeds that were added, and that have gone. */
static void plan_check_runs(const cli_plan *plan, const cli_arms *configs, bnn_arena *arena,
                            const char **said)
{
    size_t n_kept = 0, n_dropped = 0, n_seeds = 0, n_missing = 0;
    for (size_t i = 0; i < configs->n; i++) {
        n_missing += configs->arms[i].n_missing;
        n_kept += plan_is_of(plan, configs->arms[i].config);
    }
    for (size_t i = 0; i < configs->n_dropped; i++)
        n_dropped += plan_is_of(plan, configs->dropped[i]);
    for (size_t s = 0; s < configs->n_seeds; s++)
        for (size_t k = 0; k < plan->n_seeds; k++)
            n_seeds += configs->seeds[s] == plan->seeds[k];
    if (n_kept < configs->n)
        plan_add(arena, said,
                 bnn_arena_printf(arena, "without %zu of the configs", configs->n - n_kept));
    if (n_dropped > 0)
        plan_add(arena, said,
                 bnn_arena_printf(arena, "with %zu config%s that sweep.halving has dropped",
                                  n_dropped, bnn_plural(n_dropped)));
    if (n_kept + n_dropped < plan->n_configs)
        plan_add(arena, said,
                 bnn_arena_printf(arena, "with %zu more config%s",
                                  plan->n_configs - n_kept - n_dropped,
                                  bnn_plural(plan->n_configs - n_kept - n_dropped)));
    if (n_seeds < plan->n_seeds && plan->design.looks == 0)
        plan_add(arena, said,
                 bnn_arena_printf(arena, "with %zu seed%s, of which %zu are here", plan->n_seeds,
                                  bnn_plural(plan->n_seeds), n_seeds));
    if (n_seeds < configs->n_seeds)
        plan_add(arena, said,
                 bnn_arena_printf(arena, "without %zu of the seeds", configs->n_seeds - n_seeds));
    if (n_missing > 0 && plan->design.looks == 0)
        plan_add(arena, said,
                 bnn_arena_printf(arena, "this is an early look, without %zu run%s", n_missing,
                                  bnn_plural(n_missing)));
}

bool cli_plan_is_asked(const cli_plan *plan, const cli_question *asked, bnn_arena *arena)
{
    const char *said = "";
    if (!plan->is_there)
        return false;
    plan_check_baseline(plan, asked, arena, &said);
    plan_check_numbers(plan, asked, arena, &said);
    return said != NULL && *said == '\0';
}

const char *cli_plan_departures(const cli_plan *plan, const cli_question *asked, bnn_arena *arena)
{
    const char *said = "";
    if (!plan->is_there)
        return "the spec registers no comparison (key `compare`)";
    if (!plan->in_time)
        plan_add(arena, &said,
                 bnn_arena_printf(arena,
                                  "it was registered %s, after the first of these runs "
                                  "began, here or in another experiment",
                                  plan->registered));
    plan_check_baseline(plan, asked, arena, &said);
    plan_check_numbers(plan, asked, arena, &said);
    plan_check_runs(plan, asked->configs, arena, &said);
    return said;
}

/* ---- of two configs ---------------------------------------------------------------------- */

/* Whether one of the two is the baseline of the plan, and the other another of its configs. */
static bool plan_has_pair(const cli_plan *plan, const cli_arm *pair)
{
    return plan->is_there && plan_is_of(plan, pair[0].config) && plan_is_of(plan, pair[1].config) &&
           (strcmp(pair[0].config, plan->baseline) == 0 ||
            strcmp(pair[1].config, plan->baseline) == 0);
}

const char *cli_plan_beside(const cli_plan *plan, const char *experiment, const cli_question *asked,
                            bnn_arena *arena)
{
    const char *said, *looks = plan->design.looks > 0 ? ", at looks" : "";
    if (!plan_has_pair(plan, asked->arms->arms))
        return "";
    if (!plan->in_time)
        said = bnn_arena_printf(arena, "the spec of %s registers it, but after its runs had begun",
                                experiment);
    else if (plan->n_configs == 2)
        said = bnn_arena_printf(arena, "the spec of %s registers it%s (`bnnrun compare %s`)",
                                experiment, looks, experiment);
    else
        said = bnn_arena_printf(arena,
                                "the spec of %s registers it among %zu comparisons%s (`bnnrun "
                                "compare %s`), and here it is tested alone",
                                experiment, plan->n_configs - 1, looks, experiment);
    plan_check_numbers(plan, asked, arena, &said);
    return said;
}
