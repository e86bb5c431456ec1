/* ste_undefined - must be refused: it calls a function that nobody defines. */
#include <bnn/plugin.h>

extern float bnn_no_such_function(float x);

static void grad(const bnn_context *ctx, const void *params, size_t n, const float *x,
                 const float *gy, float *gx)
{
    (void)ctx, (void)params;
    for (size_t i = 0; i < n; i++)
        gx[i] = gy[i] * bnn_no_such_function(x[i]);
}

BNN_DEFINE_STE(BNN_HEAD_PLAIN("undefined", "an STE with an undefined symbol", NULL), .grad = grad)
