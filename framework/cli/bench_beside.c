#include "cli/bench_beside.h"

#include "base/text.h"
#include "cli/bench_report.h"
#include "export/stage_size.h"
#include "infer/modelfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BESIDE_IMAGES = 1000 /* at least */, BESIDE_KIND = 64 };

/* A model of the table. */
typedef struct beside_row {
    cli_model found;
    const char *name; /* of the file, or the run */
    char kind[BESIDE_KIND];
    uint32_t n_gates;
    bnn_model_bytes bytes;
    double recorded; /* accuracy that the file tells of itself; NaN: none */
} beside_row;

typedef struct beside_table {
    bench_lineup *lineup;
    const bnn_engine *engine;
    const cli_options *options;
    size_t n;
    beside_row rows[BENCH_BESIDE_MAX];
    bench_beside models[BENCH_BESIDE_MAX];
    uint32_t small, large; /* of the batches, the smallest and the largest */
} beside_table;

/* ---- what they are --------------------------------------------------------------------------- */

/* The layers with weights, by what these are. */
typedef struct beside_layers {
    uint32_t n, n_binary, n_bits; /* n_bits: whose sums are integers, too */
    uint32_t levels;              /* of the widest codes that are no bits; 0: there are none */
} beside_layers;

static void beside_count_layers(const bnn_model *model, beside_row *row, beside_layers *out)
{
    *out = (beside_layers){0};
    for (uint32_t i = 0; i < model->n_stages; i++) {
        const bnn_stage *stage = &model->stages[i];
        if (stage->logic != NULL)
            row->n_gates += stage->logic->n_gates;
        if (stage->logic != NULL || stage->op.type == BNN_LOWER_IDENTITY)
            continue;
        out->n++;
        out->n_binary += stage->op.binary_weights;
        out->n_bits += stage->integer_sums;
        if (bnn_codes_are_digits(stage->op.codes) &&
            bnn_codes_levels(stage->op.codes) > out->levels)
            out->levels = bnn_codes_levels(stage->op.codes);
    }
}

/* What a reader would call the network. */
static void beside_name_kind(const bnn_model *model, beside_row *row)
{
    beside_layers layers;
    char *kind = row->kind;
    beside_count_layers(model, row, &layers);
    if (bnn_model_logic(model) != NULL)
        snprintf(kind, BESIDE_KIND, "%u gates%s", row->n_gates,
                 layers.n_bits > 0 ? " and binary layers"
                 : layers.n > 0    ? " and float layers"
                                   : "");
    else if (layers.n_bits > 0 && layers.n_bits < layers.n)
        snprintf(kind, BESIDE_KIND, "binary in %u of %u layers", layers.n_bits, layers.n);
    else if (layers.n_bits > 0 || layers.n_binary > 0)
        snprintf(kind, BESIDE_KIND, layers.n_bits > 0 ? "binary" : "binary weights");
    else if (layers.levels > 0)
        snprintf(kind, BESIDE_KIND, "weights of up to %u levels", layers.levels);
    else
        snprintf(kind, BESIDE_KIND, "floats");
}

static double beside_recorded(const bnn_model *model)
{
    for (uint32_t i = 0; i < model->n_metadata; i++)
        if (strcmp(model->metadata[i].key, "accuracy") == 0) {
            char *end;
            const double x = strtod(model->metadata[i].value, &end);
            return *end == '\0' && x >= 0 && x <= 1 ? x : (double)NAN;
        }
    return NAN;
}

static int beside_open_model(beside_table *t, size_t k, bnn_error *err)
{
    beside_row *row = &t->rows[k];
    bnn_model *model;
    int status = cli_find_model(t->options->operands[k], t->options, &row->found, err);
    if (status == BNN_OK && row->found.path == NULL)
        status = cli_fail_without_model(&row->found.stored, t->options, err);
    if (status == BNN_OK)
        status = bnn_modelfile_read(row->found.path, t->lineup->arena, &model, err);
    if (status != BNN_OK)
        return status;
    t->models[k].model = model;
    row->name = row->found.is_of_run ? row->found.stored.run.uid : row->found.path;
    row->bytes = bnn_modelfile_bytes(model);
    row->recorded = beside_recorded(model);
    beside_name_kind(model, row);
    const bnn_shape a = t->models[0].model->input, b = model->input;
    if (a.c != b.c || a.h != b.h || a.w != b.w)
        return bnn_fail(
            err, BNN_E_USAGE,
            "bench: %s takes images of %ux%ux%u, and %s of %ux%ux%u; side by side stand "
            "models of the same images",
            t->rows[0].name, a.c, a.h, a.w, row->name, b.c, b.h, b.w);
    return BNN_OK;
}

