/* predict.c - bnnrun predict: classifies pictures with a model. */
#include "base/size.h"
#include "base/text.h"
#include "cli/images.h"
#include "cli/operand.h"
#include "cli/options.h"
#include "infer/model.h"

#include <math.h>
#include <stdlib.h>

enum { TOP = 3 };

/* What was asked for, and what has been answered so far. */
typedef struct prediction {
    cli_options options;
    bool invert;
    uint32_t limit; /* images of an IDX file; 0: all */
    const char *labels_path;
    bnn_model *model;
    void *workspace;
    size_t n_files;
    cli_images *files; /* [n_files] */
    uint32_t n_images; /* in all files */
    uint8_t *labels;   /* [n_images], or NULL */
    uint32_t n_answered, n_right;
    cli_table *table;
} prediction;

/* ---- answers ----------------------------------------------------------------------------- */

/* The classes of the largest logits, largest first; of equal ones the first, as bnn_model_class
 * says. */
static void rank_classes(const float *logits, uint32_t n, uint32_t n_ranks, uint32_t *classes)
{
    for (uint32_t i = 0; i < n_ranks; i++) {
        uint32_t best = n;
        for (uint32_t c = 0; c < n; c++) {
            bool is_taken = false;
            for (uint32_t j = 0; j < i; j++)
                is_taken |= classes[j] == c;
            if (!is_taken && (best == n || logits[c] > logits[best]))
                best = c;
        }
        classes[i] = best;
    }
}

/* Softmax: what the logits would mean if the network were well calibrated. */
static double class_probability(const float *logits, uint32_t n, uint32_t largest, uint32_t c)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += exp((double)logits[i] - (double)logits[largest]);
    return exp((double)logits[c] - (double)logits[largest]) / sum;
}

static void put_class(prediction *p, uint32_t c, double probability)
{
    cli_table_cellf(p->table, "%u", c);
    if (p->options.json || p->options.csv)
        cli_table_cellf(p->table, "%.6g", probability);
    else
        cli_table_cellf(p->table, "%.1f %%", 100 * probability);
}

/* "7" and, for a reader, whether that is the class. */
static void put_label(prediction *p, uint32_t class)
{
    const uint32_t label = p->labels[p->n_answered];
    const bool is_right = label == class;
    p->n_right += is_right;
    cli_table_cellf(p->table, p->options.json || p->options.csv || is_right ? "%u" : "%u, wrong",
                    label);
}

static uint32_t n_ranks_of(const prediction *p)
{
    return p->model->n_classes < TOP ? p->model->n_classes : TOP;
}

static void put_answer(prediction *p, const char *path, const char *index, const float *logits)
{
    uint32_t classes[TOP] = {0};
    const uint32_t n_ranks = n_ranks_of(p);
    rank_classes(logits, p->model->n_classes, n_ranks, classes);
    cli_table_cell(p->table, path);
    cli_table_cell(p->table, index);
    for (uint32_t i = 0; i < n_ranks; i++) {
        put_class(p, classes[i],
                  class_probability(logits, p->model->n_classes, classes[0], classes[i]));
        const double next = n_ranks > 1 ? (double)logits[classes[1]] : -(double)INFINITY;
        if (i == 0)
            cli_table_cellf(p->table, "%.6g", (double)logits[classes[0]] - next);
    }
    if (p->labels != NULL)
        put_label(p, classes[0]);
    p->n_answered++;
}

static void make_table(prediction *p)
{
    static const char *const columns[] = {"class",         "probability", "margin",       "second",
                                          "probability_2", "third",       "probability_3"};
    p->table = cli_table_create("file|#image");
    for (size_t i = 0; i < 1 + 2 * (size_t)n_ranks_of(p); i++)
        cli_table_column(p->table, columns[i], CLI_NUMBER);
    if (p->labels != NULL)
        cli_table_column(p->table, "label", CLI_NUMBER);
}

static int classify_file(prediction *p, const char *path, cli_images *file, bnn_error *err)
{
    const size_t pixels = bnn_shape_values(p->model->input);
    float *logits = calloc((size_t)file->n * p->model->n_classes, sizeof *logits);
    if (logits == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; p->invert && i < file->n * pixels; i++)
        file->pixels[i] = (uint8_t)(255 - file->pixels[i]);
    bnn_model_run(p->model, file->n, file->pixels, logits, p->workspace);
    for (uint32_t i = 0; i < file->n; i++) {
        char index[CLI_TEXT_MAX];
        snprintf(index, sizeof index, "%u", i);
        put_answer(p, path, file->is_picture ? NULL : index,
                   logits + (size_t)i * p->model->n_classes);
    }
    free(logits);
    return BNN_OK;
}

static int print_predictions_json(prediction *p, bnn_error *err)
{
    json_t *rows = cli_table_take(p->table, err);
    p->table = NULL;
    if (rows == NULL)
        return err->status;
    json_t *object = json_object();
    json_object_set_new(object, "images", json_integer(p->n_answered));
    if (p->labels != NULL) {
        json_object_set_new(object, "right", json_integer(p->n_right));
        json_object_set_new(object, "accuracy",
                            json_real((double)p->n_right / (double)p->n_answered));
    }
    json_object_set_new(object, "predictions", rows);
    cli_json_print(object);
    return BNN_OK;
}

