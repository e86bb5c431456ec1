#include "export/build.h"

#include "export/fold.h"

#include <stdio.h>

typedef struct builder {
    const bnn_graph *graph;
    bnn_build_note *note;
    void *context;
    bnn_arena *arena;
    bnn_error *err;
    bnn_stage *stages;
    uint32_t n_stages;
    uint64_t *bits; /* the packed weights of the stage at hand */
} builder;

/* ---- the linear operation ---------------------------------------------------------------- */

static int build_weights(builder *b, bnn_stage *s, const float *weight)
{
    if (!s->op.binary_weights)
        return BNN_OK;
    s->op.weight = NULL;
    s->row_words = ((size_t)s->taps + 63) / 64;
    uint64_t *bits = bnn_arena_alloc(b->arena, s->op.out.c * s->row_words, sizeof *bits);
    if (bits == NULL)
        return bnn_no_memory(b->err);
    for (size_t c = 0; c < s->op.out.c; c++)
        for (size_t i = 0; i < s->taps; i++)
            bits[c * s->row_words + i / 64] |= (uint64_t)(weight[c * s->taps + i] > 0.0f) << i % 64;
    s->bits = b->bits = bits;
    return BNN_OK;
}

static int build_linear(builder *b, const bnn_op *op, bnn_stage *s)
{
    const size_t taps = bnn_op_taps(op);
    const bool conv = op->type == BNN_LOWER_CONV2D;
    if (taps > BNN_SUM_MAX)
        return bnn_fail(b->err, BNN_E_FAILED, "%s: %zu weights a channel are more than %d",
                        op->name, taps, BNN_SUM_MAX);
    if (conv && op->padding > 0 && op->pad_value != 0.0f && op->pad_value != 1.0f &&
        op->pad_value != -1.0f)
        return bnn_fail(b->err, BNN_E_FAILED, "%s: padding with %g cannot be deployed", op->name,
                        (double)op->pad_value);
    s->op = *op;
    if (!conv) {
        s->op.kernel = s->op.stride = 1;
        s->op.padding = 0;
    }
    if (s->op.padding == 0)
        s->op.pad_value = 0.0f;
    s->taps = (uint32_t)taps;
    s->macs = (uint64_t)taps * bnn_shape_values(op->out);
    s->n_float_values = (uint32_t)((taps + (op->bias != NULL)) * op->out.c);
    s->integer_sums = bnn_stage_sums_are_integers(s);
    return build_weights(b, s, op->weight);
}

/* ---- what follows it --------------------------------------------------------------------- */

static int build_chain(const builder *b, const bnn_op *ops, uint32_t n, bnn_stage *s)
{
    s->out = n > 0 ? ops[n - 1].out : s->op.out;
    s->chain = bnn_arena_copy(b->arena, ops, n, sizeof *ops);
    s->n_chain = n;
    return s->chain == NULL ? bnn_no_memory(b->err) : BNN_OK;
}

/* Folds where that is possible; what does not fold stays a chain of floats, with a note. */
static int build_followers(const builder *b, const bnn_op *ops, uint32_t n, bnn_stage *s)
{
    for (uint32_t i = 0; i < n; i++)
        s->n_float_values += bnn_op_values(&ops[i]);
    if (s->integer_sums && s->outputs == BNN_VALUES_BITS) {
        bnn_error why;
        const int status = bnn_fold_stage(s, b->bits, ops, n, b->arena, &why);
        if (status != BNN_E_FAILED) {
            if (status != BNN_OK)
                *b->err = why;
            return status;
        }
        if (b->note != NULL) {
            char text[sizeof why.message + 128];
            snprintf(text, sizeof text, "%s stays in floats up to its sign: %s", s->op.name,
                     why.message);
            b->note(b->context, text);
        }
    }
    return build_chain(b, ops, n, s);
}

/* The next stage, from graph operation *at on. A stage ends in front of the next linear operation;
 * a sign is the last of its operations. */
