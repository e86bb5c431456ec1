/* engine_neon.c - the fast engine for NEON. */
#define BNN_VEC_NEON
#define ENGINE      bnn_engine_neon
#define ENGINE_NAME "neon"
#define FLOATS      bnn_float_neon

#include "infer/engine/body/engine.h"
