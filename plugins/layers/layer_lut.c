/* layer_lut - logic gates: every output is a table of a few inputs, -1 or +1. In training a table has
 * numbers between, and a gate is their multilinear interpolation; the network that is evaluated and
 * deployed has the signs. */
#include "gate_functions.h"
#include "learned_wires.h"
#include "softmax.h"
#include "wiring.h"

#include <math.h>

enum { TABLE, WIRES, SCORES };                      /* places of the tensors */
enum { TABLE_STREAM, WIRES_STREAM, SCORES_STREAM }; /* of random words */
enum { FORWARD_SOFT, FORWARD_HARD };                /* the parameter forward */
enum { START_RANDOM, START_RESIDUAL };              /* the parameter start */
enum { WIRING_RANDOM, WIRING_LEARNED };             /* the parameter wiring */
enum { FORM_TABLE, FORM_FUNCTIONS };                /* the parameter form */

static const float SCORE_DEVIATION = 0.1f; /* at the start: none is far ahead */

struct lut {
    double residual, noise, shrink;
    int32_t gates, inputs, forward, start, wiring, candidates, form;
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
    BNN_CHOICE_LATER(struct lut, wiring, WIRING_RANDOM, "random|learned",
                     "which inputs a gate has: drawn, or chosen by training among candidates"),
    BNN_INTEGER_LATER(struct lut, candidates, 16, 2, 256,
                      "with wiring learned: for each input of a gate"),
    BNN_CHOICE_LATER(struct lut, form, FORM_TABLE, "table|functions",
                     "trained: entries of the table, or, of two inputs, a logit of each of the "
                     "sixteen functions"),
    BNN_PARAMS_END,
};

/* ---- sizes ------------------------------------------------------------------------------- */

static size_t n_entries(const struct lut *p)
{
    return (size_t)p->gates << p->inputs;
}

/* What is trained of each gate. */
static uint32_t n_numbers(const struct lut *p)
{
    return p->form == FORM_FUNCTIONS ? GATE_FUNCTIONS : 1u << p->inputs;
}

static size_t n_functions(const struct lut *p)
{
    return p->form == FORM_FUNCTIONS ? (size_t)p->gates * GATE_FUNCTIONS : 0;
}

static size_t n_pins(const struct lut *p)
{
    return (size_t)p->gates * (size_t)p->inputs;
}

