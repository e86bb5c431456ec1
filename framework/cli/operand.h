/* operand.h - what RUN, MODEL and FILE on a command line stand for. */
#ifndef BNN_CLI_OPERAND_H
#define BNN_CLI_OPERAND_H

#include "cli/result.h"

#include <stdint.h>

/* The first bytes of a regular file, and how many there are; 0 when it cannot be read. */
enum { CLI_PEEK_BYTES = 16 };
size_t cli_peek(const char *path, uint8_t head[CLI_PEEK_BYTES]);

/* Whether an operand stands for a model file: it ends in .bnn, or is a file that begins like one.
 * Any other stands for a run. */
bool cli_is_model_file(const char *operand);

/* The one run whose uid begins like that, as its row of run_summary, released by the caller. When
 * there is none, or more than one, the message says which are near. */
int cli_find_run(bnn_store *store, const char *wanted, json_t **out, bnn_error *err);

#endif
