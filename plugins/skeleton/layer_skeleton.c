/* layer_skeleton - what a layer is made of: y = f(x, tensors), its gradients, and the operation
 * that it is in a model file.
 *
 * This one adds to each channel a number that is learned. */
#include <bnn/plugin.h>

/* Parameters are explained in ste_skeleton.c. */
struct skeleton {
    double start;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct skeleton, start, 0.0, -1.0, 1.0, "what is added before the first step"),
    BNN_PARAMS_END,
};

enum { SHIFT }; /* places of the tensors */

/* Required: for this input shape, the output's shape, the tensors, and how many floats forward and
 * backward need: n_saved (kept between the two) and n_scratch. The host allocates all of it. A
 * shape that the layer cannot take is refused by plan->fail, as in layer_conv2d.c. */
static int plan(const void *p, bnn_layer_plan *plan)
{
    const struct skeleton *skeleton = p;
    plan->out = plan->in;
    plan->n_tensors = 1;
    plan->tensors[SHIFT] = (bnn_tensor){.name = "shift",
                                        .kind = BNN_TENSOR_VECTOR,
                                        .dims = {plan->in.c, 1, 1, 1},
                                        .fill = (float)skeleton->start};
    return 0;
}

/* Required. Tensors are x[c][h][w][lanes]: all images of a batch lie side by side, so a plain loop
 * over a channel is a loop of vectors. Lanes behind the last image hold something finite. */
BNN_HOT static void forward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const size_t n = bnn_io_channel(io);
    (void)ctx, (void)p;
    for (size_t c = 0; c < io->in.c; c++)
        for (size_t i = 0; i < n; i++)
            io->y[c * n + i] = io->x[c * n + i] + io->tensors[SHIFT][c];
}

/* Required: from gy the gradients of the tensors, and gx unless it is NULL. Sums run in BNN_LANES
 * partial sums, so that they are the same bits whatever the machine: the kernel does that. */
static void backward(const bnn_context *ctx, const void *p, const bnn_layer_io *io)
{
    const size_t n = bnn_io_channel(io);
    (void)p;
    for (size_t c = 0; c < io->in.c; c++)
        io->gradients[SHIFT][c] = ctx->kernels->sum(n, io->gy + c * n);
    for (size_t i = 0; io->gx != NULL && i < bnn_io_values(io); i++)
        io->gx[i] = io->gy[i];
}

/* Optional: the trained layer as one operation of <bnn/plugin.h>'s list, to the last bit. Without,
 * a network with this layer can be trained, but not exported. */
static int lower(const void *p, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)p;
    lowering->op = BNN_LOWER_AFFINE;
    for (size_t c = 0; c < io->in.c; c++) {
        lowering->factor[c] = 1.0f;
        lowering->offset[c] = io->tensors[SHIFT][c];
    }
    return 0;
}

/* Name, summary, paper with its year (or NULL), parameters; the letter that it answers to in an
 * ordering, promises about signs (.flags), and the functions. */
BNN_DEFINE_LAYER(BNN_HEAD("skeleton", "a learned number added to each channel", NULL,
                          struct skeleton, params),
                 .role = BNN_ROLE_ACTIVATION, .plan = plan, .forward = forward,
                 .backward = backward, .lower = lower, .formula = "y = x + shift[c]")
