/* data.c - bnnrun data: the data sets that are known, where they lie, and whether they are whole. */
#include "base/text.h"
#include "cli/progress.h"
#include "cli/options.h"
#include "cli/table.h"
#include "data/catalogue.h"
#include "data/dataset.h"

#include <string.h>

typedef struct data_request {
    cli_options options;
    const char *spec; /* beside which there may be a catalogue */
} data_request;

static const data_request data_values = {.spec = "spec.yaml"};

/* Opens the data set: that finds it, downloads it when allowed, and checks every file. is_missing:
 * as in bnn_data_search. */
static int open_one(const char *directories, const char *name, bool download, bool *is_missing,
                    const cli_options *options, bnn_dataset *out, bnn_error *err)
{
    cli_download told;
    bnn_data_search search = cli_download_search(&told, directories, download, options);
    search.is_missing = is_missing;
    const bnn_data_options data_options = {.name = name};
    const int status = bnn_dataset_open(&data_options, &search, out, err);
    cli_download_end(&told);
    return status;
}

/* ---- list ------------------------------------------------------------------------------------ */

static int list_row(cli_table *table, const char *directories, const char *name, bool for_programs,
                    const cli_options *options, bnn_error *err)
{
    bnn_dataset data = {.owner = NULL};
    bnn_catalogue_entry entry;
    const int status = bnn_catalogue_load(directories, name, options->arena, &entry, err);
    if (status != BNN_OK)
        return status;
    const char *found = NULL;
    if (entry.n_files == 0)
        found = "built in";
    else if (open_one(directories, name, false, NULL, options, &data, err) == BNN_OK)
        found = bnn_arena_printf(options->arena, "%s%s", data.source,
                                 data.pinned || for_programs ? "" : " (not pinned)");
    else if (!for_programs)
        found =
            bnn_catalogue_can_fetch(&entry) ? "not here (bnnrun data fetch gets it)" : "not here";
    bnn_dataset_close(&data);
    cli_table_cell(table, name);
    cli_table_cell(table, entry.summary);
    cli_table_cellf(table, "%ux%ux%u", entry.shape.c, entry.shape.h, entry.shape.w);
    cli_table_cellf(table, "%u", entry.n_classes);
    cli_table_cell(table, found);
    if (for_programs) {
        cli_table_cell(table, entry.reference);
        cli_table_cell(table, bnn_catalogue_is_pinned(&entry) ? "yes" : "no");
    }
    return BNN_OK;
}

static int list_datasets(const char *directories, const char *const *names, size_t n,
                         const cli_options *options, bnn_error *err)
{
    const bool for_programs = options->json || options->csv;
    cli_table *table =
        cli_table_create(for_programs ? "name|summary|shape|#classes|found|reference|pinned"
                                      : "name|summary|shape|#classes|found");
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        status = list_row(table, directories, names[i], for_programs, options, err);
    if (status == BNN_OK)
        return cli_table_end(table, options, err);
    cli_table_destroy(table);
    return status;
}

/* ---- fetch, verify --------------------------------------------------------------------------- */

static int check_one(const char *directories, const char *name, bool download, bool *is_missing,
                     const cli_options *options, bnn_error *err)
{
    bnn_dataset data;
    const int status = open_one(directories, name, download, is_missing, options, &data, err);
    if (status != BNN_OK)
        return status;
    char n_train[CLI_TEXT_MAX], n_test[CLI_TEXT_MAX];
    printf("%s: %s images for training, %s for testing, %s; %s\n", name,
           bnn_count_text(data.train.n, n_train), bnn_count_text(data.test.n, n_test),
           data.pinned ? "checked" : "not pinned", data.source);
    bnn_dataset_close(&data);
    return BNN_OK;
}

