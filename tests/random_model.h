/* random_model.h - deployable models by hand, of any shape that is valid: what no network of the
 * trainer looks like, but a model file may. */
#ifndef BNN_TESTS_RANDOM_MODEL_H
#define BNN_TESTS_RANDOM_MODEL_H

#include "deploy/model.h"

#include "buffers.h"

#include <stdio.h>

/* A generator of models; tensors live in the arena. */
typedef struct model_maker {
    buffers b;
    bnn_arena *arena;
    uint64_t macs_left; /* for an image of the model at hand */
    bool like_lenet;    /* its first stage is a convolution of stride 1 and a 2x2 pool */
    char text[2000];    /* the model in words, for a message */
    size_t used;
} model_maker;

static inline bool chance(model_maker *m, uint32_t percent)
{
    return random_between(&m->b, 1, 100) <= percent;
}

static inline void *made(model_maker *m, size_t n, size_t size)
{
    void *out = bnn_arena_alloc(m->arena, n, size);
    ck_assert_ptr_nonnull(out);
    return out;
}

static void describe(model_maker *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void describe(model_maker *m, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(m->text + m->used, sizeof m->text - m->used, format, args);
    va_end(args);
    m->used += (size_t)n < sizeof m->text - m->used ? (size_t)n : 0;
}

/* Few numbers, and both zeros among them, so that sums meet zero and each other. */
static inline float any_value(model_maker *m)
{
    static const float values[] = {0.0f, -0.0f, 1.0f, -1.0f, 0.5f, -2.0f, 1e6f, -1e-6f};
    const uint32_t i = random_between(&m->b, 0, 15);
    return i < 8 ? values[i] : random_float(&m->b);
}

static inline const float *any_values(model_maker *m, size_t n)
{
    float *out = made(m, n, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = any_value(m);
    return out;
}

/* ---- the linear operation ---------------------------------------------------------------- */

static inline bool take_shape(model_maker *m, bnn_stage *s, uint32_t channels)
{
    const bnn_deploy_op op = {.type = s->linear,
                              .in = s->in,
                              .kernel = s->kernel,
                              .stride = s->stride,
                              .padding = s->padding};
    if (!bnn_op_out_shape(&op, channels, &s->sums))
        return false;
    s->taps = (uint32_t)bnn_op_taps(&op);
    s->macs = (uint64_t)s->taps * bnn_shape_values(s->sums);
    return s->macs <= m->macs_left;
}

static inline void choose_linear(model_maker *m, bnn_stage *s, bool last)
{
    const bool lenet = m->like_lenet && s->inputs == BNN_VALUES_PIXELS;
    for (uint32_t most = 70;; most = most * 2 / 3) {
        s->linear = lenet || chance(m, 65) ? BNN_LOWER_CONV2D : BNN_LOWER_DENSE;
        s->kernel = s->stride = 1;
        s->padding = 0;
        if (s->linear == BNN_LOWER_CONV2D) {
            s->kernel = random_between(&m->b, 1, lenet ? 5 : 7);
            s->stride = lenet ? 1 : random_between(&m->b, 1, 3);
            s->padding = chance(m, 50) ? random_between(&m->b, 0, s->kernel - 1) : 0;
        }
        if (take_shape(m, s, random_between(&m->b, 1, last && most > 20 ? 20 : most)))
            return;
        if (most < 2) {
            /* The smallest that there is. */
            s->linear = BNN_LOWER_DENSE;
            s->kernel = s->stride = 1;
            s->padding = 0;
            m->macs_left = UINT64_MAX;
            ck_assert(take_shape(m, s, 1));
            return;
        }
    }
}

static inline void choose_weights(model_maker *m, bnn_stage *s)
{
    const uint32_t channels = s->sums.c;
    const bool lenet = m->like_lenet && s->inputs == BNN_VALUES_PIXELS;
    s->binary_weights = lenet || chance(m, s->inputs == BNN_VALUES_FLOATS ? 50 : 85);
    if (s->padding > 0) {
        s->pad_value = (int32_t)random_between(&m->b, 0, 2) - 1;
        if (s->binary_weights && s->inputs == BNN_VALUES_PIXELS && (lenet || chance(m, 80)))
            s->pad_value = 0;
        else if (s->binary_weights && s->inputs == BNN_VALUES_BITS && chance(m, 80))
            s->pad_value = chance(m, 50) ? 1 : -1;
    }
    s->bias = !lenet && chance(m, s->binary_weights ? 5 : 50) ? any_values(m, channels) : NULL;
    s->integer_sums = bnn_stage_sums_are_integers(s);
    if (!s->binary_weights) {
        s->weights = any_values(m, (size_t)channels * s->taps);
        return;
    }
    s->row_words = ((size_t)s->taps + 63) / 64;
    uint64_t *bits = made(m, channels * s->row_words, sizeof *bits);
    for (size_t c = 0; c < channels; c++) {
        const uint32_t kind = random_between(&m->b, 0, 19); /* all -1, all +1, any */
        for (size_t i = 0; i < s->taps; i++)
            bits[c * s->row_words + i / 64] |= (kind < 2 ? kind : random_bits(&m->b) >> 40 & 1)
                                               << i % 64;
    }
    s->bits = bits;
}

/* ---- what follows ------------------------------------------------------------------------ */

/* A pool that fits, or none. */
static inline bool choose_pool(model_maker *m, bnn_shape in, bnn_deploy_op *pool)
{
    *pool = (bnn_deploy_op){.type = BNN_LOWER_MAXPOOL, .name = "pool", .in = in};
    pool->kernel = chance(m, 70) ? 2 : random_between(&m->b, 1, 4);
    pool->stride = chance(m, 70) ? pool->kernel : random_between(&m->b, 1, 3);
    return bnn_op_out_shape(pool, 0, &pool->out);
}

/* Thresholds where sums are, where they end, and beyond. */
static inline int32_t any_threshold(model_maker *m, const bnn_stage *s)
{
    const int32_t bound = bnn_stage_sum_bound(s);
    const int32_t ends[] = {-bound - 1, -bound, -bound + 1, bound - 1, bound, bound + 1};
    if (chance(m, 15))
        return ends[random_between(&m->b, 0, 5)];
    const int32_t spread = bound / (s->taps > 16 ? 4 : 1);
    return (int32_t)random_between(&m->b, 0, (uint32_t)(2 * spread)) - spread;
}

static inline void choose_fold(model_maker *m, bnn_stage *s)
{
    bnn_fold *f = &s->fold;
    bnn_deploy_op pool;
    const bool lenet = m->like_lenet && s->inputs == BNN_VALUES_PIXELS;
    const uint32_t channels = s->sums.c, tables = chance(m, lenet ? 5 : 25) ? 30 : 0;
    const int32_t bound = bnn_stage_sum_bound(s);
    s->folded = true;
    s->out = s->sums;
    if ((lenet || chance(m, 70)) && choose_pool(m, s->sums, &pool)) {
        f->pool = pool.kernel;
        f->pool_stride = pool.stride;
        s->out = pool.out;
    }
    const bool constant = chance(m, 8); /* the next sums are as large as can be */
    int32_t *threshold = made(m, channels, sizeof *threshold);
    uint8_t *rule = made(m, channels, sizeof *rule);
    for (uint32_t c = 0; c < channels; c++) {
        if (chance(m, tables))
            rule[c] |= BNN_RULE_TABLE;
        else
            threshold[c] = constant ? -bound : any_threshold(m, s);
        if (f->pool != 0 && chance(m, 40))
            rule[c] |= BNN_RULE_AND;
        if (!(rule[c] & BNN_RULE_TABLE) && chance(m, 30))
            rule[c] |= BNN_RULE_FLIPPED;
        f->n_tables += (rule[c] & BNN_RULE_TABLE) != 0;
    }
    f->threshold = threshold;
    f->rule = rule;
    f->table_first = -bound;
    f->table_step = s->inputs == BNN_VALUES_PIXELS ? 1 : 2;
    f->table_size = 2 * (uint32_t)bound / f->table_step + 1;
    f->table_words = ((size_t)f->table_size + 63) / 64;
    uint64_t *words = made(m, f->n_tables * f->table_words, sizeof *words);
    for (size_t i = 0; i < f->n_tables * f->table_words; i++)
        words[i] = random_bits(&m->b);
    f->tables = words;
    describe(m, " fold pool %u/%u tables %u", f->pool, f->pool_stride, f->n_tables);
}

static inline void choose_chain(model_maker *m, bnn_stage *s)
{
    const uint32_t most = random_between(&m->b, 0, 4);
    bnn_deploy_op *chain = made(m, most, sizeof *chain);
    s->out = s->sums;
    for (uint32_t i = 0; i < most; i++) {
        bnn_deploy_op *op = &chain[s->n_chain];
        static const uint32_t types[] = {BNN_LOWER_AFFINE,  BNN_LOWER_AFFINE,  BNN_LOWER_CLAMP,
                                         BNN_LOWER_SLOPE,   BNN_LOWER_MAXPOOL, BNN_LOWER_AVGPOOL,
                                         BNN_LOWER_MAXPOOL, BNN_LOWER_SIGN};
        const uint32_t type = types[random_between(&m->b, 0, 7)];
        if (!choose_pool(m, s->out, op) || (type != BNN_LOWER_MAXPOOL && type != BNN_LOWER_AVGPOOL))
            *op = (bnn_deploy_op){.in = s->out, .out = s->out};
        op->type = op->kernel == 0 && (type == BNN_LOWER_MAXPOOL || type == BNN_LOWER_AVGPOOL)
                       ? BNN_LOWER_SIGN
                       : type;
        op->name = "op";
        if (type == BNN_LOWER_AFFINE || type == BNN_LOWER_SLOPE)
            op->factor = any_values(m, op->in.c);
        if (type == BNN_LOWER_AFFINE)
            op->offset = any_values(m, op->in.c);
        op->low = -1.0f;
        op->high = chance(m, 50) ? 1.0f : INFINITY;
        s->out = op->out;
        s->n_chain++;
        describe(m, " op %u", op->type);
    }
    s->chain = chain;
}

static inline void choose_stage(model_maker *m, const bnn_stage *before, bool last, bnn_shape in,
                                bnn_stage *s)
{
    *s = (bnn_stage){.name = "stage",
                     .linear = BNN_LOWER_IDENTITY,
                     .kernel = 1,
                     .stride = 1,
                     .inputs = before == NULL ? BNN_VALUES_PIXELS : before->outputs,
                     .outputs = !last && chance(m, 80) ? BNN_VALUES_BITS : BNN_VALUES_FLOATS,
                     .in = in,
                     .sums = in};
    if (before != NULL || m->like_lenet || chance(m, 90)) {
        choose_linear(m, s, last);
        choose_weights(m, s);
        m->macs_left -= s->macs;
    }
    describe(m, "\n  kind %u: %ux%ux%u %s, kernel %u/%u, padding %u of %d, %ux%ux%u %s", s->linear,
             in.c, in.h, in.w,
             s->inputs == BNN_VALUES_PIXELS ? "pixels"
             : s->inputs == BNN_VALUES_BITS ? "bits"
                                            : "floats",
             s->kernel, s->stride, s->padding, s->pad_value, s->sums.c, s->sums.h, s->sums.w,
             s->integer_sums ? "integers" : "floats");
    if (s->integer_sums && s->outputs == BNN_VALUES_BITS && chance(m, 85))
        choose_fold(m, s);
    else
        choose_chain(m, s);
}

/* The model of a seed, of at most so many multiplications an image; m->text says what it is. */
static inline bnn_deploy_model *random_model(model_maker *m, uint64_t seed, uint64_t most_macs)
{
    bnn_deploy_model *model = made(m, 1, sizeof *model);
    m->b.state = seed;
    m->macs_left = most_macs;
    m->used = 0;
    m->text[0] = '\0';
    m->like_lenet = chance(m, 40);
    const uint32_t n = random_between(&m->b, m->like_lenet ? 2 : 1, 5);
    bnn_stage *stages = made(m, n, sizeof *stages);
    bnn_shape shape = {.c = chance(m, 60) ? 1 : random_between(&m->b, 1, 8),
                       .h = random_between(&m->b, 1, 34),
                       .w = random_between(&m->b, 1, chance(m, 90) ? 36 : 80)};
    model->input = shape;
    describe(m, "seed %llu, %ux%ux%u", (unsigned long long)seed, shape.c, shape.h, shape.w);
    for (uint32_t i = 0; i < n; i++) {
        choose_stage(m, i > 0 ? &stages[i - 1] : NULL, i + 1 == n, shape, &stages[i]);
        shape = stages[i].out;
    }
    model->n_classes = (uint32_t)bnn_shape_values(shape);
    model->n_stages = n;
    model->stages = stages;
    return model;
}

#endif
