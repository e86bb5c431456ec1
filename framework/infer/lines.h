/* lines.h - sums that become codes by a multiplication and a shift, and the same in floats. */
#ifndef BNN_INFER_LINES_H
#define BNN_INFER_LINES_H

#include "infer/model.h"

/* The code of a sum of channel c, counted from the least: 0 to n. */
static inline int32_t bnn_lines_code(const bnn_lines *lines, uint32_t c, int32_t sum, int32_t n)
{
    const int64_t v = lines->factor[c] * sum + lines->offset[c];
    const int64_t code = v < 0 ? 0 : v >> lines->shift;
    return code < n ? (int32_t)code : n;
}

/* A line of a channel, whose codes are counted from `min` to `max`, or are bits. */
typedef struct bnn_line {
    int64_t factor, offset;
    uint32_t shift;
    bnn_range codes;
    bool bits;
} bnn_line;

/* A factor and an offset with which fma(sum, factor, offset), held in the range of codes and rounded, is the code of
 * every sum in [first, last]; or is at least 0 for just those whose bit is 1. False where there are none. */
bool bnn_line_in_floats(const bnn_line *line, int32_t first, int32_t last, float *factor,
                        float *offset);

/* That of channel c of a stage with lines, for all sums that it can have. */
bool bnn_lines_in_floats(const bnn_stage *stage, uint32_t c, float *factor, float *offset);

/* Of lines that give bits. The sum that counts in a window, negated where it is the least, is u: the bit is 1 where u is at
 * least `sum`, else 0; or, inverted, the other way round. -u is within 2^24 for all sums, so that `sum` is held so, too. */
typedef struct bnn_line_threshold {
    int32_t sum;
    bool inverted;
} bnn_line_threshold;

bnn_line_threshold bnn_lines_threshold(const bnn_stage *stage, uint32_t c);

/* Makes a model in the arena with chains of floats for lines, with the same logits; floats are what were codes. Lines
 * that floats cannot say stay: what builds a model makes none. Where there is nothing to do, *out is the model. It
 * shares much with the given one, which must outlive it. BNN_E_INTERNAL without memory. */
int bnn_lines_unfold(const bnn_model *model, bnn_arena *arena, const bnn_model **out,
                     bnn_error *err);

/* For whom lines that stay are of no use: BNN_E_FAILED with the name of the first such stage. */
int bnn_lines_unfold_all(const bnn_model *model, bnn_arena *arena, const bnn_model **out,
                         bnn_error *err);

#endif
