#include "export/logic.h"

#include "base/size.h"
#include "infer/model.h"

#include <stdlib.h>
#include <string.h>

/* A literal is 2 * node, or 2 * node + 1: its inverse. */
enum { LITERAL_FALSE = 0, LITERAL_TRUE = 1, PINS = BNN_GATE_INPUTS_MAX };

/* Source or gate, by its number before the last one. */
typedef struct logic_node {
    uint32_t pin[PINS]; /* of a gate: nodes, rising; of a source: its place in the inputs */
    uint32_t inputs;    /* of a gate; 0: a source */
    uint32_t depth;     /* runs that it has to wait for */
    uint64_t table;     /* of a gate; of a source: its level */
    uint32_t number;    /* the last one; 0: it is not used */
    uint32_t next;      /* of those that the hash table has at its place; 0: none */
} logic_node;

typedef struct logic_maker {
    bnn_arena *arena;
    bnn_error *err;
    logic_node *nodes; /* node 0 is the constant */
    uint32_t n, room;
    uint32_t *hash; /* [hash_mask + 1] */
    uint32_t hash_mask;
    uint32_t *literals; /* of the values that the operation at hand reads */
    uint32_t n_literals;
} logic_maker;

/* ---- tables ------------------------------------------------------------------------------ */

/* The table of one pin fewer: that one has the value or, where `other` is another pin, is as that. */
static uint64_t table_without(uint64_t table, uint32_t inputs, uint32_t pin, uint32_t other,
                              bool value)
{
    uint64_t out = 0;
    for (uint32_t m = 0; m < 1u << (inputs - 1); m++) {
        const uint32_t low = m & ((1u << pin) - 1), whole = low | (m ^ low) << 1;
        const bool bit = other == pin ? value : (whole >> other & 1) != 0;
        out |= (table >> (whole | (uint32_t)bit << pin) & 1) << m;
    }
    return out;
}

static uint64_t table_with_inverted(uint64_t table, uint32_t inputs, uint32_t pin)
{
    uint64_t out = 0;
    for (uint32_t m = 0; m < 1u << inputs; m++)
        out |= (table >> (m ^ 1u << pin) & 1) << m;
    return out;
}

/* Neighbouring pins change places. */
static uint64_t table_with_swapped(uint64_t table, uint32_t inputs, uint32_t pin)
{
    uint64_t out = 0;
    for (uint32_t m = 0; m < 1u << inputs; m++) {
        const uint32_t a = m >> pin & 1, b = m >> (pin + 1) & 1;
        out |= (table >> ((m & ~(3u << pin)) | b << pin | a << (pin + 1)) & 1) << m;
    }
    return out;
}

/* ---- a gate ------------------------------------------------------------------------------ */

static void gate_drop(logic_node *g, uint32_t pin, uint32_t other, bool value)
{
    g->table = table_without(g->table, g->inputs, pin, other, value);
    g->inputs--;
    for (uint32_t i = pin; i < g->inputs; i++)
        g->pin[i] = g->pin[i + 1];
}

static void gate_sort(logic_node *g)
{
    for (uint32_t n = g->inputs; n > 1; n--)
        for (uint32_t i = 0; i + 1 < n; i++)
            if (g->pin[i] > g->pin[i + 1]) {
                const uint32_t pin = g->pin[i];
                g->pin[i] = g->pin[i + 1];
                g->pin[i + 1] = pin;
                g->table = table_with_swapped(g->table, g->inputs, i);
            }
}

/* Pins are literals, and become nodes that rise, of which the table depends on each. */
static void gate_simplify(logic_node *g)
{
    for (uint32_t i = g->inputs; i-- > 0;) {
        const bool inverted = g->pin[i] & 1;
        g->pin[i] /= 2;
        if (g->pin[i] == 0)
            gate_drop(g, i, i, inverted);
        else if (inverted)
            g->table = table_with_inverted(g->table, g->inputs, i);
    }
    gate_sort(g);
    for (uint32_t i = g->inputs; i-- > 1;)
        if (g->pin[i] == g->pin[i - 1])
            gate_drop(g, i, i - 1, false);
    for (uint32_t i = g->inputs; i-- > 0;)
        if (!bnn_logic_depends(g->table, g->inputs, i))
            gate_drop(g, i, i, false);
}

