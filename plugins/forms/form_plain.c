/* form_plain - binarized weights are the signs of the latent ones, without a scale: what a batch norm
 * behind the layer makes of them anyway. */
#include <bnn/plugin.h>

static void forward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    (void)ctx, (void)params;
    io->binarize(io, (size_t)io->filters * io->taps, io->latent, io->codes);
}

static void backward(const bnn_context *ctx, const void *params, const bnn_form_io *io)
{
    (void)ctx, (void)params;
    io->through(io, (size_t)io->filters * io->taps, io->latent, io->gcodes, io->glatent);
}

BNN_DEFINE_FORM(BNN_HEAD_PLAIN("plain", "the signs of the latent weights, without a scale",
                               "Courbariaux, Bengio & David 2015, arXiv:1511.00363"),
                .flags = BNN_FORM_ELEMENTWISE | BNN_FORM_SIGN, .forward = forward,
                .backward = backward,
                .formula = "weight = sign(w)\n"
                           "dL/dw = dL/dweight * ste(w)")
