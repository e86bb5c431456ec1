/* confusion.c - what runs take the test images for: for each config which classes for which, and the images that
 * are most often taken for another class. */
#include "base/size.h"
#include "cli/operand.h"
#include "cli/report/part.h"
#include "db/store_results.h"

#include <stdlib.h>
#include <string.h>

enum { HARD_MOST = 24, CONFUSION_CLASSES_MAX = 62 };

/* The runs of an experiment that were tested on the same images. */
typedef struct confusion {
    size_t n_rows; /* of all runs */
    const bnn_store_predicted *rows;
    const bnn_store_predictions *images; /* of the first; NULL: there is none */
    int64_t test_set;
    size_t n_runs;
    uint32_t *n_wrong; /* [images->n] */
    size_t *hard;      /* [images->n]: images, the most often wrong first */
} confusion;

static const json_t *confusion_find_run(const cli_part *part, const char *uid)
{
    size_t i;
    json_t *run;
    json_array_foreach(part->runs, i, run)
    {
        const char *own = json_string_value(json_object_get(run, "run_uid"));
        if (own != NULL && strcmp(own, uid) == 0)
            return run;
    }
    return NULL;
}

/* A run that counts, and was tested on the images of the first such. */
static const json_t *confusion_run(const cli_part *part, confusion *c, size_t i)
{
    const bnn_store_predicted *row = &c->rows[i];
    const json_t *run = confusion_find_run(part, row->uid);
    if (run == NULL || !cli_part_counts(part, run))
        return NULL;
    if (c->images == NULL) {
        c->images = &row->images;
        c->test_set = row->test_set;
    }
    return row->test_set == c->test_set && row->images.n == c->images->n &&
                   row->images.n_classes == c->images->n_classes
               ? run
               : NULL;
}

/* The entry of a config: {config, label, runs, counts}; a new one has counts[classes][classes] of 0. */
static json_t *confusion_arm(json_t *arms, const json_t *run, uint32_t n_classes)
{
    json_t *arm, *config = json_object_get(run, "config");
    size_t i;
    json_array_foreach(arms, i,
                       arm) if (json_equal(json_object_get(arm, "config"), config)) return arm;
    json_t *counts = json_array();
    for (uint32_t k = 0; k < n_classes * n_classes; k++)
        json_array_append_new(counts, json_integer(0));
    arm = json_pack("{s:O, s:O, s:i, s:o}", "config", config, "label",
                    json_object_get(run, "label"), "runs", 0, "counts", counts);
    json_array_append_new(arms, arm);
    return arm;
}

static void confusion_grow(json_t *integer, json_int_t by)
{
    json_integer_set(integer, json_integer_value(integer) + by);
}

static void confusion_count(confusion *c, const bnn_store_predictions *said, uint32_t *counts)
{
    memset(counts, 0, (size_t)said->n_classes * said->n_classes * sizeof *counts);
    c->n_runs++;
    for (size_t i = 0; i < said->n; i++) {
        counts[(size_t)said->true_classes[i] * said->n_classes + said->classes[i]]++;
        c->n_wrong[i] += said->true_classes[i] != said->classes[i];
    }
}

/* Adds up all runs: what each image is taken for, and {classes, images, arms}. */
static int confusion_add_up(cli_part *part, confusion *c, json_t *arms, bnn_error *err)
{
    uint32_t *counts = NULL;
    for (size_t i = 0; i < c->n_rows; i++) {
        const json_t *run = confusion_run(part, c, i);
        if (run == NULL)
            continue;
        const bnn_store_predictions *said = &c->rows[i].images;
        const size_t n_cells = (size_t)said->n_classes * said->n_classes;
        if (counts == NULL) {
            counts = bnn_arena_alloc(part->arena, n_cells, sizeof *counts);
            c->n_wrong = bnn_arena_alloc(part->arena, said->n, sizeof *c->n_wrong);
        }
        if (counts == NULL || c->n_wrong == NULL)
            return bnn_no_memory(err);
        confusion_count(c, said, counts);
        json_t *arm = confusion_arm(arms, run, said->n_classes);
        confusion_grow(json_object_get(arm, "runs"), 1);
        for (size_t k = 0; k < n_cells; k++)
            if (counts[k] > 0)
                confusion_grow(json_array_get(json_object_get(arm, "counts"), k), counts[k]);
    }
    return BNN_OK;
}

/* ---- the images that are hard ------------------------------------------------------------ */

static int confusion_order(const void *left, const void *right, void *n_wrong)
{
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;
    const uint32_t *wrong = n_wrong;
    return wrong[a] != wrong[b] ? (wrong[a] < wrong[b] ? 1 : -1) : a < b ? -1 : a > b;
}

static int confusion_sort(cli_part *part, confusion *c, bnn_error *err)
{
    c->hard = bnn_arena_alloc(part->arena, c->images->n, sizeof *c->hard);
    if (c->hard == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < c->images->n; i++)
        c->hard[i] = i;
    qsort_r(c->hard, c->images->n, sizeof *c->hard, confusion_order, c->n_wrong);
    return BNN_OK;
}

