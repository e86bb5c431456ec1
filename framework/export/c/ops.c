#include "export/c/writer.h"

#include <math.h>

static const char *ops_constant(c_writer *w, uint32_t i, float value, char text[C_FLOAT_MAX])
{
    if (!bnn_c_float(value, text))
        w->not_finite = w->names[i];
    return text;
}

/* ---- on single values -------------------------------------------------------------------- */

static void ops_affine(c_writer *w, uint32_t i, uint32_t j, int indent)
{
    const char *name = w->names[i];
    fprintf(w->out, "%*svalue = fused(value, %s_factor%u[c], %s_offset%u[c]);\n", indent, "", name,
            j + 1, name, j + 1);
    w->helpers |= C_FUSED;
}

/* Bounds that nothing passes are left out. */
static void ops_clamp(c_writer *w, uint32_t i, uint32_t j, int indent)
{
    const bnn_op *op = &w->model->stages[i].chain[j];
    char text[C_FLOAT_MAX];
    if (op->low > -INFINITY) {
        ops_constant(w, i, op->low, text);
        fprintf(w->out, "%*svalue = %s > value ? %s : value;\n", indent, "", text, text);
    }
    if (op->high < INFINITY) {
        ops_constant(w, i, op->high, text);
        fprintf(w->out, "%*svalue = %s < value ? %s : value;\n", indent, "", text, text);
    }
}

static void ops_slope(c_writer *w, uint32_t i, uint32_t j, int indent)
{
    fprintf(w->out, "%*svalue *= value >= 0.0f ? 1.0f : %s_factor%u[c];\n", indent, "", w->names[i],
            j + 1);
}

static void ops_sign(c_writer *w, uint32_t i, uint32_t j, int indent)
{
    (void)i, (void)j;
    fprintf(w->out, "%*svalue = value >= 0.0f ? 1.0f : -1.0f;\n", indent, "");
}

/* ---- of windows -------------------------------------------------------------------------- */

/* `value` is the window's first; then `join` for each of the others, whose text it gets. */
static void ops_window(c_writer *w, const bnn_op *op, int indent,
                       void (*join)(c_writer *w, const char *next))
{
    const uint32_t k = op->kernel;
    char next[C_INDEX_MAX];
    fprintf(w->out, "%*sconst float *corner = work.plane + h * %u + v * %u;\n", indent, "",
            op->stride * op->in.w, op->stride);
    fprintf(w->out, "%*sfloat value = corner[0];\n", indent, "");
    if (k == 1)
        return;
    snprintf(next, sizeof next, "corner[t / %u * %u + t %% %u]", k, op->in.w, k);
    fprintf(w->out, "%*sfor (size_t t = 1; t < %u; t++)\n%*s", indent, "", k * k, indent + 4, "");
    join(w, next);
}

static void ops_join_maximum(c_writer *w, const char *next)
{
    fprintf(w->out, "value = %s > value ? %s : value;\n", next, next);
}

static void ops_join_sum(c_writer *w, const char *next)
{
    fprintf(w->out, "value += %s;\n", next);
}

static void ops_maxpool(c_writer *w, uint32_t i, uint32_t j, int indent)
{
    ops_window(w, &w->model->stages[i].chain[j], indent, ops_join_maximum);
}

static void ops_avgpool(c_writer *w, uint32_t i, uint32_t j, int indent)
{
    const bnn_op *op = &w->model->stages[i].chain[j];
    const uint32_t area = op->kernel * op->kernel;
    char text[C_FLOAT_MAX];
    ops_window(w, op, indent, ops_join_sum);
    fprintf(w->out, "%*svalue *= %s;\n", indent, "", ops_constant(w, i, 1.0f / (float)area, text));
}

/* ---- the table --------------------------------------------------------------------------- */

/* Rows for what can follow a linear operation. */
static const struct {
    bool has_windows;
    void (*write)(c_writer *w, uint32_t i, uint32_t j, int indent);
} ops_table[] = {
    [BNN_LOWER_AFFINE] = {.write = ops_affine},
    [BNN_LOWER_CLAMP] = {.write = ops_clamp},
    [BNN_LOWER_SLOPE] = {.write = ops_slope},
    [BNN_LOWER_MAXPOOL] = {.has_windows = true, .write = ops_maxpool},
    [BNN_LOWER_AVGPOOL] = {.has_windows = true, .write = ops_avgpool},
    [BNN_LOWER_SIGN] = {.write = ops_sign},
};
_Static_assert(sizeof ops_table / sizeof *ops_table == BNN_OP_KINDS, "a row for each operation");

bool bnn_c_op_has_windows(uint32_t type)
{
    return ops_table[type].has_windows;
}

void bnn_c_op(c_writer *w, uint32_t i, uint32_t j, int indent)
{
    ops_table[w->model->stages[i].chain[j].type].write(w, i, j, indent);
}
