/* form.c - a form writes codes of its levels and finite scales for any weights, the same each time,
 * and its gradients are linear; its tensors' agree with differences, and where codes are rounded, those of weights. */
#include "conform/conform_internal.h"

#include <float.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A form planned for one size, with memory of exactly the sizes it asked for. */
typedef struct form_rig {
    const conform_subject *s;
    const bnn_form *form;
    bnn_form_plan plan;
    bnn_form_io io;
    float *latent, *gcodes, *gscale;
    float *tensors[BNN_FORM_TENSORS_MAX + 1], *gradients[BNN_FORM_TENSORS_MAX + 1];
    size_t n, n_tensor[BNN_FORM_TENSORS_MAX];
    conform_memory memory;
    char refusal[160];
} form_rig;

static const struct {
    uint32_t filters, taps;
} form_sizes[] = {{1, 1}, {3, 1}, {1, 25}, {6, 25}, {16, 150}, {5, 64}};
enum { N_SIZES = sizeof form_sizes / sizeof *form_sizes };

/* ---- what the host gives ------------------------------------------------------------------ */

static bool form_is_inside(const float *p, size_t n, const float *whole, size_t n_whole)
{
    return p >= whole && p + n <= whole + n_whole;
}

/* The sign; the clipped STE. */
static void form_binarize(const bnn_form_io *io, size_t n, const float *x, float *codes)
{
    const form_rig *r = io->host;
    CONFORM_REQUIRE(r->s, form_is_inside(codes, n, io->codes, r->n),
                    "binarize is given codes that do not lie in io->codes");
    for (size_t i = 0; i < n; i++)
        codes[i] = x[i] >= 0.0f ? 1.0f : -1.0f;
}

static void form_through(const bnn_form_io *io, size_t n, const float *x, const float *g, float *gx)
{
    const form_rig *r = io->host;
    CONFORM_REQUIRE(r->s, form_is_inside(gx, n, io->glatent, r->n),
                    "through is given a gx that does not lie in io->glatent");
    for (size_t i = 0; i < n; i++)
        gx[i] = fabsf(x[i]) <= 1.0f ? g[i] : 0.0f;
}

__attribute__((format(printf, 2, 3))) static int form_note_refusal(bnn_form_plan *plan,
                                                                   const char *format, ...)
{
    form_rig *r = plan->host;
    va_list args;
    va_start(args, format);
    vsnprintf(r->refusal, sizeof r->refusal, format, args);
    va_end(args);
    return -1;
}

/* ---- plan --------------------------------------------------------------------------------- */

static int form_plan_once(form_rig *r, uint32_t filters, uint32_t taps, bnn_form_plan *plan)
{
    *plan = (bnn_form_plan){.filters = filters,
                            .taps = taps,
                            .kernels = r->s->ctx.kernels,
                            .code_min = -1,
                            .code_max = 1,
                            .code_step = 2,
                            .fail = form_note_refusal,
                            .host = r};
    return r->form->plan == NULL ? 0 : r->form->plan(r->s->params, plan);
}

static bool form_is_same_plan(const bnn_form_plan *a, const bnn_form_plan *b)
{
    bool same = a->code_min == b->code_min && a->code_max == b->code_max &&
                a->code_step == b->code_step && a->scale == b->scale &&
                a->n_tensors == b->n_tensors && a->n_saved == b->n_saved;
    for (uint32_t t = 0; same && t < a->n_tensors && t < BNN_FORM_TENSORS_MAX; t++)
        same = strcmp(a->tensors[t].name, b->tensors[t].name) == 0 &&
               memcmp(a->tensors[t].dims, b->tensors[t].dims, sizeof a->tensors[t].dims) == 0;
    return same;
}

