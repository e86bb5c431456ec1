#include "model/network.h"

#include "base/fp_mode.h"
#include "base/size.h"
#include "model/form.h"
#include "model/wire.h"

#include <math.h>
#include <string.h>

/* The tensors of an op: its layer's, then those of its form. */
static uint32_t op_n_tensors(const bnn_network_op *op)
{
    return op->plan.n_tensors + op->form.n_tensors;
}

static const bnn_tensor *op_tensor(const bnn_network_op *op, uint32_t t)
{
    return t < op->plan.n_tensors ? &op->plan.tensors[t]
                                  : &op->form.tensors[t - op->plan.n_tensors];
}

int bnn_network_lay_out(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                        bnn_arena *arena, bnn_network *out, bnn_error *err)
{
    *out = (bnn_network){.options = model,
                         .kernels = bnn_kernels_choose(err),
                         .lanes = BNN_LANES,
                         .n_classes = n_classes,
                         .image = input};
    return out->kernels == NULL ? err->status : bnn_layout_build(out, arena, err);
}

size_t bnn_network_count_values(const bnn_model_options *model, bnn_shape input, uint32_t n_classes)
{
    bnn_error err;
    bnn_network net;
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    size_t n = 0;
    if (arena != NULL && bnn_network_lay_out(model, input, n_classes, arena, &net, &err) == BNN_OK)
        for (uint32_t i = 0; i < net.n_ops; i++)
            for (uint32_t t = 0; t < op_n_tensors(&net.ops[i]); t++) {
                const uint32_t *d = op_tensor(&net.ops[i], t)->dims;
                n += (size_t)d[0] * d[1] * d[2] * d[3];
            }
    bnn_arena_destroy(arena);
    return n;
}

int bnn_network_check(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                      bnn_diag *diag)
{
    bnn_error err;
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_diag_no_memory(diag);
    bnn_network net;
    const int status = bnn_network_lay_out(model, input, n_classes, arena, &net, &err);
    if (status != BNN_OK)
        bnn_diag_fail(diag, status, net.fault != NULL ? *net.fault : model->at, "model: %s",
                      err.message);
    bnn_arena_destroy(arena);
    return status;
}

/* ---- starting from another --------------------------------------------------------------- */

static const bnn_tensor *network_find_tensor(const bnn_network *net, const char *op,
                                             const char *tensor)
{
    for (uint32_t i = 0; i < net->n_ops; i++)
        for (uint32_t t = 0; strcmp(net->ops[i].name, op) == 0 && t < op_n_tensors(&net->ops[i]);
             t++)
            if (strcmp(op_tensor(&net->ops[i], t)->name, tensor) == 0)
                return op_tensor(&net->ops[i], t);
    return NULL;
}

/* Whether the tensors of one that the other has, too, those of forms among them, have the shapes that
 * they have there, and the weights of linear operations are there. */
static int network_check_tensors(const bnn_network *net, const bnn_network *other,
                                 const char *lacks, bnn_error *err)
{
    for (uint32_t i = 0; i < net->n_ops; i++)
        for (uint32_t t = 0; t < op_n_tensors(&net->ops[i]); t++) {
            const bnn_tensor *tensor = op_tensor(&net->ops[i], t);
            const char *op = net->ops[i].name, *name = tensor->name;
            const uint32_t *d = tensor->dims;
            const bnn_tensor *same = network_find_tensor(other, op, name);
            if (same == NULL && net->ops[i].letter == BNN_ROLE_LINEAR &&
                tensor->kind == BNN_TENSOR_WEIGHT)
                return bnn_fail(err, BNN_E_SPEC, "%s no %s.%s", lacks, op, name);
            if (same != NULL && memcmp(same->dims, d, sizeof same->dims) != 0)
                return bnn_fail(err, BNN_E_SPEC, "%s.%s is %ux%ux%ux%u there, and %ux%ux%ux%u here",
                                op, name, same->dims[0], same->dims[1], same->dims[2],
                                same->dims[3], d[0], d[1], d[2], d[3]);
        }
    return BNN_OK;
}

