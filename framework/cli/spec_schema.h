/* spec_schema.h - the language of specs as a JSON Schema. */
#ifndef BNN_CLI_SPEC_SCHEMA_H
#define BNN_CLI_SPEC_SCHEMA_H

#include "cli/cli.h"

/* Prints it to stdout, with the plugins on the search path and in plugin_path (or NULL), and with the data sets
 * and topologies that lie beside a spec. */
int cli_spec_schema(const char *spec, const char *plugin_path, bnn_arena *arena, bnn_error *err);

#endif
