/* Telemetry of whole runs: it changes nothing, reports what is asked for, and an interrupted run has the
 * rows of one that was not. */
#include "tests/fixtures/telemetry_fixture.h"

#include <unistd.h>

/* All that might be disturbed. */
static const char *const specs[] = {
    SPEC,
    MODEL "  ste: {weights: stochastic, activations: stochastic}\n"
          "train: {epochs: 3, batch: 64, label_smoothing: 0.1, mixup: 0.4, average: 0.9,"
          " augment: {shift: 2, rotate: 10}}\n",
    MODEL "  form: xnor\n  ste: clipped\ntrain: {epochs: 3, batch: 64, clip_gradient: 0.5,"
          " loss: squared_hinge}\n",
    MODEL "  form: ternary\n  ste: identity\ntrain: {epochs: 3, batch: 64, optimizer: sgd}\n",
    MODEL "  form: biper\n  ste: ede\ntrain: {epochs: 3, batch: 64}\n",
    MODEL "  form: learned_scale\n  ste: clipped\ntrain: {epochs: 3, batch: 64}\n",
};
enum { N_SPECS = sizeof specs / sizeof *specs };

static bool same_rows(const report *a, const report *b)
{
    size_t i = 0, j = 0, n = 0;
    for (;; n++) {
        while (i < a->n && a->rows[i].kind != BNN_RECORD_LAYER_METRIC)
            i++;
        while (j < b->n && b->rows[j].kind != BNN_RECORD_LAYER_METRIC)
            j++;
        if (i == a->n || j == b->n)
            return i == a->n && j == b->n && n > 0;
        const bnn_layer_metric_record *p = &a->rows[i++].layer_metric;
        const bnn_layer_metric_record *q = &b->rows[j++].layer_metric;
        if (strcmp(p->layer, q->layer) != 0 || strcmp(p->name, q->name) != 0 ||
            p->epoch != q->epoch || p->ordinal != q->ordinal ||
            memcmp(&p->value, &q->value, sizeof p->value) != 0 ||
            !(p->bin == q->bin || (isnan(p->bin) && isnan(q->bin))))
            return false;
    }
}

/* ---- nothing changes ---- */

START_TEST(it_changes_no_bit)
{
    report *without = new_report(), *with = new_report();
    bnn_train_job job = kept_job(specs[_i], 0, without);
    run_well(&job);
    const bnn_network *plain = ended;
    job = kept_job(specs[_i], BNN_TELEMETRY_ALL, with);
    run_well(&job);
    ck_assert(same_results(with, without));
    for (uint32_t i = 0; i < plain->n_parameters; i++)
        ck_assert_mem_eq(plain->parameters[i].value, ended->parameters[i].value,
                         plain->parameters[i].n * sizeof(float));
    for (size_t i = 0; i < without->n; i++)
        ck_assert_int_ne(without->rows[i].kind, BNN_RECORD_LAYER_METRIC);
    ck_assert_double_ge(single(with, "dense_2", "flips"), 0.0);
    ck_assert_double_le(fabs(single(with, "dense_2", "gradient_cosine")), 1.0);
}
END_TEST

static const struct {
    uint32_t topic;
    const char *name, *layer, *not_of;
    uint32_t n_values;
} rows[] = {
    {BNN_TELEMETRY_FLIPS, "flips", "dense_2", "sign_2", 1},
    {BNN_TELEMETRY_NEVER_FLIPPED, "never_flipped", "conv2d_1", "sign_2", 1},
    {BNN_TELEMETRY_HISTOGRAM, "histogram", "dense_3", "batchnorm_1", 19},
    {BNN_TELEMETRY_MASKED, "masked", "sign_2", "batchnorm_1", 1},
    {BNN_TELEMETRY_MASKED, "masked", "dense_3", "maxpool_1", 1},
    {BNN_TELEMETRY_BALANCE, "balance", "sign_3", "dense_3", 1},
    {BNN_TELEMETRY_SATURATION, "saturation", "sign_2", "dense_3", 1},
    {BNN_TELEMETRY_DEAD, "dead", "sign_2", "dense_3", 1},
    {BNN_TELEMETRY_NORM_SIGNS, "norm_negative", "batchnorm_2", "dense_3", 1},
    {BNN_TELEMETRY_NORM_SIGNS, "norm_zero", "batchnorm_1", "sign_2", 1},
    {BNN_TELEMETRY_GRADIENT_NORM, "gradient_norm", "batchnorm_1", "sign_2", 1},
    {BNN_TELEMETRY_MISMATCH, "gradient_cosine", "dense_2", "batchnorm_1", 1},
};

