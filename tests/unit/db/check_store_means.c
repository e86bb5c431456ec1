/* check_store_means.c - no row of a named query, nor of db/README.md's SQL, mixes runs that differ in more
 * than their seed, and rows that differ say in what. A row depends on a config when it changes with
 * what the config's runs measured: so a query is held to this whatever it computes. */
#include "tests/fixtures/check_main.h"
#include "tests/fixtures/store_fixture.h"

#include "db/store_bench.h"
#include "db/store_looks.h"
#include "db/store_rungs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a sweep in two revisions, in two experiments ---- */

typedef struct point {
    const char *label, *ste, *ordering;
    double clip;
    bool weights, activations, old_only;
} point;

static const point points[] = {
    {"binarize=none", "none", "bn_act", 1, false, false, false},
    {"ste=clipped", "clipped", "bn_act", 1, true, true, false},
    {"ste=clipped(clip=1.5)", "clipped", "bn_act", 1.5, true, true, false},
    {"activations=false", "clipped", "bn_act", 1, true, false, false},
    {"ordering=act_bn", "clipped", "act_bn", 1, true, true, false},
    {"ste=identity", "identity", "bn_act", 1, true, true, true},
};

enum { N_POINTS = sizeof points / sizeof *points, CONFIGS_MAX = 2 * N_POINTS, ROWS_MAX = 128 };

static int64_t add_point(bnn_store *store, int64_t experiment, uint32_t ordinal, int epochs)
{
    const point *p = &points[ordinal];
    char json[300];
    snprintf(json, sizeof json, "{\"label\":\"%s\",\"train.epochs\":%d}", p->label, epochs);
    const bnn_store_param params[] = {
        {.key = "model.binarize.activations",
         .value = {BNN_STORE_VALUE_INTEGER, .integer = p->activations}},
        {.key = "model.binarize.weights",
         .value = {BNN_STORE_VALUE_INTEGER, .integer = p->weights}},
        {.key = "model.ordering", .value = {BNN_STORE_VALUE_TEXT, .text = p->ordering}},
        {.key = "model.ste", .value = {BNN_STORE_VALUE_TEXT, .text = p->ste}},
        {.key = "model.ste.weights.clip", .value = {BNN_STORE_VALUE_REAL, .real = p->clip}},
        {.key = "train.epochs", .value = {BNN_STORE_VALUE_INTEGER, .integer = epochs}},
    };
    const bnn_store_config config = {.json = json,
                                     .label = p->label,
                                     .baseline = ordinal == 0,
                                     .ordinal = ordinal,
                                     .n_params = sizeof params / sizeof *params,
                                     .params = params};
    int64_t id = 0;
    ck_ok(bnn_store_add_config(store, experiment, &config, &id, err));
    return id;
}

/* Whatever the views and queries look at, with numbers that no other config has. */
static void add_measured(bnn_store *store, bnn_run run, uint32_t attempt, int epochs, double number,
                         int64_t seed)
{
    static const char *const quantities[] = {"flips", "never_flipped", "gradient_cosine",
                                             "dead",  "balance",       "saturation"};
    add_metric(store, run.id, attempt, "validation_accuracy", 1, 0.5);
    add_metric(store, run.id, attempt, "validation_accuracy", 2, 0.979);
    add_metric(store, run.id, attempt, "validation_accuracy", 3, 0.991);
    add_metric(store, run.id, attempt, "validation_accuracy", 0, 0.991);
    add_metric(store, run.id, attempt, "test_accuracy", 0, 0.9 + number / 1e3 + (double)seed / 1e4);
    for (int epoch = 1; epoch <= epochs; epoch++)
        add_timing(store, run.id, attempt, "train_epoch", (uint32_t)epoch,
                   (uint64_t)((10 + number) * 1e9 / epochs));
    add_timing(store, run.id, attempt, "inference_1", 0, (uint64_t)((10 + number) * 1e3));
    add_timing(store, run.id, attempt, "inference_64", 0, (uint64_t)((10 + number) * 1e2));
    for (uint32_t epoch = 1; epoch <= 2; epoch++)
        for (size_t i = 0; i < sizeof quantities / sizeof *quantities; i++)
            add_layer_metric(store, run.id, attempt, "dense_1", quantities[i], epoch,
                             number + (double)seed / 10 + epoch / 100.0);
    const bnn_record layer = {.kind = BNN_RECORD_LAYER,
                              .layer = {0, "dense_1", "dense", 100, 100, 400, 13, 100, 1, 1}};
    ck_ok(bnn_store_add_record(store, run.id, attempt, &layer, 0, err));
}

