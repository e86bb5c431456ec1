#include "infer/engine/pack_logic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 64,
    NODES_MOST = 1 << 20,
    GROUP_MOST = UINT16_MAX, /* counts have 16 planes */
    KINDS = 256,             /* of gates of a run */
};

/* A net while it is laid out. */
typedef struct packer {
    const bnn_model *model;
    const bnn_stage *stage;
    const bnn_logic *logic;
    const bnn_places *in, *out;
    bnn_arena *arena;
    bnn_pack_logic *pack;
    uint32_t row_bytes;
    /* Of each node: whether it is read as it is, or inverted; the rows with it and with its inverse. */
    bool *plain, *inverse;
    uint32_t *row, *inverse_row;
} packer;

bool bnn_pack_logic_fits(const bnn_logic *logic)
{
    return bnn_logic_nodes(logic) <= NODES_MOST && logic->group <= GROUP_MOST &&
           logic->n_outputs <= NODES_MOST;
}

bool bnn_pack_logic_crops(const bnn_model *model)
{
    const bnn_stage *const first = &model->stages[0];
    for (uint32_t i = 1; i < model->n_stages; i++)
        if (bnn_stage_source(&model->stages[i], i) < 0) /* what is seen has to be there */
            return false;
    return !bnn_view_is_all(model->view) && model->view.shrink <= 1 && first->logic != NULL &&
           bnn_pack_logic_fits(first->logic);
}

/* ---- sources ----------------------------------------------------------------------------- */

/* The byte of an image that a source reads. */
static uint32_t logic_pack_pixel(const packer *p, uint32_t source)
{
    const bnn_shape image = p->model->input, seen = p->stage->op.in;
    const uint32_t value = p->logic->source[source], plane = seen.h * seen.w;
    if (!bnn_pack_logic_crops(p->model))
        return value;
    const uint32_t c = value / plane, y = value % plane / seen.w, x = value % seen.w;
    return (c * image.h + (image.h - seen.h) / 2 + y) * image.w + (image.w - seen.w) / 2 + x;
}

/* The sources of inputs of one block begin at `from`; how many levels of an input there are at most, and where the
 * sources of the next block begin. */
static uint32_t logic_pack_levels(const packer *p, uint32_t end, uint32_t *from)
{
    const bnn_logic *logic = p->logic;
    uint32_t most = 0, same = 0;
    for (; *from < logic->n_sources && logic_pack_pixel(p, *from) < end; ++*from) {
        same = same > 0 && logic->source[*from] == logic->source[*from - 1] ? same + 1 : 1;
        most = same > most ? same : most;
    }
    return most;
}

/* Level `rank` of each of the pixels of sources from..to - 1. */
static void logic_pack_pixels(const packer *p, uint32_t from, uint32_t to, uint32_t rank,
                              bnn_logic_block *block)
{
    const bnn_logic *logic = p->logic;
    uint32_t same = 0;
    memset(block->level, UINT8_MAX, sizeof block->level);
    for (uint32_t i = from; i < to; i++) {
        same = i > from && logic->source[i] == logic->source[i - 1] ? same + 1 : 0;
        if (same != rank)
            continue;
        const size_t place = logic_pack_pixel(p, i) - block->first;
        block->level[place] = logic->level[i];
        block->row[place] = (1 + i) * p->row_bytes;
    }
}

static int logic_pack_pixel_blocks(const packer *p, bnn_error *err)
{
    const uint32_t n_in = (uint32_t)p->pack->image_bytes;
    uint32_t n = 0, from = 0, to = 0;
    for (uint32_t base = 0; base < n_in; base += WIDTH)
        n += logic_pack_levels(p, base + WIDTH, &to);
    bnn_logic_block *block = bnn_arena_alloc(p->arena, n, sizeof *block);
    if (block == NULL)
        return bnn_no_memory(err);
    p->pack->n_blocks = n;
    p->pack->blocks = block;
    to = 0;
    for (uint32_t base = 0; base < n_in; base += WIDTH, from = to) {
        const uint32_t levels = logic_pack_levels(p, base + WIDTH, &to);
        const bool beyond = n_in >= WIDTH && base + WIDTH > n_in;
        for (uint32_t rank = 0; rank < levels; rank++, block++) {
            block->first = beyond ? n_in - WIDTH : base;
            logic_pack_pixels(p, from, to, rank, block);
        }
    }
    return BNN_OK;
}

