/* conform_layer.c - a layer plans purely, computes every image on its own (but for batch
 * statistics), has gradients that agree with central differences, keeps pad lanes at zero, and is
 * the operation that it lowers to. */
#include "tests/conform/conform.h"

#include "infer/op.h"

#include <stdarg.h>
#include <stdio.h>

enum { N_SAMPLES = 24 }; /* elements of each tensor whose gradient is compared */

/* Of a slope: sums of floats over steps of 1/128 are good to about 1e-4. */
static const double TOLERANCE = 1e-3;

/* A layer planned for one shape, with memory of exactly the sizes it asked for. */
typedef struct rig {
    const subject *s;
    const bnn_layer *layer;
    bnn_layer_plan plan;
    bnn_layer_io io;
    float *x, *y, *gx, *c; /* c: the weights of the loss, sum of c y */
    float *tensors[BNN_TENSORS_MAX], *gradients[BNN_TENSORS_MAX];
    size_t n_tensor[BNN_TENSORS_MAX];
    size_t n_in, n_out; /* features */
    buffers memory;
} rig;

/* ---- plan -------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static int rig_plan_failure(bnn_layer_plan *plan,
                                                                  const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    ck_assert_int_gt(vsnprintf(text, sizeof text, format, args), 0);
    va_end(args);
    (void)plan;
    return -1;
}

static int rig_plan_once(const rig *r, bnn_shape in, uint32_t lanes, int binary,
                         bnn_layer_plan *plan)
{
    *plan = (bnn_layer_plan){.in = in,
                             .lanes = lanes,
                             .binary_weights = binary,
                             .binary_inputs = binary,
                             .pad_value = binary ? -1.0f : 0.0f,
                             .kernels = r->s->ctx.kernels,
                             .fail = rig_plan_failure};
    return r->layer->plan(r->s->params, plan);
}

static void rig_check_tensor(const rig *r, uint32_t i)
{
    const bnn_tensor *t = &r->plan.tensors[i];
    const char *what = r->s->what;
    REQUIRE(t->name != NULL && t->name[0] != '\0', "%s: tensor %u has no name", what, i);
    REQUIRE(t->kind >= BNN_TENSOR_WEIGHT && t->kind <= BNN_TENSOR_STATE,
            "%s: tensor %s is of kind %u", what, t->name, t->kind);
    REQUIRE(isfinite(t->fill) && t->uniform >= 0 && t->uniform <= 1e3f,
            "%s: tensor %s starts at %g, uniform %g", what, t->name, (double)t->fill,
            (double)t->uniform);
    REQUIRE(t->dims[0] > 0 && t->dims[1] > 0 && t->dims[2] > 0 && t->dims[3] > 0,
            "%s: tensor %s has an empty dimension", what, t->name);
    for (uint32_t j = 0; j < i; j++)
        REQUIRE(strcmp(t->name, r->plan.tensors[j].name) != 0, "%s: two tensors called %s", what,
                t->name);
}

/* False when the layer does not take this shape. */
static bool rig_plan(rig *r, bnn_shape in, uint32_t lanes, int binary)
{
    bnn_layer_plan again;
    const int status = rig_plan_once(r, in, lanes, binary, &r->plan);
    ck_assert_int_eq(rig_plan_once(r, in, lanes, binary, &again), status);
    if (status != 0)
        return false;
    const bnn_layer_plan *p = &r->plan;
    REQUIRE(p->out.c > 0 && p->out.h > 0 && p->out.w > 0, "%s: empty output", r->s->what);
    ck_assert_uint_le(p->n_tensors, BNN_TENSORS_MAX);
    REQUIRE(memcmp(&p->out, &again.out, sizeof p->out) == 0 && p->n_tensors == again.n_tensors &&
                p->n_saved == again.n_saved && p->n_scratch == again.n_scratch &&
                p->macs == again.macs,
            "%s: a second plan differs from the first", r->s->what);
    uint32_t n_weights = 0;
    for (uint32_t i = 0; i < p->n_tensors; i++) {
        rig_check_tensor(r, i);
        REQUIRE(memcmp(p->tensors[i].dims, again.tensors[i].dims, 16) == 0,
                "%s: a second plan differs from the first", r->s->what);
        n_weights += p->tensors[i].kind == BNN_TENSOR_WEIGHT;
    }
    const bool linear = r->layer->role == BNN_ROLE_LINEAR;
    REQUIRE(linear ? n_weights > 0 && p->macs > 0 : n_weights == 0,
            "%s: %u weight tensors, %llu macs", r->s->what, n_weights, (unsigned long long)p->macs);
    return true;
}