static size_t n_scores(const struct lut *p)
{
    return p->wiring == WIRING_LEARNED ? n_pins(p) * (size_t)p->candidates : 0;
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
    if (p->form == FORM_FUNCTIONS && inputs != 2)
        return plan->fail(
            plan, "sixteen functions are those of two inputs, not of %u; take form table", inputs);
    const int learned = p->wiring == WIRING_LEARNED;
    const uint32_t candidates = learned ? (uint32_t)p->candidates : 1;
    if (in < candidates)
        return plan->fail(plan, "%u candidates are more than the %u inputs that there are",
                          candidates, (unsigned)in);
    plan->out = (bnn_shape){.c = gates, .h = 1, .w = 1};
    plan->n_tensors = learned ? 3 : 2;
    plan->tensors[TABLE] = (bnn_tensor){
        .name = "table", .kind = BNN_TENSOR_VECTOR, .dims = {gates, n_numbers(p), 1, 1}};
    plan->tensors[WIRES] = (bnn_tensor){
        .name = "wires", .kind = BNN_TENSOR_STATE, .dims = {gates, inputs, candidates, 1}};
    if (learned)
        plan->tensors[SCORES] = (bnn_tensor){
            .name = "scores", .kind = BNN_TENSOR_VECTOR, .dims = {gates, inputs, candidates, 1}};
    const size_t n_memory =
        2 * n_entries(p) + n_functions(p) + n_scores(p) + (learned ? n_pins(p) * plan->lanes : 0);
    plan->n_saved = n_memory; /* struct lut_memory */
    plan->n_scratch = n_memory > in ? n_memory : (size_t)in;
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

/* Entry m of a gate whose trained numbers are w: whether it is +1. */
static int hard_entry(const struct lut *p, const float *w, size_t m)
{
    return p->form == FORM_FUNCTIONS ? gate_function_value(gate_functions_best(w), m) > 0.0f
                                     : w[m] >= 0.0f;
}

static void hard_tables(const struct lut *p, const float *w, float *t)
{
    const size_t table = (size_t)1 << p->inputs;
    for (size_t gate = 0; gate < (size_t)p->gates; gate++, w += n_numbers(p), t += table)
        for (size_t m = 0; m < table; m++)
            t[m] = hard_entry(p, w, m) ? 1.0f : -1.0f;
}

/* ---- passes ------------------------------------------------------------------------------ */

static struct learned_wires describe_learned(const struct lut *p, const bnn_layer_io *io)
{
    return (struct learned_wires){.n = n_pins(p),
                                  .candidates = (size_t)p->candidates,
                                  .features = n_features(io->in),
                                  .lanes = io->lanes,
                                  .wires = io->tensors[WIRES],
                                  .scores = io->tensors[SCORES]};
}

/* Wires as whole numbers; what a damaged file has instead leads to the first input. */
static bnn_gates describe(const struct lut *p, const bnn_layer_io *io, uint32_t *wires)
{
    const uint32_t in = n_features(io->in);
    const struct learned_wires learned = describe_learned(p, io);
    for (size_t i = 0; i < n_pins(p); i++) {
        const float wire = io->tensors[WIRES][i];
        wires[i] = p->wiring == WIRING_LEARNED        ? learned_wires_best(&learned, i)
                   : wire >= 0.0f && wire < (float)in ? (uint32_t)wire
                                                      : 0;
    }
    return (bnn_gates){.inputs = (uint32_t)p->inputs,
                       .n = (uint32_t)p->gates,
                       .features = in,
                       .lanes = io->lanes,
                       .wire = wires};
}

/* Gates whose pins are rows of their own, one behind the other. */
static bnn_gates describe_rows(const struct lut *p, const bnn_layer_io *io, uint32_t *wires)
{
    for (size_t i = 0; i < n_pins(p); i++)
        wires[i] = (uint32_t)i;
    return (bnn_gates){.inputs = (uint32_t)p->inputs,
                       .n = (uint32_t)p->gates,
                       .features = (uint32_t)n_pins(p),
                       .lanes = io->lanes,
                       .wire = wires};
}

/* What is saved from forward to backward, and where a pass works. */
struct lut_memory {
    float *soft,
        *coefficients;   /* [gates][table]: between -1 and +1; of these, or of those that act */
    float *functions;    /* [gates][16]: their shares, with form functions */
    float *share, *pins; /* of learned wires: [pins][candidates], [pins][lanes] */
};

static struct lut_memory memory_of(const struct lut *p, float *at)
{
    const size_t n = n_entries(p), behind = 2 * n + n_functions(p);
    return (struct lut_memory){at, at + n, at + 2 * n, at + behind, at + behind + n_scores(p)};
}

/* The tables between -1 and +1 that training has. */
static void trained_tables(const bnn_kernels *kernels, const struct lut *p, const float *w,
                           const struct lut_memory *memory)
{
    const size_t gates = (size_t)p->gates;
    if (p->form == FORM_FUNCTIONS) {
        softmax_shares(kernels, gates, GATE_FUNCTIONS, w, memory->functions);
        gate_functions_tables(gates, memory->functions, memory->soft);
    } else {
        soft_tables(kernels, n_entries(p), w, memory->soft);
    }
}

/* The gradient of what is trained, g, of that of the tables, which may lie there. */
static void tables_backward(const struct lut *p, const struct lut_memory *kept, const float *gtable,
                            float *g)
{
    if (p->form == FORM_FUNCTIONS)
        gate_functions_backward((size_t)p->gates, kept->functions, gtable, g);
    else
        for (size_t i = 0; i < n_entries(p); i++)
            g[i] = gtable[i] * (0.5f * (1.0f - kept->soft[i] * kept->soft[i]));
}

static void forward(const bnn_context *ctx, const void *params_, const bnn_layer_io *io)
{
    const struct lut *p = params_;
    const size_t n = n_entries(p), table = (size_t)1 << p->inputs;
    const int soft = io->relaxed || (io->training && p->forward == FORWARD_SOFT);
    const struct lut_memory work = memory_of(p, io->scratch);
    const struct lut_memory kept = io->training ? memory_of(p, io->saved) : work;
    uint32_t *wires = (uint32_t *)(void *)work.soft;
    float *c = kept.coefficients;
    const float *x = io->x;
    if (io->training || soft) { /* for the backward pass, whichever acts */
        trained_tables(ctx->kernels, p, io->tensors[TABLE], &kept);
        for (size_t i = 0; i < n; i++)
            c[i] = kept.soft[i];
        to_coefficients((size_t)p->gates, table, c);
    }
    if (!soft) {
        c = work.coefficients;
        hard_tables(p, io->tensors[TABLE], c);
        to_coefficients((size_t)p->gates, table, c);
    }
    if (p->wiring == WIRING_LEARNED && (io->training || soft)) {
        const struct learned_wires learned = describe_learned(p, io);
        softmax_shares(ctx->kernels, learned.n, learned.candidates, learned.scores, kept.share);
        if (soft)
            learned_wires_mix(&learned, kept.share, io->x, kept.pins);
        else
            learned_wires_pick(&learned, io->x, kept.pins);
        x = kept.pins;
    }
    const bnn_gates gates = x == io->x ? describe(p, io, wires) : describe_rows(p, io, wires);
    ctx->kernels->gates_forward(&gates, c, x, io->y);
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
    const struct lut_memory kept = memory_of(p, io->saved), work = memory_of(p, io->scratch);
    uint32_t *wires = (uint32_t *)(void *)work.soft;
    float *g = p->form == FORM_FUNCTIONS ? work.coefficients : io->gradients[TABLE];
    const int hard = p->forward == FORWARD_HARD && !io->relaxed;
    if (hard && p->shrink != 1.0)
        shrink_terms(n, table, (float)p->shrink, kept.coefficients);
    if (p->wiring == WIRING_LEARNED) {
        const struct learned_wires learned = describe_learned(p, io);
        const bnn_gates gates = describe_rows(p, io, wires);
        ctx->kernels->gates_backward(&gates, kept.coefficients, kept.pins, io->gy, work.pins, g);
        learned_wires_backward(&learned, hard, kept.share, io->x, work.pins, io->gx,
                               io->gradients[SCORES]);
    } else {
        const bnn_gates gates = describe(p, io, wires);
        ctx->kernels->gates_backward(&gates, kept.coefficients, io->x, io->gy, io->gx, g);
    }
    to_table_gradient((size_t)p->gates, table, g);
    tables_backward(p, &kept, g, io->gradients[TABLE]);
}

/* ---- start and end ----------------------------------------------------------------------- */

/* Uniform, of mean 0. */
static void start_spread(const bnn_start *start, uint32_t stream, float deviation, size_t n,
                         float *out)
{
    const float most = deviation * 1.7320508f;
    struct wiring_source source = {.start = start, .stream = stream};
    for (size_t i = 0; i < n; i++)
        out[i] = most * ((float)(wiring_word(&source) >> 8) * 0x1p-23f - 1.0f);
}

static void start(const void *params_, const bnn_layer_io *io, const bnn_start *start)
{
    const struct lut *p = params_;
    const size_t n = (size_t)p->gates * n_numbers(p);
    const uint32_t in = n_features(io->in);
    const float residual = p->start == START_RESIDUAL ? (float)p->residual : 0.0f;
    float *const w = io->tensors[TABLE];
    start_spread(start, TABLE_STREAM, (float)p->noise, n, w);
    for (size_t i = 0; i < n; i++)
        if (p->form == FORM_TABLE)
            w[i] += i & 1 ? residual : -residual;
        else if (i % GATE_FUNCTIONS == GATE_PASSES_FIRST)
            w[i] += residual;
    if (p->wiring == WIRING_RANDOM) {
        wiring_random(start, WIRES_STREAM, (uint32_t)p->gates, (uint32_t)p->inputs, in, io->scratch,
                      io->tensors[WIRES]);
        return;
    }
    wiring_random(start, WIRES_STREAM, (uint32_t)n_pins(p), (uint32_t)p->candidates, in,
                  io->scratch, io->tensors[WIRES]);
    start_spread(start, SCORES_STREAM, SCORE_DEVIATION, n_scores(p), io->tensors[SCORES]);
}

static int lower(const void *params_, const bnn_layer_io *io, bnn_lowering *lowering)
{
    const struct lut *p = params_;
    const size_t table = (size_t)1 << p->inputs;
    const float *w = io->tensors[TABLE];
    describe(p, io, lowering->wires);
    lowering->op = BNN_LOWER_TABLE;
    lowering->inputs = (uint32_t)p->inputs;
    for (size_t gate = 0; gate < (size_t)p->gates; gate++, w += n_numbers(p)) {
        lowering->tables[gate] = 0;
        for (size_t m = 0; m < table; m++)
            lowering->tables[gate] |= (uint64_t)hard_entry(p, w, m) << m;
    }
    return 0;
}

BNN_DEFINE_LAYER(
    BNN_HEAD(
        "lut", "logic gates: learned tables of a few inputs each",
        "Petersen et al. 2022, arXiv:2210.08277; more inputs, learned wires: Bacellar et al. 2024, "
        "2410.11112",
        struct lut, params),
    .role = BNN_ROLE_LINEAR,
    .flags = BNN_LAYER_TAKES_BITS | BNN_LAYER_GIVES_BITS | BNN_LAYER_WEIGHTLESS, .plan = plan,
    .forward = forward, .backward = backward, .lower = lower, .start = start,
    .formula =
        "training: t = tanh(table / 2); y = sum over m of t[m] times the product "
        "over inputs i of (1 + s x[i]) / 2, s = +1 where bit i of m is set, else "
        "-1\n"
        "inference, and forward hard: t = sign(table)\n"
        "gradients as those of training; with shrink, an input's has the terms "
        "with j other inputs times shrink^j\n"
        "form functions: t is the mean of the tables of the sixteen functions of two inputs, "
        "weighted by softmax(table); in inference the table of the largest\n"
        "wiring learned: an input is the mean of its candidates, weighted by "
        "softmax(scores); with forward hard, and in inference, the one with the largest "
        "score, and scores have the gradient of the mean")
