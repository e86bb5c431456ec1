/* merge.c - bnnrun merge: the databases of several machines, or shards, become one. */
#include "base/path.h"
#include "cli/merged.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct merge_request {
    cli_options options;
    bool skips;
} merge_request;

/* The n of "x.3of16.db", a shard by its name; 0 of others. */
static long merge_shards(const char *path)
{
    const char *name = bnn_path_name(path), *of = strstr(name, "of");
    char *end;
    long n = 0;
    for (; of != NULL; of = strstr(of + 1, "of")) {
        const char *digits = of;
        while (digits > name && isdigit((unsigned char)digits[-1]))
            digits--;
        if (digits == of || digits == name || digits[-1] != '.' || !isdigit((unsigned char)of[2]))
            continue;
        n = strtol(of + 2, &end, 10);
        if (*end == '.' || *end == '\0')
            return n;
    }
    return 0;
}

/* INTO.db is easily forgotten before a list of shards; and nothing is made for a FROM.db that is not there. */
static int merge_check_operands(const cli_options *options, bnn_error *err)
{
    const long n = merge_shards(options->operands[0]);
    for (int i = 1; i < options->n_operands; i++) {
        if (access(options->operands[i], F_OK) != 0)
            return bnn_fail_errno(err, BNN_E_RESOURCE, "%s", options->operands[i]);
        if (n > 0 && merge_shards(options->operands[i]) == n)
            return cli_usage(err, &cli_command_merge,
                             "%s is a shard, and would be merged into: name INTO.db before it",
                             options->operands[0]);
    }
    return BNN_OK;
}

/* Memory is of one of them, however many there are. */
static int merge_one(bnn_merge *merge, const char *from, const merge_request *r, cli_table *table,
                     bnn_error *err)
{
    bnn_merged merged;
    bnn_arena *arena = bnn_arena_create(BNN_SPEC_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    const int status = bnn_merge_from(merge, from, r->skips, arena, &merged, err);
    cli_merged_say(&merged, from, &r->options);
    if (status == BNN_OK)
        cli_merged_row(table, from, &merged);
    bnn_arena_destroy(arena);
    return status;
}

static int run_merge(void *request, bnn_error *err)
{
    const merge_request *r = request;
    const cli_options *options = &r->options;
    bnn_merge *merge = NULL;
    if (options->names_db)
        return cli_usage(err, &cli_command_merge, "the first FILE is the database, not --db");
    int status = merge_check_operands(options, err);
    if (status == BNN_OK)
        status = bnn_merge_open(options->operands[0], &merge, err);
    cli_table *table = status == BNN_OK ? cli_merged_table() : NULL;
    for (int i = 1; status == BNN_OK && i < options->n_operands; i++)
        status = merge_one(merge, options->operands[i], r, table, err);
    bnn_merge_close(merge);
    return cli_merged_end(table, status, options, err);
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
        "seed. Done comes before stale, then the one with more epochs wins, and failed comes before\n"
        "interrupted. Of runs that are done in both, weights and metrics are compared: where they\n"
        "differ, nothing of that FROM.db is merged, and what the two were made with is said. Where\n"
        "they are the same, predictions, telemetry, weights and lost files that are only in FROM.db\n"
        "come along. A new run comes with all its attempts.\n"
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
