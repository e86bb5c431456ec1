#include "model/form.h"

#include "base/size.h"
#include "plugin/guard.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* Bounds on what a form may ask for: codes are exact as floats, tensors fit in memory. */
enum { FORM_CODE_MAX = 1 << 20 };
static const size_t form_values_max = (size_t)1 << 28;

/* ---- planning ---------------------------------------------------------------------------- */

static int form_plan_failure(bnn_form_plan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static int form_plan_failure(bnn_form_plan *plan, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bnn_fail_v(plan->host, BNN_E_SPEC, format, args);
    va_end(args);
    return BNN_E_SPEC;
}

static size_t form_count(const bnn_tensor *tensor)
{
    size_t n = 1;
    for (int d = 0; d < 4; d++)
        n = bnn_size_product(n, tensor->dims[d]);
    return n;
}

/* A plan says things that make sense. */
static int form_check_plan(const bnn_form_plan *p, bnn_error *err)
{
    const bool real = p->code_step == 0;
    const bool in_range = p->code_min >= -FORM_CODE_MAX && p->code_max <= FORM_CODE_MAX;
    if (!real && (!in_range || p->code_step < 0 || p->code_min >= p->code_max ||
                  (p->code_max - p->code_min) % p->code_step != 0))
        return bnn_fail(err, BNN_E_SPEC, "codes from %d to %d in steps of %d make no sense",
                        p->code_min, p->code_max, p->code_step);
    bool bad = p->scale > BNN_SCALE_FILTER || p->n_tensors > BNN_FORM_TENSORS_MAX ||
               p->n_saved > form_values_max;
    for (uint32_t t = 0; !bad && t < p->n_tensors; t++) {
        const bnn_tensor *tensor = &p->tensors[t];
        const size_t n = form_count(tensor);
        bad = n == 0 || n > form_values_max || tensor->name == NULL ||
              (tensor->kind != BNN_TENSOR_VECTOR && tensor->kind != BNN_TENSOR_STATE);
    }
    if (bad)
        return bnn_fail(err, BNN_E_SPEC, "its plan is out of bounds: scale %u, %u tensors",
                        p->scale, p->n_tensors);
    return BNN_OK;
}

/* A plan and the layer fit each other. */
static int form_check_layer(const bnn_network_op *op, const bnn_form *form, uint32_t n_weights,
                            bnn_error *err)
{
    const bnn_form_plan *p = &op->form;
    const bool asks = p->scale != BNN_SCALE_NONE || p->n_tensors > 0 || p->n_saved > 0;
    const bool elementwise = (form->flags & BNN_FORM_ELEMENTWISE) != 0;
    if (elementwise && asks)
        return bnn_fail(err, BNN_E_SPEC,
                        "sees each weight by itself, but wants a scale, tensors or saved floats");
    if (!elementwise && n_weights != 1)
        return bnn_fail(err, BNN_E_SPEC, "is for layers with one weight tensor, not %u", n_weights);
    if (p->scale != BNN_SCALE_NONE && p->filters != op->plan.out.c)
        return bnn_fail(err, BNN_E_SPEC,
                        "scales output channels, of which there are %u; the weight has %u filters",
                        op->plan.out.c, p->filters);
    for (uint32_t t = 0; t < p->n_tensors; t++)
        for (uint32_t i = 0; i < op->plan.n_tensors; i++)
            if (strcmp(p->tensors[t].name, op->plan.tensors[i].name) == 0)
                return bnn_fail(err, BNN_E_SPEC, "has a tensor \"%s\", as the layer has",
                                p->tensors[t].name);
    return BNN_OK;
}

/* A plan that has not been made. */
static bnn_form_plan form_blank(const bnn_kernels *kernels, uint32_t filters, uint32_t taps,
                                bnn_error *err)
{
    return (bnn_form_plan){.filters = filters,
                           .taps = taps,
                           .kernels = kernels,
                           .code_min = -1,
                           .code_max = 1,
                           .code_step = 2,
                           .fail = form_plan_failure,
                           .host = err};
}

/* Has the form plan. BNN_E_SPEC and its message when it refuses. */
static int form_ask(const bnn_use *use, bnn_form_plan *plan, bnn_error *err)
{
    const bnn_form *form = bnn_use_form(use);
    bnn_guard guard;
    int status = bnn_guard_enter(&guard, use, BNN_CALL_PLAN, err);
    if (status != BNN_OK)
        return status;
    const int refused = form->plan == NULL ? 0 : form->plan(use->params, plan);
    status = bnn_guard_leave(&guard, err);
    return refused != 0 ? BNN_E_SPEC : status;
}

bool bnn_form_has_scale(const bnn_network *network, const bnn_use *use)
{
    bnn_error refusal; /* said by the plan that counts */
    bnn_form_plan plan = form_blank(network->kernels, 1, 1, &refusal);
    return form_ask(use, &plan, &refusal) == BNN_OK && plan.scale != BNN_SCALE_NONE;
}

int bnn_form_lay_out(const bnn_network *network, bnn_network_op *op, bnn_error *err)
{
    const bnn_use *use = bnn_model_block_form(network->options, op->block);
    const bnn_form *form = bnn_use_form(use);
    uint32_t n_weights = 0;
    op->form_use = use;
    for (uint32_t t = op->plan.n_tensors; t-- > 0;)
        if (op->plan.tensors[t].kind == BNN_TENSOR_WEIGHT) {
            const bnn_tensor *weight = &op->plan.tensors[t];
            op->form = form_blank(network->kernels, weight->dims[0],
                                  (uint32_t)(form_count(weight) / weight->dims[0]), err);
            n_weights++;
        }
    if (n_weights == 0)
        return BNN_OK;
    int status = form_ask(use, &op->form, err);
    if (status == BNN_OK)
        status = form_check_plan(&op->form, err);
    if (status == BNN_OK)
        status = form_check_layer(op, form, n_weights, err);
    return status == BNN_OK ? BNN_OK : bnn_error_prefix(err, "form %s: ", form->head.name);
}

/* ---- memory ------------------------------------------------------------------------------ */

static bool form_create_tensors(bnn_arena *arena, const bnn_network_op *op, bnn_form_io *io)
{
    float **tensors = bnn_arena_alloc(arena, BNN_FORM_TENSORS_MAX + 1, sizeof *tensors);
    float **gradients = bnn_arena_alloc(arena, BNN_FORM_TENSORS_MAX + 1, sizeof *gradients);
    if (tensors == NULL || gradients == NULL)
        return false;
    for (uint32_t t = 0; t < op->form.n_tensors; t++) {
        tensors[t] = op->parameters[op->plan.n_tensors + t].value;
        gradients[t] = op->parameters[op->plan.n_tensors + t].gradient;
    }
    io->tensors = tensors;
    io->gradients = gradients;
    return true;
}

int bnn_form_create(bnn_network *network, bnn_arena *arena, const bnn_network_op *op,
                    bnn_parameter *weight)
{
    bnn_network_form *form = bnn_arena_alloc(arena, 1, sizeof *form);
    const uint32_t filters = weight->dims[0];
    if (form == NULL)
        return BNN_E_INTERNAL;
    *form = (bnn_network_form){.network = network,
                               .use = op->form_use,
                               .context.kernels = network->kernels,
                               .layer = op->name,
                               .io = {.filters = filters,
                                      .taps = (uint32_t)(weight->n / filters),
                                      .latent = weight->value,
                                      .codes = weight->acting,
                                      .gcodes = weight->gradient,
                                      .glatent = weight->gradient,
                                      .binarize = bnn_form_binarize,
                                      .through = bnn_form_through,
                                      .host = form}};
    bool ok = form_create_tensors(arena, op, &form->io);
    if (op->form.scale != BNN_SCALE_NONE) {
        form->io.scale = bnn_arena_alloc(arena, filters, sizeof(float));
        form->io.gscale = form->gscale = bnn_arena_alloc(arena, filters, sizeof(float));
        ok = ok && form->io.scale != NULL && form->gscale != NULL;
    }
    if (bnn_use_draws(&network->options->weight_ste)) {
        form->noise = bnn_arena_alloc(arena, weight->n, sizeof *form->noise);
        ok = ok && form->noise != NULL;
    }
    form->io.saved = bnn_arena_alloc(arena, op->form.n_saved, sizeof(float));
    weight->form = form;
    return ok && form->io.saved != NULL ? BNN_OK : BNN_E_INTERNAL;
}

bnn_network_form *bnn_form_of(const bnn_network_op *op)
{
    for (uint32_t t = 0; t < op->plan.n_tensors; t++)
        if (op->parameters[t].form != NULL)
            return op->parameters[t].form;
    return NULL;
}

/* ---- the operation that scales ----------------------------------------------------------- */

/* What the sums of channel c are multiplied by: the scale of their weights, and the step of the codes that they are sums
 * of, where there are such. */
static float scale_of(const bnn_layer_io *io, uint32_t c)
{
    if (io->tensors[0] == NULL)
        return *io->step;
    return io->step == NULL ? io->tensors[0][c] : io->tensors[0][c] * *io->step;
}

/* y = x * scale in each channel. As an affine operation it has the offset -0, which changes no product,
 * not even a zero. */
static void scale_forward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    const size_t n = bnn_io_channel(io);
    (void)ctx, (void)params;
    for (uint32_t c = 0; c < io->in.c; c++) {
        const float scale = scale_of(io, c), *x = io->x + c * n;
        float *y = io->y + c * n;
        for (size_t i = 0; i < n; i++)
            y[i] = x[i] * scale;
    }
}

