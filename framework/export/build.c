#include "export/build.h"

#include "export/fold.h"
#include "export/fold_lines.h"
#include "export/logic.h"
#include "export/stages.h"
#include "infer/order.h"

#include <stdio.h>
#include <string.h>

typedef struct builder {
    const bnn_graph *graph;
    bool lines;
    bnn_build_note *note;
    void *context;
    bnn_arena *arena;
    bnn_error *err;
    bnn_stage *stages;
    int32_t *stage_of; /* [graph->n_ops]: of those that end one */
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

/* ---- or logic ---------------------------------------------------------------------------- */

/* Named after the last of its layers, which may have emitted the operation. */
static int build_logic(const builder *b, const bnn_op *ops, uint32_t n, bnn_stage *s)
{
    const bnn_op *last = &ops[n - 1];
    const bool pixels = s->inputs == BNN_VALUES_PIXELS;
    const bool sums = last->type == BNN_LOWER_GROUP_SUM;
    s->op.type = sums ? BNN_LOWER_GROUP_SUM : BNN_LOWER_TABLE;
    s->op.out = last->out;
    s->op.name = bnn_arena_printf(b->arena, "%.*s", (int)strcspn(last->name, "."), last->name);
    if (s->op.name == NULL)
        return bnn_no_memory(b->err);
    if (s->inputs >= BNN_VALUES_FLOATS || (ops->type == BNN_LOWER_THERMOMETER && !pixels) ||
        (ops->type == BNN_LOWER_GROUP_SUM && pixels))
        return bnn_fail(b->err, BNN_E_FAILED,
                        "%s: what is in front of it gives no bits, and logic of other values "
                        "cannot be deployed",
                        s->op.name);
    if (sums && bnn_shape_values(last->in) / last->out.c > BNN_SUM_MAX)
        return bnn_fail(b->err, BNN_E_FAILED, "%s: groups of more than %d values", s->op.name,
                        BNN_SUM_MAX);
    return bnn_logic_make(ops, n, pixels, b->arena, &s->logic, b->err);
}

/* ---- what follows it --------------------------------------------------------------------- */

/* Behind gates, names are those that reading the file makes: a layer's own may be that of the stage. */
static int build_chain(const builder *b, const bnn_op *ops, uint32_t n, bnn_stage *s)
{
    s->out = n > 0 ? ops[n - 1].out : s->op.out;
    bnn_op *chain = bnn_arena_copy(b->arena, ops, n, sizeof *ops);
    s->chain = chain;
    s->n_chain = n;
    bool complete = chain != NULL;
    for (uint32_t i = 0; complete && s->logic != NULL && i < n; i++)
        complete = (chain[i].name = bnn_arena_printf(b->arena, "%s.%u", s->op.name, i + 1)) != NULL;
    return complete ? BNN_OK : bnn_no_memory(b->err);
}

static void build_tell(const builder *b, const bnn_stage *s, const bnn_error *why)
{
    char text[sizeof why->message + 128];
    if (b->note == NULL)
        return;
    snprintf(text, sizeof text, "%s stays in floats up to its %s: %s", s->op.name,
             s->outputs == BNN_VALUES_BITS ? "sign" : "quantizer", why->message);
    b->note(b->context, text);
}

/* Whether there are codes nowhere: such a stage has thresholds, or floats. */
static bool build_is_binary(const bnn_stage *s)
{
    return s->op.binary_weights && s->inputs != BNN_VALUES_CODES && s->outputs == BNN_VALUES_BITS;
}

/* Folds where that is possible; what does not fold stays a chain of floats, with a note. */
static int build_followers(const builder *b, const bnn_op *ops, uint32_t n, bnn_stage *s)
{
    const bool bits = s->integer_sums && s->outputs == BNN_VALUES_BITS;
    const bool lines = b->lines && s->outputs != BNN_VALUES_FLOATS && bnn_stage_sums_are_whole(s) &&
                       !build_is_binary(s);
    for (uint32_t i = 0; i < n; i++)
        s->n_float_values += bnn_op_values(&ops[i]);
    if (bits || lines) {
        bnn_error why;
        const int status = bits ? bnn_fold_stage(s, b->bits, ops, n, b->arena, &why)
                                : bnn_fold_lines(s, ops, n, b->arena, &why);
        if (status != BNN_E_FAILED) {
            if (status != BNN_OK)
                *b->err = why;
            return status;
        }
        build_tell(b, s, &why);
    }
    const int status = build_chain(b, ops, n, s);
    if (status == BNN_OK && s->outputs == BNN_VALUES_CODES && !bnn_stage_gives_codes(s))
        s->outputs = BNN_VALUES_FLOATS;
    return status;
}

/* Whether the last values of a stage are -1 and +1: of a sign, or of gates. */
static bool build_ends_in_bits(const bnn_stage *s, const bnn_op *ops, uint32_t n)
{
    bool bits = s->op.type == BNN_LOWER_TABLE;
    for (uint32_t i = 0; i < n; i++)
        bits = ops[i].type == BNN_LOWER_SIGN || (bits && ops[i].type == BNN_LOWER_MAXPOOL);
    return bits;
}

/* A stage that does nothing yet with what operation `at` sees, and the values that are added. The first one that begins
 * without weights has no name. */
static bnn_stage build_begin(const builder *b, uint32_t at)
{
    const bnn_op *op = &b->graph->ops[at];
    const int32_t input = b->graph->sees[at], other = b->graph->adds[at];
    const int32_t i = (int32_t)b->n_stages, source = input < 0 ? -1 : b->stage_of[input];
    const bnn_stage *given = source < 0 ? NULL : &b->stages[source];
    return (bnn_stage){.op = {.type = BNN_LOWER_IDENTITY,
                              .name = i == 0 ? "" : op->name,
                              .in = op->in,
                              .out = op->in,
                              .kernel = 1,
                              .stride = 1},
                       .from = (uint32_t)(i - 1 - source),
                       .with = other < 0 ? 0 : (uint32_t)(i - b->stage_of[other]),
                       .inputs = given == NULL ? BNN_VALUES_PIXELS : given->outputs,
                       .in_codes = given == NULL ? (bnn_range){0, 0} : given->out_codes,
                       .outputs = BNN_VALUES_FLOATS};
}

/* The next stage, from graph operation *at on. A stage ends in front of the next linear operation, of logic or of a sum
 * with another value, and where several see its values; a sign is the last of its operations. */
static int build_stage(builder *b, uint32_t *at)
{
    const bnn_graph *graph = b->graph;
    bnn_stage *s = &b->stages[b->n_stages];
    *s = build_begin(b, *at);
    const bnn_op *ops = &graph->ops[*at];
    const uint32_t n_first = bnn_stage_n_first(graph, *at), end = bnn_stage_end(graph, *at);
    uint32_t n = end - *at - n_first;
    int status = BNN_OK;
    if (bnn_op_is_logic(ops->type))
        status = build_logic(b, ops, n_first, s);
    else if (bnn_op_is_linear(ops->type))
        status = build_linear(b, ops, s);
    if (status == BNN_OK && n > BNN_CHAIN_MAX)
        return bnn_fail(b->err, BNN_E_FAILED, "%s: the chain has more than %d operations",
                        ops[n_first + BNN_CHAIN_MAX].name, BNN_CHAIN_MAX);
    const bool held = bnn_graph_is_held(graph, end - 1);
    ops += n_first;
    *at = end;
    if (status != BNN_OK)
        return status;
    if (build_ends_in_bits(s, ops, n) && !held) {
        s->outputs = BNN_VALUES_BITS;
        n -= n > 0 && ops[n - 1].type == BNN_LOWER_SIGN;
    } else if (b->lines && !held && bnn_chain_ends_in_codes(ops, n, &s->out_codes)) {
        s->outputs = BNN_VALUES_CODES;
    }
    b->stage_of[end - 1] = (int32_t)b->n_stages++;
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
                     bool lines, bnn_build_note *note, void *context, bnn_arena *arena,
                     bnn_model **out, bnn_error *err)
{
    builder b = {.graph = graph,
                 .lines = lines,
                 .note = note,
                 .context = context,
                 .arena = arena,
                 .err = err};
    bnn_model *model = bnn_arena_alloc(arena, 1, sizeof *model);
    b.stages = bnn_arena_alloc(arena, graph->n_ops, sizeof *b.stages);
    b.stage_of = bnn_arena_alloc(arena, graph->n_ops, sizeof *b.stage_of);
    if (model == NULL || b.stages == NULL || b.stage_of == NULL)
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
    model->view = graph->view;
    model->n_classes = graph->n_classes;
    model->n_stages = b.n_stages;
    model->stages = b.stages;
    const char *mistake = bnn_model_skip(model) == NULL ? NULL : bnn_order_mistake(model);
    if (mistake != NULL)
        return bnn_fail(err, BNN_E_FAILED, "%s", mistake);
    const int status = build_metadata(&b, metadata, n_metadata, model);
    if (status == BNN_OK)
        *out = model;
    return status;
}