static uint32_t gate_hash(const logic_node *g)
{
    uint64_t h = g->table * UINT64_C(0x9e3779b97f4a7c15) + g->inputs;
    for (uint32_t i = 0; i < g->inputs; i++)
        h = (h ^ g->pin[i]) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(h >> 32);
}

static bool gate_is(const logic_node *a, const logic_node *b)
{
    return a->inputs == b->inputs && a->table == b->table &&
           memcmp(a->pin, b->pin, a->inputs * sizeof *a->pin) == 0;
}

/* The literal of a gate whose pins are literals; a new node, if need be. */
static uint32_t maker_add_gate(logic_maker *m, logic_node *g)
{
    gate_simplify(g);
    const bool inverted = g->table & 1;
    if (inverted)
        g->table =
            ~g->table & (g->inputs == PINS ? UINT64_MAX : (UINT64_C(1) << (1u << g->inputs)) - 1);
    if (g->inputs == 0)
        return inverted ? LITERAL_TRUE : LITERAL_FALSE;
    if (g->inputs == 1)
        return 2 * g->pin[0] + inverted;
    uint32_t *place = &m->hash[gate_hash(g) & m->hash_mask];
    for (uint32_t i = *place; i != 0; i = m->nodes[i].next)
        if (gate_is(&m->nodes[i], g))
            return 2 * i + inverted;
    g->depth = 0;
    for (uint32_t i = 0; i < g->inputs; i++)
        g->depth = m->nodes[g->pin[i]].depth > g->depth ? m->nodes[g->pin[i]].depth : g->depth;
    g->depth++;
    g->next = *place;
    *place = m->n;
    m->nodes[m->n] = *g;
    return 2 * m->n++ + inverted;
}

/* ---- operations -------------------------------------------------------------------------- */

/* The first pixel whose float reaches the threshold; 256: none does. */
static uint32_t level_of(float threshold)
{
    uint32_t level = 0;
    while (level < 256 && !(bnn_pixel_value((uint8_t)level) >= threshold))
        level++;
    return level;
}

