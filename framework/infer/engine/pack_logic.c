#include "infer/engine/pack_logic.h"

#include <string.h>

enum { WIDTH = 64 };

/* The sources of inputs of one block begin at `from`; how many levels of an input there are at most, and where the
 * sources of the next block begin. */
static uint32_t pack_count_levels(const bnn_logic *logic, uint32_t end, uint32_t *from)
{
    uint32_t most = 0, same = 0;
    for (; *from < logic->n_sources && logic->source[*from] < end; ++*from) {
        same = same > 0 && logic->source[*from] == logic->source[*from - 1] ? same + 1 : 1;
        most = same > most ? same : most;
    }
    return most;
}

/* Level `rank` of each of the inputs of sources from..to - 1. */
static void pack_block(const bnn_logic *logic, uint32_t from, uint32_t to, uint32_t rank,
                       bnn_logic_block *block)
{
    uint32_t same = 0;
    memset(block->level, UINT8_MAX, sizeof block->level);
    for (uint32_t i = from; i < to; i++) {
        same = i > from && logic->source[i] == logic->source[i - 1] ? same + 1 : 0;
        if (same != rank)
            continue;
        const uint32_t at = logic->source[i] - block->first;
        block->level[at] = logic->level == NULL ? 1 : logic->level[i];
        block->node[at] = 1 + i;
    }
}

int bnn_pack_logic(const bnn_logic *logic, uint32_t n_in, bnn_arena *arena, uint32_t *n_blocks,
                   const bnn_logic_block **out, bnn_error *err)
{
    uint32_t n = 0, from = 0, to = 0;
    for (uint32_t base = 0; base < n_in; base += WIDTH)
        n += pack_count_levels(logic, base + WIDTH, &to);
    bnn_logic_block *blocks = bnn_arena_alloc(arena, n, sizeof *blocks);
    if (blocks == NULL)
        return bnn_no_memory(err);
    *n_blocks = n;
    *out = blocks;
    to = 0;
    for (uint32_t base = 0; base < n_in; base += WIDTH, from = to) {
        const uint32_t levels = pack_count_levels(logic, base + WIDTH, &to);
        const bool beyond = n_in >= WIDTH && base + WIDTH > n_in;
        for (uint32_t rank = 0; rank < levels; rank++, blocks++) {
            blocks->first = beyond ? n_in - WIDTH : base;
            pack_block(logic, from, to, rank, blocks);
        }
    }
    return BNN_OK;
}
