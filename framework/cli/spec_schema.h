/* spec_schema.h - the language of specs as a JSON Schema. */
#ifndef BNN_CLI_SPEC_SCHEMA_H
#define BNN_CLI_SPEC_SCHEMA_H

#include "cli/cli.h"

/* Prints it to stdout, with the plugins on the search path and in plugin_path (or NULL). */
int cli_spec_schema(const char *plugin_path, bnn_arena *arena, bnn_error *err);

#endif
