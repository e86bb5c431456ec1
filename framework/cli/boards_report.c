#include "cli/boards_report.h"

#include "base/text.h"
#include "cli/table.h"

#include <inttypes.h>

static void put_count(cli_table *table, bool exact, uint64_t n)
{
    char text[CLI_TEXT_MAX];
    if (exact)
        cli_table_cellf(table, "%" PRIu64, n);
    else
        cli_table_cell(table, bnn_count_text(n, text));
}

static void put_board(cli_table *table, bool exact, const bench_board_result *r)
{
    cli_table_cell(table, r->board->name);
    cli_table_cell(table, r->board->core);
    put_count(table, exact, r->flash);
    put_count(table, exact, r->ram);
    put_count(table, exact, r->stack);
    put_count(table, exact, (uint64_t)(r->instructions + 0.5));
}

static int end_report(cli_table *table, const char *compiler_options, const cli_options *options,
                      bnn_error *err)
{
    const bool to_people = !options->csv && !options->json;
    const int status = cli_table_end(table, options, err);
    if (status == BNN_OK && to_people && !options->quiet)
        printf(
            "\nThe C of `bnnrun export --format c`, compiled with %s. Bytes are those of classifying alone.\n"
            "Instructions are those of an image, the mean of %d, as qemu counts them: no cycles, as\n"
            "it has neither memories that wait nor pipelines. All logits are those of this machine.\n",
            compiler_options, BENCH_BOARD_IMAGES);
    return status;
}

int cli_boards_report(const bench_lineup *lineup, const bench_board *const *boards, size_t n_boards,
                      bool spare, const char *compiler_options, const cli_options *options,
                      bnn_error *err)
{
    const bool exact = options->csv || options->json;
    cli_table *table =
        cli_table_create(exact ? "board|core|#flash_bytes|#ram_bytes|#stack_bytes|#instructions"
                               : "board|core|#flash B|#RAM B|#stack B|#instructions");
    int status = BNN_OK;
    size_t n = 0;
    for (size_t i = 0; status == BNN_OK && i < n_boards; i++) {
        bench_board_result result;
        const char *missing;
        status = bench_board_measure(lineup->model, boards[i], compiler_options, lineup->images,
                                     lineup->arena, &result, &missing, err);
        if (status == BNN_OK) {
            put_board(table, exact, &result);
            n++;
        } else if (missing != NULL && spare && (n > 0 || i + 1 < n_boards)) {
            if (!options->quiet)
                fprintf(stderr, "bnnrun: %s\n", err->message);
            status = BNN_OK;
        }
    }
    if (status == BNN_OK)
        return end_report(table, compiler_options, options, err);
    cli_table_destroy(table);
    return status;
}
