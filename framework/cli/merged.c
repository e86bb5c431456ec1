#include "cli/merged.h"

#include "base/text.h"

#include <string.h>

static const char *const hows[] = {"new", "better", "same", "kept", "busy", "different"};

/* What is in another database was written by anybody. */
static const char *merged_clean(bnn_arena *arena, const char *text)
{
    char *copy = bnn_arena_strdup(arena, text);
    return copy == NULL ? "?" : bnn_text_clean(copy, "");
}

/* What cannot be both. */
static void merged_say_different(const bnn_merged *merged, const char *from, bnn_arena *arena)
{
    for (size_t i = 0; i < merged->n; i++) {
        const bnn_store_merged *run = &merged->runs[i];
        if (strcmp(run->how, "different") != 0)
            continue;
        const char *made = merged_clean(arena, run->made);
        fprintf(stderr, "%s: run %s: other %s", from, run->from_uid,
                merged_clean(arena, run->what));
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

void cli_merged_say(const bnn_merged *merged, const char *from, const cli_options *options)
{
    const size_t n_busy = bnn_merged_count(merged, "busy");
    merged_say_different(merged, from, options->arena);
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

cli_table *cli_merged_table(void)
{
    return cli_table_create("from|#runs|#new|#better|#same|#kept|#busy|#different|#files");
}

void cli_merged_row(cli_table *table, const char *from, const bnn_merged *merged)
{
    cli_table_cell(table, from);
    cli_table_cellf(table, "%zu", merged->n);
    for (size_t i = 0; i < sizeof hows / sizeof *hows; i++)
        cli_table_cellf(table, "%zu", bnn_merged_count(merged, hows[i]));
    cli_table_cellf(table, "%zu", merged->n_files);
}

int cli_merged_end(cli_table *table, int status, const cli_options *options, bnn_error *err)
{
    bnn_error late;
    if (status == BNN_OK || cli_table_rows(table) > 0) {
        const int printed = cli_table_end(table, options, status == BNN_OK ? err : &late);
        return status == BNN_OK ? printed : status;
    }
    cli_table_destroy(table);
    return status;
}