/* The place of value i of a shape. */
static size_t logic_pack_place(const bnn_places *places, uint32_t i)
{
    const uint32_t w = places->shape.w, plane = places->shape.h * w;
    return bnn_places_bit(places, i / plane, i % plane / w, i % w);
}

/* A block for each word of an image with a source. */
static int logic_pack_bit_blocks(const packer *p, bnn_error *err)
{
    const size_t n_words = (p->in->words + 1) / 2;
    uint32_t *number = bnn_arena_alloc(p->arena, n_words, sizeof *number);
    if (number == NULL)
        return bnn_no_memory(err);
    for (uint32_t i = 0; i < p->logic->n_sources; i++)
        number[logic_pack_place(p->in, p->logic->source[i]) / WIDTH] = 1;
    for (size_t i = 0; i < n_words; i++)
        if (number[i] != 0)
            number[i] = p->pack->n_blocks++;
    bnn_logic_block *blocks = bnn_arena_alloc(p->arena, p->pack->n_blocks, sizeof *blocks);
    if (blocks == NULL)
        return bnn_no_memory(err);
    p->pack->blocks = blocks;
    for (uint32_t i = 0; i < p->logic->n_sources; i++) {
        const size_t place = logic_pack_place(p->in, p->logic->source[i]);
        bnn_logic_block *block = &blocks[number[place / WIDTH]];
        block->first = place / WIDTH * sizeof(uint64_t);
        block->row[place % WIDTH] = (1 + i) * p->row_bytes;
    }
    return BNN_OK;
}

/* ---- gates ------------------------------------------------------------------------------- */

static void logic_pack_uses(const packer *p)
{
    for (uint32_t i = 0; i < p->logic->n_runs; i++) {
        const bnn_logic_run *run = &p->logic->runs[i];
        for (size_t j = 0; j < (size_t)run->n * run->inputs; j++)
            p->plain[run->wire[j]] = true;
    }
    for (uint32_t i = 0; i < p->logic->n_outputs; i++) {
        const uint32_t output = p->logic->output[i];
        *(output & 1 ? &p->inverse[output / 2] : &p->plain[output / 2]) = true;
    }
    /* What stands between values in places may be ones. */
    p->inverse[0] |= p->pack->to_bits && p->out->ones;
}

/* The operation of a gate of two inputs by its table, which depends on both and begins with 0. */
static bnn_logic_op logic_pack_op(uint64_t table)
{
    return table == 8    ? BNN_LOGIC_AND
           : table == 14 ? BNN_LOGIC_OR
           : table == 6  ? BNN_LOGIC_XOR
                         : BNN_LOGIC_AND_NOT;
}

static bool logic_pack_inverts(const packer *p, uint32_t node)
{
    return p->inverse[node] && !p->plain[node];
}

/* The table of a gate as it is run, whose inputs may change places for it. */
static uint64_t logic_pack_table(uint32_t inputs, uint64_t table, bool inverted, uint32_t *wire)
{
    if (inverted)
        table ^= inputs == BNN_GATE_INPUTS_MAX ? UINT64_MAX : (UINT64_C(1) << (1u << inputs)) - 1;
    for (uint32_t i = 0; inputs == 3 && !bnn_logic_is_least((uint32_t)table); i ^= 1) {
        table = bnn_logic_exchanged((uint32_t)table, i);
        const uint32_t first = wire[i];
        wire[i] = wire[i + 1];
        wire[i + 1] = first;
    }
    return table;
}

/* Gates of a run that are run together have one kind. */
static uint32_t logic_pack_kind(const bnn_logic_run *run, uint32_t gate, bool inverted)
{
    uint32_t wire[3] = {0};
    return run->inputs == 2   ? 2 * logic_pack_op(run->table[gate]) + inverted
           : run->inputs == 3 ? (uint32_t)logic_pack_table(3, run->table[gate], inverted, wire)
                              : 0;
}

static bnn_logic_part logic_pack_part(const bnn_logic_run *run, uint32_t kind, uint32_t n,
                                      const uint32_t *wire, const uint64_t *table)
{
    const bnn_logic_op op = run->inputs == 2   ? (bnn_logic_op)(kind / 2)
                            : run->inputs == 3 ? BNN_LOGIC_TRIPLE
                                               : BNN_LOGIC_TABLE;
    return (bnn_logic_part){.op = op,
                            .inverted = run->inputs == 2 && kind % 2 == 1,
                            .inputs = run->inputs,
                            .n = n,
                            .wire = wire,
                            .table = table};
}

