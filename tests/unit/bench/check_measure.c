/* check_measure.c - whose turn it is, how long a sample is, and what is made of the samples. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/deploy_fixture.h"

#include "bench/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bnn_error failure;

static void ok(int status)
{
    ck_assert_msg(status == BNN_OK, "%s", failure.message);
}

/* ---- Contenders that only count -------------------------------------------------------------- */

enum { TURNS_MAX = 4096 };

/* What happened, in its order. */
typedef struct journal {
    size_t n;
    struct {
        int who;
        uint64_t n_calls;
    } turns[TURNS_MAX];
} journal;

typedef struct counter {
    journal *journal;
    int who;
    double call_ns;  /* what a call pretends to take */
    double growth;   /* and how that changes with each turn */
    size_t fails_at; /* the turn, from 1, in which it fails; 0: never */
    size_t n_turns;
    double total_ns;
} counter;

static int count_calls(void *context, uint32_t n_images, uint64_t n_calls, bnn_duration *out,
                       bnn_error *err)
{
    counter *c = context;
    ck_assert_uint_gt(n_images, 0);
    journal *j = c->journal;
    ck_assert_uint_gt(n_calls, 0);
    ck_assert_uint_lt(j->n, TURNS_MAX);
    j->turns[j->n].who = c->who;
    j->turns[j->n++].n_calls = n_calls;
    if (++c->n_turns == c->fails_at)
        return bnn_fail(err, BNN_E_RESOURCE, "contender %d is tired", c->who);
    c->call_ns *= c->growth;
    out->wall_ns = c->call_ns * (double)n_calls;
    out->cpu_ns = out->wall_ns / 2;
    c->total_ns += out->wall_ns;
    return BNN_OK;
}

static counter counter_of(journal *j, int who, double call_ns)
{
    return (counter){.journal = j, .who = who, .call_ns = call_ns, .growth = 1};
}

START_TEST(contenders_take_turns)
{
    enum { N = 3, ROUNDS = 7 };
    static journal j;
    j.n = 0;
    counter counters[N] = {counter_of(&j, 0, 1000), counter_of(&j, 1, 30), counter_of(&j, 2, 5e6)};
    const uint32_t n_images[N] = {1, 64, 10};
    bnn_contender contenders[N];
    for (int i = 0; i < N; i++)
        contenders[i] = (bnn_contender){count_calls, &counters[i], n_images[i]};
    const bnn_measure_plan plan = {ROUNDS, 1000000, 400000};
    bnn_duration samples[N * ROUNDS];
    ok(bnn_measure(&plan, contenders, N, samples, &failure));
    /* the last turns are the rounds: two of each contender, the first of which is not timed */
    ck_assert_uint_ge(j.n, 2 * N * ROUNDS);
    size_t at = j.n - 2 * N * ROUNDS;
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < N; i++, at += 2) {
            const int who = (round + i) % N;
            ck_assert_int_eq(j.turns[at].who, who);
            ck_assert_int_eq(j.turns[at + 1].who, who);
            ck_assert_uint_le(j.turns[at].n_calls, j.turns[at + 1].n_calls);
            ck_assert_double_ge(counters[who].call_ns * (double)j.turns[at + 1].n_calls, 400000);
            const bnn_duration *sample = &samples[who * ROUNDS + round];
            ck_assert_double_eq_tol(sample->wall_ns, counters[who].call_ns / n_images[who], 1e-9);
            ck_assert_double_eq_tol(sample->cpu_ns, sample->wall_ns / 2, 1e-9);
        }
    for (int i = 0; i < N; i++)
        ck_assert_double_ge(counters[i].total_ns, 1000000);
}
END_TEST

START_TEST(short_samples_are_made_long_enough)
{
    static journal j;
    j.n = 0;
    counter c = counter_of(&j, 0, 10);
    const bnn_contender contender = {count_calls, &c, 1};
    const bnn_measure_plan plan = {1, 0, 0};
    bnn_duration sample;
    ok(bnn_measure(&plan, &contender, 1, &sample, &failure));
    ck_assert_double_ge(10 * (double)j.turns[j.n - 1].n_calls, (double)BNN_MEASURE_SAMPLE_MIN_NS);
}
END_TEST

/* One that gets slower, or faster, for ever does not warm up for ever; nor does one whose clock
 * stands still. */
START_TEST(a_warm_up_ends)
{
    static const double growth[] = {1.5, 0.9, 1.0};
    static const double call_ns[] = {100, 1e6, 0};
    static journal j;
    for (int i = 0; i < 3; i++) {
        j.n = 0;
        counter c = counter_of(&j, 0, call_ns[i]);
        c.growth = growth[i];
        const bnn_contender contender = {count_calls, &c, 1};
        const bnn_measure_plan plan = {1, 1000000, 300000};
        bnn_duration sample;
        ok(bnn_measure(&plan, &contender, 1, &sample, &failure));
        ck_assert_uint_lt(j.n, 200);
    }
}
END_TEST

