/* train_fixture.h - small training runs on the synthetic digits, and what they report. */
#ifndef BNN_TESTS_TRAIN_FIXTURE_H
#define BNN_TESTS_TRAIN_FIXTURE_H

#include "train/trainer.h"

#include "buffers.h"
#include "model_fixture.h"

/* A net that trains in milliseconds. */
#define SMALL_TOPOLOGY                                    \
    "  topology:\n"                                       \
    "    input: {channels: 1, height: 28, width: 28}\n"   \
    "    blocks:\n"                                       \
    "      - layer: {name: conv2d, out: 4, kernel: 5}\n"  \
    "        pool: {name: maxpool, size: 3, stride: 3}\n" \
    "      - layer: {name: dense, out: 24}\n"             \
    "      - layer: {name: dense, out: 10}\n"             \
    "        dropout: {name: dropout, rate: 0.1}\n"

/* What a run reported, in order. */
typedef struct report {
    bnn_record rows[512];
    size_t n;
    void (*each)(struct report *report, const bnn_record *row); /* or NULL */
    atomic_int stop;
} report;

static void keep_record(void *context, const bnn_record *record)
{
    report *r = context;
    ck_assert(r->n < sizeof r->rows / sizeof *r->rows);
    r->rows[r->n++] = *record;
    if (r->each != NULL)
        r->each(r, record);
}

static bnn_dataset data;

/* The first images of the synthetic set. */
static void open_data(int32_t n_train, int32_t n_test)
{
    const bnn_data_options options = {
        .name = "synthetic", .validation = 1, .train_limit = n_train, .test_limit = n_test};
    const bnn_data_search search = {0};
    bnn_error err = {0};
    ck_assert_msg(bnn_dataset_open(&options, &search, &data, &err) == BNN_OK, "%s", err.message);
}

static void train_set_up(void)
{
    model_set_up();
    open_data(300, 120);
}

static void train_tear_down(void)
{
    bnn_dataset_close(&data);
    model_tear_down();
}

/* A job for a spec; reports go to *r. */
static inline bnn_train_job job_of(const char *spec, uint64_t seed, report *r)
{
    const bnn_model_options *model = parsed_model(spec);
    memset(r, 0, sizeof *r);
    return (bnn_train_job){.model = model,
                           .train = parsed_train(spec, model->binarize.weights),
                           .data = &data,
                           .n_validation = 53,
                           .seed = seed,
                           .identity = "this one",
                           .stop = &r->stop,
                           .record = keep_record,
                           .context = r};
}

static inline int run_job(const bnn_train_job *job, bnn_error *err)
{
    uint32_t resumed;
    *err = (bnn_error){0};
    return bnn_train_run(job, &resumed, err);
}

static inline void run_well(const bnn_train_job *job)
{
    bnn_error err;
    const int status = run_job(job, &err);
    ck_assert_msg(status == BNN_OK, "%s", err.message);
}

/* The value of a metric; every run has it exactly once. */
static inline double metric_of(const report *r, const char *name, uint32_t epoch)
{
    double value = 0;
    int n = 0;
    for (size_t i = 0; i < r->n; i++) {
        const bnn_metric_record *m = &r->rows[i].metric;
        if (r->rows[i].kind == BNN_RECORD_METRIC && m->epoch == epoch && !strcmp(m->name, name)) {
            value = m->value;
            n++;
        }
    }
    ck_assert_msg(n == 1, "%d values of %s in epoch %u", n, name, epoch);
    return value;
}

/* Metrics that measure time are nobody's business here. */
static inline bool is_result(const bnn_record *row)
{
    return row->kind == BNN_RECORD_METRIC && strcmp(row->metric.name, "seconds") != 0;
}

/* The next result from *i on, or NULL. */
static inline const bnn_metric_record *next_result(const report *r, size_t *i)
{
    while (*i < r->n && !is_result(&r->rows[*i]))
        ++*i;
    return *i < r->n ? &r->rows[(*i)++].metric : NULL;
}

/* Whether two runs reported the same results, bit for bit. */
static inline bool same_results(const report *a, const report *b)
{
    for (size_t i = 0, j = 0;;) {
        const bnn_metric_record *p = next_result(a, &i), *q = next_result(b, &j);
        if (p == NULL || q == NULL)
            return p == q;
        if (strcmp(p->name, q->name) != 0 || p->epoch != q->epoch ||
            memcmp(&p->value, &q->value, sizeof p->value) != 0)
            return false;
    }
}

#endif
