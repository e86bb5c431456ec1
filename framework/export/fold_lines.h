/* fold_lines.h - everything between whole sums and the next codes as a line a channel.
 *
 * As in fold.h nothing is derived: each sum that a channel can give goes through the float operations themselves,
 * and the sums at which the code changes are its thresholds. A line is what says just those (line.h), in integers,
 * and in floats for whoever has no integers. */
#ifndef BNN_EXPORT_FOLD_LINES_H
#define BNN_EXPORT_FOLD_LINES_H

#include "infer/model.h"

/* Makes lines of ops[0..n), which stand between the linear operation of `stage`, whose sums are whole, and its
 * outputs: codes, the last operations being those of a quantizer; or bits, with a sign behind the last. Sets lines,
 * out, and out_codes of bits. BNN_E_FAILED with the reason when there are none: an average pool, two pools, codes
 * that neither rise nor fall, or that lie on no line; then the stage has no lines. */
int bnn_fold_lines(bnn_stage *stage, const bnn_op *ops, uint32_t n, bnn_arena *arena,
                   bnn_error *err);

#endif
