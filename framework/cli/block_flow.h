/* block_flow.h - draws a block of an ordering: what flows between its operations. */
#ifndef BNN_CLI_BLOCK_FLOW_H
#define BNN_CLI_BLOCK_FLOW_H

#include "cli/cli.h"

/* One line on stdout, "  hidden  floats -sign> bits -L> integers -P> integers -B> floats". inputs: what
 * comes in, "pixels" or "floats". binary: a sign stands before L, and its weights are bits. */
void cli_print_block_flow(const char *block, const char *inputs, const char *sequence, bool binary);

#endif
