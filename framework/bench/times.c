/* times.c - all contenders in turns, then the stages of those that let us look inside. */
#include "bench/lineup.h"

#include <math.h>
#include <string.h>

enum { WARM_UP_NS = 50 * 1000 * 1000, SAMPLE_NS = 2 * 1000 * 1000, PROFILE_NS = 1000 * 1000 };

/* Reduces the samples [n][n_rounds] to what is reported at batch i. */
static void times_keep(bench_lineup *lineup, uint32_t i, bnn_duration *samples)
{
    const uint32_t n_rounds = lineup->record.n_rounds;
    for (size_t k = 0; k < lineup->n; k++) {
        const bench_contender *c = &lineup->contenders[k];
        bnn_duration *own = samples + k * n_rounds, sum = {0, 0};
        bnn_measure_summary summary;
        for (uint32_t round = 0; round < n_rounds; round++) {
            sum.wall_ns += own[round].wall_ns;
            sum.cpu_ns += own[round].cpu_ns;
        }
        bnn_measure_summarize(own, n_rounds, &summary);
        c->times[i] = (bnn_store_bench_result){
            .contender = c->name,
            .engine = c->engine,
            .batch = lineup->batches[i],
            .median_ns = summary.median_ns,
            .low_ns = summary.low_ns,
            .high_ns = summary.high_ns,
            .min_ns = summary.min_ns,
            .max_ns = summary.max_ns,
            .cpu_share = sum.cpu_ns / sum.wall_ns,
        };
    }
}

static int times_take(bench_lineup *lineup, uint32_t i, bnn_duration *samples, bnn_error *err)
{
    const bnn_measure_plan plan = {lineup->record.n_rounds, WARM_UP_NS, SAMPLE_NS};
    bnn_contender contenders[BENCH_CONTENDERS_MAX];
    for (size_t k = 0; k < lineup->n; k++) {
        const bench_contender *c = &lineup->contenders[k];
        contenders[k] = (bnn_contender){c->executor->run, c->state, lineup->batches[i]};
    }
    const int status = bnn_measure(&plan, contenders, lineup->n, samples, err);
    if (status == BNN_OK)
        times_keep(lineup, i, samples);
    return status;
}

/* ---- Stages ---------------------------------------------------------------------------------- */

/* Nanoseconds for an image of a batch in each stage, in one round: samples[n_stages] at a stride. */
static void times_profile_round(const bench_contender *c, uint32_t i, uint64_t *stage_ns,
                                bnn_duration *samples, size_t stride)
{
    const uint32_t n_stages = c->model->n_stages, batch = c->times[i].batch;
    const uint64_t n_calls = 1 + (uint64_t)(PROFILE_NS / (c->times[i].median_ns * batch));
    memset(stage_ns, 0, n_stages * sizeof *stage_ns);
    c->executor->profile(c->state, batch, n_calls, stage_ns);
    for (uint32_t s = 0; s < n_stages; s++)
        samples[s * stride].wall_ns = (double)stage_ns[s] / ((double)n_calls * batch);
}

/* The medians of the stages; samples[n_stages][n_rounds]. */
static int times_keep_layers(const bench_lineup *lineup, const bench_contender *c, uint32_t i,
                             bnn_duration *samples, bnn_error *err)
{
    const uint32_t n_stages = c->model->n_stages, n_rounds = lineup->record.n_rounds;
    bnn_store_bench_layer *layers = bnn_arena_alloc(lineup->arena, n_stages, sizeof *layers);
    if (layers == NULL)
        return bnn_no_memory(err);
    for (uint32_t s = 0; s < n_stages; s++) {
        const bnn_stage *stage = &c->model->stages[s];
        bnn_measure_summary summary;
        bnn_measure_summarize(samples + (size_t)s * n_rounds, n_rounds, &summary);
        layers[s] =
            (bnn_store_bench_layer){stage->op.name, bench_is_integer(stage), summary.median_ns};
    }
    c->times[i].layers = layers;
    c->times[i].n_layers = n_stages;
    return BNN_OK;
}

