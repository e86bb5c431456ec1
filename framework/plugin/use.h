/* use.h - a plugin as a spec uses it: `ste: {name: clipped, clip: 1.3}`. */
#ifndef BNN_PLUGIN_USE_H
#define BNN_PLUGIN_USE_H

#include "plugin/registry.h"
#include "spec/reader.h"
#include "spec/schema.h"

/* A plugin with its parameters filled in. */
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

/* Resolves a plugin reference. Settings get PREFIX = name and PREFIX.parameter = value. BNN_OK, or
 * a negative status after a message in the reader's diag (position of the node). */
int bnn_use_resolve(const bnn_reader *r, const bnn_reference *reference, bnn_use *out);

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
