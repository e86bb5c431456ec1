/* registry.h - finds, loads, checks and describes plugins.
 *
 * Search order: the directories given (--plugin-path), BNNRUN_PLUGIN_PATH (colon-separated), the
 * build tree when bnnrun runs uninstalled, the installed directory. The first file on the path
 * wins. Everything is loaded on the main thread before the first job; then the registry is
 * read-only and may be used from any thread. Nothing is ever unloaded. */
#ifndef BNN_PLUGIN_REGISTRY_H
#define BNN_PLUGIN_REGISTRY_H

#include "base/arena.h"
#include "base/sha256.h"
#include "spec/reader.h"
#include "spec/schema.h"

#include <bnn/plugin.h>

typedef struct bnn_plugin {
    const bnn_head *head;
    const char *path;
    char sha256[BNN_SHA256_HEX]; /* of the file */
} bnn_plugin;

typedef struct bnn_registry bnn_registry;

/* extra_path: colon-separated directories searched first, or NULL. NULL without memory. */
bnn_registry *bnn_registry_create(const char *extra_path);
void bnn_registry_destroy(bnn_registry *registry);

/* Loads the plugin of this kind and name, once. The descriptor checks: ELF file, entry symbol,
 * ABI version, struct size, kind and name as the file says, sane parameter table, required
 * functions. NULL and a message saying which, and what to do; a name that is not found lists the
 * near ones and where was looked. */
const bnn_plugin *bnn_registry_load(bnn_registry *registry, bnn_kind kind, const char *name,
                                    bnn_error *err);

/* Loads one file, wherever it is. */
const bnn_plugin *bnn_registry_load_file(bnn_registry *registry, const char *path, bnn_error *err);

/* What a scan of the path finds: files named <kind>_<name>.so, sorted by kind and name. A later
 * file of the same name is listed as shadowed. Opens nothing. */
typedef struct bnn_plugin_file {
    bnn_kind kind;
    const char *name;
    const char *path;
    const char *shadowed_by; /* NULL when it is the one that wins */
} bnn_plugin_file;
size_t bnn_registry_scan(bnn_registry *registry, const bnn_plugin_file **out);

/* "layer", "ste", "ordering", "optimizer"; and back (0 when it is none of them). */
const char *bnn_kind_name(bnn_kind kind);
bnn_kind bnn_kind_parse(const char *name);

/* A plugin with its parameters filled in: what a spec's `ste: {name: clipped, clip: 1.3}` means. */
typedef struct bnn_use {
    const bnn_plugin *plugin;
    void *params; /* the plugin's struct, in the arena; NULL without parameters */
} bnn_use;

/* What stands at a place of a spec that takes a plugin. */
typedef struct bnn_reference {
    bnn_kind kind;
    const char *prefix;      /* the dotted key of the place */
    const char *fallback;    /* the plugin's name where the spec has none */
    const char *const *also; /* keys of the map that are the caller's, closed by NULL; or NULL */
    const bnn_node *node;    /* NULL: the fallback with default parameters */
} bnn_reference;

/* Resolves a plugin reference. Settings get PREFIX = name and PREFIX.parameter = value. BNN_OK, or a
 * negative status after a message in the reader's diag (position of the node). */
int bnn_registry_use(const bnn_reader *r, const bnn_reference *reference, bnn_use *out);

/* Typed views of a use. */
static inline const bnn_ste *bnn_use_ste(const bnn_use *use)
{
    return (const bnn_ste *)(const void *)use->plugin->head;
}
static inline const bnn_layer *bnn_use_layer(const bnn_use *use)
{
    return (const bnn_layer *)(const void *)use->plugin->head;
}
static inline const bnn_ordering *bnn_use_ordering(const bnn_use *use)
{
    return (const bnn_ordering *)(const void *)use->plugin->head;
}
static inline const bnn_optimizer *bnn_use_optimizer(const bnn_use *use)
{
    return (const bnn_optimizer *)(const void *)use->plugin->head;
}

#endif
