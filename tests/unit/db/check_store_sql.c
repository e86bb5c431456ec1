/* check_store_sql.c - views and named queries against numbers worked out by hand; what a query may
 * do; the aggregates. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_bench.h"
#include "db/store_looks.h"
#include "db/store_rungs.h"
#include "db/store_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a sweep of three configs ---- */

typedef struct outcome {
    int64_t seed;
    double test_accuracy;
    double validation[3]; /* after each epoch */
} outcome;

static void add_layers(bnn_store *store, int64_t run, uint32_t attempt, bool binary)
{
    const bnn_layer_record layers[] = {
        {0, "conv2d_1", "conv2d", 156, 156 * 32, 624, 624, 117600, 0, 0},
        {1, "dense_1", "dense", 1000, binary ? 1000 : 32000, 4000, binary ? 125 : 4000, 1000,
         binary, binary},
    };
    for (size_t i = 0; i < 2; i++) {
        const bnn_record record = {.kind = BNN_RECORD_LAYER, .layer = layers[i]};
        ck_ok(bnn_store_add_record(store, run, attempt, &record, 0, err));
    }
}

static void add_timings(bnn_store *store, int64_t run, uint32_t attempt, uint64_t epoch_ns)
{
    static const uint64_t one[] = {3000, 1000, 10000, 2000}; /* median 2500 */
    static const uint64_t many[] = {500, 1000, 250};         /* median 500 */
    for (uint32_t epoch = 1; epoch <= 3; epoch++)
        add_timing(store, run, attempt, "train_epoch", epoch, epoch_ns);
    for (uint32_t i = 0; i < 4; i++)
        add_timing(store, run, attempt, "inference_1", i, one[i]);
    for (uint32_t i = 0; i < 3; i++)
        add_timing(store, run, attempt, "inference_64", i, many[i]);
}

/* After two epochs. */
static void add_telemetry(bnn_store *store, int64_t run, double seed)
{
    for (uint32_t epoch = 1; epoch <= 2; epoch++) {
        add_layer_metric(store, run, 1, "dense_1", "flips", epoch, 0.2 * seed / epoch);
        add_layer_metric(store, run, 1, "dense_1", "never_flipped", epoch, 0.8 - 0.1 * seed);
        add_layer_metric(store, run, 1, "dense_1", "gradient_cosine", epoch,
                         epoch == 1 ? 0.1 * seed : 0.3 * seed);
        add_layer_metric(store, run, 1, "sign_1", "dead", epoch, 0.125 * seed * epoch);
        add_layer_metric(store, run, 1, "sign_1", "balance", epoch, 0.25 * epoch);
        add_layer_metric(store, run, 1, "sign_1", "saturation", epoch, 0.0625 * seed * epoch);
    }
}

/* Four images: binary networks take the second for the class of the third, others the fourth. */
static void add_predictions(bnn_store *store, int64_t run, bool binary)
{
    static const uint8_t is[] = {0, 0, 1, 2}, said[2][4] = {{0, 0, 1, 1}, {0, 1, 1, 2}};
    const bnn_store_predictions p = {
        .sample = "all", .n = 4, .n_classes = 3, .true_classes = is, .classes = said[binary]};
    ck_ok(bnn_store_add_predictions(store, run, 1, &p, err));
}

static int64_t add_done(bnn_store *store, int64_t experiment, int64_t config, bool binary,
                        const outcome *o)
{
    const bnn_run run = add_run(store, experiment, config, o->seed);
    ck_assert_uint_eq(claim(store, run), 1);
    for (uint32_t i = 0; i < 3; i++)
        add_metric(store, run.id, 1, "validation_accuracy", i + 1, o->validation[i]);
    add_metric(store, run.id, 1, "best_epoch", 0, 2);
    add_metric(store, run.id, 1, "validation_accuracy", 0, o->validation[1]);
    add_metric(store, run.id, 1, "test_accuracy", 0, o->test_accuracy);
    add_metric(store, run.id, 1, "last_test_accuracy", 0, o->test_accuracy - 0.5);
    add_layers(store, run.id, 1, binary);
    if (binary)
        add_telemetry(store, run.id, (double)o->seed);
    add_timings(store, run.id, 1, binary ? 2000000000 : 1000000000);
    add_predictions(store, run.id, binary);
    ck_ok(bnn_store_finish(store, run.id, 1, BNN_RUN_DONE, NULL, 0, err));
    return run.id;
}

