/* layer.c - a layer plans purely, computes every image on its own (but for batch
 * statistics), has gradients that agree with central differences, keeps pad lanes at zero, and is
 * the operation that it lowers to. */
#include "conform/lowered_internal.h"
#include "conform/rig_internal.h"

#include <string.h>

enum { N_SAMPLES = 24 }; /* elements of each tensor whose gradient is compared */

/* Of a slope: sums of floats over steps of 1/128 are good to about 1e-4. */
static const double TOLERANCE = 1e-3;

/* Of a quantizer, whose codes have no slopes: of the values that they stand for, before rounding or with what that
 * adds as a constant. */
static double rig_loss_of_values(conform_rig *r)
{
    double sum = 0;
    r->layer->proxy(&r->s->ctx, r->s->params, &r->io);
    for (size_t i = 0; i < r->n_out * r->io.lanes; i++)
        sum +=
            (double)r->c[i] * ((double)r->y[i] + (r->rounded == NULL ? 0 : (double)r->rounded[i]));
    return sum * (double)r->step / (double)r->base;
}

static double rig_loss(conform_rig *r)
{
    double sum = 0;
    if (r->base > 0)
        return rig_loss_of_values(r);
    conform_rig_forward(r);
    for (size_t i = 0; i < r->n_out * r->io.lanes; i++)
        sum += (double)r->c[i] * (double)r->y[i];
    return sum;
}

/* Whether the slopes between five points change evenly. A parameter of many outputs may meet a kink
 * in several of them, on both sides, and these cancel where only the middle is looked at. */
static bool rig_slopes_are_even(const double y[5], double h)
{
    const double first = (y[1] - y[0]) / h, last = (y[4] - y[3]) / h;
    const double left = (y[2] - y[1]) / h, right = (y[3] - y[2]) / h, bend = right - left;
    const double limit = TOLERANCE * (1 + fabs(left + right) / 2);
    return fabs(left - first - bend) <= limit && fabs(last - right - bend) <= limit;
}

/* The slope of the loss along one element; false where it has none to speak of. */
static bool rig_slope(conform_rig *r, float *element, bool image, double *out)
{
    static const float h = 0x1p-7f;
    const float kept = *element;
    const double at[5] = {kept - 2 * h, kept - h, kept, kept + h, kept + 2 * h};
    double y[5];
    for (int i = 0; i < 5; i++) {
        *element = (float)at[i];
        y[i] = rig_loss(r);
    }
    *element = kept;
    return conform_slope(at, y, 0.05, TOLERANCE, out) &&
           (image || rig_slopes_are_even(y, (double)h));
}

/* Whether the gradient of some elements of a quantizer's tensor agrees with differences. */
static bool rig_agrees(conform_rig *r, float *values, const float *gradient, size_t n)
{
    bool agrees = true;
    for (size_t i = 0; i < n && i < N_SAMPLES; i++) {
        double expected;
        if (rig_slope(r, &values[i], false, &expected))
            agrees = agrees && fabs(gradient[i] - expected) <= TOLERANCE * (1 + fabs(expected));
    }
    return agrees;
}

/* Compares the gradient of some elements with differences. Returns how many could be compared. */
static size_t rig_compare(conform_rig *r, const char *name, float *values, const float *gradient,
                          size_t n, bool images)
{
    size_t n_good = 0;
    for (size_t k = 0; k < N_SAMPLES; k++) {
        size_t i = conform_random_between(&r->memory, 0, (uint32_t)n - 1);
        if (images) /* lane 0..n - 1 of the same feature */
            i += i % r->io.n - i % r->io.lanes;
        double expected;
        if (!rig_slope(r, &values[i], images, &expected))
            continue;
        n_good++;
        CONFORM_REQUIRE(r->s, fabs(gradient[i] - expected) <= TOLERANCE * (1 + fabs(expected)),
                        "the gradient of %s[%zu] is %g, by differences %g (input %ux%ux%u, %u "
                        "images in %u lanes)",
                        name, i, (double)gradient[i], expected, r->io.in.c, r->io.in.h, r->io.in.w,
                        r->io.n, r->io.lanes);
    }
    return n_good;
}