int bnn_network_check_start(const bnn_model_options *from, bnn_shape from_input,
                            uint32_t from_classes, const bnn_model_options *to, bnn_shape to_input,
                            uint32_t to_classes, bnn_error *err)
{
    bnn_network there, here;
    bnn_arena *arena = bnn_arena_create(BNN_SMALL_LIMIT_BYTES);
    if (arena == NULL)
        return bnn_no_memory(err);
    int status = bnn_network_lay_out(from, from_input, from_classes, arena, &there, err);
    if (status == BNN_OK)
        status = bnn_network_lay_out(to, to_input, to_classes, arena, &here, err);
    if (status == BNN_OK)
        status = network_check_tensors(&here, &there, "the run to start from has", err);
    if (status == BNN_OK)
        status = network_check_tensors(&there, &here, "the run that starts has", err);
    bnn_arena_destroy(arena);
    return status == BNN_OK ? status : bnn_error_prefix(err, "its weights do not fit: ");
}

/* ---- planning ---------------------------------------------------------------------------- */

/* Initial values depend on the seed and the place in the topology, not on the ordering or on what
 * is binary: networks that are compared start from the same weights. */
static void initialize_tensor(const bnn_tensor *tensor, uint64_t seed, uint32_t place,
                              bnn_parameter *parameter)
{
    if (tensor->uniform <= 0.0f) {
        for (size_t i = 0; i < parameter->n; i++)
            parameter->value[i] = tensor->fill;
        return;
    }
    const bnn_rng rng = {.seed = seed, .role = BNN_RNG_INIT, .index = place};
    bnn_rng_fill(&rng, 0, parameter->n, parameter->value);
    for (size_t i = 0; i < parameter->n; i++)
        parameter->value[i] = tensor->uniform * (2.0f * parameter->value[i] - 1.0f);
}

static int plan_parameter(bnn_network *net, bnn_arena *arena, const bnn_network_op *op, uint32_t t)
{
    const bnn_tensor *tensor = op_tensor(op, t);
    const bool of_layer = t < op->plan.n_tensors;
    const uint32_t place = of_layer ? t : BNN_TENSORS_MAX + t - op->plan.n_tensors;
    bnn_parameter *p = &net->parameters[net->n_parameters++];
    *p = (bnn_parameter){.layer = op->name,
                         .name = tensor->name,
                         .kind = tensor->kind,
                         .n = 1,
                         .latent = tensor->kind == BNN_TENSOR_WEIGHT && op->form.filters > 0,
                         .place = op->block << 16 | (uint32_t)op->letter << 8 | place};
    for (int d = 0; d < 4; d++) {
        p->dims[d] = tensor->dims[d];
        p->n *= tensor->dims[d];
    }
    p->value = bnn_arena_alloc(arena, p->n, sizeof *p->value);
    p->acting = p->latent ? bnn_arena_alloc(arena, p->n, sizeof *p->acting) : p->value;
    if (p->kind != BNN_TENSOR_STATE)
        p->gradient = bnn_arena_alloc(arena, p->n, sizeof *p->gradient);
    if (p->value == NULL || p->acting == NULL ||
        (p->kind != BNN_TENSOR_STATE && p->gradient == NULL))
        return BNN_E_INTERNAL;
    initialize_tensor(tensor, net->seed, p->place, p);
    return BNN_OK;
}

/* Where the step of a quantizer is kept, which its block's sums are multiplied by. */
static int plan_step(const bnn_network *net, bnn_arena *arena, uint32_t i, float **out)
{
    const bnn_network_op *op = &net->ops[i];
    if (op->letter == BNN_ROLE_QUANTIZER) {
        *out = bnn_arena_alloc(arena, 1, sizeof **out);
        return *out == NULL ? BNN_E_INTERNAL : BNN_OK;
    }
    while (op->letter == BNN_NETWORK_SCALE && i-- > 0 && net->ops[i].block == op->block)
        if (net->ops[i].letter == BNN_ROLE_QUANTIZER)
            *out = net->ops[i].io.step;
    return BNN_OK;
}

