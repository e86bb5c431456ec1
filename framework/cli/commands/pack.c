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

/* The uids that were chosen, and those of all runs that are under way. */
typedef struct pack_chosen {
    bnn_arena *arena;
    const char **uids, **left_out; /* to be packed; or not, since they are under way */
    size_t n, capacity, n_left_out, left_out_capacity;
    const bnn_store_chosen *running;
    size_t n_running;
} pack_chosen;

static int pack_collect(bnn_arena *arena, const char *uid, const char ***uids, size_t *n,
                        size_t *capacity, bnn_error *err)
{
    const char **grown = bnn_arena_grow(arena, *uids, *n, capacity, sizeof *grown);
    if (grown == NULL)
        return bnn_no_memory(err);
    *uids = grown;
    grown[(*n)++] = uid;
    return BNN_OK;
}

static int pack_note(pack_chosen *c, const bnn_store_chosen *run, bnn_error *err)
{
    if (strcmp(run->state, "running") == 0)
        return pack_collect(c->arena, run->uid, &c->left_out, &c->n_left_out, &c->left_out_capacity,
                            err);
    return pack_collect(c->arena, run->uid, &c->uids, &c->n, &c->capacity, err);
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
    static const char *const states[] = {"running"};
    const bnn_store_filter filter = {.states = {1, states}};
    int status = cli_store_open(options, &store, err);
    for (int i = 0; status == BNN_OK && i < options->n_operands; i++)
        status = pack_choose_runs(store, options->operands[i], chosen, err);
    if (status == BNN_OK)
        status = bnn_store_choose(store, &filter, chosen->arena, &chosen->running,
                                  &chosen->n_running, err);
    bnn_store_close(store);
    if (status == BNN_OK && chosen->n == 0)
        return bnn_fail(err, BNN_E_RESOURCE, "nothing to pack: the runs are under way");
    return status;
}

static bool pack_has(const bnn_packed *packed, const char *uid)
{
    bool has = false;
    for (size_t i = 0; i < packed->n_runs; i++)
        has = has || strcmp(packed->runs[i].uid, uid) == 0;
    return has;
}

/* What others need comes along nevertheless. */
static void pack_say_running(const bnn_packed *packed, const pack_chosen *chosen)
{
    size_t n_needed = 0, n_left_out = 0;
    for (size_t i = 0; i < chosen->n_running; i++)
        n_needed += pack_has(packed, chosen->running[i].uid);
    for (size_t i = 0; i < chosen->n_left_out; i++)
        n_left_out += !pack_has(packed, chosen->left_out[i]);
    if (n_left_out > 0)
        fprintf(stderr, "%zu runs are under way, and left out\n", n_left_out);
    if (n_needed > 0)
        fprintf(stderr,
                "%zu runs that others need are under way, and packed as if they had stopped now\n",
                n_needed);
}

static int pack_print(const bnn_packed *packed, const pack_chosen *chosen, const pack_request *r,
                      bnn_error *err)
{
    if (!r->options.quiet)
        pack_say_running(packed, chosen);
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
    return status == BNN_OK ? pack_print(&packed, &chosen, r, err) : status;
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
        "that are under way are left out, unless others need them. Killed in between, it leaves a folder\n"
        "FILE.packing, which the same command clears up.\n",
    .options = pack_options,
    .examples = "  bnnrun pack ste_sweep -o ste_sweep.tar.zst\n"
                "  bnnrun pack 3f 7a -o figure2.tar.zst --db all.db\n",
    .least = 1,
    .needs = "a RUN or EXPERIMENT is needed, as in `bnnrun pack ste_sweep -o ste_sweep.tar.zst`",
    .memory = BNN_SPEC_LIMIT_BYTES,
    .n_request = sizeof(pack_request),
    .run = run_pack,
};
