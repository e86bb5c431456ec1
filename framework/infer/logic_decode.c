#include "infer/logic_decode.h"

/* n numbers below `limit`, each in the fewest bits that hold them all; NULL after a failure. */
static uint32_t *decode_packed(bnn_decoder *r, uint64_t n, uint32_t limit)
{
    const uint32_t width = bnn_logic_width(limit);
    if (!bnn_decoder_need(r, n <= 8 * (uint64_t)(r->end - r->at) / width,
                          "%llu numbers are not there", (unsigned long long)n))
        return NULL;
    const uint64_t n_bits = n * width;
    const uint8_t *bytes = bnn_decoder_take(r, (n_bits + 7) / 8);
    uint32_t *out = bytes == NULL ? NULL : bnn_decoder_alloc(r, (size_t)n, sizeof *out);
    if (out == NULL)
        return NULL;
    bnn_decoder_need(r, n_bits % 8 == 0 || bytes[n_bits / 8] >> n_bits % 8 == 0,
                     "unused bits are set");
    uint32_t greatest = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0, at = i * width; j < width; j++, at++)
            out[i] |= (uint32_t)(bytes[at / 8] >> at % 8 & 1) << j;
        greatest = out[i] > greatest ? out[i] : greatest;
    }
    bnn_decoder_need(r, n == 0 || greatest < limit, "a number of %u, where %u is the end", greatest,
                     limit);
    return out;
}

static void decode_sources(bnn_decoder *r, const bnn_stage *s, bnn_logic *logic)
{
    const uint32_t n = bnn_decoder_count(r);
    const uint32_t *source = decode_packed(r, n, (uint32_t)bnn_shape_values(s->op.in));
    const uint8_t *level = s->inputs == BNN_VALUES_PIXELS ? bnn_decoder_take(r, n) : NULL;
    uint8_t *own = level == NULL ? NULL : bnn_decoder_alloc(r, n, 1);
    for (uint32_t i = 0; r->status == BNN_OK && i < n; i++) {
        const bool same = i > 0 && source[i] == source[i - 1];
        bnn_decoder_need(r, i == 0 || source[i] > source[i - 1] || (same && level != NULL),
                         "source %u does not rise", i);
        if (level == NULL)
            continue;
        own[i] = level[i];
        bnn_decoder_need(r, level[i] > (same ? level[i - 1] : 0), "level %u of source %u", level[i],
                         i);
    }
    logic->n_sources = n;
    logic->source = source;
    logic->level = own;
}

/* A gate of the kind that there is one form of. */
static bool decode_gate_is_right(const uint32_t *wire, uint32_t inputs, uint64_t table)
{
    bool right = wire[0] > 0;
    for (uint32_t i = 0; i < inputs; i++)
        right = right && (i == 0 || wire[i] > wire[i - 1]) && bnn_logic_depends(table, inputs, i);
    return right;
}

static void decode_run(bnn_decoder *r, uint32_t n_nodes, bnn_logic_run *run)
{
    run->inputs = bnn_decoder_number(r, 1);
    run->n = bnn_decoder_count(r);
    if (!bnn_decoder_need(r,
                          run->inputs >= 2 && run->inputs <= BNN_GATE_INPUTS_MAX && run->n > 0 &&
                              run->n < BNN_LOGIC_NODES_MAX - n_nodes,
                          "%u gates of %u inputs", run->n, run->inputs))
        return;
    const uint32_t entries = (1u << run->inputs) - 1;
    const uint32_t *wire = decode_packed(r, (uint64_t)run->n * run->inputs, n_nodes);
    const size_t left = r->end - r->at;
    if (wire == NULL || !bnn_decoder_need(r, ((uint64_t)run->n * entries + 7) / 8 <= left,
                                          "%u tables are not there", run->n))
        return;
    uint64_t *table = bnn_decoder_alloc(r, run->n, sizeof *table);
    bnn_decoder_bits(r, run->n, entries, 1, table);
    for (uint32_t i = 0; r->status == BNN_OK && i < run->n; i++) {
        table[i] <<= 1;
        bnn_decoder_need(
            r, decode_gate_is_right(wire + (size_t)i * run->inputs, run->inputs, table[i]),
            "gate %u could be simpler", i);
    }
    run->wire = wire;
    run->table = table;
}

static void decode_runs(bnn_decoder *r, bnn_logic *logic)
{
    logic->n_runs = bnn_decoder_count(r);
    bnn_decoder_need(r, logic->n_runs <= r->end - r->at, "%u runs are not there", logic->n_runs);
    bnn_logic_run *runs = bnn_decoder_alloc(r, logic->n_runs, sizeof *runs);
    for (uint32_t i = 0; r->status == BNN_OK && i < logic->n_runs; i++) {
        decode_run(r, bnn_logic_nodes(logic), &runs[i]);
        logic->n_gates += runs[i].n;
    }
    logic->runs = runs;
}

void bnn_logic_decode(bnn_decoder *r, bnn_stage *s)
{
    bnn_logic *logic = bnn_decoder_alloc(r, 1, sizeof *logic);
    const bool sums = s->op.type == BNN_LOWER_GROUP_SUM;
    bnn_shape out = {.c = bnn_decoder_count(r), .h = 1, .w = 1}, same;
    const uint32_t group = sums ? bnn_decoder_count(r) : 0;
    if (!sums) {
        out.h = bnn_decoder_count(r);
        out.w = bnn_decoder_count(r);
    }
    if (r->status != BNN_OK ||
        !bnn_decoder_need(
            r,
            bnn_op_out_shape(&(bnn_op){.type = BNN_LOWER_IDENTITY, .in = out}, 0, &same) &&
                (sums ? group > 0 && group <= BNN_SUM_MAX : group == 0),
            "gates give %ux%ux%u values of %u", out.c, out.h, out.w, group))
        return;
    s->op.out = out;
    logic->group = group;
    decode_sources(r, s, logic);
    if (!bnn_decoder_need(r, logic->n_sources < BNN_LOGIC_NODES_MAX, "%u sources",
                          logic->n_sources))
        return;
    decode_runs(r, logic);
    const uint64_t n = (uint64_t)bnn_shape_values(out) * (sums ? group : 1);
    logic->output = decode_packed(r, n, 2 * bnn_logic_nodes(logic));
    logic->n_outputs = (uint32_t)n;
    s->logic = logic;
}
