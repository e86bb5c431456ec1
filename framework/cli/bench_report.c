#include "cli/bench_report.h"

#include "base/text.h"
#include "cli/text.h"
#include "runner/environment.h"

#include <math.h>
#include <string.h>

/* ---- Tables ---------------------------------------------------------------------------------- */

/* x with so many decimals and its unit; NULL, an empty cell, when it is no number. */
static const char *number_text(double x, int decimals, const char *unit, char out[CLI_TEXT_MAX])
{
    if (!isfinite(x))
        return NULL;
    snprintf(out, CLI_TEXT_MAX, "%.*f%s", decimals, x, unit);
    return out;
}

/* The columns of a table, and which of bench_others take part. */
typedef struct columns {
    bool exact; /* CSV: every column, with every digit */
    bool shows[BENCH_OTHERS];
} columns;

static int add_result(cli_table *table, const columns *layout, const bench_lineup *lineup,
                      const bench_contender *c, uint32_t i, bnn_error *err)
{
    const bench_time *t = &c->times[i];
    const int decimals = layout->exact ? 6 : 3;
    const double per_second = 1e9 / t->summary.median_ns;
    char batch[CLI_TEXT_MAX], text[4 + BENCH_OTHERS][CLI_TEXT_MAX];
    snprintf(batch, sizeof batch, "%u", lineup->batches[i]);
    const char *cells[7 + BENCH_OTHERS] = {
        c->name,
        c->engine,
        batch,
        number_text(t->summary.median_ns / 1e3, decimals, "", text[0]),
        number_text(t->summary.low_ns / 1e3, decimals, "", text[1]),
        number_text(t->summary.high_ns / 1e3, decimals, "", text[2]),
        layout->exact ? number_text(per_second, 3, "", text[3])
                      : bnn_count_text((uint64_t)per_second, text[3]),
    };
    size_t n = 7;
    for (size_t k = 0; k < BENCH_OTHERS; k++)
        if (layout->shows[k]) {
            const double times = bench_times_of(lineup, c, i, bench_others[k].name);
            cells[n++] = number_text(times, layout->exact ? 6 : 2, "", text[4 + k]);
        }
    return cli_table_row(table, cells, n, err);
}

static int add_report_columns(cli_table *table, const columns *layout, bnn_error *err)
{
    static const char *const names[] = {"contender", "engine",           "batch", "us", "low_us",
                                        "high_us",   "images_per_second"};
    bool failed = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        failed |= cli_table_column(table, names[i], i < 2 ? CLI_TEXT : CLI_NUMBER) != 0;
    for (size_t k = 0; k < BENCH_OTHERS; k++)
        if (layout->shows[k])
            failed |= cli_table_column(
                          table, layout->exact ? bench_others[k].column : bench_others[k].heading,
                          CLI_NUMBER) != 0;
    return failed ? bnn_no_memory(err) : BNN_OK;
}

static int print_results(const bench_lineup *lineup, const cli_options *options, bnn_error *err)
{
    columns layout = {.exact = options->csv};
    for (size_t k = 0; k < BENCH_OTHERS; k++)
        layout.shows[k] =
            layout.exact || bench_lineup_find(lineup, bench_others[k].name, NULL) != NULL;
    cli_table *table = cli_table_create();
    if (table == NULL)
        return bnn_no_memory(err);
    int status = add_report_columns(table, &layout, err);
    for (uint32_t i = 0; i < lineup->n_batches && status == BNN_OK; i++)
        for (size_t k = 0; k < lineup->n && status == BNN_OK; k++)
            status = add_result(table, &layout, lineup, &lineup->contenders[k], i, err);
    if (status == BNN_OK)
        cli_table_print(table, options, stdout);
    cli_table_destroy(table);
    return status;
}

static const char *arithmetic_text(const bnn_stage *stage)
{
    if (stage->integer_sums)
        return stage->inputs == BNN_VALUES_PIXELS ? "bits x pixels" : "bits x bits";
    return stage->binary_weights ? "bits x floats" : "floats";
}

static double total_ns(const bench_contender *c, uint32_t i)
{
    double sum = 0;
    for (uint32_t s = 0; s < c->model->n_stages; s++)
        sum += c->times[i].stage_ns[s];
    return sum;
}

/* The layers of a model beside those of its float form, at every batch. */
static int add_layers(cli_table *table, const bench_lineup *lineup, const bench_contender *c,
                      const bench_contender *floats, bnn_error *err)
{
    int status = BNN_OK;
    for (uint32_t i = 0; i < lineup->n_batches; i++)
        for (uint32_t s = 0; s < c->model->n_stages && status == BNN_OK; s++) {
            const bnn_stage *stage = &c->model->stages[s];
            const double ns = c->times[i].stage_ns[s];
            const double float_ns = floats == NULL ? NAN : floats->times[i].stage_ns[s];
            char text[7][CLI_TEXT_MAX];
            snprintf(text[0], sizeof text[0], "%u", lineup->batches[i]);
            const char *const cells[] = {
                text[0],
                stage->name,
                arithmetic_text(stage),
                number_text(ns / 1e3, 3, "", text[1]),
                number_text(100 * ns / total_ns(c, i), 1, " %", text[2]),
                number_text(float_ns / 1e3, 3, "", text[3]),
                floats == NULL
                    ? NULL
                    : number_text(100 * float_ns / total_ns(floats, i), 1, " %", text[4]),
                number_text(float_ns / ns, 1, "", text[5]),
            };
            status = cli_table_row(table, cells, sizeof cells / sizeof *cells, err);
        }
    return status;
}

