/* forecast.h - what a network will be when it is deployed, whatever training makes of its weights. */
#ifndef BNN_EXPORT_FORECAST_H
#define BNN_EXPORT_FORECAST_H

#include "model/options.h"

/* Whether a value is exactly 0 where a sign sees it, in inference. Here sign(0) = +1; with a sign that
 * gives 0 these would be a third level. */
typedef enum bnn_zero {
    BNN_ZERO_NEVER,  /* as a sum of an odd number of -1 and +1 */
    BNN_ZERO_CHANCE, /* no more often than any other real value */
    BNN_ZERO_CAN,    /* as a sum of an even number of them, or behind a relu */
} bnn_zero;

/* How the bits of a sign will come about. */
typedef enum bnn_bits {
    BNN_BITS_THRESHOLDS, /* folded: a decision on the integer sum of each channel */
    BNN_BITS_DEPENDS,    /* likewise, unless training makes a slope negative: then floats */
    BNN_BITS_FLOATS,     /* the operations stay, and the sign of the last float is taken */
} bnn_bits;

typedef struct bnn_sign_forecast {
    const char *name; /* "sign_2" */
    const char *sees; /* what stands in front of it: "conv2d_1, maxpool_1, batchnorm_1" */
    bnn_zero zero;
    bnn_bits bits;
    const char *why; /* of BNN_BITS_DEPENDS and BNN_BITS_FLOATS: a reason; else NULL */
} bnn_sign_forecast;

typedef struct bnn_forecast {
    uint32_t n;
    bnn_sign_forecast *signs; /* [n], in the order of the network */
    const char *obstacle; /* why it cannot be deployed, and there are no signs here; else NULL */
} bnn_forecast;

/* The words for them: "never", "by chance", "can be"; "thresholds", "thresholds", "floats". */
const char *bnn_zero_text(bnn_zero zero);
const char *bnn_bits_text(bnn_bits bits);

/* In the arena. Plans the network with its initial weights and calls the layers' lower functions.
 * Fails where the network cannot be made at all: a sign that would be constant is one reason. */
int bnn_forecast_make(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                      bnn_arena *arena, bnn_forecast *out, bnn_error *err);

/* A copy in another arena. */
int bnn_forecast_copy(const bnn_forecast *forecast, bnn_arena *arena, bnn_forecast *out,
                      bnn_error *err);

#endif
