/* engine_avx512.c - the fast engine for AVX-512 with VNNI and VPOPCNTDQ. */
#define BNN_VEC_AVX512
#define ENGINE      bnn_engine_avx512
#define ENGINE_NAME "avx512"
#define FLOATS      bnn_float_avx512

#include "infer/engine/body/engine.h"
