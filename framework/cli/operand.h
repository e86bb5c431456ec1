/* operand.h - what RUN and MODEL on a command line stand for. */
#ifndef BNN_CLI_OPERAND_H
#define BNN_CLI_OPERAND_H

#include "cli/result.h"

/* Whether an operand stands for a model file: it ends in .bnn, or is a file that begins like one.
 * Any other stands for a run. */
bool cli_is_model_file(const char *operand);

/* The one run whose uid begins like that, as its row of run_summary, released by the caller. When
 * there is none, or more than one, the message says which are near. */
int cli_find_run(bnn_store *store, const char *wanted, json_t **out, bnn_error *err);

#endif