static int compare_sources(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Sources for n values, place * 256 + level each, and their literals; 0 stands for none. */
static int maker_add_sources(logic_maker *m, const uint32_t *keys, size_t n)
{
    uint32_t *sorted = bnn_arena_copy(m->arena, keys, n, sizeof *keys);
    m->literals = bnn_arena_alloc(m->arena, n, sizeof *m->literals);
    if (sorted == NULL || m->literals == NULL)
        return bnn_no_memory(m->err);
    qsort(sorted, n, sizeof *sorted, compare_sources);
    size_t n_unique = 0;
    for (size_t i = 0; i < n; i++)
        if (sorted[i] % 256 != 0 && (n_unique == 0 || sorted[i] != sorted[n_unique - 1]))
            sorted[n_unique++] = sorted[i];
    for (size_t i = 0; i < n_unique; i++)
        m->nodes[m->n++] = (logic_node){.pin = {sorted[i] / 256}, .table = sorted[i] % 256};
    for (size_t i = 0; i < n; i++) {
        const uint32_t *found =
            bsearch(&keys[i], sorted, n_unique, sizeof *sorted, compare_sources);
        m->literals[i] = found == NULL ? LITERAL_FALSE : 2 * (1 + (uint32_t)(found - sorted));
    }
    m->n_literals = (uint32_t)n;
    return BNN_OK;
}

/* Of a thermometer; or, without one, all values as they are. */
static int maker_begin(logic_maker *m, const bnn_op *op, bool pixels)
{
    const bool levels = op->type == BNN_LOWER_THERMOMETER;
    const size_t n = bnn_shape_values(levels ? op->out : op->in);
    const size_t plane = (size_t)op->in.h * op->in.w;
    uint32_t *keys = bnn_arena_alloc(m->arena, n, sizeof *keys);
    if (keys == NULL)
        return bnn_no_memory(m->err);
    for (size_t i = 0; i < n; i++) {
        const uint32_t level = levels ? level_of(op->thresholds[i]) : pixels ? 128 : 1;
        const size_t place = levels ? i / plane / op->levels * plane + i % plane : i;
        keys[i] = level == 0 || level == 256 ? 0 : (uint32_t)place * 256 + level;
    }
    const int status = maker_add_sources(m, keys, n);
    for (size_t i = 0; status == BNN_OK && levels && i < n; i++)
        if (level_of(op->thresholds[i]) == 0)
            m->literals[i] = LITERAL_TRUE;
    return status;
}

static int maker_add_tables(logic_maker *m, const bnn_op *op)
{
    const size_t n = bnn_shape_values(op->out);
    uint32_t *literals = bnn_arena_alloc(m->arena, n, sizeof *literals);
    if (literals == NULL)
        return bnn_no_memory(m->err);
    for (size_t i = 0; i < n; i++) {
        logic_node gate = {.inputs = op->inputs, .table = op->tables[i]};
        if (op->inputs < PINS)
            gate.table &= (UINT64_C(1) << (1u << op->inputs)) - 1;
        for (uint32_t j = 0; j < op->inputs; j++)
            gate.pin[j] = m->literals[op->wires[i * op->inputs + j]];
        literals[i] = maker_add_gate(m, &gate);
    }
    m->literals = literals;
    m->n_literals = (uint32_t)n;
    return BNN_OK;
}

/* ---- the net ----------------------------------------------------------------------------- */

/* Marks what the outputs depend on. */
static void maker_mark(logic_maker *m)
{
    for (uint32_t i = 0; i < m->n_literals; i++)
        m->nodes[m->literals[i] / 2].number = 1;
    for (uint32_t i = m->n; i-- > 1;)
        for (uint32_t j = 0; m->nodes[i].number != 0 && j < m->nodes[i].inputs; j++)
            m->nodes[m->nodes[i].pin[j]].number = 1;
}

/* Sources first, then gates by depth and number of inputs, as they were within. */
static int compare_nodes(const void *a, const void *b)
{
    const logic_node *x = *(logic_node *const *)a, *y = *(logic_node *const *)b;
    if (x->depth != y->depth)
        return x->depth < y->depth ? -1 : 1;
    if (x->inputs != y->inputs)
        return x->inputs < y->inputs ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* The run of nodes from order[0] on: how many are like it. */
static uint32_t run_length(logic_node *const *order, uint32_t n)
{
    uint32_t i = 1;
    while (i < n && order[i]->depth == order[0]->depth && order[i]->inputs == order[0]->inputs)
        i++;
    return i;
}

static int maker_add_run(const logic_maker *m, logic_node *const *order, uint32_t n,
                         bnn_logic_run *run)
{
    const uint32_t inputs = order[0]->inputs;
    uint32_t *wire = bnn_arena_alloc(m->arena, (size_t)n * inputs, sizeof *wire);
    uint64_t *table = bnn_arena_alloc(m->arena, n, sizeof *table);
    if (wire == NULL || table == NULL)
        return bnn_no_memory(m->err);
    *run = (bnn_logic_run){.inputs = inputs, .n = n, .wire = wire, .table = table};
    for (uint32_t i = 0; i < n; i++) {
        logic_node gate = *order[i];
        for (uint32_t j = 0; j < inputs; j++)
            gate.pin[j] = m->nodes[gate.pin[j]].number;
        gate_sort(&gate);
        memcpy(wire + (size_t)i * inputs, gate.pin, inputs * sizeof *wire);
        table[i] = gate.table;
    }
    return BNN_OK;
}

/* Those of the gates in order[0..n). */
static int maker_add_runs(const logic_maker *m, logic_node *const *order, uint32_t n,
                          bnn_logic *logic)
{
    logic->n_gates = n;
    for (uint32_t i = 0; i < n; i += run_length(order + i, n - i))
        logic->n_runs++;
    bnn_logic_run *runs = bnn_arena_alloc(m->arena, logic->n_runs, sizeof *runs);
    logic->runs = runs;
    if (runs == NULL)
        return bnn_no_memory(m->err);
    for (uint32_t i = 0, length; i < n; i += length) {
        length = run_length(order + i, n - i);
        const int status = maker_add_run(m, order + i, length, runs++);
        if (status != BNN_OK)
            return status;
    }
    return BNN_OK;
}

/* Numbers what is used, and writes it down. */
static int maker_finish(logic_maker *m, bool pixels, bnn_logic *logic)
{
    logic_node **order = bnn_arena_alloc(m->arena, m->n, sizeof *order);
    if (order == NULL)
        return bnn_no_memory(m->err);
    uint32_t n = 0;
    maker_mark(m);
    for (uint32_t i = 1; i < m->n; i++)
        if (m->nodes[i].number != 0)
            order[n++] = &m->nodes[i];
    qsort(order, n, sizeof *order, compare_nodes);
    for (uint32_t i = 0; i < n; i++) {
        order[i]->number = i + 1;
        logic->n_sources += order[i]->inputs == 0;
    }
    uint32_t *source = bnn_arena_alloc(m->arena, logic->n_sources, sizeof *source);
    uint8_t *level = bnn_arena_alloc(m->arena, logic->n_sources, sizeof *level);
    uint32_t *output = bnn_arena_alloc(m->arena, m->n_literals, sizeof *output);
    if (source == NULL || level == NULL || output == NULL)
        return bnn_no_memory(m->err);
    for (uint32_t i = 0; i < logic->n_sources; i++) {
        source[i] = order[i]->pin[0];
        level[i] = (uint8_t)order[i]->table;
    }
    m->nodes[0].number = 0;
    for (uint32_t i = 0; i < m->n_literals; i++)
        output[i] = 2 * m->nodes[m->literals[i] / 2].number + (m->literals[i] & 1);
    logic->source = source;
    logic->level = pixels ? level : NULL;
    logic->output = output;
    logic->n_outputs = m->n_literals;
    return maker_add_runs(m, order + logic->n_sources, n - logic->n_sources, logic);
}

/* Room for the constant, all sources, and all gates. */
static int maker_create(logic_maker *m, const bnn_op *ops, uint32_t n)
{
    size_t room = 1 + bnn_size_larger(bnn_shape_values(ops[0].in), bnn_shape_values(ops[0].out));
    for (uint32_t i = 0; i < n; i++)
        room += ops[i].type == BNN_LOWER_TABLE ? bnn_shape_values(ops[i].out) : 0;
    if (room > BNN_LOGIC_NODES_MAX)
        return bnn_fail(m->err, BNN_E_FAILED, "%s: %zu gates and bits are more than %d",
                        ops[n - 1].name, room, BNN_LOGIC_NODES_MAX);
    m->hash_mask = 1023;
    while (m->hash_mask < room)
        m->hash_mask = 2 * m->hash_mask + 1;
    m->nodes = bnn_arena_alloc(m->arena, room, sizeof *m->nodes);
    m->hash = bnn_arena_alloc(m->arena, (size_t)m->hash_mask + 1, sizeof *m->hash);
    m->n = 1;
    return m->nodes == NULL || m->hash == NULL ? bnn_no_memory(m->err) : BNN_OK;
}

int bnn_logic_make(const bnn_op *ops, uint32_t n, bool pixels, bnn_arena *arena,
                   const bnn_logic **out, bnn_error *err)
{
    logic_maker m = {.arena = arena, .err = err};
    bnn_logic *logic = bnn_arena_alloc(arena, 1, sizeof *logic);
    if (logic == NULL)
        return bnn_no_memory(err);
    int status = maker_create(&m, ops, n);
    if (status == BNN_OK)
        status = maker_begin(&m, &ops[0], pixels);
    for (uint32_t i = 0; status == BNN_OK && i < n; i++) {
        if (ops[i].type == BNN_LOWER_TABLE)
            status = maker_add_tables(&m, &ops[i]);
        if (ops[i].type == BNN_LOWER_GROUP_SUM)
            logic->group = m.n_literals / ops[i].out.c;
    }
    if (status == BNN_OK)
        status = maker_finish(&m, pixels, logic);
    if (status == BNN_OK)
        *out = logic;
    return status;
}
