#include "export/c/writer.h"

#include "base/size.h"

/* ---- the workspace ----------------------------------------------------------------------- */

void bnn_c_size_buffers(c_writer *w)
{
    w->work.n_slots = bnn_order_slots(w->model, w->slot);
    for (uint32_t i = 0; i + 1 < w->model->n_stages; i++) {
        const bnn_stage *s = &w->model->stages[i];
        const size_t n = bnn_shape_values(s->out);
        size_t *room = s->outputs == BNN_VALUES_BITS    ? w->work.bits
                       : s->outputs == BNN_VALUES_CODES ? w->work.codes
                                                        : w->work.floats;
        room += w->slot[i];
        *room = bnn_size_larger(*room, s->outputs == BNN_VALUES_BITS ? bnn_c_words(n) : n);
    }
    if (!bnn_view_is_all(w->model->view))
        w->work.seen = bnn_shape_values(w->model->stages[0].op.in);
    for (uint32_t i = 1; i < w->model->n_stages; i++)
        w->work.keeps_seen |= bnn_stage_source(&w->model->stages[i], i) < 0;
}

/* What the network sees of an image lies where the second stage writes, unless others see it, too. */
static size_t interface_seen(const c_workspace *k, uint32_t slot)
{
    return slot == 1 && !k->keeps_seen ? k->seen : 0;
}

/* Two slots are called odd and even. */
static const char *interface_slot(c_writer *w, uint32_t slot)
{
    static const char *const two[] = {"odd", "even"};
    return w->work.n_slots == 2 ? two[slot] : bnn_c_text(w, "slot_%u", slot + 1);
}

/* All members are whole words: none needs room in front of it. */
static size_t interface_words(size_t n_bytes)
{
    return (n_bytes + 3) / 4;
}

size_t bnn_c_workspace_bytes(const c_workspace *k)
{
    size_t words = k->window + k->sums + k->plane + k->nodes + interface_words(k->bytes) +
                   (k->keeps_seen ? interface_words(k->seen) : 0);
    for (uint32_t i = 0; i < k->n_slots; i++) {
        const size_t bytes = bnn_size_larger(k->codes[i], interface_seen(k, i));
        words += bnn_size_larger(bnn_size_larger(k->bits[i], k->floats[i]), interface_words(bytes));
    }
    return 4 * words;
}

static void interface_buffer(c_writer *w, uint32_t i)
{
    const c_workspace *k = &w->work;
    const size_t bits = k->bits[i], floats = k->floats[i], codes = k->codes[i],
                 seen = interface_seen(k, i);
    if (bits == 0 && floats == 0 && codes == 0 && seen == 0)
        return;
    fprintf(w->out, "    union {\n");
    if (bits > 0)
        fprintf(w->out, "        uint32_t bits[%zu];\n", bits);
    if (floats > 0)
        fprintf(w->out, "        float floats[%zu];\n", floats);
    if (codes > 0)
        fprintf(w->out, "        uint8_t codes[%zu];\n", 4 * interface_words(codes));
    if (seen > 0)
        fprintf(w->out, "        uint8_t seen[%zu]; /* of an image, by the first stage */\n",
                4 * interface_words(seen));
    fprintf(w->out, "    } %s;\n", interface_slot(w, i));
}

static void interface_workspace(c_writer *w)
{
    const c_workspace *k = &w->work;
    if (bnn_c_workspace_bytes(k) == 0)
        return;
    fprintf(w->out, "/* Stages write to %s. */\nstatic struct {\n",
            k->n_slots == 2 ? "`odd` and `even` in turn"
                            : "a slot that nobody reads from any more");
    for (uint32_t i = 0; i < k->n_slots; i++)
        interface_buffer(w, i);
    if (k->keeps_seen && k->seen > 0)
        fprintf(w->out, "    uint8_t seen[%zu]; /* of an image */\n", 4 * interface_words(k->seen));
    if (k->window > 0)
        fprintf(w->out, "    uint32_t window[%zu]; /* bits under a kernel */\n", k->window);
    if (k->sums > 0)
        fprintf(w->out, "    int32_t sums[%zu]; /* of a window, a channel each */\n", k->sums);
    if (k->plane > 0)
        fprintf(w->out, "    float plane[%zu]; /* values of one channel */\n", k->plane);
    if (k->nodes > 0)
        fprintf(w->out, "    uint32_t nodes[%zu]; /* bits of gates */\n", k->nodes);
    if (k->bytes > 0)
        fprintf(w->out, "    uint8_t bytes[%zu]; /* under a kernel */\n",
                4 * interface_words(k->bytes));
    bnn_c_code(w, "} @_work;\n\n/* Does not compile when the header tells another size. */\n"
                  "typedef char @_work_size[sizeof @_work == $_WORKSPACE_BYTES ? 1 : -1];\n\n");
}