/* Two images of two classes, which all configs but the first take for the other class. */
static void add_predictions(bnn_store *store, int64_t run, uint32_t attempt, bool first)
{
    static const uint8_t is[] = {0, 1}, said[] = {1, 0};
    const bnn_store_predictions p = {
        .sample = "all", .n = 2, .n_classes = 2, .true_classes = is, .classes = first ? is : said};
    ck_ok(bnn_store_add_predictions(store, run, attempt, &p, err));
}

static void add_runs(bnn_store *store, int64_t experiment, int64_t config, int epochs,
                     double number)
{
    const bnn_store_look look = {1, 3, 2, 1, number, number, number, 0.5, 0.05, "undecided"};
    ck_ok(bnn_store_keep_looks(store, experiment, config, 1, &look, err));
    const bnn_store_standing standing = {.config = config,
                                         .trained = config,
                                         .rung = 1,
                                         .epochs = (uint32_t)epochs,
                                         .n = 3,
                                         .mean = number,
                                         .place = 1,
                                         .n_in = 1,
                                         .n_kept = 1,
                                         .cut = 0.5,
                                         .kept = true};
    ck_ok(bnn_store_keep_standing(store, experiment, &standing, err));
    for (int64_t seed = 1; seed <= 3; seed++) { /* the last one fails when it has measured all */
        const bnn_run run = add_run(store, experiment, config, seed);
        const uint32_t attempt = claim(store, run);
        add_measured(store, run, attempt, epochs, number, seed);
        add_predictions(store, run.id, attempt, number <= 2);
        ck_ok(bnn_store_finish(store, run.id, attempt, seed < 3 ? BNN_RUN_DONE : BNN_RUN_FAILED,
                               seed < 3 ? NULL : "loss is nan", 0, err));
        char model[BNN_SHA256_HEX + 8];
        snprintf(model, sizeof model, "%s.bnn", run.uid);
        const bnn_store_bench_result result = {"binary", "avx2", 1, 1000 + number, 900, 1200, 800,
                                               2000,     1,      0, NULL};
        const bnn_store_bench bench = {.run_uid = run.uid,
                                       .environment = 1,
                                       .model = model,
                                       .model_sha256 = model,
                                       .images = "mnist",
                                       .n_images = 1000,
                                       .n_rounds = 5,
                                       .n_results = 1,
                                       .results = &result};
        int64_t id;
        if (seed == 1)
            ck_ok(bnn_store_add_bench(store, &bench, &id, err));
    }
}

static void make_revisions(void)
{
    static const char *const experiments[] = {"ste_sweep", "order_sweep"}; /* db/README.md's */
    bnn_store *store = store_open(BNN_STORE_WRITE);
    ck_ok(bnn_store_begin(store, err));
    for (size_t e = 0; e < 2; e++)
        for (int epochs = 1; epochs <= 2; epochs++) {
            const int64_t experiment = add_experiment(store, experiments[e]);
            for (uint32_t i = 0; i < N_POINTS; i++)
                if (epochs == 1 || !points[i].old_only)
                    add_runs(store, experiment, add_point(store, experiment, i, epochs), epochs,
                             2.0 * i + epochs);
        }
    ck_ok(bnn_store_commit(store, err));
    bnn_store_close(store);
}

/* ---- what a row depends on ---- */

typedef struct config {
    char label[64], differs[64];
    const char *changed; /* the database in which its runs measured something else */
} config;

static config configs[CONFIGS_MAX];
static size_t n_configs;

