#include "cli/time_to.h"

#include "cli/result.h"
#include "cli/selection.h"

int cli_time_to(const char *experiment, double percent, const cli_options *options, bnn_error *err)
{
    const bnn_store_argument arguments[] = {
        cli_text_argument(":experiment", experiment),
        {.name = ":accuracy", .value = {.type = BNN_STORE_VALUE_REAL, .real = percent / 100.0}},
    };
    const char *title = bnn_arena_printf(
        options->arena,
        "seconds of a core in training until %g %% of the validation images are right", percent);
    bnn_store *store = NULL;
    cli_table *table;
    if (title == NULL)
        return bnn_no_memory(err);
    int status = cli_store_open(options, &store, err);
    if (status == BNN_OK)
        status = cli_selection_check_experiment(store, experiment, options->arena, err);
    if (status == BNN_OK)
        status = cli_result_read(store, bnn_store_find_query("time_to_accuracy")->sql, arguments,
                                 sizeof arguments / sizeof *arguments, &table, err);
    bnn_store_close(store);
    if (status != BNN_OK)
        return status;
    if (cli_table_rows(table) == 0) {
        cli_table_destroy(table);
        return bnn_fail(err, BNN_E_RESOURCE, "no run of \"%s\" is done; `bnnrun runs` lists them",
                        experiment);
    }
    return options->json || options->csv ? cli_table_end(table, options, err)
                                         : cli_table_end_below(table, title, err);
}
