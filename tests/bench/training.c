/* training.c - epochs of LeNet-5, float and binarized: one job, two jobs at once, evaluation,
 * memory; and the wall time of the smoke config. */
#include "tests/bench/memory.h"
#include "tests/bench/setup.h"
#include "tests/bench/smoke_config.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

/* ---- two jobs at once -------------------------------------------------------------------- */

typedef struct job {
    const setup *setup;
    const training *training;
    pthread_barrier_t *start;
    training_result result;
    int status;
    bnn_error err;
} job;

static void *run_job(void *argument)
{
    job *j = argument;
    pthread_barrier_wait(j->start);
    j->status = setup_train(j->setup, j->training, &j->result, &j->err);
    return NULL;
}

/* Two threads, placed by the system as those of a sweep are. */
static int train_pair(const setup *s, const training *t, training_result out[2], bnn_error *err)
{
    pthread_barrier_t start;
    pthread_t thread;
    job jobs[2];
    if (pthread_barrier_init(&start, NULL, 2) != 0)
        return bnn_fail(err, BNN_E_INTERNAL, "cannot make a barrier");
    for (int i = 0; i < 2; i++)
        jobs[i] = (job){.setup = s, .training = t, .start = &start};
    int status = pthread_create(&thread, NULL, run_job, &jobs[0]) == 0
                     ? BNN_OK
                     : bnn_fail(err, BNN_E_INTERNAL, "cannot start a thread");
    if (status == BNN_OK) {
        run_job(&jobs[1]);
        pthread_join(thread, NULL);
    }
    pthread_barrier_destroy(&start);
    for (int i = 0; status == BNN_OK && i < 2; i++) {
        out[i] = jobs[i].result;
        if (jobs[i].status != BNN_OK)
            status = bnn_fail(err, (bnn_status)jobs[i].status, "%s", jobs[i].err.message);
    }
    return status;
}

/* ---- the trainings ----------------------------------------------------------------------- */

/* A training and what was measured of it. */
typedef struct subject {
    training training;
    double megabytes;
    double flop_per_image;
    samples seconds;   /* of one job, for BENCH_EPOCH_IMAGES */
    samples evaluated; /* images per second */
    samples both;      /* images per second of two jobs at once */
    samples times_one; /* these against one job of the same round */
} subject;

static bool has_two_cores(void)
{
    cpu_set_t cpus;
    return sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) >= 2;
}

static int run_round(bench *b, const setup *s, subject *sub, bnn_error *err)
{
    training_result one, two[2];
    bench_look_at_peak(b);
    int status = setup_train(s, &sub->training, &one, err);
    if (status != BNN_OK)
        return status;
    sub->flop_per_image = one.flop_per_image;
    samples_add(&sub->seconds, BENCH_EPOCH_IMAGES / one.images_per_second);
    samples_add(&sub->evaluated, one.evaluated_per_second);
    if (!has_two_cores())
        return BNN_OK;
    status = train_pair(s, &sub->training, two, err);
    if (status != BNN_OK)
        return status;
    const double both = two[0].images_per_second + two[1].images_per_second;
    samples_add(&sub->both, both);
    samples_add(&sub->times_one, both / one.images_per_second);
    return BNN_OK;
}

static void report_subject(bench *b, const subject *s)
{
    const double rate = BENCH_EPOCH_IMAGES / samples_median(&s->seconds);
    const double gflops = rate * s->flop_per_image * 1e-9;
    report_row(b->report, (report_cell[]){
                              TEXT(s->training.name),
                              NUMBER(s->training.batch),
                              NUMBER(samples_median(&s->seconds)),
                              NUMBER(samples_min(&s->seconds)),
                              NUMBER(samples_max(&s->seconds)),
                              NUMBER(rate),
                              NUMBER(gflops),
                              NUMBER(bench_percent_of_peak(b, gflops)),
                              NUMBER(samples_median(&s->evaluated)),
                              NUMBER(samples_median(&s->both)),
                              NUMBER(samples_median(&s->times_one)),
                              NUMBER(s->megabytes),
                          });
}

