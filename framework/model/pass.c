/* pass.c - forward, backward, and the form of the weights. Nothing here allocates or fails. */
#include "base/fp_mode.h"
#include "base/size.h"
#include "model/form.h"
#include "model/wire.h"

#include <string.h>

void bnn_network_watch_fp_mode(bnn_network *network, const bnn_use *use, const char *layer)
{
    bnn_call_leave(network->note);
    if (bnn_fp_mode() == network->fp_mode || network->fp_changer != NULL)
        return;
    network->fp_changer = use;
    network->fp_changer_at = layer;
}

static void schedule_ste(bnn_network *network, bnn_context *context, const bnn_use *use,
                         double progress)
{
    const bnn_ste *ste = bnn_use_ste(use);
    context->progress = progress;
    bnn_call_enter(network->note, use, BNN_CALL_SCHEDULE);
    if (ste->schedule != NULL)
        ste->schedule(context, use->params, progress, context->state);
    bnn_network_watch_fp_mode(network, use, "its schedule");
}

static void schedule_forms(bnn_network *network, double progress)
{
    for (uint32_t i = 0; i < network->n_parameters; i++) {
        bnn_network_form *of = network->parameters[i].form;
        if (of == NULL)
            continue;
        const bnn_form *form = bnn_use_form(of->use);
        of->context.progress = progress;
        bnn_call_enter(network->note, of->use, BNN_CALL_SCHEDULE);
        if (form->schedule != NULL)
            form->schedule(&of->context, of->use->params, progress, of->context.state);
        bnn_network_watch_fp_mode(network, of->use, "its schedule");
    }
}

void bnn_network_set_progress(bnn_network *network, double progress)
{
    network->context.progress = progress;
    schedule_forms(network, progress);
    schedule_ste(network, &network->weight_context, &network->options->weight_ste, progress);
    schedule_ste(network, &network->activation_context, &network->options->activation_ste,
                 progress);
}

void bnn_network_start_form(bnn_network *network)
{
    for (uint32_t i = 0; i < network->n_parameters; i++) {
        const bnn_network_form *of = network->parameters[i].form;
        if (of == NULL || bnn_use_form(of->use)->start == NULL)
            continue;
        bnn_call_enter(network->note, of->use, BNN_CALL_START);
        bnn_use_form(of->use)->start(&of->context, of->use->params, &of->io);
        bnn_network_watch_fp_mode(network, of->use, of->layer);
    }
    bnn_network_binarize(network);
}

void bnn_network_deploy_form(bnn_network *network)
{
    schedule_forms(network, 1.0);
    bnn_network_binarize(network);
}

static void binarize_values(bnn_network *network, const bnn_context *context, const bnn_use *use,
                            const char *layer, size_t n, const float *x, float *y)
{
    const bnn_ste *ste = bnn_use_ste(use);
    bnn_call_enter(network->note, use, BNN_CALL_FORWARD);
    if (ste->forward != NULL && (context->noise != NULL || !(ste->flags & BNN_STE_DRAWS)))
        ste->forward(context, use->params, n, x, y);
    else
        context->kernels->sign(n, x, y);
    bnn_network_watch_fp_mode(network, use, layer);
}

/* The numbers of an STE that draws, for what stands at this place of the tensor; NULL: it does not. */
static const float *noise_at(const bnn_network_form *form, const float *place, const float *tensor)
{
    return form->noise == NULL ? NULL : form->noise + (place - tensor);
}

void bnn_form_binarize(const bnn_form_io *io, size_t n, const float *x, float *codes)
{
    const bnn_network_form *form = io->host;
    bnn_network *network = form->network;
    network->weight_context.noise =
        network->weights_are_drawn ? noise_at(form, codes, form->io.codes) : NULL;
    binarize_values(network, &network->weight_context, &network->options->weight_ste, form->layer,
                    n, x, codes);
    bnn_call_enter(network->note, form->use, BNN_CALL_FORWARD);
}

static void probe_gradient(const bnn_network *network, const char *layer, bool passed, size_t n,
                           const float *gradient)
{
    if (network->probe != NULL)
        network->probe->look(network->probe->context, layer, passed, n, gradient);
}

void bnn_form_through(const bnn_form_io *io, size_t n, const float *x, const float *g, float *gx)
{
    const bnn_network_form *form = io->host;
    bnn_network *network = form->network;
    const bnn_use *ste = &network->options->weight_ste;
    probe_gradient(network, form->layer, false, n, g);
    network->weight_context.noise = noise_at(form, gx, form->io.glatent);
    bnn_call_enter(network->note, ste, BNN_CALL_GRAD);
    bnn_use_ste(ste)->grad(&network->weight_context, ste->params, n, x, g, gx);
    probe_gradient(network, form->layer, true, n, gx);
    bnn_network_watch_fp_mode(network, ste, form->layer);
    bnn_call_enter(network->note, form->use, BNN_CALL_BACKWARD);
}

