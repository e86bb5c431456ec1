#include "export/c/writer.h"

#include <math.h>

static const char *ops_constant(c_writer *w, float value)
{
    char text[C_FLOAT_MAX];
    if (!bnn_c_float(value, text))
        w->not_finite = w->name;
    return bnn_c_text(w, "%s", text);
}

/* ---- on single values -------------------------------------------------------------------- */

static void ops_affine(c_writer *w, uint32_t j)
{
    bnn_c_code(w, "value = @_fused(value, @_%s_factor%u[c], @_%s_offset%u[c]);\n", w->name, j + 1,
               w->name, j + 1);
}

/* Bounds that nothing passes are left out. */
static void ops_clamp(c_writer *w, uint32_t j)
{
    const bnn_op *op = &w->stage->chain[j];
    if (op->low > -INFINITY) {
        const char *low = ops_constant(w, op->low);
        bnn_c_code(w, "value = %s > value ? %s : value;\n", low, low);
    }
    if (op->high < INFINITY) {
        const char *high = ops_constant(w, op->high);
        bnn_c_code(w, "value = %s < value ? %s : value;\n", high, high);
    }
}

static void ops_slope(c_writer *w, uint32_t j)
{
    bnn_c_code(w, "value *= value >= 0.0f ? 1.0f : @_%s_factor%u[c];\n", w->name, j + 1);
}

static void ops_slopes(c_writer *w, uint32_t j)
{
    bnn_c_code(w, "value *= value >= 0.0f ? @_%s_offset%u[c] : @_%s_factor%u[c];\n", w->name, j + 1,
               w->name, j + 1);
}

static void ops_sign(c_writer *w, uint32_t j)
{
    (void)j;
    bnn_c_code(w, "value = value >= 0.0f ? 1.0f : -1.0f;\n");
}

/* ---- of windows -------------------------------------------------------------------------- */

/* `value` is the window's first; then each of the others, is joined with it. */
static void ops_window(c_writer *w, const bnn_op *op, const char *join)
{
    const uint32_t k = op->kernel;
    bnn_c_code(w,
               "const float *corner = @_work.plane + h * %u + v * %u;\n"
               "float value = corner[0];\n",
               op->stride * op->in.w, op->stride);
    if (k > 1)
        bnn_c_code(w, "for (size_t t = 1; t < %u; t++)\n    %s;\n", k * k, join);
}

static const char *ops_next(c_writer *w, const bnn_op *op)
{
    return bnn_c_text(w, "corner[t / %u * %u + t %% %u]", op->kernel, op->in.w, op->kernel);
}

static void ops_maxpool(c_writer *w, uint32_t j)
{
    const bnn_op *op = &w->stage->chain[j];
    const char *next = ops_next(w, op);
    ops_window(w, op, bnn_c_text(w, "value = %s > value ? %s : value", next, next));
}

static void ops_avgpool(c_writer *w, uint32_t j)
{
    const bnn_op *op = &w->stage->chain[j];
    const uint32_t area = op->kernel * op->kernel;
    ops_window(w, op, bnn_c_text(w, "value += %s", ops_next(w, op)));
    bnn_c_code(w, "value *= %s;\n", ops_constant(w, 1.0f / (float)area));
}

/* ---- the table --------------------------------------------------------------------------- */

/* Rows for what can follow a linear operation. */
static const struct {
    bool has_windows;
    void (*write)(c_writer *w, uint32_t j);
} ops_table[] = {
    [BNN_LOWER_AFFINE] = {.write = ops_affine},
    [BNN_LOWER_CLAMP] = {.write = ops_clamp},
    [BNN_LOWER_SLOPE] = {.write = ops_slope},
    [BNN_LOWER_MAXPOOL] = {.has_windows = true, .write = ops_maxpool},
    [BNN_LOWER_AVGPOOL] = {.has_windows = true, .write = ops_avgpool},
    [BNN_LOWER_SIGN] = {.write = ops_sign},
    [BNN_LOWER_SLOPES] = {.write = ops_slopes},
    [BNN_LOWER_GROUP_SUM] = {.write = NULL}, /* logic is in no chain */
};
_Static_assert(sizeof ops_table / sizeof *ops_table == BNN_LOWER_KINDS, "a row for each operation");

bool bnn_c_op_has_windows(uint32_t type)
{
    return ops_table[type].has_windows;
}

void bnn_c_op(c_writer *w, uint32_t j)
{
    ops_table[w->stage->chain[j].type].write(w, j);
}