static void form_require_plan(const form_rig *r)
{
    const conform_subject *s = r->s;
    const bnn_form_plan *p = &r->plan;
    CONFORM_REQUIRE(s, p->scale <= BNN_SCALE_FILTER, "plans scale %u", p->scale);
    CONFORM_REQUIRE(s,
                    p->code_step == 0 || (p->code_step > 0 && p->code_min < p->code_max &&
                                          (p->code_max - p->code_min) % p->code_step == 0),
                    "plans codes from %d to %d in steps of %d", p->code_min, p->code_max,
                    p->code_step);
    CONFORM_REQUIRE(s, p->n_tensors <= BNN_FORM_TENSORS_MAX, "plans %u tensors, of %d at most",
                    p->n_tensors, BNN_FORM_TENSORS_MAX);
    for (uint32_t t = 0; t < p->n_tensors; t++) {
        const bnn_tensor *tensor = &p->tensors[t];
        CONFORM_REQUIRE(s, tensor->name != NULL && tensor->name[0] != '\0', "tensor %u has no name",
                        t);
        CONFORM_REQUIRE(s, tensor->kind == BNN_TENSOR_VECTOR || tensor->kind == BNN_TENSOR_STATE,
                        "tensor %s is of kind %u", tensor->name, tensor->kind);
        CONFORM_REQUIRE(s, isfinite(tensor->fill) && tensor->uniform >= 0,
                        "tensor %s starts at %g, uniform %g", tensor->name, (double)tensor->fill,
                        (double)tensor->uniform);
    }
    CONFORM_REQUIRE(s,
                    (r->form->flags & BNN_FORM_ELEMENTWISE) == 0 ||
                        (p->scale == BNN_SCALE_NONE && p->n_tensors == 0 && p->n_saved == 0),
                    "is elementwise, and plans a scale, tensors or saved floats");
}

/* ---- memory ------------------------------------------------------------------------------- */

static void form_make_tensors(form_rig *r)
{
    for (uint32_t t = 0; t < r->plan.n_tensors; t++) {
        const bnn_tensor *tensor = &r->plan.tensors[t];
        const uint32_t *d = tensor->dims;
        const size_t n = r->n_tensor[t] = (size_t)d[0] * d[1] * d[2] * d[3];
        CONFORM_REQUIRE(r->s, n > 0, "tensor %s has an empty dimension", tensor->name);
        r->tensors[t] = conform_random_floats(&r->memory, n);
        for (size_t i = 0; i < n; i++)
            r->tensors[t][i] = tensor->kind == BNN_TENSOR_STATE ? tensor->fill
                               : tensor->uniform > 0            ? tensor->uniform * r->tensors[t][i]
                                                     : tensor->fill + 0.25f * r->tensors[t][i];
        if (tensor->kind != BNN_TENSOR_STATE)
            r->gradients[t] = conform_empty_floats(&r->memory, n);
    }
}

/* Plans for a size, with random weights of about that magnitude. False when the form does not take
 * the size. */
static bool form_rig_create(form_rig *r, const conform_subject *s, uint32_t filters, uint32_t taps,
                            float size)
{
    bnn_form_plan again;
    *r = (form_rig){.s = s,
                    .form = (const void *)s->head,
                    .n = (size_t)filters * taps,
                    .memory = {.s = s, .state = filters + 31 * taps}};
    const int status = form_plan_once(r, filters, taps, &r->plan);
    CONFORM_REQUIRE(s, form_plan_once(r, filters, taps, &again) == status,
                    "a second plan differs from the first");
    if (status != 0)
        return false;
    form_require_plan(r);
    CONFORM_REQUIRE(s, form_is_same_plan(&r->plan, &again), "a second plan differs from the first");
    conform_memory *m = &r->memory;
    const bool scaled = r->plan.scale != BNN_SCALE_NONE;
    snprintf(s->answer->hint, sizeof s->answer->hint, "%s",
             scaled ? "" : "io->scale and io->gscale are NULL, since plan asks for no scale");
    r->latent = conform_random_floats(m, r->n);
    for (size_t i = 0; i < r->n; i++)
        r->latent[i] *= size;
    r->gcodes = conform_random_floats(m, r->n);
    r->gscale = scaled ? conform_random_floats(m, filters) : NULL;
    form_make_tensors(r);
    r->io = (bnn_form_io){.filters = filters,
                          .taps = taps,
                          .latent = r->latent,
                          .codes = conform_empty_floats(m, r->n),
                          .scale = scaled ? conform_empty_floats(m, filters) : NULL,
                          .gcodes = r->gcodes,
                          .gscale = r->gscale,
                          .glatent = conform_empty_floats(m, r->n),
                          .tensors = r->tensors,
                          .gradients = r->gradients,
                          .saved = conform_empty_floats(m, r->plan.n_saved),
                          .binarize = form_binarize,
                          .through = form_through,
                          .host = r};
    if (r->form->start != NULL)
        r->form->start(&s->ctx, s->params, &r->io);
    return true;
}

