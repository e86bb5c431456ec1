/* form_skeleton - a weight form to start from: what binarized weights are, as a whole tensor.
 *
 *     sed 's/skeleton/NAME/g' form_skeleton.c >form_NAME.c
 *     cc -shared -fPIC -O3 -Wall $(pkg-config --cflags bnn) form_NAME.c -o form_NAME.so
 *     BNNRUN_PLUGIN_PATH=. bnnrun quick -s model.form=NAME
 *
 * It makes signs with one scale for each filter, a share of the mean magnitude of its weights, and
 * treats the scale as a constant in the backward pass. Rename it and write your own forward() and
 * backward(). */
#include <bnn/plugin.h>
#include <math.h>

/* Parameters as the spec sets them: form: {name: skeleton, share: 0.5}. */
struct skeleton {
    double share;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct skeleton, share, 1.0, 1e-3, 100.0, "of the mean magnitude in the scale"),
    BNN_PARAMS_END,
};

/* What there is besides codes of -1 and +1: a scale for each filter. A form can have other codes
 * (code_min, code_max, code_step), tensors of its own that are trained, and memory from forward to
 * backward (n_saved). Without a plan: codes of -1 and +1 alone. */
static int plan(const void *p, bnn_form_plan *plan)
{
    (void)p;
    plan->scale = BNN_SCALE_FILTER;
    return 0;
}

/* latent, [filters][taps], becomes codes and scales. The layer multiplies with codes * scale.
 * binarize() is the forward pass of the STE that the spec names: the sign, as a rule. */
static void forward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    const float share = (float)((const struct skeleton *)p)->share;
    (void)ctx;
    io->binarize(io, (size_t)io->filters * io->taps, io->latent, io->codes);
    for (uint32_t f = 0; f < io->filters; f++) {
        const float *w = io->latent + (size_t)f * io->taps;
        float sum = 0.0f;
        for (size_t i = 0; i < io->taps; i++)
            sum += fabsf(w[i]);
        io->scale[f] = share * sum / (float)io->taps;
    }
}

/* Here gcodes is scale * dL/dweight, and gscale the gradient of the scale, which this form leaves
 * out. through() is the gradient of the STE. Gradients of tensors of one's own go to io->gradients. */
static void backward(const bnn_context *ctx, const void *p, const bnn_form_io *io)
{
    (void)ctx, (void)p;
    io->through(io, (size_t)io->filters * io->taps, io->latent, io->gcodes, io->glatent);
}

/* name, one line of summary (lower case), paper or NULL, parameter struct, its table. BNN_FORM_SIGN:
 * the codes are those of the latent weights themselves, so optimizers that flip signs may be used. */
BNN_DEFINE_FORM(BNN_HEAD("skeleton", "signs with a share of the mean magnitude as their scale",
                         "author & author 2026, arXiv:0000.00000", struct skeleton, params),
                .flags = BNN_FORM_SIGN, .plan = plan, .forward = forward, .backward = backward,
                .formula = "weight = share mean|w| sign(w), the mean over each filter\n"
                           "dL/dw = share mean|w| dL/dweight ste(w)")
