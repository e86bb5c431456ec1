#include "export/forecast.h"

#include "export/build.h"
#include "export/stages.h"

#include <math.h>
#include <string.h>

/* What is known of the values between two operations. */
typedef enum domain {
    DOMAIN_ODD,    /* odd integers, so never 0; signs are */
    DOMAIN_CHANCE, /* real: 0 by chance */
    DOMAIN_CAN,    /* 0 is one of the values, and not a rare one */
    DOMAIN_PIXELS, /* 0 for one grey of 256 */
} domain;

typedef struct forecaster {
    const bnn_network *net;
    const bnn_graph *graph;
    const char **notes; /* [n_notes] that the build has given: "conv2d_2 stays ...: why" */
    uint32_t n_notes;
    bnn_arena *arena;
    bnn_forecast *out;
    bnn_error *err;
} forecaster;

const char *bnn_zero_text(bnn_zero zero)
{
    static const char *const texts[] = {"never", "by chance", "can be"};
    return texts[zero];
}

const char *bnn_bits_text(bnn_bits bits)
{
    return bits == BNN_BITS_FLOATS ? "floats" : "thresholds";
}

/* ---- where 0 comes from ------------------------------------------------------------------ */

static bool codes_are_integers(const bnn_op *op)
{
    const size_t n = bnn_op_taps(op) * op->out.c;
    for (size_t i = 0; i < n; i++)
        if (op->weight[i] != floorf(op->weight[i]))
            return false;
    return true;
}

/* Sums over values of the domain. A bias is real, so nothing is certain behind it. */
static domain domain_of_sums(const bnn_op *op, domain in)
{
    const bool odd = in == DOMAIN_ODD && (op->padding == 0 || op->pad_value != 0.0f);
    if (op->bias != NULL)
        return DOMAIN_CHANCE;
    if (odd && op->binary_weights)
        return bnn_op_taps(op) % 2 != 0 ? DOMAIN_ODD : DOMAIN_CAN;
    if (op->binary_weights || in == DOMAIN_CAN)
        return DOMAIN_CAN;
    return in == DOMAIN_ODD && codes_are_integers(op) ? DOMAIN_CAN : DOMAIN_CHANCE;
}

static domain domain_of_clamp(const bnn_op *op, domain in)
{
    if (op->low == 0.0f || op->high == 0.0f)
        return DOMAIN_CAN;
    return in == DOMAIN_ODD && (op->low != -1.0f || op->high != 1.0f) ? DOMAIN_CHANCE : in;
}

static domain domain_behind(const bnn_op *op, bool scales, domain in)
{
    switch (op->type) {
    case BNN_LOWER_CONV2D:
    case BNN_LOWER_DENSE:
        return domain_of_sums(op, in);
    case BNN_LOWER_SIGN:
    case BNN_LOWER_THERMOMETER:
    case BNN_LOWER_TABLE:
        return DOMAIN_ODD;
    case BNN_LOWER_GROUP_SUM:
        return bnn_shape_values(op->in) / op->out.c % 2 == 0 ? DOMAIN_CAN : DOMAIN_ODD;
    case BNN_LOWER_CLAMP:
        return domain_of_clamp(op, in);
    case BNN_LOWER_IDENTITY:
    case BNN_LOWER_MAXPOOL:
        return in;
    case BNN_LOWER_AVGPOOL:
        return in != DOMAIN_ODD ? in : op->kernel % 2 == 0 ? DOMAIN_CAN : DOMAIN_CHANCE;
    case BNN_LOWER_AFFINE: /* a scale has no offset: 0 stays 0 */
        return scales && in == DOMAIN_CAN ? DOMAIN_CAN : DOMAIN_CHANCE;
    case BNN_LOWER_SLOPE:
    case BNN_LOWER_SLOPES: /* a learned slope can be 0 by chance */
        return in == DOMAIN_CAN ? DOMAIN_CAN : DOMAIN_CHANCE;
    default:
        return DOMAIN_CHANCE;
    }
}

/* Whether a graph operation is the scale of a weight form. */
static bool is_scale(const forecaster *f, const bnn_op *op)
{
    for (uint32_t i = 0; i < f->net->n_ops; i++)
        if (f->net->ops[i].letter == BNN_NETWORK_SCALE &&
            strcmp(f->net->ops[i].name, op->name) == 0)
            return true;
    return false;
}

