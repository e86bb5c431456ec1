#include "export/c/writer.h"

#include "base/size.h"

void bnn_c_size_buffers(c_writer *w)
{
    for (uint32_t i = 0; i + 1 < w->model->n_stages; i++) {
        const bnn_stage *s = &w->model->stages[i];
        const size_t n = bnn_shape_values(s->out);
        if (s->outputs == BNN_VALUES_BITS)
            w->work.bits[i % 2] = bnn_size_larger(w->work.bits[i % 2], bnn_c_words(n));
        else
            w->work.floats[i % 2] = bnn_size_larger(w->work.floats[i % 2], n);
    }
}

size_t bnn_c_workspace_bytes(const c_workspace *k)
{
    size_t words =
        bnn_size_larger(k->bits[0], k->floats[0]) + bnn_size_larger(k->bits[1], k->floats[1]);
    words += k->window + k->plane + (k->pixels + 3) / 4;
    return 4 * words;
}

static void workspace_buffer(c_writer *w, const char *name, size_t bits, size_t floats)
{
    if (bits == 0 && floats == 0)
        return;
    fprintf(w->out, "    union {\n");
    if (bits > 0)
        fprintf(w->out, "        uint32_t bits[%zu];\n", bits);
    if (floats > 0)
        fprintf(w->out, "        float floats[%zu];\n", floats);
    fprintf(w->out, "    } %s;\n", name);
}

void bnn_c_workspace(c_writer *w)
{
    const c_workspace *k = &w->work;
    if (bnn_c_workspace_bytes(k) == 0)
        return;
    fprintf(w->out, "/* Stages write to `odd` and `even` in turn. */\nstatic struct {\n");
    workspace_buffer(w, "odd", k->bits[0], k->floats[0]);
    workspace_buffer(w, "even", k->bits[1], k->floats[1]);
    if (k->window > 0)
        fprintf(w->out, "    uint32_t window[%zu]; /* bits under a kernel */\n", k->window);
    if (k->plane > 0)
        fprintf(w->out, "    float plane[%zu]; /* values of one channel */\n", k->plane);
    if (k->pixels > 0)
        fprintf(w->out, "    uint8_t pixels[%zu]; /* under a kernel */\n", (k->pixels + 3) / 4 * 4);
    fprintf(w->out,
            "} work;\n\n/* Does not compile when the header tells another size. */\n"
            "typedef char work_size[sizeof work == %s_WORKSPACE_BYTES ? 1 : -1];\n\n",
            w->upper);
}
