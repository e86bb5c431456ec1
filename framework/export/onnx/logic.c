/* logic.c - gates as ONNX: all nodes are columns of one table of whole numbers 0 and 1, to which each run adds its own. A
 * gate's inputs are gathered and make a number, which its table is gathered with. All is exact in any runtime. */
#include "export/onnx/ops.h"

#include <math.h>

/* A list of whole numbers as an initializer. */
static const char *logic_numbers(bnn_onnx_writer *w, const char *name, const uint32_t *values,
                                 size_t n, uint32_t divisor)
{
    int64_t *wide = bnn_onnx_alloc(w, n, sizeof *wide);
    for (size_t i = 0; wide != NULL && i < n; i++)
        wide[i] = values[i] / divisor;
    return wide == NULL ? name : bnn_onnx_int64s(w, name, wide, n);
}

/* Columns of the value at hand. */
static void logic_gather(bnn_onnx_writer *w, const char *name, const char *columns)
{
    bnn_onnx_then(w, "Gather", name, columns, NULL);
    bnn_onnx_set_int(w, "axis", 1);
}

/* The constant, which is no number that reaches infinity, and the sources. */
static void logic_sources(bnn_onnx_writer *w, const bnn_stage *s)
{
    const bnn_logic *logic = s->logic;
    const char *name = s->op.name;
    const size_t n = 1 + (size_t)logic->n_sources;
    const int64_t dims = (int64_t)n;
    uint32_t *place = bnn_onnx_alloc(w, n, sizeof *place);
    float *threshold = bnn_onnx_alloc(w, n, sizeof *threshold);
    if (place == NULL || threshold == NULL)
        return;
    threshold[0] = 2.0f;
    for (size_t i = 1; i < n; i++) {
        place[i] = logic->source[i - 1];
        threshold[i] = logic->level == NULL ? 0.0f : bnn_pixel_value(logic->level[i - 1]);
    }
    bnn_onnx_flatten(w, name);
    logic_gather(w, bnn_onnx_name(w, "%s.inputs", name),
                 logic_numbers(w, bnn_onnx_name(w, "%s.sources", name), place, n, 1));
    bnn_onnx_then(w, "GreaterOrEqual", bnn_onnx_name(w, "%s.reached", name),
                  bnn_onnx_tensor(w, bnn_onnx_name(w, "%s.levels", name), BNN_ONNX_FLOAT, &dims, 1,
                                  threshold),
                  NULL);
    bnn_onnx_cast(w, bnn_onnx_name(w, "%s.nodes", name), BNN_ONNX_INT64);
}

/* The tables of a run, one behind the other, and where each begins. */
static const char *logic_tables(bnn_onnx_writer *w, const char *name, const bnn_logic_run *run)
{
    const size_t size = (size_t)1 << run->inputs;
    const int64_t n = (int64_t)(run->n * size);
    uint8_t *bits = bnn_onnx_alloc(w, (size_t)n, 1);
    for (size_t i = 0; bits != NULL && i < (size_t)n; i++)
        bits[i] = run->table[i / size] >> i % size & 1;
    const char *table = bnn_onnx_name(w, "%s.tables", name);
    return bits == NULL ? table : bnn_onnx_tensor(w, table, BNN_ONNX_UINT8, &n, 1, bits);
}

static const char *logic_table_starts(bnn_onnx_writer *w, const char *name,
                                      const bnn_logic_run *run)
{
    uint32_t *start = bnn_onnx_alloc(w, run->n, sizeof *start);
    for (uint32_t i = 0; start != NULL && i < run->n; i++)
        start[i] = i << run->inputs;
    const char *starts = bnn_onnx_name(w, "%s.starts", name);
    return start == NULL ? starts : logic_numbers(w, starts, start, run->n, 1);
}

/* What the places of k bits count. */
static const char *logic_places(bnn_onnx_writer *w, uint32_t k)
{
    static const int64_t places[] = {1, 2, 4, 8, 16, 32};
    const char *name = bnn_onnx_name(w, "gate.places_%u", k);
    return bnn_onnx_has(w, name) ? name : bnn_onnx_int64s(w, name, places, k);
}

/* [N][n * k] -> [N][n], the sum of each k. */
static void logic_sum(bnn_onnx_writer *w, const char *name)
{
    static const int64_t last = 2;
    if (!bnn_onnx_has(w, "gate.last"))
        bnn_onnx_int64s(w, "gate.last", &last, 1);
    bnn_onnx_then(w, "ReduceSum", name, "gate.last", NULL);
    bnn_onnx_set_int(w, "keepdims", 0);
}