/* ---- passes ------------------------------------------------------------------------------- */

static void form_erase(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = NAN;
}

static void form_pass_forward(form_rig *r)
{
    form_erase(r->io.codes, r->n);
    form_erase(r->io.saved, r->plan.n_saved);
    if (r->io.scale != NULL)
        form_erase(r->io.scale, r->io.filters);
    r->form->forward(&r->s->ctx, r->s->params, &r->io);
}

static void form_pass_backward(form_rig *r)
{
    if (r->io.glatent != r->io.gcodes)
        form_erase(r->io.glatent, r->n);
    for (uint32_t t = 0; t < r->plan.n_tensors; t++)
        if (r->gradients[t] != NULL)
            form_erase(r->gradients[t], r->n_tensor[t]);
    r->form->backward(&r->s->ctx, r->s->params, &r->io);
}

/* ---- the checks --------------------------------------------------------------------------- */

typedef void form_check(form_rig *r);

/* With every setting, in the course of a run, for each size. Weights are as training has them. */
static void form_check_always(conform_subject *s, form_check *check)
{
    static const double progress[] = {0.0, 0.5, 1.0};
    const bnn_form *form = (const void *)s->head;
    bool takes = false;
    for (size_t turn = 0; conform_set(s, turn); turn++)
        for (int j = 0; j < 3; j++) {
            s->ctx.progress = progress[j];
            memset(s->ctx.state, 0, sizeof s->ctx.state);
            if (form->schedule != NULL)
                form->schedule(&s->ctx, s->params, progress[j], s->ctx.state);
            for (size_t i = 0; i < N_SIZES; i++) {
                form_rig r;
                if (!form_rig_create(&r, s, form_sizes[i].filters, form_sizes[i].taps, 0.5f))
                    continue;
                takes = true;
                check(&r);
                conform_memory_free(&r.memory);
            }
        }
    CONFORM_REQUIRE(s, takes, "takes no size of weights");
}

static void form_check_codes(const form_rig *r, const char *what)
{
    const bnn_form_plan *p = &r->plan;
    for (size_t i = 0; i < r->n; i++) {
        const float code = r->io.codes[i];
        CONFORM_REQUIRE(r->s, isfinite(code), "%s: code %zu is %g", what, i, (double)code);
        CONFORM_REQUIRE(r->s,
                        p->code_step == 0 ||
                            (code >= (float)p->code_min && code <= (float)p->code_max &&
                             fmodf(code - (float)p->code_min, (float)p->code_step) == 0.0f),
                        "%s: code %zu is %g, and the plan has %d to %d in steps of %d", what, i,
                        (double)code, p->code_min, p->code_max, p->code_step);
    }
    for (uint32_t f = 0; r->io.scale != NULL && f < r->io.filters; f++) {
        CONFORM_REQUIRE(r->s, isfinite(r->io.scale[f]), "%s: scale %u is %g", what, f,
                        (double)r->io.scale[f]);
        CONFORM_REQUIRE(r->s, p->scale == BNN_SCALE_FILTER || r->io.scale[f] == r->io.scale[0],
                        "one scale for all, and that of filter %u is another", f);
    }
}

