/* pack_logic.h - the sources of a net of gates as a fast engine reads them: 64 neighbouring inputs at once. */
#ifndef BNN_INFER_ENGINE_PACK_LOGIC_H
#define BNN_INFER_ENGINE_PACK_LOGIC_H

#include "base/arena.h"
#include "infer/logic.h"

/* Of inputs first to first + 63, which an image has, unless it has fewer than 64 at all. */
typedef struct bnn_logic_block {
    uint32_t first;
    uint8_t level[64]; /* what each is compared with */
    uint32_t node[64]; /* the source that this is; 0: none */
} bnn_logic_block;

int bnn_pack_logic(const bnn_logic *logic, uint32_t n_in, bnn_arena *arena, uint32_t *n_blocks,
                   const bnn_logic_block **out, bnn_error *err);

#endif
