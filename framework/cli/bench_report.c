#include "cli/bench_report.h"

#include "base/text.h"
#include "bench/engine.h"
#include "cli/table.h"
#include "export/stage_size.h"
#include "runner/environment.h"

#include <math.h>
#include <string.h>

/* ---- Tables ---------------------------------------------------------------------------------- */

/* x with so many decimals and its unit; an empty cell when it is no number. */
static void put_number(cli_table *table, double x, int decimals, const char *unit)
{
    if (isfinite(x))
        cli_table_cellf(table, "%.*f%s", decimals, x, unit);
    else
        cli_table_cell(table, NULL);
}

/* The bytes of a contender's model, which are those of our file; false of others. */
static bool contender_bytes(const bench_contender *c, bnn_model_bytes *out)
{
    if (c->executor->is_exact)
        *out = bnn_modelfile_bytes(c->model);
    return c->executor->is_exact;
}

enum { BYTE_COLUMNS = 3 };

static const char *const byte_columns[BYTE_COLUMNS] = {"weight_bytes", "bare_bytes", "file_bytes"};

/* Those of the columns; null of others. */
static json_t *bytes_json(const bench_contender *c, size_t k)
{
    bnn_model_bytes bytes = {0};
    const bool known = contender_bytes(c, &bytes);
    const uint64_t all[BYTE_COLUMNS] = {bytes.weights, bytes.bare, bytes.file};
    return known ? json_integer((json_int_t)all[k]) : json_null();
}

/* Whether one of bench_others has a column: in CSV (exact) each, with every digit. */
static bool shows_other(const bench_lineup *lineup, bool exact, size_t k)
{
    return exact || bench_lineup_find(lineup, bench_others[k].name, NULL) != NULL;
}

static void put_result(cli_table *table, bool exact, const bench_lineup *lineup,
                       const bench_contender *c, uint32_t i)
{
    const bnn_store_bench_result *s = &c->times[i];
    const double us[] = {s->median_ns / 1e3, s->low_ns / 1e3, s->high_ns / 1e3};
    char count[CLI_TEXT_MAX];
    /* To people its version alone: the contender is called like it, and the line is long. */
    const char *version =
        exact || strncmp(c->engine, "onnxruntime ", 12) != 0 ? NULL : c->engine + 12;
    cli_table_cell(table, c->name);
    cli_table_cell(table, version != NULL ? version : c->engine);
    cli_table_cellf(table, "%u", lineup->batches[i]);
    for (size_t k = 0; k < sizeof us / sizeof *us; k++)
        put_number(table, us[k], exact ? 6 : 3, "");
    if (exact)
        put_number(table, 1e9 / s->median_ns, 3, "");
    else
        cli_table_cell(table, bnn_count_text((uint64_t)(1e9 / s->median_ns), count));
    for (size_t k = 0; k < BENCH_OTHERS; k++)
        if (shows_other(lineup, exact, k))
            put_number(table, bench_times_of(lineup, c, i, bench_others[k].name), exact ? 6 : 2,
                       "");
    for (size_t k = 0; exact && k < BYTE_COLUMNS; k++)
        cli_table_put(table, bytes_json(c, k));
}

static int print_results(const bench_lineup *lineup, const cli_options *options, bnn_error *err)
{
    const bool exact = options->csv;
    cli_table *table =
        cli_table_create(exact ? "contender|engine|#batch|#us|#low_us|#high_us|#images_per_second"
                               : "contender|engine|#batch|#us|#low us|#high us|#images/s");
    for (size_t k = 0; k < BENCH_OTHERS; k++)
        if (shows_other(lineup, exact, k))
            cli_table_column(table, exact ? bench_others[k].column : bench_others[k].heading,
                             CLI_NUMBER);
    for (size_t k = 0; exact && k < BYTE_COLUMNS; k++)
        cli_table_column(table, byte_columns[k], CLI_NUMBER);
    for (uint32_t i = 0; i < lineup->n_batches; i++)
        for (size_t k = 0; k < lineup->n; k++)
            put_result(table, exact, lineup, &lineup->contenders[k], i);
    return cli_table_end(table, options, err);
}

static double total_ns(const bnn_store_bench_result *result)
{
    double sum = 0;
    for (size_t s = 0; s < result->n_layers; s++)
        sum += result->layers[s].median_ns;
    return sum;
}

