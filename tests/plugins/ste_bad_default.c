/* ste_bad_default - must be refused: the default of its parameter is out of range. */
#include <bnn/plugin.h>

struct bad_default {
    double clip;
};

static const bnn_param params[] = {
    BNN_NUMBER(struct bad_default, clip, 2.0, 0.0, 1.0, "half-width of the window"),
    BNN_PARAMS_END,
};

static void grad(const bnn_context *ctx, const void *p, size_t n, const float *x, const float *gy,
                 float *gx)
{
    (void)ctx, (void)p, (void)x;
    for (size_t i = 0; i < n; i++)
        gx[i] = gy[i];
}

BNN_DEFINE_STE(BNN_HEAD("bad_default", "an STE with a default of 2 in [0, 1]", NULL,
                        struct bad_default, params),
               .grad = grad)
