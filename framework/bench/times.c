#include "bench/times.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_UP_NS = 50 * 1000 * 1000, SAMPLE_NS = 2 * 1000 * 1000, PROFILE_NS = 1000 * 1000 };

/* Reduces the samples [n][n_rounds] to what is reported at batch i. */
static void times_keep(bench_lineup *lineup, uint32_t i, bnn_duration *samples)
{
    for (size_t k = 0; k < lineup->n; k++) {
        bnn_duration *own = samples + k * lineup->n_rounds;
        bnn_duration sum = {0, 0};
        for (uint32_t round = 0; round < lineup->n_rounds; round++) {
            sum.wall_ns += own[round].wall_ns;
            sum.cpu_ns += own[round].cpu_ns;
        }
        bench_time *time = &lineup->contenders[k].times[i];
        bnn_measure_summarize(own, lineup->n_rounds, &time->summary);
        time->cpu_share = sum.cpu_ns / sum.wall_ns;
    }
}

static int times_take(bench_lineup *lineup, uint32_t i, bnn_duration *samples, bnn_error *err)
{
    const bnn_measure_plan plan = {lineup->n_rounds, WARM_UP_NS, SAMPLE_NS};
    bnn_contender contenders[BENCH_CONTENDERS_MAX];
    for (size_t k = 0; k < lineup->n; k++) {
        bench_contender *c = &lineup->contenders[k];
        c->executor->set_batch(c->state, lineup->batches[i]);
        contenders[k] = (bnn_contender){
            .run = c->executor->run, .context = c->state, .n_images = lineup->batches[i]};
    }
    const int status = bnn_measure(&plan, contenders, lineup->n, samples, err);
    if (status == BNN_OK)
        times_keep(lineup, i, samples);
    return status;
}

/* ---- Stages ---------------------------------------------------------------------------------- */

/* Nanoseconds for an image of a batch in each stage, in one round: samples[n_stages] at a stride.
 * ns: the median time of an image at that batch. */
static void times_profile_round(const bench_contender *c, double batch, double ns,
                                uint64_t *stage_ns, bnn_duration *samples, size_t stride)
{
    const uint32_t n_stages = c->model->n_stages;
    const uint64_t n_calls = 1 + (uint64_t)(PROFILE_NS / (ns * batch));
    memset(stage_ns, 0, n_stages * sizeof *stage_ns);
    c->executor->profile(c->state, n_calls, stage_ns);
    for (uint32_t s = 0; s < n_stages; s++)
        samples[s * stride].wall_ns = (double)stage_ns[s] / ((double)n_calls * batch);
}

/* Profiles the contenders that allow it at batch i, in turns, too; samples[n][BNN_STAGES_MAX][n_rounds]. */
static void times_profile(bench_lineup *lineup, uint32_t i, uint64_t *stage_ns,
                          bnn_duration *samples, size_t n_stages_max)
{
    const size_t n_rounds = lineup->n_rounds, all = n_stages_max * n_rounds;
    for (size_t round = 0; round < n_rounds; round++)
        for (size_t k = 0; k < lineup->n; k++) {
            const bench_contender *c = &lineup->contenders[k];
            if (c->executor->profile != NULL)
                times_profile_round(c, lineup->batches[i], c->times[i].summary.median_ns, stage_ns,
                                    samples + k * all + round, n_rounds);
        }
    for (size_t k = 0; k < lineup->n; k++) {
        bench_contender *c = &lineup->contenders[k];
        for (uint32_t s = 0; c->executor->profile != NULL && s < c->model->n_stages; s++) {
            bnn_measure_summary summary;
            bnn_measure_summarize(samples + k * all + s * n_rounds, n_rounds, &summary);
            c->times[i].stage_ns[s] = summary.median_ns;
        }
    }
}

int bench_times_measure(bench_lineup *lineup, bench_machine *machine, bnn_error *err)
{
    size_t n_stages = 1;
    for (size_t k = 0; k < lineup->n; k++)
        if (lineup->contenders[k].model->n_stages > n_stages)
            n_stages = lineup->contenders[k].model->n_stages;
    bnn_duration *samples =
        bnn_arena_alloc(lineup->arena, lineup->n * n_stages, lineup->n_rounds * sizeof *samples);
    uint64_t *stage_ns = bnn_arena_alloc(lineup->arena, n_stages, sizeof *stage_ns);
    if (samples == NULL || stage_ns == NULL)
        return bnn_no_memory(err);
    int status = BNN_OK;
    for (uint32_t i = 0; i < lineup->n_batches && status == BNN_OK; i++) {
        bench_machine_look(machine);
        status = times_take(lineup, i, samples, err);
        bench_machine_look(machine);
        if (status == BNN_OK)
            times_profile(lineup, i, stage_ns, samples, n_stages);
    }
    return status;
}

/* ---- Comparisons ----------------------------------------------------------------------------- */

const struct bench_other bench_others[BENCH_OTHERS] = {
    {"float", "times_float", "x float"},
    {"twin", "times_twin", "x twin"},
    {"onnxruntime", "times_onnxruntime", "x ort"},
    {"onnxruntime_twin", "times_onnxruntime_twin", "x ort twin"},
};

double bench_times_of(const bench_lineup *lineup, const bench_contender *c, uint32_t i,
                      const char *name)
{
    const bench_contender *other =
        bench_lineup_find(lineup, name, strcmp(name, "float") == 0 ? c->engine : NULL);
    return other == NULL ? NAN : other->times[i].summary.median_ns / c->times[i].summary.median_ns;
}

const bench_contender *bench_times_float_form(const bench_lineup *lineup, const bench_contender *c)
{
    return strcmp(c->name, "binary") == 0 ? bench_lineup_find(lineup, "float", c->engine) : NULL;
}

double bench_times_ceiling(const bench_contender *binary, const bench_contender *floats, uint32_t i)
{
    double all = 0, rest = 0;
    for (uint32_t s = 0; s < floats->model->n_stages; s++) {
        const double ns = floats->times[i].stage_ns[s];
        all += ns;
        rest += binary->model->stages[s].integer_sums ? 0 : ns;
    }
    return rest > 0 ? all / rest : INFINITY;
}
