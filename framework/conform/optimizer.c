/* optimizer.c - an optimizer leaves weights alone without a gradient, and lowers a loss. */
#include "conform/conform_internal.h"

#include <string.h>

enum { N = 77, N_STEPS = 3000 };

typedef struct weights {
    size_t n;
    float *w, *g, *slots[BNN_SLOTS_MAX];
} weights;

static weights weights_create(conform_memory *memory, const bnn_optimizer *optimizer, size_t n)
{
    weights v = {
        .n = n, .w = conform_random_floats(memory, n), .g = conform_random_floats(memory, n)};
    for (uint32_t i = 0; i < optimizer->n_slots; i++) {
        v.slots[i] = conform_empty_floats(memory, n);
        memset(v.slots[i], 0, n * sizeof *v.slots[i]);
    }
    return v;
}

static weights weights_copy(conform_memory *memory, const bnn_optimizer *optimizer,
                            const weights *v)
{
    weights c = weights_create(memory, optimizer, v->n);
    memcpy(c.w, v->w, v->n * sizeof *c.w);
    memcpy(c.g, v->g, v->n * sizeof *c.g);
    for (uint32_t i = 0; i < optimizer->n_slots; i++)
        memcpy(c.slots[i], v->slots[i], v->n * sizeof *c.slots[i]);
    return c;
}

static void weights_step(const conform_subject *s, const bnn_optimizer *optimizer, double lr,
                         uint64_t t, bool decays, weights *v)
{
    const bnn_step at = {.t = t,
                         .lr = lr,
                         .latent = (optimizer->flags & BNN_OPTIMIZER_BINARY_ONLY) != 0,
                         .decays = decays};
    optimizer->step(&s->ctx, s->params, &at, v->n, v->w, v->g, v->slots);
}

static void weights_check_zero_gradient(const conform_subject *s, const bnn_optimizer *optimizer,
                                        conform_memory *memory)
{
    weights v = weights_create(memory, optimizer, N);
    memset(v.g, 0, N * sizeof *v.g);
    v.w[0] = 0.0f;
    const weights before = weights_copy(memory, optimizer, &v);
    for (uint64_t t = 1; t <= 3; t++)
        weights_step(s, optimizer, optimizer->default_lr, t, false, &v);
    conform_require_same(s, "weights without a gradient", v.w, before.w, N);
}

/* Large and tiny gradients, and an early and a very late step. */
static void weights_check_finite(const conform_subject *s, const bnn_optimizer *optimizer,
                                 conform_memory *memory)
{
    static const float sizes[] = {1e-45f, 1e-38f, 1e-20f, 1.0f, 1e10f, 1e18f};
    weights v = weights_create(memory, optimizer, N);
    for (uint64_t t = 1; t < (uint64_t)1 << 40; t *= 3) {
        for (size_t i = 0; i < N; i++)
            v.g[i] = conform_random_float(memory) * sizes[(i + t) % 6];
        weights_step(s, optimizer, optimizer->default_lr, t, true, &v);
        for (size_t i = 0; i < N; i++) {
            CONFORM_REQUIRE(s, isfinite(v.w[i]), "weight %zu is %g at step %llu", i, (double)v.w[i],
                            (unsigned long long)t);
            v.w[i] = conform_random_float(memory);
        }
    }
}

/* The same call gives the same bits; nothing is written beyond the end, and nothing for n = 0. */
static void weights_check_pure(const conform_subject *s, const bnn_optimizer *optimizer,
                               conform_memory *memory)
{
    for (size_t n = 0; n < 70; n += 23) {
        weights v = weights_create(memory, optimizer, n + 1);
        v.w[n] = NAN;
        for (uint32_t i = 0; i < optimizer->n_slots; i++)
            v.slots[i][n] = NAN;
        weights again = weights_copy(memory, optimizer, &v);
        v.n = again.n = n;
        for (uint64_t t = 1; t <= 3; t++) {
            weights_step(s, optimizer, optimizer->default_lr, t, true, &v);
            weights_step(s, optimizer, optimizer->default_lr, t, true, &again);
        }
        conform_require_same(s, "weights, again", v.w, again.w, n + 1);
        CONFORM_REQUIRE(s, isnan(v.w[n]), "writes beyond its end for n = %zu", n);
        for (uint32_t i = 0; i < optimizer->n_slots; i++) {
            conform_require_same(s, "slots, again", v.slots[i], again.slots[i], n + 1);
            CONFORM_REQUIRE(s, isnan(v.slots[i][n]), "writes beyond slot %u", i);
        }
    }
}

