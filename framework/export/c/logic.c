#include "export/c/writer.h"

#include "base/size.h"

/* A gate is one look-up: its number and the bits of its pins, the last in front, are the place of a bit in the
 * tables of all gates. Nodes are bits, 32 to a word, since a small chip has less memory than time. */

/* ---- constants --------------------------------------------------------------------------- */

/* values[n], less what they have in front. */
static void c_logic_numbers(c_writer *w, const char *suffix, size_t rows, size_t n,
                            const uint32_t *values)
{
    const size_t n_values = (rows > 0 ? rows : 1) * n;
    int32_t *numbers = bnn_arena_alloc(w->arena, n_values, sizeof *numbers);
    w->no_memory |= numbers == NULL;
    for (size_t i = 0; numbers != NULL && i < n_values; i++)
        numbers[i] = (int32_t)values[i];
    if (numbers != NULL)
        bnn_c_integers(w, suffix, rows, n, numbers);
}

static void c_logic_sources(c_writer *w, const bnn_logic *logic)
{
    uint32_t *levels = bnn_arena_alloc(w->arena, logic->n_sources, sizeof *levels);
    w->no_memory |= levels == NULL;
    if (logic->n_sources == 0 || levels == NULL)
        return;
    c_logic_numbers(w, "sources", 0, logic->n_sources, logic->source);
    for (uint32_t i = 0; logic->level != NULL && i < logic->n_sources; i++)
        levels[i] = logic->level[i];
    if (logic->level != NULL)
        c_logic_numbers(w, "levels", 0, logic->n_sources, levels);
}

/* Runs from `first` on that have as many inputs, one loop; returns where the next begins. */
static uint32_t c_logic_loop_end(const bnn_logic *logic, uint32_t first, uint32_t *n)
{
    uint32_t end = first;
    for (*n = 0; end < logic->n_runs && logic->runs[end].inputs == logic->runs[first].inputs; end++)
        *n += logic->runs[end].n;
    return end;
}

/* The pins of a gate from the last to the first, and the tables one behind the other. */
static void c_logic_gates(c_writer *w, const bnn_logic *logic, uint32_t first, uint32_t end,
                          uint32_t n)
{
    const uint32_t k = logic->runs[first].inputs;
    uint32_t *wires = bnn_arena_alloc(w->arena, (size_t)n * k, sizeof *wires);
    uint64_t *tables = bnn_arena_alloc(w->arena, (((size_t)n << k) + 63) / 64, sizeof *tables);
    w->no_memory |= wires == NULL || tables == NULL;
    if (wires == NULL || tables == NULL)
        return;
    size_t i = 0;
    for (const bnn_logic_run *run = &logic->runs[first]; run < &logic->runs[end]; run++)
        for (uint32_t g = 0; g < run->n; g++, i++) {
            tables[(i << k) / 64] |= run->table[g] << (i << k) % 64;
            for (uint32_t j = 0; j < k; j++)
                wires[i * k + j] = run->wire[g * k + k - 1 - j];
        }
    c_logic_numbers(w, bnn_c_text(w, "wires%u", first + 1), 0, i * k, wires);
    bnn_c_bits(w, bnn_c_text(w, "tables%u", first + 1), 0, i << k, tables, false);
}

static void c_logic_constants(c_writer *w, const bnn_logic *logic)
{
    const uint32_t group = bnn_c_logic_group(w->stage);
    uint32_t n;
    if (logic->n_sources > 0)
        fprintf(w->out, "/* Node 0 is 0, then come the inputs that gates read%s. */\n",
                logic->level != NULL ? ": 1 from this level of the pixel on" : "");
    c_logic_sources(w, logic);
    if (logic->n_gates > 0)
        fprintf(w->out, "/* Of each gate the nodes that it reads, and its table. */\n");
    for (uint32_t i = 0, end; i < logic->n_runs; i = end) {
        end = c_logic_loop_end(logic, i, &n);
        c_logic_gates(w, logic, i, end, n);
    }
    fprintf(w->out, "/* Of each %s: twice a node, and 1 more for its inverse. */\n",
            group > 1 ? "value the nodes that are counted" : "bit its node");
    c_logic_numbers(w, "outputs", logic->n_outputs / group, group, logic->output);
    fprintf(w->out, "\n");
}