/* After a forward pass of a quantizer: its step, and what it added to round. */
static void rig_freeze(conform_rig *r)
{
    if (r->layer->role != BNN_ROLE_QUANTIZER)
        return;
    const size_t n = r->n_out * r->io.lanes;
    float *rounded = conform_empty_floats(&r->memory, n);
    memcpy(rounded, r->y, n * sizeof *rounded);
    r->base = r->step;
    r->layer->proxy(&r->s->ctx, r->s->params, &r->io);
    for (size_t i = 0; i < n; i++) {
        CONFORM_REQUIRE(r->s, fabsf(rounded[i] - r->y[i]) <= 0.5f,
                        "the code of %g is %g, which is not the nearest", (double)r->y[i],
                        (double)rounded[i]);
        rounded[i] -= r->y[i];
    }
    r->rounded = rounded;
}

static size_t rig_check_gradients(conform_rig *r)
{
    conform_rig_forward(r);
    conform_rig_backward(r);
    for (size_t i = 0; i < r->n_in * r->io.lanes; i++)
        CONFORM_REQUIRE(r->s, i % r->io.lanes < r->io.n ? isfinite(r->gx[i]) : r->gx[i] == 0.0f,
                        "gx is %g in lane %zu of %u, %u images", (double)r->gx[i], i % r->io.lanes,
                        r->io.lanes, r->io.n);
    rig_freeze(r);
    size_t n_good = rig_compare(r, "x", r->x, r->gx, r->n_in * r->io.lanes, true);
    float *const rounded = r->rounded;
    for (uint32_t i = 0; i < r->plan.n_tensors; i++) {
        if (r->gradients[i] == NULL)
            continue;
        r->rounded =
            NULL; /* of all of a tensor, as if nothing were rounded, or as if that were a constant */
        if (r->base > 0 && !rig_agrees(r, r->tensors[i], r->gradients[i], r->n_tensor[i]))
            r->rounded = rounded;
        n_good += rig_compare(r, r->plan.tensors[i].name, r->tensors[i], r->gradients[i],
                              r->n_tensor[i], false);
        r->rounded = rounded;
    }
    return n_good;
}

/* Other contents of the pad lanes, and no wish for gx: the same results. */
static void rig_check_pads(conform_rig *r)
{
    conform_memory local = {.s = r->s, .state = 7};
    float *y = conform_empty_floats(&local, r->n_out * r->io.lanes);
    float *gradients[BNN_TENSORS_MAX] = {0};
    conform_rig_forward(r);
    conform_rig_backward(r);
    memcpy(y, r->y, r->n_out * r->io.lanes * sizeof *y);
    for (uint32_t i = 0; i < r->plan.n_tensors; i++)
        if (r->gradients[i] != NULL) {
            gradients[i] = conform_empty_floats(&local, r->n_tensor[i]);
            memcpy(gradients[i], r->gradients[i], r->n_tensor[i] * sizeof(float));
        }
    for (size_t i = 0; i < r->n_in * r->io.lanes; i++)
        if (i % r->io.lanes >= r->io.n)
            r->x[i] = 100.0f * conform_random_float(&local);
    r->io.gx = NULL;
    conform_rig_forward(r);
    conform_rig_backward(r);
    for (size_t i = 0; i < r->n_out * r->io.lanes; i++)
        CONFORM_REQUIRE(r->s, i % r->io.lanes >= r->io.n || conform_is_same(r->y[i], y[i]),
                        "pad lanes change y of image %zu", i % r->io.lanes);
    for (uint32_t i = 0; i < r->plan.n_tensors; i++)
        if (r->gradients[i] != NULL)
            conform_require_same(r->s, "gradient with other pad lanes and without gx",
                                 r->gradients[i], gradients[i], r->n_tensor[i]);
    r->io.gx = r->gx;
    conform_memory_free(&local);
}

