#include "cli/evaluate.h"

#include "base/file.h"
#include "base/size.h"
#include "base/text.h"
#include "cli/options.h"
#include "cli/table.h"
#include "infer/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_IMAGES = 1024, TAKEN_FOR_MAX = 4 };

/* What came out. */
typedef struct cli_evaluated {
    const cli_evaluation *request;
    bnn_dataset data;
    uint32_t n_images, n_right;
    double accuracy;
    double recorded;  /* of the same images; NaN: there is none */
    uint32_t n;       /* classes */
    uint32_t *counts; /* [true class][class that was given] */
} cli_evaluated;

/* ---- counting ---------------------------------------------------------------------------- */

static int evaluate_open(cli_evaluated *e, bnn_error *err)
{
    const cli_evaluation *r = e->request;
    const bnn_stored_run *stored = &r->source->stored;
    /* Of a file: entries in the current folder count, as for a spec from a pipe. */
    const char *spec_path = r->source->is_of_run ? stored->spec_path : BNN_STDIN;
    bnn_data_options options = {.name = r->dataset};
    int status = BNN_OK;
    if (r->dataset == NULL)
        status = bnn_reload_data(stored, r->options->arena, &options, err);
    if (status == BNN_OK && r->dataset == NULL)
        status = cli_open_run_data(stored, &options, r->model->input, r->model->n_classes,
                                   r->download, r->options, &e->data, err);
    else if (status == BNN_OK)
        status = cli_open_data(&options, spec_path, r->download, r->options, &e->data, err);
    if (status != BNN_OK)
        return status;
    const bnn_shape has = e->data.shape, takes = r->model->input;
    if (has.c != takes.c || has.h != takes.h || has.w != takes.w)
        return bnn_fail(err, BNN_E_USAGE, "%s: images of %ux%ux%u, and the model takes %ux%ux%u",
                        e->data.name, has.c, has.h, has.w, takes.c, takes.h, takes.w);
    if (e->data.n_classes > r->model->n_classes)
        return bnn_fail(err, BNN_E_USAGE, "%s: %u classes, and the model knows %u", e->data.name,
                        e->data.n_classes, r->model->n_classes);
    return BNN_OK;
}

static int evaluate_count(cli_evaluated *e, bnn_error *err)
{
    const cli_evaluation *r = e->request;
    const size_t pixels = bnn_shape_values(e->data.shape);
    const uint32_t n_all = e->data.test.n;
    float *logits = calloc((size_t)BLOCK_IMAGES * e->n, sizeof *logits);
    e->counts = bnn_arena_alloc(r->options->arena, (size_t)e->n * e->n, sizeof *e->counts);
    e->n_images = r->limit > 0 && r->limit < n_all ? r->limit : n_all;
    for (uint32_t i = 0, n; logits != NULL && e->counts != NULL && i < e->n_images; i += n) {
        n = (uint32_t)bnn_size_smaller(BLOCK_IMAGES, e->n_images - i);
        bnn_model_run(r->model, n, e->data.test.pixels + i * pixels, logits, r->workspace);
        for (uint32_t k = 0; k < n; k++) {
            const uint32_t label = e->data.test.labels[i + k];
            const uint32_t given = bnn_model_class(r->model, logits + (size_t)k * e->n);
            e->counts[(size_t)label * e->n + given]++;
            e->n_right += given == label;
        }
    }
    const bool failed = logits == NULL || e->counts == NULL;
    free(logits);
    e->accuracy = (double)e->n_right / (double)e->n_images;
    e->recorded = r->dataset == NULL && e->n_images == n_all
                      ? r->source->stored.run.result.test_accuracy
                      : (double)NAN;
    return failed ? bnn_no_memory(err) : BNN_OK;
}

/* ---- a class ----------------------------------------------------------------------------- */

typedef struct evaluated_class {
    uint32_t n_images, n_given, n_right;
    double recall, precision; /* NaN: of nothing */
} evaluated_class;

/* How many images of the class `row` were given the class `column`. */
static uint32_t evaluate_at(const cli_evaluated *e, uint32_t row, uint32_t column)
{
    return e->counts[(size_t)row * e->n + column];
}

