#include "model/network.h"

#include "base/size.h"
#include "model/form.h"
#include "model/wire.h"
#include "plugin/guard.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    OPS_OF_A_BLOCK = 9, /* at most: shift, sign (or a quantizer), dropout, L, scale, P, B, +, A */
    LETTERS_MAX = 5,    /* of a block: L, P, B, A, + */
};

/* A value that operations may see. */
typedef struct layout_value {
    int32_t of; /* the op whose output it is, or BNN_NETWORK_IMAGE */
    bnn_shape shape;
    bool bits; /* it is bits, in training perhaps numbers between */
} layout_value;

typedef struct layout {
    bnn_network *net; /* which grows by each op */
    const bnn_model_options *model;
    bnn_arena *arena;
    layout_value at;                          /* what the next op sees */
    layout_value outputs[BNN_BLOCKS_MAX + 1]; /* of block i at [i], from 1; the image at [0] */
    bnn_error *err;
} layout;

/* ---- sequences --------------------------------------------------------------------------- */

static size_t count_letter(const char *text, char letter)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == letter;
    return n;
}

/* Whether the weights of block i are binary, as orderings ask, which put a norm behind their sums: latent ones are, but
 * those of a width whose form has a scale, which is as good at the logits. */
static bool block_wants_norm(const layout *l, uint32_t i)
{
    const bnn_use *form = bnn_model_block_form(l->model, i);
    return form != NULL && !(l->model->quantize.acts && bnn_form_has_scale(l->net, form));
}

/* The letters with a + where the block adds: in front of the first activation behind L, or behind all. */
static void put_addition(const char *letters, bool adds, char out[LETTERS_MAX + 1])
{
    const char *behind = strchr(letters, 'L');
    const char *activation = strchr(behind, 'A');
    const size_t n = activation != NULL ? (size_t)(activation - letters) : strlen(letters);
    const bool puts = adds && strchr(letters, '+') == NULL;
    snprintf(out, LETTERS_MAX + 1, "%.*s%s%s", (int)n, letters, puts ? "+" : "", letters + n);
}

/* The letters of block i, checked as <bnn/plugin.h> promises. */
static int block_sequence(const layout *l, uint32_t i, char out[LETTERS_MAX + 1])
{
    const bnn_model_options *model = l->model;
    const bnn_ordering *ordering = bnn_use_ordering(&model->ordering);
    const bool last = i == model->n_blocks - 1;
    const bnn_block block = {
        .position = last     ? BNN_POSITION_LAST
                    : i == 0 ? BNN_POSITION_FIRST
                             : BNN_POSITION_HIDDEN,
        .pools = model->blocks[i].pool.plugin != NULL,
        .binary_weights = block_wants_norm(l, i),
        .binary_inputs = bnn_model_block_has_binary_inputs(model, i),
        .adds = bnn_model_block_adds(model, i),
    };
    bnn_guard guard;
    int status = bnn_guard_enter(&guard, &model->ordering, BNN_CALL_SEQUENCE, l->err);
    if (status != BNN_OK)
        return status;
    const char *s = ordering->sequence(model->ordering.params, &block);
    status = bnn_guard_leave(&guard, l->err);
    if (status != BNN_OK)
        return status;
    const char *wrong = NULL;
    if (s == NULL || s[strspn(s, "LPBA+")] != '\0')
        wrong = "has letters other than L, P, B, A, +";
    else if (count_letter(s, '+') > (block.adds ? 1u : 0u))
        wrong = block.adds ? "has + more than once" : "has a +, but the block adds nothing";
    else if (count_letter(s, 'L') != 1)
        wrong = "must have L exactly once";
    else if (count_letter(s, 'P') != (block.pools ? 1u : 0u))
        wrong = block.pools ? "must have P once: the block pools" : "has a P, but no pool";
    else if (count_letter(s, 'B') > 1 || count_letter(s, 'A') > 1)
        wrong = "has B or A more than once";
    else if (last && strchr(strchr(s, 'L'), 'A') != NULL)
        wrong = "has an activation behind the logits";
    else if (strchr(s, '+') != NULL && strchr(s, '+') < strchr(s, 'L'))
        wrong = "has a + in front of L, where there is nothing of the block's own to add to";
    if (wrong != NULL)
        return bnn_fail(l->err, BNN_E_SPEC, "ordering %s: block %u: \"%s\" %s",
                        model->ordering.plugin->head->name, i + 1, s != NULL ? s : "(null)", wrong);
    put_addition(s, block.adds, out);
    return BNN_OK;
}