/* Also where weights are all equal, zero, tiny or huge. */
static void form_check_forward(form_rig *r)
{
    static const float all[] = {0.0f, -0.0f, 0.25f, -1.0f, FLT_TRUE_MIN, 1e-20f, 1e4f};
    form_pass_forward(r);
    form_check_codes(r, "random weights");
    float *codes = conform_empty_floats(&r->memory, r->n);
    memcpy(codes, r->io.codes, r->n * sizeof *codes);
    form_pass_forward(r);
    conform_require_same(r->s, "codes, again", r->io.codes, codes, r->n);
    if (r->form->flags & BNN_FORM_SIGN)
        for (size_t i = 0; i < r->n; i++)
            CONFORM_REQUIRE(r->s, codes[i] == (r->latent[i] >= 0.0f ? 1.0f : -1.0f),
                            "BNN_FORM_SIGN, and the code of %g is %g", (double)r->latent[i],
                            (double)codes[i]);
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        char what[48];
        snprintf(what, sizeof what, "weights that are all %g", (double)all[k]);
        for (size_t i = 0; i < r->n; i++)
            r->latent[i] = all[k];
        form_pass_forward(r);
        form_check_codes(r, what);
        form_pass_backward(r);
        for (size_t i = 0; i < r->n; i++)
            CONFORM_REQUIRE(r->s, isfinite(r->io.glatent[i]),
                            "%s: the gradient of weight %zu is %g", what, i,
                            (double)r->io.glatent[i]);
    }
}

/* got of 2 a + b against 2 ga + gb. */
static void form_require_linear(const form_rig *r, const char *what, size_t n, const float *ga,
                                const float *gb, const float *got)
{
    double size = 0.0;
    for (size_t i = 0; i < n; i++)
        size = fmax(size, fabs(2.0 * ga[i]) + fabs((double)gb[i]));
    for (size_t i = 0; i < n; i++) {
        const double want = 2.0 * ga[i] + gb[i];
        CONFORM_REQUIRE(r->s, isfinite(got[i]), "the gradient of %s[%zu] is %g", what, i,
                        (double)got[i]);
        CONFORM_REQUIRE(r->s, fabs(got[i] - want) <= 1e-4 * size,
                        "not linear in the gradients at %s[%zu]: %g, expected %g", what, i,
                        (double)got[i], want);
    }
}

/* One of the three passes: its glatent, and copies of the gradients of its tensors. */
typedef struct form_pass {
    float *gcodes, *gscale, *glatent, *gradients[BNN_FORM_TENSORS_MAX];
} form_pass;

static void form_keep_pass(form_rig *r, form_pass *pass)
{
    r->io.gcodes = pass->gcodes;
    r->io.gscale = r->gscale == NULL ? NULL : pass->gscale;
    r->io.glatent = pass->glatent = conform_empty_floats(&r->memory, r->n);
    form_pass_backward(r);
    for (uint32_t t = 0; t < r->plan.n_tensors; t++)
        if (r->gradients[t] != NULL) {
            pass->gradients[t] = conform_empty_floats(&r->memory, r->n_tensor[t]);
            memcpy(pass->gradients[t], r->gradients[t], r->n_tensor[t] * sizeof(float));
        }
}

/* backward(2 a + b) against 2 backward(a) + backward(b). */
static void form_check_linear(form_rig *r)
{
    const uint32_t filters = r->io.filters;
    form_pass passes[3] = {{.gcodes = NULL}};
    for (int k = 0; k < 3; k++) {
        passes[k].gcodes = conform_random_floats(&r->memory, r->n);
        passes[k].gscale = conform_random_floats(&r->memory, filters);
    }
    const form_pass *a = &passes[0], *b = &passes[1], *sum = &passes[2];
    for (size_t i = 0; i < r->n; i++)
        sum->gcodes[i] = 2.0f * a->gcodes[i] + b->gcodes[i];
    for (uint32_t f = 0; f < filters; f++)
        sum->gscale[f] = 2.0f * a->gscale[f] + b->gscale[f];
    form_pass_forward(r);
    for (int k = 0; k < 3; k++)
        form_keep_pass(r, &passes[k]);
    form_require_linear(r, "weight", r->n, a->glatent, b->glatent, sum->glatent);
    for (uint32_t t = 0; t < r->plan.n_tensors; t++)
        if (r->gradients[t] != NULL)
            form_require_linear(r, r->plan.tensors[t].name, r->n_tensor[t], a->gradients[t],
                                b->gradients[t], sum->gradients[t]);
}

