/* softmax.h - shares of what is to be mixed: the softmax of a few logits, for many mixtures at once. */
#ifndef BNN_PLUGINS_SOFTMAX_H
#define BNN_PLUGINS_SOFTMAX_H

#include <bnn/plugin.h>

/* share[n][width]: the softmax of each of logits[n][width]; width at least 1. */
static inline void softmax_shares(const bnn_kernels *kernels, size_t n, size_t width,
                                  const float *logits, float *share)
{
    for (size_t i = 0; i < n; i++) {
        const float *from = logits + i * width;
        float *s = share + i * width, most = from[0];
        for (size_t j = 1; j < width; j++)
            most = from[j] > most ? from[j] : most;
        for (size_t j = 0; j < width; j++)
            s[j] = from[j] - most;
    }
    kernels->exp(n * width, share, share);
    for (size_t i = 0; i < n; i++) {
        float *s = share + i * width, sum = 0.0f;
        for (size_t j = 0; j < width; j++)
            sum += s[j];
        for (size_t j = 0; j < width; j++)
            s[j] /= sum;
    }
}

#endif