/* ---- code -------------------------------------------------------------------------------- */

/* One loop of the function that makes all nodes. */
static void c_logic_loop(c_writer *w, uint32_t k, uint32_t n, uint32_t number)
{
    bnn_c_loop(w, "i", n, ", node++) {");
    bnn_c_code(w, "size_t place = i;\n");
    bnn_c_code(w,
               "for (size_t j = 0; j < %u; j++)\n"
               "    place = place << 1 |\n"
               "            (size_t)@_get_bit(@_work.nodes, (size_t)@_%s_wires%u[i * %u + j]);\n",
               k, w->name, number, k);
    bnn_c_code(w, "if (@_get_bit(@_%s_tables%u, place))\n    @_set_bit(@_work.nodes, node);\n",
               w->name, number);
    bnn_c_end(w);
}

static void c_logic_source_loop(c_writer *w, const bnn_logic *logic)
{
    if (logic->n_sources == 0)
        return;
    bnn_c_loop(w, "i", logic->n_sources, ", node++)");
    if (logic->level != NULL)
        bnn_c_code(w, "if (x[@_%s_sources[i]] >= @_%s_levels[i])\n", w->name, w->name);
    else
        bnn_c_code(w, "if (@_get_bit(x, (size_t)@_%s_sources[i]))\n", w->name);
    bnn_c_code(w, "    @_set_bit(@_work.nodes, node);\n");
    w->indent -= 4;
}

/* The function that makes all nodes of an image. */
static void c_logic_nodes(c_writer *w, const bnn_logic *logic)
{
    const size_t words = bnn_c_words(bnn_logic_nodes(logic));
    uint32_t n;
    w->work.nodes = bnn_size_larger(w->work.nodes, words);
    bnn_c_code(w, "static void @_%s_nodes(const %s *x)\n{\n", w->name,
               bnn_c_type(w->stage->inputs));
    w->indent = 4;
    bnn_c_code(w, "@_clear(@_work.nodes, %zu);\n", words);
    if (logic->n_sources == 0)
        bnn_c_code(w, "(void)x;\n");
    if (logic->n_sources > 0 || logic->n_gates > 0)
        bnn_c_code(w, "size_t node = 1;\n");
    c_logic_source_loop(w, logic);
    for (uint32_t i = 0, end; i < logic->n_runs; i = end) {
        end = c_logic_loop_end(logic, i, &n);
        c_logic_loop(w, logic->runs[i].inputs, n, i + 1);
    }
    w->indent = 0;
    bnn_c_code(w, "}\n\n");
}

static void c_logic_value(c_writer *w)
{
    const uint32_t group = bnn_c_logic_group(w->stage);
    bnn_c_code(w,
               "/* The sum of the nodes of value i, each -1 or +1. */\n"
               "static int32_t @_%s_value(size_t i)\n{\n    int32_t sum = 0;\n",
               w->name);
    w->indent = 4;
    bnn_c_loop(w, "j", group, ") {");
    bnn_c_code(w,
               "const uint32_t output = (uint32_t)@_%s_outputs[i][j];\n"
               "sum += @_get_bit(@_work.nodes, output / 2) != (int)(output & 1) ? 1 : -1;\n",
               w->name);
    bnn_c_end(w);
    w->indent = 0;
    bnn_c_code(w, "    return sum;\n}\n\n");
}

void bnn_c_logic(c_writer *w)
{
    const bnn_logic *logic = w->stage->logic;
    if (logic == NULL)
        return;
    c_logic_constants(w, logic);
    c_logic_nodes(w, logic);
    c_logic_value(w);
}