/* The layers of a model beside those of its float form (or NULL), at every batch. */
static int print_layers(const bench_lineup *lineup, const bench_contender *c,
                        const bench_contender *floats, bnn_error *err)
{
    cli_table *table =
        cli_table_create("#batch|layer|arithmetic|#us|#share|#float_us|#float_share|#times");
    for (uint32_t i = 0; i < lineup->n_batches; i++)
        for (uint32_t s = 0; s < c->model->n_stages; s++) {
            const double ns = c->times[i].layers[s].median_ns;
            const double float_ns = floats == NULL ? NAN : floats->times[i].layers[s].median_ns;
            const double all_float_ns = floats == NULL ? NAN : total_ns(&floats->times[i]);
            cli_table_cellf(table, "%u", lineup->batches[i]);
            cli_table_cell(table, c->model->stages[s].op.name);
            cli_table_cell(table, bnn_engine_contender_arithmetic(c->state, s));
            put_number(table, ns / 1e3, 3, "");
            put_number(table, 100 * ns / total_ns(&c->times[i]), 1, " %");
            put_number(table, float_ns / 1e3, 3, "");
            put_number(table, 100 * float_ns / all_float_ns, 1, " %");
            put_number(table, float_ns / ns, 1, "");
        }
    printf("\nlayers of ");
    cli_print_clean(c->name, strlen(c->name));
    printf(" (%s), with clocks between them\n", c->engine);
    return cli_table_end(table, NULL, err);
}

/* How far Amdahl's law lets it get ahead of the float form, and how far it is ahead of others. */
static void print_speedup(const bench_lineup *lineup, const bench_contender *binary,
                          const bench_contender *floats)
{
    for (uint32_t i = 0; i < lineup->n_batches; i++) {
        const double ceiling = bench_times_ceiling(binary, floats, i);
        printf("%sbatch %u: %.2f times as fast as the float form; ", i == 0 ? "\n" : "",
               lineup->batches[i], bench_times_of(lineup, binary, i, "float"));
        if (isfinite(ceiling))
            printf("%.2f is the limit, as other layers have %.1f %% of that form's time\n", ceiling,
                   100 / ceiling);
        else
            printf("no limit, as no layer has floats\n");
        for (size_t k = 1; k < BENCH_OTHERS; k++) {
            const double times = bench_times_of(lineup, binary, i, bench_others[k].name);
            if (isfinite(times))
                printf("  %.2f times as fast as %s\n", times, bench_others[k].words);
        }
    }
}

/* A label may be anybody's. */
static void print_run(const char *before, const char *uid, const char *text)
{
    printf("%srun %s: ", before, uid);
    cli_print_clean(text, strlen(text));
    putchar('\n');
}

void bench_print_machine(const bnn_store_bench *b)
{
    char cpu[BNN_CPU_MODEL], number[CLI_TEXT_MAX];
    printf("%s", bnn_environment_cpu_model(cpu) != NULL ? cpu : "unknown CPU");
    if (b->cpu < 0)
        printf(", not pinned");
    else
        printf(", on CPU %d", b->cpu);
    if (b->idle >= 0)
        printf(", which was idle %.0f %% of the time before", 100 * b->idle);
    printf("\n%s images of %s in turn, %u rounds", bnn_count_text(b->n_images, number), b->images,
           b->n_rounds);
    if (b->load_average >= 0)
        printf("; load %.2f before", b->load_average);
    if (b->co_runners > 0)
        printf("; up to %lld other thread%s ran beside on this machine", (long long)b->co_runners,
               bnn_plural((size_t)b->co_runners));
    printf("\n\n");
}

static void print_head(const bench_lineup *lineup)
{
    const bnn_store_bench *b = &lineup->record;
    if (b->run_uid != NULL)
        print_run("", b->run_uid, lineup->run_text);
    cli_print_clean(b->model, strlen(b->model));
    putchar('\n');
    if (b->twin_uid != NULL)
        print_run("twin, trained in full precision: ", b->twin_uid, lineup->twin_text);
    bench_print_machine(b);
}

void bench_print_share(double share)
{
    if (share < 0.9)
        printf("the CPU was not ours alone: a contender had it for %.0f %% of its time; medians of "
               "more --rounds help, a quiet machine helps more\n",
               100 * share);
}

/* Of each of our contenders, once for all engines. */
static void print_bytes(const bench_lineup *lineup)
{
    char weights[CLI_TEXT_MAX], bare[CLI_TEXT_MAX], file[CLI_TEXT_MAX];
    bnn_model_bytes bytes;
    for (size_t k = 0; k < lineup->n; k++) {
        const bench_contender *c = &lineup->contenders[k];
        if (bench_lineup_find(lineup, c->name, NULL) != c || !contender_bytes(c, &bytes))
            continue;
        printf("%s: %s bytes of weights, %s in a bare file, %s in its file\n", c->name,
               bnn_count_text(bytes.weights, weights), bnn_count_text(bytes.bare, bare),
               bnn_count_text(bytes.file, file));
    }
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
                   c->name, c->reference->name, c->n_differing, lineup->record.n_images);
    }
    bench_print_share(share);
}