static void logic_split(bnn_onnx_writer *w, const char *name, uint32_t n, uint32_t k)
{
    const int64_t dims[] = {0, n, k}; /* 0: as many images as come in */
    bnn_onnx_then(w, "Reshape", bnn_onnx_name(w, "%s.split", name),
                  bnn_onnx_int64s(w, bnn_onnx_name(w, "%s.dims", name), dims, 3), NULL);
}

static void logic_run(bnn_onnx_writer *w, const char *name, const bnn_logic_run *run)
{
    const char *const nodes = w->value;
    logic_gather(w, bnn_onnx_name(w, "%s.pins", name),
                 logic_numbers(w, bnn_onnx_name(w, "%s.wires", name), run->wire,
                               (size_t)run->n * run->inputs, 1));
    logic_split(w, name, run->n, run->inputs);
    bnn_onnx_then(w, "Mul", bnn_onnx_name(w, "%s.placed", name), logic_places(w, run->inputs),
                  NULL);
    logic_sum(w, bnn_onnx_name(w, "%s.entry", name));
    const char *entry = bnn_onnx_then(w, "Add", bnn_onnx_name(w, "%s.index", name),
                                      logic_table_starts(w, name, run), NULL);
    const char *bits =
        bnn_onnx_node(w, "Gather", bnn_onnx_name(w, "%s.bits", name),
                      (const char *const[]){logic_tables(w, name, run), entry, NULL});
    w->value = bits;
    const char *gates = bnn_onnx_cast(w, bnn_onnx_name(w, "%s.gates", name), BNN_ONNX_INT64);
    bnn_onnx_node(w, "Concat", bnn_onnx_name(w, "%s.nodes", name),
                  (const char *const[]){nodes, gates, NULL});
    bnn_onnx_set_int(w, "axis", 1);
}

/* -1 and +1 of the outputs: 2 v - 1 of a node, 1 - 2 v of an inverted one. */
static void logic_outputs(bnn_onnx_writer *w, const bnn_stage *s)
{
    const bnn_logic *logic = s->logic;
    const char *name = s->op.name;
    const size_t n = logic->n_outputs;
    const int64_t dims = (int64_t)n;
    float *factor = bnn_onnx_alloc(w, n, sizeof *factor);
    float *offset = bnn_onnx_alloc(w, n, sizeof *offset);
    if (factor == NULL || offset == NULL)
        return;
    for (size_t i = 0; i < n; i++) {
        factor[i] = logic->output[i] & 1 ? -2.0f : 2.0f;
        offset[i] = logic->output[i] & 1 ? 1.0f : -1.0f;
    }
    logic_gather(w, bnn_onnx_name(w, "%s.read", name),
                 logic_numbers(w, bnn_onnx_name(w, "%s.outputs", name), logic->output, n, 2));
    bnn_onnx_cast(w, bnn_onnx_name(w, "%s.floats", name), BNN_ONNX_FLOAT);
    bnn_onnx_then(
        w, "Mul", bnn_onnx_name(w, "%s.turned", name),
        bnn_onnx_tensor(w, bnn_onnx_name(w, "%s.turns", name), BNN_ONNX_FLOAT, &dims, 1, factor),
        NULL);
    bnn_onnx_then(
        w, "Add", logic->group == 0 ? name : bnn_onnx_name(w, "%s.signs", name),
        bnn_onnx_tensor(w, bnn_onnx_name(w, "%s.lows", name), BNN_ONNX_FLOAT, &dims, 1, offset),
        NULL);
}

void bnn_onnx_logic(bnn_onnx_writer *w, const bnn_stage *s)
{
    logic_sources(w, s);
    for (uint32_t i = 0; i < s->logic->n_runs; i++)
        logic_run(w, bnn_onnx_name(w, "%s.run_%u", s->op.name, i + 1), &s->logic->runs[i]);
    logic_outputs(w, s);
    if (s->logic->group > 0) {
        logic_split(w, bnn_onnx_name(w, "%s.groups", s->op.name), s->op.out.c, s->logic->group);
        logic_sum(w, s->op.name);
    } else if (s->op.out.h > 1 || s->op.out.w > 1) {
        bnn_onnx_unflatten(w, s->op.name, s->op.out);
    }
}