/* Image 1 of a batch of 2, alone in a batch of 1, gives the same bits. */
static void rig_check_alone(conform_rig *pair, int32_t training)
{
    const uint32_t lanes = pair->io.lanes;
    conform_rig one;
    pair->io.training = training;
    conform_rig_forward(pair);
    conform_rig_backward(pair);
    CONFORM_REQUIRE(
        pair->s, conform_rig_create(&one, pair->s, pair->io.in, 1, lanes, pair->io.binary_inputs),
        "takes a shape for two images and not for one");
    one.io.training = training;
    for (size_t i = 0; i < one.n_in; i++)
        one.x[i * lanes] = pair->x[i * lanes + 1];
    for (size_t i = 0; i < one.n_out; i++) {
        ((float *)(uintptr_t)one.io.noise)[i * lanes] = pair->io.noise[i * lanes + 1];
        one.c[i * lanes] = pair->c[i * lanes + 1];
    }
    for (uint32_t i = 0; i < one.plan.n_tensors; i++)
        memcpy(one.tensors[i], pair->tensors[i], one.n_tensor[i] * sizeof(float));
    conform_rig_forward(&one);
    for (size_t i = 0; i < one.n_out; i++)
        CONFORM_REQUIRE(pair->s, conform_is_same(one.y[i * lanes], pair->y[i * lanes + 1]),
                        "an image's result depends on the rest of the batch");
    if (training) {
        conform_rig_backward(&one);
        for (size_t i = 0; i < one.n_in; i++)
            CONFORM_REQUIRE(pair->s, conform_is_same(one.gx[i * lanes], pair->gx[i * lanes + 1]),
                            "an image's gradient depends on the rest of the batch");
    }
    conform_memory_free(&one.memory);
    pair->io.training = 1;
}

/* What is called for a layer that takes bits in inference gives it bits. */
static void rig_give_bits(conform_rig *r)
{
    for (size_t i = 0; i < r->n_in * r->io.lanes; i++)
        r->x[i] = r->x[i] >= 0 ? 1.0f : -1.0f;
}

/* Whether y is as the flags say. Sums of soft bits may end a rounding beyond 1. */
static bool rig_output_is_right(const conform_rig *r, float y)
{
    const uint32_t flags = r->layer->flags;
    if ((flags & BNN_LAYER_GIVES_BITS) != 0)
        return r->io.training ? fabsf(y) <= 1.00001f : fabsf(y) == 1.0f;
    return (flags & (BNN_LAYER_NONNEGATIVE | BNN_LAYER_KEEPS_SIGN)) == 0 || y >= 0;
}

static void rig_check_bits_are_kept(conform_rig *r)
{
    rig_give_bits(r);
    conform_rig_forward(r);
    for (size_t i = 0; i < r->n_out * r->io.lanes; i++)
        CONFORM_REQUIRE(r->s, fabsf(r->y[i]) == 1.0f, "y is %g where x is bits", (double)r->y[i]);
}

/* Codes are whole numbers of the plan, and rise with x. */
static void rig_check_codes(conform_rig *r)
{
    const float low = (float)r->plan.code_min, high = (float)r->plan.code_max;
    const size_t n = r->n_out * r->io.lanes, n_channel = n / r->io.in.c;
    CONFORM_REQUIRE(r->s, low <= 0 && high >= 0 && low < high, "plans codes from %g to %g",
                    (double)low, (double)high);
    for (size_t i = 0; i < n; i++)
        r->x[i] = 20.0f * ((float)i / (float)n - 0.5f);
    conform_rig_forward(r);
    for (size_t i = 0; i < n; i++) {
        const float y = r->y[i];
        CONFORM_REQUIRE(r->s, y >= low && y <= high && y == floorf(y) && !(y == 0 && signbit(y)),
                        "y is %g, and the plan has whole numbers from %g to %g", (double)y,
                        (double)low, (double)high);
        CONFORM_REQUIRE(r->s, i % n_channel == 0 || y >= r->y[i - 1],
                        "y falls from %g to %g where x rises", (double)r->y[i > 0 ? i - 1 : 0],
                        (double)y);
    }
}

