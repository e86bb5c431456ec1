/* store_bench.c - benchmarks: all of one, or nothing. */
#include "db/store_bench.h"

#include "db/store_internal.h"

/* The id of the run with this uid as a value; NULL for none. */
static bnn_store_value find_bench_run(bnn_store *store, const char *uid)
{
    if (uid == NULL)
        return bnn_value_null();
    const int64_t id =
        bnn_store_number(store, "SELECT run_id FROM run WHERE run_uid = ?1", BNN_VALUES(V(uid)), 0);
    if (id == 0)
        bnn_store_refuse(store, BNN_E_USAGE, "%s: there is no run \"%s\" to keep a benchmark of",
                         store->path, uid);
    return bnn_value_integer(id);
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

static void insert_result(bnn_store *store, int64_t benchmark, const bnn_store_bench_result *r)
{
    bnn_store_execute(
        store,
        "INSERT INTO benchmark_result(benchmark_id, contender, engine, batch, median_ns, low_ns,"
        " high_ns, min_ns, max_ns, cpu_share) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        BNN_VALUES(V(benchmark), V(r->contender), V(r->engine), V(r->batch), V(r->median_ns),
                   V(r->low_ns), V(r->high_ns), V(r->min_ns), V(r->max_ns), V(r->cpu_share)));
    for (size_t i = 0; i < r->n_layers; i++)
        bnn_store_execute(
            store,
            "INSERT INTO benchmark_layer(benchmark_id, contender, engine, batch, ordinal, layer,"
            " integer_sums, median_ns) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            BNN_VALUES(V(benchmark), V(r->contender), V(r->engine), V(r->batch), V(i),
                       V(r->layers[i].name), V(r->layers[i].integer_sums),
                       V(r->layers[i].median_ns)));
}

int bnn_store_add_bench(bnn_store *store, const bnn_store_bench *b, int64_t *out_benchmark,
                        bnn_error *err)
{
    bnn_store_enter(store, err);
    const bnn_store_value run = find_bench_run(store, b->run_uid);
    const bnn_store_value twin = find_bench_run(store, b->twin_uid);
    bnn_store_execute(
        store,
        "INSERT INTO benchmark(benchmark_id, run_id, twin_run_id, environment_id, model,"
        " model_sha256, images, n_images, rounds, started_us, seconds, cpu, idle, load_average,"
        " co_runners)"
        " VALUES ((SELECT benchmark FROM new_id), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
        " ?13, ?14)",
        BNN_VALUES(V(run), V(twin), V(b->environment), V(b->model), V(b->model_sha256),
                   V(b->images), V(b->n_images), V(b->n_rounds), V(b->started_us), V(b->seconds),
                   known_integer(b->cpu), known_real(b->idle), known_real(b->load_average),
                   known_integer(b->co_runners)));
    const int64_t id = sqlite3_last_insert_rowid(store->db);
    for (size_t i = 0; i < b->n_results; i++)
        insert_result(store, id, &b->results[i]);
    const int status = bnn_store_leave(store);
    if (status == BNN_OK)
        *out_benchmark = id;
    return status;
}