START_TEST(a_failure_ends_the_measurement)
{
    static journal j;
    for (size_t fails_at = 1; fails_at < 40; fails_at++) {
        j.n = 0;
        counter a = counter_of(&j, 0, 1000), b = counter_of(&j, 1, 1000);
        b.fails_at = fails_at;
        const bnn_contender contenders[] = {{count_calls, &a, 1}, {count_calls, &b, 1}};
        const bnn_measure_plan plan = {30, 500000, 300000};
        bnn_duration samples[60];
        bnn_error err = {0};
        ck_assert_int_eq(bnn_measure(&plan, contenders, 2, samples, &err), BNN_E_RESOURCE);
        ck_assert_str_eq(err.message, "contender 1 is tired");
        ck_assert_int_eq(j.turns[j.n - 1].who, 1);
    }
}
END_TEST

START_TEST(nobody_is_measured_at_once)
{
    const bnn_measure_plan plan = {3, 1000000, 300000};
    ok(bnn_measure(&plan, NULL, 0, NULL, &failure));
}
END_TEST

/* ---- Statistics ------------------------------------------------------------------------------ */

static bnn_measure_summary summary_of(const double *values, size_t n)
{
    bnn_duration *samples = calloc(n, sizeof *samples);
    for (size_t i = 0; i < n; i++)
        samples[i] = (bnn_duration){values[i], (double)i};
    bnn_measure_summary out;
    bnn_measure_summarize(samples, n, &out);
    for (size_t i = 1; i < n; i++)
        ck_assert(!(samples[i - 1].wall_ns > samples[i].wall_ns));
    free(samples);
    return out;
}

static void check_summary(bnn_measure_summary s, double min, double low, double median, double high,
                          double max)
{
    ck_assert_double_eq(s.min_ns, min);
    ck_assert_double_eq_tol(s.low_ns, low, 1e-12);
    ck_assert_double_eq_tol(s.median_ns, median, 1e-12);
    ck_assert_double_eq_tol(s.high_ns, high, 1e-12);
    ck_assert_double_eq(s.max_ns, max);
}

START_TEST(medians_and_quartiles)
{
    check_summary(summary_of((double[]){5}, 1), 5, 5, 5, 5, 5);
    check_summary(summary_of((double[]){9, 1}, 2), 1, 3, 5, 7, 9);
    check_summary(summary_of((double[]){3, 1, 2}, 3), 1, 1.5, 2, 2.5, 3);
    check_summary(summary_of((double[]){4, 3, 2, 1}, 4), 1, 1.75, 2.5, 3.25, 4);
    check_summary(summary_of((double[]){2, 2, 2, 2, 2}, 5), 2, 2, 2, 2, 2);
    /* numpy.percentile([7, 15, 36, 39, 40, 41], [25, 50, 75]) */
    check_summary(summary_of((double[]){39, 7, 41, 15, 40, 36}, 6), 7, 20.25, 37.5, 39.75, 41);
    /* one interruption, however long, moves neither the median nor the quartiles */
    check_summary(summary_of((double[]){1, 1, 1, 1, 1, 1, 1, 1, 1e18}, 9), 1, 1, 1, 1, 1e18);
    check_summary(summary_of((double[]){1, 1, 1, 1, INFINITY}, 5), 1, 1, 1, 1, INFINITY);
}
END_TEST

/* Against a definition that needs no sorting: as many below as above. */
START_TEST(medians_of_random_samples)
{
    buffers b = {.state = 11};
    for (int repetition = 0; repetition < 300; repetition++) {
        const size_t n = 2 * random_between(&b, 0, 50) + 1;
        double *values = calloc(n, sizeof *values);
        for (size_t i = 0; i < n; i++)
            values[i] = random_between(&b, 0, 20);
        const bnn_measure_summary s = summary_of(values, n);
        size_t below = 0, above = 0;
        for (size_t i = 0; i < n; i++) {
            below += values[i] < s.median_ns;
            above += values[i] > s.median_ns;
        }
        ck_assert_uint_le(below, n / 2);
        ck_assert_uint_le(above, n / 2);
        ck_assert(s.min_ns <= s.low_ns && s.low_ns <= s.median_ns && s.median_ns <= s.high_ns &&
                  s.high_ns <= s.max_ns);
        free(values);
    }
    buffers_free(&b);
}
END_TEST