/* ---- memory ------------------------------------------------------------------------------ */

static void rig_fill_tensor(rig *r, uint32_t i, int binary)
{
    const bnn_tensor *t = &r->plan.tensors[i];
    for (size_t j = 0; j < r->n_tensor[i]; j++) {
        const float random = random_float(&r->memory);
        if (t->kind == BNN_TENSOR_WEIGHT && binary)
            r->tensors[i][j] = random >= 0 ? 1.0f : -1.0f;
        else if (t->kind == BNN_TENSOR_STATE)
            r->tensors[i][j] = t->fill;
        else
            r->tensors[i][j] = t->uniform > 0 ? t->uniform * random : t->fill + 0.25f * random;
    }
}

static bool rig_create(rig *r, const subject *s, bnn_shape in, uint32_t n, uint32_t lanes,
                       int binary)
{
    *r = (rig){.s = s, .layer = (const void *)s->head, .memory.state = n + 31 * lanes};
    if (!rig_plan(r, in, lanes, binary))
        return false;
    buffers *memory = &r->memory;
    const bnn_layer_plan *p = &r->plan;
    r->n_in = (size_t)in.c * in.h * in.w;
    r->n_out = (size_t)p->out.c * p->out.h * p->out.w;
    r->x = random_floats(memory, r->n_in * lanes);
    r->y = empty_floats(memory, r->n_out * lanes);
    r->c = random_floats(memory, r->n_out * lanes);
    r->gx = empty_floats(memory, r->n_in * lanes);
    float *noise = random_floats(memory, r->n_out * lanes);
    for (size_t i = 0; i < r->n_out * lanes; i++) {
        noise[i] = 0.5f * (noise[i] + 1.0f);
        r->c[i] = i % lanes < n ? r->c[i] : 0.0f;
    }
    for (size_t i = 0; i < r->n_in * lanes; i++)
        if (binary)
            r->x[i] = r->x[i] >= 0 ? 1.0f : -1.0f;
    for (uint32_t i = 0; i < p->n_tensors; i++) {
        const uint32_t *d = p->tensors[i].dims;
        r->n_tensor[i] = (size_t)d[0] * d[1] * d[2] * d[3];
        r->tensors[i] = empty_floats(memory, r->n_tensor[i]);
        if (p->tensors[i].kind != BNN_TENSOR_STATE)
            r->gradients[i] = empty_floats(memory, r->n_tensor[i]);
        rig_fill_tensor(r, i, binary);
    }
    r->io = (bnn_layer_io){.in = in,
                           .out = p->out,
                           .n = n,
                           .lanes = lanes,
                           .training = 1,
                           .binary_inputs = binary,
                           .pad_value = p->pad_value,
                           .x = r->x,
                           .y = r->y,
                           .gy = r->c,
                           .gx = r->gx,
                           .tensors = r->tensors,
                           .gradients = r->gradients,
                           .saved = empty_floats(memory, p->n_saved),
                           .scratch = empty_floats(memory, p->n_scratch),
                           .noise = noise};
    return true;
}

static void rig_erase(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = NAN;
}

/* ---- passes ------------------------------------------------------------------------------ */