/* The images of --data; else the test images of the first run among the models; else digits that are drawn. */
static int beside_open_images(beside_table *t, const char *data, bnn_error *err)
{
    bench_lineup *lineup = t->lineup;
    const bnn_stored_run *of = NULL;
    for (size_t k = 0; k < t->n; k++) {
        const bnn_stored_run *stored = &t->rows[k].found.stored;
        if (!t->rows[k].found.is_of_run)
            continue;
        if (of != NULL && strcmp(of->dataset_sha256, stored->dataset_sha256) != 0 && data == NULL)
            return bnn_fail(
                err, BNN_E_USAGE,
                "bench: run %s was tested on %s, run %s on other data; name the images of "
                "both with --data",
                of->run.uid, of->dataset_name, stored->run.uid);
        of = of == NULL ? stored : of;
    }
    lineup->model = t->models[0].model;
    lineup->whole = true;
    lineup->record.n_images = BESIDE_IMAGES;
    for (uint32_t i = 0; i < lineup->n_batches; i++)
        if (lineup->batches[i] > lineup->record.n_images)
            lineup->record.n_images = lineup->batches[i];
    if (data != NULL)
        return bench_images_read(lineup, data, err);
    if (of == NULL)
        return bench_images_draw(lineup, err);
    const bnn_data_search search = {.catalogue = cli_catalogue_path(of->spec_path)};
    bnn_data_options options;
    lineup->record.run_uid = of->run.uid;
    const int status = bnn_reload_data(of, lineup->arena, &options, err);
    return status != BNN_OK ? status : bench_images_open(lineup, &options, &search, err);
}

/* ---- as a table ------------------------------------------------------------------------------ */

/* Of the test images; where there are none with labels, what the file tells of itself. */
static double beside_accuracy(const beside_table *t, size_t k)
{
    const uint32_t n = t->lineup->n_labels;
    return n > 0 ? (double)t->models[k].n_right / n : t->rows[k].recorded;
}

static void beside_put_number(cli_table *table, double x, int decimals)
{
    if (isfinite(x))
        cli_table_cellf(table, "%.*f", decimals, x);
    else
        cli_table_cell(table, NULL);
}

static void beside_put_count(cli_table *table, double x)
{
    char text[BNN_SHORT_TEXT];
    cli_table_cell(table, bnn_count_text((uint64_t)x, text));
}

static int beside_print_table(const beside_table *t, bnn_error *err)
{
    const bench_lineup *lineup = t->lineup;
    char large[BNN_SHORT_TEXT];
    char *columns = bnn_arena_printf(
        lineup->arena, "model|network|#test %%|#file|#RAM|#us, %u|#images/s, %s",
        lineup->batches[t->small], bnn_count_text(lineup->batches[t->large], large));
    if (columns == NULL)
        return bnn_no_memory(err);
    cli_table *table = cli_table_create(columns);
    for (size_t k = 0; k < t->n; k++) {
        const bench_beside *m = &t->models[k];
        cli_table_cell(table, t->rows[k].name);
        cli_table_cell(table, t->rows[k].kind);
        beside_put_number(table, 100 * beside_accuracy(t, k), 2);
        beside_put_count(table, (double)t->rows[k].bytes.file);
        beside_put_count(table, (double)m->ram_bytes);
        beside_put_number(table, m->times[t->small].ns.median_ns / 1e3, 3);
        beside_put_count(table, 1e9 / m->times[t->large].ns.median_ns);
    }
    return cli_table_end(table, NULL, err);
}

