/* plan.c - bnnrun plan SPEC: which runs there are, what is done and why, how long the rest takes. */
#include "cli/commands/plan.h"

#include "base/text.h"
#include "cli/commands/looks.h"
#include "cli/compare/compare.h"
#include "cli/deployment.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "model/network.h"
#include "runner/estimate.h"
#include "runner/executor/executor.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REASON_BYTES = 255, SEEDS_BYTES = 128 };

/* The words for where a run stands, in the order of the sum. */
static const struct {
    bnn_run_state state;
    const char *word;
} words[] = {
    {BNN_RUN_QUEUED, "new"},    {BNN_RUN_INTERRUPTED, "resume"}, {BNN_RUN_FAILED, "retry"},
    {BNN_RUN_AGAIN, "retrain"}, {BNN_RUN_BLOCKED, "blocked"},    {BNN_RUN_LOST, "restore"},
    {BNN_RUN_LATER, "later"},   {BNN_RUN_SPARED, "spared"},      {BNN_RUN_DONE, "done"},
    {BNN_RUN_STALE, "stale"},   {BNN_RUN_APART, "apart"},        {BNN_RUN_RUNNING, "running"}};

enum { N_WORDS = sizeof words / sizeof *words };

static const char *state_word(bnn_run_state state)
{
    size_t i = 0;
    while (i + 1 < N_WORDS && words[i].state != state)
        i++;
    return words[i].word;
}

/* Why a run stands where it does; NULL without memory. */
static const char *explain_run(const bnn_plan *plan, const bnn_run *run, bnn_arena *arena)
{
    const int epochs = plan->experiment->configs[run->i_config].train.epochs;
    const char *died = run->died ? "its process died; " : "";
    const char *error = run->result.error == NULL ? "failed" : run->result.error;
    switch (run->state) {
    case BNN_RUN_QUEUED:
        return run->id == 0          ? "not in the database"
               : run->n_attempts > 0 ? "is to be trained again"
                                     : "never started";
    case BNN_RUN_INTERRUPTED:
        if (run->changed != NULL)
            return bnn_arena_printf(arena, "%sstarts over; changed since: %s", died, run->changed);
        if (run->epochs_done == 0)
            return run->died ? "its process died in its first epoch"
                             : "was stopped in its first epoch";
        return bnn_arena_printf(arena, "%sgoes on in epoch %u of %d", died, run->epochs_done + 1,
                                epochs);
    case BNN_RUN_AGAIN:
        return "from its start, as asked for";
    case BNN_RUN_FAILED:
        return bnn_arena_printf(arena, "%.*s", REASON_BYTES, error);
    case BNN_RUN_LOST:
        return bnn_arena_printf(arena, "%s", run->lost);
    case BNN_RUN_BLOCKED:
        return bnn_arena_printf(arena, "%s", run->blocked);
    case BNN_RUN_LATER:
        return cli_looks_later(plan);
    case BNN_RUN_SPARED:
        return cli_looks_spared(plan, run);
    case BNN_RUN_APART:
        return "of another shard";
    case BNN_RUN_DONE:
        return "finished";
    case BNN_RUN_STALE:
        return bnn_arena_printf(arena, "changed since: %s", run->changed);
    default:
        return "in another process, or on another machine";
    }
}

/* The same, with what has to be done before. */
static const char *explain_order(const bnn_plan *plan, const bnn_run *run, bnn_arena *arena)
{
    const char *why = explain_run(plan, run, arena);
    for (int p = 0; why != NULL && bnn_run_is_todo(run) && p < BNN_PURPOSES; p++) {
        const bnn_run *need = bnn_plan_need(plan, run, (bnn_purpose)p);
        if (need == NULL || need->state == BNN_RUN_DONE)
            continue;
        const bnn_config *config = &plan->experiment->configs[need->i_config];
        if (p > 0 && need == bnn_plan_need(plan, run, (bnn_purpose)(p - 1)))
            continue;
        why = config->only != NULL
                  ? bnn_arena_printf(arena, "%s; after %s", why, config->label)
                  : bnn_arena_printf(arena, "%s; after its %s, %s", why,
                                     bnn_purpose_name((bnn_purpose)p), config->label);
    }
    return why;
}