static void rig_forward(rig *r)
{
    rig_erase(r->y, r->n_out * r->io.lanes);
    rig_erase(r->io.scratch, r->plan.n_scratch);
    if (r->io.training)
        rig_erase(r->io.saved, r->plan.n_saved);
    r->layer->forward(&r->s->ctx, r->s->params, &r->io);
    for (size_t i = 0; i < r->n_out * r->io.lanes; i++)
        REQUIRE(isfinite(r->y[i]), "%s: y is %g in lane %zu of %u, %u images", r->s->what,
                (double)r->y[i], i % r->io.lanes, r->io.lanes, r->io.n);
}

static void rig_backward(rig *r)
{
    if (r->io.gx != NULL)
        rig_erase(r->io.gx, r->n_in * r->io.lanes);
    for (uint32_t i = 0; i < r->plan.n_tensors; i++)
        if (r->gradients[i] != NULL)
            rig_erase(r->gradients[i], r->n_tensor[i]);
    rig_erase(r->io.scratch, r->plan.n_scratch);
    r->layer->backward(&r->s->ctx, r->s->params, &r->io);
}

static double rig_loss(rig *r)
{
    double sum = 0;
    rig_forward(r);
    for (size_t i = 0; i < r->n_out * r->io.lanes; i++)
        sum += (double)r->c[i] * (double)r->y[i];
    return sum;
}

/* The slope of the loss along one element; false where it has none to speak of. */
static bool rig_slope(rig *r, float *element, double *out)
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
    return conform_slope(at, y, 0.05, TOLERANCE, out);
}

/* Compares the gradient of some elements with differences. Returns how many could be compared. */
static size_t rig_compare(rig *r, const char *name, float *values, const float *gradient, size_t n,
                          bool images)
{
    size_t n_good = 0;
    for (size_t k = 0; k < N_SAMPLES; k++) {
        size_t i = random_between(&r->memory, 0, (uint32_t)n - 1);
        if (images) /* lane 0..n - 1 of the same feature */
            i += i % r->io.n - i % r->io.lanes;
        double expected;
        if (!rig_slope(r, &values[i], &expected))
            continue;
        n_good++;
        REQUIRE(fabs(gradient[i] - expected) <= TOLERANCE * (1 + fabs(expected)),
                "%s: the gradient of %s[%zu] is %g, by differences %g (input %ux%ux%u, %u "
                "images in %u lanes)",
                r->s->what, name, i, (double)gradient[i], expected, r->io.in.c, r->io.in.h,
                r->io.in.w, r->io.n, r->io.lanes);
    }
    return n_good;
}

static size_t rig_check_gradients(rig *r)
{
    rig_forward(r);
    rig_backward(r);
    for (size_t i = 0; i < r->n_in * r->io.lanes; i++)
        REQUIRE(i % r->io.lanes < r->io.n ? isfinite(r->gx[i]) : r->gx[i] == 0.0f,
                "%s: gx is %g in lane %zu of %u, %u images", r->s->what, (double)r->gx[i],
                i % r->io.lanes, r->io.lanes, r->io.n);
    size_t n_good = rig_compare(r, "x", r->x, r->gx, r->n_in * r->io.lanes, true);
    for (uint32_t i = 0; i < r->plan.n_tensors; i++)
        if (r->gradients[i] != NULL)
            n_good += rig_compare(r, r->plan.tensors[i].name, r->tensors[i], r->gradients[i],
                                  r->n_tensor[i], false);
    return n_good;
}

