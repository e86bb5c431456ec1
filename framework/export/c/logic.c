#include "export/c/writer.h"

#include "base/size.h"

/* A gate is one look-up: its number and the bits of its pins, the last in front, are the place of a bit in the
 * tables of all gates. Nodes are bits, 32 to a word, since a small chip has less memory than time. A gate that is read
 * once, by a count, is no node: it is looked up where it is counted. */

typedef struct c_gate {
    uint32_t inputs, n_uses;
    const uint32_t *wire;
    uint64_t table;
    bool counted;    /* by one sum alone */
    uint32_t number; /* among the nodes that are kept */
} c_gate;

/* A net while it is written. */
typedef struct c_net {
    const bnn_logic *logic;
    uint32_t group, n_values;
    c_gate *node; /* [nodes]; sources have no inputs */
    uint32_t n_kept, n_counted, inputs_counted;
    uint32_t *list; /* [nodes]: room for numbers of nodes */
} c_net;

/* ---- which nodes are kept ---------------------------------------------------------------- */

static void c_net_find_uses(c_net *net)
{
    const bnn_logic *logic = net->logic;
    c_gate *node = &net->node[1 + logic->n_sources];
    for (uint32_t i = 0; i < logic->n_runs; i++) {
        const bnn_logic_run *run = &logic->runs[i];
        for (uint32_t g = 0; g < run->n; g++, node++) {
            node->inputs = run->inputs;
            node->wire = run->wire + (size_t)g * run->inputs;
            node->table = run->table[g];
            for (uint32_t j = 0; j < run->inputs; j++)
                net->node[node->wire[j]].n_uses++;
        }
    }
    for (uint32_t i = 0; i < logic->n_outputs; i++)
        net->node[logic->output[i] / 2].n_uses++;
}

/* Counted gates have as many inputs as those of the last run. */
static void c_net_find_counted(c_net *net)
{
    const bnn_logic *logic = net->logic;
    if (net->group == 1 || logic->n_runs == 0)
        return;
    net->inputs_counted = logic->runs[logic->n_runs - 1].inputs;
    for (uint32_t i = 0; i < logic->n_outputs; i++) {
        c_gate *node = &net->node[logic->output[i] / 2];
        node->counted = node->n_uses == 1 && node->inputs == net->inputs_counted;
        net->n_counted += node->counted;
    }
}

static bool c_net_make(c_writer *w, c_net *net)
{
    const bnn_logic *logic = w->stage->logic;
    const uint32_t n_nodes = bnn_logic_nodes(logic), group = bnn_c_logic_group(w->stage);
    *net = (c_net){.logic = logic,
                   .group = group,
                   .n_values = logic->n_outputs / group,
                   .node = bnn_arena_alloc(w->arena, n_nodes, sizeof *net->node),
                   .list = bnn_arena_alloc(w->arena, n_nodes, sizeof *net->list)};
    w->no_memory |= net->node == NULL || net->list == NULL;
    if (w->no_memory)
        return false;
    c_net_find_uses(net);
    c_net_find_counted(net);
    for (uint32_t i = 0; i < n_nodes; i++)
        if (!net->node[i].counted)
            net->node[i].number = net->n_kept++;
    return true;
}

/* ---- constants --------------------------------------------------------------------------- */

static void c_logic_numbers(c_writer *w, const char *suffix, size_t n, const uint32_t *values)
{
    int64_t *numbers = bnn_arena_alloc(w->arena, n, sizeof *numbers);
    w->no_memory |= numbers == NULL;
    for (size_t i = 0; numbers != NULL && i < n; i++)
        numbers[i] = values[i];
    if (numbers != NULL)
        bnn_c_integers(w, suffix, 0, n, numbers);
}

/* Each as the way from the one in front of it, which fits a byte more often. */
static void c_logic_sources(c_writer *w, const bnn_logic *logic)
{
    uint32_t *numbers = bnn_arena_alloc(w->arena, logic->n_sources, sizeof *numbers);
    w->no_memory |= numbers == NULL;
    if (logic->n_sources == 0 || numbers == NULL)
        return;
    for (uint32_t i = 0; i < logic->n_sources; i++)
        numbers[i] = logic->source[i] - (i > 0 ? logic->source[i - 1] : 0);
    c_logic_numbers(w, "sources", logic->n_sources, numbers);
    if (logic->level == NULL)
        return;
    for (uint32_t i = 0; i < logic->n_sources; i++)
        numbers[i] = logic->level[i];
    c_logic_numbers(w, "levels", logic->n_sources, numbers);
}

/* The gates from number `first` on that are kept and have as many inputs as it, into net->list; returns their number, and
 * where the next ones begin in *end. */
