/* plugins_test.h - `bnnrun plugins test`, a part of commands/plugins.c. */
#ifndef BNN_CLI_COMMANDS_PLUGINS_TEST_H
#define BNN_CLI_COMMANDS_PLUGINS_TEST_H

#include "cli/cli.h"
#include "plugin/registry.h"

#include <stdint.h>

typedef struct cli_plugins_request {
    cli_options options;
    uint32_t timeout_seconds; /* of a check; 0: not given */
} cli_plugins_request;

/* Tests the plugins that the operands behind "test" name. BNN_E_FAILED when one breaks a promise. */
int cli_plugins_test(bnn_registry *registry, const cli_plugins_request *request, bnn_error *err);

#endif
