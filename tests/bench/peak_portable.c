/* peak_portable.c - the fastest loop of multiply-adds for any machine. */
#define BNN_VEC_PORTABLE
#define PEAK peak_portable

#include "tests/bench/peak_body.h"