static const char *change_config(size_t id)
{
    static char files[CONFIGS_MAX][300];
    char name[32], sql[1500];
    snprintf(name, sizeof name, "changed%zu.db", id);
    char *file = files[id - 1];
    ck_assert_int_lt(snprintf(file, sizeof files[0], "%s", store_path(name)), sizeof files[0]);
    ck_assert_int_lt(snprintf(sql, sizeof sql, "VACUUM INTO '%s'", file), sizeof sql);
    plain_execute(store_file(), sql);
    snprintf(
        sql, sizeof sql,
        "CREATE TEMP TABLE mine AS SELECT run_id FROM run WHERE config_id = %zu;"
        "UPDATE look SET difference = difference + 1 WHERE config_id = (SELECT config_id FROM run"
        " WHERE run_id IN mine);"
        "UPDATE rung SET mean = mean + 1 WHERE config_id = (SELECT config_id FROM run"
        " WHERE run_id IN mine);"
        "UPDATE metric SET value = value * 1.002 WHERE run_id IN mine;"
        "UPDATE timing SET wall_ns = wall_ns + wall_ns / 500, cpu_ns = cpu_ns + cpu_ns / 500"
        " WHERE run_id IN mine;"
        "UPDATE layer SET float32_bytes = float32_bytes + 8, packed_bytes = packed_bytes + 1"
        " WHERE run_id IN mine;"
        "UPDATE layer_value SET value = value * 1.002 WHERE run_id IN mine;"
        "UPDATE prediction SET classes = x'0101' WHERE run_id IN mine;"
        "UPDATE attempt SET error = error || ' again' WHERE run_id IN mine;"
        "UPDATE benchmark_result SET median_ns = median_ns * 1.002 WHERE benchmark_id IN"
        " (SELECT benchmark_id FROM benchmark WHERE run_id IN mine)",
        id);
    plain_execute(file, sql);
    return file;
}

static void find_configs(void)
{
    n_configs = (size_t)plain_number(store_file(), "SELECT max(config_id) FROM config");
    ck_assert_uint_eq(n_configs, CONFIGS_MAX - 1);
    for (size_t i = 0; i < n_configs; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "SELECT label FROM experiment_config WHERE config_id = %zu",
                 i + 1);
        snprintf(configs[i].label, sizeof configs[i].label, "%s", plain_text(store_file(), sql));
        snprintf(sql, sizeof sql,
                 "SELECT 'train.epochs=' || value FROM config_param"
                 " WHERE key = 'train.epochs' AND config_id = %zu",
                 i + 1);
        snprintf(configs[i].differs, sizeof configs[i].differs, "%s",
                 plain_text(store_file(), sql));
        configs[i].changed = change_config(i + 1);
    }
}

typedef struct answer {
    char *text; /* a bar in front of each row, and one behind it */
    size_t n_rows;
    char *rows[ROWS_MAX];
    bool depends[ROWS_MAX][CONFIGS_MAX];
} answer;

/* The row as "|a|b|\n"; everything of it is compared. */
static char *barred(const char *file, const char *sql)
{
    char *plain = plain_rows(file, sql), *text = NULL, *rest = plain;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    for (char *row; (row = strsep(&rest, "\n")) != NULL;)
        if (row[0] != '\0')
            fprintf(out, "|%s|\n", row);
    fclose(out);
    free(plain);
    return text;
}

static void ask(const char *sql, answer *out)
{
    char *rest = out->text = barred(store_file(), sql);
    out->n_rows = 0;
    for (char *row; (row = strsep(&rest, "\n")) != NULL;)
        if (row[0] != '\0') {
            ck_assert_uint_lt(out->n_rows, ROWS_MAX);
            out->rows[out->n_rows++] = row;
        }
    for (size_t c = 0; c < n_configs; c++) {
        char *changed = barred(configs[c].changed, sql);
        for (size_t r = 0; r < out->n_rows; r++)
            out->depends[r][c] = strstr(changed, out->rows[r]) == NULL;
        free(changed);
    }
}

static bool shows(const char *row, const char *value)
{
    char field[80];
    ck_assert_int_lt(snprintf(field, sizeof field, "|%s|", value), sizeof field);
    return strstr(row, field) != NULL;
}

/* Two configs of one label: not in one row, and in two rows only when these say what differs. */
static void check_alike(const char *name, const answer *a, size_t c, size_t other)
{
    for (size_t r = 0; r < a->n_rows; r++)
        for (size_t s = 0; s < a->n_rows; s++) {
            if (!a->depends[r][c] || !a->depends[s][other])
                continue;
            ck_assert_msg(r != s, "%s mixes %s with %s: %s", name, configs[c].differs,
                          configs[other].differs, a->rows[r]);
            ck_assert_msg(shows(a->rows[r], configs[c].differs), "%s does not tell apart:\n%s\n%s",
                          name, a->rows[r], a->rows[s]);
        }
}

/* The number of rows that depend on something. */
static size_t check_answer(const char *name, const char *sql)
{
    answer a;
    size_t n_dependent = 0;
    ask(sql, &a);
    ck_assert_uint_gt(a.n_rows, 0);
    for (size_t c = 0; c < n_configs; c++) {
        for (size_t r = 0; r < a.n_rows; r++) {
            n_dependent += a.depends[r][c];
            ck_assert_msg(!a.depends[r][c] || shows(a.rows[r], configs[c].label),
                          "%s has runs of %s in a row that does not say so: %s", name,
                          configs[c].label, a.rows[r]);
        }
        for (size_t other = 0; other < n_configs; other++)
            if (other != c && strcmp(configs[c].label, configs[other].label) == 0)
                check_alike(name, &a, c, other);
    }
    free(a.text);
    return n_dependent;
}

