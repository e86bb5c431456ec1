/* form_bi_half - equal bits: in each filter the lower half of the weights is -1, the upper half +1
 * (the middle one of an odd number, too; of equal weights the first are lower), whatever their signs:
 * the most information that a filter of bits can have. The scale is the deviation that He et al.
 * give weights, sqrt(2 / n). The method's STE is identity; model.binarize.clip: 0. */
#include "filters.h"

static int plan(const void *params, bnn_form_plan *plan)
{
    (void)params;
    plan->scale = BNN_SCALE_TENSOR;
    plan->n_saved = plan->taps;
    return 0;
}

static void half_swap(float *x, size_t i, size_t j)
{
    const float t = x[i];
    x[i] = x[j];
    x[j] = t;
}

/* The value of rank k, from 0; x is reordered. Hoare's selection. */
static float half_select(float *x, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        const float pivot = x[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;; i++, j--) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i >= j)
                break;
            half_swap(x, i, j);
        }
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return x[k];
}

/* n / 2 of the codes are -1. */
static void half_codes(size_t n, const float *w, float *copy, float *codes)
{
    size_t n_low = n / 2;
    for (size_t i = 0; i < n; i++)
        copy[i] = w[i];
    const float middle = half_select(copy, n, n / 2);
    for (size_t i = 0; i < n; i++)
        n_low -= w[i] < middle;
    for (size_t i = 0; i < n; i++) {
        const int equal = !(w[i] < middle) && !(w[i] > middle);
        const int low = w[i] < middle || (equal && n_low > 0);
        n_low -= equal && low;
        codes[i] = low ? -1.0f : 1.0f;
    }
}

static void forward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    (void)ctx, (void)params;
    for (uint32_t f = 0; f < io->filters; f++) {
        const size_t at = filters_at(io, f);
        half_codes(io->taps, io->latent + at, io->saved, io->codes + at);
        io->scale[f] = sqrtf(2.0f / (float)io->taps);
    }
}

static void backward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    (void)ctx, (void)params;
    io->through(io, filters_weights(io), io->latent, io->gcodes, io->glatent);
}

BNN_DEFINE_FORM(BNN_HEAD_PLAIN("bi_half", "the lower half of each filter is -1, the upper half +1",
                               "Equal Bits, Li et al. 2022, arXiv:2112.03406"),
                .plan = plan, .forward = forward, .backward = backward,
                .formula = "weight = -a for the floor(n/2) smallest w of a filter, else a;\n"
                           "a = sqrt(2 / n)\n"
                           "dL/dw = a g ste(w), g = dL/dweight")