static const float *network_value(const bnn_network *net, int32_t value)
{
    return value == BNN_NETWORK_IMAGE ? net->x : net->ops[value].y;
}

/* Gives op i its output, its saved values, its tensors, and the arguments of its calls. */
static int plan_op(bnn_network *net, bnn_arena *arena, uint32_t i)
{
    bnn_network_op *op = &net->ops[i];
    const bnn_layer_plan *plan = &op->plan;
    const size_t n = bnn_shape_values(plan->out) * net->lanes;
    op->y = bnn_arena_alloc(arena, n, sizeof *op->y);
    if (op->letter == BNN_NETWORK_SIGN && bnn_use_draws(&op->use)) {
        op->noise = bnn_arena_alloc(arena, n, sizeof *op->noise);
        if (op->noise == NULL)
            return BNN_E_INTERNAL;
    }
    float *saved = bnn_arena_alloc(arena, plan->n_saved, sizeof *saved);
    float **tensors = bnn_arena_alloc(arena, BNN_TENSORS_MAX + 1, sizeof *tensors);
    float **gradients = bnn_arena_alloc(arena, BNN_TENSORS_MAX + 1, sizeof *gradients);
    if (op->y == NULL || saved == NULL || tensors == NULL || gradients == NULL)
        return BNN_E_INTERNAL;
    op->parameters = &net->parameters[net->n_parameters];
    for (uint32_t t = 0; t < op_n_tensors(op); t++)
        if (plan_parameter(net, arena, op, t) != BNN_OK)
            return BNN_E_INTERNAL;
    for (uint32_t t = 0; t < plan->n_tensors; t++) {
        bnn_parameter *p = &op->parameters[t];
        if (p->latent && bnn_form_create(net, arena, op, p) != BNN_OK)
            return BNN_E_INTERNAL;
        tensors[t] = p->acting;
        gradients[t] = p->gradient;
    }
    if (op->letter == BNN_NETWORK_SCALE) {
        const bnn_network_form *form = bnn_form_of(op - 1);
        tensors[0] = form == NULL ? NULL : form->io.scale;
        gradients[0] = form == NULL ? NULL : form->gscale;
    }
    float *step = NULL;
    if (plan_step(net, arena, i, &step) != BNN_OK)
        return BNN_E_INTERNAL;
    op->io = (bnn_layer_io){.in = plan->in,
                            .out = plan->out,
                            .lanes = net->lanes,
                            .binary_weights = plan->binary_weights,
                            .binary_inputs = plan->binary_inputs,
                            .pad_value = plan->pad_value,
                            .x = network_value(net, op->input),
                            .y = op->y,
                            .tensors = tensors,
                            .gradients = gradients,
                            .saved = saved,
                            .scratch = net->scratch,
                            .noise = net->noise,
                            .step = step};
    op->added = op->letter == BNN_NETWORK_ADD ? network_value(net, op->other) : NULL;
    return BNN_OK;
}

/* The buffers that ops share: gradients in flight, scratch, noise. */
static int plan_shared(bnn_network *net, bnn_arena *arena)
{
    size_t gradient = bnn_shape_values(net->input), scratch = 0, noise = 0;
    for (uint32_t i = 0; i < net->n_ops; i++) {
        const bnn_network_op *op = &net->ops[i];
        gradient = bnn_size_larger(gradient, bnn_shape_values(op->plan.out));
        scratch = bnn_size_larger(scratch, op->plan.n_scratch);
        if (op->letter == BNN_ROLE_REGULARIZER)
            noise = bnn_size_larger(noise, bnn_shape_values(op->plan.out));
    }
    net->scratch = bnn_arena_alloc(arena, scratch, sizeof(float));
    net->noise = bnn_arena_alloc(arena, noise * net->lanes, sizeof(float));
    for (int i = 0; i < 2; i++)
        net->gradient[i] = bnn_arena_alloc(arena, gradient * net->lanes, sizeof(float));
    const bool ok = net->scratch != NULL && net->noise != NULL && net->gradient[0] != NULL &&
                    net->gradient[1] != NULL;
    return ok ? BNN_OK : BNN_E_INTERNAL;
}

