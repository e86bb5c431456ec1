/* export_results.c - the results of an experiment, for other programs and papers. */
#include "cli/commands/export.h"

#include "base/file.h"
#include "base/memstream.h"
#include "base/text.h"
#include "cli/compare/ask.h"
#include "cli/latex.h"
#include "cli/leaderboard.h"
#include "cli/result.h"
#include "cli/selection.h"

#include <stdlib.h>
#include <string.h>

typedef struct results_export {
    const cli_options *options;
    const char *experiment, *output;
    int format;
    bnn_exchange_written written;
} results_export;

/* ---- LaTeX ------------------------------------------------------------------------------- */

static const char latex_mark[] = "% bnnrun export ";

/* A file of ours begins like this one; no other is written over. */
static int latex_check_place(const char *path, bnn_error *err)
{
    enum { LIMIT = 64 << 20 };
    char *text;
    size_t n;
    if (strcmp(path, "-") == 0 || !bnn_file_is_replaced(path))
        return BNN_OK;
    if (bnn_file_read(path, LIMIT, &text, &n, err) != BNN_OK)
        return err->status;
    const bool is_ours = strncmp(text, latex_mark, sizeof latex_mark - 1) == 0;
    free(text);
    return is_ours ? BNN_OK
                   : bnn_fail(err, BNN_E_USAGE,
                              "%s is there already, and not by `bnnrun export`; remove it, or name "
                              "another file with -o",
                              path);
}

/* What `compare` says, if there is anything to compare, then the leaderboard. */
static int latex_write_to(bnn_store *store, const results_export *r, FILE *out, bnn_error *err)
{
    cli_asking asking = CLI_ASKING_VALUES;
    cli_compared compared;
    asking.options = *r->options;
    char *experiment = bnn_arena_strdup(r->options->arena, r->experiment);
    if (experiment == NULL)
        return bnn_no_memory(err);
    fprintf(out, "%s%s --format latex\n%% \\usepackage{booktabs}\n", latex_mark,
            bnn_text_clean(experiment, ""));
    int status = cli_ask_and_judge(store, &asking, r->experiment, true, &compared, err);
    if (status == BNN_OK)
        status =
            cli_compare_write_latex(&compared.asked, &compared.found, r->options->arena, out, err);
    else if (status == BNN_E_USAGE) {
        cli_latex_comment(err->message, out);
        status = BNN_OK;
    }
    if (status != BNN_OK)
        return status;
    const bnn_metric *metric = compared.asked.metric;
    json_t *board = cli_leaderboard_read(store, r->experiment, metric, metric->goal, err);
    if (board == NULL)
        return err->status;
    fputs("\n% leaderboard: mean and standard deviation over the seeds; accuracies in %\n", out);
    status = cli_leaderboard_write_latex(board, metric, out, err);
    json_decref(board);
    return status;
}

static int latex_deliver(results_export *r, const char *text, size_t n, bnn_error *err)
{
    r->written = (bnn_exchange_written){.n_files = 1, .n_bytes = n};
    if (strcmp(r->output, "-") != 0)
        return bnn_file_deliver(r->output, text, n, err);
    return fwrite(text, 1, n, stdout) == n
               ? BNN_OK
               : bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write to stdout");
}

static int latex_export(bnn_store *store, results_export *r, bnn_error *err)
{
    char *text = NULL;
    size_t n = 0;
    if (latex_check_place(r->output, err) != BNN_OK)
        return err->status;
    FILE *out = bnn_memstream_open(&text, &n);
    if (out == NULL)
        return bnn_no_memory(err);
    int status = latex_write_to(store, r, out, err);
    if (!bnn_memstream_close(out, &text) && status == BNN_OK)
        status = bnn_no_memory(err);
    if (status == BNN_OK)
        status = latex_deliver(r, text, n, err);
    free(text);
    return status;
}

/* ---- the command ------------------------------------------------------------------------- */

/* What the folder, or file, is called. Of a database from elsewhere, the experiment's name may be none of a file. */
static int results_name_output(results_export *r, bnn_error *err)
{
    if (r->output != NULL)
        return BNN_OK;
    if (!bnn_text_is_name(r->experiment, "_", "_.-", NAME_MAX / 2))
        return cli_usage(err, &cli_command_export,
                         "the experiment has no name for a file; name one with -o");
    r->output = r->format == CLI_RESULTS_LATEX
                    ? bnn_arena_printf(r->options->arena, "%s.tex", r->experiment)
                    : bnn_arena_printf(r->options->arena, "%s_%s", r->experiment,
                                       bnn_exchange_name((bnn_exchange_format)r->format));
    return r->output == NULL ? bnn_no_memory(err) : BNN_OK;
}

/* What reads it. */
static void results_advise(const results_export *r)
{
    static const char *const advice[CLI_RESULTS_FORMATS][2] = {
        [BNN_EXCHANGE_TENSORBOARD] = {"tensorboard --logdir ", ""},
        [BNN_EXCHANGE_MLFLOW] = {"mlflow server --backend-store-uri ", ""},
        [BNN_EXCHANGE_TRACKIO] = {"TRACKIO_DIR=", " trackio show"},
        [BNN_EXCHANGE_CSV] = {"pandas.read_csv('", "/runs.csv')"},
        [CLI_RESULTS_LATEX] = {"\\input{", "}"},
    };
    printf("%s%s%s\n", advice[r->format][0], r->output, advice[r->format][1]);
}

static int results_tell(const results_export *r, bnn_error *err)
{
    char bytes[BNN_SHORT_TEXT], runs[BNN_SHORT_TEXT] = "", files[BNN_SHORT_TEXT];
    const bnn_exchange_written *w = &r->written;
    if (r->options->json || r->options->csv) {
        cli_table *table = cli_table_create("file|#files|#bytes");
        cli_table_cell(table, r->output);
        cli_table_cellf(table, "%zu", w->n_files);
        cli_table_cellf(table, "%llu", (unsigned long long)w->n_bytes);
        return cli_table_end(table, r->options, err);
    }
    if (r->options->quiet || strcmp(r->output, "-") == 0)
        return BNN_OK;
    bnn_count_text(w->n_bytes, bytes);
    if (r->format == CLI_RESULTS_LATEX)
        printf("%s: %s bytes\n", r->output, bytes);
    else
        printf("%s: %s run%s in %s file%s, %s bytes\n", r->output, bnn_count_text(w->n_runs, runs),
               bnn_plural(w->n_runs), bnn_count_text(w->n_files, files), bnn_plural(w->n_files),
               bytes);
    results_advise(r);
    return BNN_OK;
}

int cli_export_results(const cli_options *options, int format, const char *output, bnn_error *err)
{
    results_export r = {
        .options = options, .experiment = options->operands[0], .output = output, .format = format};
    bnn_store *store = NULL;
    if (output != NULL && strcmp(output, "-") == 0 && format != CLI_RESULTS_LATEX)
        return cli_usage(err, &cli_command_export, "%s is a folder of files: name it with -o",
                         bnn_exchange_name((bnn_exchange_format)format));
    int status = cli_store_open(options, &store, err);
    if (status == BNN_OK)
        status = cli_selection_check_experiment(store, r.experiment, options->arena, err);
    if (status == BNN_OK)
        status = results_name_output(&r, err);
    if (status == BNN_OK)
        status = format == CLI_RESULTS_LATEX
                     ? latex_export(store, &r, err)
                     : bnn_exchange_write(store, r.experiment, (bnn_exchange_format)format,
                                          r.output, &r.written, err);
    bnn_store_close(store);
    return status == BNN_OK ? results_tell(&r, err) : status;
}
