/* torch.c - the same trainings here and in PyTorch, in turns: an epoch of ours, an epoch of theirs,
 * so that whatever else the machine does meets both. */
#include "tests/bench/scratch.h"
#include "tests/bench/setup.h"
#include "tests/bench/torch_child.h"

#include <stdio.h>

/* A training on both sides. */
typedef struct race {
    training training;
    samples ours, theirs; /* seconds for BENCH_EPOCH_IMAGES */
    samples ratio;        /* theirs to ours, round by round */
} race;

static int run_ours(const setup *s, const race *r, double *seconds, bnn_error *err)
{
    training_result result;
    const int status = setup_train(s, &r->training, &result, err);
    if (status == BNN_OK)
        *seconds = BENCH_EPOCH_IMAGES / result.images_per_second;
    return status;
}

static int run_theirs(torch_child *child, const race *r, uint32_t n, double *seconds,
                      bnn_error *err)
{
    char question[64];
    snprintf(question, sizeof question, "train %s %u %u", r->training.name, r->training.batch, n);
    const int status = torch_child_ask(child, question, "seconds", seconds, err);
    if (status == BNN_OK)
        *seconds *= (double)BENCH_EPOCH_IMAGES / n;
    return status;
}

static int run_races(bench *b, const setup *s, torch_child *child, race *races, size_t n,
                     bnn_error *err)
{
    enum { WARM_UP_STEPS = 8 };
    double ours = 0, theirs = 0;
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        status =
            run_theirs(child, &races[i], WARM_UP_STEPS * races[i].training.batch, &theirs, err);
    for (uint32_t round = 0; round < b->options.rounds; round++)
        for (size_t i = 0; status == BNN_OK && i < n; i++) {
            bench_look_at_peak(b);
            status = run_ours(s, &races[i], &ours, err);
            if (status == BNN_OK)
                status = run_theirs(child, &races[i], races[i].training.n_images, &theirs, err);
            if (status != BNN_OK)
                break;
            samples_add(&races[i].ours, ours);
            samples_add(&races[i].theirs, theirs);
            samples_add(&races[i].ratio, theirs / ours);
        }
    return status;
}

static void report_race(report *out, const race *r)
{
    report_row(out,
               (report_cell[]){TEXT(r->training.name), NUMBER(r->training.batch),
                               NUMBER(samples_median(&r->ours)), NUMBER(samples_min(&r->ours)),
                               NUMBER(samples_max(&r->ours)), NUMBER(samples_median(&r->theirs)),
                               NUMBER(samples_min(&r->theirs)), NUMBER(samples_max(&r->theirs)),
                               NUMBER(samples_median(&r->ratio)), NUMBER(samples_min(&r->ratio)),
                               NUMBER(samples_max(&r->ratio)), NUMBER((double)r->ratio.n)});
}

static void begin_table(report *out)
{
    static const report_column columns[REPORT_COLUMNS_MAX] = {
        {"net", "net", 9, REPORT_TEXT},     {"batch", "batch", 5, 0},
        {"seconds", "ours s", 6, 3},        {"seconds_min", "min", 6, 3},
        {"seconds_max", "max", 6, 3},       {"torch_seconds", "torch s", 7, 3},
        {"torch_seconds_min", "min", 6, 3}, {"torch_seconds_max", "max", 6, 3},
        {"ratio", "ratio", 5, 2},           {"ratio_min", "min", 5, 2},
        {"ratio_max", "max", 5, 2},         {"rounds", "rounds", 6, 0},
    };
    report_table(out, "pytorch",
                 "Beside PyTorch, in turns: an epoch of 60,000 images, one thread each", columns,
                 REPORT_COLUMNS_MAX);
}

/* The nets of the section; races: SETUP_NETS_MAX of them. */
static size_t list_races(const bench *b, race *races)
{
    training nets[SETUP_NETS_MAX];
    const size_t n = setup_nets(&b->options, nets);
    for (size_t i = 0; i < n; i++) {
        races[i].training = nets[i];
        races[i].training.n_test = 64; /* their accuracy is nobody's business here */
    }
    return n;
}

/* The races, once PyTorch is there. */
static int race_all(bench *b, setup *s, torch_child *child, bnn_error *err)
{
    double megabytes = 0.0;
    race *races = bnn_arena_alloc(s->arena, SETUP_NETS_MAX, sizeof *races);
    if (races == NULL)
        return bnn_no_memory(err);
    const size_t n = list_races(b, races);
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        status = setup_prepare(s, &races[i].training, err);
    if (status == BNN_OK)
        status = run_races(b, s, child, races, n, err);
    if (status == BNN_OK)
        status = torch_child_ask(child, "memory", "megabytes", &megabytes, err);
    for (size_t i = 0; status == BNN_OK && i < n; i++)
        report_race(b->report, &races[i]);
    if (status == BNN_OK) {
        report_note(b->report,
                    "PyTorch %s under %s; its process took %.0f MB at most, data included",
                    child->version, child->python, megabytes);
        report_note(b->report, "data: %s; %u images a round on both sides; Adam, pool first",
                    s->provenance, races[0].training.n_images);
    }
    return status;
}

int bench_torch(bench *b, bnn_error *err)
{
    char folder[SCRATCH_PATH] = "";
    setup s = {0};
    torch_child child = {.pid = 0};
    int status = setup_create(&s, err);
    if (status == BNN_OK)
        status = scratch_create(folder, err);
    if (status == BNN_OK)
        status = torch_child_start(&child, &s.data.train,
                                   (size_t)s.data.shape.c * s.data.shape.h * s.data.shape.w, folder,
                                   err);
    if (status == BNN_OK) {
        begin_table(b->report);
        if (child.version[0] != '\0')
            status = race_all(b, &s, &child, err);
        else
            report_note(b->report, "not run: %s cannot import torch (%s); see BNN_PYTHON",
                        child.python, child.missing);
    }
    torch_child_stop(&child);
    if (folder[0] != '\0')
        scratch_remove(folder);
    setup_destroy(&s);
    return status;
}
