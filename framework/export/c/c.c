#include "export/c/c.h"

#include "base/memstream.h"
#include "export/c/writer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- options ----------------------------------------------------------------------------- */

/* The header stands between quotes. */
static bool c_is_file_name(const char *text)
{
    if (text[0] == '\0')
        return false;
    for (const char *t = text; *t != '\0'; t++)
        if (*t < ' ' || *t > '~' || *t == '"' || *t == '\\' || *t == '?')
            return false;
    return true;
}

static int c_check_options(const bnn_c_options *o, bnn_error *err)
{
    if (o->prefix == NULL || !bnn_c_is_prefix(o->prefix))
        return bnn_fail(err, BNN_E_USAGE,
                        "prefix \"%.60s\" is not a letter and then letters, digits or '_', at most "
                        "%d in all",
                        o->prefix != NULL ? o->prefix : "", BNN_C_PREFIX_MAX);
    if (o->header != NULL && !c_is_file_name(o->header))
        return bnn_fail(err, BNN_E_USAGE, "\"%.60s\" cannot be the name of a header in C",
                        o->header);
    if (o->n_tests > BNN_C_TESTS_MAX)
        return bnn_fail(err, BNN_E_USAGE, "%u test images are more than %d", o->n_tests,
                        BNN_C_TESTS_MAX);
    if (o->n_tests > 0 && (o->images == NULL || o->logits == NULL))
        return bnn_fail(err, BNN_E_USAGE, "%u test images without pixels or logits", o->n_tests);
    return BNN_OK;
}

/* Test logits must be such as the model can give, or no constant says them. */
static int c_check_logits(const c_writer *w, bnn_error *err)
{
    const uint32_t n_classes = w->model->n_classes;
    for (size_t i = 0; i < (size_t)w->options->n_tests * n_classes; i++) {
        const float logit = w->options->logits[i];
        int32_t sum;
        if (w->integer_logits ? !bnn_c_sum_of_logit(w, logit, &sum) : !isfinite(logit))
            return bnn_fail(err, BNN_E_USAGE,
                            w->integer_logits
                                ? "test image %zu: the model cannot give the logit %g for class %zu"
                                : "test image %zu: C has no constant for the logit %g of class "
                                  "%zu; take other images",
                            i / n_classes, (double)logit, i % n_classes);
    }
    return BNN_OK;
}

/* ---- stages ------------------------------------------------------------------------------ */

static const char *c_shape_text(c_writer *w, bnn_shape s)
{
    return bnn_c_text(w, s.h == 1 && s.w == 1 ? "%u" : "%ux%ux%u", s.c, s.h, s.w);
}

/* What the stage does in front of what follows it. */
static void c_operation_text(c_writer *w)
{
    const bnn_stage *s = w->stage;
    if (s->op.type == BNN_LOWER_CONV2D)
        fprintf(w->out, "Convolution, kernel %u, stride %u, padding %u%s", s->op.kernel,
                s->op.stride, s->op.padding,
                bnn_op_groups(&s->op) == 1 ? "" : bnn_c_text(w, ", %u groups", s->op.groups));
    else
        fprintf(w->out, "%s",
                s->logic != NULL                ? "Gates"
                : s->op.type == BNN_LOWER_DENSE ? "Dense"
                                                : "Float operations");
}

/* What the sums are of. */
static void c_size_text(c_writer *w)
{
    const bnn_stage *s = w->stage;
    if (s->logic != NULL)
        fprintf(w->out, ".\n * %u inputs, %u gates", s->logic->n_sources, s->logic->n_gates);
    else if (s->op.type != BNN_LOWER_IDENTITY)
        fprintf(w->out, ".\n * %u x %u %s weights, %llu multiply-accumulates", s->op.out.c, s->taps,
                s->op.binary_weights    ? "binary"
                : s->op.codes.step != 0 ? bnn_c_text(w, "%u-level", bnn_codes_levels(s->op.codes))
                                        : "float",
                (unsigned long long)s->macs);
}

/* What a reader wants to know before the arrays. */
static void c_stage_comment(c_writer *w, uint32_t i)
{
    static const char *const values[] = {"pixels", "bits", "floats", "codes"};
    const bnn_stage *s = w->stage;
    bnn_c_section(w->out, bnn_c_text(w, "stage %u: %s", i + 1, w->name));
    fprintf(w->out, "/* ");
    c_operation_text(w);
    fprintf(w->out, ": %s %s -> ", c_shape_text(w, s->op.in), values[s->inputs]);
    if (s->op.type != BNN_LOWER_IDENTITY)
        fprintf(w->out, "%s %s -> ", c_shape_text(w, s->op.out),
                s->logic != NULL && s->logic->group == 0 ? "bits"
                : s->logic != NULL || w->integer_sums    ? "integer sums"
                                                         : "float sums");
    if (w->integer_logits && i == w->model->n_stages - 1)
        fprintf(w->out, "logits");
    else
        fprintf(w->out, "%s %s", c_shape_text(w, s->out), values[s->outputs]);
    const uint32_t pool = s->folded ? s->fold.pool : s->lines != NULL ? s->lines->pool : 0;
    if (pool != 0)
        fprintf(w->out, ",\n * pool of %ux%u every %u", pool, pool,
                s->folded ? s->fold.pool_stride : s->lines->pool_stride);
    c_size_text(w);
    fprintf(w->out, ". */\n");
}