/* ---- how bits come about ----------------------------------------------------------------- */

/* The first operation behind a maximum, or anywhere, whose order training can turn around for a part
 * of its arguments only; or NULL. A norm turns it around as a whole. */
static const bnn_op *find_slopes(const bnn_op *ops, uint32_t n, bool anywhere)
{
    bool pooled = anywhere;
    for (uint32_t i = 0; i < n; i++) {
        pooled |= ops[i].type == BNN_LOWER_MAXPOOL;
        if (pooled && (ops[i].type == BNN_LOWER_SLOPE || ops[i].type == BNN_LOWER_SLOPES))
            return &ops[i];
    }
    return NULL;
}

static const char *why_no_integers(const bnn_stage *s)
{
    return s->logic != NULL ? "gates are counted in front"
           : s->with > 0    ? "a sum with the output of another block stands in front"
           : s->op.type == BNN_LOWER_IDENTITY && s->inputs == BNN_VALUES_FLOATS
               ? "others see these values, too"
           : s->op.type == BNN_LOWER_IDENTITY ? "no layer with weights stands in front"
           : !s->op.binary_weights && s->op.codes.step == 0 ? "the weights in front are no bits"
           : s->op.bias != NULL                             ? "the layer in front has a bias"
           : s->inputs == BNN_VALUES_FLOATS                 ? "the layer in front has float inputs"
                                            : "the layer in front has too many inputs, or pads";
}

/* The end of the build's note about a stage, which says why it does not fold. */
static const char *reason_of(const forecaster *f, const bnn_stage *s)
{
    const size_t n = strlen(s->op.name);
    for (uint32_t i = 0; i < f->n_notes; i++) {
        const char *colon = strstr(f->notes[i], ": ");
        if (strncmp(f->notes[i], s->op.name, n) == 0 && f->notes[i][n] == ' ' && colon != NULL)
            return colon + 2;
    }
    return "it does not fold";
}

static int forecast_bits(const forecaster *f, const bnn_stage *s, const bnn_op *ops, uint32_t n,
                         bnn_sign_forecast *sign)
{
    const bnn_op *slopes = find_slopes(ops, n, s->lines != NULL); /* which have no tables */
    sign->bits = s->op.type == BNN_LOWER_TABLE && s->outputs == BNN_VALUES_BITS
                     ? BNN_BITS_THRESHOLDS /* they are bits already */
                 : !s->folded && s->lines == NULL ? BNN_BITS_FLOATS
                 : slopes != NULL                 ? BNN_BITS_DEPENDS
                                                  : BNN_BITS_THRESHOLDS;
    if (sign->bits == BNN_BITS_DEPENDS)
        sign->why =
            bnn_arena_printf(f->arena, "floats if a slope of %s becomes negative", slopes->name);
    else if (sign->bits == BNN_BITS_FLOATS)
        sign->why =
            s->integer_sums || bnn_stage_sums_are_whole(s) ? reason_of(f, s) : why_no_integers(s);
    return sign->bits == BNN_BITS_THRESHOLDS || sign->why != NULL ? BNN_OK : bnn_no_memory(f->err);
}

/* ---- stage by stage ---------------------------------------------------------------------- */

/* "conv2d_1, maxpool_1, batchnorm_1", or "pixels". */
static const char *names_of(const forecaster *f, const bnn_op *ops, uint32_t n)
{
    const char *names = n == 0 ? "pixels" : "";
    for (uint32_t i = 0; names != NULL && i < n; i++)
        names = bnn_arena_printf(f->arena, "%s%s%s", names, i == 0 ? "" : ", ", ops[i].name);
    return names;
}

static int forecast_sign(const forecaster *f, const bnn_stage *s, const bnn_op *ops, uint32_t n,
                         domain seen)
{
    bnn_sign_forecast *sign = &f->out->signs[f->out->n++];
    const uint32_t n_first = bnn_stage_n_first(f->graph, (uint32_t)(ops - f->graph->ops));
    sign->name = bnn_arena_strdup(f->arena, ops[n].name);
    sign->sees = names_of(f, ops, n);
    sign->zero = seen == DOMAIN_ODD      ? BNN_ZERO_NEVER
                 : seen == DOMAIN_CHANCE ? BNN_ZERO_CHANCE
                                         : BNN_ZERO_CAN;
    if (sign->name == NULL || sign->sees == NULL)
        return bnn_no_memory(f->err);
    return forecast_bits(f, s, ops + n_first, n - n_first, sign);
}

