/* predict.c - bnnrun predict: classifies pictures with a model. */
#include "base/size.h"
#include "base/text.h"
#include "cli/evaluate.h"
#include "cli/images.h"
#include "cli/operand.h"
#include "cli/options.h"
#include "infer/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOP = 3 };

/* What was asked for, and what has been answered so far. */
typedef struct prediction {
    cli_options options;
    bool invert, fit, download;
    const char *dataset; /* whose test set, without images */
    uint32_t limit;      /* images of an IDX file; 0: all */
    const char *labels_path;
    bnn_model *model;
    void *workspace;
    size_t n_files;
    cli_images *files; /* [n_files] */
    uint32_t n_images; /* in all files */
    uint8_t *labels;   /* [n_images], or NULL */
    uint32_t n_answered, n_right;
    bool has_numbers; /* the table has a column for those of images in an IDX file */
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

/* Programs get a column for each of the most probable classes, people a shorter row. */
static bool predict_for_programs(const prediction *p)
{
    return p->options.json || p->options.csv;
}

/* The others of the most probable classes: "3 12.1 %, 5 0.4 %". */
static void predict_put_others(prediction *p, const uint32_t *classes, const double *probabilities,
                               uint32_t n)
{
    char text[CLI_TEXT_MAX] = "";
    for (uint32_t i = 0; i < n; i++) {
        const size_t used = strlen(text);
        if (predict_for_programs(p)) {
            cli_table_cellf(p->table, "%u", classes[i]);
            cli_table_cellf(p->table, "%.6g", probabilities[i]);
        }
        snprintf(text + used, sizeof text - used, "%s%u %.1f %%", i > 0 ? ", " : "", classes[i],
                 100 * probabilities[i]);
    }
    if (!predict_for_programs(p))
        cli_table_cell(p->table, text);
}

/* What was taken of a picture, as geometry of X writes it: "240x388+300+120". */
static void predict_put_fit(prediction *p, const bnn_fit *fit)
{
    if (fit->width > 0)
        cli_table_cellf(p->table, "%ux%u+%u+%u", fit->width, fit->height, fit->x, fit->y);
    else
        cli_table_cell(p->table, NULL);
    if (p->model->input.c == 1)
        cli_table_cell(p->table, fit->width == 0 ? NULL : fit->is_dark ? "dark" : "bright");
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

static void put_answer(prediction *p, const char *path, uint32_t i, const cli_images *file,
                       const float *logits)
{
    uint32_t classes[TOP] = {0};
    double probabilities[TOP] = {0};
    const uint32_t n = p->model->n_classes, n_ranks = n_ranks_of(p);
    rank_classes(logits, n, n_ranks, classes);
    for (uint32_t k = 0; k < n_ranks; k++)
        probabilities[k] = class_probability(logits, n, classes[0], classes[k]);
    cli_table_cell(p->table, path);
    if (p->has_numbers && file->is_picture)
        cli_table_cell(p->table, NULL);
    else if (p->has_numbers)
        cli_table_cellf(p->table, "%u", i);
    cli_table_cellf(p->table, "%u", classes[0]);
    cli_table_cellf(p->table, predict_for_programs(p) ? "%.6g" : "%.1f %%",
                    (predict_for_programs(p) ? 1 : 100) * probabilities[0]);
    const double next = n_ranks > 1 ? (double)logits[classes[1]] : -(double)INFINITY;
    cli_table_cellf(p->table, "%.6g", (double)logits[classes[0]] - next);
    predict_put_others(p, classes + 1, probabilities + 1, n_ranks - 1);
    if (p->labels != NULL)
        put_label(p, classes[0]);
    if (p->fit && predict_for_programs(p))
        predict_put_fit(p, &file->fit);
    p->n_answered++;
}

static void make_table(prediction *p)
{
    static const char *const others[] = {"second", "probability_2", "third", "probability_3"};
    p->has_numbers = predict_for_programs(p);
    for (size_t i = 0; i < p->n_files; i++)
        p->has_numbers |= !p->files[i].is_picture;
    p->table = cli_table_create(p->has_numbers ? "file|#image|#class|#probability|#margin"
                                               : "file|#class|#probability|#margin");
    for (size_t i = 0; predict_for_programs(p) && i < 2 * (size_t)(n_ranks_of(p) - 1); i++)
        cli_table_column(p->table, others[i], CLI_NUMBER);
    if (!predict_for_programs(p))
        cli_table_column(p->table, "next", CLI_TEXT);
    if (p->labels != NULL)
        cli_table_column(p->table, "label", CLI_NUMBER);
    if (p->fit && predict_for_programs(p))
        cli_table_column(p->table, "box", CLI_TEXT);
    if (p->fit && predict_for_programs(p) && p->model->input.c == 1)
        cli_table_column(p->table, "strokes", CLI_TEXT);
}

static int classify_file(prediction *p, const char *path, cli_images *file, bnn_error *err)
{
    const size_t pixels = bnn_shape_values(p->model->input);
    float *logits = calloc((size_t)file->n * p->model->n_classes, sizeof *logits);
    if (logits == NULL)
        return bnn_no_memory(err);
    const bool invert = p->invert && !(p->fit && p->model->input.c == 1); /* else done */
    for (size_t i = 0; invert && i < file->n * pixels; i++)
        file->pixels[i] = (uint8_t)(255 - file->pixels[i]);
    bnn_model_run(p->model, file->n, file->pixels, logits, p->workspace);
    for (uint32_t i = 0; i < file->n; i++)
        put_answer(p, path, i, file, logits + (size_t)i * p->model->n_classes);
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
    return cli_json_print(object, err);
}

/* What was made of the pictures. */
static void predict_say_fit(const prediction *p)
{
    char all[CLI_TEXT_MAX], dark[CLI_TEXT_MAX];
    const bnn_shape shape = p->model->input;
    uint32_t n_dark = 0;
    for (size_t i = 0; i < p->n_files; i++)
        n_dark += p->files[i].fit.is_dark;
    bnn_count_text(p->n_files, all);
    if (shape.c != 1)
        printf("--fit: the middle of each picture, scaled to %ux%u\n", shape.w, shape.h);
    else
        printf("--fit: as in MNIST, strokes scaled to fit %ux%u, centred by mass in %ux%u;\n"
               "       dark strokes made bright in %s of %s picture%s\n",
               bnn_fit_box(shape.w), bnn_fit_box(shape.h), shape.w, shape.h,
               bnn_count_text(n_dark, dark), all, bnn_plural(p->n_files));
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
    if (status == BNN_OK && p->fit && !p->options.csv && !p->options.quiet)
        predict_say_fit(p);
    if (status == BNN_OK && p->labels != NULL)
        fprintf(p->options.csv ? stderr : stdout, "accuracy %.2f %%: %s of %s\n",
                100.0 * p->n_right / p->n_answered, bnn_count_text(p->n_right, right),
                bnn_count_text(p->n_answered, all));
    return status;
}

/* ---- the command ------------------------------------------------------------------------- */

/* What is wrong with a picture that was fitted, if it is that one can see. */
static void hint_fitted(const char *path, const bnn_fit *fit)
{
    if (fit->width == 0)
        fprintf(stderr, "%s: no strokes on its paper, so the answer means nothing\n", path);
    else if (fit->is_cut)
        fprintf(stderr,
                "%s: its strokes reach the border: something is cut off, or the light is uneven, "
                "and the answer may be wrong\n",
                path);
}

/* Of each picture without a picture in it; and once, for the first one, of --invert. */
static void hint_pictures(const prediction *p, char **paths)
{
    bool hinted = p->invert;
    for (size_t i = 0; !p->options.quiet && i < p->n_files; i++) {
        const uint8_t *pixels = p->files[i].pixels;
        if (!p->files[i].is_picture)
            continue;
        if (p->fit && p->model->input.c == 1) {
            hint_fitted(paths[i], &p->files[i].fit);
        } else if (cli_image_is_blank(pixels, p->model->input)) {
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
    const cli_images_wish wish = {
        .shape = p->model->input, .limit = p->limit, .fit = p->fit, .is_dark = p->invert};
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        status = cli_images_read(paths[i], &wish, &p->files[i], err);
        if (status == BNN_OK && p->limit > 0 && p->files[i].is_picture)
            status = bnn_fail(err, BNN_E_USAGE, "--limit is for IDX files, and %s is a picture",
                              paths[i]);
        if (status == BNN_OK && __builtin_add_overflow(p->n_images, p->files[i].n, &p->n_images))
            status = bnn_fail(err, BNN_E_USAGE, "more images than can be counted");
    }
    if (status == BNN_OK && p->labels_path != NULL)
        status = cli_labels_read(p->labels_path, p->n_images, p->limit == 0, &p->labels, err);
    return status;
}

static int predict_files(prediction *p, size_t n, char **paths, bnn_error *err)
{
    int status = read_files(p, n, paths, err);
    if (status == BNN_OK) {
        hint_pictures(p, paths);
        make_table(p);
    }
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        status = classify_file(p, paths[i], &p->files[i], err);
    return status != BNN_OK ? status : print_answers(p, err);
}

/* Without images: the test set. */
static int predict_test_set(const prediction *p, const cli_model *source, bnn_error *err)
{
    if (p->fit || p->invert || p->labels_path != NULL)
        return bnn_fail(err, BNN_E_USAGE, "--fit, --invert and --labels are for an IMAGE");
    if (!source->is_of_run && p->dataset == NULL)
        return bnn_fail(err, BNN_E_USAGE,
                        "a model file does not say on which data it is to be tried: give an IMAGE, "
                        "or --dataset NAME (`bnnrun data` lists them)");
    const cli_evaluation evaluation = {.options = &p->options,
                                       .source = source,
                                       .model = p->model,
                                       .workspace = p->workspace,
                                       .dataset = p->dataset,
                                       .limit = p->limit,
                                       .download = p->download};
    return cli_evaluate(&evaluation, err);
}

static int predict_with_model(prediction *p, const char *model, size_t n, char **paths,
                              bnn_error *err)
{
    cli_model found;
    if (n > 0 && p->dataset != NULL)
        return bnn_fail(err, BNN_E_USAGE, "--dataset is for a test set, and %s is an image",
                        paths[0]);
    int status = cli_find_model(model, &p->options, &found, err);
    if (status == BNN_OK && found.path == NULL)
        status = cli_fail_without_model(&found.stored, &p->options, err);
    if (status == BNN_OK)
        status = cli_open_model(found.path, p->options.arena, &p->model, &p->workspace, err);
    if (status != BNN_OK)
        return status;
    return n > 0 ? predict_files(p, n, paths, err) : predict_test_set(p, &found, err);
}

static int run_predict(void *request, bnn_error *err)
{
    prediction *p = request;
    char **operands = p->options.operands;
    const int status =
        predict_with_model(p, operands[0], (size_t)p->options.n_operands - 1, operands + 1, err);
    for (size_t i = 0; i < p->n_files; i++)
        free(p->files[i].pixels);
    free(p->labels);
    bnn_model_close(p->model);
    cli_table_destroy(p->table);
    return status;
}

static const prediction predict_values = {.download = true};

static const cli_option predict_options[] = {
    {.name = "db", .help = "the database that has RUN (BNNRUN_DB, else bnnrun.db)"},
    CLI_ROW("fit", 0, CLI_SWITCH, NULL, prediction, fit,
            "pictures of any size: made as MNIST was (see above); in colour, the\n"
            "middle is scaled"),
    CLI_ROW("invert", 0, CLI_SWITCH, NULL, prediction, invert,
            "black becomes white: for dark strokes on a bright ground, where the\n"
            "model was trained on bright strokes on black, as in MNIST; with\n"
            "--fit, which else finds that out: the strokes are dark"),
    CLI_COUNT_ROW("limit", "N", prediction, limit, UINT32_MAX,
                  "only the first N images of each IDX file, or of the test set"),
    CLI_ROW("dataset", 0, CLI_STRING, "NAME", prediction, dataset,
            "without IMAGE: the test set of these data, see `bnnrun data`"),
    CLI_ROW("no-download", 0, CLI_NO, NULL, prediction, download,
            "use a data set that is here, or fail"),
    CLI_ROW("labels", 0, CLI_STRING, "FILE", prediction, labels_path,
            "an IDX file of labels for all images in their order; says the\n"
            "accuracy, with -q nothing else"),
    {.name = "json", .help = "one object with an array of predictions, or with the matrix"},
    {.name = "csv", .help = "a line an image; of a test set, a line a class"},
    {.name = NULL},
};

const cli_command cli_command_predict = {
    .name = "predict",
    .arguments = "RUN|MODEL.bnn [IMAGE...]",
    .summary = "classify pictures, IDX files or a test set with a model",
    .notes =
        "The model is a file, MODEL.bnn, or the one that RUN has left. IMAGE is a PNG, JPEG or PGM of\n"
        "the model's size, or an IDX file with any number of images, raw or gzip. Colours become\n"
        "grey by their luminance, unless the model takes three channels: red, green and blue.\n"
        "What is transparent lies on white, 16 bits become 8; EXIF data turn a JPEG upright. The\n"
        "answer has the three most probable classes (softmax of the logits) and the margin\n"
        "between the first two logits.\n"
        "\n"
        "Without IMAGE, it is the test set of the run's data: the accuracy, which must be the\n"
        "recorded one, and which classes are taken for which. JSON and CSV have the whole matrix\n"
        "also when it is too wide for a screen.\n"
        "\n"
        "--fit makes of a picture of one character what MNIST's makers made: its strokes, which\n"
        "Otsu's threshold tells from the paper, are cropped, scaled to fit 20x20 pixels whatever\n"
        "their proportions, and placed in 28x28 with their centre of mass in the centre, bright\n"
        "on black. It takes the border for paper, and light that is even: a shadow, lines or a\n"
        "second character count as strokes.\n",
    .options = predict_options,
    .examples = "  bnnrun predict lenet5.bnn seven.png\n"
                "  bnnrun predict 3f seven.png\n"
                "  bnnrun predict 3f --fit photo.jpg\n"
                "  bnnrun predict 3f\n"
                "  bnnrun predict lenet5.bnn --dataset fashion_mnist\n"
                "  bnnrun predict lenet5.bnn --invert scans/*.pgm\n"
                "  bnnrun predict lenet5.bnn mnist/t10k-images-idx3-ubyte \\\n"
                "         --labels mnist/t10k-labels-idx1-ubyte -q\n",
    .least = 1,
    .needs = "a model is needed, as in `bnnrun predict lenet5.bnn seven.png`",
    .memory = BNN_MODEL_LIMIT_BYTES,
    .n_request = sizeof(prediction),
    .values = &predict_values,
    .run = run_predict,
};
