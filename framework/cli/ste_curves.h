/* ste_curves.h - what an STE does, as curves: its proxy (or, without one, what it binarizes to) and its
 * derivative over x, at moments of a run, with default parameters. */
#ifndef BNN_CLI_STE_CURVES_H
#define BNN_CLI_STE_CURVES_H

#include "base/arena.h"
#include "cli/cli.h"
#include "plugin/use.h"

#include <jansson.h>

/* Prints pictures to stdout; with a schedule at the beginning, in the middle and at the end. */
int cli_ste_print(bnn_registry *registry, const bnn_plugin *plugin, bnn_arena *arena,
                  bnn_error *err);

/* A JSON array of the same moments, with points as numbers, to be released by the caller. NULL with
 * a message. */
json_t *cli_ste_json(bnn_registry *registry, const bnn_plugin *plugin, bnn_arena *arena,
                     bnn_error *err);

#endif
