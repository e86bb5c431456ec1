/* logic_decode.h - a net of gates out of a model file. Private to infer/. */
#ifndef BNN_INFER_LOGIC_DECODE_H
#define BNN_INFER_LOGIC_DECODE_H

#include "infer/decoder.h"
#include "infer/model.h"

/* What stands behind the float values of a stage that is one: fills logic and op.out. Its op.type, op.in, inputs are
 * there. */
void bnn_logic_decode(bnn_decoder *r, bnn_stage *stage);

#endif