/* A form may look at a tensor as a whole, and so may an STE with a forward of its own; a sign does
 * not. */
static bool binarizes_whole(const bnn_network *network, const bnn_network_form *form)
{
    return (bnn_use_form(form->use)->flags & BNN_FORM_ELEMENTWISE) == 0 ||
           bnn_use_ste(&network->options->weight_ste)->forward != NULL;
}

static void form_forward(bnn_network *network, const bnn_network_form *form, const bnn_form_io *io)
{
    const bnn_use *use = form->use;
    bnn_call_enter(network->note, use, BNN_CALL_FORWARD);
    bnn_use_form(use)->forward(&form->context, use->params, io);
    bnn_network_watch_fp_mode(network, use, form->layer);
}

void bnn_network_binarize_slice(bnn_network *network, uint32_t i, size_t first, size_t n)
{
    const bnn_network_form *form = network->parameters[i].form;
    if (binarizes_whole(network, form))
        return;
    bnn_form_io io = form->io;
    io.filters = 1;
    io.taps = (uint32_t)n;
    io.latent += first;
    io.codes += first;
    form_forward(network, form, &io);
}

/* What is drawn is drawn by the pass that wants it. */
void bnn_network_binarize_wholes(bnn_network *network)
{
    const bool drawn = bnn_use_draws(&network->options->weight_ste);
    network->weights_are_drawn = drawn;
    for (uint32_t i = 0; i < network->n_parameters && !drawn; i++) {
        const bnn_network_form *form = network->parameters[i].form;
        if (form != NULL && binarizes_whole(network, form))
            form_forward(network, form, &form->io);
    }
}

void bnn_network_binarize(bnn_network *network)
{
    network->weights_are_drawn = false;
    for (uint32_t i = 0; i < network->n_parameters; i++) {
        const bnn_network_form *form = network->parameters[i].form;
        if (form != NULL)
            form_forward(network, form, &form->io);
    }
}

/* Draws from a stream of its role and index, at a position that only the step decides. */
static void draw_noise(const bnn_network *network, uint32_t role, uint32_t index, size_t n,
                       float *noise)
{
    const bnn_rng rng = {.seed = network->seed, .role = role, .index = index};
    bnn_rng_fill(&rng, network->step * n, n, noise);
}

/* The weights of a pass: drawn in training; signs in inference, which may follow training. */
static void renew_weights(bnn_network *network, bool training)
{
    if (!training && network->weights_are_drawn)
        bnn_network_binarize(network);
    if (!training || !bnn_use_draws(&network->options->weight_ste))
        return;
    network->weights_are_drawn = true;
    for (uint32_t i = 0; i < network->n_parameters; i++) {
        const bnn_parameter *p = &network->parameters[i];
        if (p->form == NULL)
            continue;
        draw_noise(network, BNN_RNG_STE_WEIGHTS, p->place, p->n, p->form->noise);
        form_forward(network, p->form, &p->form->io);
    }
}

static void binarize_activations(bnn_network *network, const bnn_network_op *op, bool training)
{
    const size_t n = bnn_shape_values(op->plan.out) * network->lanes;
    if (training && op->noise != NULL)
        draw_noise(network, BNN_RNG_STE_ACTIVATIONS, op->block, n, op->noise);
    network->activation_context.noise = training ? op->noise : NULL;
    binarize_values(network, &network->activation_context, &op->use, op->name, n, op->io.x, op->y);
}

/* A quantizer that sees its first images, unless it has learned from others. */
static void calibrate_quantizer(bnn_network *network, const bnn_network_op *op)
{
    const bnn_layer *layer = bnn_use_layer(&op->use);
    bool taken = network->step > 0 || op->letter != BNN_ROLE_QUANTIZER || layer->calibrate == NULL;
    for (uint32_t t = 0; !taken && t < op->plan.n_tensors; t++)
        taken = op->parameters[t].taken;
    if (taken)
        return;
    bnn_call_enter(network->note, &op->use, BNN_CALL_CALIBRATE);
    layer->calibrate(&network->context, op->use.params, &op->io);
    bnn_network_watch_fp_mode(network, &op->use, op->name);
}

void bnn_network_forward(bnn_network *network, uint32_t n, bool training)
{
    renew_weights(network, training);
    bnn_network_forward_from(network, 0, n, training);
}

