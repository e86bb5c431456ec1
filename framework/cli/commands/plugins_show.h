/* plugins_show.h - `bnnrun plugins KIND NAME`, a part of commands/plugins.c. */
#ifndef BNN_CLI_COMMANDS_PLUGINS_SHOW_H
#define BNN_CLI_COMMANDS_PLUGINS_SHOW_H

#include "cli/cli.h"
#include "plugin/use.h"

/* Prints all there is to say about one plugin: its texts, parameters, what its kind promises, and how it
 * acts with default parameters. */
int cli_plugins_show(bnn_registry *registry, const bnn_plugin *plugin, const cli_options *options,
                     bnn_error *err);

#endif
