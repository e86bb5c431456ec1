/* layer_lut - logic gates: every output is a table of a few inputs, -1 or +1. In training a table has
 * numbers between, and a gate is their multilinear interpolation; the network that is evaluated and
 * deployed has the signs. */
#include "wiring.h"

#include <math.h>

enum { TABLE, WIRES };                 /* places of the tensors */
enum { TABLE_STREAM, WIRES_STREAM };   /* of random words */
enum { FORWARD_SOFT, FORWARD_HARD };   /* the parameter forward */
enum { START_RANDOM, START_RESIDUAL }; /* the parameter start */

struct lut {
    double residual, noise, shrink;
    int32_t gates, inputs, forward, start;
};

static const bnn_param params[] = {
    BNN_INTEGER(struct lut, gates, 64, 1, 1 << 20, "gates, each with one output"),
    BNN_INTEGER(struct lut, inputs, 2, 2, BNN_GATE_INPUTS_MAX, "inputs of a gate"),
    BNN_CHOICE(struct lut, forward, FORWARD_SOFT, "soft|hard",
               "in training: interpolated, or the bits as they are evaluated"),
    BNN_NUMBER(struct lut, shrink, 1.0, 0.0, 1.0,
               "with forward hard: of the gradient's terms, for each further input in them"),
    BNN_CHOICE(struct lut, start, START_RANDOM, "random|residual",
               "of the tables: random, or passing the first input on"),
    BNN_NUMBER(struct lut, residual, 3.0, 0.0, 20.0, "with start residual: how clearly"),
    BNN_NUMBER(struct lut, noise, 1.0, 0.0, 20.0, "standard deviation of the tables at the start"),
    BNN_PARAMS_END,
};

/* ---- sizes ------------------------------------------------------------------------------- */

static size_t n_entries(const struct lut *p)
{
    return (size_t)p->gates << p->inputs;
}

static size_t n_pins(const struct lut *p)
{
    return (size_t)p->gates * (size_t)p->inputs;
}

static uint32_t n_features(bnn_shape shape)
{
    return shape.c * shape.h * shape.w;
}

/* Bits that hold 0..n-1. */
static uint32_t width(uint32_t n)
{
    uint32_t bits = 1;
    while (bits < 32 && n > (uint32_t)1 << bits)
        bits++;
    return bits;
}

static int plan(const void *params_, bnn_layer_plan *plan)
{
    const struct lut *p = params_;
    const uint32_t gates = (uint32_t)p->gates, inputs = (uint32_t)p->inputs;
    const uint64_t in = (uint64_t)plan->in.c * plan->in.h * plan->in.w;
    if (in > 1u << 24) /* wires are kept as floats, exactly */
        return plan->fail(plan, "%ux%ux%u inputs are too many", plan->in.c, plan->in.h, plan->in.w);
    if (in < inputs)
        return plan->fail(plan, "a gate of %u inputs has only %u to choose from", inputs,
                          (unsigned)in);
    plan->out = (bnn_shape){.c = gates, .h = 1, .w = 1};
    plan->n_tensors = 2;
    plan->tensors[TABLE] = (bnn_tensor){
        .name = "table", .kind = BNN_TENSOR_VECTOR, .dims = {gates, 1u << inputs, 1, 1}};
    plan->tensors[WIRES] =
        (bnn_tensor){.name = "wires", .kind = BNN_TENSOR_STATE, .dims = {gates, inputs, 1, 1}};
    plan->n_saved = 2 * n_entries(p); /* tables between -1 and +1, and their coefficients */
    plan->n_scratch = n_entries(p) + n_pins(p) > in ? n_entries(p) + n_pins(p) : (size_t)in;
    plan->deployed_bits = gates * ((1u << inputs) + (uint64_t)inputs * width((uint32_t)in));
    return 0;
}

/* ---- tables and coefficients ------------------------------------------------------------- */

/* v[gate][table] becomes the coefficients of products of inputs: the Walsh-Hadamard transform, over
 * its size. */
BNN_HOT static void to_coefficients(size_t n, size_t table, float *v)
{
    const float scale = 1.0f / (float)table;
    for (size_t gate = 0; gate < n; gate++, v += table) {
        for (size_t bit = 1; bit < table; bit *= 2)
            for (size_t i = 0; i < table; i++)
                if ((i & bit) == 0) {
                    const float clear = v[i], set = v[i + bit];
                    v[i] = clear + set;
                    v[i + bit] = set - clear;
                }
        for (size_t i = 0; i < table; i++)
            v[i] *= scale;
    }
}

/* The gradient of coefficients becomes that of the tables. */
BNN_HOT static void to_table_gradient(size_t n, size_t table, float *v)
{
    const float scale = 1.0f / (float)table;
    for (size_t gate = 0; gate < n; gate++, v += table) {
        for (size_t bit = 1; bit < table; bit *= 2)
            for (size_t i = 0; i < table; i++)
                if ((i & bit) == 0) {
                    const float without = v[i], with = v[i + bit];
                    v[i] = without - with;
                    v[i + bit] = without + with;
                }
        for (size_t i = 0; i < table; i++)
            v[i] *= scale;
    }
}

/* Twice a sigmoid, less 1: an entry w is +1 with the probability that a logit of w says. */
static void soft_tables(const bnn_kernels *kernels, size_t n, const float *w, float *t)
{
    for (size_t i = 0; i < n; i++)
        t[i] = 0.5f * w[i];
    kernels->tanh(n, t, t);
}

static void hard_tables(size_t n, const float *w, float *t)
{
    for (size_t i = 0; i < n; i++)
        t[i] = w[i] >= 0.0f ? 1.0f : -1.0f;
}