/* "1,2,3,..." */
static void add_seed(char seeds[SEEDS_BYTES], int64_t seed)
{
    const size_t used = strlen(seeds);
    if (used + 32 < SEEDS_BYTES)
        snprintf(seeds + used, SEEDS_BYTES - used, "%s%lld", used == 0 ? "" : ",", (long long)seed);
    else if (strstr(seeds, "...") == NULL)
        snprintf(seeds + used, SEEDS_BYTES - used, ",...");
}

/* Runs of one config with one state and one reason share a row. why: of each run; NULL when it has
 * its row. */
static void add_row(cli_table *table, const bnn_plan *plan, size_t first, const char **why)
{
    const bnn_run *run = &plan->runs[first];
    const char *reason = why[first];
    char seeds[SEEDS_BYTES] = "", seconds[32] = "";
    for (size_t i = first; i < plan->n; i += plan->experiment->n_configs)
        if (why[i] != NULL && plan->runs[i].state == run->state && strcmp(why[i], reason) == 0) {
            why[i] = NULL;
            add_seed(seeds, plan->runs[i].seed);
        }
    if (bnn_run_trains(run) && !isnan(plan->seconds[run->i_config]))
        snprintf(seconds, sizeof seconds, "%.1f",
                 plan->seconds[run->i_config] * bnn_plan_rest(plan, run));
    const char *const cells[] = {plan->experiment->configs[run->i_config].label, seeds,
                                 state_word(run->state), seconds, reason};
    cli_table_row(table, cells);
}

static int print_table(const bnn_plan *plan, const cli_options *options, bnn_error *err)
{
    const size_t n_configs = plan->experiment->n_configs;
    const char **why = bnn_arena_alloc(options->arena, plan->n, sizeof *why);
    for (size_t i = 0; i < plan->n; i++)
        if (why == NULL || (why[i] = explain_order(plan, &plan->runs[i], options->arena)) == NULL)
            return bnn_no_memory(err);
    cli_table *table = cli_table_create("@config|seeds|state|#seconds|why");
    for (size_t c = 0; c < n_configs; c++)
        for (size_t i = c; i < plan->n; i += n_configs)
            if (why[i] != NULL)
                add_row(table, plan, i, why);
    return cli_table_end(table, options, err);
}

/* What is held out where the spec does not say. */
static void print_held_out(const bnn_experiment *x)
{
    char held[BNN_SHORT_TEXT], all[BNN_SHORT_TEXT];
    for (size_t i = 0; i < x->n_datasets; i++)
        if (x->datasets[i].default_of > 0)
            printf("dataset.validation: %s of %s training images of %s are held out, by default\n",
                   bnn_count_text((uint64_t)x->datasets[i].validation, held),
                   bnn_count_text((uint64_t)x->datasets[i].default_of, all), x->datasets[i].name);
}

/* The data sets that may change without being found out by a checksum. */
static void print_not_pinned(const bnn_experiment *x)
{
    for (size_t i = 0; i < x->n_configs; i++) {
        const bnn_config *c = &x->configs[i];
        bool said = c->data_pinned;
        for (size_t k = 0; k < i; k++)
            said = said || strcmp(x->configs[k].data.name, c->data.name) == 0;
        if (said)
            continue;
        if (c->data_sha256[0] == '\0')
            printf("dataset %s: not pinned, and not here\n", c->data.name);
        else
            printf("dataset %s: not pinned; what its files hold now counts (SHA-256 %.12s...)\n",
                   c->data.name, c->data_sha256);
    }
}

const char *cli_plan_lost(const bnn_plan *plan, const char *db)
{
    const char *folder = bnn_run_path(db, NULL, NULL, plan->arena);
    const char *text = "training gives lost files again, bit for bit";
    if (folder == NULL || access(folder, F_OK) == 0)
        return text;
    text = bnn_arena_printf(plan->arena,
                            "the folder %s, which has the files of all runs, is missing; if the "
                            "database was moved, move it, too; else %s",
                            folder, text);
    return text != NULL ? text : "";
}