static evaluated_class evaluate_class(const cli_evaluated *e, uint32_t row)
{
    evaluated_class c = {.n_right = evaluate_at(e, row, row)};
    for (uint32_t i = 0; i < e->n; i++) {
        c.n_images += evaluate_at(e, row, i);
        c.n_given += evaluate_at(e, i, row);
    }
    c.recall = (double)c.n_right / c.n_images;
    c.precision = (double)c.n_right / c.n_given;
    return c;
}

/* "97.9", "100": four characters; nothing for NaN. */
static void evaluate_put_percent(cli_table *table, double part)
{
    if (isnan(part))
        cli_table_cell(table, NULL);
    else
        cli_table_cellf(table, part < 1 ? "%.1f" : "%.0f", fmin(100 * part, part < 1 ? 99.9 : 100));
}

/* ---- for programs ------------------------------------------------------------------------ */

static int evaluate_print_csv(const cli_evaluated *e, bnn_error *err)
{
    char name[CLI_TEXT_MAX];
    cli_table *table = cli_table_create("#class|#images|#right|#recall|#precision");
    for (uint32_t i = 0; i < e->n; i++) {
        snprintf(name, sizeof name, "predicted_%u", i);
        cli_table_column(table, name, CLI_NUMBER);
    }
    for (uint32_t row = 0; row < e->n; row++) {
        const evaluated_class c = evaluate_class(e, row);
        cli_table_put(table, json_integer(row));
        cli_table_put(table, json_integer(c.n_images));
        cli_table_put(table, json_integer(c.n_right));
        cli_table_put(table, cli_json_real(c.recall));
        cli_table_put(table, cli_json_real(c.precision));
        for (uint32_t i = 0; i < e->n; i++)
            cli_table_put(table, json_integer(evaluate_at(e, row, i)));
    }
    return cli_table_end(table, e->request->options, err);
}

static int evaluate_print_json(const cli_evaluated *e, bnn_error *err)
{
    const cli_model *source = e->request->source;
    json_t *classes = json_array(), *matrix = json_array();
    for (uint32_t row = 0; row < e->n; row++) {
        const evaluated_class c = evaluate_class(e, row);
        json_t *counts = json_array();
        for (uint32_t i = 0; i < e->n; i++)
            json_array_append_new(counts, json_integer(evaluate_at(e, row, i)));
        json_array_append_new(matrix, counts);
        json_array_append_new(classes, json_pack("{s:i, s:i, s:i, s:o, s:o}", "class", (int)row,
                                                 "images", (int)c.n_images, "right", (int)c.n_right,
                                                 "recall", cli_json_real(c.recall), "precision",
                                                 cli_json_real(c.precision)));
    }
    return cli_json_print(
        json_pack("{s:o, s:o, s:s, s:o, s:i, s:i, s:o, s:o, s:o, s:o}", "run",
                  cli_json_text(source->is_of_run ? source->stored.run.uid : NULL), "dataset",
                  cli_json_text(e->data.name), "dataset_sha256", e->data.sha256, "source",
                  cli_json_text(e->data.source), "images", (int)e->n_images, "right",
                  (int)e->n_right, "accuracy", cli_json_real(e->accuracy), "recorded_accuracy",
                  cli_json_real(e->recorded), "classes", classes, "confusion", matrix),
        err);
}

/* ---- for people -------------------------------------------------------------------------- */

/* The whole matrix, a row for each true class; zeros are points. */
static int evaluate_print_matrix(const cli_evaluated *e, bnn_error *err)
{
    char name[CLI_TEXT_MAX];
    cli_table *table = cli_table_create("#class");
    for (uint32_t i = 0; i < e->n; i++) {
        snprintf(name, sizeof name, "%u", i);
        cli_table_column(table, name, CLI_NUMBER);
    }
    cli_table_column(table, "recall %", CLI_NUMBER);
    for (uint32_t row = 0; row < e->n; row++) {
        cli_table_cellf(table, "%u", row);
        for (uint32_t i = 0; i < e->n; i++) {
            const uint32_t count = evaluate_at(e, row, i);
            cli_table_cellf(table, count > 0 ? "%u" : ".", count);
        }
        evaluate_put_percent(table, evaluate_class(e, row).recall);
    }
    cli_table_cell(table, "prec. %");
    for (uint32_t row = 0; row < e->n; row++)
        evaluate_put_percent(table, evaluate_class(e, row).precision);
    evaluate_put_percent(table, e->accuracy);
    printf("\nA row for each class, with what its images were taken for:\n");
    return cli_table_end(table, NULL, err);
}