static bool op_is_trained(const bnn_network_op *op)
{
    for (uint32_t t = 0; t < op_n_tensors(op); t++)
        if (op->parameters[t].kind != BNN_TENSOR_STATE)
            return true;
    return false;
}

static int plan_network(bnn_network *net, bnn_arena *arena)
{
    uint32_t n_parameters = 0;
    for (uint32_t i = 0; i < net->n_ops; i++)
        n_parameters += op_n_tensors(&net->ops[i]);
    net->parameters = bnn_arena_alloc(arena, n_parameters, sizeof *net->parameters);
    net->x = bnn_arena_alloc(arena, bnn_shape_values(net->input) * net->lanes, sizeof *net->x);
    net->rows = bnn_arena_alloc(arena, net->lanes, sizeof *net->rows);
    const bool all = bnn_view_is_all(net->options->view);
    net->seen = all ? NULL : bnn_arena_alloc(arena, bnn_shape_values(net->input), net->lanes);
    if (net->parameters == NULL || net->x == NULL || net->rows == NULL ||
        (net->seen == NULL && !all) || plan_shared(net, arena) != BNN_OK)
        return BNN_E_INTERNAL;
    for (uint32_t i = 0; i < net->n_ops; i++)
        if (plan_op(net, arena, i) != BNN_OK)
            return BNN_E_INTERNAL;
    while (net->first_trained + 1 < net->n_ops &&
           net->ops[net->first_trained].letter != BNN_NETWORK_SIGN &&
           !op_is_trained(&net->ops[net->first_trained]))
        net->first_trained++;
    net->logits = net->ops[net->n_ops - 1].y;
    net->logits_gradient = net->gradient[0];
    return bnn_wire_plan_gradients(net, arena);
}

int bnn_network_create(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                       uint32_t batch, uint64_t seed, bnn_arena *arena, bnn_network **out,
                       bnn_error *err)
{
    return bnn_network_create_noted(model, input, n_classes, batch, seed, NULL, arena, out, err);
}

int bnn_network_create_noted(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                             uint32_t batch, uint64_t seed, bnn_call_note *note, bnn_arena *arena,
                             bnn_network **out, bnn_error *err)
{
    bnn_network *net = bnn_arena_alloc(arena, 1, sizeof *net);
    const bnn_kernels *kernels = bnn_kernels_choose(err);
    if (kernels == NULL)
        return err->status;
    if (net == NULL)
        return bnn_no_memory(err);
    net->options = model;
    net->kernels = kernels;
    net->lanes = (batch + BNN_LANES - 1) / BNN_LANES * BNN_LANES;
    net->n_classes = n_classes;
    net->image = input;
    net->seed = seed;
    net->note = note;
    net->fp_mode = bnn_fp_mode();
    net->context.kernels = kernels;
    net->weight_context.kernels = kernels;
    net->activation_context.kernels = kernels;
    int status = bnn_layout_build(net, arena, err);
    if (status != BNN_OK)
        return status;
    if (plan_network(net, arena) != BNN_OK) {
        bnn_no_memory(err);
        return bnn_error_prefix(err, "a network at batch %u: ", batch);
    }
    status = bnn_network_start(net, err);
    if (status != BNN_OK)
        return status;
    bnn_network_set_progress(net, 0.0);
    bnn_network_deploy_form(net);
    *out = net;
    return BNN_OK;
}

size_t bnn_count_not_finite(size_t n, const float *values)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += isfinite(values[i]) ? 0 : 1;
    return count;
}

int bnn_network_check_finite(const bnn_network *network, bnn_error *err)
{
    for (uint32_t i = 0; i < network->n_parameters; i++) {
        const bnn_parameter *p = &network->parameters[i];
        const size_t n = bnn_count_not_finite(p->n, p->value);
        if (n > 0)
            return bnn_fail(err, BNN_E_FAILED,
                            "diverged: %zu of %zu values of %s.%s are not finite", n, p->n,
                            p->layer, p->name);
    }
    return BNN_OK;
}