void bnn_c_prologue(c_writer *w)
{
    fprintf(w->out, "%s#include <stddef.h>\n\n",
            bnn_c_helper(w, BNN_C_HELPER_FLOATS)[0] != '\0' ? "#include <float.h>\n" : "");
    const char *text;
    for (size_t i = 0; (text = bnn_c_helper(w, i)) != NULL; i++)
        bnn_c_code(w, "%s", text);
    interface_workspace(w);
}

/* ---- the interface ----------------------------------------------------------------------- */

/* Where the values of stage i are. */
static const char *interface_values(c_writer *w, uint32_t i)
{
    static const char *const members[] = {
        [BNN_VALUES_BITS] = "bits", [BNN_VALUES_FLOATS] = "floats", [BNN_VALUES_CODES] = "codes"};
    return bnn_c_text(w, "@_work.%s.%s", interface_slot(w, w->slot[i]),
                      members[w->model->stages[i].outputs]);
}

/* The calls of all stages, from `pixels` to `logits`. */
static void interface_calls(c_writer *w)
{
    const uint32_t n = w->model->n_stages;
    const bool sees_all = bnn_view_is_all(w->model->view);
    const char *pixels = sees_all ? "pixels"
                         : w->work.keeps_seen
                             ? bnn_c_text(w, "@_work.seen")
                             : bnn_c_text(w, "@_work.%s.seen", interface_slot(w, 1));
    if (!sees_all)
        bnn_c_code(w, "    @_see(pixels, %s);\n", pixels);
    for (uint32_t i = 0; i < n; i++) {
        const bnn_stage *s = &w->model->stages[i];
        const int32_t source = bnn_stage_source(s, i), other = bnn_stage_other(s, i);
        const char *from = source < 0 ? pixels : interface_values(w, (uint32_t)source);
        if (other >= 0)
            bnn_c_code(w,
                       "    for (size_t i = 0; i < %zu; i++)\n"
                       "        %s[i] += %s[i];\n",
                       bnn_shape_values(s->op.in), from, interface_values(w, (uint32_t)other));
        bnn_c_code(w, "    @_%s(%s, %s);\n", w->names[i], from,
                   i + 1 == n ? "logits" : interface_values(w, i));
    }
}

static const char *interface_logit_type(const c_writer *w)
{
    return w->integer_logits ? "int32_t" : "float";
}

/* The function that gives logits of that type. */
static const char *interface_run_name(const c_writer *w)
{
    return w->integer_logits ? "run_integers" : "run";
}

static void interface_run(c_writer *w)
{
    const char *type = interface_logit_type(w), *run = interface_run_name(w);
    bnn_c_code(w, "void @_%s(const uint8_t pixels[$_PIXELS], %s logits[$_CLASSES])\n{\n", run,
               type);
    interface_calls(w);
    bnn_c_code(w, "}\n\n");
    if (w->integer_logits) {
        bnn_c_code(w, "void @_run(const uint8_t pixels[$_PIXELS], float logits[$_CLASSES])\n{\n"
                      "    int32_t integers[$_CLASSES];\n"
                      "    @_run_integers(pixels, integers);\n"
                      "    for (size_t i = 0; i < $_CLASSES; i++) {\n");
        w->indent = 8;
        bnn_c_logit_of_sum(w);
        w->indent = 0;
        bnn_c_code(w, "    }\n}\n\n");
    }
    bnn_c_code(w,
               "int @_classify(const uint8_t pixels[$_PIXELS])\n{\n"
               "    %s logits[$_CLASSES];\n"
               "    @_%s(pixels, logits);\n"
               "    int best = 0;\n"
               "    for (int i = 1; i < $_CLASSES; i++)\n"
               "        if (logits[i] > logits[best])\n"
               "            best = i;\n"
               "    return best;\n}\n",
               type, run);
}