static int run_trainings(bench *b, setup *s, subject *subjects, size_t n, bnn_error *err)
{
    int status = BNN_OK;
    for (size_t i = 0; status == BNN_OK && i < n; i++) {
        status = setup_prepare(s, &subjects[i].training, err);
        if (status == BNN_OK)
            status = memory_of_training(s, &subjects[i].training, &subjects[i].megabytes, err);
    }
    for (uint32_t round = 0; round < b->options.rounds; round++)
        for (size_t i = 0; status == BNN_OK && i < n; i++)
            status = run_round(b, s, &subjects[i], err);
    return status;
}

static void report_trainings(bench *b, const setup *s, const subject *subjects, size_t n)
{
    static const report_column columns[REPORT_COLUMNS_MAX] = {
        {"net", "net", 9, REPORT_TEXT},
        {"batch", "batch", 5, 0},
        {"epoch_seconds", "epoch s", 7, 3},
        {"epoch_seconds_min", "min", 6, 3},
        {"epoch_seconds_max", "max", 6, 3},
        {"images_per_s", "images/s", 8, 0},
        {"gflops", "GFLOP/s", 7, 1},
        {"percent_of_peak", "% peak", 6, 1},
        {"evaluated_per_s", "eval. im/s", 10, 0},
        {"images_per_s_of_two", "2 jobs im/s", 11, 0},
        {"times_one_job", "x 1 job", 7, 2},
        {"peak_mbytes", "peak MB", 7, 1},
    };
    report_table(b->report, "training",
                 "Training LeNet-5: Adam, pool before batch norm, an epoch of 60,000 images",
                 columns, REPORT_COLUMNS_MAX);
    for (size_t i = 0; i < n; i++)
        report_subject(b, &subjects[i]);
    report_note(b->report,
                "%.3f MFLOP an image: forward, weight gradients, input gradients (not of "
                "the first layer); binarized: as if all of it were float",
                subjects[0].flop_per_image * 1e-6);
    report_note(b->report, "data: %s; %u images a round", s->provenance,
                subjects[0].training.n_images);
    report_note(
        b->report,
        "moved, bent, erased: float, with train.augment: shift 2, rotate 10, scale 0.1; elastic "
        "34, 4; erase 0.5, noise");
    report_note(b->report, "peak MB: resident memory of one training beyond the data");
    if (!has_two_cores())
        report_note(b->report, "two jobs at once were not tried: this process may use one core");
}

/* The first of the nets once more, which is float, with images that change. */
static const struct {
    const char *name, *map;
} augmented[] = {
    {"moved", "{shift: 2, rotate: 10, scale: 0.1}"},
    {"bent", "{elastic: {alpha: 34, sigma: 4}}"},
    {"erased", "{erase: {probability: 0.5, fill: noise}}"},
};
enum { N_AUGMENTED = sizeof augmented / sizeof *augmented };

/* The nets of the section; subjects: SETUP_NETS_MAX and N_AUGMENTED of them. */
static size_t list_subjects(const bench *b, subject *subjects)
{
    training nets[SETUP_NETS_MAX];
    size_t n = setup_nets(&b->options, nets);
    for (size_t i = 0; i < n; i++)
        subjects[i].training = nets[i];
    for (size_t i = 0; i < N_AUGMENTED; i++, n++) {
        subjects[n].training = nets[0];
        subjects[n].training.name = augmented[i].name;
        subjects[n].training.augment = augmented[i].map;
    }
    return n;
}

int bench_training(bench *b, bnn_error *err)
{
    setup s = {0};
    size_t n = 0;
    subject *subjects = NULL;
    int status = setup_create(&s, err);
    if (status != BNN_OK)
        goto out;
    subjects = bnn_arena_alloc(s.arena, SETUP_NETS_MAX + N_AUGMENTED, sizeof *subjects);
    if (subjects == NULL) {
        status = bnn_no_memory(err);
        goto out;
    }
    n = list_subjects(b, subjects);
    status = run_trainings(b, &s, subjects, n, err);
    if (status == BNN_OK)
        report_trainings(b, &s, subjects, n);
    if (status == BNN_OK)
        status = smoke_config_run(b, err);
out:
    setup_destroy(&s);
    return status;
}