/* What the source file ends with. */
static void c_body(c_writer *w)
{
    bnn_c_view(w);
    for (uint32_t i = 0; i < w->model->n_stages; i++) {
        w->stage = &w->model->stages[i];
        w->name = w->names[i];
        bnn_c_find_sums(w);
        c_stage_comment(w, i);
        if (w->stage->folded)
            bnn_c_folded_stage(w);
        else if (w->stage->lines != NULL)
            bnn_c_lines_stage(w);
        else
            bnn_c_chain_stage(w);
    }
    bnn_c_interface(w);
}

/* ---- files ------------------------------------------------------------------------------- */

/* What the model is and where it is from, inside a comment. */
static void c_origin(c_writer *w)
{
    const bnn_model *m = w->model;
    if (w->options->comment != NULL) {
        fprintf(w->out, " *\n * ");
        bnn_c_comment_text(w->out, w->options->comment, " * ", 3);
        putc('\n', w->out);
    }
    if (m->n_metadata > 0)
        fprintf(w->out, " *\n");
    for (uint32_t i = 0; i < m->n_metadata; i++) {
        fprintf(w->out, " * ");
        bnn_c_comment_text(w->out, m->metadata[i].key, " *     ", 3);
        fprintf(w->out, ": ");
        bnn_c_comment_text(w->out, m->metadata[i].value, " *     ", 5 + strlen(m->metadata[i].key));
        putc('\n', w->out);
    }
}

static void c_source(c_writer *w)
{
    fprintf(w->out, "/* %s - a trained binary network: %s pixels in, logits of %u classes out.\n",
            w->options->prefix, c_shape_text(w, w->model->input), w->model->n_classes);
    c_origin(w);
    fprintf(
        w->out,
        " *\n"
        " * Made by a program; change the model, not this file. C99 without a library. Constants\n"
        " * take %zu bytes, the workspace %zu; only one call may run at a time.\n"
        " *\n"
        " * Tensors lie [channel][row][column]. Bits are packed 32 to a word, the first in bit 0\n"
        " * of word 0, and unused bits are 0. A value bit is 1 for +1 and 0 for -1. A weight bit\n"
        " * is the complement, 0 for +1 and 1 for -1: so a plain XOR gives the 1s of XNOR, where\n"
        " * weight and value agree, and unused bits give none. */\n",
        w->constant_bytes, bnn_c_workspace_bytes(&w->work));
    fprintf(w->out, "#include \"%s%s\"\n\n",
            w->options->header != NULL ? w->options->header : w->options->prefix,
            w->options->header != NULL ? "" : ".h");
    bnn_c_prologue(w);
    fputs(w->body, w->out);
}

/* A part of the writing as a text of its own; NULL without memory. */
static char *c_text_of(c_writer *w, void (*write)(c_writer *w))
{
    char *text = NULL;
    size_t n = 0;
    w->out = bnn_memstream_open(&text, &n);
    if (w->out == NULL)
        return NULL;
    write(w);
    if (!bnn_memstream_close(w->out, &text) || w->no_memory) {
        free(text);
        return NULL;
    }
    return text;
}

static int c_prepare(c_writer *w, bnn_error *err)
{
    const bnn_model *m = w->model;
    w->integer_logits = bnn_c_has_integer_logits(m);
    w->most_logit = w->integer_logits ? bnn_c_most_logit(bnn_c_last_stage(w)) : 0;
    for (size_t i = 0; w->options->prefix[i] != '\0'; i++) {
        const char c = w->options->prefix[i];
        w->upper[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    w->names = bnn_arena_alloc(w->arena, m->n_stages, sizeof *w->names);
    w->slot = bnn_arena_alloc(w->arena, m->n_stages, sizeof *w->slot);
    if (w->names == NULL || w->slot == NULL)
        return bnn_no_memory(err);
    bnn_c_name_stages(w);
    bnn_c_size_buffers(w);
    return BNN_OK;
}

static int c_write(c_writer *w, char **source, char **header, bnn_error *err)
{
    char *body = c_text_of(w, c_body);
    w->body = body;
    char *made_source = body != NULL ? c_text_of(w, c_source) : NULL;
    char *made_header = made_source != NULL ? c_text_of(w, bnn_c_header) : NULL;
    free(body);
    if (made_header != NULL && w->not_finite == NULL) {
        *source = made_source;
        *header = made_header;
        return BNN_OK;
    }
    const bool complete = made_header != NULL;
    free(made_source);
    free(made_header);
    if (!complete)
        return bnn_no_memory(err);
    return bnn_fail(err, BNN_E_FAILED,
                    "%s: a value is infinite or not a number, which C cannot say as a constant",
                    w->not_finite);
}

int bnn_c_export(const bnn_model *model, const bnn_c_options *options, char **source, char **header,
                 bnn_error *err)
{
    c_writer w = {.model = model, .options = options};
    int status = c_check_options(options, err);
    if (status != BNN_OK)
        return status;
    w.arena = bnn_arena_create(BNN_MODEL_LIMIT_BYTES);
    if (w.arena == NULL)
        return bnn_no_memory(err);
    status = c_prepare(&w, err);
    if (status == BNN_OK)
        status = c_check_logits(&w, err);
    if (status == BNN_OK)
        status = c_write(&w, source, header, err);
    bnn_arena_destroy(w.arena);
    return status;
}