/* What operation i sees; a sum of two values is zero by chance. */
static domain forecast_input(const bnn_graph *graph, uint32_t i, const domain *behind)
{
    return graph->sees[i] < 0 ? DOMAIN_PIXELS : behind[graph->sees[i]];
}

static int forecast_stages(forecaster *f, const bnn_model *model)
{
    const bnn_graph *graph = f->graph;
    const bnn_op *ops = graph->ops;
    domain *behind = bnn_arena_alloc(f->arena, graph->n_ops, sizeof *behind);
    int status = behind == NULL ? bnn_no_memory(f->err) : BNN_OK;
    for (uint32_t first = 0, end, k = 0; status == BNN_OK && first < graph->n_ops; first = end) {
        end = bnn_stage_end(graph, first);
        for (uint32_t i = first; i < end; i++)
            behind[i] = graph->adds[i] < 0 ? domain_behind(&ops[i], is_scale(f, &ops[i]),
                                                           forecast_input(graph, i, behind))
                                           : DOMAIN_CHANCE;
        const bnn_stage *s = &model->stages[k++];
        if (ops[end - 1].type == BNN_LOWER_SIGN)
            status = forecast_sign(f, s, &ops[first], end - 1 - first,
                                   forecast_input(graph, end - 1, behind));
    }
    return status;
}

static void keep_note(void *context, const char *text)
{
    forecaster *f = context;
    const char *own = bnn_arena_strdup(f->arena, text);
    if (own != NULL && f->n_notes < f->graph->n_ops)
        f->notes[f->n_notes++] = own;
}

/* What cannot be lowered or cut into stages cannot be deployed, but can be trained. */
static int forecast_deployed(forecaster *f)
{
    bnn_graph *graph;
    bnn_model *model = NULL;
    bnn_error why;
    int status = bnn_graph_create(f->net, f->arena, &graph, &why);
    if (status == BNN_OK) {
        f->graph = graph;
        f->notes = bnn_arena_alloc(f->arena, graph->n_ops, sizeof *f->notes);
        f->out->signs = bnn_arena_alloc(f->arena, graph->n_ops, sizeof *f->out->signs);
        if (f->notes == NULL || f->out->signs == NULL)
            return bnn_no_memory(f->err);
        status = bnn_export_build(graph, NULL, 0, true, keep_note, f, f->arena, &model, &why);
    }
    if (status == BNN_OK)
        return forecast_stages(f, model);
    if (status != BNN_E_FAILED) {
        *f->err = why;
        return status;
    }
    f->out->obstacle = bnn_arena_strdup(f->arena, why.message);
    return f->out->obstacle != NULL ? BNN_OK : bnn_no_memory(f->err);
}

int bnn_forecast_make(const bnn_model_options *model, bnn_shape input, uint32_t n_classes,
                      bnn_arena *arena, bnn_forecast *out, bnn_error *err)
{
    bnn_network *net;
    *out = (bnn_forecast){0};
    const int status = bnn_network_create(model, input, n_classes, 1, 1, arena, &net, err);
    if (status != BNN_OK)
        return status;
    bnn_network_start_form(net); /* or codes of several levels might all be -1 and +1 */
    forecaster f = {.net = net, .arena = arena, .out = out, .err = err};
    return forecast_deployed(&f);
}

/* NULL stays NULL. False without memory. */
static bool copy_text(bnn_arena *arena, const char **text)
{
    return *text == NULL || (*text = bnn_arena_strdup(arena, *text)) != NULL;
}

int bnn_forecast_copy(const bnn_forecast *forecast, bnn_arena *arena, bnn_forecast *out,
                      bnn_error *err)
{
    bnn_forecast copy = *forecast;
    copy.signs = bnn_arena_alloc(arena, copy.n, sizeof *copy.signs);
    bool complete = copy.signs != NULL && copy_text(arena, &copy.obstacle);
    for (uint32_t i = 0; complete && i < copy.n; i++) {
        copy.signs[i] = forecast->signs[i];
        complete = copy_text(arena, &copy.signs[i].name) && copy_text(arena, &copy.signs[i].sees) &&
                   copy_text(arena, &copy.signs[i].why);
    }
    if (!complete)
        return bnn_no_memory(err);
    *out = copy;
    return BNN_OK;
}