/* The cosine of the angle between two lists; 0 of one that is all 0. */
static double form_cosine(size_t n, const float *a, const float *b)
{
    double aa = 0.0, bb = 0.0, ab = 0.0;
    for (size_t i = 0; i < n; i++) {
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
        ab += (double)a[i] * (double)b[i];
    }
    return aa > 0.0 && bb > 0.0 ? ab / sqrt(aa * bb) : 0.0;
}

/* Where codes change with the weights (the difference of the codes of weights that are moved along a random
 * direction, and against it), the gradient for that direction does not point the other way. */
static void form_check_direction(form_rig *r)
{
    static const float step = 0.25f, follows = 0.25f, opposes = -0.1f;
    float *along = conform_random_floats(&r->memory, r->n);
    float *moved = conform_empty_floats(&r->memory, r->n);
    if (r->n < 64)
        return;
    for (int sign = 1; sign >= -1; sign -= 2) {
        for (size_t i = 0; i < r->n; i++)
            r->latent[i] += (sign > 0 ? 1.0f : -2.0f) * step * along[i];
        form_pass_forward(r);
        for (size_t i = 0; i < r->n; i++)
            moved[i] = sign > 0 ? r->io.codes[i] : moved[i] - r->io.codes[i];
    }
    for (size_t i = 0; i < r->n; i++) {
        r->latent[i] += step * along[i];
        r->gcodes[i] = along[i];
    }
    for (uint32_t f = 0; r->gscale != NULL && f < r->io.filters; f++)
        r->gscale[f] = 0.0f;
    form_pass_forward(r);
    form_pass_backward(r);
    const double codes = form_cosine(r->n, moved, along);
    const double gradient = form_cosine(r->n, r->io.glatent, along);
    CONFORM_REQUIRE(
        r->s, !(codes > follows && gradient < opposes),
        "codes follow the weights (cosine %.2f), and the gradient of the weights points "
        "against that of the codes (%.2f)",
        codes, gradient);
}

/* In place, and where the plan says so, slice by slice. */
static void form_check_in_place(form_rig *r)
{
    form_pass_forward(r);
    form_pass_backward(r);
    float *apart = r->io.glatent, *codes = r->io.codes;
    r->io.glatent = conform_empty_floats(&r->memory, r->n);
    memcpy(r->io.glatent, r->gcodes, r->n * sizeof *r->gcodes);
    r->io.gcodes = r->io.glatent;
    form_pass_backward(r);
    conform_require_same(r->s, "glatent in place", r->io.glatent, apart, r->n);
    if ((r->form->flags & BNN_FORM_ELEMENTWISE) == 0)
        return;
    const size_t from = r->n / 3, n = r->n - from;
    bnn_form_io slice = r->io;
    slice.filters = 1;
    slice.taps = (uint32_t)n;
    slice.latent += from;
    slice.codes = conform_empty_floats(&r->memory, n);
    form_rig part = *r;
    part.io = slice;
    part.n = n;
    part.io.host = &part;
    r->form->forward(&r->s->ctx, r->s->params, &part.io);
    conform_require_same(r->s, "codes of a slice", part.io.codes, codes + from, n);
}

/* The loss sum of c * scale * code, and what the layer would hand back. rest: NULL, or what is added to codes before
 * they are rounded. */