/* "0.58 [0.57, 0.60]" */
static void beside_print_ratio(const bench_beside_times *times)
{
    printf("%.3g [%.3g, %.3g]", times->times_first, times->low_times_first,
           times->high_times_first);
}

/* One of them beside the first. */
static void beside_print_choice(const beside_table *t, size_t k)
{
    const bench_beside *m = &t->models[k];
    const uint32_t small = t->lineup->batches[t->small], large = t->lineup->batches[t->large];
    char gained[BNN_SHORT_TEXT], lost[BNN_SHORT_TEXT], n[BNN_SHORT_TEXT];
    cli_print_clean(t->rows[k].name, strlen(t->rows[k].name));
    printf(": ");
    beside_print_ratio(&m->times[t->small]);
    printf(" times as fast at %u image%s", small, bnn_plural(small));
    if (large > small) {
        printf(", ");
        beside_print_ratio(&m->times[t->large]);
        printf(" at %s", bnn_count_text(large, n));
    }
    if (t->lineup->n_labels > 0)
        printf("; of %s images it gains %s and loses %s", bnn_count_text(t->lineup->n_labels, n),
               bnn_count_text(m->n_gained, gained), bnn_count_text(m->n_lost, lost));
    putchar('\n');
}

static int beside_print_text(const beside_table *t, bnn_error *err)
{
    for (size_t k = 0; k < t->n; k++)
        if (t->rows[k].found.is_of_run) {
            const bnn_stored_run *stored = &t->rows[k].found.stored;
            printf("run %s: ", stored->run.uid);
            cli_print_clean(stored->experiment, strlen(stored->experiment));
            printf(", ");
            cli_print_clean(stored->label, strlen(stored->label));
            printf(", seed %lld\n", (long long)stored->run.seed);
        }
    bench_print_machine(&t->lineup->record);
    const int status = beside_print_table(t, err);
    if (status != BNN_OK)
        return status;
    if (t->lineup->n_labels == 0)
        printf("test %%: as the files tell it of themselves; --data names images with labels\n");
    printf("\nBeside the first, in the same rounds (median [quartiles]); %s:\n", t->engine->name);
    for (size_t k = 1; k < t->n; k++)
        beside_print_choice(t, k);
    double share = 1;
    for (size_t k = 0; k < t->n; k++)
        for (uint32_t i = 0; i < t->lineup->n_batches; i++)
            share = fmin(share, t->models[k].times[i].cpu_share);
    bench_print_share(share);
    return BNN_OK;
}

/* ---- for programs ------------------------------------------------------------------------------ */

static json_t *beside_number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *beside_times_json(const beside_table *t, size_t k)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < t->lineup->n_batches; i++) {
        const bench_beside_times *times = &t->models[k].times[i];
        json_array_append_new(list,
                              json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "batch",
                                        (json_int_t)t->lineup->batches[i], "us",
                                        beside_number(times->ns.median_ns / 1e3), "low_us",
                                        beside_number(times->ns.low_ns / 1e3), "high_us",
                                        beside_number(times->ns.high_ns / 1e3), "images_per_second",
                                        beside_number(1e9 / times->ns.median_ns), "times_first",
                                        beside_number(times->times_first), "low_times_first",
                                        beside_number(times->low_times_first), "high_times_first",
                                        beside_number(times->high_times_first), "cpu_share",
                                        beside_number(times->cpu_share)));
    }
    return list;
}

static json_t *beside_model_json(const beside_table *t, size_t k)
{
    const beside_row *row = &t->rows[k];
    const bench_beside *m = &t->models[k];
    const bool labelled = t->lineup->n_labels > 0;
    return json_pack(
        "{s:o, s:o, s:s, s:I, s:o, s:b, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "model",
        cli_json_text(row->found.path), "run",
        cli_json_text(row->found.is_of_run ? row->name : NULL), "network", row->kind, "gates",
        (json_int_t)row->n_gates, "test_accuracy", beside_number(beside_accuracy(t, k)),
        "measured_accuracy", labelled, "file_bytes", (json_int_t)row->bytes.file, "bare_bytes",
        (json_int_t)row->bytes.bare, "weight_bytes", (json_int_t)row->bytes.weights, "ram_bytes",
        (json_int_t)m->ram_bytes, "gained_images",
        labelled ? json_integer(m->n_gained) : json_null(), "lost_images",
        labelled ? json_integer(m->n_lost) : json_null(), "times", beside_times_json(t, k));
}