static int print_answers(prediction *p, bnn_error *err)
{
    char right[CLI_TEXT_MAX], all[CLI_TEXT_MAX];
    int status = BNN_OK;
    if (p->options.json)
        return print_predictions_json(p, err);
    if (!p->options.quiet || p->labels == NULL || p->options.csv) {
        status = cli_table_end(p->table, &p->options, err);
        p->table = NULL;
    }
    if (status == BNN_OK && p->labels != NULL)
        fprintf(p->options.csv ? stderr : stdout, "accuracy %.2f %%: %s of %s\n",
                100.0 * p->n_right / p->n_answered, bnn_count_text(p->n_right, right),
                bnn_count_text(p->n_answered, all));
    return status;
}

/* ---- the command ------------------------------------------------------------------------- */

/* Of each picture without a picture in it; and once, for the first one, of --invert. */
static void hint_pictures(const prediction *p, char **paths)
{
    bool hinted = p->invert;
    for (size_t i = 0; !p->options.quiet && i < p->n_files; i++) {
        const uint8_t *pixels = p->files[i].pixels;
        if (!p->files[i].is_picture)
            continue;
        if (cli_image_is_blank(pixels, p->model->input)) {
            fprintf(stderr, "%s: all its pixels have one colour, so the answer means nothing%s\n",
                    paths[i],
                    pixels[0] == 255 ? "; what is transparent lies on white paper, where white ink "
                                       "cannot be seen: put it on black first"
                                     : "");
        } else if (!hinted && cli_image_is_on_white(pixels, p->model->input)) {
            fprintf(stderr,
                    "%s: its border is bright; if that is the paper and the model knows bright "
                    "strokes on black, as in MNIST, use --invert\n",
                    paths[i]);
            hinted = true;
        }
    }
}

/* All files before the first answer: a wrong one is said at once. */
static int read_files(prediction *p, size_t n, char **paths, bnn_error *err)
{
    int status = BNN_OK;
    p->files = bnn_arena_alloc(p->options.arena, n, sizeof *p->files);
    if (p->files == NULL)
        return bnn_no_memory(err);
    p->n_files = n;
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        status = cli_images_read(paths[i], p->limit, p->model->input, &p->files[i], err);
        if (status == BNN_OK && __builtin_add_overflow(p->n_images, p->files[i].n, &p->n_images))
            status = bnn_fail(err, BNN_E_USAGE, "more images than can be counted");
    }
    if (status == BNN_OK && p->labels_path != NULL)
        status = cli_labels_read(p->labels_path, p->n_images, p->limit == 0, &p->labels, err);
    return status;
}

static int predict_files(prediction *p, const char *model, size_t n, char **paths, bnn_error *err)
{
    cli_model found;
    int status = cli_find_model(model, &p->options, &found, err);
    if (status == BNN_OK && found.path == NULL)
        status = cli_fail_without_model(&found.stored, err);
    if (status == BNN_OK)
        status = cli_open_model(found.path, p->options.arena, &p->model, &p->workspace, err);
    if (status == BNN_OK)
        status = read_files(p, n, paths, err);
    if (status == BNN_OK) {
        hint_pictures(p, paths);
        make_table(p);
    }
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        status = classify_file(p, paths[i], &p->files[i], err);
    return status != BNN_OK ? status : print_answers(p, err);
}

static int run_predict(void *request, bnn_error *err)
{
    prediction *p = request;
    char **operands = p->options.operands;
    const int status =
        predict_files(p, operands[0], (size_t)p->options.n_operands - 1, operands + 1, err);
    for (size_t i = 0; i < p->n_files; i++)
        free(p->files[i].pixels);
    free(p->labels);
    bnn_model_close(p->model);
    cli_table_destroy(p->table);
    return status;
}

static const cli_option predict_options[] = {
    {.name = "db", .help = "the database that has RUN (BNNRUN_DB, else bnnrun.db)"},
    CLI_ROW("invert", 0, CLI_SWITCH, NULL, prediction, invert,
            "black becomes white: for dark strokes on a bright ground, where the\n"
            "model was trained on bright strokes on black, as in MNIST"),
    CLI_COUNT_ROW("limit", "N", prediction, limit, UINT32_MAX,
                  "only the first N images of each IDX file"),
    CLI_ROW("labels", 0, CLI_STRING, "FILE", prediction, labels_path,
            "an IDX file of labels for all images in their order; says the\n"
            "accuracy, with -q nothing else"),
    {.name = "json", .help = "one object with an array of predictions"},
    {.name = "csv", .help = "a line an image"},
    {.name = NULL},
};

const cli_command cli_command_predict = {
    .name = "predict",
    .arguments = "RUN|MODEL.bnn IMAGE...",
    .summary = "classify PNG, JPEG, PGM and IDX files with a model",
    .notes =
        "The model is a file, MODEL.bnn, or the one that RUN has left. IMAGE is a PNG, JPEG or PGM of\n"
        "the model's size, or an IDX file with any number of images, raw or gzip. Colours become\n"
        "grey by their luminance, unless the model takes three channels: red, green and blue.\n"
        "What is transparent lies on white, 16 bits become 8. The answer has the three most\n"
        "probable classes (softmax of the logits) and the margin between the first two logits.\n",
    .options = predict_options,
    .examples = "  bnnrun predict lenet5.bnn seven.png\n"
                "  bnnrun predict 3f seven.png\n"
                "  bnnrun predict lenet5.bnn --invert scans/*.pgm\n"
                "  bnnrun predict lenet5.bnn mnist/t10k-images-idx3-ubyte \\\n"
                "         --labels mnist/t10k-labels-idx1-ubyte -q\n",
    .least = 2,
    .needs = "a model and an image are needed, as in `bnnrun predict lenet5.bnn seven.png`",
    .memory = BNN_MODEL_LIMIT_BYTES,
    .n_request = sizeof(prediction),
    .run = run_predict,
};
