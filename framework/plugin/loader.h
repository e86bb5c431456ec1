/* loader.h - opens one shared object, asks it for its descriptor, and checks that. Private to plugin/.
 *
 * A shared object runs code in this process, so nothing here defends against malice. It defends
 * against accidents: a text file, a directory, a half-copied file, a file of another machine, a
 * missing library, a build with -ffast-math, code that crashes when it is loaded. Each gets its own message,
 * and none a crash. */
#ifndef BNN_PLUGIN_LOADER_H
#define BNN_PLUGIN_LOADER_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

#include <bnn/plugin.h>

/* Opens path, calls its entry function, and has the descriptor taken for the kind and the name that
 * the file promises. *out lives in the arena. Main thread only. BNN_OK, or BNN_E_RESOURCE with the
 * object closed again. */
int bnn_loader_open(const char *path, bnn_kind kind, const char *name, bnn_arena *arena,
                    const bnn_head **out, bnn_error *err);

enum {
    BNN_PARAMS_MAX = 64,            /* parameters of one plugin */
    BNN_PARAMS_SIZE_MAX = 64 * 1024 /* bytes of a parameter struct */
};

/* Loads the file in a child first, which may crash, end, or not come back within some seconds: then
 * BNN_E_RESOURCE says so. What the file is refused for otherwise, loading it says. Refused, too, is a file
 * that others than its owner, us and root may write to, or replace. */
int bnn_loader_probe(const char *path, bnn_kind kind, const char *name, bnn_error *err);

/* Checks the descriptor of a file whose name promises this kind and name, and copies it. In this
 * order: ABI version, kind, size, name, texts, parameter table, the kind's own fields and required
 * functions. *out is in the arena and has the size that the kind has here: zero in fields that came
 * after the header that the plugin was built with. BNN_OK, or BNN_E_RESOURCE and a message that says
 * which, with the values on both sides, and what the author of the plugin has to do. */
int bnn_descriptor_take(const bnn_head *head, bnn_kind kind, const char *name, bnn_arena *arena,
                        const bnn_head **out, bnn_error *err);

/* The formula of a descriptor that was taken; NULL when it has none. */
const char *bnn_descriptor_formula(const bnn_head *head);

/* Bit i: its parameter i came later (BNN_TYPE_LATER, which its table no longer has). */
uint64_t bnn_descriptor_later(const bnn_head *head);

#endif
