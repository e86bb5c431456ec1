/* conform_optimizer.c - an optimizer leaves weights alone without a gradient, and lowers a loss. */
#include "tests/conform/conform.h"

enum { N = 77, N_STEPS = 3000 };

typedef struct weights {
    size_t n;
    float *w, *g, *slots[BNN_SLOTS_MAX];
} weights;

static weights weights_create(buffers *memory, const bnn_optimizer *optimizer, size_t n)
{
    weights v = {.n = n, .w = random_floats(memory, n), .g = random_floats(memory, n)};
    for (uint32_t i = 0; i < optimizer->n_slots; i++) {
        v.slots[i] = empty_floats(memory, n);
        memset(v.slots[i], 0, n * sizeof *v.slots[i]);
    }
    return v;
}

static weights weights_copy(buffers *memory, const bnn_optimizer *optimizer, const weights *v)
{
    weights c = weights_create(memory, optimizer, v->n);
    memcpy(c.w, v->w, v->n * sizeof *c.w);
    memcpy(c.g, v->g, v->n * sizeof *c.g);
    for (uint32_t i = 0; i < optimizer->n_slots; i++)
        memcpy(c.slots[i], v->slots[i], v->n * sizeof *c.slots[i]);
    return c;
}

static void weights_step(const subject *s, const bnn_optimizer *optimizer, uint64_t t, bool decays,
                         weights *v)
{
    const bnn_step at = {.t = t,
                         .lr = optimizer->default_lr,
                         .latent = (optimizer->flags & BNN_OPTIMIZER_BINARY_ONLY) != 0,
                         .decays = decays};
    optimizer->step(&s->ctx, s->params, &at, v->n, v->w, v->g, v->slots);
}

static void weights_check_zero_gradient(const subject *s, const bnn_optimizer *optimizer,
                                        buffers *memory)
{
    weights v = weights_create(memory, optimizer, N);
    memset(v.g, 0, N * sizeof *v.g);
    v.w[0] = 0.0f;
    const weights before = weights_copy(memory, optimizer, &v);
    for (uint64_t t = 1; t <= 3; t++)
        weights_step(s, optimizer, t, false, &v);
    expect_same(s->what, "weights without a gradient", v.w, before.w, N);
}

/* Large and tiny gradients, and an early and a very late step. */
static void weights_check_finite(const subject *s, const bnn_optimizer *optimizer, buffers *memory)
{
    static const float sizes[] = {1e-45f, 1e-38f, 1e-20f, 1.0f, 1e10f, 1e18f};
    weights v = weights_create(memory, optimizer, N);
    for (uint64_t t = 1; t < (uint64_t)1 << 40; t *= 3) {
        for (size_t i = 0; i < N; i++)
            v.g[i] = random_float(memory) * sizes[(i + t) % 6];
        weights_step(s, optimizer, t, true, &v);
        for (size_t i = 0; i < N; i++) {
            REQUIRE(isfinite(v.w[i]), "%s: weight %zu is %g at step %llu", s->what, i,
                    (double)v.w[i], (unsigned long long)t);
            v.w[i] = random_float(memory);
        }
    }
}

/* The same call gives the same bits; nothing is written beyond the end, and nothing for n = 0. */
static void weights_check_pure(const subject *s, const bnn_optimizer *optimizer, buffers *memory)
{
    for (size_t n = 0; n < 70; n += 23) {
        weights v = weights_create(memory, optimizer, n + 1);
        v.w[n] = NAN;
        for (uint32_t i = 0; i < optimizer->n_slots; i++)
            v.slots[i][n] = NAN;
        weights again = weights_copy(memory, optimizer, &v);
        v.n = again.n = n;
        for (uint64_t t = 1; t <= 3; t++) {
            weights_step(s, optimizer, t, true, &v);
            weights_step(s, optimizer, t, true, &again);
        }
        expect_same(s->what, "weights, again", v.w, again.w, n + 1);
        REQUIRE(isnan(v.w[n]), "%s: writes beyond its end for n = %zu", s->what, n);
        for (uint32_t i = 0; i < optimizer->n_slots; i++) {
            expect_same(s->what, "slots, again", v.slots[i], again.slots[i], n + 1);
            REQUIRE(isnan(v.slots[i][n]), "%s: writes beyond slot %u", s->what, i);
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

static void weights_check_descent(const subject *s, const bnn_optimizer *optimizer, buffers *memory)
{
    weights v = weights_create(memory, optimizer, N);
    const float *target = random_floats(memory, N);
    const double before = weights_loss(optimizer, &v, target);
    for (uint64_t t = 1; t <= N_STEPS; t++) {
        weights_step(s, optimizer, t, false, &v);
        weights_loss(optimizer, &v, target);
    }
    const double after = weights_loss(optimizer, &v, target);
    REQUIRE(after <= 0.1 * before, "%s: the loss was %g, and is %g after %d steps", s->what, before,
            after, N_STEPS);
}

void conform_optimizer(size_t i)
{
    subject s;
    conform_begin(&s, BNN_KIND_OPTIMIZER, i);
    conform_file(&s);
    const bnn_optimizer *optimizer = (const void *)s.head;
    for (size_t turn = 0; conform_set(&s, turn); turn++) {
        buffers memory = {.state = turn};
        weights_check_zero_gradient(&s, optimizer, &memory);
        weights_check_finite(&s, optimizer, &memory);
        weights_check_pure(&s, optimizer, &memory);
        if (turn == 0)
            weights_check_descent(&s, optimizer, &memory);
        buffers_free(&memory);
    }
    conform_end(&s);
}