START_TEST(no_named_query_mixes_configs)
{
    size_t n;
    const bnn_store_named_query *queries = bnn_store_queries(&n);
    make_revisions();
    find_configs();
    for (size_t i = 0; i < n; i++) {
        const size_t n_dependent = check_answer(queries[i].name, queries[i].sql);
        if (strcmp(queries[i].name, "environments") != 0) /* counts runs, tells nothing of them */
            ck_assert_msg(n_dependent >= N_POINTS - 2, "%s depends on nothing", queries[i].name);
    }
}
END_TEST

/* ---- the SQL of db/README.md ---- */

static char *read_readme(void)
{
    const char *source = getenv("srcdir");
    char path[1000];
    static char text[1 << 16];
    snprintf(path, sizeof path, "%s/db/README.md", source != NULL ? source : ".");
    FILE *in = fopen(path, "r");
    ck_assert_msg(in != NULL, "%s", path);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    return text;
}

START_TEST(no_sql_of_the_readme_mixes_configs)
{
    static const char open[] = "\n```sql\n";
    int n_blocks = 0;
    make_revisions();
    find_configs();
    for (char *at = read_readme(); (at = strstr(at, open)) != NULL; n_blocks++) {
        char *end = strstr(at += sizeof open - 1, "\n```");
        ck_assert_ptr_nonnull(end);
        *end = '\0';
        ck_assert_uint_ge(check_answer(at, at), N_POINTS - 2);
        at = end + 1;
    }
    ck_assert_int_ge(n_blocks, 3);
}
END_TEST

/* ---- the columns that tell configs apart ---- */

START_TEST(views_say_what_differs)
{
    static const char *const views[] = {"run_summary", "leaderboard", "benchmark_summary"};
    make_revisions();
    for (size_t i = 0; i < 3; i++) {
        char sql[300];
        snprintf(sql, sizeof sql,
                 "SELECT DISTINCT label, differs FROM %s WHERE experiment = 'ste_sweep'"
                 " AND label LIKE 'ste=%%' ORDER BY label, differs",
                 views[i]);
        char *rows = plain_rows(store_file(), sql);
        ck_assert_str_eq(rows, "ste=clipped|train.epochs=1\nste=clipped|train.epochs=2\n"
                               "ste=clipped(clip=1.5)|train.epochs=1\n"
                               "ste=clipped(clip=1.5)|train.epochs=2\nste=identity|NULL\n");
        free(rows);
        snprintf(sql, sizeof sql,
                 "SELECT count(DISTINCT config) FROM %s WHERE experiment = 'ste_sweep'", views[i]);
        ck_assert_int_eq(plain_number(store_file(), sql), CONFIGS_MAX - 1);
    }
}
END_TEST

START_TEST(a_setting_that_only_one_has_differs)
{
    bnn_store *store = store_open(BNN_STORE_WRITE);
    const bnn_store_param param = {.key = "train.warm",
                                   .value = {BNN_STORE_VALUE_INTEGER, .integer = 2}};
    bnn_store_config with = {
        .json = "{\"train.warm\":2}", .label = "x", .n_params = 1, .params = &param};
    const bnn_store_config without = {.json = "{}", .label = "x"};
    int64_t id;
    ck_ok(bnn_store_add_config(store, add_experiment(store, "e"), &with, &id, err));
    ck_ok(bnn_store_add_config(store, add_experiment(store, "e"), &without, &id, err));
    char *rows = store_rows(store, "SELECT differs, in_spec FROM leaderboard ORDER BY 1", NULL);
    ck_assert_str_eq(rows, "train.warm=2|0\ntrain.warm=unset|1\n");
    free(rows);
    bnn_store_close(store);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("store means");
    TCase *tests = tcase_create("what a row is about");
    tcase_add_checked_fixture(tests, store_setup, store_teardown);
    tcase_add_test(tests, no_named_query_mixes_configs);
    tcase_add_test(tests, no_sql_of_the_readme_mixes_configs);
    tcase_add_test(tests, views_say_what_differs);
    tcase_add_test(tests, a_setting_that_only_one_has_differs);
    suite_add_tcase(suite, tests);
    return suite;
}

BNN_CHECK_MAIN(make_suite)