/* ---- operations -------------------------------------------------------------------------- */

static int plan_failure(bnn_layer_plan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static int plan_failure(bnn_layer_plan *plan, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bnn_fail_v(plan->host, BNN_E_SPEC, format, args);
    va_end(args);
    return BNN_E_SPEC;
}

enum { CODE_MAX = 1 << 20 }; /* exact as a float */

/* Bounds on what a layer may ask for: 2^28 floats of output or scratch are a gigabyte. */
static int check_plan(const bnn_network_op *op, bnn_error *err)
{
    const bnn_layer_plan *p = &op->plan;
    const size_t limit = (size_t)1 << 28;
    const size_t pixels = bnn_size_product((size_t)p->out.h * p->out.w, p->lanes);
    size_t weights = 0;
    bool bad = p->out.c == 0 || p->out.h == 0 || p->out.w == 0 ||
               bnn_size_product(pixels, p->out.c) > limit || p->n_saved > limit ||
               p->n_scratch > limit || p->n_tensors > BNN_TENSORS_MAX;
    for (uint32_t t = 0; !bad && t < p->n_tensors; t++) {
        size_t n = 1;
        for (int d = 0; d < 4; d++)
            n = bnn_size_product(n, p->tensors[t].dims[d]);
        weights = bnn_size_sum(weights, n);
        bad |= n == 0 || weights > limit;
    }
    if (bad)
        return bnn_fail(err, BNN_E_SPEC, "sizes out of bounds: input %ux%ux%u, output %ux%ux%u",
                        p->in.c, p->in.h, p->in.w, p->out.c, p->out.h, p->out.w);
    if (op->letter == BNN_ROLE_QUANTIZER &&
        (p->code_min > 0 || p->code_max < 0 || p->code_min >= p->code_max ||
         p->code_min < -CODE_MAX || p->code_max > CODE_MAX))
        return bnn_fail(err, BNN_E_SPEC, "codes from %d to %d make no sense", p->code_min,
                        p->code_max);
    return BNN_OK;
}

/* Has the op's layer plan itself; codes of its weights, if they are latent: -1 and +1, or others. */
static int plan_layer(const layout *l, bnn_network_op *op, bool binary_codes)
{
    /* Dropout sets inputs to zero between the sign and the linear operation. */
    const bool inputs = bnn_model_block_has_binary_inputs(l->model, op->block) &&
                        bnn_model_activations_are_signs(l->model) &&
                        l->model->blocks[op->block].dropout.plugin == NULL;
    const bool linear = op->letter == BNN_ROLE_LINEAR;
    const bool latent = linear && bnn_model_block_form(l->model, op->block) != NULL;
    op->plan = (bnn_layer_plan){
        .in = l->at.shape,
        .out = l->at.shape,
        .lanes = l->net->lanes,
        .kernels = l->net->kernels,
        .binary_weights = latent && binary_codes,
        .binary_inputs = linear && inputs,
        .pad_value = linear && inputs ? bnn_model_pad_value(l->model) : 0.0f,
        .fail = plan_failure,
        .host = l->err,
        .latent_weights = latent,
    };
    if (op->letter == BNN_NETWORK_SIGN)
        return check_plan(op, l->err);
    bnn_guard guard;
    int status = bnn_guard_enter(&guard, &op->use, BNN_CALL_PLAN, l->err);
    if (status != BNN_OK)
        return status;
    const int refused = bnn_use_layer(&op->use)->plan(op->use.params, &op->plan);
    status = bnn_guard_leave(&guard, l->err);
    if (status != BNN_OK || refused != 0)
        return BNN_E_SPEC;
    return check_plan(op, l->err);
}

/* What the codes are decides the form, which wants to know the layer's weights first. */
static int plan_layer_and_form(const layout *l, bnn_network_op *op)
{
    int status = plan_layer(l, op, true);
    if (status == BNN_OK && op->plan.latent_weights)
        status = bnn_form_lay_out(l->net, op, l->err);
    if (status == BNN_OK && op->form.filters > 0 && !bnn_form_is_binary(&op->form))
        status = plan_layer(l, op, false);
    return status;
}

static int append_op(layout *l, char letter, const bnn_use *use, uint32_t block)
{
    bnn_network_op *op = &l->net->ops[l->net->n_ops];
    const bool sign = letter == BNN_NETWORK_SIGN;
    op->letter = letter;
    op->use = *use;
    op->block = block;
    op->other = BNN_NETWORK_NOTHING;
    op->name =
        bnn_arena_printf(l->arena, "%s_%u", sign ? "sign" : use->plugin->head->name, block + 1);
    if (op->name == NULL)
        return bnn_no_memory(l->err);
    if (plan_layer_and_form(l, op) != BNN_OK)
        return bnn_error_prefix(l->err, "%s: ", op->name);
    const uint32_t flags = sign ? 0 : bnn_use_layer(use)->flags;
    op->input = l->at.of;
    bnn_wire_read(l->net, op->input, l->net->n_ops);
    l->at = (layout_value){.of = (int32_t)l->net->n_ops,
                           .shape = op->plan.out,
                           .bits = (flags & BNN_LAYER_GIVES_BITS) != 0 ||
                                   (l->at.bits && (flags & BNN_LAYER_KEEPS_BITS) != 0)};
    l->net->n_ops++;
    return BNN_OK;
}

/* The block's own value and another's are added one by one. */
static int append_addition(layout *l, uint32_t i)
{
    const bnn_block_link *link = &l->model->blocks[i].add;
    const layout_value *other = &l->outputs[link->block];
    const bnn_shape a = l->at.shape, b = other->shape;
    char whose[32] = "the image";
    if (link->block > 0)
        snprintf(whose, sizeof whose, "block %d", link->block);
    if (memcmp(&a, &b, sizeof a) != 0) {
        l->net->fault = &link->at;
        return bnn_fail(l->err, BNN_E_SPEC,
                        "block %u cannot add %s, which gives %ux%ux%u, to its own %ux%ux%u; both "
                        "must be equal: let a block with from: %d make it so, such as a 1x1 conv2d "
                        "with a stride, and add that one",
                        i + 1, whose, b.c, b.h, b.w, a.c, a.h, a.w, link->block);
    }
    const int status = append_op(l, BNN_NETWORK_ADD, &bnn_wire_add_use, i);
    if (status != BNN_OK)
        return status;
    l->net->ops[l->at.of].other = other->of;
    bnn_wire_read(l->net, other->of, (uint32_t)l->at.of);
    return BNN_OK;
}

static bool sees_codes(const bnn_model_options *model, uint32_t i)
{
    return bnn_model_block_has_binary_inputs(model, i) ||
           bnn_model_block_quantizer(model, i) != NULL;
}

/* Whether a sign or a quantizer sees the output of block i, by itself or in a sum. Each block adds one other at most,
 * so none is asked twice. */
static bool gives_to_codes(const bnn_model_options *model, uint32_t i)
{
    for (uint32_t k = i + 1; k < model->n_blocks; k++)
        if ((bnn_model_block_source(model, k) == i + 1 && sees_codes(model, k)) ||
            (model->blocks[k].add.block == (int32_t)i + 1 && gives_to_codes(model, k)))
            return true;
    return false;
}

/* Whether a sign or a quantizer stands in front of a next linear operation behind position `at` of block i's
 * sequence; then auto leaves the activation out. */
static bool codes_follow(const bnn_model_options *model, uint32_t i, const char *at)
{
    return strchr(at, 'L') != NULL ? sees_codes(model, i) : gives_to_codes(model, i);
}

/* Whether a layer that takes bits, or pixels, can get them. */
static int check_inputs(const layout *l, uint32_t i)
{
    const bnn_block_options *block = &l->model->blocks[i];
    const uint32_t flags = bnn_model_block_flags(l->model, i);
    const char *name = block->linear.plugin->head->name;
    if ((flags & BNN_LAYER_SEES_PIXELS) != 0 && i > 0)
        return bnn_fail(l->err, BNN_E_SPEC,
                        "%s_%u sees pixels, so it can stand in the first block only", name, i + 1);
    if ((flags & BNN_LAYER_TAKES_BITS) == 0)
        return BNN_OK;
    if (bnn_model_block_source(l->model, i) == 0)
        return bnn_fail(l->err, BNN_E_SPEC,
                        "%s_%u takes bits, and its block sees pixels; put a layer in front that "
                        "makes bits of them, such as thermometer",
                        name, i + 1);
    if (block->dropout.plugin != NULL)
        return bnn_fail(l->err, BNN_E_SPEC,
                        "%s_%u takes bits, and %s in front of it gives other numbers", name, i + 1,
                        block->dropout.plugin->head->name);
    if (bnn_model_block_sees_bits(l->model, i))
        return BNN_OK;
    if (!bnn_model_block_has_binary_inputs(l->model, i))
        return bnn_fail(l->err, BNN_E_SPEC,
                        "%s_%u takes bits, and what is in front of it gives real numbers; write "
                        "binarize: {activations: true}",
                        name, i + 1);
    if (!bnn_model_activations_are_signs(l->model))
        return bnn_fail(l->err, BNN_E_SPEC, "%s_%u takes bits, and ste %s gives other numbers",
                        name, i + 1, l->model->activation_ste.plugin->head->name);
    return BNN_OK;
}

static int append_linear(layout *l, uint32_t i)
{
    const bnn_block_options *block = &l->model->blocks[i];
    int status = check_inputs(l, i);
    const bool sign = bnn_model_block_has_binary_inputs(l->model, i);
    const bnn_use *quantizer = bnn_model_block_quantizer(l->model, i);
    if (status == BNN_OK && sign && l->model->before_sign.plugin != NULL)
        status = append_op(l, BNN_ROLE_BEFORE_SIGN, &l->model->before_sign, i);
    if (status == BNN_OK && sign)
        status = append_op(l, BNN_NETWORK_SIGN, &l->model->activation_ste, i);
    if (status == BNN_OK && quantizer != NULL)
        status = append_op(l, BNN_ROLE_QUANTIZER, quantizer, i);
    if (status == BNN_OK && block->dropout.plugin != NULL)
        status = append_op(l, BNN_ROLE_REGULARIZER, &block->dropout, i);
    if (status == BNN_OK)
        status = append_op(l, BNN_ROLE_LINEAR, &block->linear, i);
    if (status == BNN_OK &&
        (quantizer != NULL || l->net->ops[l->net->n_ops - 1].form.scale != BNN_SCALE_NONE))
        status = append_op(l, BNN_NETWORK_SCALE, &bnn_scale_use, i);
    return status;
}

static int append_block(layout *l, uint32_t i)
{
    const bnn_model_options *model = l->model;
    char sequence[LETTERS_MAX + 1] = "";
    int status = block_sequence(l, i, sequence);
    l->at = l->outputs[bnn_model_block_source(model, i)];
    for (const char *s = sequence; status == BNN_OK && *s != '\0'; s++) {
        const bnn_use *use = *s == 'P'   ? &model->blocks[i].pool
                             : *s == 'B' ? &model->norm
                                         : &model->activation;
        if (*s == 'L')
            status = append_linear(l, i);
        else if (*s == BNN_NETWORK_ADD)
            status = append_addition(l, i);
        else if (*s != 'P' && l->at.bits)
            continue; /* bits need no norm and no activation */
        else if (use->plugin != NULL &&
                 !(*s == 'A' && model->activation_auto && codes_follow(model, i, s)))
            status = append_op(l, *s, use, i);
    }
    l->outputs[i + 1] = l->at;
    return status;
}

/* ---- what would train in vain ------------------------------------------------------------ */

/* The layer because of which the output of op i is never negative, or NULL: the layers in front of it are asked
 * already, into nonnegative[]. */
static const bnn_network_op *find_nonnegative(const bnn_network *net, uint32_t i,
                                              const bnn_network_op *const *nonnegative)
{
    const bnn_network_op *op = &net->ops[i];
    const uint32_t flags = op->letter == BNN_NETWORK_SIGN ? 0 : bnn_use_layer(&op->use)->flags;
    const bnn_network_op *input = op->input >= 0 ? nonnegative[op->input] : NULL;
    const bnn_network_op *other = op->other >= 0 ? nonnegative[op->other] : NULL;
    if ((flags & BNN_LAYER_NONNEGATIVE) != 0)
        return op;
    if (op->letter == BNN_NETWORK_ADD)
        return other != NULL ? input : NULL;
    return (flags & BNN_LAYER_KEEPS_SIGN) != 0 ? input : NULL;
}

/* A sign that sees only values >= 0 is +1 for every image; other levels tell them apart. */
static int check_signs(const layout *l)
{
    const bnn_network *net = l->net;
    const bnn_network_op **nonnegative = bnn_arena_alloc(l->arena, net->n_ops, sizeof *nonnegative);
    if (nonnegative == NULL)
        return bnn_no_memory(l->err);
    if (!bnn_model_activations_are_signs(l->model))
        return BNN_OK;
    for (uint32_t i = 0; i < net->n_ops; i++) {
        const bnn_network_op *op = &net->ops[i];
        nonnegative[i] = find_nonnegative(net, i, nonnegative);
        if (op->letter == BNN_NETWORK_SIGN && op->input >= 0 && nonnegative[op->input] != NULL)
            return bnn_fail(l->err, BNN_E_SPEC,
                            "%s would be +1 for every image, since %s gives no negative values; "
                            "use activation hardtanh, none or auto, or an ordering with batch norm "
                            "behind the activation (%s has it before)",
                            op->name, nonnegative[op->input]->name,
                            l->model->ordering.plugin->head->name);
    }
    return BNN_OK;
}

int bnn_layout_build(bnn_network *net, bnn_arena *arena, bnn_error *err)
{
    const bnn_model_options *model = net->options;
    const bnn_shape input = net->image;
    layout l = {.net = net, .model = model, .arena = arena, .err = err};
    if (input.c != model->input.c || input.h != model->input.h || input.w != model->input.w)
        return bnn_fail(err, BNN_E_SPEC,
                        "topology %s takes images of %ux%ux%u, the data set has %ux%ux%u",
                        model->topology, model->input.c, model->input.h, model->input.w, input.c,
                        input.h, input.w);
    net->input = bnn_view_shape(model->view, input);
    l.outputs[0] = (layout_value){.of = BNN_NETWORK_IMAGE, .shape = net->input};
    net->ops = bnn_arena_alloc(arena, (size_t)model->n_blocks * OPS_OF_A_BLOCK, sizeof *net->ops);
    if (net->ops == NULL)
        return bnn_no_memory(err);
    for (uint32_t i = 0; i < model->n_blocks; i++) {
        const int status = append_block(&l, i);
        if (status != BNN_OK)
            return status;
    }
    if (net->n_classes == 0)
        net->n_classes = (uint32_t)bnn_shape_values(l.at.shape);
    if (bnn_shape_values(l.at.shape) != net->n_classes)
        return bnn_fail(err, BNN_E_SPEC,
                        "topology %s ends with %zu values, the data set has %u classes",
                        model->topology, bnn_shape_values(l.at.shape), net->n_classes);
    return check_signs(&l);
}