/* The first run of clipped, its floats and its full-precision twin, in turns. */
static void add_bench(bnn_store *store)
{
    char uid[BNN_SHA256_HEX];
    snprintf(uid, sizeof uid, "%s",
             plain_text(store_file(), "SELECT run_uid FROM run_summary"
                                      " WHERE label = 'clipped' AND seed = 1"));
    const bnn_store_bench_result results[] = {
        {"binary", "avx2", 1, 1000, 900, 1200, 800, 2000, 1, 0, NULL},
        {"float", "avx2", 1, 4000, 3600, 4800, 3200, 8000, 1, 0, NULL},
        {"twin", "avx2", 1, 5000, 4500, 6000, 4000, 9000, 1, 0, NULL},
    };
    const bnn_store_bench bench = {
        .run_uid = uid,
        .environment = plain_number(store_file(), "SELECT environment_id FROM environment"),
        .model = "m.bnn",
        .model_sha256 = "ab",
        .images = "mnist",
        .n_images = 1000,
        .n_rounds = 5,
        .n_results = 3,
        .results = results};
    int64_t id;
    ck_ok(bnn_store_add_bench(store, &bench, &id, err));
}

/* none: 3 seeds done. clipped: 2 done, one failed after it had measured something. identity: 1
 * done, one never started. And an experiment without runs. */
static bnn_store *make_sweep(void)
{
    static const outcome none[] = {{1, 0.990, {0.97, 0.981, 0.979}},
                                   {2, 0.991, {0.98, 0.985, 0.99}},
                                   {3, 0.992, {0.90, 0.95, 0.9799}}};
    static const outcome clipped[] = {{1, 0.970, {0.5, 0.6, 0.7}}, {2, 0.974, {0.5, 0.6, 0.98}}};
    static const outcome identity = {1, 0.980, {0.1, 0.2, 0.3}};
    bnn_store *store = store_open(BNN_STORE_WRITE);
    ck_ok(bnn_store_begin(store, err));
    const int64_t e = add_experiment(store, "demo");
    const int64_t base = add_config(store, e, "none", true);
    const int64_t second = add_config(store, e, "clipped", false);
    const int64_t third = add_config(store, e, "identity", false);
    for (size_t i = 0; i < 3; i++)
        add_done(store, e, base, false, &none[i]);
    for (size_t i = 0; i < 2; i++)
        add_done(store, e, second, true, &clipped[i]);
    const int64_t exported = add_done(store, e, third, true, &identity);
    add_run(store, e, third, 2);
    const bnn_run failed = add_run(store, e, second, 3);
    ck_assert_uint_eq(claim(store, failed), 1);
    add_metric(store, failed.id, 1, "test_accuracy", 0, 0.1);
    ck_ok(bnn_store_finish(store, failed.id, 1, BNN_RUN_FAILED, "loss is nan", 0, err));
    const bnn_store_look look = {1, 3, 2, 1, -0.02, -0.03, -0.01, 0.01, 0.05, "worse"};
    ck_ok(bnn_store_keep_looks(store, e, second, 1, &look, err));
    const bnn_store_standing standing = {.config = second,
                                         .trained = second,
                                         .rung = 1,
                                         .epochs = 2,
                                         .n = 3,
                                         .n_failed = 1,
                                         .mean = 0.9,
                                         .place = 1,
                                         .n_in = 2,
                                         .n_kept = 1,
                                         .cut = 0.9,
                                         .kept = true};
    ck_ok(bnn_store_keep_standing(store, e, &standing, err));
    add_config(store, add_experiment(store, "empty"), "none", true);
    ck_ok(bnn_store_commit(store, err));
    /* files and mismatches of the engine come after training, but to an attempt that holds the run:
     * here they are written beside the store */
    char sql[300];
    snprintf(sql, sizeof sql,
             "INSERT INTO artifact VALUES (%lld, 'model', 'm', 1, 800, 'ab', 1);"
             "INSERT INTO metric VALUES (%lld, 'mismatches', 0, 1, 0.0, NULL, 1)",
             (long long)exported, (long long)exported);
    plain_execute(store_file(), sql);
    add_bench(store);
    return store;
}