/* A step has its gradient from the quantizer, which knows the values. */
static void scale_backward(const bnn_context *ctx, const void *params, const bnn_layer_io *io)
{
    const size_t n = bnn_io_channel(io);
    (void)params;
    for (uint32_t c = 0; c < io->in.c; c++) {
        const float scale = scale_of(io, c), *gy = io->gy + c * n;
        float *gx = io->gx + c * n;
        if (io->gradients[0] != NULL) {
            const float sum = ctx->kernels->dot(n, gy, io->x + c * n);
            io->gradients[0][c] = io->step == NULL ? sum : sum * *io->step;
        }
        for (size_t i = 0; i < n; i++)
            gx[i] = gy[i] * scale;
    }
}

static int scale_lower(const void *params, const bnn_layer_io *io, bnn_lowering *lowering)
{
    (void)params;
    lowering->op = BNN_LOWER_AFFINE;
    for (uint32_t c = 0; c < io->in.c; c++) {
        lowering->factor[c] = scale_of(io, c);
        lowering->offset[c] = -0.0f;
    }
    return 0;
}

static const bnn_layer scale_layer = {.head = {.abi_version = BNN_ABI_VERSION,
                                               .struct_size = sizeof(bnn_layer),
                                               .kind = BNN_KIND_LAYER,
                                               .name = "scale",
                                               .summary = "multiplies sums by scale and step"},
                                      .role = BNN_ROLE_LINEAR,
                                      .plan = bnn_plan_elementwise,
                                      .forward = scale_forward,
                                      .backward = scale_backward,
                                      .lower = scale_lower};
static const bnn_plugin scale_plugin = {
    .head = &scale_layer.head, .path = "bnnrun", .bundled = true};
const bnn_use bnn_scale_use = {.plugin = &scale_plugin};
