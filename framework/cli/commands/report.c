/* report.c - bnnrun report: experiments as a page. */
#include "base/file.h"
#include "base/text.h"
#include "cli/commands/compare.h"
#include "cli/report/report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct report_request {
    cli_asking asking;
    const char *output;    /* "-": stdout */
    const char *published; /* NULL: not given */
} report_request;

static const report_request report_values = {.asking = CLI_ASKING_VALUES, .output = "report.html"};

/* The database outlives a slip of -o. */
static int report_check_place(const report_request *r, bnn_error *err)
{
    struct stat one, other;
    if (strcmp(r->output, "-") == 0 || stat(r->output, &one) != 0 ||
        stat(r->asking.options.db, &other) != 0 || one.st_dev != other.st_dev ||
        one.st_ino != other.st_ino)
        return BNN_OK;
    return bnn_fail(err, BNN_E_USAGE,
                    "report: %s is the database, which would be lost; choose another name",
                    r->output);
}

static int report_deliver(const report_request *r, const char *text, size_t n, bnn_error *err)
{
    char count[BNN_SHORT_TEXT];
    if (strcmp(r->output, "-") == 0)
        return fwrite(text, 1, n, stdout) == n
                   ? BNN_OK
                   : bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write to stdout");
    const int status = bnn_file_deliver(r->output, text, n, err);
    if (status == BNN_OK && !r->asking.options.quiet)
        printf("%s: %s bytes; open it in a browser\n", r->output, bnn_count_text(n, count));
    return status;
}

static int report_run(void *request, bnn_error *err)
{
    const report_request *r = request;
    cli_published published = {0};
    cli_report_wish wish = {.asking = r->asking,
                            .published = r->published != NULL ? &published : NULL};
    bnn_store *store = NULL;
    char *text = NULL;
    size_t n = 0;
    int status = report_check_place(r, err);
    if (status == BNN_OK && r->published != NULL)
        status = cli_published_read(r->published, r->asking.options.arena, &published, err);
    if (status == BNN_OK)
        status = cli_store_open(&r->asking.options, &store, err);
    if (status == BNN_OK)
        status = cli_report_choose(store, &wish, err);
    if (status == BNN_OK)
        status = cli_report_make(store, &wish, &text, &n, err);
    bnn_store_close(store);
    if (status == BNN_OK)
        status = report_deliver(r, text, n, err);
    free(text);
    return status;
}

static const cli_option report_options[] = {
    CLI_ROW("output", 'o', CLI_STRING, "FILE", report_request, output,
            "the page (default: report.html); -: stdout"),
    CLI_ASKING_METRIC,
    CLI_ASKING_NUMBERS,
    CLI_ROW("published", 0, CLI_STRING, "FILE.csv", report_request, published,
            "beside the costs, what others have published about the same data, from\n"
            "a table as of bnnrun plot pareto; it is part of no verdict"),
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "plugin-path", .help = "colon-separated folders with plugins, searched first"},
    {.name = "quiet", .help = "say nothing"},
    {.name = NULL},
};

const cli_command cli_command_report = {
    .name = "report",
    .arguments = "[EXPERIMENT...]",
    .completion = "EXPERIMENT",
    .summary = "what experiments came to, as one page of HTML with pictures",
    .notes =
        "Writes a page for a browser that needs nothing else: no network, no other file. It has, of\n"
        "each EXPERIMENT (default: the one that was run last), the verdicts of `bnnrun compare`, the\n"
        "figures of `bnnrun plot`, what is taken for what and the images that are hard, kernels as\n"
        "they were trained and as they act, all runs in a table that sorts and filters, where it was\n"
        "made, and under each of these the command and the SQL that give it. Figures need gnuplot.\n"
        "\n"
        "In a field one draws a digit, which the networks answer in the page: it has the model file of\n"
        "one run a config (twelve of a megabyte at the most), and computes the engine's very logits.\n"
        "Test images are shown where the data set is here; nothing is downloaded.\n",
    .options = report_options,
    .examples = "  bnnrun report\n"
                "  bnnrun report ste_sweep order_sweep -o sweeps.html\n"
                "  bnnrun report ste_sweep --baseline ste=clipped --margin 0.2\n",
    .memory = BNN_MODEL_LIMIT_BYTES,
    .n_request = sizeof(report_request),
    .values = &report_values,
    .run = report_run,
};
