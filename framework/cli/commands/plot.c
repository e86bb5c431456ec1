/* plot.c - bnnrun plot: a figure of an experiment as a file. */
#include "cli/plot/plot.h"

#include "base/file.h"
#include "base/text.h"

#include <string.h>
#include <sys/stat.h>

typedef struct plot_request {
    cli_asking asking;
    const char *metric, *output, *published; /* NULL: not given */
    uint32_t width;                          /* 0: likewise */
    cli_plot_kind kind;
    bnn_figure_format format;
} plot_request;

static const plot_request plot_values = {.asking = CLI_ASKING_VALUES};

/* ---- what is asked ----------------------------------------------------------------------- */

static int plot_find_kind(plot_request *r, bnn_error *err)
{
    const char *names[CLI_PLOT_KINDS], *wanted = r->asking.options.operands[0];
    for (size_t i = 0; i < CLI_PLOT_KINDS; i++) {
        names[i] = cli_plot_name(i);
        if (strcmp(names[i], wanted) == 0) {
            r->kind = (cli_plot_kind)i;
            return BNN_OK;
        }
    }
    return cli_unknown(err, BNN_E_USAGE, "plot: there is no figure", wanted, names, CLI_PLOT_KINDS);
}

static int plot_find_format(plot_request *r, bnn_error *err)
{
    static const char *const ends[] = {
        [BNN_FIGURE_SVG] = ".svg", [BNN_FIGURE_PDF] = ".pdf", [BNN_FIGURE_PNG] = ".png"};
    if (r->output == NULL || strcmp(r->output, "-") == 0)
        return BNN_OK;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends[i] != NULL && bnn_text_ends_with(r->output, ends[i])) {
            r->format = (bnn_figure_format)i;
            return BNN_OK;
        }
    return cli_usage(err, &cli_command_plot,
                     "-o names a file that ends in .svg, .pdf or .png, or is -, not \"%s\"",
                     r->output);
}

/* Epochs and layers have metrics of their own; whole runs have those of `compare`. */
static int plot_find_metric(plot_request *r, bnn_error *err)
{
    const bool of_runs = r->kind != CLI_PLOT_CURVES && r->kind != CLI_PLOT_TELEMETRY;
    const char *names[32];
    size_t n;
    const bnn_metric *all = bnn_run_metrics(&n);
    if (r->asking.by != NULL && r->kind != CLI_PLOT_EFFECTS && r->kind != CLI_PLOT_SEEDS)
        return cli_usage(err, &cli_command_plot, "--by is for effects and seeds");
    if (r->published != NULL && r->kind != CLI_PLOT_PARETO)
        return cli_usage(err, &cli_command_plot, "--published is for pareto");
    if (r->metric == NULL || !of_runs)
        return BNN_OK;
    for (size_t i = 0; i < n; i++)
        names[i] = all[i].name;
    r->asking.metric = bnn_run_metric(r->metric);
    return r->asking.metric != NULL
               ? BNN_OK
               : cli_unknown(err, BNN_E_USAGE, "plot: there is no metric", r->metric, names, n);
}

/* ---- the figure -------------------------------------------------------------------------- */

/* What others have published about the same, where that is asked for. */
static int plot_find_published(bnn_store *store, const plot_request *r, const cli_question *asked,
                               cli_published *out, bnn_error *err)
{
    bnn_arena *arena = r->asking.options.arena;
    cli_published all;
    const char *why = NULL;
    int status = r->published == NULL ? BNN_OK : cli_published_read(r->published, arena, &all, err);
    if (status == BNN_OK && r->published != NULL)
        status = cli_published_choose(store, &all, asked->experiment, asked->metric, arena, out,
                                      &why, err);
    if (status == BNN_OK && why != NULL)
        status = bnn_fail(err, BNN_E_USAGE, "plot: %s", why);
    return status;
}

static int plot_draw(bnn_store *store, const plot_request *r, bnn_drawing *out, bnn_error *err)
{
    const cli_options *options = &r->asking.options;
    cli_published published = {0};
    const cli_plot_wish wish = {.metric = r->metric,
                                .width = r->width,
                                .published = r->published != NULL ? &published : NULL};
    const char *experiment, *why = NULL;
    cli_compared compared;
    bnn_figure figure;
    int status = cli_asking_experiment(
        store, options, options->n_operands > 1 ? options->operands[1] : NULL, &experiment, err);
    if (status == BNN_OK && r->kind == CLI_PLOT_EFFECTS)
        status = cli_ask_and_judge(store, &r->asking, experiment, false, &compared, err);
    else if (status == BNN_OK)
        status = cli_ask(store, &r->asking, experiment, &compared, err);
    if (status != BNN_OK)
        return cli_asking_failed(&cli_command_plot, err);
    status = plot_find_published(store, r, &compared.asked, &published, err);
    if (status == BNN_OK)
        status =
            cli_plot_make(r->kind, store, &compared, &wish, options->arena, &figure, &why, err);
    if (status == BNN_OK && why != NULL)
        return bnn_fail(err, BNN_E_USAGE, "plot: %s", why);
    return status != BNN_OK ? status
                            : bnn_figures_draw(&figure, 1, r->format, options->arena, out, err);
}