static uint32_t c_net_loop(c_net *net, uint32_t first, uint32_t *end)
{
    const uint32_t n_nodes = bnn_logic_nodes(net->logic);
    uint32_t n = 0;
    for (*end = first; *end < n_nodes; ++*end) {
        const c_gate *gate = &net->node[*end];
        if (!gate->counted && gate->inputs != net->node[first].inputs)
            break;
        if (!gate->counted)
            net->list[n++] = *end;
    }
    return n;
}

/* The first gate from a number on that is kept, or the number of all nodes. */
static uint32_t c_net_next(const c_net *net, uint32_t i)
{
    while (i < bnn_logic_nodes(net->logic) && net->node[i].counted)
        i++;
    return i;
}

/* Of n gates the pins from the last to the first, and the tables one behind the other. literals: twice the
 * numbers, and 1 more for an inverse. */
static void c_logic_gates(c_writer *w, const c_net *net, const char *number, uint32_t n, uint32_t k,
                          const uint32_t *literals)
{
    uint32_t *wires = bnn_arena_alloc(w->arena, (size_t)n * k, sizeof *wires);
    uint64_t *tables = bnn_arena_alloc(w->arena, (((size_t)n << k) + 63) / 64, sizeof *tables);
    const uint64_t ones = k == 6 ? UINT64_MAX : (UINT64_C(1) << (1u << k)) - 1;
    w->no_memory |= wires == NULL || tables == NULL;
    if (wires == NULL || tables == NULL)
        return;
    for (size_t i = 0; i < n; i++) {
        const c_gate *gate = &net->node[literals[i] / 2];
        const uint64_t table = gate->table ^ (literals[i] & 1 ? ones : 0);
        tables[(i << k) / 64] |= table << (i << k) % 64;
        for (uint32_t j = 0; j < k; j++)
            wires[i * k + j] = net->node[gate->wire[k - 1 - j]].number;
    }
    c_logic_numbers(w, bnn_c_text(w, "wires%s", number), (size_t)n * k, wires);
    bnn_c_bits(w, bnn_c_text(w, "tables%s", number), 0, (size_t)n << k, tables, false);
}

static void c_logic_kept_gates(c_writer *w, c_net *net)
{
    const uint32_t n_nodes = bnn_logic_nodes(net->logic);
    uint32_t first = c_net_next(net, 1 + net->logic->n_sources), end = first;
    for (uint32_t loop = 1; first < n_nodes; first = end, loop++) {
        const uint32_t n = c_net_loop(net, first, &end);
        for (uint32_t i = 0; i < n; i++)
            net->list[i] *= 2;
        c_logic_gates(w, net, bnn_c_text(w, "%u", loop), n, net->node[first].inputs, net->list);
    }
}

/* What each value counts: gates, and nodes; of each kind all in one row, and where those of a value end. */
static void c_logic_counts(c_writer *w, const c_net *net, bool gates)
{
    const bnn_logic *logic = net->logic;
    uint32_t *literals = bnn_arena_alloc(w->arena, logic->n_outputs, sizeof *literals);
    uint32_t *ends = bnn_arena_alloc(w->arena, net->n_values, sizeof *ends);
    uint32_t n = 0;
    w->no_memory |= literals == NULL || ends == NULL;
    if (literals == NULL || ends == NULL)
        return;
    for (uint32_t i = 0; i < logic->n_outputs; i++) {
        const uint32_t output = logic->output[i];
        if (net->node[output / 2].counted == gates)
            literals[n++] = gates ? output : 2 * net->node[output / 2].number + (output & 1);
        ends[i / net->group] = n;
    }
    if (n == 0)
        return;
    if (gates)
        c_logic_gates(w, net, "", n, net->inputs_counted, literals);
    else
        c_logic_numbers(w, "outputs", n, literals);
    if (gates || net->group > 1)
        c_logic_numbers(w, gates ? "gate_ends" : "output_ends", net->n_values, ends);
}

static void c_logic_constants(c_writer *w, c_net *net)
{
    const bnn_logic *logic = net->logic;
    if (logic->n_sources > 0)
        fprintf(w->out,
                "/* Node 0 is 0, then come the inputs that gates read: the way from each to the "
                "next%s. */\n",
                logic->level != NULL ? ",\n * and the level from which on the pixel is 1" : "");
    c_logic_sources(w, logic);
    if (logic->n_gates > 0)
        fprintf(w->out, "/* Of each gate the nodes that it reads, and its table. */\n");
    c_logic_kept_gates(w, net);
    if (net->n_counted > 0) {
        fprintf(w->out, "/* Gates that are counted and read by nothing else; where those of each "
                        "value end. */\n");
        c_logic_counts(w, net, true);
    }
    if (net->n_counted < logic->n_outputs) {
        fprintf(w->out, "/* %s twice a node, and 1 more for its inverse%s. */\n",
                net->group > 1 ? "What is counted:" : "Of each value",
                net->group > 1 ? "; where those of each value end" : "");
        c_logic_counts(w, net, false);
    }
    fprintf(w->out, "\n");
}

/* ---- code -------------------------------------------------------------------------------- */

