/* store_bench.c - benchmarks: all of one, or nothing. */
#include "db/store_bench.h"

#include "db/store_internal.h"

/* The id of the run with this uid as a value; NULL for none. */
static int find_bench_run(bnn_store *store, const char *uid, bnn_store_value *out, bnn_error *err)
{
    *out = bnn_value_null();
    if (uid == NULL)
        return BNN_OK;
    int64_t id = 0;
    const int status = bnn_store_number(store, "SELECT run_id FROM run WHERE run_uid = ?1",
                                        BNN_VALUES(bnn_value_text(uid)), 0, &id, err);
    if (status != BNN_OK)
        return status;
    if (id == 0)
        return bnn_fail(err, BNN_E_USAGE, "%s: there is no run \"%s\" to keep a benchmark of",
                        store->path, uid);
    *out = bnn_value_integer(id);
    return BNN_OK;
}

/* What is negative is not known. */
static bnn_store_value known_real(double x)
{
    return x < 0 ? bnn_value_null() : bnn_value_real(x);
}

static bnn_store_value known_integer(int64_t x)
{
    return x < 0 ? bnn_value_null() : bnn_value_integer(x);
}

static int insert_layers(bnn_store *store, int64_t benchmark, const bnn_store_bench_result *r,
                         bnn_error *err)
{
    int status = BNN_OK;
    for (size_t i = 0; i < r->n_layers && status == BNN_OK; i++)
        status = bnn_store_execute(
            store,
            "INSERT INTO benchmark_layer(benchmark_id, contender, engine, batch, ordinal, layer,"
            " integer_sums, median_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            BNN_VALUES(bnn_value_integer(benchmark), bnn_value_text(r->contender),
                       bnn_value_text(r->engine), bnn_value_integer(r->batch),
                       bnn_value_integer((int64_t)i), bnn_value_text(r->layers[i].name),
                       bnn_value_integer(r->layers[i].integer_sums),
                       bnn_value_real(r->layers[i].median_ns)),
            err);
    return status;
}

static int insert_result(bnn_store *store, int64_t benchmark, const bnn_store_bench_result *r,
                         bnn_error *err)
{
    const int status = bnn_store_execute(
        store,
        "INSERT INTO benchmark_result(benchmark_id, contender, engine, batch, median_ns, low_ns,"
        " high_ns, min_ns, max_ns, cpu_share) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        BNN_VALUES(bnn_value_integer(benchmark), bnn_value_text(r->contender),
                   bnn_value_text(r->engine), bnn_value_integer(r->batch),
                   bnn_value_real(r->median_ns), bnn_value_real(r->low_ns),
                   bnn_value_real(r->high_ns), bnn_value_real(r->min_ns), bnn_value_real(r->max_ns),
                   bnn_value_real(r->cpu_share)),
        err);
    return status != BNN_OK ? status : insert_layers(store, benchmark, r, err);
}

static int insert_bench(bnn_store *store, const bnn_store_bench *b, int64_t *out, bnn_error *err)
{
    bnn_store_value run, twin;
    int status = find_bench_run(store, b->run_uid, &run, err);
    if (status == BNN_OK)
        status = find_bench_run(store, b->twin_uid, &twin, err);
    if (status == BNN_OK)
        status = bnn_store_execute(
            store,
            "INSERT INTO benchmark(run_id, twin_run_id, environment_id, model, model_sha256,"
            " images, n_images, rounds, started_us, seconds, cpu, idle, load_average, co_runners)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            BNN_VALUES(run, twin, bnn_value_integer(b->environment), bnn_value_text(b->model),
                       bnn_value_text(b->model_sha256), bnn_value_text(b->images),
                       bnn_value_integer(b->n_images), bnn_value_integer(b->n_rounds),
                       bnn_value_integer(b->started_us), bnn_value_real(b->seconds),
                       known_integer(b->cpu), known_real(b->idle), known_real(b->load_average),
                       known_integer(b->co_runners)),
            err);
    const int64_t id = sqlite3_last_insert_rowid(store->db);
    for (size_t i = 0; i < b->n_results && status == BNN_OK; i++)
        status = insert_result(store, id, &b->results[i], err);
    if (status == BNN_OK)
        *out = id;
    return status;
}

int bnn_store_add_bench(bnn_store *store, const bnn_store_bench *bench, int64_t *out_benchmark,
                        bnn_error *err)
{
    int64_t id = 0;
    int status = bnn_store_enter(store, err);
    if (status != BNN_OK)
        return status;
    status = insert_bench(store, bench, &id, err);
    status = bnn_store_leave(store, status, err);
    if (status == BNN_OK)
        *out_benchmark = id;
    return status;
}