/* The database outlives a slip of -o. */
static bool plot_is_database(const char *path, const char *db)
{
    struct stat one, other;
    return stat(path, &one) == 0 && stat(db, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

static int plot_deliver(const plot_request *r, const bnn_drawing *drawing, bnn_error *err)
{
    const cli_options *options = &r->asking.options;
    char count[BNN_SHORT_TEXT];
    const char *path = r->output != NULL
                           ? r->output
                           : bnn_arena_printf(options->arena, "%s.svg", cli_plot_name(r->kind));
    if (path == NULL)
        return bnn_no_memory(err);
    if (strcmp(path, "-") == 0)
        return fwrite(drawing->bytes, 1, drawing->n, stdout) == drawing->n
                   ? BNN_OK
                   : bnn_fail_errno(err, BNN_E_RESOURCE, "cannot write to stdout");
    if (plot_is_database(path, options->db))
        return bnn_fail(err, BNN_E_USAGE,
                        "plot: %s is the database, which would be lost; choose another name", path);
    const int status = bnn_file_deliver(path, drawing->bytes, drawing->n, err);
    if (status == BNN_OK && !options->quiet)
        printf("%s: %s bytes\n", path, bnn_count_text(drawing->n, count));
    return status;
}

static int run_plot(void *request, bnn_error *err)
{
    plot_request *r = request;
    bnn_store *store = NULL;
    bnn_drawing drawing = {0};
    int status = plot_find_kind(r, err);
    if (status == BNN_OK)
        status = plot_find_format(r, err);
    if (status == BNN_OK)
        status = plot_find_metric(r, err);
    if (status == BNN_OK)
        status = cli_store_open(&r->asking.options, &store, err);
    if (status == BNN_OK)
        status = plot_draw(store, r, &drawing, err);
    bnn_store_close(store);
    return status != BNN_OK ? status : plot_deliver(r, &drawing, err);
}

static const cli_option plot_options[] = {
    CLI_ROW("output", 'o', CLI_STRING, "FILE", plot_request, output,
            "FILE.svg, FILE.pdf or FILE.png (default FIGURE.svg); - is stdout, as SVG"),
    CLI_ROW("metric", 0, CLI_STRING, "METRIC", plot_request, metric,
            "effects, seeds, pareto: as `bnnrun compare`; curves: a metric of epochs\n"
            "(default validation_accuracy, else train_accuracy); telemetry: what was\n"
            "measured (default flips, else the first that there is)"),
    CLI_ASKING_BY,
    CLI_ASKING_NUMBERS,
    CLI_ROW("published", 0, CLI_STRING, "FILE.csv", plot_request, published,
            "pareto: beside, what others have published, from a table with the\n"
            "columns name, source, dataset, accuracy (in percent), protocol, and, as\n"
            "far as it is told, bytes, us, year; it is part of no verdict"),
    CLI_COUNT_ROW("width", "PIXELS", plot_request, width, 4000,
                  "default 720, 7.5 inches on paper; a narrow figure is made for phones"),
    {.name = "db", .help = "the database (BNNRUN_DB, else bnnrun.db)"},
    {.name = "quiet", .help = "say nothing"},
    {.name = NULL},
};

const cli_command cli_command_plot = {
    .name = "plot",
    .arguments = "FIGURE [EXPERIMENT]",
    .completion = "effects|seeds|curves|pareto|telemetry EXPERIMENT",
    .summary = "a figure of an experiment, as SVG, PDF or PNG",
    .notes =
        "  effects    the intervals of `bnnrun compare`, with the margin and the verdicts; an\n"
        "             arrow where one goes on beyond what is shown, far from most others\n"
        "  seeds      every run a dot, a row a config, lines between the runs of a seed\n"
        "  curves     a metric by epoch: each seed, their mean and its 95 % interval\n"
        "  pareto     accuracy over bytes and over microseconds, and what no other config beats in\n"
        "             both of a panel, and in all three at once\n"
        "  telemetry  what telemetry measured of each layer, by epoch\n"
        "\n"
        "EXPERIMENT: default, the one that was run last. The numbers are those of `bnnrun\n"
        "compare`. Figures are drawn by gnuplot 5.2 or newer, which has to be installed (Debian\n"
        "package gnuplot-nox). The SVG is dark where the reader's other windows are.\n",
    .options = plot_options,
    .examples = "  bnnrun plot effects ste_sweep -o effects.pdf\n"
                "  bnnrun plot seeds order_sweep --by ordering\n"
                "  bnnrun plot curves --metric train_loss --width 400\n"
                "  bnnrun plot pareto --published others.csv\n",
    .least = 1,
    .most = 2,
    .needs = "FIGURE is needed: effects, seeds, curves, pareto or telemetry",
    .surplus = "one FIGURE and one EXPERIMENT",
    .memory = BNN_SPEC_LIMIT_BYTES,
    .n_request = sizeof(plot_request),
    .values = &plot_values,
    .run = run_plot,
};