/* ---- Engines --------------------------------------------------------------------------------- */

enum { N_IMAGES = 10, IMAGE_BYTES = 6 };

/* An engine that notes which images it is given. */
static size_t n_runs;
static size_t first_images[8192];
static uint8_t pixels[N_IMAGES * IMAGE_BYTES];

static void note_stage(const void *state, uint32_t stage, size_t n, const uint8_t *images,
                       uint8_t *out, void *scratch)
{
    (void)state;
    (void)stage;
    float *const logits = (float *)(void *)out;
    memset(scratch, 1, 100);
    for (size_t i = 0; i < 2 * n; i++)
        logits[i] = 1;
    if (images >= pixels && images < pixels + sizeof pixels) {
        const size_t first = (size_t)(images - pixels) / IMAGE_BYTES;
        ck_assert_uint_le(first + n, N_IMAGES);
        first_images[n_runs % 8192] = first;
    } else /* copies: each image holds its number */
        for (size_t i = 0; i < n * IMAGE_BYTES; i++)
            ck_assert_uint_eq(images[i], i / IMAGE_BYTES % N_IMAGES);
    n_runs++;
}

static const bnn_model noted = {.input = {1, 2, 3}, .n_classes = 2, .n_stages = 1};
static bnn_prepared note = {
    .model = &noted, .block = 64, .scratch_bytes = 100, .run_stage = note_stage};

static int note_prepare(const bnn_model *model, bnn_arena *arena_of, void **state, bnn_error *err)
{
    (void)model;
    (void)arena_of;
    (void)err;
    *state = &note;
    return BNN_OK;
}

static const bnn_engine notes = {"notes", note_prepare};

START_TEST(images_are_used_in_turn)
{
    static const size_t expected[] = {0, 4, 0, 4, 0};
    float logits[8];
    uint8_t workspace[100];
    bnn_engine_contender c = {&note, workspace, logits, pixels, N_IMAGES, IMAGE_BYTES, 0};
    bnn_duration took;
    n_runs = 0;
    ok(bench_engine_executor.run(&c, 4, 3, &took, &failure));
    ok(bench_engine_executor.run(&c, 4, 2, &took, &failure)); /* goes on where the last stopped */
    ck_assert_uint_eq(n_runs, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(first_images[i], expected[i]);
    ck_assert_double_gt(took.wall_ns, 0);
    ck_assert_double_le(took.cpu_ns, took.wall_ns + 1e6);
}
END_TEST

START_TEST(latency_of_any_number_of_images)
{
    static const uint32_t batches[] = {1, N_IMAGES, N_IMAGES + 1, 64};
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i / IMAGE_BYTES);
    for (size_t i = 0; i < 4; i++) {
        bnn_duration samples[3];
        ok(bnn_measure_latency(&noted, &notes, pixels, N_IMAGES, batches[i], 3, 0.03, samples,
                               &failure));
        for (int round = 0; round < 3; round++)
            ck_assert_double_lt(samples[round].wall_ns, 1000000);
    }
}
END_TEST

START_TEST(latency_of_a_real_engine)
{
    bnn_network *net =
        network_of(parsed_model(model_spec(LENET, "  ordering: pool_bn_act\n")), 10, 1, 1);
    buffers b = {.state = 5};
    fill_tensors(net, 5);
    bnn_model *model = built(graph_of(net), NULL, NULL);
    const uint8_t *images = random_images(&b, 3 * 784);
    bnn_duration samples[5] = {{0, 0}};
    ok(bnn_measure_latency(model, &bnn_engine_portable, images, 3, 64, 5, 0.03, samples, &failure));
    for (int i = 0; i < 5; i++) {
        ck_assert_double_gt(samples[i].wall_ns, 100); /* an image of a LeNet-5 in less? */
        ck_assert_double_gt(samples[i].cpu_ns, 100);
    }
    buffers_free(&b);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("measure");
    TCase *tests = tcase_create("turns and statistics");
    tcase_add_checked_fixture(tests, model_set_up, model_tear_down);
    tcase_add_test(tests, contenders_take_turns);
    tcase_add_test(tests, short_samples_are_made_long_enough);
    tcase_add_test(tests, a_warm_up_ends);
    tcase_add_test(tests, a_failure_ends_the_measurement);
    tcase_add_test(tests, nobody_is_measured_at_once);
    tcase_add_test(tests, medians_and_quartiles);
    tcase_add_test(tests, medians_of_random_samples);
    tcase_add_test(tests, images_are_used_in_turn);
    tcase_add_test(tests, latency_of_any_number_of_images);
    tcase_add_test(tests, latency_of_a_real_engine);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
