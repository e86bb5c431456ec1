/* runs.c - bnnrun runs: the runs in the database. */
#include "base/limits.h"
#include "cli/options.h"
#include "cli/result.h"
#include "db/store_results.h"

#include <stdlib.h>
#include <string.h>

/* Fails when no run belongs to an experiment of this name. */
static int check_experiment(bnn_store *store, const char *experiment, bnn_error *err)
{
    const char *const *names;
    size_t n;
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    int status = arena == NULL ? bnn_no_memory(err)
                               : bnn_store_list_experiments(store, arena, &names, &n, err);
    bool found = false;
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        found |= strcmp(names[i], experiment) == 0;
    if (status == BNN_OK && !found)
        status = cli_unknown(err, BNN_E_RESOURCE, "there is no experiment", experiment, names, n);
    bnn_arena_destroy(arena);
    return status;
}

static int run_runs(int argc, char **argv, bnn_error *err)
{
    cli_options options;
    bool done;
    int status = cli_parse(&cli_command_runs, argc, argv, &options, &done, err);
    if (status != 0 || done)
        return status;
    if (argc - optind > 1)
        return cli_usage(err, &cli_command_runs, "one EXPERIMENT at the most, not \"%s\"",
                         argv[optind + 1]);
    const char *experiment = optind < argc ? argv[optind] : NULL;
    const bnn_store_argument argument = cli_text_argument(NULL, experiment);
    const char *sql = bnn_store_sql(options.json || options.csv ? "runs" : "runs_brief");
    bnn_store *store = NULL;
    size_t n = 0;
    status = cli_store_open(&options, &store, err);
    if (status == 0 && experiment != NULL)
        status = check_experiment(store, experiment, err);
    if (status == 0)
        status = cli_result_print(store, sql, &argument, 1, &options, &n, err);
    if (status == 0 && !options.quiet && !options.json && !options.csv)
        fprintf(stderr, "%zu %s; bnnrun show RUN tells all about one\n", n,
                n == 1 ? "run" : "runs");
    bnn_store_close(store);
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
    .run = run_runs,
};
