/* plugin_show.h - all there is to say about one plugin. */
#ifndef BNN_CLI_PLUGIN_SHOW_H
#define BNN_CLI_PLUGIN_SHOW_H

#include "cli/cli.h"
#include "plugin/use.h"

/* Prints the plugin's texts, parameters and what its kind promises, to stdout; as one JSON object
 * when options->json. */
int cli_plugin_show(bnn_registry *registry, const bnn_plugin *plugin, const cli_options *options,
                    bnn_error *err);

#endif
