/* pack.c - bnnrun pack: runs, or whole experiments, in one file that can be sent. */
#include "cli/operand.h"
#include "cli/selection.h"
#include "cli/table.h"
#include "runner/pack.h"

#include <string.h>

typedef struct pack_request {
    cli_options options;
    const char *output;
} pack_request;

/* The uids that were chosen. */
typedef struct pack_chosen {
    bnn_arena *arena;
    const char **uids;
    size_t n, capacity;
    size_t n_running; /* that were left out */
} pack_chosen;

static int pack_note(pack_chosen *chosen, const bnn_store_chosen *run, bnn_error *err)
{
    const char **grown =
        bnn_arena_grow(chosen->arena, chosen->uids, chosen->n, &chosen->capacity, sizeof *grown);
    if (grown == NULL)
        return bnn_no_memory(err);
    chosen->uids = grown;
    if (strcmp(run->state, "running") == 0)
        chosen->n_running++;
    else
        grown[chosen->n++] = run->uid;
    return BNN_OK;
}

/* The runs of an experiment of this name, or the one that has a uid that begins so. */
static int pack_choose_runs(bnn_store *store, const char *operand, pack_chosen *chosen,
                            bnn_error *err)
{
    bnn_store_filter filter = {.experiment = operand};
    const bnn_store_chosen *runs;
    const char *uid;
    size_t n;
    int status = bnn_store_choose(store, &filter, chosen->arena, &runs, &n, err);
    if (status == BNN_OK && n == 0) {
        status = cli_find_run(store, operand, chosen->arena, &uid, err);
        filter = (bnn_store_filter){.uids = {1, &uid}};
        if (status == BNN_OK)
            status = bnn_store_choose(store, &filter, chosen->arena, &runs, &n, err);
    }
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        status = pack_note(chosen, &runs[i], err);
    return status;
}

static int pack_choose_all(const cli_options *options, pack_chosen *chosen, bnn_error *err)
{
    bnn_store *store = NULL;
    int status = cli_store_open(options, &store, err);
    for (int i = 0; status == BNN_OK && i < options->n_operands; i++)
        status = pack_choose_runs(store, options->operands[i], chosen, err);
    bnn_store_close(store);
    if (status == BNN_OK && chosen->n == 0)
        return bnn_fail(err, BNN_E_RESOURCE, "nothing to pack: the runs are under way");
    if (status == BNN_OK && chosen->n_running > 0 && !options->quiet)
        fprintf(stderr, "%zu runs are under way, and left out\n", chosen->n_running);
    return status;
}

static int pack_print(const bnn_packed *packed, const pack_request *r, bnn_error *err)
{
    if (packed->n_lost > 0 && !r->options.quiet)
        fprintf(
            stderr,
            "%zu files of done runs are missing or damaged, and left out; `bnnrun run` makes them "
            "again\n",
            packed->n_lost);
    if (r->options.quiet && !r->options.json && !r->options.csv)
        return BNN_OK;
    cli_table *table = cli_table_create("archive|#runs|#files|#bytes");
    cli_table_cell(table, r->output);
    cli_table_cellf(table, "%zu", packed->n_runs);
    cli_table_cellf(table, "%zu", packed->n_files);
    cli_table_put(table, json_integer(packed->bytes));
    return cli_table_end(table, &r->options, err);
}

static int run_pack(void *request, bnn_error *err)
{
    const pack_request *r = request;
    pack_chosen chosen = {.arena = r->options.arena};
    bnn_packed packed;
    if (r->output == NULL)
        return cli_usage(err, &cli_command_pack, "the archive needs a name: -o FILE.tar.zst");
    int status = pack_choose_all(&r->options, &chosen, err);
    const bnn_store_words uids = {chosen.n, chosen.uids};
    if (status == BNN_OK)
        status = bnn_pack(r->options.db, &uids, r->output, r->options.arena, &packed, err);
    return status == BNN_OK ? pack_print(&packed, r, err) : status;
}

static const cli_option pack_options[] = {
    CLI_ROW("output", 'o', CLI_STRING, "FILE", pack_request, output,
            "the archive: .tar.zst, .tar.gz, .tar.xz or .tar"),
    {.name = "db", .help = "the database that has them (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "what was written, for programs"},
    {.name = "csv", .help = "likewise"},
    {.name = "quiet", .help = "say nothing"},
    {.name = NULL},
};

const cli_command cli_command_pack = {
    .name = "pack",
    .arguments = "RUN|EXPERIMENT...",
    .summary = "runs, or whole experiments, in one file to be sent",
    .notes =
        "The archive has a database bnnrun.db with these runs, those that they need (start, teacher),\n"
        "and all that is recorded of them, the files of runs, and SHA256SUMS. `bnnrun unpack` takes it;\n"
        "unpacked by hand, `bnnrun --db` opens it. Packed again, a database gives the same bytes. Runs\n"
        "that are under way are left out.\n",
    .options = pack_options,
    .examples = "  bnnrun pack ste_sweep -o ste_sweep.tar.zst\n"
                "  bnnrun pack 3f 7a -o figure2.tar.zst --db all.db\n",
    .least = 1,
    .needs = "a RUN or EXPERIMENT is needed, as in `bnnrun pack ste_sweep -o ste_sweep.tar.zst`",
    .memory = BNN_SPEC_LIMIT_BYTES,
    .n_request = sizeof(pack_request),
    .run = run_pack,
};
