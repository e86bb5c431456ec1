/* engine_float_portable.c - the float stages, in portable C, for any machine. */
#define BNN_FLOAT_TABLE bnn_float_portable
#define BNN_FLOAT_NAME  "portable"

#include "deploy/body/float_table.h"