static void check_rows(const char *sql, const char *expected)
{
    char *rows = plain_rows(store_file(), sql);
    ck_assert_str_eq(rows, expected);
    free(rows);
}

/* ---- views ---- */

START_TEST(run_summary_has_one_row_a_run)
{
    bnn_store_close(make_sweep());
    check_rows("SELECT label, seed, state, best_epoch, validation_accuracy, test_accuracy,"
               " last_test_accuracy, train_seconds, n_parameters, float32_bytes, model_bytes,"
               " latency_us, images_per_second, mismatches FROM run_summary"
               " WHERE experiment = 'demo' ORDER BY label, seed",
               "clipped|1|done|2|0.600000|0.970000|0.470000|6.000000|1156|4624|749|2.500000|"
               "2000000.000000|NULL\n"
               "clipped|2|done|2|0.600000|0.974000|0.474000|6.000000|1156|4624|749|2.500000|"
               "2000000.000000|NULL\n"
               "clipped|3|failed|NULL|NULL|0.100000|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL\n"
               "identity|1|done|2|0.200000|0.980000|0.480000|6.000000|1156|4624|800|2.500000|"
               "2000000.000000|0\n"
               "identity|2|queued|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL\n"
               "none|1|done|2|0.981000|0.990000|0.490000|3.000000|1156|4624|4624|2.500000|"
               "2000000.000000|NULL\n"
               "none|2|done|2|0.985000|0.991000|0.491000|3.000000|1156|4624|4624|2.500000|"
               "2000000.000000|NULL\n"
               "none|3|done|2|0.950000|0.992000|0.492000|3.000000|1156|4624|4624|2.500000|"
               "2000000.000000|NULL\n");
}
END_TEST

START_TEST(leaderboard_has_one_row_a_config)
{
    bnn_store_close(make_sweep());
    check_rows("SELECT experiment, label, n, n_failed, n_unfinished, mean_test_accuracy,"
               " sd_test_accuracy, mean_train_seconds, float32_bytes, model_bytes, latency_us"
               " FROM leaderboard ORDER BY experiment, label",
               "demo|clipped|2|1|0|0.972000|0.002828|6.000000|4624|749|2.500000\n"
               "demo|identity|1|0|1|0.980000|NULL|6.000000|4624|800|2.500000\n"
               "demo|none|3|0|0|0.991000|0.001000|3.000000|4624|4624|2.500000\n"
               "empty|none|0|0|0|NULL|NULL|NULL|NULL|NULL|NULL\n");
    const double sd = plain_real(store_file(), "SELECT sd_test_accuracy FROM leaderboard"
                                               " WHERE label = 'clipped'");
    ck_assert_double_eq_tol(sd, 0.002 * sqrt(2), 1e-15);
}
END_TEST

/* Spreads that sums of squares would lose, and none at all. */
START_TEST(small_spreads_are_exact)
{
    static const double spreads[] = {0, 1e-4, 1e-7, 1e-10};
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const int64_t e = add_experiment(store, "e");
    for (size_t i = 0; i < sizeof spreads / sizeof *spreads; i++) {
        char label[16];
        snprintf(label, sizeof label, "c%zu", i);
        const int64_t c = add_config(store, e, label, false);
        double values[3];
        for (int64_t seed = 1; seed <= 3; seed++) {
            values[seed - 1] = 0.9876 + (double)(seed - 2) * spreads[i];
            const outcome o = {seed, values[seed - 1], {0, 0, 0}};
            add_done(store, e, c, false, &o);
        }
        const double mean = (values[0] + values[1] + values[2]) / 3;
        double squares = 0;
        for (int k = 0; k < 3; k++)
            squares += (values[k] - mean) * (values[k] - mean);
        char sql[200];
        snprintf(sql, sizeof sql, "SELECT sd_test_accuracy FROM leaderboard WHERE label = '%s'",
                 label);
        ck_assert_double_eq_tol(plain_real(store_file(), sql), sqrt(squares / 2), 2e-16);
    }
    bnn_store_close(store);
}
END_TEST

