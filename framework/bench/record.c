#include "bench/record.h"

static bnn_store_bench_result result_of(const bench_contender *c, uint32_t batch,
                                        const bench_time *time)
{
    const bnn_measure_summary *s = &time->summary;
    return (bnn_store_bench_result){
        .contender = c->name,
        .engine = c->engine,
        .batch = batch,
        .median_ns = s->median_ns,
        .low_ns = s->low_ns,
        .high_ns = s->high_ns,
        .min_ns = s->min_ns,
        .max_ns = s->max_ns,
        .cpu_share = time->cpu_share,
    };
}

/* All results, in the arena of the lineup; NULL without memory. */
static bnn_store_bench_result *list_results(const bench_lineup *lineup)
{
    bnn_store_bench_result *results =
        bnn_arena_alloc(lineup->arena, lineup->n * lineup->n_batches, sizeof *results);
    for (size_t k = 0; k < lineup->n && results != NULL; k++) {
        const bench_contender *c = &lineup->contenders[k];
        for (uint32_t i = 0; i < lineup->n_batches; i++) {
            bnn_store_bench_result *result = &results[k * lineup->n_batches + i];
            *result = result_of(c, lineup->batches[i], &c->times[i]);
            if (c->executor->profile == NULL)
                continue;
            bnn_store_bench_layer *layers =
                bnn_arena_alloc(lineup->arena, c->model->n_stages, sizeof *layers);
            if (layers == NULL)
                return NULL;
            for (uint32_t s = 0; s < c->model->n_stages; s++)
                layers[s] = (bnn_store_bench_layer){c->model->stages[s].name,
                                                    c->model->stages[s].integer_sums,
                                                    c->times[i].stage_ns[s]};
            result->layers = layers;
            result->n_layers = c->model->n_stages;
        }
    }
    return results;
}

int bench_record(const bench_lineup *lineup, const bench_machine *machine, int64_t started_us,
                 double seconds, int64_t environment, bnn_store *store, bnn_error *err)
{
    const bench_subject *subject = lineup->subject;
    bnn_store_bench bench = {
        .run_uid = subject->run_uid,
        .twin_uid = subject->twin_uid,
        .model = subject->path,
        .model_sha256 = subject->sha256,
        .images = subject->images_name,
        .n_images = subject->n_images,
        .n_rounds = lineup->n_rounds,
        .environment = environment,
        .started_us = started_us,
        .seconds = seconds,
        .cpu = machine->cpu,
        .idle = machine->idle,
        .load_average = machine->load_average,
        .co_runners = machine->co_runners,
        .n_results = lineup->n * lineup->n_batches,
        .results = list_results(lineup),
    };
    int64_t id;
    return bench.results == NULL ? bnn_no_memory(err)
                                 : bnn_store_add_bench(store, &bench, &id, err);
}
