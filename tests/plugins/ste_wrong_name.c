/* ste_wrong_name - must be refused: its name is not the file's. */
#include <bnn/plugin.h>

static void grad(const bnn_context *ctx, const void *params, size_t n, const float *x,
                 const float *gy, float *gx)
{
    (void)ctx, (void)params, (void)x;
    for (size_t i = 0; i < n; i++)
        gx[i] = gy[i];
}

BNN_DEFINE_STE(BNN_HEAD_PLAIN("another_name", "an STE that was copied and not renamed", NULL),
               .grad = grad)