/* One of two arrays, [tests][n]: the images, or the integers that logits are made of. */
static void interface_test_integers(c_writer *w, const char *suffix, size_t n, bool images)
{
    const bnn_c_options *o = w->options;
    const size_t n_values = o->n_tests * n;
    int64_t *values = bnn_arena_alloc(w->arena, n_values, sizeof *values);
    w->no_memory |= values == NULL;
    for (size_t i = 0; values != NULL && i < n_values; i++) {
        int32_t sum = 0;
        if (!images)
            bnn_c_sum_of_logit(w, o->logits[i], &sum);
        values[i] = images ? o->images[i] : sum;
    }
    if (values != NULL)
        bnn_c_integers(w, suffix, o->n_tests, n, values);
}

static void interface_self_test(c_writer *w)
{
    const bnn_c_options *o = w->options;
    if (o->n_tests == 0)
        return;
    putc('\n', w->out);
    bnn_c_section(w->out, "self-test");
    w->name = "test";
    interface_test_integers(w, "images", bnn_shape_values(w->model->input), true);
    if (w->integer_logits)
        interface_test_integers(w, "logits", w->model->n_classes, false);
    else
        bnn_c_floats(w, "logits", o->n_tests, w->model->n_classes, o->logits);
    bnn_c_code(w,
               "\nint @_self_test(void)\n{\n"
               "    for (int i = 0; i < %u; i++) {\n"
               "        %s logits[$_CLASSES];\n"
               "        @_%s(@_test_images[i], logits);\n"
               "        for (int k = 0; k < $_CLASSES; k++)\n"
               "            if (logits[k] != @_test_logits[i][k])\n"
               "                return i + 1;\n"
               "    }\n"
               "    return 0;\n}\n",
               o->n_tests, interface_logit_type(w), interface_run_name(w));
}

void bnn_c_interface(c_writer *w)
{
    bnn_c_section(w->out, "the network");
    interface_run(w);
    interface_self_test(w);
}

void bnn_c_header(c_writer *w)
{
    const bnn_model *m = w->model;
    bnn_c_code(w,
               "/* @ - a trained binary network; see the source file. */\n"
               "#ifndef $_MODEL_H\n#define $_MODEL_H\n\n#include <stdint.h>\n\n"
               "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
               "#define $_CHANNELS %u\n#define $_HEIGHT   %u\n#define $_WIDTH    %u\n"
               "#define $_PIXELS   %zu\n#define $_CLASSES  %u\n\n"
               "/* Static memory that all functions work in: one call at a time. */\n"
               "#define $_WORKSPACE_BYTES %zu\n\n"
               "/* Logits of one image, bytes [channel][row][column] as in training. */\n"
               "void @_run(const uint8_t pixels[$_PIXELS], float logits[$_CLASSES]);\n\n",
               m->input.c, m->input.h, m->input.w, bnn_shape_values(m->input), m->n_classes,
               bnn_c_workspace_bytes(&w->work));
    if (w->integer_logits)
        bnn_c_code(w,
                   "/* %s. */\n"
                   "void @_run_integers(const uint8_t pixels[$_PIXELS], int32_t "
                   "logits[$_CLASSES]);\n\n",
                   bnn_c_last_stage(w)->n_chain > 0
                       ? "Integers in the order of the logits, without a float"
                   : bnn_c_last_stage(w)->inputs == BNN_VALUES_PIXELS &&
                           bnn_c_last_stage(w)->logic == NULL
                       ? "The same without a float, times 128"
                       : "The same without a float");
    bnn_c_code(w, "/* The class of the largest logit; the first, where several are largest. */\n"
                  "int @_classify(const uint8_t pixels[$_PIXELS]);\n\n");
    if (w->options->n_tests > 0)
        bnn_c_code(w,
                   "/* Runs %u images inside the file. 0: all logits are as expected; else the "
                   "number,\n * from 1, of the first image with one that is not. */\n"
                   "int @_self_test(void);\n\n",
                   w->options->n_tests);
    bnn_c_code(w, "#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}