/* Whatever has been learned, and in the first pass: the same each time, whatever lies in the pad lanes. */
static void rig_check_tensors_of_codes(conform_rig *r)
{
    static const float extremes[] = {-1e30f, -1.0f, 0.0f, 1e30f};
    for (size_t k = 0; k < sizeof extremes / sizeof *extremes; k++) {
        for (uint32_t i = 0; i < r->plan.n_tensors; i++)
            for (size_t j = 0; j < r->n_tensor[i]; j++)
                r->tensors[i][j] = extremes[k];
        rig_check_codes(r);
    }
    for (int turn = 0; turn < 2 && r->layer->calibrate != NULL; turn++) {
        float *first[BNN_TENSORS_MAX];
        for (size_t i = 0; i < r->n_in * r->io.lanes; i++)
            if (i % r->io.lanes >= r->io.n)
                r->x[i] = (float)(turn + 3);
        for (uint32_t i = 0; i < r->plan.n_tensors; i++) {
            first[i] = conform_empty_floats(&r->memory, r->n_tensor[i]);
            memcpy(first[i], r->tensors[i], r->n_tensor[i] * sizeof(float));
        }
        r->layer->calibrate(&r->s->ctx, r->s->params, &r->io);
        for (uint32_t i = 0; turn > 0 && i < r->plan.n_tensors; i++)
            conform_require_same(r->s, "a second calibration", r->tensors[i], first[i],
                                 r->n_tensor[i]);
        conform_rig_forward(r);
    }
}

static void rig_check_promises(conform_rig *r)
{
    const uint32_t flags = r->layer->flags;
    if ((flags & BNN_LAYER_TAKES_BITS) != 0)
        rig_give_bits(r);
    for (size_t i = 0; i < r->n_in * r->io.lanes; i++)
        if (flags & BNN_LAYER_KEEPS_SIGN)
            r->x[i] = fabsf(r->x[i]);
    for (r->io.training = 0; r->io.training < 2; r->io.training++) {
        conform_rig_forward(r);
        for (size_t i = 0; i < r->n_out * r->io.lanes; i++)
            CONFORM_REQUIRE(r->s, rig_output_is_right(r, r->y[i]), "y is %g against its flags",
                            (double)r->y[i]);
        if (r->layer->role == BNN_ROLE_REGULARIZER && !r->io.training)
            conform_require_same(r->s, "a regularizer in inference", r->y, r->x,
                                 r->n_out * r->io.lanes);
    }
    r->io.training = 1;
    if ((flags & BNN_LAYER_KEEPS_BITS) != 0)
        rig_check_bits_are_kept(r);
    if (r->layer->role == BNN_ROLE_QUANTIZER) {
        rig_check_codes(r);
        rig_check_tensors_of_codes(r);
    }
}

/* False where the layer says that it cannot be lowered with these parameters. */
static bool rig_lower(conform_rig *r, conform_lowered *out)
{
    bnn_lowering lowering;
    bnn_layer_io io = r->io;
    io.x = NULL;
    io.y = NULL;
    io.training = 0;
    *out = (conform_lowered){.s = r->s,
                             .memory = &r->memory,
                             .out_channels = io.out.c,
                             .n_logic = r->layer->flags & BNN_LAYER_GIVES_BITS ? r->n_out : 0,
                             .pad_value = io.pad_value,
                             .in = io.in};
    conform_lowered_begin(out, &lowering);
    if (r->layer->lower == NULL || r->layer->lower(r->s->params, &io, &lowering) != 0)
        return false;
    conform_lowered_end(out, &lowering);
    CONFORM_REQUIRE(r->s, memcmp(&out->out, &r->plan.out, sizeof out->out) == 0,
                    "its lowering has another output shape than its plan");
    return true;
}

