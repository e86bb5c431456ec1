/* loader.h - opens one shared object and asks it for its descriptor.
 *
 * A shared object runs code in this process, so nothing here defends against malice. It defends
 * against accidents: a text file, a directory, a half-copied file, a file of another machine, a
 * missing library, a build with -ffast-math. Each gets its own message, and none a crash. */
#ifndef BNN_PLUGIN_LOADER_H
#define BNN_PLUGIN_LOADER_H

#include "base/error.h"

#include <bnn/plugin.h>

/* Opens path, calls its entry function, and has the descriptor checked (descriptor.h) for the kind
 * and the name that the file promises. *out lives as long as the process. Main thread only. BNN_OK,
 * or BNN_E_RESOURCE with the object closed again. */
int bnn_loader_open(const char *path, bnn_kind kind, const char *name, const bnn_head **out,
                    bnn_error *err);

#endif
