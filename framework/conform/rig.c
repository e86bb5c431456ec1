#include "conform/rig_internal.h"

#include "base/rng.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- plan -------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static int rig_plan_failure(bnn_layer_plan *plan,
                                                                  const char *format, ...)
{
    conform_rig *r = plan->host;
    va_list args;
    va_start(args, format);
    vsnprintf(r->refusal, sizeof r->refusal, format, args);
    va_end(args);
    return -1;
}

static int rig_plan_once(conform_rig *r, bnn_shape in, uint32_t lanes, int binary,
                         bnn_layer_plan *plan)
{
    *plan = (bnn_layer_plan){.in = in,
                             .lanes = lanes,
                             .binary_weights = binary,
                             .binary_inputs = binary,
                             .pad_value = binary ? -1.0f : 0.0f,
                             .kernels = r->s->ctx.kernels,
                             .fail = rig_plan_failure,
                             .host = r};
    return r->layer->plan(r->s->params, plan);
}

static void rig_check_tensor(const conform_rig *r, uint32_t i)
{
    const bnn_tensor *t = &r->plan.tensors[i];
    CONFORM_REQUIRE(r->s, t->name != NULL && t->name[0] != '\0', "tensor %u has no name", i);
    CONFORM_REQUIRE(r->s, t->kind >= BNN_TENSOR_WEIGHT && t->kind <= BNN_TENSOR_STATE,
                    "tensor %s is of kind %u", t->name, t->kind);
    CONFORM_REQUIRE(r->s, isfinite(t->fill) && t->uniform >= 0 && t->uniform <= 1e3f,
                    "tensor %s starts at %g, uniform %g", t->name, (double)t->fill,
                    (double)t->uniform);
    CONFORM_REQUIRE(r->s, t->dims[0] > 0 && t->dims[1] > 0 && t->dims[2] > 0 && t->dims[3] > 0,
                    "tensor %s has an empty dimension", t->name);
    for (uint32_t j = 0; j < i; j++)
        CONFORM_REQUIRE(r->s, strcmp(t->name, r->plan.tensors[j].name) != 0,
                        "two tensors called %s", t->name);
}

/* False when the layer does not take this shape. */
static bool rig_plan(conform_rig *r, bnn_shape in, uint32_t lanes, int binary)
{
    bnn_layer_plan again;
    const int status = rig_plan_once(r, in, lanes, binary, &r->plan);
    CONFORM_REQUIRE(r->s, rig_plan_once(r, in, lanes, binary, &again) == status,
                    "a second plan differs from the first");
    if (status != 0)
        return false;
    const bnn_layer_plan *p = &r->plan;
    CONFORM_REQUIRE(r->s, p->out.c > 0 && p->out.h > 0 && p->out.w > 0, "empty output");
    CONFORM_REQUIRE(r->s, p->n_tensors <= BNN_TENSORS_MAX, "plans %u tensors, of %d at most",
                    p->n_tensors, (int)BNN_TENSORS_MAX);
    CONFORM_REQUIRE(r->s,
                    memcmp(&p->out, &again.out, sizeof p->out) == 0 &&
                        p->n_tensors == again.n_tensors && p->n_saved == again.n_saved &&
                        p->n_scratch == again.n_scratch && p->macs == again.macs,
                    "a second plan differs from the first");
    uint32_t n_weights = 0;
    for (uint32_t i = 0; i < p->n_tensors; i++) {
        rig_check_tensor(r, i);
        CONFORM_REQUIRE(
            r->s,
            memcmp(p->tensors[i].dims, again.tensors[i].dims, sizeof again.tensors[i].dims) == 0,
            "a second plan differs from the first");
        n_weights += p->tensors[i].kind == BNN_TENSOR_WEIGHT;
    }
    const bool linear =
        r->layer->role == BNN_ROLE_LINEAR && (r->layer->flags & BNN_LAYER_WEIGHTLESS) == 0;
    CONFORM_REQUIRE(r->s, linear ? n_weights > 0 && p->macs > 0 : n_weights == 0,
                    "%u weight tensors, %llu macs", n_weights, (unsigned long long)p->macs);
    return true;
}

/* ---- memory ------------------------------------------------------------------------------ */

static void rig_fill_tensor(conform_rig *r, uint32_t i, int binary)
{
    const bnn_tensor *t = &r->plan.tensors[i];
    for (size_t j = 0; j < r->n_tensor[i]; j++) {
        const float random = conform_random_float(&r->memory);
        if (t->kind == BNN_TENSOR_WEIGHT && binary)
            r->tensors[i][j] = random >= 0 ? 1.0f : -1.0f;
        else if (t->kind == BNN_TENSOR_STATE)
            r->tensors[i][j] = t->fill;
        else
            r->tensors[i][j] = t->uniform > 0 ? t->uniform * random : t->fill + 0.25f * random;
    }
}

static void rig_make_tensor(conform_rig *r, uint32_t i, int binary)
{
    const uint32_t *d = r->plan.tensors[i].dims;
    r->n_tensor[i] = (size_t)d[0] * d[1] * d[2] * d[3];
    r->tensors[i] = conform_empty_floats(&r->memory, r->n_tensor[i]);
    if (r->plan.tensors[i].kind != BNN_TENSOR_STATE)
        r->gradients[i] = conform_empty_floats(&r->memory, r->n_tensor[i]);
    rig_fill_tensor(r, i, binary);
}

static void rig_erase(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = NAN;
}