/* Other contents of the pad lanes, and no wish for gx: the same results. */
static void rig_check_pads(rig *r)
{
    buffers local = {.state = 7};
    float *y = empty_floats(&local, r->n_out * r->io.lanes);
    float *gradients[BNN_TENSORS_MAX] = {0};
    rig_forward(r);
    rig_backward(r);
    memcpy(y, r->y, r->n_out * r->io.lanes * sizeof *y);
    for (uint32_t i = 0; i < r->plan.n_tensors; i++)
        if (r->gradients[i] != NULL) {
            gradients[i] = empty_floats(&local, r->n_tensor[i]);
            memcpy(gradients[i], r->gradients[i], r->n_tensor[i] * sizeof(float));
        }
    for (size_t i = 0; i < r->n_in * r->io.lanes; i++)
        if (i % r->io.lanes >= r->io.n)
            r->x[i] = 100.0f * random_float(&local);
    r->io.gx = NULL;
    rig_forward(r);
    rig_backward(r);
    for (size_t i = 0; i < r->n_out * r->io.lanes; i++)
        REQUIRE(i % r->io.lanes >= r->io.n || same_float(r->y[i], y[i]),
                "%s: pad lanes change y of image %zu", r->s->what, i % r->io.lanes);
    for (uint32_t i = 0; i < r->plan.n_tensors; i++)
        if (r->gradients[i] != NULL)
            expect_same(r->s->what, "gradient with other pad lanes and without gx", r->gradients[i],
                        gradients[i], r->n_tensor[i]);
    r->io.gx = r->gx;
    buffers_free(&local);
}

/* Image 1 of a batch of 2, alone in a batch of 1, gives the same bits. */
static void rig_check_alone(rig *pair, int32_t training)
{
    const uint32_t lanes = pair->io.lanes;
    rig one;
    pair->io.training = training;
    rig_forward(pair);
    rig_backward(pair);
    ck_assert(rig_create(&one, pair->s, pair->io.in, 1, lanes, pair->io.binary_inputs));
    one.io.training = training;
    for (size_t i = 0; i < one.n_in; i++)
        one.x[i * lanes] = pair->x[i * lanes + 1];
    for (size_t i = 0; i < one.n_out; i++) {
        ((float *)(uintptr_t)one.io.noise)[i * lanes] = pair->io.noise[i * lanes + 1];
        one.c[i * lanes] = pair->c[i * lanes + 1];
    }
    for (uint32_t i = 0; i < one.plan.n_tensors; i++)
        memcpy(one.tensors[i], pair->tensors[i], one.n_tensor[i] * sizeof(float));
    rig_forward(&one);
    for (size_t i = 0; i < one.n_out; i++)
        REQUIRE(same_float(one.y[i * lanes], pair->y[i * lanes + 1]),
                "%s: an image's result depends on the rest of the batch", pair->s->what);
    if (training) {
        rig_backward(&one);
        for (size_t i = 0; i < one.n_in; i++)
            REQUIRE(same_float(one.gx[i * lanes], pair->gx[i * lanes + 1]),
                    "%s: an image's gradient depends on the rest of the batch", pair->s->what);
    }
    buffers_free(&one.memory);
    pair->io.training = 1;
}

static void rig_check_promises(rig *r)
{
    const uint32_t flags = r->layer->flags;
    for (size_t i = 0; i < r->n_in * r->io.lanes; i++)
        if (flags & BNN_LAYER_KEEPS_SIGN)
            r->x[i] = fabsf(r->x[i]);
    for (r->io.training = 0; r->io.training < 2; r->io.training++) {
        rig_forward(r);
        for (size_t i = 0; flags != 0 && i < r->n_out * r->io.lanes; i++)
            REQUIRE(r->y[i] >= 0, "%s: y is %g against its flags", r->s->what, (double)r->y[i]);
        if (r->layer->role == BNN_ROLE_REGULARIZER && !r->io.training)
            expect_same(r->s->what, "a regularizer in inference", r->y, r->x,
                        r->n_out * r->io.lanes);
    }
    r->io.training = 1;
}

static int lower_failure(bnn_lowering *lowering, const char *format, ...)
{
    (void)lowering, (void)format;
    return -1;
}

