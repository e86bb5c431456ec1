#include "bench/lineup.h"

#include "bench/engine.h"
#include "export/unfold.h"

#include <math.h>
#include <string.h>

/* onnxruntime adds in another order, so a sign behind float sums may differ. That changes a logit a
 * little: a class may differ where two logits are closer than this part of their range. */
static const float NEAR = 0.05f;

/* ---- Who takes part -------------------------------------------------------------------------- */

bool bench_has_binary_weights(const bnn_model *model)
{
    for (uint32_t i = 0; i < model->n_stages; i++)
        if (model->stages[i].op.binary_weights)
            return true;
    return false;
}

bool bench_is_integer(const bnn_stage *stage)
{
    return stage->integer_sums || bnn_stage_sums_are_whole(stage);
}

static bool lineup_is_of_integers(const bnn_model *model)
{
    bool is = bench_has_binary_weights(model);
    for (uint32_t i = 0; !is && i < model->n_stages; i++)
        is = bench_is_integer(&model->stages[i]);
    return is;
}

int bench_lineup_add(bench_lineup *lineup, const char *name, const char *engine,
                     const bnn_model *model, const bench_executor *executor, void *state,
                     float **out_logits, bnn_error *err)
{
    if (lineup->n == BENCH_CONTENDERS_MAX)
        return bnn_fail(err, BNN_E_USAGE, "bench: more than %d contenders; name fewer --engines",
                        BENCH_CONTENDERS_MAX);
    bench_contender *c = &lineup->contenders[lineup->n];
    *c = (bench_contender){
        .name = name,
        .engine = bnn_arena_strdup(lineup->arena, engine),
        .model = model,
        .executor = executor,
        .state = state,
        .logits = bnn_arena_alloc(lineup->arena, lineup->record.n_images,
                                  model->n_classes * sizeof(float)),
    };
    if (c->engine == NULL || c->logits == NULL)
        return bnn_no_memory(err);
    /* The first that computes the same network: its answers are the ones to give. */
    for (size_t i = 0; i < lineup->n && c->reference == NULL; i++)
        if ((lineup->contenders[i].model == lineup->twin) == (model == lineup->twin))
            c->reference = &lineup->contenders[i];
    lineup->n++;
    if (out_logits != NULL)
        *out_logits = c->logits;
    return BNN_OK;
}

static int add_own(bench_lineup *lineup, const char *name, const bnn_model *model,
                   const bnn_engine *engine, bnn_error *err)
{
    bnn_engine_contender *own = bnn_arena_alloc(lineup->arena, 1, sizeof *own);
    if (own == NULL)
        return bnn_no_memory(err);
    const int status = bnn_engine_contender_open(model, engine, lineup->arena, own, err);
    if (status != BNN_OK)
        return status;
    own->images = lineup->images;
    own->n_images = lineup->record.n_images;
    return bench_lineup_add(lineup, name, engine->name, model, &bench_engine_executor, own,
                            &own->logits, err);
}

/* The float form of a model: itself when all sums are of floats, or it has gates, which have no floats. */
static int float_form(const bench_lineup *lineup, const bnn_model **out, bnn_error *err)
{
    const bnn_model *model = lineup->model;
    bnn_model *unfolded;
    *out = model;
    if (!lineup_is_of_integers(model) || bnn_model_logic(model) != NULL)
        return BNN_OK;
    const int status = bnn_export_unfold(model, lineup->arena, &unfolded, err);
    if (status != BNN_OK)
        return status;
    /* The layers of both are compared one by one. */
    if (unfolded->n_stages != model->n_stages)
        return bnn_fail(err, BNN_E_INTERNAL, "the float form has %u stages, the model %u",
                        unfolded->n_stages, model->n_stages);
    *out = unfolded;
    return BNN_OK;
}

int bench_lineup_add_own(bench_lineup *lineup, const bnn_engine *const *engines, size_t n_engines,
                         bnn_error *err)
{
    const bnn_model *floats;
    const char *other = bnn_model_logic(lineup->model) != NULL ? "gates" : "float";
    int status = float_form(lineup, &floats, err);
    for (size_t i = 0; i < n_engines && status == BNN_OK; i++) {
        if (floats != lineup->model)
            status = add_own(lineup, bench_has_binary_weights(lineup->model) ? "binary" : "integer",
                             lineup->model, engines[i], err);
        if (status == BNN_OK)
            status = add_own(lineup, other, floats, engines[i], err);
    }
    if (status == BNN_OK && lineup->twin != NULL)
        status = add_own(lineup, "twin", lineup->twin, engines[0], err);
    return status;
}

const bench_contender *bench_lineup_find(const bench_lineup *lineup, const char *name,
                                         const char *engine)
{
    for (size_t i = 0; i < lineup->n; i++) {
        const bench_contender *c = &lineup->contenders[i];
        if (strcmp(c->name, name) == 0 && (engine == NULL || strcmp(c->engine, engine) == 0))
            return c;
    }
    return NULL;
}

/* ---- Whether they agree ---------------------------------------------------------------------- */

/* Whether the reference nearly gave this class, too. */
static bool is_near(const float *reference, uint32_t n, uint32_t class)
{
    float low = reference[0], high = reference[0];
    for (uint32_t i = 1; i < n; i++) {
        low = fminf(low, reference[i]);
        high = fmaxf(high, reference[i]);
    }
    return high - reference[class] <= NEAR * (high - low);
}

static int compare_logits(bench_contender *c, uint32_t n_images, bnn_error *err)
{
    const uint32_t n = c->model->n_classes;
    for (uint32_t i = 0; i < n_images; i++) {
        const float *own = c->logits + (size_t)i * n;
        const float *wanted = c->reference->logits + (size_t)i * n;
        const uint32_t class = bnn_class_of(own, n), wanted_class = bnn_class_of(wanted, n);
        c->n_differing += class != wanted_class;
        const bool agrees = c->executor->is_exact
                                ? memcmp(own, wanted, n * sizeof *own) == 0
                                : class == wanted_class || is_near(wanted, n, class);
        if (!agrees)
            return bnn_fail(err, BNN_E_FAILED,
                            "%s (%s) and %s (%s) do not agree on image %u: classes %u and %u, "
                            "logits %.9g and %.9g of the first; they are not the same network, so "
                            "their times say nothing",
                            c->name, c->engine, c->reference->name, c->reference->engine, i, class,
                            wanted_class, (double)own[class], (double)wanted[class]);
    }
    return BNN_OK;
}

int bench_lineup_compare(bench_lineup *lineup, bnn_error *err)
{
    int status = BNN_OK;
    for (size_t i = 0; i < lineup->n && status == BNN_OK; i++) {
        bench_contender *c = &lineup->contenders[i];
        status = c->executor->answer(c->state, c->logits, err);
        if (status == BNN_OK && c->reference != NULL)
            status = compare_logits(c, lineup->record.n_images, err);
    }
    return status;
}