/* "place" becomes the place of gate i's bit in the tables. */
static void c_logic_place(c_writer *w, uint32_t k, const char *number)
{
    bnn_c_code(w,
               "size_t place = i;\n"
               "for (size_t j = 0; j < %u; j++)\n"
               "    place = place << 1 |\n"
               "            (size_t)@_get_bit(@_work.nodes, (size_t)@_%s_wires%s[i * %u + j]);\n",
               k, w->name, number, k);
}

static void c_logic_loops(c_writer *w, c_net *net)
{
    const uint32_t n_nodes = bnn_logic_nodes(net->logic);
    uint32_t first = c_net_next(net, 1 + net->logic->n_sources), end = first;
    for (uint32_t loop = 1; first < n_nodes; first = end, loop++) {
        const char *number = bnn_c_text(w, "%u", loop);
        bnn_c_loop(w, "i", c_net_loop(net, first, &end), ", node++) {");
        c_logic_place(w, net->node[first].inputs, number);
        bnn_c_code(w, "if (@_get_bit(@_%s_tables%s, place))\n    @_set_bit(@_work.nodes, node);\n",
                   w->name, number);
        bnn_c_end(w);
    }
}

static void c_logic_source_loop(c_writer *w, const bnn_logic *logic)
{
    if (logic->n_sources == 0)
        return;
    bnn_c_code(w, "size_t at = 0;\n");
    bnn_c_loop(w, "i", logic->n_sources, ", node++) {");
    bnn_c_code(w, "at += (size_t)@_%s_sources[i];\n", w->name);
    if (logic->level != NULL)
        bnn_c_code(w, "if (x[at] >= @_%s_levels[i])\n", w->name);
    else
        bnn_c_code(w, "if (@_get_bit(x, at))\n");
    bnn_c_code(w, "    @_set_bit(@_work.nodes, node);\n");
    bnn_c_end(w);
}

/* The function that makes all nodes of an image. */
static void c_logic_nodes(c_writer *w, c_net *net)
{
    const bnn_logic *logic = net->logic;
    const size_t words = bnn_c_words(net->n_kept);
    w->work.nodes = bnn_size_larger(w->work.nodes, words);
    bnn_c_code(w, "static void @_%s_nodes(const %s *x)\n{\n", w->name,
               bnn_c_type(w->stage->inputs));
    w->indent = 4;
    bnn_c_code(w, "@_clear(@_work.nodes, %zu);\n", words);
    if (logic->n_sources == 0)
        bnn_c_code(w, "(void)x;\n");
    if (net->n_kept > 1)
        bnn_c_code(w, "size_t node = 1;\n");
    c_logic_source_loop(w, logic);
    c_logic_loops(w, net);
    w->indent = 0;
    bnn_c_code(w, "}\n\n");
}

/* "for (.." over what value v counts of one kind. */
static void c_logic_count_loop(c_writer *w, const char *index, const char *ends)
{
    bnn_c_code(w,
               "for (size_t %s = v > 0 ? (size_t)@_%s_%s[v - 1] : 0;\n"
               "     %s < (size_t)@_%s_%s[v]; %s++) {\n",
               index, w->name, ends, index, w->name, ends, index);
    w->indent += 4;
}

static void c_logic_count_gates(c_writer *w, const c_net *net)
{
    c_logic_count_loop(w, "i", "gate_ends");
    c_logic_place(w, net->inputs_counted, "");
    bnn_c_code(w, "sum += @_get_bit(@_%s_tables, place) ? 1 : -1;\n", w->name);
    bnn_c_end(w);
}

static void c_logic_count_nodes(c_writer *w, const c_net *net)
{
    if (net->group > 1)
        c_logic_count_loop(w, "i", "output_ends");
    bnn_c_code(w,
               "const uint32_t output = (uint32_t)@_%s_outputs[%s];\n"
               "sum += @_get_bit(@_work.nodes, output / 2) != (int)(output & 1) ? 1 : -1;\n",
               w->name, net->group > 1 ? "i" : "v");
    if (net->group > 1)
        bnn_c_end(w);
}

static void c_logic_value(c_writer *w, const c_net *net)
{
    bnn_c_code(w,
               "/* The sum of what value v counts, each -1 or +1. */\n"
               "static int32_t @_%s_value(size_t v)\n{\n    int32_t sum = 0;\n",
               w->name);
    w->indent = 4;
    if (net->n_counted > 0)
        c_logic_count_gates(w, net);
    if (net->n_counted < net->logic->n_outputs)
        c_logic_count_nodes(w, net);
    w->indent = 0;
    bnn_c_code(w, "    return sum;\n}\n\n");
}

void bnn_c_logic(c_writer *w)
{
    c_net net;
    if (w->stage->logic == NULL || !c_net_make(w, &net))
        return;
    c_logic_constants(w, &net);
    c_logic_nodes(w, &net);
    c_logic_value(w, &net);
}
