/* descriptor.h - whether a descriptor is one that this host can use. */
#ifndef BNN_PLUGIN_DESCRIPTOR_H
#define BNN_PLUGIN_DESCRIPTOR_H

#include "base/error.h"

#include <bnn/plugin.h>

enum {
    BNN_PARAMS_MAX = 64,            /* parameters of one plugin */
    BNN_PARAMS_SIZE_MAX = 64 * 1024 /* bytes of a parameter struct */
};

/* Checks the descriptor of the file `path`, whose name promises this kind and name. In this order:
 * ABI version, kind, size, name, texts, parameter table, the kind's own fields and required
 * functions. BNN_OK, or BNN_E_RESOURCE and a message that says which, with the values on both
 * sides, and what the author of the plugin has to do. */
int bnn_descriptor_check(const bnn_head *head, bnn_kind kind, const char *name, const char *path,
                         bnn_error *err);

#endif
