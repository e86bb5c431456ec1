/* merge.c - bnnrun merge: the databases of several machines, or shards, become one. */
#include "base/text.h"
#include "cli/options.h"
#include "cli/table.h"
#include "runner/merge.h"

#include <string.h>

typedef struct merge_request {
    cli_options options;
    bool skips;
} merge_request;

/* What is in another database was written by anybody. */
static const char *merge_clean(bnn_arena *arena, const char *text)
{
    char *copy = bnn_arena_strdup(arena, text);
    return copy == NULL ? "?" : bnn_text_clean(copy, "");
}

/* What cannot be both. */
static void merge_say_different(const bnn_merged *merged, const char *from, bnn_arena *arena)
{
    for (size_t i = 0; i < merged->n; i++) {
        const bnn_store_merged *run = &merged->runs[i];
        if (strcmp(run->how, "different") != 0)
            continue;
        const char *made = merge_clean(arena, run->made);
        fprintf(stderr, "%s: run %s: other %s", from, run->from_uid, merge_clean(arena, run->what));
        if (run->promised == 0)
            fprintf(stderr, "; made with %s\n", made);
        else if (made[0] != '\0')
            fprintf(stderr, "; %s, which should make no difference: please report it\n", made);
        else
            fputs("; made with the same on the same machine: a promise is broken, please report "
                  "it\n",
                  stderr);
    }
}

static void merge_say(const bnn_merged *merged, const char *from, const cli_options *options)
{
    const size_t n_busy = bnn_merged_count(merged, "busy");
    merge_say_different(merged, from, options->arena);
    if (options->quiet)
        return;
    if (n_busy > 0)
        fprintf(stderr, "%s: %zu runs are under way here; merge again when they have ended\n", from,
                n_busy);
    if (merged->n_lost > 0)
        fprintf(stderr,
                "%s: %zu files of done runs are missing or damaged there; `bnnrun run` makes them "
                "again\n",
                from, merged->n_lost);
    if (merged->n_conflicts > 0)
        fprintf(stderr,
                "%s: %lld comparisons were registered with another content; the earlier one "
                "stands\n",
                from, (long long)merged->n_conflicts);
}

static int run_merge(void *request, bnn_error *err)
{
    static const char *const hows[] = {"new", "better", "same", "kept", "busy", "different"};
    const merge_request *r = request;
    const cli_options *options = &r->options;
    bnn_merge *merge = NULL;
    if (options->names_db)
        return cli_usage(err, &cli_command_merge, "the first FILE is the database, not --db");
    int status = bnn_merge_open(options->operands[0], &merge, err);
    cli_table *table = NULL;
    if (status == BNN_OK)
        table = cli_table_create("from|#runs|#new|#better|#same|#kept|#busy|#different|#files");
    for (int i = 1; status == BNN_OK && i < options->n_operands; i++) {
        const char *from = options->operands[i];
        bnn_merged merged;
        status = bnn_merge_from(merge, from, r->skips, options->arena, &merged, err);
        merge_say(&merged, from, options);
        if (status != BNN_OK)
            break;
        cli_table_cell(table, from);
        cli_table_cellf(table, "%zu", merged.n);
        for (size_t k = 0; k < sizeof hows / sizeof *hows; k++)
            cli_table_cellf(table, "%zu", bnn_merged_count(&merged, hows[k]));
        cli_table_cellf(table, "%zu", merged.n_files);
    }
    bnn_merge_close(merge);
    if (table != NULL && cli_table_rows(table) > 0) {
        bnn_error late;
        const int printed = cli_table_end(table, options, status == BNN_OK ? err : &late);
        return status == BNN_OK ? printed : status;
    }
    if (table != NULL)
        cli_table_destroy(table);
    return status;
}

static const cli_option merge_options[] = {
    CLI_ROW("skip-different", 0, CLI_SWITCH, NULL, merge_request, skips,
            "merge the other runs when some have other results than here;\n"
            "those stay as they are here"),
    {.name = "json", .help = "the table for programs"},
    {.name = "csv", .help = "likewise"},
    {.name = "quiet", .help = "say only what is different"},
    {.name = NULL},
};

const cli_command cli_command_merge = {
    .name = "merge",
    .arguments = "INTO.db FROM.db...",
    .completion = "FILE...",
    .summary = "join the databases of shards or machines, with the files of runs",
    .notes =
        "INTO.db is made when it is missing. The others are only read, one after the other; what a\n"
        "process is at work on is refused. A run is the same in all by experiment, config and\n"
        "seed. Done comes before failed, failed before interrupted; of runs that are done in\n"
        "both, weights, model and metrics are compared: where they differ, nothing of that FROM.db is\n"
        "merged, and what the two were made with is said. A run comes with all its attempts.\n"
        "Killed in between, or given again, the same command does the rest.\n",
    .options = merge_options,
    .examples = "  bnnrun merge bnnrun.db bnnrun.*of16.db\n"
                "  bnnrun merge all.db laptop/bnnrun.db server/bnnrun.db\n"
                "  parallel -j 4 bnnrun ste_sweep -j 1 --shard {}/16 ::: $(seq 16)\n",
    .least = 2,
    .needs = "two databases are needed: INTO.db and FROM.db",
    .memory = BNN_SPEC_LIMIT_BYTES,
    .n_request = sizeof(merge_request),
    .run = run_merge,
};
