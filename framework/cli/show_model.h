/* show_model.h - prints what is in a model file, layer by layer. */
#ifndef BNN_CLI_SHOW_MODEL_H
#define BNN_CLI_SHOW_MODEL_H

#include "cli/cli.h"

/* Reads the model and prints its summary to stdout, as text, JSON or CSV. A damaged file is an
 * error, and nothing is printed. */
int cli_show_model(const char *path, const cli_options *options, bnn_error *err);

#endif
