/* export_c.h - bnnrun export --format c. */
#ifndef BNN_CLI_EXPORT_C_H
#define BNN_CLI_EXPORT_C_H

#include "cli/export_files.h"

/* Writes C from the model: r->output, which ends in .c, and its header. */
int cli_export_c(const cli_export *r, bnn_error *err);

#endif