/* "4 (12), 9 (3)": the classes that a class is mostly taken for. */
static const char *evaluate_taken_for(const cli_evaluated *e, uint32_t row, char text[CLI_TEXT_MAX])
{
    uint32_t before = UINT32_MAX, last = 0; /* what was named last, and how often it was given */
    text[0] = '\0';
    for (unsigned k = 0; k < TAKEN_FOR_MAX; k++) {
        uint32_t best = e->n, most = 0;
        for (uint32_t i = 0; i < e->n; i++) {
            const uint32_t count = evaluate_at(e, row, i);
            const bool is_later = count < before || (count == before && i > last);
            if (i != row && is_later && count > most) {
                best = i;
                most = count;
            }
        }
        if (best == e->n)
            break;
        const size_t used = strlen(text);
        snprintf(text + used, CLI_TEXT_MAX - used, "%s%u (%u)", k > 0 ? ", " : "", best, most);
        before = most;
        last = best;
    }
    return text;
}

/* Of a matrix that is too wide what matters. */
static int evaluate_print_list(const cli_evaluated *e, bnn_error *err)
{
    char text[CLI_TEXT_MAX];
    cli_table *table = cli_table_create("#class|#images|#recall %|#precision %|mostly taken for");
    for (uint32_t row = 0; row < e->n; row++) {
        const evaluated_class c = evaluate_class(e, row);
        cli_table_cellf(table, "%u", row);
        cli_table_cellf(table, "%u", c.n_images);
        evaluate_put_percent(table, c.recall);
        evaluate_put_percent(table, c.precision);
        cli_table_cell(table, evaluate_taken_for(e, row, text));
    }
    putchar('\n');
    return cli_table_end(table, NULL, err);
}

/* The columns of the matrix are as wide as their largest number. */
static bool evaluate_matrix_fits(const cli_evaluated *e)
{
    char number[CLI_TEXT_MAX];
    size_t wide = strlen("prec. %") + strlen("  recall %");
    for (uint32_t column = 0; column < e->n; column++) {
        uint32_t most = 1000; /* as wide as a precision */
        for (uint32_t i = 0; i < e->n; i++)
            most = (uint32_t)bnn_size_larger(most, evaluate_at(e, i, column));
        wide += 2 + (size_t)snprintf(number, sizeof number, "%u", most);
    }
    return wide <= cli_width(stdout);
}

static void evaluate_say_accuracy(const cli_evaluated *e, FILE *out)
{
    char right[BNN_SHORT_TEXT], all[BNN_SHORT_TEXT];
    fprintf(out, "accuracy %.2f %%: %s of %s%s\n", 100 * e->accuracy,
            bnn_count_text(e->n_right, right), bnn_count_text(e->n_images, all),
            e->accuracy == e->recorded ? ", as recorded" : "");
}

static int evaluate_print(const cli_evaluated *e, bnn_error *err)
{
    const cli_options *options = e->request->options;
    char all[BNN_SHORT_TEXT];
    int status = BNN_OK;
    if (options->json) {
        status = evaluate_print_json(e, err);
    } else if (options->csv) {
        status = evaluate_print_csv(e, err);
        evaluate_say_accuracy(e, stderr);
    } else {
        if (!options->quiet)
            printf("%s: %s test images, %s\n", e->data.name, bnn_count_text(e->n_images, all),
                   e->data.source);
        evaluate_say_accuracy(e, stdout);
        if (!options->quiet)
            status = evaluate_matrix_fits(e) ? evaluate_print_matrix(e, err)
                                             : evaluate_print_list(e, err);
    }
    if (status == BNN_OK && !isnan(e->recorded) && e->accuracy != e->recorded)
        return bnn_fail(err, BNN_E_FAILED,
                        "run %s: recorded are %.2f %%, and its model file comes to %.2f %%; "
                        "`bnnrun verify %s` looks closer",
                        e->request->source->stored.run.uid, 100 * e->recorded, 100 * e->accuracy,
                        e->request->source->stored.run.uid);
    return status;
}

int cli_evaluate(const cli_evaluation *request, bnn_error *err)
{
    cli_evaluated e = {.request = request, .n = request->model->n_classes};
    int status = evaluate_open(&e, err);
    if (status == BNN_OK)
        status = evaluate_count(&e, err);
    if (status == BNN_OK)
        status = evaluate_print(&e, err);
    bnn_dataset_close(&e.data);
    return status;
}