void bnn_network_forward_from(bnn_network *network, uint32_t first, uint32_t n, bool training)
{
    for (uint32_t i = first; i < network->n_ops; i++) {
        bnn_network_op *op = &network->ops[i];
        if (op->letter == BNN_NETWORK_SIGN) {
            binarize_activations(network, op, training);
            continue;
        }
        if (op->letter == BNN_NETWORK_ADD) {
            bnn_wire_add(bnn_shape_values(op->plan.out) * network->lanes, op->io.x, op->added,
                         op->y);
            continue;
        }
        op->io.n = n;
        op->io.training = training;
        if (training && op->letter == BNN_ROLE_REGULARIZER)
            draw_noise(network, BNN_RNG_DROPOUT, op->block,
                       bnn_shape_values(op->plan.out) * network->lanes, network->noise);
        if (training)
            calibrate_quantizer(network, op);
        bnn_call_enter(network->note, &op->use, BNN_CALL_FORWARD);
        bnn_use_layer(&op->use)->forward(&network->context, op->use.params, &op->io);
        bnn_network_watch_fp_mode(network, &op->use, op->name);
    }
    network->step += training;
}

void bnn_network_load(bnn_network *network, uint32_t n)
{
    const size_t n_pixels = bnn_shape_values(network->input);
    uint8_t *seen = network->seen;
    for (uint32_t i = 0; seen != NULL && i < n; i++, seen += n_pixels) {
        bnn_view_take(network->options->view, network->image, network->rows[i], seen);
        network->rows[i] = seen;
    }
    network->kernels->load_pixels(n, network->lanes, (uint32_t)n_pixels, network->rows, network->x);
}

void bnn_network_infer(bnn_network *network, uint32_t n, const uint8_t *images, float *logits)
{
    const size_t n_pixels = bnn_shape_values(network->image);
    for (uint32_t first = 0, batch; first < n; first += batch) {
        batch = n - first < network->lanes ? n - first : network->lanes;
        for (uint32_t i = 0; i < batch; i++)
            network->rows[i] = images + (first + i) * n_pixels;
        bnn_network_load(network, batch);
        bnn_network_forward(network, batch, false);
        for (uint32_t i = 0; i < batch; i++)
            for (uint32_t c = 0; c < network->n_classes; c++)
                *logits++ = network->logits[c * network->lanes + i];
    }
}

static void sign_backward(bnn_network *network, const bnn_network_op *op)
{
    const size_t n = bnn_shape_values(op->plan.out) * network->lanes;
    probe_gradient(network, op->name, false, n, op->io.gy);
    network->activation_context.noise = op->noise;
    bnn_call_enter(network->note, &op->use, BNN_CALL_GRAD);
    bnn_use_ste(&op->use)->grad(&network->activation_context, op->use.params, n, op->io.x,
                                op->io.gy, op->io.gx);
    probe_gradient(network, op->name, true, n, op->io.gx);
    bnn_network_watch_fp_mode(network, &op->use, op->name);
}

/* The gradient of a sum is that of both that were added. */
static void add_backward(const bnn_network *network, const bnn_network_op *op)
{
    const size_t n = bnn_shape_values(op->plan.out) * network->lanes;
    if (op->other_gradient != NULL && op->other_has_gradient)
        bnn_wire_add(n, op->other_gradient, op->io.gy, op->other_gradient);
    else if (op->other_gradient != NULL)
        memcpy(op->other_gradient, op->io.gy, n * sizeof *op->io.gy);
}

static void layer_backward(bnn_network *network, bnn_network_op *op, uint32_t n)
{
    op->io.n = n;
    bnn_call_enter(network->note, &op->use, BNN_CALL_BACKWARD);
    bnn_use_layer(&op->use)->backward(&network->context, op->use.params, &op->io);
    bnn_network_watch_fp_mode(network, &op->use, op->name);
}

void bnn_network_backward(bnn_network *network, uint32_t n)
{
    for (uint32_t i = network->n_ops; i-- > network->first_trained;) {
        bnn_network_op *op = &network->ops[i];
        if (op->letter == BNN_NETWORK_SIGN)
            sign_backward(network, op);
        else if (op->letter == BNN_NETWORK_ADD)
            add_backward(network, op);
        else
            layer_backward(network, op, n);
        if (op->gradient_sum != NULL)
            bnn_wire_add(bnn_shape_values(op->plan.in) * network->lanes, op->gradient_sum,
                         op->io.gx, op->gradient_sum);
    }
    for (uint32_t i = 0; i < network->n_parameters; i++) {
        const bnn_network_form *form = network->parameters[i].form;
        if (form == NULL)
            continue;
        bnn_call_enter(network->note, form->use, BNN_CALL_BACKWARD);
        bnn_use_form(form->use)->backward(&form->context, form->use->params, &form->io);
        bnn_network_watch_fp_mode(network, form->use, form->layer);
    }
}