void cli_plan_say_other_seeds(const bnn_plan *plan, FILE *stream)
{
    if (plan->n_other_seeds > 0)
        fprintf(stream,
                "means count %zu run%s of seeds that are no longer in the spec; `bnnrun rm %s "
                "seed=N` removes those of one\n",
                plan->n_other_seeds, bnn_plural(plan->n_other_seeds), plan->experiment->name);
}

/* What the files of the runs to do will take, as far as is known before the training. */
static void print_kept(const bnn_plan *plan)
{
    const bnn_experiment *x = plan->experiment;
    double bytes = 0;
    if (x->run.keep != BNN_KEEP_ALL)
        return;
    for (size_t i = 0; i < x->n_configs; i++) {
        const bnn_config *c = &x->configs[i];
        const double each =
            sizeof(float) * (double)bnn_network_count_values(&c->model, c->input, c->n_classes);
        for (size_t k = 0; k < plan->n; k++)
            if (plan->runs[k].i_config == i && bnn_run_is_todo(&plan->runs[k]))
                bytes += each;
    }
    if (bytes > 0)
        printf(
            "run.keep: all, so %.3g MB of float weights are kept, for verify and export --format "
            "qonnx\n",
            bytes / 1e6);
}

/* "12 runs: 9 done, 3 new" */
static void print_sum(const bnn_plan *plan, uint32_t n_jobs, const char *db,
                      const char *why_unknown)
{
    char duration[CLI_DURATION_MAX];
    const double seconds = bnn_estimate_plan(plan, n_jobs);
    const char *separator = "";
    printf("\n%zu run%s: ", plan->n, bnn_plural(plan->n));
    for (size_t i = 0; i < N_WORDS; i++) {
        if (plan->n_of[words[i].state] == 0)
            continue;
        printf("%s%zu %s", separator, plan->n_of[words[i].state], words[i].word);
        separator = ", ";
    }
    if (plan->n_todo + plan->n_of[BNN_RUN_LOST] == 0)
        puts(plan->n_of[BNN_RUN_STALE] > 0     ? ""
             : plan->n_of[BNN_RUN_RUNNING] > 0 ? "; nothing to do here"
                                               : "; nothing to do");
    else if (isnan(seconds))
        printf("; time unknown: %s\n", why_unknown);
    else
        printf("; %s %s with %u job%s\n", bnn_estimate_is_limit(plan) ? "at most about" : "about",
               cli_duration_text(seconds, duration), n_jobs, bnn_plural(n_jobs));
    cli_looks_print(plan, n_jobs);
    cli_rungs_print(plan, n_jobs);
    if (plan->n_of[BNN_RUN_STALE] > 0)
        puts(CLI_PLAN_STALE);
    if (plan->n_of[BNN_RUN_LOST] > 0)
        puts(cli_plan_lost(plan, db));
    if (plan->n_dropped > 0)
        printf("%zu run%s in the database %s no longer part of this spec\n", plan->n_dropped,
               bnn_plural(plan->n_dropped), plan->n_dropped == 1 ? "is" : "are");
    cli_plan_say_other_seeds(plan, stdout);
    if (plan->n_unmeasured > 0)
        printf("telemetry: %zu done run%s trained without it, which changes no result; --retrain "
               "trains them again with it\n",
               plan->n_unmeasured, plan->n_unmeasured == 1 ? " was" : "s were");
    print_held_out(plan->experiment);
    print_not_pinned(plan->experiment);
    print_kept(plan);
}

/* Times what the database cannot tell. Data that are not here yet leave it unknown; data that are not
 * where the spec says, or not what they should be, are the error that they are for `run`. Plugins
 * that are to be kept in processes of their own are not called in this one. */
static int estimate_plan(bnn_plan *plan, const cli_request *r, const char **why_unknown,
                         bnn_error *err)
{
    cli_download download;
    bnn_dataset *datasets;
    bool is_missing = false;
    bnn_data_search search =
        cli_download_search(&download, cli_catalogue_path(r->spec), false, &r->options);
    search.is_missing = &is_missing;
    *why_unknown = "runs in processes of their own are not timed ahead";
    const int status = bnn_plan_open_data(plan, &search, &datasets, err);
    if (status == BNN_E_RESOURCE && is_missing) {
        *why_unknown = "the data are not here yet; try `bnnrun data`";
        return BNN_OK;
    }
    if (status != BNN_OK)
        return status;
    if (!bnn_executor_isolates(plan->experiment))
        bnn_estimate_configs(plan, datasets, r->options.db);
    bnn_plan_close_data(plan, datasets);
    return BNN_OK;
}

