/* kernels.c - every kernel at LeNet-5's shapes: microseconds, GFLOP/s and share of the peak, or
 * GB/s where memory is the limit. */
#include "base/clock.h"
#include "tests/bench/bench.h"
#include "tests/bench/operands.h"

#include <stdio.h>

/* ---- one call of each -------------------------------------------------------------------- */

typedef void kernel_call(const bnn_kernels *k, const operands *o);

static void conv_forward(const bnn_kernels *k, const operands *o)
{
    k->conv2d_forward(&o->conv, o->x, o->w, o->bias, o->y, o->scratch);
}

static void conv_forward_bits(const bnn_kernels *k, const operands *o)
{
    k->conv2d_forward_binary(&o->conv, o->x_signs, o->w_signs, o->y, o->scratch);
}

static void conv_input_gradient(const bnn_kernels *k, const operands *o)
{
    k->conv2d_input_gradient(&o->conv, o->gy, o->w, o->gx, o->scratch);
}

static void conv_weight_gradient(const bnn_kernels *k, const operands *o)
{
    k->conv2d_weight_gradient(&o->conv, o->x, o->gy, o->gw, o->gbias, o->scratch);
}

static void dense_forward(const bnn_kernels *k, const operands *o)
{
    k->dense_forward(o->in.c, o->out.c, o->lanes, o->x, o->w, o->bias, o->y, o->scratch);
}

static void dense_forward_bits(const bnn_kernels *k, const operands *o)
{
    k->dense_forward_binary(o->in.c, o->out.c, o->lanes, o->x_signs, o->w_signs, o->y, o->scratch);
}

static void dense_input_gradient(const bnn_kernels *k, const operands *o)
{
    k->dense_input_gradient(o->in.c, o->out.c, o->lanes, o->gy, o->w, o->gx, o->scratch);
}

static void dense_weight_gradient(const bnn_kernels *k, const operands *o)
{
    k->dense_weight_gradient(o->in.c, o->out.c, o->lanes, o->x, o->gy, o->gw, o->gbias, o->scratch);
}

static void pool_forward(const bnn_kernels *k, const operands *o)
{
    k->maxpool_forward(&o->pool, o->x, o->y);
}

static void pool_backward(const bnn_kernels *k, const operands *o)
{
    k->maxpool_backward(&o->pool, o->x, o->y, o->gy, o->gx);
}

static void norm_forward(const bnn_kernels *k, const operands *o)
{
    k->batchnorm_forward(&o->norm, o->x, o->w, o->bias, o->mean, o->inverse, o->running[0],
                         o->running[1], o->y);
}

static void norm_backward(const bnn_kernels *k, const operands *o)
{
    k->batchnorm_backward(&o->norm, o->x, o->w, o->mean, o->inverse, o->gy, o->gx, o->gw, o->gbias);
}

static size_t n_inputs(const operands *o)
{
    return (size_t)o->in.c * o->in.h * o->in.w * o->lanes;
}

static void sign(const bnn_kernels *k, const operands *o)
{
    k->sign(n_inputs(o), o->x, o->gx);
}

static void clamp_gradient(const bnn_kernels *k, const operands *o)
{
    k->clamp_gradient(n_inputs(o), -1.0f, 1.0f, o->x, o->gy, o->gx);
}

static void load_pixels(const bnn_kernels *k, const operands *o)
{
    k->load_pixels(o->n, o->lanes, o->in.h * o->in.w, o->rows, o->gx);
}

static void cross_entropy(const bnn_kernels *k, const operands *o)
{
    double loss = 0.0;
    uint32_t n_correct = 0;
    k->cross_entropy(o->out.c, o->n, o->lanes, o->y, o->labels, o->gy, o->scratch, &loss,
                     &n_correct);
}

static void squared_hinge(const bnn_kernels *k, const operands *o)
{
    double loss = 0.0;
    uint32_t n_correct = 0;
    k->squared_hinge(o->out.c, o->n, o->lanes, o->y, o->labels, o->gy, o->scratch, &loss,
                     &n_correct);
}

