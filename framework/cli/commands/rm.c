/* rm.c - bnnrun rm: removes runs, with their rows and files. */
#include "base/text.h"
#include "cli/confirm.h"
#include "cli/operand.h"
#include "db/store_results.h"
#include "runner/artifacts.h"

#include <string.h>

/* The runs that are named, each once. */
typedef struct rm_runs {
    bnn_store_chosen *runs;
    size_t n, capacity;
    int64_t *bytes; /* [n], of their files */
    int64_t sum;    /* of these */
} rm_runs;

/* ---- which ------------------------------------------------------------------------------- */

static int rm_add(bnn_store *store, const bnn_store_filter *filter, bnn_arena *arena, rm_runs *all,
                  bnn_error *err)
{
    const bnn_store_chosen *runs;
    const size_t n_before = all->n;
    size_t n;
    const int status = bnn_store_choose(store, filter, arena, &runs, &n, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        bool known = false;
        for (size_t k = 0; k < n_before && !known; k++)
            known = all->runs[k].id == runs[i].id;
        if (known)
            continue;
        bnn_store_chosen *grown =
            bnn_arena_grow(arena, all->runs, all->n, &all->capacity, sizeof *grown);
        if (grown == NULL)
            return bnn_no_memory(err);
        all->runs = grown;
        all->runs[all->n++] = runs[i];
    }
    return status;
}

/* The experiment that an operand names, with or without a colon behind it; NULL: none. */
static const char *rm_find_experiment(const char *const *names, size_t n, const char *operand)
{
    const size_t length = strlen(operand), colon = length > 0 && operand[length - 1] == ':';
    for (size_t i = 0; i < n; i++)
        if (strlen(names[i]) == length - colon && strncmp(names[i], operand, length - colon) == 0)
            return names[i];
    return NULL;
}

/* An operand is the name of an experiment, or the beginning of a run's uid; what is both is refused, but with the
 * colon that labels have behind their experiment. */
static int rm_add_operand(bnn_store *store, const char *operand, const cli_selection *s,
                          rm_runs *all, bnn_error *err)
{
    const char *const *names, *const *uids;
    size_t n, n_uids;
    const char *experiment = NULL;
    bnn_store_filter filter = s->filter;
    int status = bnn_store_list_experiments(store, s->options.arena, &names, &n, err);
    if (status == BNN_OK)
        experiment = rm_find_experiment(names, n, operand);
    if (status == BNN_OK)
        status = bnn_store_list_uids(store, operand, 1, s->options.arena, &uids, &n_uids, err);
    if (status == BNN_OK && experiment != NULL && n_uids > 0)
        return bnn_fail(err, BNN_E_RESOURCE,
                        "\"%s\" is an experiment, and run %s begins like it; say \"%s:\" for the "
                        "experiment, or give more digits of the run",
                        operand, uids[0], operand);
    if (status == BNN_OK && experiment != NULL)
        filter.experiment = experiment;
    const char *uid = NULL;
    if (status == BNN_OK && experiment == NULL)
        status = cli_find_run(store, operand, s->options.arena, &uid, err);
    if (uid != NULL)
        filter.uids = (bnn_store_words){1, &uid};
    return status == BNN_OK ? rm_add(store, &filter, s->options.arena, all, err) : status;
}

static int rm_choose(bnn_store *store, const cli_selection *s, const char *db, rm_runs *all,
                     bnn_error *err)
{
    int status = BNN_OK;
    if (s->options.n_operands == 0)
        status = rm_add(store, &s->filter, s->options.arena, all, err);
    for (int i = 0; status == BNN_OK && i < s->options.n_operands; i++)
        status = rm_add_operand(store, s->options.operands[i], s, all, err);
    if (status == BNN_OK && all->n == 0)
        status = cli_selection_check_keys(store, s, err);
    if (status != BNN_OK)
        return status;
    all->bytes = bnn_arena_alloc(s->options.arena, all->n, sizeof *all->bytes);
    if (all->bytes == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < all->n; i++) {
        all->bytes[i] = bnn_artifacts_bytes(db, all->runs[i].uid);
        all->sum += all->bytes[i];
    }
    return BNN_OK;
}

/* ---- what goes --------------------------------------------------------------------------- */

static int rm_print(const rm_runs *all, const cli_options *options, bnn_error *err)
{
    cli_table *table = cli_table_create(options->json || options->csv
                                            ? "run_uid|experiment|label|#seed|state|#bytes"
                                            : "run|experiment|label|#seed|state|#bytes");
    for (size_t i = 0; i < all->n; i++) {
        const bnn_store_chosen *run = &all->runs[i];
        const char *const texts[] = {run->uid, run->experiment, run->label};
        for (size_t k = 0; k < 3; k++)
            cli_table_cell(table, texts[k]);
        cli_table_put(table, json_integer(run->seed));
        cli_table_cell(table, run->state);
        cli_table_put(table, json_integer(all->bytes[i]));
    }
    return cli_table_end(table, options, err);
}

static bool rm_goes(const rm_runs *all, const char *uid)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->runs[i].uid, uid) == 0)
            return true;
    return false;
}

