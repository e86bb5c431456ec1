/* runs.c - bnnrun runs: the runs in the database. */
#include "cli/cli.h"

#include "cli/result.h"
#include "cli/text.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char data_sql[] =
    "SELECT run_uid, experiment, label, seed, state, test_accuracy, train_seconds FROM run_summary "
    "WHERE ?1 IS NULL OR experiment = ?1 ORDER BY experiment, label, seed";

static const char text_sql[] =
    "SELECT run_uid AS run, experiment, label, seed, state, "
    "CASE WHEN test_accuracy NOTNULL THEN printf('%.2f %%', 100 * test_accuracy) END AS accuracy, "
    "CASE WHEN train_seconds NOTNULL THEN printf('%.1f', train_seconds) END AS seconds "
    "FROM run_summary WHERE ?1 IS NULL OR experiment = ?1 ORDER BY experiment, label, seed";

/* Fails when no run belongs to an experiment of this name. */
static int check_experiment(bnn_store *store, const char *experiment, bnn_error *err)
{
    json_t *rows = cli_result_json(
        store, "SELECT DISTINCT experiment FROM run_summary ORDER BY experiment", NULL, 0, err);
    if (rows == NULL)
        return err->status;
    const size_t n = json_array_size(rows);
    const char **names = calloc(n + 1, sizeof *names);
    int status = names == NULL ? bnn_no_memory(err) : BNN_OK;
    bool found = false;
    for (size_t i = 0; status == 0 && i < n; i++) {
        names[i] = json_string_value(json_object_get(json_array_get(rows, i), "experiment"));
        found = found || strcmp(names[i], experiment) == 0;
    }
    if (status == 0 && !found)
        status = cli_unknown(err, BNN_E_RESOURCE, "there is no experiment", experiment, names, n);
    free(names);
    json_decref(rows);
    return status;
}

static int run(int argc, char **argv, bnn_error *err)
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
    bnn_store *store = NULL;
    size_t n = 0;
    status = cli_store_open(&options, &store, err);
    if (status == 0 && experiment != NULL)
        status = check_experiment(store, experiment, err);
    if (status == 0)
        status = cli_result_print(store, options.json || options.csv ? data_sql : text_sql,
                                  &argument, 1, &options, &n, err);
    if (status == 0 && !options.quiet && !options.json && !options.csv)
        fprintf(stderr, "%zu %s; bnnrun show RUN tells all about one\n", n,
                n == 1 ? "run" : "runs");
    bnn_store_close(store);
    return status;
}

const cli_command cli_command_runs = {
    .name = "runs",
    .arguments = "[EXPERIMENT]",
    .summary = "list the runs in the database",
    .help = "accuracy is that of the test set after the epoch with the best validation accuracy;\n"
            "seconds is the time spent on training.\n"
            "\n"
            "Options:\n"
            "      --db FILE      the database (BNNRUN_DB, else bnnrun.db)\n"
            "      --json, --csv  for programs; accuracies are fractions there\n"
            "\n"
            "Examples:\n"
            "  bnnrun runs\n"
            "  bnnrun runs ste_sweep\n",
    .run = run,
};