/* The columns that users build on, in their order; more may follow. */
START_TEST(public_views_keep_their_columns)
{
    static const struct {
        const char *view, *columns;
    } table[] = {
        {"run_summary", "run_uid,experiment,label,seed,state,best_epoch,validation_accuracy,"
                        "test_accuracy,last_test_accuracy,train_seconds,n_parameters,float32_bytes,"
                        "model_bytes,latency_us,images_per_second,mismatches"},
        {"leaderboard", "experiment,label,n,n_failed,mean_test_accuracy,sd_test_accuracy,"
                        "mean_train_seconds,float32_bytes,model_bytes,latency_us"},
        {"run_param", "run_uid,key,value"},
        {"epoch_metric", "run_uid,epoch,name,value"},
        {"layer_metric", "run_uid,epoch,layer,name,value,bin"},
        {"layer_size", "run_uid,layer,kind,n_parameters,bits,float32_bytes,packed_bytes"},
    };
    bnn_store_close(make_sweep());
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char sql[200];
        snprintf(sql, sizeof sql,
                 "SELECT group_concat(name) || ',' FROM (SELECT name FROM pragma_table_info('%s')"
                 " ORDER BY cid)",
                 table[i].view);
        const size_t n = strlen(table[i].columns);
        const char *columns = plain_text(store_file(), sql);
        ck_assert_msg(strncmp(columns, table[i].columns, n) == 0 && columns[n] == ',', "%s: %s",
                      table[i].view, columns);
    }
    check_rows("SELECT layer, kind, l.n_parameters, bits, l.float32_bytes, packed_bytes"
               " FROM layer_size AS l"
               " JOIN run_summary USING (run_uid) WHERE label = 'clipped' AND seed = 1"
               " ORDER BY layer",
               "conv2d_1|conv2d|156|4992|624|624\ndense_1|dense|1000|1000|4000|125\n");
    check_rows("SELECT epoch, name, value FROM epoch_metric JOIN run_summary USING (run_uid)"
               " WHERE label = 'none' AND seed = 1 ORDER BY epoch",
               "1|validation_accuracy|0.970000\n2|validation_accuracy|0.981000\n"
               "3|validation_accuracy|0.979000\n");
}
END_TEST

/* ---- named queries ---- */