static int beside_print_json(const beside_table *t, bnn_error *err)
{
    const bnn_store_bench *b = &t->lineup->record;
    json_t *models = json_array();
    for (size_t k = 0; k < t->n; k++)
        json_array_append_new(models, beside_model_json(t, k));
    return cli_json_print(json_pack("{s:o, s:I, s:I, s:I, s:s, s:o, s:o}", "images",
                                    cli_json_text(b->images), "n_images", (json_int_t)b->n_images,
                                    "n_labels", (json_int_t)t->lineup->n_labels, "rounds",
                                    (json_int_t)b->n_rounds, "engine", t->engine->name, "machine",
                                    bench_machine_json(b), "models", models),
                          err);
}

/* A row a model and batch, every digit. */
static int beside_print_csv(const beside_table *t, bnn_error *err)
{
    cli_table *table = cli_table_create(
        "model|network|#test_accuracy|#file_bytes|#bare_bytes|#ram_bytes|#batch|#us|#low_us|#high_us|"
        "#images_per_second|#times_first|#low_times_first|#high_times_first|#weight_bytes");
    for (size_t k = 0; k < t->n; k++)
        for (uint32_t i = 0; i < t->lineup->n_batches; i++) {
            const bench_beside_times *times = &t->models[k].times[i];
            cli_table_cell(table, t->rows[k].name);
            cli_table_cell(table, t->rows[k].kind);
            beside_put_number(table, beside_accuracy(t, k), 6);
            cli_table_put(table, json_integer((json_int_t)t->rows[k].bytes.file));
            cli_table_put(table, json_integer((json_int_t)t->rows[k].bytes.bare));
            cli_table_cellf(table, "%zu", t->models[k].ram_bytes);
            cli_table_cellf(table, "%u", t->lineup->batches[i]);
            beside_put_number(table, times->ns.median_ns / 1e3, 6);
            beside_put_number(table, times->ns.low_ns / 1e3, 6);
            beside_put_number(table, times->ns.high_ns / 1e3, 6);
            beside_put_number(table, 1e9 / times->ns.median_ns, 3);
            beside_put_number(table, times->times_first, 6);
            beside_put_number(table, times->low_times_first, 6);
            beside_put_number(table, times->high_times_first, 6);
            cli_table_put(table, json_integer((json_int_t)t->rows[k].bytes.weights));
        }
    return cli_table_end(table, t->options, err);
}

/* ---- all of it ------------------------------------------------------------------------------- */

int cli_bench_beside(bench_lineup *lineup, const bnn_engine *engine, const char *data,
                     const cli_options *options, bnn_error *err)
{
    cpu_set_t allowed;
    beside_table *t = bnn_arena_alloc(lineup->arena, 1, sizeof *t);
    if (t == NULL)
        return bnn_no_memory(err);
    *t = (beside_table){
        .lineup = lineup, .engine = engine, .options = options, .n = (size_t)options->n_operands};
    for (uint32_t i = 1; i < lineup->n_batches; i++) {
        t->small = lineup->batches[i] < lineup->batches[t->small] ? i : t->small;
        t->large = lineup->batches[i] > lineup->batches[t->large] ? i : t->large;
    }
    int status = BNN_OK;
    for (size_t k = 0; k < t->n && status == BNN_OK; k++)
        status = beside_open_model(t, k, err);
    if (status == BNN_OK)
        status = beside_open_images(t, data, err);
    if (status != BNN_OK)
        return status;
    bench_machine_pin(&lineup->record, &allowed);
    status = bench_beside_measure(lineup, engine, t->models, t->n, err);
    bench_machine_unpin(&lineup->record, &allowed);
    if (status != BNN_OK)
        return status;
    return options->json  ? beside_print_json(t, err)
           : options->csv ? beside_print_csv(t, err)
                          : beside_print_text(t, err);
}