/* Each topic brings its rows, after each epoch, and no others. */
START_TEST(what_is_asked_for_is_reported)
{
    report *r = new_report();
    bnn_train_job job = kept_job(SPEC, rows[_i].topic, r);
    run_well(&job);
    for (uint32_t epoch = 1; epoch <= 3; epoch++) {
        uint32_t n = 0;
        for (size_t i = 0; i < r->n; i++) {
            const bnn_layer_metric_record *m = &r->rows[i].layer_metric;
            if (r->rows[i].kind != BNN_RECORD_LAYER_METRIC || m->epoch != epoch)
                continue;
            n += strcmp(m->layer, rows[_i].layer) == 0 && strcmp(m->name, rows[_i].name) == 0;
            ck_assert_str_ne(m->layer, rows[_i].not_of);
            ck_assert_str_eq(m->layer, ended->ops[m->ordinal].name);
        }
        ck_assert_uint_eq(n, rows[_i].n_values);
    }
    for (size_t i = 0; i < r->n; i++)
        if (r->rows[i].kind == BNN_RECORD_LAYER_METRIC &&
            rows[_i].topic != BNN_TELEMETRY_NORM_SIGNS)
            ck_assert_str_eq(r->rows[i].layer_metric.name, rows[_i].name);
}
END_TEST

/* ---- interrupted ---- */

static char directory[] = "check_telemetry_XXXXXX";
static char path[64];

static void in_directory(void)
{
    train_set_up();
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/7.ckpt", directory);
}

static void out_of_directory(void)
{
    unlink(path);
    rmdir(directory);
    train_tear_down();
}

START_TEST(a_resumed_run_reports_the_same_rows)
{
    report *whole = new_report(), *r = new_report();
    bnn_train_job job = job_of(specs[_i], 7, whole);
    bnn_error err;
    job.telemetry = BNN_TELEMETRY_ALL;
    run_well(&job);
    job.checkpoint_path = path;
    job.context = r;
    job.stop = &r->stop;
    for (int n = 0;; n++) {
        r->n = 0;
        atomic_store(&r->stop, n < 12);
        const int status = run_job(&job, &err);
        if (status == BNN_OK)
            break;
        ck_assert_int_eq(status, BNN_E_INTERRUPTED);
    }
    ck_assert(same_rows(r, whole));
    ck_assert(same_results(r, whole));
}
END_TEST

/* Stops in the second epoch, with one set, and goes on with another: from which epoch? */
static uint32_t goes_on_from(uint32_t first, uint32_t second, report *r)
{
    bnn_train_job job = job_of(SPEC, 7, r);
    bnn_error err;
    job.checkpoint_path = path;
    job.telemetry = first;
    atomic_store(&r->stop, 1);
    unlink(path);
    for (int n = 0; n < 6; n++) {
        r->n = 0;
        ck_assert_int_eq(run_job(&job, &err), BNN_E_INTERRUPTED);
    }
    uint32_t found = UINT32_MAX;
    job.telemetry = second;
    r->n = 0;
    atomic_store(&r->stop, 0);
    if (bnn_train_find_checkpoint(path, job.identity, job.seed, second, &found) !=
        BNN_CHECKPOINT_FITS)
        found = 0;
    run_well(&job);
    ck_assert_uint_eq(r->rows[0].resumed_epoch, found);
    return found;
}

START_TEST(a_checkpoint_that_lacks_what_is_measured_is_left)
{
    report *r = new_report(), *whole = new_report();
    const uint32_t some = BNN_TELEMETRY_FLIPS, other = BNN_TELEMETRY_DEAD;
    bnn_train_job job = job_of(SPEC, 7, whole);
    job.telemetry = some;
    run_well(&job);
    ck_assert_uint_eq(goes_on_from(0, 0, r), 1);
    ck_assert_uint_eq(goes_on_from(some, 0, r), 1);
    ck_assert(same_results(r, whole));
    ck_assert_uint_eq(goes_on_from(some, some, r), 1);
    ck_assert(same_rows(r, whole));
    ck_assert_uint_eq(goes_on_from(0, some, r), 0);
    ck_assert(same_rows(r, whole));
    ck_assert_uint_eq(goes_on_from(other, some, r), 0);
    ck_assert(same_rows(r, whole) && same_results(r, whole));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("telemetry");
    TCase *tests = tcase_create("whole runs");
    tcase_add_checked_fixture(tests, train_set_up, train_tear_down);
    tcase_add_loop_test(tests, it_changes_no_bit, 0, N_SPECS);
    tcase_add_loop_test(tests, what_is_asked_for_is_reported, 0, sizeof rows / sizeof *rows);
    suite_add_tcase(suite, tests);
    TCase *interrupted = tcase_create("interrupted");
    tcase_add_checked_fixture(interrupted, in_directory, out_of_directory);
    tcase_add_loop_test(interrupted, a_resumed_run_reports_the_same_rows, 0, N_SPECS);
    tcase_add_test(interrupted, a_checkpoint_that_lacks_what_is_measured_is_left);
    suite_add_tcase(suite, interrupted);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