/* How many runs take image i for each class: [class, count] of those that are wrong. */
static json_t *confusion_taken(cli_part *part, confusion *c, size_t image)
{
    uint32_t counts[BNN_STORE_CLASSES_MAX] = {0};
    json_t *taken = json_array();
    for (size_t i = 0; i < c->n_rows; i++)
        if (confusion_run(part, c, i) != NULL)
            counts[c->rows[i].images.classes[image]]++;
    for (uint32_t k = 0; k < c->images->n_classes; k++)
        if (counts[k] > 0 && k != c->images->true_classes[image])
            json_array_append_new(taken, json_pack("[i, i]", (int)k, (int)counts[k]));
    return taken;
}

/* Opens the test images of the first run, if they are here, and the same. */
static bool confusion_open(cli_part *part, const confusion *c, bnn_dataset *data)
{
    const bnn_store_predictions *images = c->images;
    bnn_stored_run stored;
    bnn_data_options options = {.name = NULL};
    bnn_error why;
    size_t i = 0;
    while (&c->rows[i].images != images)
        i++;
    cli_options quiet = part->wish->asking.options;
    quiet.quiet = true;
    return bnn_store_find_run(part->store, c->rows[i].uid, part->arena, &stored, &why) == BNN_OK &&
           bnn_reload_data(&stored, part->arena, &options, &why) == BNN_OK &&
           cli_open_run_data(&stored, &options, (bnn_shape){0}, images->n_classes, false, &quiet,
                             data, &why) == BNN_OK &&
           data->test.n == images->n &&
           memcmp(data->test.labels, images->true_classes, images->n) == 0;
}

static json_t *confusion_image(cli_part *part, confusion *c, const bnn_dataset *data, size_t i)
{
    const size_t n = bnn_shape_values(data->shape);
    return json_pack("{s:I, s:i, s:i, s:o, s:o}", "image", (json_int_t)i, "class",
                     (int)c->images->true_classes[i], "wrong", (int)c->n_wrong[i], "taken",
                     confusion_taken(part, c, i), "pixels",
                     cli_part_base64(data->test.pixels + i * n, n));
}

/* {shape, runs, hard: the hardest, easy: the first of each class that all runs know}. */
static json_t *confusion_pictures(cli_part *part, confusion *c, const bnn_dataset *data)
{
    json_t *hard = json_array(), *easy = json_array();
    for (size_t k = 0; k < c->images->n && k < HARD_MOST && c->n_wrong[c->hard[k]] > 0; k++)
        json_array_append_new(hard, confusion_image(part, c, data, c->hard[k]));
    for (uint32_t class = 0; class < c->images->n_classes; class ++) {
        size_t best = c->images->n;
        for (size_t i = 0; i < c->images->n; i++)
            if (c->images->true_classes[i] == class &&
                (best == c->images->n || c->n_wrong[i] < c->n_wrong[best]))
                best = i;
        if (best < c->images->n)
            json_array_append_new(easy, confusion_image(part, c, data, best));
    }
    return json_pack("{s:[i,i,i], s:i, s:o, s:o}", "shape", (int)data->shape.c, (int)data->shape.h,
                     (int)data->shape.w, "runs", (int)c->n_runs, "hard", hard, "easy", easy);
}

static int confusion_add_pictures(cli_part *part, confusion *c, bnn_error *err)
{
    bnn_dataset data = {.owner = NULL};
    const int status = confusion_sort(part, c, err);
    if (status == BNN_OK && confusion_open(part, c, &data))
        json_object_set_new(part->data, "images", confusion_pictures(part, c, &data));
    bnn_dataset_close(&data);
    return status;
}

/* The query has no comparison: it is told which seeds count where not all do. */
static int confusion_source(const cli_part *part, bnn_error *err)
{
    const char *seeds = part->compared->configs.n_not_planned == 0 ? "" : cli_part_seeds(part, ",");
    const char *after =
        seeds == NULL || *seeds == '\0' ? seeds : bnn_arena_printf(part->arena, " seeds=%s", seeds);
    if (after == NULL)
        return bnn_no_memory(err);
    return cli_part_source(part, cli_part_command(part, "query confusion experiment=", NULL, after),
                           "report_predictions", err);
}

int cli_part_confusion(cli_part *part, bnn_error *err)
{
    confusion c = {.n_runs = 0};
    json_t *arms = json_array();
    int status = bnn_store_list_predictions(part->store, part->name, NULL, part->arena, &c.rows,
                                            &c.n_rows, err);
    if (status == BNN_OK)
        status = confusion_add_up(part, &c, arms, err);
    const bool there = status == BNN_OK && c.images != NULL;
    if (there && c.images->n_classes <= CONFUSION_CLASSES_MAX)
        json_object_set_new(part->data, "confusion",
                            json_pack("{s:i, s:i, s:O}", "classes", (int)c.images->n_classes,
                                      "images", (int)c.images->n, "arms", arms));
    if (there)
        status = confusion_add_pictures(part, &c, err);
    json_decref(arms);
    if (!there)
        return status;
    cli_part_open(part, "confusion", "What is taken for what",
                  "Rows are the true classes, columns what the networks say, over all seeds of a "
                  "config. Below: the images that most runs get wrong.");
    cli_html_put(part->html, "<div data-part=\"confusion\"><p class=\"noscript\">This table needs "
                             "scripts.</p></div>\n");
    if (status == BNN_OK)
        status = confusion_source(part, err);
    cli_part_close(part);
    return status;
}