/* ---- all of them ------------------------------------------------------------------------- */

/* What bounds a kernel: multiply-adds, or the values that it must at least read and write, counted
 * in floats: ins for each input, outs for each output. (A pixel that is read is a quarter.) */
typedef struct kernel_row {
    enum operand_set set;
    const char *what;
    kernel_call *call;
    double ins, outs;        /* both 0: bound by multiply-adds */
    kernel_call *instead_of; /* the float kernel whose time is compared, or NULL */
} kernel_row;

static const kernel_row kernels[] = {
    {OPERANDS_CONV1, "forward", conv_forward, 0, 0, NULL},
    {OPERANDS_CONV1, "weight gradient", conv_weight_gradient, 0, 0, NULL},
    {OPERANDS_CONV2, "forward", conv_forward, 0, 0, NULL},
    {OPERANDS_CONV2, "input gradient", conv_input_gradient, 0, 0, NULL},
    {OPERANDS_CONV2, "weight gradient", conv_weight_gradient, 0, 0, NULL},
    {OPERANDS_FC1, "forward", dense_forward, 0, 0, NULL},
    {OPERANDS_FC1, "input gradient", dense_input_gradient, 0, 0, NULL},
    {OPERANDS_FC1, "weight gradient", dense_weight_gradient, 0, 0, NULL},
    {OPERANDS_FC2, "forward", dense_forward, 0, 0, NULL},
    {OPERANDS_FC2, "input gradient", dense_input_gradient, 0, 0, NULL},
    {OPERANDS_FC2, "weight gradient", dense_weight_gradient, 0, 0, NULL},
    {OPERANDS_FC3, "forward", dense_forward, 0, 0, NULL},
    {OPERANDS_FC3, "input gradient", dense_input_gradient, 0, 0, NULL},
    {OPERANDS_FC3, "weight gradient", dense_weight_gradient, 0, 0, NULL},
    {OPERANDS_CONV2, "forward on bits", conv_forward_bits, 0, 0, conv_forward},
    {OPERANDS_FC1, "forward on bits", dense_forward_bits, 0, 0, dense_forward},
    {OPERANDS_FC2, "forward on bits", dense_forward_bits, 0, 0, dense_forward},
    {OPERANDS_POOL1, "forward", pool_forward, 1, 1, NULL},
    {OPERANDS_POOL1, "backward", pool_backward, 2, 2, NULL},
    {OPERANDS_POOL2, "forward", pool_forward, 1, 1, NULL},
    {OPERANDS_POOL2, "backward", pool_backward, 2, 2, NULL},
    {OPERANDS_NORM1, "forward", norm_forward, 1, 1, NULL},
    {OPERANDS_NORM1, "backward", norm_backward, 2, 1, NULL},
    {OPERANDS_NORM2, "forward", norm_forward, 1, 1, NULL},
    {OPERANDS_NORM2, "backward", norm_backward, 2, 1, NULL},
    {OPERANDS_NORM3, "forward", norm_forward, 1, 1, NULL},
    {OPERANDS_NORM3, "backward", norm_backward, 2, 1, NULL},
    {OPERANDS_NORM1, "sign", sign, 1, 1, NULL},
    {OPERANDS_NORM1, "clamp gradient", clamp_gradient, 2, 1, NULL},
    {OPERANDS_PIXELS, "load", load_pixels, 1.25, 0, NULL},
    {OPERANDS_PIXELS, "cross entropy", cross_entropy, 0, 2, NULL},
    {OPERANDS_PIXELS, "squared hinge", squared_hinge, 0, 2, NULL},
};
enum { N_KERNELS = sizeof kernels / sizeof *kernels };