/* Verifies every data set that is here. One that is damaged does not hide the others. */
static int verify_datasets(const char *directories, const char *const *names, size_t n,
                           const cli_options *options, bnn_error *err)
{
    int result = BNN_OK;
    for (size_t i = 0; i < n; i++) {
        bool is_missing = false;
        bnn_error one_err;
        const int status = check_one(directories, names[i], false, &is_missing, options, &one_err);
        if (is_missing)
            printf("%s: not here\n", names[i]);
        if (is_missing || status == BNN_OK)
            continue;
        if (result != 0) /* main prints the last one */
            fprintf(stderr, "bnnrun: %s\n", err->message);
        *err = one_err;
        result = status;
    }
    return result;
}

static bool data_is_one_of(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static int run_data(void *request, bnn_error *err)
{
    static const char *const actions[] = {"list", "fetch", "verify"};
    const data_request *r = request;
    const cli_options *options = &r->options;
    const char *action = options->n_operands == 0 ? "list" : options->operands[0];
    const char *name = options->n_operands == 2 ? options->operands[1] : NULL;
    const char *directories = cli_catalogue_path(r->spec);
    const char *const *names;
    const bool fetch = strcmp(action, "fetch") == 0;
    size_t n;
    if (!data_is_one_of(action, actions, sizeof actions / sizeof *actions))
        return cli_unknown(err, BNN_E_USAGE, "there is no action", action, actions,
                           sizeof actions / sizeof *actions);
    if (bnn_catalogue_list(directories, options->arena, &names, &n, err) != BNN_OK)
        return err->status;
    if (name != NULL && !data_is_one_of(name, names, n))
        return cli_unknown(err, BNN_E_RESOURCE, "there is no data set", name, names, n);
    if (strcmp(action, "list") == 0)
        return name == NULL ? list_datasets(directories, names, n, options, err)
                            : list_datasets(directories, &name, 1, options, err);
    if (options->json || options->csv)
        return cli_usage(err, &cli_command_data, "--json and --csv are for `bnnrun data list`");
    if (name != NULL)
        return check_one(directories, name, fetch, NULL, options, err);
    if (fetch)
        return cli_usage(err, &cli_command_data,
                         "fetch needs the NAME of a data set; "
                         "`bnnrun data list` shows them");
    return verify_datasets(directories, names, n, options, err);
}

static const cli_option data_options[] = {
    CLI_ROW("spec", 0, CLI_STRING, "SPEC.yaml", data_request, spec,
            "know what is in datasets/ beside this spec, instead of here"),
    {.name = "json", .help = "the list, for programs"},
    {.name = "csv", .help = "likewise"},
    {.name = "quiet", .help = "no progress"},
    {.name = NULL},
};

const cli_command cli_command_data = {
    .name = "data",
    .arguments = "[list|fetch|verify] [NAME]",
    .summary = "list data sets, download one, check the files that are here",
    .notes = "  list [NAME]    what is known, and where it was found (this is the default)\n"
             "  fetch NAME     find it, else download it to the cache; every file is checked\n"
             "  verify [NAME]  check the contents of one, or of all that are here; no network\n"
             "\n"
             "Looked for in the directories of BNN_DATA_PATH (colon-separated), in the cache\n"
             "($XDG_CACHE_HOME/bnnrun, else ~/.cache/bnnrun) and in /usr/share/datasets. Contents\n"
             "count, not names: a directory that has another set's files is passed over. A run\n"
             "fetches by itself what it misses, unless its spec sets dataset.path: then the data\n"
             "must be there. A new data set is a file NAME.yaml in a directory\n"
             "datasets/ beside the spec; those that came along (`bnnrun --version` says where the\n"
             "specs are, and they are beside) are examples. What is in\n"
             "datasets/ here is known, too, or with --spec what is beside that spec.\n",
    .options = data_options,
    .examples = "  bnnrun data\n"
                "  bnnrun data fetch mnist\n"
                "  BNN_DATA_PATH=/data/mnist bnnrun data verify mnist\n"
                "  BNN_DATA_PATH=mine bnnrun data verify letters --spec mine/spec.yaml\n",
    .most = 2,
    .surplus = "one action and one NAME at the most",
    .n_request = sizeof(data_request),
    .values = &data_values,
    .run = run_data,
};