/* What the layer says of itself for deployment is what it does in inference, bit for bit. */
static void rig_check_lowering(rig *r)
{
    const uint32_t lanes = r->io.lanes;
    bnn_layer_io io = r->io;
    bnn_lowering l = {.factor = empty_floats(&r->memory, io.in.c),
                      .offset = empty_floats(&r->memory, io.in.c),
                      .fail = lower_failure};
    io.x = NULL;
    io.y = NULL;
    io.training = 0;
    if (r->layer->lower == NULL || r->layer->lower(r->s->params, &io, &l) != 0)
        return;
    REQUIRE(l.op < BNN_LOWER_KINDS && l.op != BNN_LOWER_SIGN, "%s: lowers to operation %u",
            r->s->what, l.op);
    const bool affine = l.op == BNN_LOWER_AFFINE;
    bnn_op op = {.type = l.op,
                 .in = io.in,
                 .kernel = l.kernel,
                 .stride = l.stride,
                 .padding = l.padding,
                 .pad_value = io.pad_value,
                 .weight = l.weight,
                 .bias = l.bias,
                 .factor = affine || l.op == BNN_LOWER_SLOPE ? l.factor : NULL,
                 .offset = affine ? l.offset : NULL,
                 .low = l.low,
                 .high = l.high};
    REQUIRE(bnn_op_out_shape(&op, r->plan.out.c, &op.out) &&
                memcmp(&op.out, &r->plan.out, sizeof op.out) == 0,
            "%s: its lowering has another output shape than its plan", r->s->what);
    float *x = empty_floats(&r->memory, r->n_in), *y = empty_floats(&r->memory, r->n_out);
    r->io.training = 0;
    rig_forward(r);
    r->io.training = 1;
    for (uint32_t image = 0; image < io.n; image++) {
        for (size_t i = 0; i < r->n_in; i++)
            x[i] = r->x[i * lanes + image];
        bnn_op_apply(&op, x, y);
        for (size_t i = 0; i < r->n_out; i++)
            REQUIRE(same_float(y[i], r->y[i * lanes + image]),
                    "%s: forward gives %a, what it lowers to %a", r->s->what,
                    (double)r->y[i * lanes + image], (double)y[i]);
    }
}

/* All checks for one shape; the number of elements of which a gradient was compared. */
static size_t rig_check_shape(const subject *s, bnn_shape in, uint32_t n, uint32_t lanes,
                              int binary)
{
    rig r;
    if (!rig_create(&r, s, in, n, lanes, binary))
        return 0;
    const size_t n_good = rig_check_gradients(&r);
    REQUIRE(n_good >= N_SAMPLES / 2, "%s: only %zu gradients could be compared", s->what, n_good);
    rig_check_pads(&r);
    if (n == 2) {
        rig_check_alone(&r, 0);
        if (r.layer->role != BNN_ROLE_NORM)
            rig_check_alone(&r, 1);
    }
    rig_check_promises(&r);
    rig_check_lowering(&r);
    buffers_free(&r.memory);
    return n_good;
}

void conform_layer(size_t i)
{
    static const bnn_shape shapes[] = {{2, 7, 6}, {3, 8, 8}, {1, 5, 5}, {33, 1, 1}};
    static const uint32_t batches[][2] = {{3, 16}, {2, 16}, {16, 16}, {20, 32}};
    subject s;
    conform_begin(&s, BNN_KIND_LAYER, i);
    conform_file(&s);
    const bool linear = ((const bnn_layer *)(const void *)s.head)->role == BNN_ROLE_LINEAR;
    for (size_t turn = 0; conform_set(&s, turn); turn++) {
        size_t n_good = 0;
        for (size_t j = 0; j < 4 * 4; j++)
            for (int binary = 0; binary <= linear; binary++)
                n_good += rig_check_shape(&s, shapes[j / 4], batches[j % 4][0], batches[j % 4][1],
                                          binary);
        REQUIRE(n_good > 0 || turn > 0, "%s: takes none of the shapes", s.what);
    }
    conform_end(&s);
}