static void measure(const bench *b, const kernel_row *kernel, const operands *sets,
                    samples *seconds)
{
    const double least = b->options.quick ? 0.0002 : 0.002;
    const double start = bnn_clock_seconds(CLOCK_MONOTONIC);
    double elapsed;
    int n = 0;
    do {
        kernel->call(b->kernels, &sets[kernel->set]);
        n++;
        elapsed = bnn_clock_seconds(CLOCK_MONOTONIC) - start;
    } while (elapsed < least);
    samples_add(seconds, elapsed / n);
}

static double n_bytes(const kernel_row *kernel, const operands *o)
{
    const double in = (double)o->in.c * o->in.h * o->in.w,
                 out = (double)o->out.c * o->out.h * o->out.w;
    return 4.0 * o->lanes * (kernel->ins * in + kernel->outs * out);
}

/* The median time of the float kernel of the same layer. */
static double float_seconds(const kernel_row *kernel, const samples *seconds)
{
    for (size_t i = 0; i < N_KERNELS; i++)
        if (kernel->instead_of != NULL && kernels[i].call == kernel->instead_of &&
            kernels[i].set == kernel->set)
            return samples_median(&seconds[i]);
    return (double)NAN;
}

static void report_kernels(bench *b, const operands *sets, const samples *seconds)
{
    for (size_t i = 0; i < N_KERNELS; i++) {
        const kernel_row *kernel = &kernels[i];
        const operands *o = &sets[kernel->set];
        const double time = samples_median(&seconds[i]);
        const bool in_memory = kernel->ins > 0 || kernel->outs > 0;
        const double rate = in_memory ? (double)NAN : o->flop / time * 1e-9;
        report_row(b->report,
                   (report_cell[]){TEXT(o->name), TEXT(kernel->what), NUMBER(o->n),
                                   NUMBER(time * 1e6), NUMBER(samples_min(&seconds[i]) * 1e6),
                                   NUMBER(rate), NUMBER(bench_percent_of_peak(b, rate)),
                                   in_memory ? NUMBER(n_bytes(kernel, o) / time * 1e-9) : UNKNOWN,
                                   NUMBER(float_seconds(kernel, seconds) / time)});
    }
}

static int run_batch(bench *b, uint32_t batch, bnn_error *err)
{
    const int rounds = b->options.quick ? 3 : 21;
    operands sets[N_OPERANDS];
    bnn_arena *arena = bnn_arena_create((size_t)4 << 30);
    if (arena == NULL)
        return bnn_no_memory(err);
    samples *seconds = bnn_arena_alloc(arena, N_KERNELS, sizeof *seconds);
    const int status =
        seconds != NULL ? operands_create(batch, b->kernels, arena, sets, err) : bnn_no_memory(err);
    for (int round = 0; status == BNN_OK && round < rounds; round++) {
        bench_look_at_peak(b);
        for (size_t i = 0; i < N_KERNELS; i++)
            measure(b, &kernels[i], sets, &seconds[i]);
    }
    if (status == BNN_OK)
        report_kernels(b, sets, seconds);
    bnn_arena_destroy(arena);
    return status;
}

int bench_kernels(bench *b, bnn_error *err)
{
    static const report_column columns[] = {
        {"layer", "layer", 7, REPORT_TEXT},
        {"kernel", "kernel", 16, REPORT_TEXT},
        {"batch", "batch", 5, 0},
        {"us", "us", 8, 1},
        {"us_min", "min", 8, 1},
        {"gflops", "GFLOP/s", 8, 1},
        {"percent_of_peak", "% peak", 7, 1},
        {"gbytes_per_s", "GB/s", 7, 1},
        {"times_float", "x float", 7, 1},
    };
    report_table(b->report, "kernels", "Kernels at LeNet-5's shapes, medians of interleaved rounds",
                 columns, sizeof columns / sizeof *columns);
    int status = BNN_OK;
    for (uint32_t i = 0; status == BNN_OK && i < b->options.n_batches; i++)
        status = run_batch(b, b->options.batches[i], err);
    report_note(b->report, "GB/s counts each value that must be read or written once; \"on bits\": "
                           "GFLOP/s as if it were float");
    return status;
}
