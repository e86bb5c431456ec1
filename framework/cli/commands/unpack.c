/* unpack.c - bnnrun unpack: what bnnrun pack has made, merged into a database. */
#include "cli/merged.h"
#include "runner/pack.h"

#include <unistd.h>

typedef struct unpack_request {
    cli_options options;
    bool skips;
} unpack_request;

/* Nothing is made for an archive that is not there. */
static int unpack_check_operands(const cli_options *options, bnn_error *err)
{
    for (int i = 0; i < options->n_operands; i++)
        if (access(options->operands[i], F_OK) != 0)
            return bnn_fail_errno(err, BNN_E_RESOURCE, "%s", options->operands[i]);
    return BNN_OK;
}

static int run_unpack(void *request, bnn_error *err)
{
    const unpack_request *r = request;
    const cli_options *options = &r->options;
    bnn_merge *merge = NULL;
    int status = unpack_check_operands(options, err);
    if (status == BNN_OK)
        status = bnn_merge_open(options->db, &merge, err);
    cli_table *table = status == BNN_OK ? cli_merged_table() : NULL;
    for (int i = 0; status == BNN_OK && i < options->n_operands; i++) {
        const char *from = options->operands[i];
        bnn_merged merged;
        status = bnn_unpack(merge, from, r->skips, options->arena, &merged, err);
        cli_merged_say(&merged, from, options);
        if (status == BNN_OK)
            cli_merged_row(table, from, &merged);
    }
    bnn_merge_close(merge);
    return cli_merged_end(table, status, options, err);
}

static const cli_option unpack_options[] = {
    CLI_ROW("skip-different", 0, CLI_SWITCH, NULL, unpack_request, skips,
            "take the other runs when some have other results than here;\n"
            "those stay as they are here"),
    {.name = "db", .help = "the database that gets them (BNNRUN_DB, else bnnrun.db)"},
    {.name = "json", .help = "the table for programs"},
    {.name = "csv", .help = "likewise"},
    {.name = "quiet", .help = "say only what is different"},
    {.name = NULL},
};

const cli_command cli_command_unpack = {
    .name = "unpack",
    .arguments = "ARCHIVE...",
    .completion = "FILE...",
    .summary = "take runs out of archives of bnnrun pack into a database",
    .notes =
        "The database is made when it is missing. An archive may be anybody's: its names, sizes, hashes\n"
        "and rows are checked before anything of it is taken, and one that is not whole is refused.\n"
        "Then its runs are merged, as `bnnrun merge` does it: what is there already stays, and the same\n"
        "archive may be given again.\n",
    .options = unpack_options,
    .examples = "  bnnrun unpack ste_sweep.tar.zst\n"
                "  bnnrun unpack figure2.tar.zst --db all.db\n",
    .least = 1,
    .needs = "an archive is needed, as in `bnnrun unpack ste_sweep.tar.zst`",
    .memory = BNN_SPEC_LIMIT_BYTES,
    .n_request = sizeof(unpack_request),
    .run = run_unpack,
};