static const struct {
    const char *name, *columns, *rows; /* rows for the experiment "demo"; NULL: they tell times */
} named[] = {
    {"accuracy_by_ordering",
     "experiment,ordering,n,mean_test_accuracy,sd_test_accuracy,worst,best,label",
     "demo|bn_act|1|0.980000|NULL|0.980000|0.980000|identity\n"
     "demo|bn_act|2|0.972000|0.002828|0.970000|0.974000|clipped\n"
     "demo|bn_act|3|0.991000|0.001000|0.990000|0.992000|none\n"},
    {"accuracy_by_ste", "experiment,ste,n,mean_test_accuracy,sd_test_accuracy,worst,best,label",
     "demo|none|3|0.991000|0.001000|0.990000|0.992000|none\n"
     "demo|identity|1|0.980000|NULL|0.980000|0.980000|identity\n"
     "demo|clipped|2|0.972000|0.002828|0.970000|0.974000|clipped\n"},
    {"benchmarks",
     "experiment,label,seed,contender,engine,batch,us,low_us,high_us,images_per_second,times_float,"
     "times_twin,times_onnxruntime,times_onnxruntime_twin,co_runners,cpu_model,"
     "config,differs",
     "demo|clipped|1|binary|avx2|1|1.000000|0.900000|1.200000|1000000.000000|4.000000|5.000000|"
     "NULL|NULL|0|NULL|8a62d2354b18|NULL\n"
     "demo|clipped|1|float|avx2|1|4.000000|3.600000|4.800000|250000.000000|1.000000|1.250000|"
     "NULL|NULL|0|NULL|8a62d2354b18|NULL\n"
     "demo|clipped|1|twin|avx2|1|5.000000|4.500000|6.000000|200000.000000|0.800000|1.000000|"
     "NULL|NULL|0|NULL|8a62d2354b18|NULL\n"},
    {"confusion", "experiment,label,config,true_class,predicted_class,n,share", NULL},
    {"dead_channels", "experiment,label,layer,n,dead_channels,worst_run,positive,saturated",
     "demo|clipped|sign_1|2|0.375000|0.500000|0.500000|0.187500\n"
     "demo|identity|sign_1|1|0.250000|0.250000|0.500000|0.125000\n"},
    {"disagreement",
     "experiment,label,run_uid,other_label,other_uid,image,true_class,run_class,other_class", NULL},
    {"environments",
     "host,os,cpu_model,n_cpu,kernels,version,revision,compiler,cflags,libraries,n_runs,first_utc,"
     "last_utc",
     NULL},
    {"epochs_to_98", "experiment,label,n,n_reached,mean_first_epoch,fastest,slowest",
     "demo|none|3|2|1.500000|1|2\ndemo|clipped|2|1|3.000000|3|3\n"
     "demo|identity|1|0|NULL|NULL|NULL\n"},
    {"failures",
     "run_uid,experiment,label,seed,attempt,outcome,signal,error,ended_utc,state_now,"
     "config,differs",
     NULL},
    {"flips_by_epoch", "experiment,label,layer,epoch,n,flips_per_weight,never_flipped",
     "demo|clipped|dense_1|1|2|0.300000|0.650000\ndemo|clipped|dense_1|2|2|0.150000|0.650000\n"
     "demo|identity|dense_1|1|1|0.200000|0.700000\n"
     "demo|identity|dense_1|2|1|0.100000|0.700000\n"},
    {"layer_sizes",
     "experiment,label,ordinal,layer,kind,n_parameters,float32_bytes,packed_bytes,times_smaller,"
     "macs,binary_weights,binary_inputs",
     "demo|clipped|0|conv2d_1|conv2d|156|624|624|1.000000|117600|0|0\n"
     "demo|clipped|1|dense_1|dense|1000|4000|125|32.000000|1000|1|1\n"
     "demo|identity|0|conv2d_1|conv2d|156|624|624|1.000000|117600|0|0\n"
     "demo|identity|1|dense_1|dense|1000|4000|125|32.000000|1000|1|1\n"
     "demo|none|0|conv2d_1|conv2d|156|624|624|1.000000|117600|0|0\n"
     "demo|none|1|dense_1|dense|1000|4000|4000|1.000000|1000|0|0\n"},
    {"leaderboard",
     "experiment,label,n,n_failed,mean_test_accuracy,sd_test_accuracy,mean_train_seconds,"
     "float32_bytes,model_bytes,latency_us,n_stale",
     "demo|none|3|0|0.991000|0.001000|3.000000|4624|4624|2.500000|0\n"
     "demo|identity|1|0|0.980000|NULL|6.000000|4624|800|2.500000|0\n"
     "demo|clipped|2|1|0.972000|0.002828|6.000000|4624|749|2.500000|0\n"},
    {"looks",
     "experiment,look,seeds,label,n,n_failed,difference,low,high,p,level,verdict,config,differs",
     "demo|1|3|clipped|2|1|-0.020000|-0.030000|-0.010000|0.010000|0.050000|worse|8a62d2354b18|NULL\n"},
    {"mismatch_by_ste", "experiment,ste,layer,n,mean_cosine,first_epoch,last_epoch,label",
     "demo|clipped|dense_1|2|0.300000|0.150000|0.450000|clipped\n"
     "demo|identity|dense_1|1|0.200000|0.100000|0.300000|identity\n"},
    {"paired_difference",
     "experiment,label,baseline,n,mean_difference,sd_difference,n_better,n_worse",
     "demo|identity|none|1|-0.010000|NULL|0|1\ndemo|clipped|none|2|-0.018500|0.002121|0|2\n"},
    {"pareto", "experiment,label,n,mean_test_accuracy,model_bytes,latency_us,beaten_by,on_front",
     "demo|none|3|0.991000|4624|2.500000|NULL|1\ndemo|identity|1|0.980000|800|2.500000|NULL|1\n"
     "demo|clipped|2|0.972000|749|2.500000|NULL|1\n"},
    {"rungs",
     "experiment,rung,epochs,n,place,label,n_failed,validation_accuracy,cut,what,config,differs",
     "demo|1|2|3|1|clipped|1|0.900000|0.900000|kept|8a62d2354b18|NULL\n"},
    {"size_and_speed",
     "experiment,label,mean_test_accuracy,float32_bytes,model_bytes,times_smaller,latency_us,"
     "images_per_second,mean_train_seconds",
     "demo|clipped|0.972000|4624|749|6.173565|2.500000|2000000.000000|6.000000\n"
     "demo|identity|0.980000|4624|800|5.780000|2.500000|2000000.000000|6.000000\n"
     "demo|none|0.991000|4624|4624|1.000000|2.500000|2000000.000000|3.000000\n"},
    {"slowest_runs",
     "run_uid,experiment,label,seed,train_seconds,n_epochs,seconds_per_epoch,mean_co_runners,"
     "config,differs",
     NULL},
    {"time_to_accuracy", "experiment,label,n,n_reached,median_seconds,fastest,slowest",
     "demo|clipped|2|0|NULL|NULL|NULL\n"
     "demo|identity|1|0|NULL|NULL|NULL\n"
     "demo|none|3|1|NULL|3.000000|3.000000\n"},
};