/* Any numbers will do, so long as they are always the same. */
static void rig_start_bits(const bnn_start *start, uint32_t stream, uint64_t first, size_t n,
                           uint32_t *out)
{
    const bnn_rng rng = {.seed = 1, .role = BNN_RNG_START, .index = stream};
    (void)start;
    for (size_t i = 0; i < n; i++)
        out[i] = bnn_rng_bits(&rng, first + i);
}

/* Some values of each pixel, others of the next. */
static const uint32_t *rig_of_pixel(const bnn_pixel_counts *counts, uint32_t pixel)
{
    uint32_t *count = counts->host;
    memset(count, 0, 256 * sizeof *count);
    count[0] = 50;
    count[pixel * 37 % 256] += 20;
    count[pixel * 101 % 256] += 30;
    return count;
}

/* A layer is fit to pixels behind its start. */
static void rig_fit(conform_rig *r, const bnn_layer_io *io)
{
    uint32_t count[256];
    const bnn_pixel_counts counts = {.n_images = 100, .of_pixel = rig_of_pixel, .host = count};
    if (r->layer->fit != NULL)
        r->layer->fit(r->s->params, io, &counts);
}

/* What a layer starts from is finite, and the same each time. */
static void rig_start(conform_rig *r)
{
    const bnn_start start = {.bits = rig_start_bits};
    bnn_layer_io io = r->io;
    float *first[BNN_TENSORS_MAX];
    io.x = io.y = io.gx = NULL;
    io.gy = NULL;
    if (r->layer->start == NULL)
        return;
    r->layer->start(r->s->params, &io, &start);
    rig_fit(r, &io);
    for (uint32_t i = 0; i < r->plan.n_tensors; i++) {
        first[i] = conform_empty_floats(&r->memory, r->n_tensor[i]);
        memcpy(first[i], r->tensors[i], r->n_tensor[i] * sizeof(float));
        for (size_t j = 0; j < r->n_tensor[i]; j++)
            CONFORM_REQUIRE(r->s, isfinite(first[i][j]), "tensor %s starts at %g",
                            r->plan.tensors[i].name, (double)first[i][j]);
    }
    rig_erase(io.scratch, r->plan.n_scratch);
    r->layer->start(r->s->params, &io, &start);
    rig_fit(r, &io);
    for (uint32_t i = 0; i < r->plan.n_tensors; i++)
        conform_require_same(r->s, "a second start", r->tensors[i], first[i], r->n_tensor[i]);
}

bool conform_rig_create(conform_rig *r, const conform_subject *s, bnn_shape in, uint32_t n,
                        uint32_t lanes, int binary)
{
    *r = (conform_rig){
        .s = s, .layer = (const void *)s->head, .memory = {.s = s, .state = n + 31 * lanes}};
    if (!rig_plan(r, in, lanes, binary))
        return false;
    conform_memory *memory = &r->memory;
    const bnn_layer_plan *p = &r->plan;
    r->n_in = (size_t)in.c * in.h * in.w;
    r->n_out = (size_t)p->out.c * p->out.h * p->out.w;
    r->x = conform_random_floats(memory, r->n_in * lanes);
    r->y = conform_empty_floats(memory, r->n_out * lanes);
    r->c = conform_random_floats(memory, r->n_out * lanes);
    r->gx = conform_empty_floats(memory, r->n_in * lanes);
    float *noise = conform_random_floats(memory, r->n_out * lanes);
    for (size_t i = 0; i < r->n_out * lanes; i++) {
        noise[i] = 0.5f * (noise[i] + 1.0f);
        r->c[i] = i % lanes < n ? r->c[i] : 0.0f;
    }
    for (size_t i = 0; i < r->n_in * lanes; i++)
        if (binary)
            r->x[i] = r->x[i] >= 0 ? 1.0f : -1.0f;
    for (uint32_t i = 0; i < p->n_tensors; i++)
        rig_make_tensor(r, i, binary);
    /* Without binary_weights: a layer that counts bits has no differences. */
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
                           .saved = conform_empty_floats(memory, p->n_saved),
                           .scratch = conform_empty_floats(memory, p->n_scratch),
                           .noise = noise,
                           .step = r->layer->role == BNN_ROLE_QUANTIZER ? &r->step : NULL};
    rig_start(r);
    return true;
}

/* ---- passes ------------------------------------------------------------------------------ */

void conform_rig_forward(conform_rig *r)
{
    rig_erase(r->y, r->n_out * r->io.lanes);
    rig_erase(r->io.scratch, r->plan.n_scratch);
    if (r->io.training)
        rig_erase(r->io.saved, r->plan.n_saved);
    r->step = NAN;
    r->layer->forward(&r->s->ctx, r->s->params, &r->io);
    CONFORM_REQUIRE(r->s, r->io.step == NULL || (r->step > 0 && isfinite(r->step)),
                    "the step is %g", (double)r->step);
    for (size_t i = 0; i < r->n_out * r->io.lanes; i++)
        CONFORM_REQUIRE(r->s, isfinite(r->y[i]), "y is %g in lane %zu of %u, %u images",
                        (double)r->y[i], i % r->io.lanes, r->io.lanes, r->io.n);
}

void conform_rig_backward(conform_rig *r)
{
    if (r->io.gx != NULL)
        rig_erase(r->io.gx, r->n_in * r->io.lanes);
    for (uint32_t i = 0; i < r->plan.n_tensors; i++)
        if (r->gradients[i] != NULL)
            rig_erase(r->gradients[i], r->n_tensor[i]);
    rig_erase(r->io.scratch, r->plan.n_scratch);
    r->layer->backward(&r->s->ctx, r->s->params, &r->io);
}