static int print_layers(const bench_lineup *lineup, const bench_contender *c,
                        const bench_contender *floats, bnn_error *err)
{
    static const char *const names[] = {"batch", "layer",    "arithmetic",  "us",
                                        "share", "float_us", "float_share", "times"};
    cli_table *table = cli_table_create();
    if (table == NULL)
        return bnn_no_memory(err);
    int status = BNN_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names && status == BNN_OK; i++)
        if (cli_table_column(table, names[i], i == 1 || i == 2 ? CLI_TEXT : CLI_NUMBER) != 0)
            status = bnn_no_memory(err);
    if (status == BNN_OK)
        status = add_layers(table, lineup, c, floats, err);
    if (status == BNN_OK) {
        printf("\nlayers of %s (%s), with clocks between them\n", c->name, c->engine);
        cli_table_print(table, &(cli_options){0}, stdout);
    }
    cli_table_destroy(table);
    return status;
}

/* How far Amdahl's law lets it get ahead of the float form, and how far it is ahead of others. */
static void print_speedup(const bench_lineup *lineup, const bench_contender *binary,
                          const bench_contender *floats)
{
    static const char *const than[BENCH_OTHERS] = {
        NULL, "the full-precision twin", "onnxruntime on the model", "onnxruntime on the twin"};
    for (uint32_t i = 0; i < lineup->n_batches; i++) {
        const double ceiling = bench_times_ceiling(binary, floats, i);
        printf("%sbatch %u: %.2f times as fast as the float form; ", i == 0 ? "\n" : "",
               lineup->batches[i], bench_times_of(lineup, binary, i, "float"));
        if (isfinite(ceiling))
            printf("%.2f is the limit, as other layers have %.1f %% of that form's time\n", ceiling,
                   100 / ceiling);
        else
            printf("no limit, as all layers are binary\n");
        for (size_t k = 1; k < BENCH_OTHERS; k++) {
            const double times = bench_times_of(lineup, binary, i, bench_others[k].name);
            if (isfinite(times))
                printf("  %.2f times as fast as %s\n", times, than[k]);
        }
    }
}

static void print_head(const bench_lineup *lineup, const bench_machine *machine)
{
    const bench_subject *s = lineup->subject;
    char cpu[256], number[CLI_TEXT_MAX];
    if (s->run_uid != NULL)
        printf("run %s: %s\n", s->run_uid, s->run_text);
    printf("%s\n", s->path);
    if (s->twin_uid != NULL)
        printf("twin, trained in full precision: run %s: %s\n", s->twin_uid, s->twin_text);
    printf("%s", bnn_environment_cpu_model(cpu, sizeof cpu) ? cpu : "unknown CPU");
    if (machine->cpu < 0)
        printf(", not pinned");
    else
        printf(", on CPU %d", machine->cpu);
    if (machine->idle >= 0)
        printf(", which was idle %.0f %% of the time before", 100 * machine->idle);
    printf("\n%s images of %s in turn, %u rounds", bnn_count_text(s->n_images, number),
           s->images_name, lineup->n_rounds);
    if (machine->load_average >= 0)
        printf("; load %.2f before", machine->load_average);
    if (machine->co_runners > 0)
        printf("; up to %lld other thread%s ran beside on this machine",
               (long long)machine->co_runners, bnn_plural((size_t)machine->co_runners));
    printf("\n\n");
}

/* What a reader has to know before he believes the numbers. */
static void print_warnings(const bench_lineup *lineup)
{
    double share = 1;
    for (size_t k = 0; k < lineup->n; k++) {
        const bench_contender *c = &lineup->contenders[k];
        for (uint32_t i = 0; i < lineup->n_batches && c->executor->is_exact; i++)
            share = fmin(share, c->times[i].cpu_share);
        if (c->n_differing > 0)
            printf("%s gives another class than %s for %u of %u images, all of them near ties\n",
                   c->name, c->reference->name, c->n_differing, lineup->subject->n_images);
    }
    if (share < 0.9)
        printf("the CPU was not ours alone: a contender had it for %.0f %% of its time; medians of "
               "more --rounds help, a quiet machine helps more\n",
               100 * share);
}

static int print_report_text(const bench_lineup *lineup, const bench_machine *machine,
                             const cli_options *options, bnn_error *err)
{
    print_head(lineup, machine);
    int status = print_results(lineup, options, err);
    for (size_t k = 0; k < lineup->n && status == BNN_OK; k++) {
        const bench_contender *c = &lineup->contenders[k];
        const bench_contender *floats = bench_times_float_form(lineup, c);
        const bool alone =
            strcmp(c->name, "float") == 0 && bench_lineup_find(lineup, "binary", NULL) == NULL;
        if (floats != NULL || alone)
            status = print_layers(lineup, c, floats, err);
        if (floats != NULL && status == BNN_OK)
            print_speedup(lineup, c, floats);
    }
    print_warnings(lineup);
    return status;
}

int bench_report_print(const bench_lineup *lineup, const bench_machine *machine,
                       const cli_options *options, bnn_error *err)
{
    if (options->csv)
        return print_results(lineup, options, err);
    if (!options->json)
        return print_report_text(lineup, machine, options, err);
    bench_report_print_json(lineup, machine);
    return BNN_OK;
}