static int join_columns(void *context, size_t n, const char *const *names, bnn_error *err)
{
    (void)err;
    char *out = context;
    for (size_t i = 0; i < n; i++) {
        out = stpcpy(out, names[i]);
        *out++ = i + 1 < n ? ',' : '\0';
    }
    return BNN_OK;
}

static int ignore_row(void *context, size_t n, const bnn_store_value *values, bnn_error *err)
{
    (void)context;
    (void)n;
    (void)values;
    (void)err;
    return BNN_OK;
}

START_TEST(every_named_query_is_known_here)
{
    size_t n;
    const bnn_store_named_query *queries = bnn_store_queries(&n);
    ck_assert_uint_eq(n, sizeof named / sizeof *named);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(queries[i].name, named[i].name);
        ck_assert_ptr_eq(bnn_store_find_query(named[i].name), &queries[i]);
        ck_assert_uint_gt(strlen(queries[i].question), 20);
        ck_assert_int_eq(queries[i].sql[0], '-');
    }
    ck_assert_ptr_null(bnn_store_find_query("leaderboar"));
    ck_assert_ptr_null(bnn_store_find_query(""));
    ck_assert_ptr_nonnull(bnn_store_find_script("schema_1"));
    ck_assert_ptr_null(bnn_store_find_script("leaderboard"));
}
END_TEST

START_TEST(named_queries_answer)
{
    bnn_store *store = make_sweep();
    const char *sql = bnn_store_find_query(named[_i].name)->sql;
    char columns[500];
    const bnn_store_reader reader = {join_columns, ignore_row, columns};
    ck_ok(bnn_store_query(store, sql, NULL, 0, &reader, err));
    ck_assert_str_eq(columns, named[_i].columns);
    char *rows = store_rows(store, sql, "demo");
    if (named[_i].rows != NULL)
        ck_assert_str_eq(rows, named[_i].rows);
    ck_assert_uint_gt(strlen(rows), 0);
    char *plain = plain_rows(store_file(), sql); /* a plain shell: no parameter, so everything */
    ck_assert_ptr_nonnull(strstr(plain, rows));
    free(rows);
    free(plain);
    rows = store_rows(store, sql, "no such experiment");
    ck_assert_str_eq(rows, "");
    free(rows);
    bnn_store_close(store);
}
END_TEST

/* One that never gets there counts as the slowest. */
START_TEST(time_to_an_accuracy_is_that_of_most_runs)
{
    static const char parameter[] = ":accuracy";
    bnn_store_close(make_sweep());
    const char *sql = bnn_store_find_query("time_to_accuracy")->sql;
    const char *at = strstr(sql, parameter);
    ck_assert_ptr_nonnull(at);
    char asked[4000];
    snprintf(asked, sizeof asked, "%.*s'0.98'%s", (int)(at - sql), sql, at + sizeof parameter - 1);
    check_rows(asked, "demo|none|3|2|2.000000|1.000000|2.000000\n"
                      "demo|clipped|2|1|NULL|6.000000|6.000000\n"
                      "demo|identity|1|0|NULL|NULL|NULL\n");
}
END_TEST

