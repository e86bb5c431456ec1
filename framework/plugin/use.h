/* use.h - a plugin with its parameters, as a place of a spec names it: `ste: {name: clipped, clip: 2}`. */
#ifndef BNN_PLUGIN_USE_H
#define BNN_PLUGIN_USE_H

#include "plugin/registry.h"
#include "spec/key.h"

/* Without plugin and word: not there. */
typedef struct bnn_use {
    const bnn_plugin *plugin;
    void *params;     /* the plugin's struct, in the arena; NULL without parameters */
    const char *word; /* what stands there instead of a plugin: "none", "auto"; or NULL */
} bnn_use;

/* Plugins, each once. */
enum { BNN_PLUGIN_SET_MAX = 64 };
typedef struct bnn_plugin_set {
    size_t n;
    const bnn_plugin *list[BNN_PLUGIN_SET_MAX];
} bnn_plugin_set;

/* Whether a plugin of the set did not come with bnnrun; and whether one of these is not trusted (registry.h). */
bool bnn_plugin_set_has_strangers(const bnn_plugin_set *set);
bool bnn_plugin_set_is_trusted(const bnn_plugin_set *set);

/* "ste window, which did not come with bnnrun, acts in it", of all of them; "" when there is none. */
enum { BNN_STRANGERS = 200 };
const char *bnn_plugin_set_name_strangers(const bnn_plugin_set *set, char out[BNN_STRANGERS]);

/* A key that takes a plugin; its field is a bnn_use, or a struct that begins with one. The row's
 * detail says which plugins; `standard` is the default plugin or one of the words, NULL for none.
 * Rows of its section are keys that stand beside the plugin's own (`lr`), with fields in the struct
 * that begins with the use. A map without a name is one of the default plugin's. A row may have a
 * spell_out. Recorded are the
 * name under the key, then the parameters below it; and in the reader's plugins, when it has such a
 * set, the plugin itself. */
extern const bnn_key_type bnn_key_plugin;

/* The plugins that the key takes and that have such a parameter, three at the most: "rmsprop or sgd"; or
 * NULL. */
const char *bnn_use_takes(const bnn_reader *r, const bnn_key *key, const char *parameter);

#define BNN_KEY_PLUGIN(T, field, key_name, kind, help)                                 \
    BNN_KEY_OF(key_name, offsetof(T, field), &bnn_key_plugin, help), .detail = (kind), \
                                                                     .takes = bnn_use_takes

/* The same, of a layer of one role. */
#define BNN_KEY_LAYER(T, field, key_name, role, help) \
    BNN_KEY_PLUGIN(T, field, key_name, BNN_KIND_LAYER | (uint32_t)(role) << 8, help)

/* The kind of plugins that a row takes, and the role of its layers or 0. */
bnn_kind bnn_key_kind(const bnn_key *key);
uint32_t bnn_key_role(const bnn_key *key);

/* The flags of a plugin, whatever its kind; and whether they are among those that a row does not take. */
uint32_t bnn_plugin_flags(const bnn_head *head);
bool bnn_use_is_unfit(const bnn_key *key, const bnn_use *use);

/* "a linear layer", "a pool" ... */
const char *bnn_role_name(uint32_t role);

/* A plugin with default parameters. BNN_OK, or a negative status after a message. */
int bnn_use_default(const bnn_reader *r, bnn_kind kind, const char *name, bnn_use *out);

/* The same without a spec, of a plugin that is loaded; parameters are in the arena. */
int bnn_use_default_of(bnn_registry *registry, const bnn_plugin *plugin, bnn_arena *arena,
                       bnn_use *out, bnn_error *err);

/* Typed views of a use. */
static inline const bnn_ste *bnn_use_ste(const bnn_use *use)
{
    return (const bnn_ste *)(const void *)use->plugin->head;
}
/* Whether an STE draws what it gives. */
static inline bool bnn_use_draws(const bnn_use *use)
{
    return (bnn_use_ste(use)->flags & BNN_STE_DRAWS) != 0;
}
static inline const bnn_layer *bnn_use_layer(const bnn_use *use)
{
    return (const bnn_layer *)(const void *)use->plugin->head;
}
static inline const bnn_ordering *bnn_use_ordering(const bnn_use *use)
{
    return (const bnn_ordering *)(const void *)use->plugin->head;
}
static inline const bnn_form *bnn_use_form(const bnn_use *use)
{
    return (const bnn_form *)(const void *)use->plugin->head;
}
static inline const bnn_optimizer *bnn_use_optimizer(const bnn_use *use)
{
    return (const bnn_optimizer *)(const void *)use->plugin->head;
}

#endif
