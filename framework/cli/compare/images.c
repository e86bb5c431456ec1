/* images.c - whether findings would hold for other images, too. */
#include "cli/compare/compare.h"
#include "db/store_results.h"

#include <stdlib.h>
#include <string.h>

/* What the runs of the arms take their test images for, all of one test set. */
typedef struct judge_images {
    size_t n; /* images; 0: none are known */
    int64_t test_set;
    const uint8_t *labels;   /* [n] */
    const uint8_t **classes; /* [arms][seeds]: [n], or NULL */
} judge_images;

/* The predictions of a run, where those of its test set are the first that are known. */
static void images_take(const bnn_store_predicted *row, size_t place, judge_images *images)
{
    if (images->n == 0) {
        images->n = row->images.n;
        images->test_set = row->test_set;
        images->labels = row->images.true_classes;
    }
    if (row->test_set == images->test_set && row->images.n == images->n)
        images->classes[place] = row->images.classes;
}

static int images_order(const void *left, const void *right)
{
    return strcmp(((const bnn_store_predicted *)left)->uid,
                  ((const bnn_store_predicted *)right)->uid);
}

static int images_take_all(const cli_arms *arms, const bnn_store_predicted *rows, size_t n,
                           bnn_arena *arena, judge_images *images, bnn_error *err)
{
    bnn_store_predicted *sorted = bnn_arena_copy(arena, rows, n, sizeof *sorted);
    if (sorted == NULL)
        return bnn_no_memory(err);
    if (n > 0)
        qsort(sorted, n, sizeof *sorted, images_order);
    for (size_t i = 0; n > 0 && i < arms->n * arms->n_seeds; i++) {
        const bnn_store_predicted wanted = {
            .uid = arms->arms[i / arms->n_seeds].uids[i % arms->n_seeds]};
        const bnn_store_predicted *row =
            wanted.uid == NULL ? NULL : bsearch(&wanted, sorted, n, sizeof wanted, images_order);
        if (row != NULL)
            images_take(row, i, images);
    }
    return BNN_OK;
}

/* What is damaged goes into the list that is said. */
static int images_read(bnn_store *store, const cli_question *asked, bnn_arena *arena,
                       judge_images *images, const char **damaged, bnn_error *err)
{
    const cli_arms *arms = asked->arms;
    const bnn_store_predicted *rows;
    size_t n;
    int status = BNN_OK;
    if (asked->experiment != NULL) {
        status = bnn_store_list_sound_predictions(store, asked->experiment, NULL, arena, &rows, &n,
                                                  damaged, err);
        return status == BNN_OK ? images_take_all(arms, rows, n, arena, images, err) : status;
    }
    for (size_t i = 0; status == BNN_OK && i < arms->n * arms->n_seeds; i++) {
        const char *uid = arms->arms[i / arms->n_seeds].uids[i % arms->n_seeds], *bad;
        if (uid == NULL)
            continue;
        status = bnn_store_list_sound_predictions(store, NULL, uid, arena, &rows, &n, &bad, err);
        if (status == BNN_OK && n > 0)
            images_take(&rows[0], i, images);
        if (status == BNN_OK && *bad != '\0')
            *damaged =
                bnn_arena_printf(arena, "%s%s%s", *damaged, **damaged == '\0' ? "" : ", ", bad);
        if (*damaged == NULL)
            return bnn_no_memory(err);
    }
    return status;
}

static int images_bootstrap(const cli_question *asked, const judge_images *images, bnn_arena *arena,
                            cli_findings *found, bnn_error *err)
{
    const size_t n_seeds = asked->arms->n_seeds, n = found->n;
    const uint8_t **sides = bnn_arena_alloc(arena, 2 * n * n_seeds, sizeof *sides);
    bnn_generalisation *answers = bnn_arena_alloc(arena, n, sizeof *answers);
    if (sides == NULL || answers == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < n; i++)
        for (size_t s = 0; s < n_seeds; s++) {
            if (!cli_finding_has_seed(asked, &found->rows[i], s))
                continue;
            sides[i * n_seeds + s] = images->classes[found->rows[i].a * n_seeds + s];
            sides[(n + i) * n_seeds + s] = images->classes[found->rows[i].b * n_seeds + s];
        }
    const bnn_predictions predictions = {.comparisons = n,
                                         .seeds = n_seeds,
                                         .images = images->n,
                                         .labels = images->labels,
                                         .a = sides,
                                         .b = sides + n * n_seeds};
    if (bnn_bootstrap(&predictions, asked->alpha, 0, 0, answers, err) != BNN_OK)
        return err->status;
    for (size_t i = 0; i < n; i++) {
        found->rows[i].images = answers[i];
        found->has_images |= answers[i].pairs >= 2;
    }
    return BNN_OK;
}

int cli_judge_images(bnn_store *store, const cli_question *asked, bnn_arena *arena,
                     cli_findings *found, bnn_error *err)
{
    const size_t n = asked->arms->n * asked->arms->n_seeds;
    judge_images images = {.n = 0};
    if (strcmp(asked->metric->name, "test_accuracy") != 0)
        return BNN_OK;
    if (asked->by != NULL) {
        found->no_images = "Whether it holds for other images, too, is asked of configs alone: a "
                           "value's result (--by) is a mean over several networks.";
        return BNN_OK;
    }
    images.classes = bnn_arena_alloc(arena, n, sizeof *images.classes);
    if (images.classes == NULL)
        return bnn_no_memory(err);
    found->damaged = "";
    const int status = images_read(store, asked, arena, &images, &found->damaged, err);
    return status != BNN_OK || images.n == 0 ? status
                                             : images_bootstrap(asked, &images, arena, found, err);
}