static double form_loss(form_rig *r, const float *c, const float *rest)
{
    double loss = 0.0;
    if (rest == NULL)
        form_pass_forward(r);
    else
        r->form->proxy(&r->s->ctx, r->s->params, &r->io);
    for (uint32_t f = 0; f < r->io.filters; f++) {
        const float scale = r->io.scale == NULL ? 1.0f : r->io.scale[f];
        double sum = 0.0;
        for (size_t i = (size_t)f * r->io.taps; i < (size_t)(f + 1) * r->io.taps; i++) {
            const double code = (double)r->io.codes[i] + (rest == NULL ? 0.0 : (double)rest[i]);
            r->gcodes[i] = scale * c[i];
            sum += (double)c[i] * code;
        }
        if (r->gscale != NULL)
            r->gscale[f] = (float)sum;
        loss += (double)scale * sum;
    }
    return loss;
}

/* The slope of the loss along *x, by differences h apart; false where they say little. */
static bool form_slope(form_rig *r, const float *c, const float *rest, float *x, float h,
                       double *slope)
{
    const float here = *x;
    double at[5], loss[5];
    for (int k = 0; k < 5; k++) {
        *x = here + (float)(k - 2) * h;
        at[k] = (double)*x;
        loss[k] = form_loss(r, c, rest);
    }
    *x = here;
    return conform_slope(at, loss, 0.2, 0.01, slope);
}

/* What rounding adds to codes; NULL where they are not rounded. */
static const float *form_rest(form_rig *r)
{
    if (r->form->proxy == NULL)
        return NULL;
    float *rest = conform_empty_floats(&r->memory, r->n);
    form_pass_forward(r);
    memcpy(rest, r->io.codes, r->n * sizeof *rest);
    r->form->proxy(&r->s->ctx, r->s->params, &r->io);
    for (size_t i = 0; i < r->n; i++)
        rest[i] -= r->io.codes[i];
    return rest;
}

static void form_check_tensors(form_rig *r)
{
    const float *c = conform_random_floats(&r->memory, r->n), *rest = form_rest(r);
    const float h = rest == NULL ? 0x1p-8f : 0x1p-10f; /* few weights leave the range on the way */
    const double tolerance = rest == NULL ? 0.01 : 0.05;
    if (!r->s->moderate)
        return;
    for (uint32_t t = 0; t < r->plan.n_tensors; t++)
        for (size_t i = 0; r->gradients[t] != NULL && i < r->n_tensor[t]; i++) {
            double slope;
            if (!form_slope(r, c, rest, &r->tensors[t][i], h, &slope))
                continue;
            form_loss(r, c, NULL);
            form_pass_backward(r);
            const double got = (double)r->gradients[t][i];
            CONFORM_REQUIRE(r->s, fabs(got - slope) <= tolerance * (1 + fabs(slope)),
                            "the gradient of %s[%zu] is %g, differences give %g",
                            r->plan.tensors[t].name, i, got, slope);
        }
}

/* The nearest of the planned levels. */
static void form_check_nearest(form_rig *r)
{
    const bnn_form_plan *p = &r->plan;
    const float *rest = form_rest(r), most = 0.5f * (float)p->code_step * 1.0001f;
    for (size_t i = 0; i < r->n; i++)
        CONFORM_REQUIRE(r->s, p->code_step == 0 || fabsf(rest[i]) <= most,
                        "code %zu is %g, proxy gives %g, and levels are %d apart", i,
                        (double)(r->io.codes[i] + rest[i]), (double)r->io.codes[i], p->code_step);
}

static size_t form_largest(const form_rig *r)
{
    size_t largest = 0;
    for (size_t i = 1; i < r->n; i++)
        if (fabsf(r->latent[i]) > fabsf(r->latent[largest]))
            largest = i;
    return largest;
}

/* Of some weights; but not of the largest, in which a form may see a constant. */
static void form_check_weights(form_rig *r)
{
    const float *c = conform_random_floats(&r->memory, r->n), *rest = form_rest(r);
    const size_t stride = r->n / 24 + 1, largest = form_largest(r);
    if (!r->s->moderate)
        return;
    for (size_t i = 0; i < r->n; i += stride) {
        double slope;
        if (i == largest || !form_slope(r, c, rest, &r->latent[i], 0x1p-10f, &slope))
            continue;
        form_loss(r, c, NULL);
        form_pass_backward(r);
        const double got = (double)r->io.glatent[i];
        CONFORM_REQUIRE(r->s, fabs(got - slope) <= 0.02 * (1 + fabs(slope)),
                        "the gradient of weight %zu is %g, differences of proxy give %g", i, got,
                        slope);
    }
}