/* ---- the command ------------------------------------------------------------------------- */

/* *registered: what is said of the comparison of the spec. */
static int make_plan(const cli_request *r, bnn_plan *plan, const char **registered, bnn_error *err)
{
    bnn_store *store = NULL;
    int status = BNN_OK;
    if (access(r->options.db, F_OK) == 0 || errno != ENOENT)
        status = bnn_store_open(r->options.db, BNN_STORE_READ, &store, err);
    if (status == BNN_OK)
        status = bnn_plan_make(&r->experiment, store, r->options.db, r->retrain, r->options.arena,
                               plan, err);
    if (status == BNN_OK && (*registered = cli_registered_say(store, &r->experiment, false,
                                                              r->options.arena, err)) == NULL)
        status = err->status;
    bnn_store_close(store);
    return status;
}

int cli_plan_print(cli_request *r, bnn_error *err)
{
    bnn_plan plan;
    const char *why_unknown, *registered;
    int status = make_plan(r, &plan, &registered, err);
    if (status != BNN_OK)
        return status;

    status = estimate_plan(&plan, r, &why_unknown, err);
    if (status != BNN_OK)
        return status;
    status = print_table(&plan, &r->options, err);
    if (status == BNN_OK && !r->options.json) {
        print_sum(&plan, bnn_plan_jobs(&plan, r->n_jobs), r->options.db, why_unknown);
        fputs(registered, stdout);
    }
    if (status == BNN_OK && !r->options.quiet)
        status = cli_deployment_warn(&r->experiment, NULL, r->options.arena, err);
    return status;
}

static int run_plan(void *request, bnn_error *err)
{
    cli_request *r = request;
    int status = cli_request_load(&cli_command_plan, r, err);
    if (status == BNN_OK)
        status = r->networks ? cli_plan_print_networks(&r->experiment, &r->options, err)
                             : cli_plan_print(r, err);
    bnn_registry_destroy(r->registry);
    return status;
}

static const cli_option plan_options[] = {
    CLI_REQUEST_OPTIONS,
    CLI_ROW("networks", 0, CLI_SWITCH, NULL, cli_request, networks,
            "the signs of each network instead of the runs: what each\n"
            "sees, whether that can be exactly 0, and how its bits\n"
            "come about once it is deployed"),
    {.name = NULL},
};

const cli_command cli_command_plan = {
    .name = "plan",
    .arguments = "SPEC.yaml",
    .summary = "what would run, what is done and why, how long it takes",
    .notes =
        "States: new; resume (interrupted, or its process died); retry (failed); retrain (as\n"
        "--retrain asks); restore (done, but files that it left are missing or damaged: training\n"
        "gives them again); done; stale (done, but its data, a plugin or a run that it was trained\n"
        "with are others now); blocked (it needs a stale run); running (in another process); later,\n"
        "spared (as looks or rungs decide: `bnnrun help seeds.until`, sweep.halving); apart (of\n"
        "another shard, with --shard). Seconds come from past runs of the same config, else from a few steps measured here.\n"
        "Warnings on stderr say which layers keep a network from being deployed, or stay in\n"
        "floats, once for all configs.\n"
        "SPEC.yaml is a file, or the name of one that came along, as quick (see `bnnrun help`).\n"
        "The spec - is standard input, with topologies/ and datasets/ in the current folder.\n",
    .options = plan_options,
    .examples = "  bnnrun plan ste_sweep\n"
                "  bnnrun plan ste_sweep -s train.epochs=20 -j 4\n"
                "  bnnrun plan ste_sweep --retrain stale\n"
                "  bnnrun plan order_sweep --networks\n",
    .refuses_csv = true,
    .memory = BNN_SPEC_LIMIT_BYTES,
    .n_request = sizeof(cli_request),
    .values = &cli_request_values,
    .run = run_plan,
};