/* ---- passes ------------------------------------------------------------------------------ */

/* Wires as whole numbers; what a damaged file has instead leads to the first input. */
static bnn_gates describe(const struct lut *p, const bnn_layer_io *io, uint32_t *wires)
{
    const uint32_t in = n_features(io->in);
    for (size_t i = 0; i < n_pins(p); i++) {
        const float wire = io->tensors[WIRES][i];
        wires[i] = wire >= 0.0f && wire < (float)in ? (uint32_t)wire : 0;
    }
    return (bnn_gates){.inputs = (uint32_t)p->inputs,
                       .n = (uint32_t)p->gates,
                       .features = in,
                       .lanes = io->lanes,
                       .wire = wires};
}

static void forward(const bnn_context *ctx, const void *params_, const bnn_layer_io *io)
{
    const struct lut *p = params_;
    const size_t n = n_entries(p), table = (size_t)1 << p->inputs;
    const bnn_gates gates = describe(p, io, (uint32_t *)(void *)(io->scratch + n));
    const int soft = io->relaxed || (io->training && p->forward == FORWARD_SOFT);
    float *c = io->scratch;
    if (io->training) { /* for the backward pass, whichever acts */
        float *t = io->saved, *smooth = io->saved + n;
        soft_tables(ctx->kernels, n, io->tensors[TABLE], t);
        for (size_t i = 0; i < n; i++)
            smooth[i] = t[i];
        to_coefficients(gates.n, table, smooth);
        if (soft)
            c = smooth;
    }
    if (c == io->scratch) {
        if (soft)
            soft_tables(ctx->kernels, n, io->tensors[TABLE], c);
        else
            hard_tables(n, io->tensors[TABLE], c);
        to_coefficients(gates.n, table, c);
    }
    ctx->kernels->gates_forward(&gates, c, io->x, io->y);
}

/* On bits, the slope of the interpolation counts far entries of the table as much as near ones;
 * shrunk terms count them less, by a constant factor for each input that differs. */
static void shrink_terms(size_t n, size_t table, float shrink, float *c)
{
    for (size_t i = 0; i < n; i++)
        for (size_t set = i % table; (set & (set - 1)) != 0; set &= set - 1)
            c[i] *= shrink;
}

static void backward(const bnn_context *ctx, const void *params_, const bnn_layer_io *io)
{
    const struct lut *p = params_;
    const size_t n = n_entries(p), table = (size_t)1 << p->inputs;
    const bnn_gates gates = describe(p, io, (uint32_t *)(void *)(io->scratch + n));
    const float *t = io->saved;
    float *slope = io->saved + n, *g = io->gradients[TABLE];
    if (p->forward == FORWARD_HARD && p->shrink != 1.0)
        shrink_terms(n, table, (float)p->shrink, slope);
    ctx->kernels->gates_backward(&gates, slope, io->x, io->gy, io->gx, g);
    to_table_gradient(gates.n, table, g);
    for (size_t i = 0; i < n; i++)
        g[i] *= 0.5f * (1.0f - t[i] * t[i]);
}

/* ---- start and end ----------------------------------------------------------------------- */

static void start(const void *params_, const bnn_layer_io *io, const bnn_start *start)
{
    const struct lut *p = params_;
    const size_t n = n_entries(p);
    const float spread = (float)p->noise * 1.7320508f; /* of a uniform distribution */
    const float residual = p->start == START_RESIDUAL ? (float)p->residual : 0.0f;
    struct wiring_source source = {.start = start, .stream = TABLE_STREAM};
    for (size_t i = 0; i < n; i++) {
        const float uniform = (float)(wiring_word(&source) >> 8) * 0x1p-23f - 1.0f;
        io->tensors[TABLE][i] = spread * uniform + (i & 1 ? residual : -residual);
    }
    wiring_random(start, WIRES_STREAM, (uint32_t)p->gates, (uint32_t)p->inputs, n_features(io->in),
                  io->scratch, io->tensors[WIRES]);
}

static int lower(const void *params_, const bnn_layer_io *io, bnn_lowering *lowering)
{
    const struct lut *p = params_;
    const size_t table = (size_t)1 << p->inputs;
    const float *w = io->tensors[TABLE];
    describe(p, io, lowering->wires);
    lowering->op = BNN_LOWER_TABLE;
    lowering->inputs = (uint32_t)p->inputs;
    for (size_t gate = 0; gate < (size_t)p->gates; gate++, w += table) {
        lowering->tables[gate] = 0;
        for (size_t m = 0; m < table; m++)
            lowering->tables[gate] |= (uint64_t)(w[m] >= 0.0f) << m;
    }
    return 0;
}

BNN_DEFINE_LAYER(
    BNN_HEAD("lut", "logic gates: learned tables of a few inputs each",
             "Petersen et al. 2022, arXiv:2210.08277; of more inputs Bacellar et "
             "al. 2024, arXiv:2410.11112",
             struct lut, params),
    .role = BNN_ROLE_LINEAR,
    .flags = BNN_LAYER_TAKES_BITS | BNN_LAYER_GIVES_BITS | BNN_LAYER_WEIGHTLESS, .plan = plan,
    .forward = forward, .backward = backward, .lower = lower, .start = start,
    .formula = "training: t = tanh(table / 2); y = sum over m of t[m] times the product "
               "over inputs i of (1 + s x[i]) / 2, s = +1 where bit i of m is set, else "
               "-1\n"
               "inference, and forward hard: t = sign(table)\n"
               "gradients as those of training; with shrink, an input's has the terms "
               "with j other inputs times shrink^j")
