/* kind.h - the kinds of plugins, and what plugins, parameters and files may be called. */
#ifndef BNN_PLUGIN_KIND_H
#define BNN_PLUGIN_KIND_H

#include <bnn/plugin.h>

#include <stdbool.h>

enum { BNN_PLUGIN_NAME = 64 }; /* bytes of a plugin's name, terminator included */

/* "layer", "ste", "ordering", "optimizer", "form"; and back (0 when it is none of them). */
const char *bnn_kind_name(bnn_kind kind);
bnn_kind bnn_kind_parse(const char *name);

/* Lower case letters, digits and underscores, a letter first, shorter than BNN_PLUGIN_NAME: what a
 * plugin or a parameter may be called. */
bool bnn_plugin_name_is_valid(const char *name);

/* Takes "dir/ste_clipped.so" apart. False when the file is not named like a plugin. */
bool bnn_plugin_file_name(const char *path, bnn_kind *kind, char name[BNN_PLUGIN_NAME]);

#endif
