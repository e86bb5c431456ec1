/* rungs.c - sweep.halving: the points become contenders, with the configs whose runs each rung ranks.
 *
 * A rung of fewer epochs is a config of its own for each contender, trained from the start: the learning rate
 * follows the number of epochs, so a longer run is no continuation of a shorter one. */
#include "comparison/halving.h"
#include "runner/experiment_internal.h"

#include <string.h>

const char bnn_rung_word[] = "rung";

/* A contest while it is made. */
typedef struct rungs_maker {
    bnn_builder *b;
    const bnn_halving *halving;
    const bnn_point *const *points; /* [configs], NULL of those that are no points */
    size_t most;                    /* epochs or seeds of the last rung */
    bnn_contest contest;
    bnn_rung *rungs;
    size_t *contenders; /* configs */
} rungs_maker;

static int rungs_find_contenders(rungs_maker *m)
{
    const bnn_experiment *x = m->b->out;
    m->contenders = bnn_arena_alloc(m->b->r->arena, x->n_configs, sizeof *m->contenders);
    if (m->contenders == NULL)
        return bnn_diag_no_memory(m->b->r->diag);
    for (size_t i = 0; i < x->n_configs; i++) {
        const bnn_config *c = &x->configs[i];
        if (c->only == NULL && !c->baseline &&
            (x->compare.reference == NULL || strcmp(c->hash, x->compare.reference) != 0))
            m->contenders[m->contest.n++] = i;
    }
    return BNN_OK;
}

/* Whether all points can be measured alike. */
static int rungs_check_points(const rungs_maker *m)
{
    const bnn_experiment *x = m->b->out;
    bnn_diag *diag = m->b->r->diag;
    const bnn_key *row = bnn_key_find(&bnn_spec_section, "sweep.halving");
    const bnn_config *first = NULL;
    for (size_t i = 0; i < x->n_configs; i++) {
        const bnn_config *c = &x->configs[i];
        if (c->only != NULL)
            continue;
        if (!bnn_key_holds(&c->settings, row->acts))
            return bnn_diag_add(diag, m->halving->at,
                                "sweep.halving: chooses by validation_accuracy, but "
                                "dataset.validation is 0");
        if (first == NULL)
            first = c;
        if (m->halving->over == BNN_HALVE_EPOCHS && c->train.epochs != first->train.epochs)
            return bnn_diag_add(diag, m->halving->at,
                                "sweep.halving: over epochs, all points must have the same "
                                "%s, not %d and %d",
                                bnn_halving_amounts[m->halving->over], first->train.epochs,
                                c->train.epochs);
    }
    return BNN_OK;
}

static int rungs_check(rungs_maker *m)
{
    const bnn_experiment *x = m->b->out;
    const bnn_halving *h = m->halving;
    bnn_diag *diag = m->b->r->diag;
    const bool epochs = h->over == BNN_HALVE_EPOCHS;
    if (rungs_check_points(m) != BNN_OK)
        return BNN_E_SPEC;
    if (m->contest.n < 2)
        return bnn_diag_add(diag, h->at,
                            "sweep.halving: there %s to choose among beside the baseline",
                            m->contest.n == 0 ? "is no point" : "is one point");
    m->most = epochs ? (size_t)x->configs[m->contenders[0]].train.epochs : x->n_seeds;
    if ((size_t)h->from * (size_t)h->eta > m->most)
        return bnn_diag_add(diag, h->at,
                            "sweep.halving: from %d, the next rung would have %zu %s, but %s %zu, "
                            "so nothing would be dropped",
                            h->from, (size_t)h->from * (size_t)h->eta, epochs ? "epochs" : "seeds",
                            epochs ? "train.epochs is" : "there are", m->most);
    return BNN_OK;
}

static bnn_position_in_file rungs_locate(const void *context, bnn_position_in_file at)
{
    (void)at;
    return ((const bnn_halving *)context)->at;
}