/* sum of (w - target)^2 / 2; for weights of which only the sign acts, of (sign(w) - target)^2 / 2
 * with targets of -1 and +1. */
static double weights_loss(const bnn_optimizer *optimizer, weights *v, const float *target)
{
    double sum = 0;
    for (size_t i = 0; i < v->n; i++) {
        float w = v->w[i], to = target[i];
        if (optimizer->flags & BNN_OPTIMIZER_BINARY_ONLY) {
            w = w >= 0 ? 1.0f : -1.0f;
            to = to >= 0 ? 1.0f : -1.0f;
        }
        v->g[i] = w - to;
        sum += 0.5 * (double)v->g[i] * (double)v->g[i];
    }
    return sum;
}

/* The loss behind N_STEPS steps, the rate falling evenly from `lr` to nothing when it `falls`. */
static double weights_descend(const conform_subject *s, const bnn_optimizer *optimizer, double lr,
                              bool falls, double *before)
{
    conform_memory memory = {.s = s, .state = 1};
    weights v = weights_create(&memory, optimizer, N);
    const float *target = conform_random_floats(&memory, N);
    *before = weights_loss(optimizer, &v, target);
    for (uint64_t t = 1; t <= N_STEPS; t++) {
        const double left = falls ? 1.0 - (double)(t - 1) / N_STEPS : 1.0;
        weights_step(s, optimizer, lr * left, t, false, &v);
        weights_loss(optimizer, &v, target);
    }
    const double after = weights_loss(optimizer, &v, target);
    conform_memory_free(&memory);
    return after;
}

/* A method whose step is as large as its rate may need a larger one than its default, which is for
 * long trainings, and one that falls. At its default it goes down, if only a little. */
static void weights_check_descent(conform_subject *s)
{
    static const double factors[] = {1, 10, 100, 1000};
    const bnn_optimizer *optimizer = (const void *)s->head;
    const double lr = optimizer->default_lr;
    double before;
    const double after = weights_descend(s, optimizer, lr, false, &before);
    double best = after;
    CONFORM_REQUIRE(s, after < before,
                    "with its default rate, %g, the loss was %g, and is %g after %d steps: a step "
                    "goes against the gradient, and not too far",
                    lr, before, after, N_STEPS);
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        best = fmin(best, weights_descend(s, optimizer, lr * factors[i], true, &before));
    CONFORM_REQUIRE(s, best <= 0.1 * before,
                    "the loss was %g, and is %g after %d steps with the best of the rates %g to %g",
                    before, best, N_STEPS, lr, lr * 1000);
}

typedef void weights_check(const conform_subject *s, const bnn_optimizer *optimizer,
                           conform_memory *memory);

static void weights_check_always(conform_subject *s, weights_check *check)
{
    for (size_t turn = 0; conform_set(s, turn); turn++) {
        conform_memory memory = {.s = s, .state = turn};
        check(s, (const void *)s->head, &memory);
        conform_memory_free(&memory);
    }
}

static void weights_run_rest(conform_subject *s)
{
    weights_check_always(s, weights_check_zero_gradient);
}

static void weights_run_finite(conform_subject *s)
{
    weights_check_always(s, weights_check_finite);
}

static void weights_run_pure(conform_subject *s)
{
    weights_check_always(s, weights_check_pure);
}

const conform_check conform_optimizer_checks[] = {
    {"rest", "leaves weights alone without a gradient", weights_run_rest},
    {"finite", "finite for tiny and huge gradients, early and very late", weights_run_finite},
    {"elements", "the same bits again, nothing written beyond the end", weights_run_pure},
    {"descent", "lowers a quadratic", weights_check_descent},
    {.name = NULL},
};
