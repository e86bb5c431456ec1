#include "bench/beside.h"

#include <string.h>

enum { BESIDE_WARM_UP_NS = 50 * 1000 * 1000, BESIDE_SAMPLE_NS = 2 * 1000 * 1000 };

/* ---- what they say ------------------------------------------------------------------------- */

static int beside_classify(const bench_lineup *lineup, bnn_engine_contender *engine,
                           bench_beside *out, bnn_error *err)
{
    const uint32_t n = lineup->record.n_images, n_classes = out->model->n_classes;
    float *logits = bnn_arena_alloc(lineup->arena, n, n_classes * sizeof *logits);
    uint32_t *classes = bnn_arena_alloc(lineup->arena, n, sizeof *classes);
    if (logits == NULL || classes == NULL)
        return bnn_no_memory(err);
    engine->logits = logits;
    const int status = bench_engine_executor.answer(engine, logits, err);
    for (uint32_t i = 0; status == BNN_OK && i < n; i++)
        classes[i] = bnn_class_of(logits + (size_t)i * n_classes, n_classes);
    out->classes = classes;
    return status;
}

static void beside_count(const bench_lineup *lineup, bench_beside *models, size_t n)
{
    for (uint32_t i = 0; i < lineup->n_labels; i++) {
        const bool first = models[0].classes[i] == lineup->labels[i];
        for (size_t k = 0; k < n; k++) {
            const bool own = models[k].classes[i] == lineup->labels[i];
            models[k].n_right += own;
            models[k].n_gained += own && !first;
            models[k].n_lost += first && !own;
        }
    }
}

/* Makes the engines ready, and has them classify all images. */
static int beside_prepare(const bench_lineup *lineup, const bnn_engine *engine,
                          bench_beside *models, size_t n, bnn_engine_contender *engines,
                          bnn_error *err)
{
    int status = BNN_OK;
    for (size_t k = 0; k < n && status == BNN_OK; k++) {
        const size_t before = bnn_arena_used_bytes(lineup->arena);
        status =
            bnn_engine_contender_open(models[k].model, engine, lineup->arena, &engines[k], err);
        models[k].ram_bytes = bnn_arena_used_bytes(lineup->arena) - before;
        engines[k].images = lineup->images;
        engines[k].n_images = lineup->record.n_images;
        if (status == BNN_OK)
            status = beside_classify(lineup, &engines[k], &models[k], err);
    }
    if (status == BNN_OK)
        beside_count(lineup, models, n);
    return status;
}

/* ---- what they take ------------------------------------------------------------------------ */

/* samples[n_rounds] of the first model and of this one; ratios: room for as many. */
static void beside_keep(const bnn_duration *first, bnn_duration *own, uint32_t n_rounds,
                        bnn_duration *ratios, bench_beside_times *out)
{
    bnn_measure_summary times;
    bnn_duration sum = {0, 0};
    for (uint32_t i = 0; i < n_rounds; i++) {
        ratios[i].wall_ns = first[i].wall_ns / own[i].wall_ns;
        sum.wall_ns += own[i].wall_ns;
        sum.cpu_ns += own[i].cpu_ns;
    }
    bnn_measure_summarize(ratios, n_rounds, &times);
    bnn_measure_summarize(own, n_rounds, &out->ns);
    out->times_first = times.median_ns;
    out->low_times_first = times.low_ns;
    out->high_times_first = times.high_ns;
    out->cpu_share = sum.cpu_ns / sum.wall_ns;
}

/* samples[n + 1][n_rounds] */
static int beside_time(bench_lineup *lineup, uint32_t batch, bnn_engine_contender *engines,
                       bench_beside *models, size_t n, bnn_duration *samples, bnn_error *err)
{
    const uint32_t n_rounds = lineup->record.n_rounds;
    const bnn_measure_plan plan = {n_rounds, BESIDE_WARM_UP_NS, BESIDE_SAMPLE_NS};
    bnn_contender contenders[BENCH_BESIDE_MAX];
    for (size_t k = 0; k < n; k++)
        contenders[k] =
            (bnn_contender){bench_engine_executor.run, &engines[k], lineup->batches[batch]};
    const int status = bnn_measure(&plan, contenders, n, samples, err);
    /* The first is the last: sorting it takes its rounds apart. */
    for (size_t k = n; status == BNN_OK && k-- > 0;)
        beside_keep(samples, samples + k * n_rounds, n_rounds, samples + n * n_rounds,
                    &models[k].times[batch]);
    return status;
}

int bench_beside_measure(bench_lineup *lineup, const bnn_engine *engine, bench_beside *models,
                         size_t n, bnn_error *err)
{
    bnn_engine_contender engines[BENCH_BESIDE_MAX];
    bnn_duration *samples =
        bnn_arena_alloc(lineup->arena, n + 1, lineup->record.n_rounds * sizeof *samples);
    if (samples == NULL)
        return bnn_no_memory(err);
    int status = beside_prepare(lineup, engine, models, n, engines, err);
    for (uint32_t i = 0; i < lineup->n_batches && status == BNN_OK; i++) {
        bench_machine_look(&lineup->record);
        status = beside_time(lineup, i, engines, models, n, samples, err);
        bench_machine_look(&lineup->record);
    }
    return status;
}