/* Profiles the contenders that allow it at batch i, in turns, too;
 * samples[n][n_stages_max][n_rounds]. */
static int times_profile(bench_lineup *lineup, uint32_t i, uint64_t *stage_ns,
                         bnn_duration *samples, size_t n_stages_max, bnn_error *err)
{
    const size_t n_rounds = lineup->record.n_rounds, all = n_stages_max * n_rounds;
    for (size_t round = 0; round < n_rounds; round++)
        for (size_t k = 0; k < lineup->n; k++)
            if (lineup->contenders[k].executor->profile != NULL)
                times_profile_round(&lineup->contenders[k], i, stage_ns, samples + k * all + round,
                                    n_rounds);
    int status = BNN_OK;
    for (size_t k = 0; k < lineup->n && status == BNN_OK; k++)
        if (lineup->contenders[k].executor->profile != NULL)
            status = times_keep_layers(lineup, &lineup->contenders[k], i, samples + k * all, err);
    return status;
}

int bench_times_measure(bench_lineup *lineup, bnn_error *err)
{
    bnn_store_bench *record = &lineup->record;
    size_t n_stages = 1;
    for (size_t k = 0; k < lineup->n; k++)
        if (lineup->contenders[k].model->n_stages > n_stages)
            n_stages = lineup->contenders[k].model->n_stages;
    bnn_duration *samples =
        bnn_arena_alloc(lineup->arena, lineup->n * n_stages, record->n_rounds * sizeof *samples);
    uint64_t *stage_ns = bnn_arena_alloc(lineup->arena, n_stages, sizeof *stage_ns);
    bnn_store_bench_result *results =
        bnn_arena_alloc(lineup->arena, lineup->n * lineup->n_batches, sizeof *results);
    if (samples == NULL || stage_ns == NULL || results == NULL)
        return bnn_no_memory(err);
    record->results = results;
    record->n_results = lineup->n * lineup->n_batches;
    for (size_t k = 0; k < lineup->n; k++)
        lineup->contenders[k].times = results + k * lineup->n_batches;
    int status = BNN_OK;
    for (uint32_t i = 0; i < lineup->n_batches && status == BNN_OK; i++) {
        bench_machine_look(record);
        status = times_take(lineup, i, samples, err);
        bench_machine_look(record);
        if (status == BNN_OK)
            status = times_profile(lineup, i, stage_ns, samples, n_stages, err);
    }
    return status;
}

/* ---- Comparisons ----------------------------------------------------------------------------- */

const struct bench_other bench_others[BENCH_OTHERS] = {
    {"float", "times_float", "x float", "the float form"},
    {"twin", "times_twin", "x twin", "the full-precision twin"},
    {"onnxruntime", "times_onnxruntime", "x ort", "onnxruntime on the model"},
    {"onnxruntime_twin", "times_onnxruntime_twin", "x ort twin", "onnxruntime on the twin"},
};

double bench_times_of(const bench_lineup *lineup, const bench_contender *c, uint32_t i,
                      const char *name)
{
    const bench_contender *other =
        bench_lineup_find(lineup, name, strcmp(name, "float") == 0 ? c->engine : NULL);
    return other == NULL ? NAN : other->times[i].median_ns / c->times[i].median_ns;
}

const bench_contender *bench_times_float_form(const bench_lineup *lineup, const bench_contender *c)
{
    const bool is_folded = strcmp(c->name, "binary") == 0 || strcmp(c->name, "integer") == 0;
    return is_folded ? bench_lineup_find(lineup, "float", c->engine) : NULL;
}

double bench_times_ceiling(const bench_contender *binary, const bench_contender *floats, uint32_t i)
{
    double all = 0, rest = 0;
    for (size_t s = 0; s < floats->times[i].n_layers; s++) {
        const double ns = floats->times[i].layers[s].median_ns;
        all += ns;
        rest += binary->times[i].layers[s].integer_sums ? 0 : ns;
    }
    return rest > 0 ? all / rest : INFINITY;
}