/* What is there only for others to start from or to learn from is no contender. */
static const struct {
    const char *name, *rows;
} without_needs[] = {
    {"accuracy_by_ordering", "demo|bn_act|2|0.972000|0.002828|0.970000|0.974000|clipped\n"
                             "demo|bn_act|3|0.991000|0.001000|0.990000|0.992000|none\n"},
    {"accuracy_by_ste", "demo|none|3|0.991000|0.001000|0.990000|0.992000|none\n"
                        "demo|clipped|2|0.972000|0.002828|0.970000|0.974000|clipped\n"},
    {"epochs_to_98", "demo|none|3|2|1.500000|1|2\ndemo|clipped|2|1|3.000000|3|3\n"},
    {"leaderboard", "demo|none|3|0|0.991000|0.001000|3.000000|4624|4624|2.500000|0\n"
                    "demo|clipped|2|1|0.972000|0.002828|6.000000|4624|749|2.500000|0\n"
                    "demo|identity|1|0|0.980000|NULL|6.000000|4624|800|2.500000|0\n"},
    {"mismatch_by_ste", "demo|clipped|dense_1|2|0.300000|0.150000|0.450000|clipped\n"},
    {"paired_difference", "demo|clipped|none|2|-0.018500|0.002121|0|2\n"},
    {"pareto", "demo|none|3|0.991000|4624|2.500000|NULL|1\n"
               "demo|clipped|2|0.972000|749|2.500000|NULL|1\n"},
    {"size_and_speed", "demo|clipped|0.972000|4624|749|6.173565|2.500000|2000000.000000|6.000000\n"
                       "demo|none|0.991000|4624|4624|1.000000|2.500000|2000000.000000|3.000000\n"},
    {"time_to_accuracy", "demo|clipped|2|0|NULL|NULL|NULL\n"
                         "demo|none|3|1|NULL|3.000000|3.000000\n"},
};

START_TEST(what_is_only_needed_is_not_compared)
{
    static const char *const views[] = {"run_summary", "leaderboard",   "config_summary",
                                        "spread",      "baseline_pair", "benchmark_summary"};
    bnn_store *store = make_sweep();
    plain_execute(store_file(),
                  "UPDATE experiment_config SET need = 'start' WHERE label = 'identity'");
    for (size_t i = 0; i < sizeof without_needs / sizeof *without_needs; i++) {
        const bnn_store_named_query *query = bnn_store_find_query(without_needs[i].name);
        char *rows = store_rows(store, query->sql, "demo");
        ck_assert_str_eq(rows, without_needs[i].rows);
        ck_assert_ptr_nonnull(strstr(query->question, "tarts and teachers"));
        free(rows);
    }
    bnn_store_close(store);
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "SELECT DISTINCT label FROM %s WHERE need = 'start'", views[i]);
        check_rows(sql, strcmp(views[i], "benchmark_summary") == 0 ? "" : "identity\n");
    }
}
END_TEST

START_TEST(failures_and_times_are_told)
{
    bnn_store *store = make_sweep();
    char *rows = store_rows(store, bnn_store_find_query("failures")->sql, NULL);
    ck_assert_ptr_nonnull(strstr(rows, "|demo|clipped|3|1|failed|NULL|loss is nan|20"));
    free(rows);
    rows = store_rows(store, bnn_store_find_query("environments")->sql, NULL);
    ck_assert_int_eq(strncmp(rows, "testhost|Linux|NULL|2|avx2|0.1.0|NULL|NULL|NULL|NULL|7|20", 56),
                     0);
    free(rows);
    rows = store_rows(store, bnn_store_find_query("slowest_runs")->sql, NULL);
    ck_assert_ptr_nonnull(
        strstr(rows, "|demo|clipped|1|6.000000|3|2.000000|1.000000|8a62d2354b18|NULL\n"));
    ck_assert_ptr_nonnull(
        strstr(rows, "|demo|none|3|3.000000|3|1.000000|1.000000|5231bfc679e8|NULL\n"));
    free(rows);
    bnn_store_close(store);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store sql");
    TCase *tests = tcase_create("views and queries");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, run_summary_has_one_row_a_run);
    tcase_add_test(tests, leaderboard_has_one_row_a_config);
    tcase_add_test(tests, small_spreads_are_exact);
    tcase_add_test(tests, public_views_keep_their_columns);
    tcase_add_test(tests, every_named_query_is_known_here);
    tcase_add_test(tests, time_to_an_accuracy_is_that_of_most_runs);
    tcase_add_loop_test(tests, named_queries_answer, 0, sizeof named / sizeof *named);
    tcase_add_test(tests, what_is_only_needed_is_not_compared);
    tcase_add_test(tests, failures_and_times_are_told);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
