/* registry.h - finds, loads and checks plugins, each once.
 *
 * The first file on the search path (search_path.h) wins. Everything is loaded on the main thread
 * before the first job; then the registry is read-only and may be used from any thread. Nothing is
 * ever unloaded. */
#ifndef BNN_PLUGIN_REGISTRY_H
#define BNN_PLUGIN_REGISTRY_H

#include "base/error.h"
#include "base/sha256.h"
#include "plugin/search_path.h"

typedef struct bnn_plugin {
    const bnn_head *head;
    const char *path;
    char sha256[BNN_SHA256_HEX]; /* of the file */
} bnn_plugin;

typedef struct bnn_registry bnn_registry;

/* extra_path: colon-separated directories searched first, or NULL. NULL without memory. */
bnn_registry *bnn_registry_create(const char *extra_path);
void bnn_registry_destroy(bnn_registry *registry);

/* Loads the plugin of this kind and name, which loader.h and descriptor.h have to accept. NULL and
 * a message saying what is wrong, and what to do; of a name that is not found, the near ones and
 * where was looked. */
const bnn_plugin *bnn_registry_load(bnn_registry *registry, bnn_kind kind, const char *name,
                                    bnn_error *err);

/* Loads one file, wherever it is. */
const bnn_plugin *bnn_registry_load_file(bnn_registry *registry, const char *path, bnn_error *err);

/* What a scan of the search path finds. */
size_t bnn_registry_scan(bnn_registry *registry, const bnn_plugin_file **out);

#endif
