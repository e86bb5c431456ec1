#include "export/c/writer.h"

#include <stdlib.h>
#include <string.h>

/* The calls of all stages, from `pixels` to `logits`. */
static void interface_calls(c_writer *w)
{
    const uint32_t n = w->model->n_stages;
    char from[C_TERM_MAX] = "pixels";
    for (uint32_t i = 0; i < n; i++) {
        char to[C_TERM_MAX] = "logits";
        if (i + 1 < n)
            snprintf(to, sizeof to, "work.%s.%s", i % 2 == 0 ? "odd" : "even",
                     w->model->stages[i].outputs == BNN_VALUES_BITS ? "bits" : "floats");
        fprintf(w->out, "    %s(%s, %s);\n", w->names[i], from, to);
        memcpy(from, to, sizeof from);
    }
}

static void interface_run(c_writer *w)
{
    const char *p = w->options->prefix, *u = w->upper;
    const char *type = w->integer_logits ? "int32_t" : "float";
    const char *run = w->integer_logits ? "run_integers" : "run";
    fprintf(w->out, "void %s_%s(const uint8_t pixels[%s_PIXELS], %s logits[%s_CLASSES])\n{\n", p,
            run, u, type, u);
    interface_calls(w);
    fprintf(w->out, "}\n\n");
    if (w->integer_logits)
        fprintf(w->out,
                "void %s_run(const uint8_t pixels[%s_PIXELS], float logits[%s_CLASSES])\n{\n"
                "    int32_t integers[%s_CLASSES];\n"
                "    %s_run_integers(pixels, integers);\n"
                "    for (size_t i = 0; i < %s_CLASSES; i++)\n"
                "        logits[i] = (float)integers[i]%s;\n}\n\n",
                p, u, u, u, p, u, bnn_c_integer_scale(w) > 1.0f ? " / 128.0f" : "");
    fprintf(w->out,
            "int %s_classify(const uint8_t pixels[%s_PIXELS])\n{\n"
            "    %s logits[%s_CLASSES];\n"
            "    %s_%s(pixels, logits);\n"
            "    int best = 0;\n"
            "    for (int i = 1; i < %s_CLASSES; i++)\n"
            "        if (logits[i] > logits[best])\n"
            "            best = i;\n"
            "    return best;\n}\n",
            p, u, type, u, p, run, u);
}

static void interface_self_test(c_writer *w)
{
    const bnn_c_options *o = w->options;
    const size_t pixels = bnn_shape_values(w->model->input), classes = w->model->n_classes;
    const size_t n_logits = o->n_tests * classes;
    if (o->n_tests == 0)
        return;
    putc('\n', w->out);
    bnn_c_section(w->out, "self-test");
    bnn_c_pixels(w, "test_images", o->n_tests, pixels, o->images);
    if (w->integer_logits) {
        int32_t *integers = malloc(n_logits * sizeof *integers);
        w->no_memory |= integers == NULL;
        for (size_t i = 0; integers != NULL && i < n_logits; i++)
            integers[i] = (int32_t)(o->logits[i] * bnn_c_integer_scale(w));
        if (integers != NULL)
            bnn_c_integers(w, "test_logits", "", true, o->n_tests, classes, integers);
        free(integers);
    } else {
        bnn_c_floats(w, "test_logits", "", true, o->n_tests, classes, o->logits);
    }
    fprintf(w->out,
            "\nint %s_self_test(void)\n{\n"
            "    for (int i = 0; i < %u; i++) {\n"
            "        %s logits[%s_CLASSES];\n"
            "        %s_%s(test_images[i], logits);\n"
            "        for (int k = 0; k < %s_CLASSES; k++)\n"
            "            if (logits[k] != test_logits[i][k])\n"
            "                return i + 1;\n"
            "    }\n"
            "    return 0;\n}\n",
            o->prefix, o->n_tests, w->integer_logits ? "int32_t" : "float", w->upper, o->prefix,
            w->integer_logits ? "run_integers" : "run", w->upper);
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
    const char *p = w->options->prefix, *u = w->upper;
    fprintf(w->out, "/* %s - a trained binary network; see the source file. */\n", p);
    fprintf(w->out, "#ifndef %s_MODEL_H\n#define %s_MODEL_H\n\n#include <stdint.h>\n\n", u, u);
    fprintf(w->out, "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    fprintf(w->out, "#define %s_CHANNELS %u\n#define %s_HEIGHT   %u\n#define %s_WIDTH    %u\n", u,
            m->input.c, u, m->input.h, u, m->input.w);
    fprintf(w->out, "#define %s_PIXELS   %zu\n#define %s_CLASSES  %u\n\n", u,
            bnn_shape_values(m->input), u, m->n_classes);
    fprintf(w->out,
            "/* Static memory that all functions work in: one call at a time. */\n"
            "#define %s_WORKSPACE_BYTES %zu\n\n",
            u, bnn_c_workspace_bytes(&w->work));
    fprintf(w->out,
            "/* Logits of one image, bytes [channel][row][column] as in training. */\n"
            "void %s_run(const uint8_t pixels[%s_PIXELS], float logits[%s_CLASSES]);\n\n",
            p, u, u);
    if (w->integer_logits)
        fprintf(
            w->out,
            "/* The same without a float%s. */\n"
            "void %s_run_integers(const uint8_t pixels[%s_PIXELS], int32_t logits[%s_CLASSES]);\n"
            "\n",
            bnn_c_integer_scale(w) > 1.0f ? ", times 128" : "", p, u, u);
    fprintf(w->out,
            "/* The class of the largest logit; the first, where several are largest. */\n"
            "int %s_classify(const uint8_t pixels[%s_PIXELS]);\n\n",
            p, u);
    if (w->options->n_tests > 0)
        fprintf(
            w->out,
            "/* Runs %u images inside the file. 0: all logits are as expected; else the number,\n"
            " * from 1, of the first image with one that is not. */\n"
            "int %s_self_test(void);\n\n",
            w->options->n_tests, p);
    fprintf(w->out, "#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}
