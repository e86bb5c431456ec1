/* form.h - latent weights become what acts: codes, and a scale behind the layer. Private to model/.
 *
 * The layer multiplies with the codes alone, so that those of -1 and +1 have integer sums. An
 * operation of the host's own behind it multiplies each channel's sums, a bias among them, with the
 * channel's scale; it is deployed as an affine operation and folds as one. */
#ifndef BNN_MODEL_FORM_H
#define BNN_MODEL_FORM_H

#include "model/network.h"

/* Whether the codes are -1 and +1. */
static inline bool bnn_form_is_binary(const bnn_form_plan *plan)
{
    return plan->code_min == -1 && plan->code_max == 1 && plan->code_step == 2;
}

/* Whether a form has a scale. */
bool bnn_form_has_scale(const bnn_network *network, const bnn_use *use);

/* Plans the form of its block for the weight of a linear op that has been planned, into op->form. BNN_OK,
 * or BNN_E_SPEC when the form and the layer do not fit each other. */
int bnn_form_lay_out(const bnn_network *network, bnn_network_op *op, bnn_error *err);

/* Gives latent weights their memory in the arena; the values of the form's own tensors are
 * op->parameters[op->plan.n_tensors] and those behind. */
int bnn_form_create(bnn_network *network, bnn_arena *arena, const bnn_network_op *op,
                    bnn_parameter *weight);

/* The form of a linear op's only weight; NULL when there is none. */
bnn_network_form *bnn_form_of(const bnn_network_op *op);

/* The operation that scales, as a use of a layer: its tensor 0 is the scale, [channels]. */
extern const bnn_use bnn_scale_use;

/* ---- pass.c ---- */

/* Values as the weights' STE binarizes them, and the gradient through it. */
void bnn_form_binarize(const bnn_form_io *io, size_t n, const float *x, float *codes);
void bnn_form_through(const bnn_form_io *io, size_t n, const float *x, const float *g, float *gx);

#endif