/* Whatever the tensors were before, and for weights of any size. */
static void form_check_start(form_rig *r)
{
    static const float sizes[] = {0.5f, 0.0f, FLT_TRUE_MIN, 1e-20f, 1e20f};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        float *first[BNN_FORM_TENSORS_MAX] = {NULL};
        for (size_t i = 0; i < r->n; i++)
            r->latent[i] = sizes[k] * (k % 2 == 0 && i % 3 == 0 ? -1.0f : 1.0f);
        for (int again = 0; again < 2; again++)
            for (uint32_t t = 0; t < r->plan.n_tensors; t++) {
                if (!again)
                    first[t] = conform_empty_floats(&r->memory, r->n_tensor[t]);
                for (size_t i = 0; i < r->n_tensor[t]; i++)
                    r->tensors[t][i] = again ? -3.0f : 0.25f;
                r->form->start(&r->s->ctx, r->s->params, &r->io);
                for (size_t i = 0; i < r->n_tensor[t]; i++)
                    CONFORM_REQUIRE(r->s, isfinite(r->tensors[t][i]),
                                    "weights of magnitude %g: %s[%zu] starts at %g",
                                    (double)sizes[k], r->plan.tensors[t].name, i,
                                    (double)r->tensors[t][i]);
                if (again)
                    conform_require_same(r->s, "tensors at the start, again", r->tensors[t],
                                         first[t], r->n_tensor[t]);
                else
                    memcpy(first[t], r->tensors[t], r->n_tensor[t] * sizeof(float));
            }
    }
}

static void form_run_forward(conform_subject *s)
{
    form_check_always(s, form_check_forward);
}

static void form_run_linear(conform_subject *s)
{
    form_check_always(s, form_check_linear);
}

static void form_run_direction(conform_subject *s)
{
    form_check_always(s, form_check_direction);
}

static void form_run_in_place(conform_subject *s)
{
    form_check_always(s, form_check_in_place);
}

static void form_run_tensors(conform_subject *s)
{
    form_rig r;
    if (form_rig_create(&r, s, 6, 25, 0.5f) && r.plan.n_tensors == 0)
        conform_skip(s, "it has no tensors of its own");
    form_check_always(s, form_check_tensors);
}

static void form_skip_without(conform_subject *s, bool has, const char *why)
{
    if (!has)
        conform_skip(s, "%s", why);
}

static void form_run_nearest(conform_subject *s)
{
    form_skip_without(s, ((const bnn_form *)(const void *)s->head)->proxy != NULL,
                      "it has no proxy");
    form_check_always(s, form_check_nearest);
}

static void form_run_weights(conform_subject *s)
{
    form_skip_without(s, ((const bnn_form *)(const void *)s->head)->proxy != NULL,
                      "it has no proxy");
    form_check_always(s, form_check_weights);
}

static void form_run_start(conform_subject *s)
{
    form_skip_without(s, ((const bnn_form *)(const void *)s->head)->start != NULL,
                      "its tensors begin as the plan fills them");
    form_check_always(s, form_check_start);
}

const conform_check conform_form_checks[] = {
    {"codes", "of the planned levels, finite for any weights, the same each time",
     form_run_forward},
    {"gradient", "finite, and linear in those of codes and scale", form_run_linear},
    {"direction", "where codes follow the weights, the gradient does not point the other way",
     form_run_direction},
    {"in place", "glatent may be gcodes; slices where it is elementwise", form_run_in_place},
    {"tensors", "gradients of its tensors agree with differences", form_run_tensors},
    {"nearest", "codes are the levels nearest to what proxy gives", form_run_nearest},
    {"weights", "gradients of weights agree with differences of proxy", form_run_weights},
    {"start", "tensors begin finite, the same each time", form_run_start},
    {.name = NULL},
};