static int print_report_text(const bench_lineup *lineup, const cli_options *options, bnn_error *err)
{
    print_head(lineup);
    int status = print_results(lineup, options, err);
    if (status == BNN_OK) {
        putchar('\n');
        print_bytes(lineup);
    }
    for (size_t k = 0; k < lineup->n && status == BNN_OK; k++) {
        const bench_contender *c = &lineup->contenders[k];
        const bench_contender *floats = bench_times_float_form(lineup, c);
        const bool alone =
            strcmp(c->name, "gates") == 0 ||
            (strcmp(c->name, "float") == 0 && bench_lineup_find(lineup, "binary", NULL) == NULL &&
             bench_lineup_find(lineup, "integer", NULL) == NULL);
        if (floats != NULL || alone)
            status = print_layers(lineup, c, floats, err);
        if (floats != NULL && status == BNN_OK)
            print_speedup(lineup, c, floats);
    }
    print_warnings(lineup);
    return status;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* What is not known, or has no end, is null. */
static json_t *number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *known_or_null(double x)
{
    return x < 0 ? json_null() : number_or_null(x);
}

static json_t *us_json(double ns)
{
    return number_or_null(ns / 1e3);
}

static json_t *layers_json(const bnn_store_bench_result *r)
{
    if (r->layers == NULL)
        return json_null();
    json_t *layers = json_array();
    for (size_t s = 0; s < r->n_layers; s++)
        json_array_append_new(layers, json_pack("{s:o, s:b, s:o}", "layer",
                                                cli_json_text(r->layers[s].name), "integer_sums",
                                                r->layers[s].integer_sums, "us",
                                                us_json(r->layers[s].median_ns)));
    return layers;
}

static json_t *result_json(const bench_lineup *lineup, const bench_contender *c, uint32_t i)
{
    const bnn_store_bench_result *r = &c->times[i];
    json_t *result =
        json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "contender", c->name,
                  "engine", c->engine, "batch", (json_int_t)r->batch, "us", us_json(r->median_ns),
                  "low_us", us_json(r->low_ns), "high_us", us_json(r->high_ns), "min_us",
                  us_json(r->min_ns), "max_us", us_json(r->max_ns), "images_per_second",
                  number_or_null(1e9 / r->median_ns), "cpu_share", number_or_null(r->cpu_share));
    for (size_t k = 0; k < BENCH_OTHERS; k++)
        json_object_set_new(result, bench_others[k].column,
                            number_or_null(bench_times_of(lineup, c, i, bench_others[k].name)));
    for (size_t k = 0; k < BYTE_COLUMNS; k++)
        json_object_set_new(result, byte_columns[k], bytes_json(c, k));
    json_object_set_new(result, "differing_classes", json_integer(c->n_differing));
    json_object_set_new(result, "layers", layers_json(r));
    return result;
}

/* For each engine and batch: how fast it is, and how fast it could be at most. */
static json_t *amdahl_json(const bench_lineup *lineup)
{
    json_t *list = json_array();
    for (size_t k = 0; k < lineup->n; k++) {
        const bench_contender *c = &lineup->contenders[k];
        const bench_contender *floats = bench_times_float_form(lineup, c);
        for (uint32_t i = 0; floats != NULL && i < lineup->n_batches; i++)
            json_array_append_new(
                list, json_pack("{s:s, s:I, s:o, s:o}", "engine", c->engine, "batch",
                                (json_int_t)lineup->batches[i], "measured",
                                number_or_null(bench_times_of(lineup, c, i, "float")), "ceiling",
                                number_or_null(bench_times_ceiling(c, floats, i))));
    }
    return list;
}

json_t *bench_machine_json(const bnn_store_bench *b)
{
    char cpu_model[BNN_CPU_MODEL];
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "cpu_model",
                     cli_json_text(bnn_environment_cpu_model(cpu_model)), "cpu",
                     b->cpu < 0 ? json_null() : json_integer(b->cpu), "idle",
                     known_or_null(b->idle), "load_average", known_or_null(b->load_average),
                     "co_runners", b->co_runners < 0 ? json_null() : json_integer(b->co_runners));
}

static int print_report_json(const bench_lineup *lineup, bnn_error *err)
{
    const bnn_store_bench *b = &lineup->record;
    json_t *results = json_array();
    for (uint32_t i = 0; i < lineup->n_batches; i++)
        for (size_t k = 0; k < lineup->n; k++)
            json_array_append_new(results, result_json(lineup, &lineup->contenders[k], i));
    json_t *all = json_pack("{s:o, s:o, s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:o}", "run",
                            cli_json_text(b->run_uid), "model", cli_json_text(b->model),
                            "model_sha256", b->model_sha256, "twin", cli_json_text(b->twin_uid),
                            "images", cli_json_text(b->images), "n_images", (json_int_t)b->n_images,
                            "rounds", (json_int_t)b->n_rounds, "machine", bench_machine_json(b),
                            "results", results, "amdahl", amdahl_json(lineup));
    return cli_json_print(all, err);
}

int bench_report_print(const bench_lineup *lineup, const cli_options *options, bnn_error *err)
{
    if (options->csv)
        return print_results(lineup, options, err);
    if (!options->json)
        return print_report_text(lineup, options, err);
    return print_report_json(lineup, err);
}
