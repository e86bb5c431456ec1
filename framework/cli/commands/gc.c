/* gc.c - bnnrun gc: removes what is of no use any more. */
#include "cli/confirm.h"
#include "runner/artifacts.h"

/* What there is to remove. */
typedef struct gc_finds {
    const bnn_leftover *leftovers;
    size_t n;
    int64_t n_rows;
    int64_t free_bytes, database_bytes;
} gc_finds;

static int gc_find(bnn_store *store, const cli_options *options, gc_finds *out, bnn_error *err)
{
    int status = bnn_artifacts_find_leftovers(store, options->db, options->arena, &out->leftovers,
                                              &out->n, err);
    if (status == BNN_OK)
        status = bnn_store_count_unused(store, &out->n_rows, err);
    return status == BNN_OK
               ? bnn_store_count_free_bytes(store, &out->free_bytes, &out->database_bytes, err)
               : status;
}

/* More than a quarter of the file, and more than a megabyte. */
static bool gc_is_worth_it(const gc_finds *finds)
{
    return finds->free_bytes > 1 << 20 && finds->free_bytes > finds->database_bytes / 4;
}

static bool gc_is_empty(const gc_finds *finds)
{
    return finds->n == 0 && finds->n_rows == 0 && !gc_is_worth_it(finds);
}

static int gc_print(const gc_finds *finds, const cli_options *options, bnn_error *err)
{
    cli_table *table = cli_table_create("what|name|#bytes");
    for (size_t i = 0; i < finds->n; i++) {
        const bnn_leftover *l = &finds->leftovers[i];
        cli_table_cell(table, l->what);
        cli_table_cellf(table, "%s%s%s", l->uid, l->file != NULL ? "/" : "",
                        l->file != NULL ? l->file : "");
        cli_table_put(table, json_integer(l->bytes));
    }
    if (finds->n_rows > 0) {
        cli_table_cell(table, "rows that nothing needs");
        cli_table_cellf(table, "%lld", (long long)finds->n_rows);
        cli_table_cell(table, NULL);
    }
    if (gc_is_worth_it(finds)) {
        cli_table_cell(table, "free pages of the database");
        cli_table_cell(table, options->db);
        cli_table_put(table, json_integer(finds->free_bytes));
    }
    return cli_table_end(table, options, err);
}

/* Finds it anew, since it may have come into use again, and removes it, while nobody can begin a run. */
static int gc_remove(const cli_options *options, bnn_error *err)
{
    gc_finds finds = {.n = 0};
    bnn_store *store = NULL;
    bnn_error files = {.status = BNN_OK};
    int status = cli_store_open_to_write(options, &store, err);
    if (status == BNN_OK)
        status = bnn_store_begin(store, err);
    if (status == BNN_OK)
        status = bnn_store_clean(store, err);
    if (status == BNN_OK)
        status = gc_find(store, options, &finds, err);
    if (status == BNN_OK)
        bnn_artifacts_remove_leftovers(options->db, finds.leftovers, finds.n, &files);
    if (status == BNN_OK)
        status = bnn_store_commit(store, err);
    if (status == BNN_OK)
        status = bnn_store_count_free_bytes(store, &finds.free_bytes, &finds.database_bytes, err);
    if (status == BNN_OK && gc_is_worth_it(&finds))
        status = bnn_store_compact(store, err);
    bnn_store_close(store);
    if (status == BNN_OK && files.status != BNN_OK)
        *err = files;
    return status == BNN_OK ? files.status : status;
}

static int run_gc(void *request, bnn_error *err)
{
    const cli_removal *r = request;
    const cli_options *options = &r->selection.options;
    gc_finds finds = {.n = 0};
    bnn_store *store = NULL;
    if (options->n_operands > 0)
        return cli_usage(err, &cli_command_gc, "--db names the database, not \"%s\"",
                         options->operands[0]);
    int status = cli_confirm_check(&cli_command_gc, r, err);
    if (status == BNN_OK)
        status = cli_store_open(options, &store, err);
    if (status == BNN_OK)
        status = gc_find(store, options, &finds, err);
    bnn_store_close(store);
    const bool empty = gc_is_empty(&finds);
    if (status == BNN_OK && (!empty || options->json || options->csv))
        status = gc_print(&finds, options, err);
    if (status != BNN_OK || empty || r->dry_run || !cli_confirm(r, "remove this")) {
        if (status == BNN_OK && !options->quiet)
            fprintf(stderr, empty ? "there is nothing to remove\n" : "nothing was removed\n");
        return status;
    }
    status = gc_remove(options, err);
    if (status == BNN_OK && !options->quiet)
        fprintf(stderr, "removed\n");
    return status;
}

static const cli_option gc_options[] = {
    CLI_REMOVAL_OPTIONS,
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "the list for programs"},
    {.name = "csv", .help = "likewise"},
    {.name = "quiet", .help = "say no more than what goes"},
    {.name = NULL},
};

const cli_command cli_command_gc = {
    .name = "gc",
    .arguments = "",
    .summary = "remove what runs left and nothing needs: files, rows",
    .notes = "Lists it, and asks: folders in FILE.artifacts of runs that are not in the database,\n"
             "files that were not written to their end, checkpoints of done runs; experiments\n"
             "without runs, configs, data sets and plugins that no run has. A database that is\n"
             "empty by more than a quarter is made smaller. Runs under way keep all they have;\n"
             "what bnnrun did not write stays.\n",
    .options = gc_options,
    .examples = "  bnnrun gc --dry-run\n"
                "  bnnrun gc --yes\n",
    .n_request = sizeof(cli_removal),
    .run = run_gc,
};