/* What the layer says of itself for deployment is what it does in inference, bit for bit. */
static void rig_check_lowering(conform_rig *r)
{
    const uint32_t lanes = r->io.lanes;
    conform_lowered l;
    r->step = NAN;
    if (!rig_lower(r, &l))
        return;
    const float step = r->step;
    const size_t most = conform_lowered_values(&l);
    float *x = conform_empty_floats(&r->memory, most), *y = conform_empty_floats(&r->memory, most);
    if ((r->layer->flags & BNN_LAYER_TAKES_BITS) != 0)
        rig_give_bits(r);
    r->io.training = 0;
    conform_rig_forward(r);
    r->io.training = 1;
    CONFORM_REQUIRE(r->s, conform_is_same(r->step, step) || r->io.step == NULL,
                    "forward writes step %a, lower %a", (double)r->step, (double)step);
    for (uint32_t image = 0; image < r->io.n; image++) {
        for (size_t i = 0; i < r->n_in; i++)
            x[i] = r->x[i * lanes + image];
        conform_lowered_apply(&l, x, y);
        for (size_t i = 0; i < r->n_out; i++)
            CONFORM_REQUIRE(r->s, conform_is_same(y[i], r->y[i * lanes + image]),
                            "forward gives %a, what it lowers to %a",
                            (double)r->y[i * lanes + image], (double)y[i]);
    }
}

/* ---- the checks -------------------------------------------------------------------------- */

/* Of a step over pixels there may be none to speak of. */
static void rig_run_gradients(conform_rig *r)
{
    const bool pixels = (r->layer->flags & BNN_LAYER_SEES_PIXELS) != 0;
    r->io.relaxed = 1;
    const size_t n_good = rig_check_gradients(r);
    CONFORM_REQUIRE(r->s, pixels || n_good >= N_SAMPLES / 2, "only %zu gradients could be compared",
                    n_good);
}

static void rig_run_images(conform_rig *r)
{
    rig_check_pads(r);
    if (r->io.n != 2)
        return;
    rig_check_alone(r, 0);
    if (r->layer->role != BNN_ROLE_NORM)
        rig_check_alone(r, 1);
}

static void rig_run_plan(conform_rig *r)
{
    (void)r; /* it has been planned */
}

/* With every setting, for the shapes that the layer takes: of the defaults one at least. */
static void layer_check_always(conform_subject *s, void (*check)(conform_rig *r))
{
    static const bnn_shape shapes[] = {{2, 7, 6}, {3, 8, 8}, {1, 5, 5}, {33, 1, 1}, {20, 1, 1}};
    static const uint32_t batches[][2] = {{3, 16}, {2, 16}, {16, 16}, {20, 32}};
    enum { N_SHAPES = sizeof shapes / sizeof *shapes };
    const int linear = ((const bnn_layer *)(const void *)s->head)->role == BNN_ROLE_LINEAR;
    for (size_t turn = 0; conform_set(s, turn); turn++) {
        size_t n_taken = 0;
        conform_rig r;
        for (size_t j = 0; j < (size_t)N_SHAPES * 4; j++)
            for (int binary = 0; binary <= linear; binary++)
                if (conform_rig_create(&r, s, shapes[j / 4], batches[j % 4][0], batches[j % 4][1],
                                       binary)) {
                    check(&r);
                    conform_memory_free(&r.memory);
                    n_taken++;
                }
        CONFORM_REQUIRE(s, n_taken > 0 || turn > 0,
                        "takes none of the shapes; of the last it says: %s", r.refusal);
    }
}

static void layer_run_plan(conform_subject *s)
{
    layer_check_always(s, rig_run_plan);
}

static void layer_run_gradients(conform_subject *s)
{
    layer_check_always(s, rig_run_gradients);
}

static void layer_run_images(conform_subject *s)
{
    layer_check_always(s, rig_run_images);
}

static void layer_run_promises(conform_subject *s)
{
    layer_check_always(s, rig_check_promises);
}

static void layer_run_lowering(conform_subject *s)
{
    if (((const bnn_layer *)(const void *)s->head)->lower == NULL)
        conform_skip(s, "no .lower is given: its networks cannot be exported");
    layer_check_always(s, rig_check_lowering);
}

const conform_check conform_layer_checks[] = {
    {"plan", "the same plan each time: shapes, tensors, memory", layer_run_plan},
    {"gradients", "gradients agree with central differences", layer_run_gradients},
    {"images", "each image on its own, whatever lies in the pad lanes", layer_run_images},
    {"flags", "keeps its flags' promises; a regularizer rests in inference", layer_run_promises},
    {"lower", "what it lowers to gives the bits of forward", layer_run_lowering},
    {.name = NULL},
};