/* The point with so many epochs, in the arena; NULL after a message. */
static bnn_point *rungs_make_point(const rungs_maker *m, const bnn_point *of, int32_t epochs)
{
    const bnn_reader *r = m->b->r;
    bnn_point *point = bnn_arena_alloc(r->arena, 1, sizeof *point);
    bnn_node *nodes = bnn_arena_alloc(r->arena, 2, sizeof *nodes);
    const char *number = bnn_arena_printf(r->arena, "%d", epochs);
    if (point == NULL || nodes == NULL || number == NULL) {
        bnn_diag_no_memory(r->diag);
        return NULL;
    }
    nodes[0] = (bnn_node){.at = m->halving->at, .text = "train.epochs"};
    nodes[1] = (bnn_node){.at = m->halving->at, .text = number};
    const bnn_pair pair = {&nodes[0], &nodes[1]};
    if (bnn_sweep_point(of->root, 1, &pair, r->arena, r->diag, point) != BNN_OK)
        return NULL;
    point->drawn = of->drawn;
    point->taught = of->taught;
    point->label = bnn_arena_printf(r->arena, "%s epochs=%d", of->label, epochs);
    point->own =
        bnn_arena_printf(r->arena, "%s%sepochs=%d", of->own, *of->own == '\0' ? "" : " ", epochs);
    if (point->label != NULL && point->own != NULL)
        return point;
    bnn_diag_no_memory(r->diag);
    return NULL;
}

/* The config of a contender at a rung of fewer epochs; *place: where it is. */
static int rungs_add_config(const rungs_maker *m, size_t contender, int32_t epochs, size_t *place)
{
    bnn_config config;
    const bnn_point *point = rungs_make_point(m, m->points[m->contenders[contender]], epochs);
    const bnn_diag_part part = {"sweep.halving", rungs_locate, m->halving};
    if (point == NULL)
        return bnn_diag_status(m->b->r->diag);
    const bnn_diag_part *before = bnn_diag_set_part(m->b->r->diag, &part);
    const int status = bnn_needs_resolve(m->b, point, &config);
    bnn_diag_set_part(m->b->r->diag, before);
    if (status != BNN_OK)
        return status;
    if (bnn_experiment_note(m->b, point, &config, true) != BNN_OK)
        return bnn_diag_no_memory(m->b->r->diag);
    config.only = bnn_rung_word;
    return bnn_experiment_add(m->b, point, &config, place);
}

/* configs: of the contenders, at this rung. */
static int rungs_add(rungs_maker *m, size_t amount)
{
    const bool epochs = m->halving->over == BNN_HALVE_EPOCHS, whole = amount == m->most;
    const bnn_experiment *x = m->b->out;
    bnn_rung *rung = &m->rungs[m->contest.n_rungs];
    size_t *configs =
        bnn_arena_copy(m->b->r->arena, m->contenders, m->contest.n, sizeof *m->contenders);
    if (configs == NULL)
        return bnn_diag_no_memory(m->b->r->diag);
    for (size_t i = 0; epochs && !whole && i < m->contest.n; i++) {
        const int status = rungs_add_config(m, i, (int32_t)amount, &configs[i]);
        if (status != BNN_OK)
            return status;
    }
    *rung = (bnn_rung){
        .seeds = epochs ? x->n_seeds : amount,
        .epochs = epochs ? (int32_t)amount : 0,
        .n = bnn_halving_count(m->contest.n, m->contest.eta, m->contest.n_rungs),
        .configs = configs,
    };
    m->contest.n_rungs++;
    return BNN_OK;
}

void bnn_rungs_resolve(bnn_builder *b, const bnn_halving *halving, const bnn_point *const *points)
{
    rungs_maker m = {.b = b, .halving = halving, .points = points};
    if (rungs_find_contenders(&m) != BNN_OK || rungs_check(&m) != BNN_OK)
        return;
    const size_t eta = (size_t)halving->eta;
    m.contest.eta = eta;
    m.rungs = bnn_arena_alloc(b->r->arena, BNN_RUNGS_MAX, sizeof *m.rungs);
    if (m.rungs == NULL) {
        bnn_diag_no_memory(b->r->diag);
        return;
    }
    m.contest.rungs = m.rungs;
    /* The last one that a rung leaves goes on to the end. */
    for (size_t amount = (size_t)halving->from; amount * eta <= m.most; amount *= eta) {
        if (bnn_halving_count(m.contest.n, eta, m.contest.n_rungs) == 1)
            break;
        if (rungs_add(&m, amount) != BNN_OK)
            return;
    }
    if (rungs_add(&m, m.most) != BNN_OK)
        return;
    b->out->contest = m.contest;
    if (b->out->compare.is_there)
        bnn_diag_warn(
            b->r->diag, halving->at,
            "sweep.halving: what is left is chosen with the seeds that `compare` asks "
            "about, so its answer will be exploratory; for a planned one, compare what is "
            "left, with new seeds, in a spec of its own");
}