/* Gate number `from` of a run has the row `row`. */
static void logic_pack_gate(const packer *p, const bnn_logic_run *run, uint32_t from, uint32_t node,
                            uint32_t row, uint32_t *wire, uint64_t *table)
{
    const uint32_t k = run->inputs;
    const bool inverted = logic_pack_inverts(p, node);
    const bool swapped = k == 2 && run->table[from] == 4; /* the second and not the first */
    for (uint32_t j = 0; j < k; j++)
        wire[j] = p->row[run->wire[from * k + (swapped ? k - 1 - j : j)]];
    *table = logic_pack_table(k, run->table[from], inverted, wire);
    *(inverted ? &p->inverse_row[node] : &p->row[node]) = row * p->row_bytes;
}

/* A run in parts, each behind the other; first: its first node. */
static int logic_pack_run(packer *p, const bnn_logic_run *run, uint32_t first,
                          bnn_logic_part *parts, bnn_error *err)
{
    uint32_t *wire = bnn_arena_alloc(p->arena, (size_t)run->n * run->inputs, sizeof *wire);
    uint64_t *table = bnn_arena_alloc(p->arena, run->n, sizeof *table);
    uint32_t n[KINDS] = {0}, at[KINDS];
    if (wire == NULL || table == NULL)
        return bnn_no_memory(err);
    for (uint32_t i = 0; i < run->n; i++)
        n[logic_pack_kind(run, i, logic_pack_inverts(p, first + i))]++;
    for (uint32_t kind = 0, end = 0; kind < KINDS; end += n[kind++]) {
        at[kind] = end;
        if (n[kind] > 0)
            parts[p->pack->n_parts++] =
                logic_pack_part(run, kind, n[kind], wire + (size_t)end * run->inputs, table + end);
    }
    for (uint32_t i = 0; i < run->n; i++) {
        const uint32_t to = at[logic_pack_kind(run, i, logic_pack_inverts(p, first + i))]++;
        logic_pack_gate(p, run, i, first + i, p->pack->n_rows + to, wire + (size_t)to * run->inputs,
                        table + to);
    }
    p->pack->n_rows += run->n;
    return BNN_OK;
}

/* Rows with the inverse of nodes that are read as they are, too. */
static int logic_pack_inverses(packer *p, bnn_logic_part *part, bnn_error *err)
{
    const uint32_t n_nodes = bnn_logic_nodes(p->logic);
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_nodes; i++)
        n += p->inverse[i] && p->inverse_row[i] == 0;
    uint32_t *wire = bnn_arena_alloc(p->arena, n, sizeof *wire);
    if (wire == NULL)
        return bnn_no_memory(err);
    if (n == 0)
        return BNN_OK;
    *part =
        (bnn_logic_part){.op = BNN_LOGIC_COPY, .inverted = true, .inputs = 1, .n = n, .wire = wire};
    p->pack->n_parts++;
    for (uint32_t i = 0; i < n_nodes; i++)
        if (p->inverse[i] && p->inverse_row[i] == 0) {
            *wire++ = p->row[i];
            p->inverse_row[i] = p->pack->n_rows++ * p->row_bytes;
        }
    return BNN_OK;
}

static int logic_pack_gates(packer *p, bnn_error *err)
{
    const bnn_logic *logic = p->logic;
    uint32_t most = logic->n_gates;
    if (logic->n_runs < most / KINDS)
        most = logic->n_runs * KINDS;
    bnn_logic_part *parts = bnn_arena_alloc(p->arena, most + 1, sizeof *parts);
    if (parts == NULL)
        return bnn_no_memory(err);
    p->pack->parts = parts;
    p->pack->n_rows = p->pack->n_first = 1 + logic->n_sources;
    for (uint32_t i = 0; i < p->pack->n_rows; i++)
        p->row[i] = i * p->row_bytes;
    uint32_t first = p->pack->n_rows;
    for (uint32_t i = 0; i < logic->n_runs; first += logic->runs[i++].n) {
        const int status = logic_pack_run(p, &logic->runs[i], first, parts, err);
        if (status != BNN_OK)
            return status;
    }
    return logic_pack_inverses(p, parts + p->pack->n_parts, err);
}

/* ---- outputs ----------------------------------------------------------------------------- */

static uint32_t logic_pack_output(const packer *p, uint32_t i)
{
    const uint32_t output = p->logic->output[i];
    return output & 1 ? p->inverse_row[output / 2] : p->row[output / 2];
}