/* Runs that stay were trained with one that goes. */
static int rm_warn_of_needs(bnn_store *store, const rm_runs *all, bnn_arena *arena, bnn_error *err)
{
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < all->n; i++) {
        const bnn_store_link *links; /* one run's, start and teacher, follow each other */
        size_t n, n_stay = 0;
        status = bnn_store_list_dependents(store, all->runs[i].uid, arena, &links, &n, err);
        for (size_t k = 0; status == BNN_OK && k < n; k++)
            n_stay += (k == 0 || strcmp(links[k].run_uid, links[k - 1].run_uid) != 0) &&
                      !rm_goes(all, links[k].run_uid);
        if (status == BNN_OK && n_stay > 0)
            fprintf(stderr,
                    "bnnrun: run %s was needed by %zu run%s that stay%s: only with it can training "
                    "prove %s again; `bnnrun run` of the spec makes it anew\n",
                    all->runs[i].uid, n_stay, bnn_plural(n_stay), n_stay == 1 ? "s" : "",
                    n_stay == 1 ? "it" : "them");
    }
    return status;
}

/* "3 runs, 123,456 bytes of files" */
static const char *rm_sum(const rm_runs *all, char out[CLI_TEXT_MAX])
{
    char bytes[BNN_SHORT_TEXT];
    snprintf(out, CLI_TEXT_MAX, "%zu run%s, %s bytes of files", all->n, bnn_plural(all->n),
             bnn_count_text((uint64_t)all->sum, bytes));
    return out;
}

static int rm_remove(const cli_removal *r, const rm_runs *all, bnn_error *err)
{
    const cli_options *options = &r->selection.options;
    bnn_store *store = NULL;
    int status = cli_store_open_to_write(options, &store, err);
    if (status == BNN_OK)
        status = bnn_store_delete_runs(store, all->runs, all->n, r->take_over, err);
    if (status == BNN_OK &&
        (status = bnn_artifacts_remove(store, options->db, all->runs, all->n, err)) != BNN_OK)
        bnn_error_prefix(err, "the runs are removed, but not all files (`bnnrun gc` does it): ");
    bnn_store_close(store);
    return status;
}

static int run_rm(void *request, bnn_error *err)
{
    cli_removal *r = request;
    cli_selection *s = &r->selection;
    rm_runs all = {.n = 0};
    char sum[CLI_TEXT_MAX], question[CLI_TEXT_MAX + 16];
    bnn_store *store = NULL;
    int status = cli_selection_take_settings(s, err);
    const bnn_store_filter *f = &s->filter;
    if (status == BNN_OK && s->options.n_operands == 0 && f->states.n + f->tags.n == 0 &&
        f->n_settings == 0 && f->in_spec == 0 && f->since == NULL)
        return cli_usage(err, &cli_command_rm, "which? RUN or EXPERIMENT is needed, or a filter");
    if (status == BNN_OK)
        status = cli_confirm_check(&cli_command_rm, r, err);
    if (status == BNN_OK)
        status = cli_store_open(&s->options, &store, err);
    if (status == BNN_OK)
        status = rm_choose(store, s, s->options.db, &all, err);
    if (status == BNN_OK)
        status = bnn_store_check_free(store, all.runs, all.n, r->take_over, err);
    if (status == BNN_OK)
        status = rm_warn_of_needs(store, &all, s->options.arena, err);
    bnn_store_close(store);
    if (status == BNN_OK && (all.n > 0 || s->options.json || s->options.csv))
        status = rm_print(&all, &s->options, err);
    snprintf(question, sizeof question, "remove %s", rm_sum(&all, sum));
    if (status != BNN_OK || r->dry_run || all.n == 0 || !cli_confirm(r, question)) {
        if (status == BNN_OK && !s->options.quiet)
            fprintf(stderr, all.n == 0 ? "no such runs\n" : "nothing was removed: %s\n", sum);
        return status;
    }
    status = rm_remove(r, &all, err);
    if (status == BNN_OK && !s->options.quiet)
        fprintf(stderr, "removed: %s\n", sum);
    return status;
}

static const cli_option rm_options[] = {
    CLI_REMOVAL_OPTIONS,
    CLI_ROW("take-over", 0, CLI_SWITCH, NULL, cli_removal, take_over,
            "also runs of processes on other machines, which cannot be seen\n"
            "from here: they are gone"),
    CLI_SELECTION_OPTIONS,
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "the list for programs"},
    {.name = "csv", .help = "likewise"},
    {.name = "quiet", .help = "say no more than what goes"},
    {.name = NULL},
};

const cli_command cli_command_rm = {
    .name = "rm",
    .arguments = "RUN|EXPERIMENT... [KEY=VALUE...]",
    .completion = "RUN|EXPERIMENT...",
    .summary = "remove runs from the database, with their files",
    .notes =
        "Lists the runs and the bytes of their files, and asks. Of an EXPERIMENT, the options and\n"
        "KEY=VALUE choose the runs; without one, of all. An experiment goes with its last run.\n"
        "Files that you have put beside those of a run stay.\n"
        "Runs that a process works on are refused, and then nothing is removed. `bnnrun run`\n"
        "does a removed run of its spec again.\n"
        "\n" CLI_SELECTION_NOTES,
    .options = rm_options,
    .examples = "  bnnrun rm 3f 8a\n"
                "  bnnrun rm ste_sweep --state failed --dry-run\n"
                "  bnnrun rm ste_sweep ste=identity --revision earlier\n",
    .n_request = sizeof(cli_removal),
    .run = run_rm,
};
