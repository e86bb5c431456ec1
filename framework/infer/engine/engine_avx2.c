/* engine_avx2.c - the fast engine for AVX2. */
#define BNN_VEC_AVX2
#define ENGINE      bnn_engine_avx2
#define ENGINE_NAME "avx2"
#define FLOATS      bnn_float_avx2

#include "infer/engine/body/engine.h"