/* The rows that are counted, and the factors of their sums: those of the only operation that follows, if that adds
 * nothing. */
static int logic_pack_counts(packer *p, bnn_error *err)
{
    bnn_pack_logic *pack = p->pack;
    const bnn_stage *s = p->stage;
    uint32_t *counted = bnn_arena_alloc(p->arena, p->logic->n_outputs, sizeof *counted);
    float *factor = bnn_arena_alloc(p->arena, pack->n_values, sizeof *factor);
    if (counted == NULL || factor == NULL)
        return bnn_no_memory(err);
    for (uint32_t i = 0; i < p->logic->n_outputs; i++)
        counted[i] = logic_pack_output(p, i);
    bool scales =
        s->n_chain == 1 && s->chain[0].type == BNN_LOWER_AFFINE && s->op.out.c == pack->n_values;
    for (uint32_t i = 0; scales && i < pack->n_values; i++) {
        const float offset = s->chain[0].offset[i];
        scales = offset == 0.0f && signbit(offset);
    }
    for (uint32_t i = 0; i < pack->n_values; i++)
        factor[i] = scales ? s->chain[0].factor[i] : 1.0f;
    pack->has_chain = (s->n_chain > 0 && !scales) || s->outputs == BNN_VALUES_BITS;
    pack->counted = counted;
    pack->factor = factor;
    return BNN_OK;
}

static int logic_pack_words(packer *p, bnn_error *err)
{
    bnn_pack_logic *pack = p->pack;
    const size_t n_words =
        pack->to_bits ? (p->out->words + 1) / 2 : ((size_t)pack->n_values + WIDTH - 1) / WIDTH;
    uint32_t *word = bnn_arena_alloc(p->arena, n_words * WIDTH, sizeof *word);
    uint8_t *gaps = bnn_arena_alloc(p->arena, p->out->bytes, 1);
    if (word == NULL || gaps == NULL)
        return bnn_no_memory(err);
    if (pack->to_bits) {
        bnn_places_clear(p->out, gaps);
        for (size_t i = 0; i < p->out->words * 32; i++)
            word[i] = gaps[i / 8] >> i % 8 & 1 ? p->inverse_row[0] : 0;
    }
    for (uint32_t i = 0; i < pack->n_values; i++)
        word[pack->to_bits ? logic_pack_place(p->out, i) : i] = logic_pack_output(p, i);
    pack->n_words = (uint32_t)n_words;
    pack->word = word;
    pack->has_chain = !pack->to_bits && p->stage->n_chain > 0;
    return BNN_OK;
}

int bnn_pack_logic_stage(const bnn_model *model, const bnn_stage *stage, const bnn_places *in,
                         const bnn_places *out, uint32_t row_bytes, bnn_arena *arena,
                         bnn_pack_logic *logic, bnn_error *err)
{
    const bnn_logic *net = stage->logic;
    const uint32_t n_nodes = bnn_logic_nodes(net);
    packer p = {.model = model,
                .stage = stage,
                .logic = net,
                .in = in,
                .out = out,
                .arena = arena,
                .pack = logic,
                .row_bytes = row_bytes,
                .plain = bnn_arena_alloc(arena, n_nodes, sizeof *p.plain),
                .inverse = bnn_arena_alloc(arena, n_nodes, sizeof *p.inverse),
                .row = bnn_arena_alloc(arena, n_nodes, sizeof *p.row),
                .inverse_row = bnn_arena_alloc(arena, n_nodes, sizeof *p.inverse_row)};
    if (p.plain == NULL || p.inverse == NULL || p.row == NULL || p.inverse_row == NULL)
        return bnn_no_memory(err);
    *logic = (bnn_pack_logic){
        .group = net->group > 1 ? net->group : 1,
        .image_bytes = bnn_shape_values(bnn_pack_logic_crops(model) ? model->input : stage->op.in)};
    logic->n_values = net->n_outputs / logic->group;
    logic->to_bits = stage->outputs == BNN_VALUES_BITS && stage->n_chain == 0 && logic->group == 1;
    logic_pack_uses(&p);
    int status = net->level != NULL   ? logic_pack_pixel_blocks(&p, err)
                 : net->n_sources > 0 ? logic_pack_bit_blocks(&p, err)
                                      : BNN_OK;
    if (status == BNN_OK)
        status = logic_pack_gates(&p, err);
    if (status == BNN_OK)
        status = logic->group > 1 ? logic_pack_counts(&p, err) : logic_pack_words(&p, err);
    return status;
}
