/* runs.c - bnnrun runs: the runs in the database. */
#include "cli/options.h"
#include "cli/result.h"
#include "db/store_results.h"

#include <string.h>

/* Fails when no run belongs to an experiment of this name. */
static int check_experiment(bnn_store *store, const char *experiment, bnn_arena *arena,
                            bnn_error *err)
{
    const char *const *names;
    size_t n;
    const int status = bnn_store_list_experiments(store, arena, &names, &n, err);
    if (status != BNN_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], experiment) == 0)
            return BNN_OK;
    return cli_unknown(err, BNN_E_RESOURCE, "there is no experiment", experiment, names, n);
}

static int run_runs(void *request, bnn_error *err)
{
    const cli_options *options = request;
    const bool for_programs = options->json || options->csv;
    const char *experiment = options->n_operands > 0 ? options->operands[0] : NULL;
    const bnn_store_argument argument = cli_text_argument(NULL, experiment);
    const char *sql = bnn_store_sql(for_programs ? "runs" : "runs_brief");
    bnn_store *store = NULL;
    cli_table *table;
    int status = cli_store_open(options, &store, err);
    if (status == BNN_OK && experiment != NULL)
        status = check_experiment(store, experiment, options->arena, err);
    if (status == BNN_OK)
        status = cli_result_read(store, sql, &argument, 1, &table, err);
    bnn_store_close(store);
    if (status != BNN_OK)
        return status;
    const size_t n = cli_table_rows(table);
    status = cli_table_end(table, options, err);
    if (status == BNN_OK && !options->quiet && !for_programs)
        fprintf(stderr, "%zu %s; bnnrun show RUN tells all about one\n", n,
                n == 1 ? "run" : "runs");
    return status;
}

static const cli_option runs_options[] = {
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "for programs; accuracies are fractions there"},
    {.name = "csv", .help = "likewise"},
    {.name = NULL},
};

const cli_command cli_command_runs = {
    .name = "runs",
    .arguments = "[EXPERIMENT]",
    .summary = "list the runs in the database",
    .notes = "accuracy is that of the test set after the epoch with the best validation accuracy;\n"
             "seconds is the time spent on training.\n",
    .options = runs_options,
    .examples = "  bnnrun runs\n"
                "  bnnrun runs ste_sweep\n",
    .most = 1,
    .surplus = "one EXPERIMENT at the most",
    .run = run_runs,
};