static int build_stage(builder *b, uint32_t *at)
{
    const bnn_graph *graph = b->graph;
    const bnn_stage *before = b->n_stages > 0 ? &b->stages[b->n_stages - 1] : NULL;
    bnn_stage *s = &b->stages[b->n_stages];
    const bnn_shape in = graph->ops[*at].in;
    *s = (bnn_stage){
        .op =
            {.type = BNN_LOWER_IDENTITY, .name = "", .in = in, .out = in, .kernel = 1, .stride = 1},
        .inputs = before == NULL ? BNN_VALUES_PIXELS : before->outputs,
        .outputs = BNN_VALUES_FLOATS};
    int status = BNN_OK;
    if (bnn_op_is_logic(graph->ops[*at].type))
        return bnn_fail(b->err, BNN_E_FAILED, "%s: logic cannot be deployed yet",
                        graph->ops[*at].name);
    if (bnn_op_is_linear(graph->ops[*at].type))
        status = build_linear(b, &graph->ops[(*at)++], s);
    bnn_op ops[BNN_CHAIN_MAX];
    uint32_t n = 0;
    for (; status == BNN_OK && *at < graph->n_ops; ++*at) {
        const bnn_op *op = &graph->ops[*at];
        if (bnn_op_is_linear(op->type) || bnn_op_is_logic(op->type))
            break;
        if (n == BNN_CHAIN_MAX)
            return bnn_fail(b->err, BNN_E_FAILED, "%s: the chain has more than %d operations",
                            op->name, BNN_CHAIN_MAX);
        ops[n++] = *op;
    }
    if (status != BNN_OK)
        return status;
    const bool sign = n > 0 && ops[n - 1].type == BNN_LOWER_SIGN;
    if (sign && *at < graph->n_ops) {
        s->outputs = BNN_VALUES_BITS;
        n--;
    }
    b->n_stages++;
    return build_followers(b, ops, n, s);
}

int bnn_export_check_texts(const bnn_metadata *metadata, uint32_t n, bnn_error *err)
{
    if (n > BNN_METADATA_MAX)
        return bnn_fail(err, BNN_E_INTERNAL, "%u texts about a model are more than %d", n,
                        BNN_METADATA_MAX);
    for (uint32_t i = 0; i < n; i++)
        if (metadata[i].key[0] == '\0' || !bnn_model_text_is_clean(metadata[i].key) ||
            !bnn_model_text_is_clean(metadata[i].value))
            return bnn_fail(err, BNN_E_FAILED,
                            "metadata \"%.40s\": key or value is empty, longer than %d bytes, or "
                            "has control characters",
                            metadata[i].key, BNN_TEXT_MAX);
    return BNN_OK;
}

static int build_metadata(const builder *b, const bnn_metadata *metadata, uint32_t n,
                          bnn_model *model)
{
    const int status = bnn_export_check_texts(metadata, n, b->err);
    if (status != BNN_OK)
        return status;
    bnn_metadata *own = bnn_arena_alloc(b->arena, n, sizeof *own);
    bool complete = own != NULL;
    for (uint32_t i = 0; complete && i < n; i++) {
        own[i].key = bnn_arena_strdup(b->arena, metadata[i].key);
        own[i].value = bnn_arena_strdup(b->arena, metadata[i].value);
        complete = own[i].key != NULL && own[i].value != NULL;
    }
    model->n_metadata = n;
    model->metadata = own;
    return complete ? BNN_OK : bnn_no_memory(b->err);
}

int bnn_export_build(const bnn_graph *graph, const bnn_metadata *metadata, uint32_t n_metadata,
                     bnn_build_note *note, void *context, bnn_arena *arena, bnn_model **out,
                     bnn_error *err)
{
    builder b = {.graph = graph, .note = note, .context = context, .arena = arena, .err = err};
    bnn_model *model = bnn_arena_alloc(arena, 1, sizeof *model);
    b.stages = bnn_arena_alloc(arena, graph->n_ops, sizeof *b.stages);
    if (model == NULL || b.stages == NULL)
        return bnn_no_memory(b.err);
    for (uint32_t at = 0; at < graph->n_ops;) {
        if (b.n_stages == BNN_STAGES_MAX)
            return bnn_fail(err, BNN_E_FAILED, "the network has more than %d layers with weights",
                            BNN_STAGES_MAX);
        const int status = build_stage(&b, &at);
        if (status != BNN_OK)
            return status;
    }
    model->input = graph->input;
    model->n_classes = graph->n_classes;
    model->n_stages = b.n_stages;
    model->stages = b.stages;
    const int status = build_metadata(&b, metadata, n_metadata, model);
    if (status == BNN_OK)
        *out = model;
    return status;
}
